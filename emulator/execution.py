"""How a board's thread spends its time on a program: it runs it in slices, and rests where the program only waits.

After a busy program's slice the thread sleeps off what the chip is ahead of the wall clock. While a program waits, in
WAITI or by polling, the thread sleeps too, and the program's time passes without instructions, or with few of them.
"""

from collections.abc import Callable
from typing import NamedTuple

from emulator.cpu.core import Stop
from emulator.inbound import Inbound
from emulator.pace import ClockMode, Pace
from emulator.soc.chip import Chip
from emulator.watch import LONGEST_SLEEP_S, Watch

SLICE_CYCLES: dict[ClockMode, int] = {"real": 160_000, "max": 640_000}
"""Cycles of a busy program between looks at the bridge: 2 ms of a real chip's time, or about as much of ours."""
POLL_S = 0.0005
"""A program that only polls does so every half millisecond of its time, so it notices that late what it waits for."""
DOZES = 8
"""So often a program that was found waiting is taken to be waiting still, if it goes on polling."""
JUMP_LIMIT_S = 30.0
"""With clock=max: virtual time that may be jumped over in idleness before the thread begins to sleep all the same."""


class Slice(NamedTuple):
    """How a slice ended."""

    stop: Stop
    waits: bool
    """Whether the program was found waiting after it, as far as anybody looked."""


class Execution:
    """Executes the programs of one chip, one after the other. Belongs to the board's thread."""

    def __init__(
        self,
        chip: Chip,
        clock: ClockMode,
        pace: Pace,
        inbound: Inbound,
        pass_on: Callable[[], None],
        sleep: Callable[[float], None],
    ) -> None:
        """`pass_on` tells the outside what the program did so far; `sleep` lets the thread wait, for so many seconds at
        the most."""
        self._chip, self._clock, self._pace, self._inbound = chip, clock, pace, inbound
        self._pass_on, self._sleep = pass_on, sleep
        self._watch = Watch(chip.core)
        self._dozes_left = 0
        self._jumped_s = 0.0

    def begin(self) -> None:
        """A program starts; nothing is known of it."""
        self._watch.begin()
        self._dozes_left = 0

    def note_activity(self) -> None:
        """Something came for the program from outside."""
        self._watch.note_activity()

    @property
    def waits(self) -> bool:
        """Whether the program is taken to do nothing but wait."""
        return self._dozes_left > 0

    def run_slice(self) -> Slice:
        """Feed the program, run it for a while, and pass on what it did."""
        core, uart = self._chip.core, self._chip.uart
        self._inbound.let_arrive(waits=self._dozes_left > 0)
        if self._inbound.backlog and self._inbound.feed():
            self._jumped_s = 0.0
            self._watch.note_activity()
        effects, line_cycles = core.cpu.effects, uart.cells.line_cycles
        stop, tested = self._execute()
        self._pace.forgive(uart.cells.line_cycles - line_cycles & 0xFFFFFFFF)
        self._pass_on()
        quiet = core.cpu.effects == effects
        return Slice(stop, stop is Stop.BUDGET and not tested and self._only_waits(quiet))

    def rest(self, after: Slice) -> None:
        """What the thread does with a program that goes on behind that slice, before its next one."""
        core = self._chip.core
        if after.stop is Stop.BREAKPOINT:
            self._chip.trace.emit("break", pc=core.pc)
            core.take_break()
        elif after.stop is Stop.IDLE:
            self._pause(core.cycles_to_event)
        elif after.waits and self._inbound.backlog:
            self._pause(self._inbound.line_busy_cycles)
        elif after.waits:
            self._dozes_left = DOZES
        elif self._clock == "real" and (ahead := self._pace.ahead_s()) > 0:
            self._sleep(ahead)

    def _execute(self) -> tuple[Stop, bool]:
        """Run the program for a while, in the way that suits what it does; also whether it is known what that is."""
        core = self._chip.core
        if self._chip.uart.is_line_busy and self._watch.known_to_wait:
            self._dozes_left = 0
            return core.catch_up(SLICE_CYCLES["max"])
        backlog = self._inbound.backlog
        if self._dozes_left and not backlog:
            return self._doze(), True
        cycles = self._watch.slice_cycles(SLICE_CYCLES[self._clock])
        if (arrival := self._inbound.cycles_to_arrival()) is not None:
            cycles = min(cycles, arrival)
        return core.run(min(cycles, self._inbound.line_busy_cycles or cycles) if backlog else cycles), False

    def _only_waits(self, quiet: bool) -> bool:
        """Whether the program only polls for something, after a slice in which it had no effect at all (`quiet`)."""
        if not (quiet or self._inbound.backlog or self._chip.uart.is_line_busy or self._watch.known_to_wait):
            return False
        verdict = self._watch.test(self._chip.clock.mhz)
        self._pass_on()
        return verdict

    def _doze(self) -> Stop:
        """The program only polls: sleep, and let it have the time that passed, polling more slowly. With clock=max it
        has that time at once."""
        self._dozes_left -= 1
        core, uart, hertz = self._chip.core, self._chip.uart, self._pace.hertz
        sent, pin_changes = uart.cells.sent, core.cpu.pin_changes
        if self._clock == "max":
            seconds = LONGEST_SLEEP_S
            self._jumped(seconds)
        else:
            self._sleep(max(0.0, self._watch.sleep_s() + self._pace.ahead_s()))
            seconds = -self._pace.ahead_s()
        stop = core.doze(max(1, int(seconds * hertz)), int(POLL_S * hertz))
        if stop is not Stop.SPINNING:
            self._dozes_left = 0
        if (uart.cells.sent, core.cpu.pin_changes) != (sent, pin_changes):
            self._watch.note_activity()
        return stop

    def _jumped(self, seconds: float) -> None:
        """With clock=max, so much time passes at once; for ever would keep a core busy."""
        self._jumped_s += seconds
        if self._jumped_s > JUMP_LIMIT_S:
            self._sleep(seconds)

    def _pause(self, cycles: int) -> None:
        """Let at most so many cycles pass without executing: asleep, or with clock=max in one jump."""
        core = self._chip.core
        if self._inbound.backlog or self._chip.uart.is_line_busy:
            core.skip(cycles)  # it waits for bytes, and they for the line: let them come
            return
        if (arrival := self._inbound.cycles_to_arrival()) is not None:
            core.skip(min(cycles, arrival))
            return
        seconds = cycles / self._pace.hertz
        if self._clock == "max":
            core.skip(cycles)
            self._jumped(seconds)
            return
        ahead = self._pace.ahead_s()
        self._sleep(max(0.0, seconds + ahead))  # less than that when behind: no system wakes a thread in time
        behind = -self._pace.ahead_s()
        core.skip(max(0, min(cycles, int(behind * self._pace.hertz))))
        self._pace.ahead_s()
