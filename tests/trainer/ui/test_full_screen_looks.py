"""How the tutor looks in windows of all sizes, and in what colours."""

import os
import re

import pytest

from .learners import F2, F4, F9, PAGE_UP, Learner, Start, at, go_to

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the keyboard of these tests is a POSIX pipe")


@pytest.mark.slow
@pytest.mark.parametrize(("system", "scrolls"), [("linux", "▲ Ctrl-Up"), ("macos", "▲ wheel")])
def test_views_and_scrolling(start: Start, monkeypatch: pytest.MonkeyPatch, system: str, scrolls: str) -> None:
    monkeypatch.setattr("trainer.ui.drawing.current", lambda: system)
    learner = start(80, 24)
    go_to(learner, 1)
    for number in range(30):
        learner.app.state.print(f"line {number}\n")
    learner.sees("line 29")
    learner.sees(scrolls)
    learner.press("\x1b[1;5A" * 20)  # Ctrl-Up
    learner.sees("lines below")
    learner.sees_no("line 29")
    learner.press("\x1b[1;5B" * 40)
    learner.sees("line 29")
    learner.press(F4)
    learner.sees_no("line 29")
    learner.press(F4)
    learner.sees("line 13 ")
    learner.press(PAGE_UP)
    learner.sees("line 0 ")
    learner.press(F4)
    at(learner, 1)


def test_resizing_loses_nothing(start: Start) -> None:
    keys = re.compile("F1 Help.*F10 Leave")  # the row is looked at once: between two looks it may be drawn anew
    learner = start(80, 24)
    go_to(learner, 1)
    learner.press("ls\rhalf a line")
    learner.sees("Not yet. That lists.")
    for columns, rows in ((120, 40), (60, 18), (50, 15), (200, 60), (80, 24)):
        learner.resize(columns, rows)
        learner.sees("Not yet. That lists.")
        learner.sees("half a line")
        at(learner, 1)
        learner.until(lambda: bool(keys.fullmatch(learner.looking.rows[-1])), "the keys in the last row")
        assert max(map(len, learner.looking.rows)) <= columns
    learner.resize(30, 10)
    learner.sees("too small")
    learner.resize(80, 24)
    at(learner, 1)
    learner.sees("half a line")


def test_a_window_that_is_too_small_has_a_way_on(start: Start) -> None:
    learner = start(40, 10)
    learner.sees("This window is too small for the tutor: 40 x 10.")
    learner.press(F9)
    assert learner.end is True


def test_themes(learner: Learner) -> None:
    assert learner.looking.style_of("Step 1").fg == "brightcyan"
    learner.press(F9)
    learner.until(lambda: learner.looking.style_of("Step 1").fg == "blue", "blue")


def test_no_colour_and_no_unicode(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("trainer.ui.app.speaks_unicode", lambda: False)
    learner = start(120, 40)
    go_to(learner, 1)
    learner.press(F2 + F2)
    learner.sees("Hint 2 of 2: it is `pwd`")
    assert learner.looking.colours == {"default"}
    assert learner.looking.text.replace("“", "").replace("”", "").isascii()
