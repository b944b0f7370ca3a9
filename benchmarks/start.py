"""How long `espdojo board` takes to say that it is ready, and how much of that any Python takes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.figures import Bar, Figure, measure

BAR = Bar("at most", 1.0)
BOARD = [sys.executable, "-m", "trainer", "board", "--json"]


def run(rounds: int) -> Iterator[Figure]:
    """Seconds from the start of the process."""
    samples = measure(rounds, {"board": _ready_s, "python": _python_s})
    yield Figure("espdojo board --json, ready", samples.median("board"), "s", BAR)
    yield Figure("a Python that does nothing", samples.median("python"), "s")


def _ready_s() -> float:
    began = time.perf_counter()
    with subprocess.Popen(BOARD, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        took = time.perf_counter() - began
        process.terminate()
    if json.loads(line)["event"] != "ready":
        raise RuntimeError(f"the board's first event was {line!r}")
    return took


def _python_s() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began
