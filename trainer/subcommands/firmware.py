"""``espdojo firmware``: MicroPython images on this computer, downloading one, and a look at any firmware file."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from trainer import firmware as images
from trainer.images.description import facts, problem
from trainer.images.transfer import Progress

__all__ = ["firmware"]

SHOWN_ORIGIN: Final[dict[images.Origin, str]] = {
    "folder": images.FOLDER_VARIABLE,
    "cache": "downloaded",
    "practice": "comes with espdojo",
}

VERSION: Final = re.compile(r"v?\d+(\.\d+)*(-[\w.-]+)?", re.ASCII)


@click.group()
def firmware() -> None:
    """List, download and identify firmware images."""


@firmware.command("list")
def list_images() -> int:
    """Show the images here, best first."""
    rows = [
        (
            f"{one.info.family} {one.info.version}".strip(),
            f"{one.info.size:,} bytes",
            SHOWN_ORIGIN[one.origin],
            str(one.path),
        )
        for one in [*images.available(), images.practice()]
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    if len(rows) == 1:
        click.echo("`espdojo firmware get` downloads real MicroPython.", err=True)
    return 0


@firmware.command()
@click.argument("version", required=False)
@click.option("--latest", is_flag=True, help="The newest release on micropython.org.")
def get(version: str | None, latest: bool) -> int:
    """Download MicroPython, unless it is here.

    VERSION is one such as 1.23; without it, any that lessons work with. Prints the path of the file.
    """
    if version is not None and latest:
        raise click.UsageError("Give a version or --latest, not both.")
    if version is not None and not VERSION.fullmatch(version):
        raise click.BadParameter(f"{version!r} is no version; one looks like 1.23 or v1.23.0.", param_hint="VERSION")
    with _bar() as progress:
        found = images.get(version, latest=latest, progress=progress)
    click.echo(f"MicroPython {found.info.version}, {found.info.size:,} bytes:", err=True)
    click.echo(found.path)
    return 0


@firmware.command()
@click.argument("file", type=click.Path(path_type=Path))
def info(file: Path) -> int:
    """Tell what FILE is.

    The exit status is 1 if an ESP8266 would not boot it.
    """
    found = images.identify(file)
    click.echo(facts(found), nl=False)
    if found.is_bootable:
        return 0
    click.echo(problem(found), err=True)
    return 1


@contextmanager
def _bar() -> Iterator[Progress]:
    """A progress bar on standard error while something is downloaded; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("Downloading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(file=sys.stderr), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("download", visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)
