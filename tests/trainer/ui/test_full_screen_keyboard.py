"""What stands in the line, and what else keys and the mouse reach."""

import os
import threading
from typing import Any

import pytest

from .learners import CTRL_C, F1, PAGE_DOWN, PATIENCE_S, Learner, Start, go_to

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the keyboard of these tests is a POSIX pipe")


def test_ctrl_z_takes_back_what_was_typed(learner: Learner) -> None:
    learner.types("pwdx")
    learner.sees("$ pwdx")
    learner.press("\x1a")
    learner.until(lambda: "pwdx" not in learner.looking.flat, "the line without its last letters")
    assert "^Z" not in learner.looking.flat


def test_paste_takes_one_line(learner: Learner) -> None:
    learner.press("\x1b[200~pwd\nls\n\x1b[201~")
    learner.sees("Only the first of the lines was pasted")
    learner.sees("you@pc:~$ pwd")


def test_completion(learner: Learner) -> None:
    learner.press("cd Down\t")
    learner.sees("cd Downloads/")
    learner.press("\x15plug\t")
    learner.sees("$ plug in")


def test_the_mouse(learner: Learner, bench: Any) -> None:
    rows = learner.looking.rows
    row = next(number for number, row in enumerate(rows, 1) if "F2 Hint" in row)
    column = rows[row - 1].index("F2") + 1
    learner.press(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
    learner.sees("Hint 1 of 2")


def test_a_question_waits_for_a_key(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    answers: list[bool] = []
    for key in ("y", "n", CTRL_C):
        asking = threading.Thread(target=lambda: answers.append(learner.app.state.ask("Erase /dev/ttyUSB0?")))
        asking.start()
        learner.sees("Erase /dev/ttyUSB0? y: yes n: no")
        learner.press(key)
        asking.join(PATIENCE_S)
        learner.sees_no("Erase /dev")
    assert answers == [True, False, False]


def test_help_scrolls_and_nothing_is_typed_behind_it(learner: Learner) -> None:
    learner.press(F1)
    learner.sees("Keys Enter do the line")
    learner.sees("▼ more")
    learner.press("abc" + PAGE_DOWN * 5)
    learner.sees("--plain")
    learner.press(F1)
    learner.sees_no("--plain")
    assert "abc" not in learner.looking.text
