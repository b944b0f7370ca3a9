"""How fast instructions execute in MicroPython's interpreter loop, and how a natively compiled emulator does."""

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.boards import Terminal, flashed, micropython
from benchmarks.figures import Bar, Figure, Samples, measure
from benchmarks.reference import Reference, compiled

WORKLOADS = {
    "sum": "sum(i*i for i in range(100000))",
    "while loop": r'exec("def f():\n i=0\n while i<300000: i+=1\nf()")',
    "float loop": r'exec("def f():\n x=0.0\n for i in range(60000): x=x*0.5+1.5\nf()")',
}
MIPS_BAR = Bar("at least", 400)
RATIO_BAR = Bar("at least", 2.0)


def run(rounds: int) -> Iterator[Figure]:
    """MIPS for each workload, and how many times as fast as the reference it is."""
    with flashed("max") as (board, terminal), compiled(micropython()) as reference:
        board.start()
        terminal.wait_for_prompt()
        instructions = {name: terminal.run(line).instructions for name, line in WORKLOADS.items()}
        samples = measure(rounds, {**_probes(terminal), **(_reference_probes(reference) if reference else {})})
    for name in WORKLOADS:
        yield Figure(name, instructions[name] / samples.median(name) / 1e6, "MIPS", MIPS_BAR)
    if reference:
        yield from _compared(samples, instructions)


def _probes(terminal: Terminal) -> dict[str, Callable[[], float]]:
    """Seconds for each workload, on the board."""

    def seconds(line: str) -> float:
        return terminal.run(line).seconds

    return {name: partial(seconds, line) for name, line in WORKLOADS.items()}


def _reference_probes(reference: Reference) -> dict[str, Callable[[], float]]:
    """Seconds for a boot, and for a boot with each workload: it does not tell the two apart."""

    def seconds(*lines: str) -> float:
        return reference.run(*lines)[0]

    return {"boot": seconds, **{f"boot and {name}": partial(seconds, line) for name, line in WORKLOADS.items()}}


def _compared(samples: Samples, instructions: dict[str, int]) -> Iterator[Figure]:
    """The same work, the same number of instructions, in the reference."""
    for name in WORKLOADS:
        native = f"native {name}"
        samples[native] = [both - boot for both, boot in zip(samples[f"boot and {name}"], samples["boot"], strict=True)]
        yield Figure(f"{name}, C reference", instructions[name] / samples.median(native) / 1e6, "MIPS")
        yield Figure(f"{name}, times as fast as that", samples.ratio(native, name), "", RATIO_BAR)
