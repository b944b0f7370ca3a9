"""Makes the pictures of the tutor that README and docs show: real screens of a real run, as SVG. POSIX; needs a network
or ESPDOJO_FIRMWARE_DIR, and the packages for tests.

    .venv/bin/python docs/screens.py [FOLDER]      default: docs/screens

Each picture is taken in a pseudo-terminal, at the moment that `SCENES` tells; run it again when the tutor looks
different.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

import pyte

from benchmarks.window import Window
from trainer.course.contents import own_course
from trainer.lesson import load_lesson
from trainer.prose import fill

CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 17.0, 12.0
SETTLED_S, SETTLED_MOVING_S = 0.3, 0.02
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

PALETTES = {
    "dark": {
        "default": "#d4d4d4", "background": "#1e1e1e", "black": "#000000", "red": "#f14c4c", "green": "#0dbc79",
        "brown": "#e5e510", "blue": "#2472c8", "magenta": "#bc3fbc", "cyan": "#11a8cd", "white": "#cccccc",
        "brightblack": "#767676", "brightred": "#f14c4c", "brightgreen": "#23d18b", "brightbrown": "#f5f543",
        "brightblue": "#3b8eea", "brightmagenta": "#d670d6", "brightcyan": "#29b8db", "brightwhite": "#ffffff",
    },
    "light": {
        "default": "#24292f", "background": "#ffffff", "black": "#000000", "red": "#cf222e", "green": "#116329",
        "brown": "#7d4e00", "blue": "#0550ae", "magenta": "#8250df", "cyan": "#1b7c83", "white": "#6e7781",
        "brightblack": "#6e7781", "brightred": "#cf222e", "brightgreen": "#1a7f37", "brightbrown": "#9a6700",
        "brightblue": "#0969da", "brightmagenta": "#8250df", "brightcyan": "#3192aa", "brightwhite": "#24292f",
    },
}  # fmt: skip
"""The sixteen colours of a dark and of a light terminal, by the names that pyte gives them."""


@dataclass(frozen=True)
class Scene:
    """A picture: in which step it is taken, and when, while its solution is done (None: before it is)."""

    name: str
    step: str
    when: Callable[[Window], bool] | None
    theme: str = "dark"
    columns: int = 120
    rows: int = 40


def writes(window: Window) -> bool:
    """esptool is in the middle of it."""
    return any("Writing at" in row and 40 < percent(row) < 90 for row in window.rows)


GO_ON = "Press Enter to go on."
"""Below a page that has only to be turned. A screen may come in two pieces, with this of the page before."""


def passed(window: Window) -> bool:
    """The step is done."""
    return GO_ON in window.flat


SCENES = (
    Scene("writing", "write", writes),
    Scene("answering", "sys-platform", passed, theme="light"),
    Scene("small", "flash-id", passed, columns=80, rows=24),
    Scene("hint", "activate", None, columns=80, rows=24),
)


def percent(row: str) -> float:
    """How far a progress bar is."""
    before, sign, _ = row.partition("%")
    return float(before.split()[-1]) if sign else 0.0


def main(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for scene in SCENES:
        (folder / f"{scene.name}.svg").write_text(take(scene), encoding="utf-8")
        print(folder / f"{scene.name}.svg")


def take(scene: Scene) -> str:
    """Play the first lesson up to the scene, and draw the screen."""
    lesson = load_lesson(own_course() / "first-flash")
    steps = lesson.steps["linux"]
    with tempfile.TemporaryDirectory(prefix="espdojo-screens-") as home:
        environment = {"ESPDOJO_HOME": home, "ESPDOJO_THEME": scene.theme, "COLORTERM": ""}
        arguments = ["-m", "trainer", "learn", "first-flash", "--system", "linux"]
        with Window(arguments, columns=scene.columns, rows=scene.rows, environment=environment) as window:
            window.wait_for("Press Enter to begin", 300)
            window.until(lambda: "Ctrl-C stops" not in window.flat, "the desk", 300)
            window.turn_page()
            for number, step in enumerate(steps, 1):
                window.wait_for(f"Step {number} of {len(steps)}: {step.title}")
                window.until(lambda: GO_ON not in window.flat, "the rest of that screen")
                firmware = next(iter(sorted(Path(home, "workspace", "Downloads").glob("*.bin"))), Path("firmware.bin"))
                values = {"port": "/dev/ttyUSB0", "baud": "115200", "firmware": firmware.name}
                if step.id == scene.step and scene.when is None:
                    window.type("F2")
                    window.wait_for("Hint 1 of")
                    settle(window)
                    return svg(window.screen, scene.theme)
                line = fill(step.solutions[0], values) if step.solutions else ""
                if step.kind == "read":
                    window.turn_page()
                else:
                    window.line(str(step.options.index(step.solutions[0]) + 1) if step.options else line)
                if step.id == scene.step and scene.when is not None:
                    window.until(partial(scene.when, window), scene.name)
                    settle(window)
                    return svg(window.screen, scene.theme)
                if step.afterword:
                    window.wait_for(GO_ON, 300)
                    window.turn_page()
    raise LookupError(f"the first lesson has no step called {scene.step}")


def settle(window: Window) -> None:
    """Wait for the end of what is being drawn: a moment in which nothing is written, a short one where a sign moves."""
    before = -1
    while before != len(window.written):
        before = len(window.written)
        window.look(SETTLED_MOVING_S if "(Ctrl-C stops)" in window.flat else SETTLED_S)


def svg(screen: pyte.Screen, theme: str) -> str:
    """A terminal's screen as a picture."""
    palette = PALETTES[theme]
    width, height = screen.columns * CELL_WIDTH + 2 * MARGIN, screen.lines * CELL_HEIGHT + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" font-family="{FONT}" font-size="14">',
        f'<rect width="100%" height="100%" rx="8" fill="{palette["background"]}"/>',
    ]
    for row in range(screen.lines):
        lines += _backgrounds(screen, row, palette)
        lines += _texts(screen, row, palette)
    return "\n".join([*lines, "</svg>\n"])


