"""Lessons played through, for what is shown meanwhile."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from trainer.firmware import Firmware
from trainer.images.identify import identify
from trainer.lesson import Lesson
from trainer.subcommands import demo
from trainer.system import System
from trainer.validation.stage import LONG_WAIT_S, Stage
from trainer.validation.tools import Tools


@dataclass(frozen=True)
class Shown:
    """A lesson that was played on one system: the values of its placeholders, and all that was to be seen."""

    system: System
    values: dict[str, str]
    text: str


ShowOn = Callable[[Lesson, Path, tuple[System, ...]], list[Shown]]


@pytest.fixture
def show_on(tmp_path: Path) -> ShowOn:
    """A function that plays a lesson with an image on some systems: every mistake of a step, then its first solution.

    What a board and its tools say is asked once for all systems, as in `espdojo check`, which also proves the answers.
    """

    def show(lesson: Lesson, image: Path, systems: tuple[System, ...]) -> list[Shown]:
        firmware, tools = Firmware(image, identify(image), "folder"), Tools(tmp_path / "tools")
        return [_play(lesson, system, firmware, tmp_path, tools) for system in systems]

    return show


def _play(lesson: Lesson, system: System, firmware: Firmware, folder: Path, tools: Tools) -> Shown:
    home, seen = folder / "home", []
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    with Stage(lesson, system, lesson.board, firmware, home, folder / f"kept-{system}", tools) as stage:

        def does(line: str) -> bool:
            evidence = stage.act(line, patience_s=LONG_WAIT_S)
            assert evidence is not None, line
            seen.extend(["".join(stage.told), evidence.transcript])
            answer = stage.session.submit(evidence)
            if answer.way_back:  # a learner does what it says
                stage.act("ctrl-c", patience_s=LONG_WAIT_S)
            return answer.passed

        while (step := stage.session.step) is not None:
            for line in (line for mistake in step.mistakes for line in mistake.tries):
                assert not does(stage.session.fill(line)), (step.id, line, seen[-2:])
            assert does(demo.solution(stage.session, step)), (step.id, seen[-2:])
        return Shown(system, stage.session.values, "\n".join(seen))
