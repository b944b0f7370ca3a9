"""The table of clients: what can be known of it without a network."""

import runpy
import string
from pathlib import Path
from types import SimpleNamespace

import pytest

from emulator.rom.image import parse

HERE = Path(__file__).parent
RUN = SimpleNamespace(**runpy.run_path(str(HERE / "run.py")))
CLIENTS = RUN.clients()
NAMES = {"port", "url", "mac", "python", "environment", "source", "sessions", "version", "out"}
FILES = {"image", "random", "blank", "hello", "echo", "script", "lua", "device", "text"}


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_every_step_can_be_filled_in_and_is_run_with_some_version(client) -> None:
    for step in client.steps:
        for text in (client.prefix, step.run):
            assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= NAMES | FILES
        assert not step.flash or step.flash.partition("@")[0] in FILES | {"out"}
        assert any(step in client.steps_of(version) for version in client.versions)


def test_every_session_is_used() -> None:
    used = " ".join(step.run for client in CLIENTS for step in client.steps) + (
        HERE / "sessions" / "with_esptool_js.mjs"
    ).read_text("utf-8")
    assert [path.name for path in (HERE / "sessions").iterdir() if path.is_file() and path.name not in used] == []


@pytest.mark.parametrize("source", [RUN.HELLO, RUN.ECHO], ids=["hello", "echo"])
def test_the_programs_are_good_images(source: str) -> None:
    parse(RUN.program_image(source)).check()


@pytest.mark.slow
def test_rows_are_read_back_from_the_page_as_they_were_written() -> None:
    rows = {(client.name, version): "1 of 2; cannot: `a | b`" for client in CLIENTS for version in client.versions}
    assert RUN.rows_of(RUN.document(CLIENTS, rows)) == rows
