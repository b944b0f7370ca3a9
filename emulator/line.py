"""The serial line between bridge and chip: what a receiver reads at another rate or through noise, and how long bytes
take.

All are plain arithmetic with the time passed in, so nothing here sleeps.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

BITS_PER_BYTE = 10
"""8N1: a start bit, eight data bits (least significant first), a stop bit."""

TOLERANCE = 0.03
"""Rates this close are the same to a UART: the tenth bit, sampled in its middle, is off by 0.28 of a bit."""


@dataclass(frozen=True, slots=True)
class Framing:
    """What a byte is between start and stop bit. How many stop bits follow makes no difference to a receiver."""

    data_bits: int = 8
    """5 to 8."""
    parity: str = "N"
    """None, even, odd, mark or space, by the first letter."""

    def __post_init__(self) -> None:
        """Raises ValueError for what no UART has."""
        if self.data_bits not in range(5, 9) or self.parity not in _PARITY_BITS:
            raise ValueError(f"no framing: {self}")

    @property
    def parity_bits(self) -> int:
        """How many there are."""
        return int(self.parity != "N")


_PARITY_BITS: dict[str, Callable[[int], tuple[int, ...]]] = {
    "N": lambda value: (),
    "E": lambda value: (value.bit_count() & 1,),
    "O": lambda value: (~value.bit_count() & 1,),
    "M": lambda value: (1,),
    "S": lambda value: (0,),
}
FRAMING_8N1 = Framing()
"""What the boot ROM and nearly all firmware use."""


def reframe(data: bytes, sent: Framing, received: Framing) -> bytes:
    """What a receiver that expects one framing reads of bytes that were sent back to back in another."""
    if sent == received == FRAMING_8N1:
        return data
    return _receive(line_levels(data, sent), 1, received)


def resample(data: bytes, sent_baud: int | None, received_baud: int | None) -> bytes:
    """What a UART at `received_baud` reads when `data` arrives at `sent_baud`, back to back, on an idle line.

    The receiver waits for a falling edge, samples the middle of each of its own ten bits and, as UARTs do,
    keeps a byte whose stop bit is missing and then waits for the line to go high. None stands for "the same
    as the other side's"; rates that differ by less than `TOLERANCE` change nothing.
    """
    if not sent_baud or not received_baud or abs(sent_baud / received_baud - 1) <= TOLERANCE:
        return data
    return _receive(line_levels(data), sent_baud / received_baud)


def _receive(levels: list[int], ratio: float, framing: Framing = FRAMING_8N1) -> bytes:
    """What a UART makes of a line's levels, of which each of its own bits takes `ratio` many. It minds no parity."""
    received = bytearray()
    bits = 1 + framing.data_bits + framing.parity_bits + 1
    position = _next_low(levels, 0)
    while position < len(levels):
        samples = [_level(levels, position + (bit + 0.5) * ratio) for bit in range(bits)]
        end = position + (bits - 0.5) * ratio
        if samples[0]:  # the low was shorter than half a bit: a spike, not a start bit
            position = _next_fall(levels, position)
            continue
        received.append(sum(level << bit for bit, level in enumerate(samples[1 : 1 + framing.data_bits])))
        position = _next_low(levels, int(end)) if samples[-1] else _next_fall(levels, int(end))
    return bytes(received)


def line_levels(data: bytes, framing: Framing = FRAMING_8N1) -> list[int]:
    """The line's level, 0 or 1, for each bit time of `data`."""
    levels = []
    for byte in data:
        value = byte & ((1 << framing.data_bits) - 1)
        levels += [
            0,
            *((value >> bit) & 1 for bit in range(framing.data_bits)),
            *_PARITY_BITS[framing.parity](value),
            1,
        ]
    return levels


def _level(levels: list[int], at: float) -> int:
    """The level at a moment in sent bit times; the line idles high after the last."""
    return levels[int(at)] if at < len(levels) else 1


def _next_low(levels: list[int], start: int) -> int:
    """Index of the first low bit time from `start` on, or the end."""
    try:
        return levels.index(0, start)
    except ValueError:
        return len(levels)


def _next_fall(levels: list[int], start: int) -> int:
    """Index of the first low bit time after the line was high, from `start` on, or the end."""
    try:
        return _next_low(levels, levels.index(1, start))
    except ValueError:
        return len(levels)


def without_last(data: bytes, count: int) -> tuple[bytes, int]:
    """`data` without its last `count` bytes, and how many of those it did not have."""
    return data[: max(0, len(data) - count)], max(0, count - len(data))


