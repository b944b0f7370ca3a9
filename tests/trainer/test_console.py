"""Consoles that are not UTF-8."""

import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer import console


def written(text: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding, newline="\n"))
    console.prepare()
    sys.stdout.write(text)
    sys.stdout.flush()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“no” — it’s…", b'"no" - it\'s...'),
        ("naïve ﬁle", b"naive file"),
        ("✓ done → next", b"OK done -> next"),
        ("漢", b"?"),
    ],
)
def test_ascii_consoles_get_the_nearest_spelling(text: str, expected: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(text, "ascii", monkeypatch) == expected


def test_utf8_consoles_get_the_text_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written("naïve 漢", "utf-8", monkeypatch).decode() == "naïve 漢"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["ascii", "cp437", "cp1252", "utf-8"]))
def test_any_text_can_be_written(text: str, encoding: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert (written(text, encoding, patch) == b"") == (text == "")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_is_left_out_where_it_is_not_wanted(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert console.colour_wanted()
    monkeypatch.setenv(name, value)
    assert not console.colour_wanted()


@pytest.mark.parametrize(
    ("called", "found_in", "typed"),
    [
        ("bin/espdojo", "bin", "espdojo"),
        ("bin/espdojo", "elsewhere", "bin/espdojo"),
        ("bin/espdojo", "nowhere", "bin/espdojo"),
        ("a b/espdojo", "nowhere", '"a b/espdojo"'),
        ("trainer/__main__.py", "nowhere", "espdojo"),
    ],
)
def test_the_program_is_named_as_it_has_to_be_typed(
    called: str, found_in: str, typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("bin", "elsewhere"):
        program = tmp_path / folder / ("espdojo.exe" if os.name == "nt" else "espdojo")
        program.parent.mkdir()
        program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / found_in))
    monkeypatch.setattr(sys, "argv", [called])
    assert console.program().replace("\\", "/") == typed
