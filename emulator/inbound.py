"""Bytes on their way to a running program: what came from the bridge, and is not in the chip's FIFO yet."""

import time
from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple

from emulator.line import BITS_PER_BYTE, line_levels, resample, without_last
from emulator.pace import Pace
from emulator.soc.chip import Chip
from emulator.soc.uart import RXFIFO_OVF_INT

__all__ = ["Inbound", "LineMode"]

LineMode = Literal["fast", "real"]

FED_AT_ONCE = 64
"""With line=real the chip gets no more bytes at once; fewer, the fuller its FIFO is."""
LOST_AT_ONCE = 8
"""Likewise, bytes that a full FIFO loses."""
PATIENCE = 2
"""So many times as long as the chip was behind, it has a processor to catch up."""


class Arrival(NamedTuple):
    """Bytes that the chip gets when it is no longer behind."""

    cycle: int
    """At which it has caught up."""
    latest_s: float
    """When it gets them in any case, on time.thread_time's clock: that stands still while the thread waits for a
    processor, and the chip with it."""
    data: bytes
    baud: int | None


class Inbound:
    """The way into one chip. Belongs to the board's thread."""

    def __init__(self, chip: Chip, pace: Pace, line: LineMode, baud: Callable[[], int]) -> None:
        """`baud` is the chip's own rate."""
        self._chip, self._pace, self._line, self._baud = chip, pace, line, baud
        self._arrivals: deque[Arrival] = deque()
        self.clear()

    def clear(self) -> None:
        """Nothing is on the way."""
        self.backlog = b""
        """What the program can have as soon as the line and its FIFO allow."""
        self._arrivals.clear()
        self._line_free_at = 0
        self._overrun = False

    @property
    def waiting(self) -> int:
        """How many bytes are on the way."""
        return len(self.backlog) + sum(len(arrival.data) for arrival in self._arrivals)

    def expect(self, behind_s: float, data: bytes, baud: int | None) -> None:
        """Bytes came while the chip was so far behind the wall clock."""
        due = self._chip.core.cycles + int(behind_s * self._pace.hertz)
        self._arrivals.append(Arrival(due, time.thread_time() + PATIENCE * behind_s, data, baud))

    def let_arrive(self, *, waits: bool) -> None:
        """Put into the backlog what came as late as the chip is now.

        A thread that had to wait for a processor leaves its chip behind the wall clock. What the chip still had to do
        when the bytes were sent, such as changing its rate, it does first; if it only `waits`, there is nothing. A
        program that is slow here, as it calls ROM routines in Python all the time, does not catch up: it gets them all
        the same.
        """
        uart = self._chip.uart
        while self._arrivals and (waits or self._is_due(self._arrivals[0])):
            arrival = self._arrivals.popleft()
            own_baud = self._baud()
            if uart.measures_pulses:
                uart.measure(line_levels(arrival.data), uart.divider * own_baud / (arrival.baud or own_baud))
            self.backlog += resample(arrival.data, arrival.baud, own_baud)

    def _is_due(self, arrival: Arrival) -> bool:
        return arrival.cycle <= self._chip.core.cycles or arrival.latest_s <= time.thread_time()

    def cycles_to_arrival(self) -> int | None:
        """How long until the next bytes arrive; None if no others are on the way."""
        return max(0, self._arrivals[0].cycle - self._chip.core.cycles) if self._arrivals else None

    @property
    def line_busy_cycles(self) -> int:
        """With line=real: how long the bytes that were fed last keep the line to the program busy."""
        return max(0, self._line_free_at - self._chip.core.cycles)

    def feed(self) -> bool:
        """Put bytes that wait for the program on the line; False if the line is busy.

        With line=fast it has all of them, and the chip gets them as they would come; but that time costs the wall
        clock nothing, a program that waits is not run for it, and what the FIFO does not hold waits behind it, until
        that is far too much. With line=real they have had their time already, and what the FIFO does not hold is lost.
        """
        uart = self._chip.uart
        if self._line == "real":
            if self.line_busy_cycles:
                return False
            self._feed_paced()
            return True
        byte_cycles = round(BITS_PER_BYTE * self._pace.hertz / self._baud())
        accepted = uart.put_on_line(self.backlog, byte_cycles)
        self.backlog = self.backlog[accepted:]
        if not accepted and not uart.is_line_busy:
            self._lose()
        return True

    def _feed_paced(self) -> None:
        uart = self._chip.uart
        room = uart.fifo_room
        count = min(FED_AT_ONCE, max(1, room // 2)) if room else LOST_AT_ONCE
        fed, self.backlog = self.backlog[:count], self.backlog[count:]
        accepted = uart.receive(fed[:room])
        self._overrun &= not accepted
        if accepted < len(fed):
            self._lose()
        line_s = len(fed) * BITS_PER_BYTE / self._baud()
        self._line_free_at = self._chip.core.cycles + round(line_s * self._pace.hertz)

    def drop(self, count: int) -> None:
        """The last `count` bytes do not arrive, as far as they have not yet."""
        while count and self._arrivals:
            arrival = self._arrivals.pop()
            data, count = without_last(arrival.data, count)
            if data:
                self._arrivals.append(arrival._replace(data=data))
        self.backlog, count = without_last(self.backlog, count)
        self._chip.uart.purge(count)

    def keep(self, count: int) -> None:
        """The chip does not read: what is more than so many bytes is lost."""
        if len(self.backlog) > count:
            self.backlog = self.backlog[:count]
            self._lose()

    def take(self) -> bytes:
        """All of the backlog, for a chip that reads."""
        self._overrun = False
        data, self.backlog = self.backlog, b""
        return data

    def _lose(self) -> None:
        """Bytes found the receive FIFO full. Where bytes pass at once, all that are there have come by now."""
        if self._line == "fast":
            self.backlog = b""
        self._chip.uart.note(RXFIFO_OVF_INT)
        if not self._overrun:
            self._overrun = True
            self._chip.trace.emit("overrun")
