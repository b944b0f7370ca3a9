"""What a learner does before a page was read, or while something is being done."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from .learners import CTRL_C, F6, F8, PATIENCE_S, Learner, Start, at, go_to

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the keyboard of these tests is a POSIX pipe")


def test_a_line_typed_on_a_page_is_for_no_step_that_was_not_read(start: Start) -> None:
    learner = start()
    learner.sees("Press Enter to begin")
    learner.types("ls\r")
    at(learner, 1)
    learner.sees("ls was typed before you could read this, and is not done yet.")
    learner.sees("you@pc:~$ ls")
    assert "✗" not in learner.looking.text
    learner.types("\x15pwd\r")
    learner.sees("✓ Right. You have looked.")
    learner.types("plug in\r")  # which the next step does ask for
    learner.sees("Step 3 of 7")


def test_a_hand_on_a_page_passes_no_step_that_was_not_read(learner: Learner, bench: Any) -> None:
    learner.types("pwd\r")
    learner.sees("✓ Right. You have looked.")
    learner.types(F6)  # RESET, which nobody has asked for
    learner.sees("(You press RESET and let it go.)")
    learner.press("press flash\r")
    learner.until(lambda: "flash" in bench.pressed, "FLASH")
    learner.sees("✓ Right. You have looked.")
    learner.press("\r")
    at(learner, 2)


def test_a_command_in_place_of_reading_is_not_taken_for_it(start: Start) -> None:
    learner = start()
    go_to(learner, 7)
    learner.types("esptool version\r")
    learner.sees("There is nothing to type here")
    at(learner, 7)
    learner.types("\x15\r")
    learner.sees("That was the lesson")
    learner.types("pwd\r")
    learner.sees("The lesson is finished, so nothing is done with a line here.")


def test_a_line_that_is_typed_ahead_waits_and_goes_to_no_other_step(learner: Learner) -> None:
    hear = learner.app.conductor.opened.tutor.hear  # type: ignore[union-attr]
    goes_on = threading.Event()

    def slow(line: str) -> None:
        goes_on.wait(PATIENCE_S)
        hear(line)

    learner.app.conductor.opened.tutor.hear = slow  # type: ignore[union-attr, method-assign]
    learner.types("ls\r")
    learner.sees("(Ctrl-C stops)")
    learner.press("pwd\rcd Downloads\r")
    learner.sees("(Ctrl-C stops), then: pwd, cd Downloads")
    goes_on.set()
    learner.sees("✓ Right. You have looked.")
    learner.sees("(Enter) cd Downloads")
    learner.sees("cd Downloads was typed before you could read this")
    assert "Downloads$" not in learner.looking.text


def test_who_sees_the_next_page_need_not_wait_until_the_last_step_is_done_with(learner: Learner) -> None:
    conductor = learner.app.conductor
    assert conductor.opened is not None
    tutor = conductor.opened.tutor
    hear, done_with = tutor.hear, threading.Event()

    def slow(line: str) -> None:
        hear(line)
        done_with.wait(PATIENCE_S)

    tutor.hear = slow  # type: ignore[method-assign]
    for step, keys in enumerate(
        ("skip\r", F8, "/dev/ttyUSB0\r", "screen /dev/ttyUSB0 115200\r", "\r", "1 + 1\r", "\r"), 1
    ):
        before = learner.app.state.page
        learner.until(lambda before=before: conductor.work.page_seen is before, "the page")  # type: ignore[misc]
        learner.types("again\r")
        learner.until(lambda before=before: conductor.work.page_seen is not before, "the page anew")  # type: ignore[misc]
        assert conductor.work.busy
        learner.press(keys)
        done_with.set()
        learner.sees(f"Step {step + 1} of 7" if step < 7 else "That was the lesson")
        learner.until(lambda: not conductor.work.busy, "that it is done with")
        done_with.clear()
    assert "✗" not in learner.looking.text


def test_ctrl_c_never_ends_the_tutor(learner: Learner) -> None:
    learner.press("half a li")
    learner.sees("half a li")
    learner.press(CTRL_C)
    learner.sees_no("half a li")
    learner.press(CTRL_C)
    learner.sees("F10 leaves; the next time you go on here")
    at(learner, 1)


def test_ctrl_c_stops_a_program(learner: Learner, tmp_path: Path) -> None:
    learner.types("python3 -m venv x\r")
    learner.sees("(Ctrl-C stops)")
    learner.press("typed meanwhile")
    learner.sees("typed meanwhile")
    learner.press(CTRL_C)
    learner.sees_no("(Ctrl-C stops)")
    at(learner, 1)


def test_hands_reach_the_board_while_something_runs(start: Start, bench: Any) -> None:
    """A word to the tutor that can wait stays in the line, and neither goes to the board as bytes."""
    learner = start()
    bench.plug()
    go_to(learner, 1)
    learner.types("python3 -m venv x\r")
    learner.sees("(Ctrl-C stops)")
    learner.press("press flash\r")
    learner.until(lambda: bench.pressed == ["flash"], "FLASH")
    learner.press("where\r")
    learner.sees("where")
    learner.press(CTRL_C)
    learner.sees_no("(Ctrl-C stops)")
    at(learner, 1)
