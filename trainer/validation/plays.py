"""A play: one lesson on one system, one board, one esptool. And what a worker process needs to play several."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

from packaging.version import Version

from trainer.commands.command import Command
from trainer.commands.meaning import parse
from trainer.firmware import Firmware
from trainer.lesson import Lesson, load_lesson
from trainer.system import SYSTEMS, System
from trainer.validation.findings import Finding
from trainer.validation.rehearsal import Told, rehearse
from trainer.validation.stage import Stage
from trainer.validation.tools import Tools
from trainer.workplace.arrange import ENVIRONMENT
from trainer.workplace.equipment import check_firmware

__all__ = ["Outcome", "Play", "Player", "plays_of"]


@dataclass(frozen=True)
class Play:
    """What is played. `esptool` is a version; "" is the one that espdojo itself uses."""

    folder: Path
    system: System
    board: str
    esptool: str = ""
    shares: str = ""
    """What it has in common with plays of other lessons, so that one worker should play all of these: what it makes for
    one, it knows for the others."""

    @property
    def circumstances(self) -> str:
        """Where it is played, such as "windows on nodemcu with esptool 4.8.1"."""
        return f"{self.system} on {self.board}" + (f" with esptool {self.esptool}" if self.esptool else "")


@dataclass(frozen=True)
class Outcome:
    """What came of a play."""

    play: Play
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    steps: int = 0


def plays_of(
    lesson: Lesson,
    systems: tuple[System, ...] = SYSTEMS,
    boards: tuple[str, ...] = (),
    esptools: tuple[str, ...] = ("",),
) -> list[Play]:
    """All plays of a lesson; without `boards` on the one that it is written for."""
    shares = "environments" if makes_environments(lesson) else ""
    return [
        Play(lesson.file.parent, system, board, esptool, shares)
        for esptool in esptools
        for board in boards or (lesson.board,)
        for system in systems
    ]


def makes_environments(lesson: Lesson) -> bool:
    """Whether a solution of the lesson makes a virtual environment or fills one, which takes longer than all the
    rest."""
    lines = ((system, line) for system, steps in lesson.steps.items() for step in steps for line in step.solutions)
    commands = (parse(line, system) for system, line in lines)
    return any(isinstance(command, Command) and command.kind in MAKERS for command in commands)


MAKERS: Final = frozenset({"conda-create", "pip-install", "venv"})
"""Kinds of commands that make an environment or fill it."""

NEW_SPELLING: Final = Version("5")
"""The esptool from which on commands and options have hyphens."""


class Player:
    """Plays one lesson after the other in the folder `root`, which must be empty; what can be used again is kept.

    `firmware` is the image that lessons work with.
    """

    def __init__(self, root: Path, firmware: Firmware) -> None:
        self._root = root
        self._image = firmware
        self._tools: dict[str, Tools] = {}
        self._played = 0

    def play(self, play: Play, told: Told = lambda number: None) -> Outcome:
        """Play it; `told` hears the number of each step that is done. Raises LessonError where nothing loads."""
        begun_s = monotonic()
        lesson = load_lesson(play.folder)
        self._played += 1
        home, kept = self._root / "home", self._root / f"kept-{self._played}"
        tools = self._tools.setdefault(play.esptool, Tools(self._root / f"tools-{len(self._tools)}"))
        for folder in (home, kept):
            shutil.rmtree(folder, ignore_errors=True)
        home.mkdir()

        def stage() -> Stage:
            check_firmware(lesson, self._image)
            if play.esptool and "environment" in lesson.start.ready:
                tools.environment(home / ENVIRONMENT)
            return Stage(lesson, play.system, play.board, self._image, home, kept, tools)

        with _constrained(play.esptool, self._root):
            old = bool(play.esptool) and Version(play.esptool) < NEW_SPELLING
            found = rehearse(stage, lesson, play.system, told, old=old)
        shutil.rmtree(kept, ignore_errors=True)
        findings = tuple(finding.in_play(play.circumstances) for finding in found)
        return Outcome(play, findings, monotonic() - begun_s, len(lesson.steps[play.system]))


@contextmanager
def _constrained(esptool: str, folder: Path) -> Iterator[None]:
    """While it lasts, pip installs that version of esptool, whatever a lesson says (pip's documentation, "Constraints
    Files")."""
    if not esptool:
        yield
        return
    file = folder / f"constraint-{esptool}.txt"
    file.write_text(f"esptool=={esptool}\n", encoding="utf-8")
    before = os.environ.get("PIP_CONSTRAINT")
    os.environ["PIP_CONSTRAINT"] = str(file)
    try:
        yield
    finally:
        if before is None:
            del os.environ["PIP_CONSTRAINT"]
        else:
            os.environ["PIP_CONSTRAINT"] = before
