"""What a strip of coloured lights costs that a program sends to all the time."""

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.boards import Terminal, flashed
from benchmarks.figures import Bar, Figure, measure

LIGHTS, FRAMES_PER_S = 30, 30
STRIP = f"neopixel@14,{LIGHTS}"
SET_UP = rf'exec("import machine,neopixel\nn=neopixel.NeoPixel(machine.Pin(14),{LIGHTS})\nn.fill((1,2,3))")'
FRAMES = 100
SEND = rf'exec("for i in range({FRAMES}): n.write()")'
WARM_UP = 2
BAR = Bar("at most", 5.0)


def run(rounds: int) -> Iterator[Figure]:
    """Per cent of a core while the frames are sent, with the strip and without."""
    with flashed("max") as (bare, bare_terminal), flashed("max") as (lit, lit_terminal):
        lit.attach(STRIP)
        for board, terminal in ((bare, bare_terminal), (lit, lit_terminal)):
            board.start()
            terminal.wait_for_prompt()
            terminal.run(SET_UP)
        probes: dict[str, Callable[[], float]] = {
            "to nothing": partial(_share, bare_terminal),
            "to a strip": partial(_share, lit_terminal),
        }
        measure(WARM_UP, probes)
        samples = measure(rounds, probes)
    yield Figure("sent to nothing", samples.median("to nothing"), "% of a core")
    yield Figure("sent to a strip", samples.median("to a strip"), "% of a core", BAR)


def _share(terminal: Terminal) -> float:
    return 100 * terminal.run(SEND).seconds / FRAMES * FRAMES_PER_S
