"""`espdojo check`: proves that lessons are well written and work as their author claims.

Their text is read (`trainer.validation.static`), and they are played on fake boards, for every system
(`trainer.validation.rehearsal`). The exit status is 1 when anything is wrong.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import click
from packaging.version import InvalidVersion, Version
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from trainer import console
from trainer.firmware import Firmware, practice
from trainer.lesson import Lesson
from trainer.system import SYSTEMS, System
from trainer.validation import reports, static
from trainer.validation.course import gather
from trainer.validation.plays import Outcome, Play, plays_of
from trainer.validation.pool import play_all
from trainer.validation.reports import LessonReport, Report
from trainer.workplace.equipment import choose_firmware

__all__ = ["check", "command"]

JOBS: Final = 2
"""Plays at a time: what most computers have cores for, and memory."""


class Watcher:
    """Hears how the plays get on."""

    def told(self, text: str) -> None:
        """Something for a person to read."""

    def began(self, plays: Sequence[Play], steps: int) -> None:
        """So many plays with so many steps altogether."""

    def stepped(self, play: Play, step: int) -> None:
        """The `step`-th step of a play is done."""

    def ended(self, outcome: Outcome) -> None:
        """A play is over."""


def check(
    targets: Sequence[str] = (),
    *,
    systems: Sequence[System] = SYSTEMS,
    boards: Sequence[str] = (),
    esptools: Sequence[str] = ("",),
    jobs: int = JOBS,
    play: bool = True,
    firmware: Firmware | None = None,
    watcher: Watcher | None = None,
) -> Report:
    """Check lessons and courses; by default our own course, each lesson on the board that it is written for.

    `esptools` are versions, "" is the one that espdojo uses itself; with `play` False, the texts are read only;
    `firmware` is the image to play with, by default the best there is. Raises EspdojoError for a target that is no
    lesson.
    """
    watcher = watcher or Watcher()
    gathered = gather(targets)
    lessons = {lesson.file.parent: lesson for lesson in gathered.lessons}
    plays = [
        one
        for lesson in gathered.lessons
        for one in plays_of(lesson, tuple(systems), tuple(boards), tuple(esptools))
        if play
    ]
    plays.sort(key=lambda one: -_steps(lessons, one))  # the longest first, so that no worker is left with it alone
    image = firmware or (choose_firmware(watcher.told) if plays else practice())
    watcher.began(plays, sum(_steps(lessons, one) for one in plays))
    outcomes: list[Outcome] = []
    for outcome in play_all(plays, image, jobs, watcher.stepped):
        watcher.ended(outcome)
        outcomes.append(outcome)
    unloaded = [LessonReport(folder.name, "", folder, (why,)) for folder, why in gathered.broken.items()]
    return Report((*(_report(lesson, outcomes) for lesson in gathered.lessons), *unloaded), tuple(gathered.course))


def _steps(lessons: Mapping[Path, Lesson], play: Play) -> int:
    return len(lessons[play.folder].steps[play.system])


def _report(lesson: Lesson, outcomes: Sequence[Outcome]) -> LessonReport:
    folder = lesson.file.parent
    own = (outcome for outcome in outcomes if outcome.play.folder == folder)
    in_order = sorted(own, key=lambda outcome: (outcome.play.esptool, outcome.play.board, outcome.play.system))
    return LessonReport(lesson.name, lesson.title, folder, tuple(static.read(lesson)), tuple(in_order))


class Bar(Watcher):
    """A bar on standard error; without a terminal, a line for each play."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("Playing", total=None)
        self._steps: dict[Play, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def told(self, text: str) -> None:
        if text.strip():
            click.echo(text.strip("\n"), err=True)

    def began(self, plays: Sequence[Play], steps: int) -> None:
        self._bar.update(self._task, total=steps)
        if plays and self._console.is_terminal:
            self._bar.start()

    def stepped(self, play: Play, step: int) -> None:
        self._steps[play] = step
        self._bar.update(self._task, completed=sum(self._steps.values()), description=play.folder.name)

    def ended(self, outcome: Outcome) -> None:
        self.stepped(outcome.play, outcome.steps)
        if not self._console.is_terminal:
            result = "not ok" if outcome.findings else "ok"
            play = outcome.play
            click.echo(f"{play.folder.name}: {play.circumstances}: {result} ({outcome.seconds:.0f} s)", err=True)


def _known_board(ctx: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    from emulator import profiles

    try:
        return tuple(profiles.load(name).name for name in names)
    except profiles.ProfileError as error:
        raise click.BadParameter(str(error)) from error


def _version(ctx: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple("" if text == "own" else str(Version(text)) for text in texts)
    except InvalidVersion as error:
        raise click.BadParameter(f"{error}. Write a version such as 4.8.1, or own.") from error


@click.command("check")
@click.argument("targets", nargs=-1, metavar="[LESSON-OR-FOLDER]...")
@click.option("--board", "boards", multiple=True, metavar="P", callback=_known_board,
              help="Play on this fake board; may be repeated.  [default: each lesson's own]")  # fmt: skip
@click.option("--system", "systems", multiple=True, type=click.Choice(SYSTEMS),
              help="Play for this system; may be repeated.  [default: all]")  # fmt: skip
@click.option("--esptool", "esptools", multiple=True, metavar="VERSION", callback=_version,
              help="Play with this version, which pip installs; may be repeated.  [default: own]")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1, 64), default=JOBS, show_default=True, help="Plays at a time.")
@click.option("--read-only", is_flag=True, help="Read the lessons only; play nothing.")
@click.option(
    "--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write JUnit's XML, too."
)
@click.option("--json", "json_wanted", is_flag=True, help="Write JSON instead of a table.")
def command(
    targets: tuple[str, ...],
    boards: tuple[str, ...],
    systems: tuple[System, ...],
    esptools: tuple[str, ...],
    jobs: int,
    read_only: bool,
    junit: Path | None,
    json_wanted: bool,
) -> int:
    """Check lessons: read their texts, and play them on fake boards, for all systems. Without a name, all of our own.

    LESSON-OR-FOLDER is a lesson of espdojo's course, the folder of another lesson, or the folder of a course.
    """
    with Bar() as bar:
        report = check(
            targets,
            systems=systems or SYSTEMS,
            boards=boards,
            esptools=esptools or ("",),
            jobs=jobs,
            play=not read_only,
            watcher=bar,
        )
    if junit is not None:
        reports.write_junit(report, junit)
    if json_wanted:
        click.echo(reports.as_json(report))
    else:
        reports.show(report, Console(no_color=not console.colour_wanted(), highlight=False))
    return 0 if report.ok else 1
