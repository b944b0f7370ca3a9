"""A result is used again only where nothing differs that a command could depend on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from trainer.child import Finished
from trainer.firmware import practice
from trainer.lesson import load_lesson
from trainer.validation import tools as tools_module
from trainer.validation.results import Result, Results, key_of
from trainer.validation.stage import Stage
from trainer.validation.tools import Tools

FLASH = b"\xff" * 64
SCRIPT = ["/home/e/bin/python", "/home/e/bin/esptool"]


def key(*words: str, folder: Path, port: str = "COM4", board: str = "nodemcu", tools: str = "5", flash: bytes = FLASH):
    return key_of([*SCRIPT, *words], folder, port, board, tools, flash)


def test_only_the_ports_name_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"first")
    words = ("--port", "COM4", "write-flash", "0", "a.bin")
    here = key(*words, folder=tmp_path)
    assert here is not None
    assert here == key("--port", "/dev/ttyUSB0", *words[2:], folder=tmp_path, port="/dev/ttyUSB0")
    others = [
        key(*words, folder=tmp_path, flash=b"\x00" + FLASH[1:]),
        key(*words, folder=tmp_path, board="d1-mini"),
        key(*words, folder=tmp_path, tools="4"),
        key("--port", "COM5", *words[2:], folder=tmp_path),
        key(*words[2:], folder=tmp_path),
        key("--port", "COM4", "--baud", "460800", *words[2:], folder=tmp_path),
    ]
    (tmp_path / "a.bin").write_bytes(b"second")
    others.append(key(*words, folder=tmp_path))
    assert here not in others
    assert len(set(others)) == len(others)


@pytest.mark.parametrize(
    "words",
    [
        ("read-flash", "0", "16", "out"),
        ("run",),
        ("--after", "no-reset", "flash-id"),
        ("--before=no-reset", "flash-id"),
    ],
)
def test_what_leaves_something_else_behind_is_not_repeatable(words: tuple[str, ...], tmp_path: Path) -> None:
    assert key(*words, folder=tmp_path) is None


def test_other_programs_are_not_repeatable(tmp_path: Path) -> None:
    assert (
        key_of(["/home/e/bin/python", "-m", "mpremote", "erase-flash"], tmp_path, "COM4", "nodemcu", "", FLASH) is None
    )


def test_a_result_is_told_with_the_port_that_is_there(tmp_path: Path) -> None:
    results, known = Results(), key("flash-id", folder=tmp_path)
    assert known is not None
    assert results.get(known, "COM4") is None
    results.put(known, "COM4", Result(Finished(0, "Connected on COM4\n"), FLASH))
    assert results.get(known, "/dev/ttyUSB0") == Result(Finished(0, "Connected on /dev/ttyUSB0\n"), FLASH)


ERASE = """\
## Erase

```step
id = "erase"
run = "erase it."
solutions = ["esptool --port {port} erase-flash"]
hints = ["Erase it.", "Type `esptool --port {port} erase-flash`."]
```
"""


def test_a_board_is_left_as_the_tool_left_it(
    tmp_path: Path, write_lesson: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tool is a stand-in that erases; the second time, on another system, it is not run."""
    folder = write_lesson(ERASE, start='starts = ["environment", "micropython", "plugged"]')
    tools = Tools(tmp_path / "tools")
    runs: list[str] = []
    stages: list[Stage] = []

    def erase(arguments: list[str | Path], **_: object) -> Finished:
        board = stages[-1].desk.bench.board
        assert board is not None
        board.flash.erase(0, board.flash.size)
        port = stages[-1].desk.bench.port
        runs.append(port)
        return Finished(0, f"Erased the board at {port}\n")

    monkeypatch.setattr(tools_module.child, "run", erase)
    for system in ("linux", "windows"):
        home = tmp_path / "home"
        if home.exists():
            home.rename(tmp_path / "old")
        home.mkdir()
        with Stage(load_lesson(folder), system, "nodemcu", practice(), home, tmp_path / system, tools) as stage:
            stages.append(stage)
            evidence = stage.act(f"esptool --port {stage.desk.bench.port} erase-flash")
            assert evidence is not None
            assert evidence.transcript == f"Erased the board at {stage.desk.bench.port}\n"
            board = stage.desk.bench.board
            assert board is not None
            assert board.flash.read(0, board.flash.size).count(0xFF) == board.flash.size
            assert stage.desk.bench.plugged
    assert len(runs) == 1
