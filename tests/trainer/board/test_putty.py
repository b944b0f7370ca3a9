"""PuTTY's window in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.board.putty import Window, configure
from trainer.ports import Port


def after(*lines: str, window: Window | None = None) -> tuple[Window | None, str, tuple[str, int] | None]:
    """The window, the last words, and what is opened, after these lines."""
    now: Window | None = window or Window()
    words, opens = "", None
    for line in lines:
        assert now is not None
        heard = now.hear(line)
        now, words, opens = heard.window, heard.words, heard.opens
    return now, words, opens


def test_it_begins_as_puttys_does_and_that_leads_nowhere_with_a_board() -> None:
    assert "(*) SSH" in Window().view()
    window, words, opens = after("open")
    assert (window, opens) == (Window(), None)
    assert "type serial" in words


def test_the_whole_way() -> None:
    assert after("connection type Serial", "serial line COM4", "speed 115200", "open") == (None, "", ("COM4", 115200))
    assert after("serial", "line /dev/ttyUSB0", "open")[2] == ("/dev/ttyUSB0", 9600)


def test_each_change_is_shown() -> None:
    _, words, _ = after("type serial", "line COM4", "speed 115200")
    for field in ("(*) Serial", "COM4", "115200", "`open`"):
        assert field in words


@pytest.mark.parametrize(
    ("line", "words"),
    [("type fast", "Raw, Telnet, SSH, Serial"), ("speed fast", "115200"), ("speed 0", "no speed")],
)
def test_what_is_not_possible_is_said_and_changes_nothing(line: str, words: str) -> None:
    window, said, opens = after(line)
    assert (window, opens) == (Window(), None)
    assert words in said


def test_an_empty_line_cannot_be_opened() -> None:
    assert "line" in after("serial", "open")[1]


def test_it_can_be_closed() -> None:
    assert after("cancel")[0] is None


@pytest.mark.parametrize("line", ["pwd", "esptool flash-id", "openly", "speed", "line", "screen COM4", ""])
def test_other_lines_are_not_for_it(line: str) -> None:
    assert not Window.understands(line)


@given(st.text())
def test_whatever_it_understands_it_can_hear(line: str) -> None:
    if Window.understands(line):
        Window().hear(line)
    for text in (f"speed {line}", f"type {line}", f"line {line}"):
        if Window.understands(text):
            Window().hear(text)


def test_a_dialog_at_the_terminal() -> None:
    told: list[str] = []
    answers = iter(["hello", "speed 115200", "open"])
    chosen = configure(Window(), [Port("COM4")], lambda prompt: next(answers), told.append)
    assert chosen == ("COM4", 115200)
    assert "Ports: COM4" in told


@pytest.mark.parametrize("answers", [["cancel"], []])
def test_the_dialog_can_be_left(answers: list[str]) -> None:
    def ask(prompt: str) -> str:
        if not answers:
            raise EOFError
        return answers.pop(0)

    assert configure(Window(), [], ask, lambda text: None) is None
