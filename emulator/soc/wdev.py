"""The Wi-Fi MAC's block (3ff20000), of which programs without a network use two things: the microsecond counter,
which the SDK's `system_get_time` reads, and the random number register. The rest stores and reads back. Source:
measured.
"""

from emulator.cpu.core import Core
from emulator.cpu.inside import Cells, inside
from emulator.cpu.memory import DPORT
from emulator.soc.clock import Clock, microseconds, settle_microseconds
from emulator.soc.peripheral import Peripheral

WDEV_MICROSECONDS = 0xC00
WDEV_RANDOM = 0xE44

SEED = 0x2545F491


class Random(Cells):
    """The state of the generator, xorshift32; never 0."""

    state: int


@inside
def next_random() -> int:
    """The next random word (Marsaglia, "Xorshift RNGs", 2003)."""
    Random.state = Random.state ^ (Random.state << 13)
    Random.state = Random.state ^ (Random.state >> 17)
    Random.state = Random.state ^ (Random.state << 5)
    return Random.state


@inside
def read_microseconds(address: int) -> int:
    """The free-running counter."""
    return microseconds()


@inside
def read_random(address: int) -> int:
    """WDEV_RND: hardware noise on the chip."""
    return next_random()


class Wdev(Peripheral):
    """The two registers."""

    name = "WDEV"
    base = DPORT + 0x20000
    registers = {WDEV_MICROSECONDS: "WDEV_MICROSECONDS", WDEV_RANDOM: "WDEV_RND"}
    reads = {WDEV_MICROSECONDS: read_microseconds, WDEV_RANDOM: read_random}
    polls = (settle_microseconds,)

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._random = core.cells(Random)
        self._clock = core.cells(Clock)
        self._random.state = SEED
        self._clock.mhz = 80
