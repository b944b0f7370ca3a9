"""``espdojo progress``: the course and what of it is done, as text, JSON or a certificate; and a fresh start."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import click

from trainer import console
from trainer.certificate import Certificate, page
from trainer.errors import EspdojoError, not_written
from trainer.lesson import Lesson, find_lesson, load_course, load_lesson, own_course
from trainer.progress import Progress, Record
from trainer.system import current

__all__ = ["Row", "command", "rows"]

State = Literal["done", "begun", "new"]

WAYS: Final = ("--json", "--html", "--reset")


@dataclass(frozen=True)
class Row:
    """A lesson and how far the learner is in it. `steps` is None for a lesson that can no longer be loaded."""

    lesson: str
    title: str
    state: State
    steps: int | None
    number: int | None
    """The current step's number, from 1; None unless the lesson is being worked on."""
    done: int
    skipped: int
    finished_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """The object that ``espdojo progress --json`` prints."""
        return {**self.__dict__, "finished_at": self.finished_at.isoformat() if self.finished_at else None}


def rows(records: list[Record]) -> list[Row]:
    """The course's lessons in order, then lessons from elsewhere that were begun."""
    known = {record.lesson: record for record in records}
    names = list(load_course(own_course()).lessons)
    names += [record.lesson for record in records if record.lesson not in names]
    return [_row(name, known.get(name)) for name in names]


def _row(name: str, record: Record | None) -> Row:
    lesson = _load(name)
    steps = lesson.steps[current()] if lesson else ()
    number = next((number for number, step in enumerate(steps, 1) if record and step.id == record.step), None)
    finished_at = record.finished_at if record else None
    return Row(
        lesson=name,
        title=lesson.title if lesson else Path(name).name,
        state="done" if finished_at else "begun" if record else "new",
        steps=len(steps) if lesson else None,
        number=number,
        done=record.done if record else 0,
        skipped=record.skipped if record else 0,
        finished_at=finished_at,
    )


def _load(name: str) -> Lesson | None:
    """The lesson; None if it has vanished or cannot be read any more."""
    try:
        return load_lesson(find_lesson(name))
    except (EspdojoError, OSError):
        return None


def text(shown: list[Row]) -> str:
    """The table that a person reads."""
    title = load_course(own_course()).title
    finished = sum(row.state == "done" for row in shown)
    width = max(len(row.title) for row in shown)
    lessons = "lesson" if len(shown) == 1 else "lessons"
    lines = [f"{title}: {finished} of {len(shown)} {lessons} done", ""]
    lines += [f"  {row.title:<{width}}  {_how_far(row)}" for row in shown]
    return "\n".join(lines)


def _how_far(row: Row) -> str:
    if row.steps is None:
        return "the lesson is no longer there"
    parts = []
    if row.finished_at:
        parts.append(f"done on {row.finished_at.astimezone():%Y-%m-%d}")
    if row.number is not None:
        parts.append(f"{'now again at' if row.finished_at else 'at'} step {row.number} of {row.steps}")
    if row.skipped:
        parts.append(f"{row.skipped} passed over")
    return ", ".join(parts) or ("begun" if row.state == "begun" else "not begun")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a certificate.")
@click.option("--name", default="", help="Your name on it; else there is a line to write it on.")
@click.option("--reset", is_flag=True, help="Forget all progress.")
@click.option("--yes", is_flag=True, help="Do not ask before --reset.")
def command(as_json: bool, html: Path | None, name: str, reset: bool, yes: bool) -> int:
    """What is done of the course. With --html, a certificate to print."""
    if sum((as_json, html is not None, reset)) > 1:
        raise click.UsageError(f"Only one of {', '.join(WAYS)} at a time.")
    if name and html is None:
        raise click.UsageError("--name is for the certificate: add --html FILE.")
    if yes and not reset:
        raise click.UsageError("--yes is for --reset.")
    with Progress() as progress:
        if progress.notice:
            click.echo(progress.notice, err=True)
        if reset:
            return _reset(progress, yes)
        shown = rows(progress.records())
        if as_json:
            course = load_course(own_course()).title
            about = {"course": course, "file": str(progress.file), "lessons": [row.as_json() for row in shown]}
            click.echo(json.dumps(about, indent=2))
        elif html is not None:
            _write_certificate(html, name, shown)
        else:
            click.echo(text(shown))
            click.echo(f"\nGo on: {console.program()}", err=True)
    return 0


def _reset(progress: Progress, yes: bool) -> int:
    begun = len(progress.records())
    if not begun:
        click.echo("No lesson has been begun, so there is nothing to forget.", err=True)
        return 0
    lessons = "1 lesson" if begun == 1 else f"{begun} lessons"
    if not yes:
        if not console.is_interactive():
            raise EspdojoError(
                f"The progress of {lessons} would be forgotten. Nothing was changed.", next_step="Add --yes to do it."
            )
        if not click.confirm(f"Forget the progress of {lessons}? It cannot be brought back.", err=True):
            click.echo("Nothing was changed.", err=True)
            return 1
    progress.reset()
    click.echo(f"The progress of {lessons} is forgotten. Your practice folder stays as it is.", err=True)
    return 0


def _write_certificate(file: Path, name: str, shown: list[Row]) -> None:
    course = load_course(own_course())
    finished = [row for row in shown if row.state == "done"]
    if not finished:
        raise EspdojoError(
            "No lesson is finished yet, so there is nothing to certify.", next_step=f"{console.program()} goes on."
        )
    certificate = Certificate(
        name=name.strip(),
        course=course.title,
        lessons=[(row.title, row.finished_at.astimezone().date()) for row in finished if row.finished_at],
        whole_course={row.lesson for row in finished} >= set(course.lessons),
    )
    partial = file.with_name(f"{file.name}.part")
    try:
        partial.write_text(page(certificate), encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise not_written(file, error) from error
    click.echo(f"The certificate is in {file}. Open it in a browser, and print it from there.", err=True)
