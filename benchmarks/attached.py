"""What it costs a computing program that things are attached which it does not use."""

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.boards import Terminal, flashed
from benchmarks.figures import Bar, Figure, measure
from benchmarks.processor import WORKLOADS

ATTACHED = ("led@2", "button@14", "potentiometer@adc", "ssd1306@i2c:4,5", "dht22@13", "neopixel@12,8")
"""One of each kind."""
WARM_UP = 4
"""Rounds that do not count: what is executed most gets compiled in them."""
BAR = Bar("at most", 1.05)


def run(rounds: int) -> Iterator[Figure]:
    """For each workload, how many times as long it takes as on a bare board."""
    with flashed("max") as (bare, bare_terminal), flashed("max") as (full, full_terminal):
        for thing in ATTACHED:
            full.attach(thing)
        for board, terminal in ((bare, bare_terminal), (full, full_terminal)):
            board.start()
            terminal.wait_for_prompt()
        probes: dict[str, Callable[[], float]] = {}
        for name, line in WORKLOADS.items():
            probes[name] = partial(_seconds, bare_terminal, line)
            probes[f"{name}, attached"] = partial(_seconds, full_terminal, line)
        measure(WARM_UP, probes)
        samples = measure(rounds, probes)
    for name in WORKLOADS:
        yield Figure(f"{name}, times as long", samples.ratio(f"{name}, attached", name), "", BAR)


def _seconds(terminal: Terminal, line: str) -> float:
    return terminal.run(line).seconds
