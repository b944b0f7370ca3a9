"""``espdojo progress``: the courses and what of them is done, as text, JSON or a certificate; and a fresh start."""

import errno
import json
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from trainer import console
from trainer.console import program
from trainer.course.contents import load_course, own_course
from trainer.errors import EspdojoError, not_written
from trainer.progress import Progress
from trainer.subcommands.certificate import Certificate, page
from trainer.subcommands.standing import Row, Standing, standings

__all__ = ["command", "text"]

WAYS: Final = ("--json", "--html", "--reset")


def text(shown: list[Standing]) -> str:
    """The tables that a person reads: one for each course that is begun; if none is, for ours."""
    return "\n\n".join(_table(standing) for standing in [one for one in shown if one.begun] or shown)


def _table(standing: Standing) -> str:
    width = max(len(row.title) for row in standing.rows)
    name_width = max(len(row.name) for row in standing.rows)
    count = len(standing.rows)
    title = standing.title or "In no course"
    lines = [f"{title}: {standing.done} of {count} {'lesson' if count == 1 else 'lessons'} done", ""]
    lines += [f"  {row.name:<{name_width}}  {row.title:<{width}}  {_how_far(row)}" for row in standing.rows]
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
        shown = standings(progress.records())
        if as_json:
            lessons = [row.as_json() for standing in shown for row in standing.rows]
            about = {"course": load_course(own_course()).title, "file": str(progress.file), "lessons": lessons}
            click.echo(json.dumps(about, indent=2))
        elif html is not None:
            _write_certificate(html, name, shown)
        else:
            click.echo(text(shown))
            ours = all(row.lesson == row.name for standing in shown for row in standing.rows)
            others = "" if ours else ", or FOLDER/NAME where the course is not ours"
            click.echo(f"\nGo on: {program()}\nAny lesson: {program()} learn NAME{others}", err=True)
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


def _write_certificate(file: Path, name: str, shown: list[Standing]) -> None:
    certificates = [certificate for standing in shown if (certificate := _certificate(name, standing))]
    if not certificates:
        raise EspdojoError(
            "No lesson is finished yet, so there is nothing to certify.", next_step=f"{program()} goes on."
        )
    partial = file.with_name(f"{file.name}.part")
    try:
        if file.exists() and not file.is_file():
            raise FileExistsError(errno.EEXIST, "it is there, and no file", str(file))
        partial.write_text(page(certificates), encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise not_written(file, error) from error
    what = "The certificate is" if len(certificates) == 1 else f"{len(certificates)} certificates, one a course, are"
    click.echo(f"{what} in {file}. Open it in a browser, and print it from there.", err=True)


def _certificate(name: str, standing: Standing) -> Certificate | None:
    """For what was finished of a course; None if nothing was. Who passes over a whole lesson has not finished it."""
    earned = [row for row in standing.rows if row.is_earned]
    if not earned:
        return None
    return Certificate(
        name=name.strip(),
        course=standing.title,
        lessons=[(row.title, row.finished_at.astimezone().date()) for row in earned if row.finished_at],
        whole_course=bool(standing.title) and len(earned) == len(standing.rows),
    )
