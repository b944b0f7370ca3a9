"""A tutor at a desk without a board, in lines and on the whole screen."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.input import create_pipe_input

from trainer.computer import child
from trainer.errors import EspdojoError
from trainer.lesson import Lesson
from trainer.progress import Progress
from trainer.session import Session
from trainer.ui.opening import Interface, Opened, Position, Request
from trainer.ui.tutor import Tutor
from trainer.workplace.desk import Desk

from .learners import F10, PATIENCE_S, Learner, Start, Window, go_to
from .screens import Looking


@pytest.fixture
def tutor(desk: Desk, told: list[str], tmp_path: Path) -> Iterator[Tutor]:
    with Progress(tmp_path / "kept") as progress:
        yield Tutor(desk.session, desk, told.append, progress=progress, key="small")


def endless(program: child.Program, *arguments: Any, **options: Any) -> child.Finished:
    """In place of any program one that goes on until it is stopped."""
    sleep = (sys.executable, "-c", "import time; time.sleep(600)")
    return child.run(replace(program, arguments=sleep), *arguments, **options)


@pytest.fixture
def start(tmp_path: Path, lesson: Lesson, bench: Any) -> Iterator[Start]:
    """Starts the tutor on the small lesson; `columns` and `rows` of its window."""
    image = tmp_path / "fw.bin"
    image.write_bytes(b"\xe9image")

    def opener(request: Request, interface: Interface, open_things: ExitStack) -> Opened:
        if request.lesson == "write":
            raise EspdojoError("The lesson has vanished.", next_step="Choose another.")
        progress = Progress(tmp_path)
        open_things.callback(progress.close)
        session = Session(lesson, "linux", {"port": "/dev/ttyUSB0", "baud": "115200"}, progress.place("small"))
        desk = Desk(
            session, bench, tmp_path / "home", image, interface.tell, interface.confirm,
            run_program=endless, window=interface.window, note=interface.note,
        )  # fmt: skip
        open_things.callback(desk.close)
        assert interface.voice is not None
        position = Position(1, ("first-flash", "erase", "write"))
        voice = interface.voice(session, position)
        tutor = Tutor(session, desk, interface.tell, progress=progress, key="small", voice=voice)
        return Opened(tutor, position, f"espdojo learn {request.lesson or 'small'}", progress)

    with ExitStack() as stack:
        learners: list[Learner] = []

        def begin(columns: int = 80, rows: int = 24) -> Learner:
            keyboard = stack.enter_context(create_pipe_input())
            learner = Learner(keyboard, Window(Looking(columns, rows)), opener)
            learners.append(learner)
            return learner

        yield begin
        for learner in learners:
            if not learner._result:
                learner.press(F10)
            learner._thread.join(PATIENCE_S)


@pytest.fixture
def learner(start: Start) -> Learner:
    """One at the first step, in a window of the usual size."""
    learner = start()
    go_to(learner, 1)
    return learner
