"""The command: which benchmarks to run, and the table of what they found."""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version

import click

from benchmarks import application, attached, boot, idle, lights, line, many, processor, reference, start, writing
from benchmarks.figures import Figure, Unavailable
from trainer import firmware

ROUNDS = 7
BENCHMARKS: dict[str, tuple[str, Callable[[int], Iterator[Figure]]]] = {
    "processor": ("Instructions in MicroPython's interpreter loop", processor.run),
    "attached": ("The same with all kinds of things attached, and idle", attached.run),
    "lights": ("A strip of 30 lights, 30 frames a second", lights.run),
    "boot": ("From power to the prompt, clock=max", boot.run),
    "start": ("The command's start", start.run),
    "write-flash": ("esptool write-flash, 633 KB", writing.run),
    "line": ("Bytes on a line=real", line.run),
    "idle": ("A board left alone", idle.run),
    "many": ("Boards in one process", many.run),
    "application": ("The full-screen tutor, 120x40", application.run),
}
WIDTH = 44


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)), metavar="[NAME]...")
@click.option("--once", is_flag=True, help="One round instead of seven, and no verdict: does it all still run?")
def main(names: tuple[str, ...], once: bool) -> None:
    """How fast the fake board is, and the tutor on it. NAME is one of the rows of the table; all of them without one.

    Exit status 1 where a figure misses its bar.
    """
    for fact in surroundings():
        click.echo(fact)
    missed = skipped = 0
    for name in names or BENCHMARKS:
        title, run = BENCHMARKS[name]
        click.echo(f"\n{title}")
        try:
            for figure in run(1 if once else ROUNDS):
                click.echo(row(figure, judged=not once))
                missed += not figure.is_good
        except Unavailable as reason:
            skipped += 1
            click.echo(f"  SKIPPED: {reason}")
    click.echo(f"\n{missed} missed, {skipped} skipped" if missed or skipped else "\nEvery bar is reached.")
    sys.exit(1 if missed and not once else 0)


def surroundings() -> Iterator[str]:
    """What the figures depend on."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    yield f"Python {platform.python_version()}, wasmtime {version('wasmtime')}, esptool {version('esptool')}"
    yield f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{load}"
    image = firmware.local()
    yield f"MicroPython: {image.path.name if image else 'none here'}"
    yield f"C reference: {'compiled with gcc -O3' if reference.is_available() else 'none here to compare with'}"


def row(figure: Figure, judged: bool) -> str:
    """One line: what, how much, and what it should be."""
    value = f"{figure.value:.0f}" if figure.value >= 100 else f"{figure.value:.3g}"
    line = f"  {figure.what:{WIDTH}} {value:>7} {figure.unit:12}"
    if figure.bar is not None:
        verdict = ("ok" if figure.is_good else "MISSED") if judged else ""
        line += f" {figure.bar.side} {figure.bar.value:g}  {verdict}"
    return line.rstrip()


if __name__ == "__main__":
    main()