class _Mishaps:
    """Which bytes of an endless stream something happens to: each with the same probability, the same for a seed."""

    def __init__(self, rate: float, seed: int) -> None:
        self.random = Random(seed)
        self._scale = math.log1p(-rate)
        self._next = self._gap()

    def within(self, length: int) -> list[int]:
        """Those among the next `length` bytes."""
        found = []
        while self._next < length:
            found.append(self._next)
            self._next += 1 + self._gap()
        self._next -= length
        return found

    def _gap(self) -> int:
        return int(math.log1p(-self.random.random()) / self._scale)


class Noise:
    """One direction of a line that picks up spikes: one inverts one of the ten bits of a byte, whose receiver may then
    lose step."""

    def __init__(self, rate: float, seed: int) -> None:
        """`rate` is the share of bytes that are hit, between 0 and 1."""
        self._mishaps = _Mishaps(rate, seed)

    def __call__(self, data: bytes) -> bytes:
        """What arrives when `data` is sent."""
        hit = self._mishaps.within(len(data))
        if not hit:
            return data
        levels = line_levels(data)
        for index in hit:
            levels[index * BITS_PER_BYTE + self._mishaps.random.randrange(BITS_PER_BYTE)] ^= 1
        return _receive(levels, 1)


class Loss:
    """One direction of a line on which bytes get lost, as in a driver that is too slow or a full buffer."""

    def __init__(self, rate: float, seed: int) -> None:
        """`rate` is the share of bytes that are lost, between 0 and 1."""
        self._mishaps = _Mishaps(rate, seed)

    def __call__(self, data: bytes) -> bytes:
        """What arrives when `data` is sent."""
        lost = set(self._mishaps.within(len(data)))
        return bytes(value for index, value in enumerate(data) if index not in lost) if lost else data


class Pacer:
    """One direction of a line at its true speed: bytes go in at once and come out ten bits per byte later.

    Times are seconds of any one clock, the caller's.
    """

    def __init__(self) -> None:
        self._bursts: deque[_Burst] = deque()
        self._free_at = 0.0
        self.waiting = 0
        """Bytes that are still on their way."""

    def push(self, data: bytes, baud: int, now: float) -> None:
        """Send `data` after what is already on its way."""
        if not data:
            return
        burst = _Burst(data, baud, max(self._free_at, now))
        self._free_at = burst.arrival(len(data))
        self._bursts.append(burst)
        self.waiting += len(data)

    def pop(self, now: float) -> list[tuple[bytes, int]]:
        """The bytes that have arrived by `now`, with the rate they were sent at."""
        arrived = []
        while self._bursts:
            burst = self._bursts[0]
            if data := burst.take(now):
                arrived.append((data, burst.baud))
                self.waiting -= len(data)
            if burst.taken < len(burst.data):
                break
            self._bursts.popleft()
        return arrived

    def next_at(self, grain_s: float = 0.0) -> float | None:
        """When to look again; None when the line is idle.

        That is when the next byte arrives, or, to spare the caller, when those of the next `grain_s` seconds have.
        """
        if not self._bursts:
            return None
        burst = self._bursts[0]
        first = burst.arrival(burst.taken + 1)
        return min(first + grain_s, max(first, self._free_at))

    def drop(self, count: int) -> int:
        """Forget the last `count` bytes that are on their way; returns how many more that would have been."""
        while count and self._bursts:
            burst = self._bursts.pop()
            coming, count = without_last(burst.data[burst.taken :], count)
            self.waiting -= len(burst.data) - burst.taken - len(coming)
            burst.data = burst.data[: burst.taken] + coming
            self._free_at = burst.arrival(len(burst.data))
            if coming:
                self._bursts.append(burst)
        return count

    def clear(self) -> None:
        """Forget what is on its way, as when the cable is pulled."""
        self._bursts.clear()
        self._free_at = 0.0
        self.waiting = 0


@dataclass(slots=True)
class _Burst:
    """Bytes that follow each other on a line without a pause."""

    data: bytes
    baud: int
    start: float
    taken: int = 0

    def arrival(self, count: int) -> float:
        """When so many of them have arrived."""
        return self.start + count * BITS_PER_BYTE / self.baud

    def take(self, now: float) -> bytes:
        """Those that have arrived and were not taken yet."""
        count = min(len(self.data), int((now - self.start) * self.baud / BITS_PER_BYTE))
        while count < len(self.data) and self.arrival(count + 1) <= now:  # `arrival` decides, however it is rounded
            count += 1
        while count > self.taken and self.arrival(count) > now:
            count -= 1
        taken, self.taken = self.taken, max(count, self.taken)
        return self.data[taken : self.taken]
