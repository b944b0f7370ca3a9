"""The full-screen tutor leads through a lesson: keys in, rows out."""

import os
from typing import Any

import pytest

from trainer.progress import Progress, ProgressError

from .learners import ESCAPE, F2, F3, F8, F10, Learner, Start, at, go_to

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the keyboard of these tests is a POSIX pipe")


def test_enter_shows_the_rest_of_a_page_before_it_is_turned(start: Start) -> None:
    learner = start(50, 15)
    learner.sees("Enter: ")
    learner.until(lambda: not learner.app.conductor.work.busy, "that the desk is ready")
    state, end = learner.app.state, "quit leaves."
    learner.until(lambda: learner.app.screen.reads_on, "a page that is longer than the window")
    assert end not in learner.looking.flat
    while learner.app.screen.reads_on:
        rows = state.text_scroll
        learner.press("\r")
        learner.until(lambda rows=rows: state.text_scroll > rows, "more of the page")  # type: ignore[misc]
    learner.sees(end)
    learner.press("\r")
    learner.until(lambda: not state.page.turns, "the next page")
    at(learner, 1)


def test_progress_that_cannot_be_kept_is_seen_and_not_called_saved(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(*_: Any) -> None:
        raise ProgressError("No room for your progress.", next_step="Make some.")

    monkeypatch.setattr(Progress, "save", save)
    learner = start()
    learner.sees("Press Enter to begin")
    learner.types("\r")
    at(learner, 1)
    learner.types("pwd\r")
    learner.sees("✓ Right.")
    learner.sees("No room for your progress. Make some.")
    assert "could not be kept" in learner.app.farewell()[0]


def test_a_learner_who_does_everything_right(start: Start, bench: Any) -> None:
    learner = start()
    learner.sees("Small lesson Welcome.")
    learner.sees("Press Enter to begin")
    learner.press("\r")
    at(learner, 1)
    learner.sees("Your turn: ask where you are")
    learner.types("pwd\r")
    learner.sees("✓ Right. You have looked.")
    learner.sees("step 1 of 7")
    learner.sees("you@pc:~$ pwd")
    learner.press("\r")
    at(learner, 2)
    learner.sees("step 2 of 7")
    learner.sees("F8: plug in")
    learner.press(F8)
    learner.sees("(You push the cable in.")
    learner.sees("✓ Right. Step 3 of 7")
    learner.types("/dev/ttyUSB0\r")
    learner.sees("✓ Right. Step 4 of 7")
    learner.types("screen /dev/ttyUSB0 115200\r")
    learner.sees("Serial terminal: /dev/ttyUSB0, 115200 baud")
    learner.sees("✓ Right. Step 5 of 7")
    learner.press("\r")
    learner.sees(">>>")
    learner.sees("✓ Right. Step 6 of 7")
    learner.types("1 + 1\r")
    learner.sees(">>> 1 + 1 2")
    learner.sees("✓ Right. Step 7 of 7")
    learner.press("\r")
    learner.sees("That was the lesson “Small lesson”.")
    learner.press(F10)
    assert learner.end is False
    assert "Where next?" in learner.app.farewell()[0]


def test_a_mistake_gets_its_answer_and_the_page_stays(learner: Learner) -> None:
    learner.types("ls\r")
    learner.sees("✗ Not yet. That lists.")
    learner.types("$ pwd\r")
    learner.sees("is the prompt")
    at(learner, 1)


def test_hints_come_one_at_a_time(learner: Learner) -> None:
    learner.press(F2)
    learner.sees("Hint 1 of 2: three letters")
    learner.press(F2)
    learner.sees("Hint 2 of 2: it is pwd")
    assert learner.looking.style_of("pwd").fg == "brightbrown", "code has a colour"
    learner.types("skip\r")
    at(learner, 2)
    assert "Hint" not in learner.looking.text.replace("F2 Hint", "")


@pytest.mark.slow
def test_a_refused_line_has_its_sign_and_its_reason_beside_the_task(learner: Learner) -> None:
    learner.types("esptol flash-id\r")
    learner.sees("✗ Not yet. Did you mean esptool?")


def test_going_back_and_the_words(start: Start) -> None:
    learner = start()
    go_to(learner, 2)
    learner.types("back\r")
    at(learner, 1)
    learner.types("where\r")
    learner.sees("Small lesson, step 1 of 7: Look")
    learner.types("help\r")
    learner.sees("Keys")
    learner.press(ESCAPE)
    learner.sees_no("Keys")
    learner.types("quit\r")
    assert learner.end is False
    assert "Next is step 1" in learner.app.farewell()[0]
    assert "espdojo learn small" in learner.app.farewell()[0]


def test_leaving_and_going_on(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.types("pwd\r")
    learner.sees("✓ Right")
    learner.press(F10)
    assert learner.end is False
    again = start()
    again.sees("you go on where you were")
    at(again, 2)


def test_the_list_of_lessons(learner: Learner) -> None:
    learner.press(F3)
    learner.sees("Lessons")
    learner.sees("1 A first flash")
    learner.sees("3 Write")
    learner.sees("Up, Down choose, Enter opens, Esc closes.")
    learner.types("\x1b[B\r")
    learner.sees_no("1 A first flash")
    learner.sees("Press Enter to begin")
    opened = learner.app.conductor.opened
    assert opened is not None
    assert opened.command == "espdojo learn erase"


def test_a_lesson_that_vanishes_is_said_and_this_one_goes_on(learner: Learner) -> None:
    learner.types("pwd\r")
    learner.sees("✓ Right")
    learner.types(F3)
    learner.sees("3 Write")
    learner.types("\x1b[B\x1b[B\r")
    learner.sees("The lesson has vanished. Next: Choose another.")
    at(learner, 2)


def test_a_mistake_of_ours_ends_it_with_its_error(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:

    def broken(line: str) -> None:
        raise ZeroDivisionError

    assert learner.app.conductor.opened is not None
    monkeypatch.setattr(learner.app.conductor.opened.tutor, "hear", broken)
    learner.types("pwd\r")
    assert isinstance(learner.end, ZeroDivisionError)