def _runs(screen: pyte.Screen, row: int) -> Iterator[tuple[int, str, pyte.screens.Char]]:
    """Neighbouring cells that look alike: where they begin, their text, and one of them."""
    cells = [screen.buffer[row][column] for column in range(screen.columns)]
    begin = 0
    for column in range(1, len(cells) + 1):
        if column == len(cells) or cells[column]._replace(data="") != cells[begin]._replace(data=""):
            yield begin, "".join(cell.data for cell in cells[begin:column]), cells[begin]
            begin = column


def _colours(cell: pyte.screens.Char, palette: dict[str, str]) -> tuple[str, str]:
    """Foreground and background of a cell."""
    front = palette.get(cell.fg, f"#{cell.fg}")
    back = palette["background"] if cell.bg == "default" else palette.get(cell.bg, f"#{cell.bg}")
    return (back, front) if cell.reverse else (front, back)


def _backgrounds(screen: pyte.Screen, row: int, palette: dict[str, str]) -> Iterator[str]:
    for column, text, cell in _runs(screen, row):
        _, back = _colours(cell, palette)
        if back != palette["background"]:
            yield (
                f'<rect x="{MARGIN + column * CELL_WIDTH:.1f}" y="{MARGIN + row * CELL_HEIGHT:.1f}" '
                f'width="{len(text) * CELL_WIDTH:.1f}" height="{CELL_HEIGHT}" fill="{back}"/>'
            )


def _texts(screen: pyte.Screen, row: int, palette: dict[str, str]) -> Iterator[str]:
    for column, text, cell in _runs(screen, row):
        if not text.strip():
            continue
        front, _ = _colours(cell, palette)
        weight = ' font-weight="bold"' if cell.bold else ""
        weight += ' text-decoration="underline"' if cell.underscore else ""
        yield (
            f'<text x="{MARGIN + column * CELL_WIDTH:.1f}" y="{MARGIN + (row + 0.76) * CELL_HEIGHT:.1f}" '
            f'textLength="{len(text) * CELL_WIDTH:.1f}" xml:space="preserve" fill="{front}"{weight}>'
            f"{escape(text)}</text>"
        )


if __name__ == "__main__":
    if os.name == "nt":
        sys.exit("Pseudo-terminals are POSIX; make the pictures on Linux or macOS.")
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "screens")
