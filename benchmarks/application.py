"""How the full-screen tutor feels: from the start to a usable screen, and from a key to its letter while esptool
writes."""

import os
import tempfile
import time
from collections.abc import Iterator
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
KEY_EVERY_S = 0.05
FEWEST_KEYS = 10

LESSON = """\
# Writing

```lesson
format_version = 1
summary = "Only the writing."
minutes = 1
starts = ["firmware", "environment", "plugged"]
folder = "Downloads"
```

## Write it

```step
id = "write"
run = "write `{firmware}`"
solutions = ["esptool --port {port} --baud 460800 write-flash --flash-size detect 0 {firmware}"]
hints = ["`esptool --port {port} --baud 460800 write-flash --flash-size detect 0 {firmware}`"]
```
"""


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
        (lesson / "lesson.md").write_text(LESSON, encoding="utf-8")
        starts, idle, writing = [], list[float](), list[float]()
        for _ in range(rounds):
            started_s, idle_ms, writing_ms = _round(lesson, Path(folder) / "home", image.path)
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
        window.until(lambda: "Step 1 of 1" in window.flat or "Press Enter to begin" in window.flat, "the first page")
        started_s = time.perf_counter() - began
        window.type("Enter")
        window.until(lambda: "Step 1 of 1" in window.flat and "$" in window.text, "the prompt")
        idle = [_key_ms(window) for _ in range(FEWEST_KEYS)]
        window.type("\x15")  # empties the line
        window.line(f"esptool --port /dev/ttyUSB0 --baud 460800 write-flash --flash-size detect 0 {image.name}")
        window.wait_for("Writing at")
        writing = []
        while "Writing at" in window.text and "Wrote" not in window.text:
            writing.append(_key_ms(window))
        return started_s, idle, writing


def _key_ms(window: "Window") -> float:
    """Press a key that is on no other place of the screen, and wait for it there; then take it away."""
    began = time.perf_counter()
    window.type("~")
    while "~" not in window.text.replace(":~", ""):
        window.look(0.001)
    took_ms = (time.perf_counter() - began) * 1000
    window.type("\x7f")
    deadline = time.perf_counter() + KEY_EVERY_S
    while "~" in window.text.replace(":~", "") or time.perf_counter() < deadline:
        window.look(0.005)
    return took_ms
