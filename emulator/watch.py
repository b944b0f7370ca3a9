"""When to ask whether a program only waits, and how long the board's thread may sleep where it does.

The question itself is `Core.is_spinning`. It costs about as much as ten thousand instructions, so a program that turned
out to be busy is asked ever more rarely, and one that waits is asked again after each sleep.
"""

import time

from emulator.cpu.core import Core
from emulator.cpu.spin import FIRST_ROUNDS, LATER_ROUNDS

TEST_CYCLES = 60_000
"""How long a test may take at the most."""
WAITING_SLICE_CYCLES = 2_000
"""A program that may be waiting gets so much to notice what changed, before it is tested."""
FORGIVEN_FAILURES = 3
"""So many tests may fail (a timer's interrupt came between) before the program counts as busy."""
LONGEST_PATIENCE = 10
"""A busy program is tested ever more rarely: 64 slices pass without a test at the most."""
SHORTEST_SLEEP_S, LONGEST_SLEEP_S = 0.001, 0.080
SLEEP_SHARE = 1 / 64
"""What a polling program does by itself may be seen so much later: this share of how long it has been waiting, within
these bounds. Bytes, resets and buttons wake it at once."""


class Watch:
    """Watches one program. All methods belong to the board's thread."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.begin()

    def begin(self) -> None:
        """A program starts; nothing is known of it."""
        self.known_to_wait = False
        """It was found waiting, and not found busy a number of times since."""
        self._failures = self._patience = 0
        self._since_s = time.monotonic()

    def note_activity(self) -> None:
        """Something came for the program, or from it: it was not waiting as long as it seemed, and what was found of it
        before says little."""
        self._since_s = time.monotonic()
        self._failures = self._patience = 0

    def slice_cycles(self, busy: int) -> int:
        """Cycles to run before the next test; `busy` for a program that has something to do."""
        return WAITING_SLICE_CYCLES if self._failures <= FORGIVEN_FAILURES else busy

    def test(self, mhz: int) -> bool:
        """Whether the program only waits, as far as is worth the cost of finding out."""
        if self._patience:
            self._patience -= 1
            return False
        rounds = LATER_ROUNDS if self.known_to_wait else FIRST_ROUNDS
        is_waiting = self._core.is_spinning(rounds, mhz, TEST_CYCLES)
        if is_waiting and not self.known_to_wait:
            self.known_to_wait = True
            self._since_s = time.monotonic()
        self._failures = 0 if is_waiting else min(self._failures + 1, LONGEST_PATIENCE)
        self.known_to_wait &= self._failures <= FORGIVEN_FAILURES
        self._patience = 1 << self._failures >> FORGIVEN_FAILURES + 1
        return is_waiting

    def sleep_s(self) -> float:
        """How long the thread may sleep now."""
        waiting_s = time.monotonic() - self._since_s
        return min(max(waiting_s * SLEEP_SHARE, SHORTEST_SLEEP_S), LONGEST_SLEEP_S)
