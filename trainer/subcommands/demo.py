"""`espdojo demo`: a lesson that plays by itself on a fake board, with real tools and their real output.

The tutor's text is shown, and each step's first solution is typed as a learner would type it. Nothing of the learner's
is touched: workspace and flash are the demo's own and go when it ends.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from trainer.course.contents import find_lesson, load_course, own_course
from trainer.lesson import Step, load_lesson
from trainer.session import Session
from trainer.system import System, current
from trainer.ui.lines import PlainOutput
from trainer.ui.tutor import Tutor
from trainer.workplace.desk import Desk
from trainer.workplace.equipment import choose_firmware, lesson_values, open_bench

__all__ = ["play", "play_steps"]

KEY_S: Final = 0.04
"""Between two letters: a fast typist."""
READING_S_PER_LINE: Final = 0.6
"""For each line of a step's text."""
LONGEST_PAUSE_S: Final = 8.0


def play(lesson: str | None, *, fast: bool = False, system: System | None = None) -> int:
    """Play `lesson` (default: the course's first); 0 if every step passes, else 1. `fast` leaves the pauses out."""
    output = PlainOutput()
    system = system or current()
    with ExitStack() as open_things:
        folder = find_lesson(lesson) if lesson else own_course() / load_course(own_course()).lessons[0]
        loaded = load_lesson(folder)
        workspace = Path(open_things.enter_context(tempfile.TemporaryDirectory(prefix="espdojo-demo-")))
        firmware = choose_firmware(output, loaded)
        bench = open_things.enter_context(open_bench("fake", system, loaded.board, None))
        session = Session(loaded, system, lesson_values(loaded, system, bench, firmware))
        desk = Desk(session, bench, workspace, firmware.path, output)
        open_things.callback(desk.close)
        tutor = Tutor(session, desk, output)
        pause = (lambda seconds: None) if fast else time.sleep
        return play_steps(tutor, output, pause)


def play_steps(tutor: Tutor, output: PlainOutput, pause: Callable[[float], None]) -> int:
    """Type the first solution of every step to `tutor`; stops with 1 at the first that does not pass."""
    tutor.begin()
    session = tutor.session
    while (step := session.step) is not None:
        output.flush()
        pause(min(READING_S_PER_LINE * len(step.prose.splitlines()), LONGEST_PAUSE_S))
        _type(tutor.desk.prompt, solution(session, step), output, pause)
        tutor.hear(solution(session, step))
        if session.step is step:
            output(f"The demo stops: its answer to step {session.number}, “{step.title}”, did not pass.\n")
            output.flush()
            return 1
    output.flush()
    return 0


def solution(session: Session, step: Step) -> str:
    """What is typed in a step: its first solution (a choice by its number); only Enter where there is but to read."""
    if step.options:
        return str(step.options.index(step.solutions[0]) + 1)
    return session.fill(step.solutions[0]) if step.solutions else ""


def _type(prompt: str, line: str, output: PlainOutput, pause: Callable[[float], None]) -> None:
    output(prompt)
    for character in line:
        output(character)
        output.flush()
        pause(KEY_S)
    output("\n")
