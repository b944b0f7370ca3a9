"""How the full-screen tutor feels: from the start to a usable screen, and from a key to its letter while esptool
writes."""

import os
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks.figures import Bar, Figure, Unavailable
from trainer import firmware

if TYPE_CHECKING:
    from benchmarks.window import Window

START_BAR = Bar("at most", 1.0)
KEY_BAR = Bar("at most", 50.0)

COLUMNS, ROWS = 120, 40
FEWEST_KEYS = 10
LETTERS = cycle("§¶±µ")
"""What nothing else writes; another one each time, so that its frame cannot look like the last one."""
REST_S = 0.05
LONGEST_S = 10.0

LESSON = """\
# Writing

```lesson
format_version = 1
summary = "Only the writing."
minutes = 1
starts = ["firmware", "environment", "plugged"]
folder = "Downloads"
```
"""

STEP = """
## Write it

```step
id = "write-{number}"
run = "write `{{firmware}}`"
solutions = ["esptool --port {{port}} --baud 460800 write-flash --flash-size detect 0 {{firmware}}"]
hints = ["`esptool --port {{port}} --baud 460800 write-flash --flash-size detect 0 {{firmware}}`"]
```

It is written.
"""
STEPS = 6
"""esptool writes so many times: once takes half a second, which is not time for many keys."""


def run(rounds: int) -> Iterator[Figure]:
    """Seconds to the screen; milliseconds from a key to its letter, idle and while esptool writes at full speed."""
    if os.name == "nt":
        raise Unavailable("pseudo-terminals are POSIX")
    image = firmware.local()
    if image is None:
        raise Unavailable("no MicroPython here; `espdojo firmware get` brings one")
    with tempfile.TemporaryDirectory(prefix="espdojo-benchmark-") as folder:
        lesson = Path(folder) / "writing"
        lesson.mkdir()
        steps = "".join(STEP.format(number=number) for number in range(STEPS))
        (lesson / "lesson.md").write_text(LESSON + steps, encoding="utf-8")
        starts, idle, writing = [], list[float](), list[float]()
        for number in range(rounds):
            started_s, idle_ms, writing_ms = _round(lesson, Path(folder) / f"home-{number}", image.path)
            starts.append(started_s)
            idle += idle_ms
            writing += writing_ms
    yield Figure("espdojo learn, a usable screen", median(starts), "s", START_BAR)
    yield Figure("a key's letter, median, idle", median(idle), "ms")
    if len(writing) < FEWEST_KEYS:
        raise Unavailable(f"esptool was done after {len(writing)} keys")
    yield Figure("a key's letter, median, esptool writes", median(writing), "ms", KEY_BAR)
    yield Figure("a key's letter, 95 of 100, esptool writes", quantiles(writing, n=20)[-1], "ms", KEY_BAR)


def _round(lesson: Path, home: Path, image: Path) -> tuple[float, list[float], list[float]]:
    """One start; keys while nothing happens; keys while esptool writes."""
    from benchmarks.window import Window

    environment = {"ESPDOJO_HOME": str(home), "ESPDOJO_FIRMWARE_DIR": str(image.parent), "ESPDOJO_THEME": "dark"}
    began = time.perf_counter()
    with Window(
        ["-m", "trainer", "learn", str(lesson), "--system", "linux"],
        columns=COLUMNS,
        rows=ROWS,
        environment=environment,
    ) as window:
        window.until(lambda: "Press Enter to begin" in window.text, "the first page")
        started_s = window.read_at_s - began
        window.turn_page()
        window.until(lambda: "Step 1 of" in window.text and "$" in window.text, "the prompt")
        idle = [_key_ms(window) for _ in range(FEWEST_KEYS)]
        writing: list[float] = []
        for number in range(1, STEPS + 1):
            window.wait_for(f"Step {number} of")
            window.line(f"esptool --port /dev/ttyUSB0 --baud 460800 write-flash --flash-size detect 0 {image.name}")
            window.until(lambda: "Writing at" in window.text or "Press Enter" in window.text, "the writing")
            before = len(window.written)
            while not any(word in window.written[before:] for word in (b"Wrote", b"Press Enter")):
                writing.append(_key_ms(window))
            window.until(lambda: "Press Enter" in window.text, "the end of the writing")
            window.type("\x15")  # empties the line
            window.turn_page()
        return started_s, idle, writing


def _key_ms(window: "Window") -> float:
    """Press a key, and wait until it is written; then take it away. All is read at once and never drawn here, or the
    tutor would have to wait for us."""
    letter = next(LETTERS)
    before = len(window.written)
    began = time.perf_counter()
    window.type(letter)
    while letter.encode() not in window.written[before:]:
        if not window.look(0.001) or time.perf_counter() > began + LONGEST_S:
            raise Unavailable(f"a key was never shown:\n{window.text}")
    took_ms = (window.read_at_s - began) * 1000
    window.type("\x7f")
    rested = time.perf_counter() + REST_S
    while time.perf_counter() < rested:
        window.look(0.005)
    return took_ms
