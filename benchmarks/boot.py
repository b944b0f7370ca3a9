"""From power to the first prompt on a flash that holds nothing but the program: calibration, a new file system."""

import time
from collections.abc import Iterator

from benchmarks.boards import flashed, micropython
from benchmarks.figures import Bar, Figure, measure
from benchmarks.reference import compiled

BAR = Bar("at most", 0.3)


def run(rounds: int) -> Iterator[Figure]:
    """Seconds to the prompt with clock=max, and the C reference's from the start of its process."""
    with compiled(micropython()) as reference:
        probes = {"ours": _boot_s}
        if reference:
            probes["reference"] = lambda: reference.run()[1]
        samples = measure(rounds, probes)
    yield Figure("first prompt, blank flash", samples.median("ours"), "s", BAR)
    if reference:
        yield Figure("first prompt, C reference", samples.median("reference"), "s")


def _boot_s() -> float:
    with flashed("max") as (board, terminal):
        began = time.perf_counter()
        board.start()
        terminal.wait_for_prompt()
        return time.perf_counter() - began
