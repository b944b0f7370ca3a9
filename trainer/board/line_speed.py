"""Tells from what arrives whether a serial terminal listens at the wrong speed, and which speed would fit.

Text that is read at another speed is no random junk: some byte values come often and most never. Which, follows from
how a UART samples a line (`emulator.line.resample`), so the speed whose junk is most like what arrived is the likely
one. A terminal that is more than ten times too slow sees too little of a line for that.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from emulator.line import resample

__all__ = ["BOOT_BAUD", "SPEEDS", "SpeedJudge", "likely_speed", "shows_start", "unreadable"]

SPEEDS: Final = (9600, 19200, 38400, 57600, 74880, 115200, 230400, 460800, 921600)
"""Speeds that firmware and people use; 74880 is the chip's start program with the usual crystal of 26 MHz."""

BOOT_BAUD: Final = 74880

USUAL_BAUD: Final = 115200
"""MicroPython's, and most others'."""

SAMPLE: Final = (
    b"\r\nMicroPython v1.23.0 on 2024-06-02; ESP module with ESP8266\r\n"
    b'Type "help()" for more information.\r\n>>> \r\n>>> print("Hello")\r\nHello\r\n>>> '
    b"\r\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n\r\nload 0x40100000, len 30720, room 16 \r\ntail 0\r\n"
    b"chksum 0x1e\r\nload 0x3ffe8000, len 1012, room 8 \r\ntail 12\r\nchksum 0x7f\r\ncsum 0x7f\r\n"
    b"Connected to the network, address 192.168.4.1\r\ntemperature 21.5 humidity 47 %\r\n"
    b'Traceback (most recent call last):\r\n  File "<stdin>", line 1, in <module>\r\nNameError: name\r\n'
)
"""Text such as boards send: letters, digits, line ends and prompts in about these proportions."""

BURSTS: Final = (1, 2, 3, 5, len(SAMPLE))
"""How many bytes of it may come in a row: what is typed, and echoed, comes byte by byte, and behind a pause a line is
sampled anew."""

SMOOTHING: Final = 0.3
"""Added to each count, so that a byte which the sample never gives is unlikely, not impossible."""

USUAL_ADVANTAGE: Final = 4.0
"""How much more likely than any other the usual speed is before a byte has come, as a natural logarithm."""

SURE: Final = 6.0
"""By how much, as a natural logarithm, the likeliest speed must lead before it is named."""

UNREADABLE_SHARE: Final = 0.2
"""Text at a wrong speed mostly has more than 0.4 of it, and at the right one next to none."""


STARTS: Final = re.compile(r"MicroPython v\d|\bets Jan +8 2013")
"""MicroPython's greeting, and how the mask ROM's boot log begins (esptool's documentation, "Boot Log")."""

SHORTEST_JUNK: Final = 20
"""Characters; the boot log is ten times as long, and less may be a touched cable."""


def unreadable(data: bytes) -> bool:
    """Is `data` junk to a person: neither UTF-8 nor, for the most part, printable?"""
    text = data.decode(errors="replace")
    junk = sum(character == "\ufffd" or character == "\x7f" or (character < " " and character not in "\r\n\t\b\x1b")
               for character in text)  # fmt: skip
    return bool(text) and junk / len(text) >= UNREADABLE_SHARE


def shows_start(text: str, baud: int) -> bool:
    """Does the text of a terminal at `baud` show that a board has started: a greeting, the chip's boot log, or the junk
    that this log is at any other speed than its own?"""
    may_be_log = baud != BOOT_BAUD and len(text) >= SHORTEST_JUNK
    return bool(STARTS.search(text)) or (may_be_log and unreadable(text.encode()))


def likely_speed(data: bytes, baud: int) -> int | None:
    """The speed at which `data`, received at `baud`, was sent; None where the data does not tell."""
    scores = sorted(
        ((max(_score(data, model) for model in models), speed) for speed, models in _models(baud).items()), reverse=True
    )
    (best, speed), (second, _) = scores[:2]
    return speed if best - second >= SURE else None


def _score(data: bytes, likelihoods: Sequence[float]) -> float:
    """The logarithm of how likely `data` is; the last entry is what holds before a byte has come."""
    return sum(likelihoods[value] for value in data) + likelihoods[-1]


@cache
def _models(baud: int) -> Mapping[int, Sequence[Sequence[float]]]:
    """For each speed, and each of `BURSTS`: the logarithm of each byte value's share of what a terminal at `baud`
    reads, and what holds before a byte has come."""
    models = {}
    for speed in SPEEDS:
        prior = USUAL_ADVANTAGE if speed == USUAL_BAUD else 0.0
        models[speed] = [[*_likelihoods(speed, baud, length), prior] for length in BURSTS]
    return models


def _likelihoods(speed: int, baud: int, length: int) -> list[float]:
    bursts = (SAMPLE[start : start + length] for start in range(0, len(SAMPLE), length))
    counts = Counter(b"".join(resample(burst, speed, baud) for burst in bursts))
    total = counts.total() + 256 * SMOOTHING
    return [math.log((counts[value] + SMOOTHING) / total) for value in range(256)]


class SpeedJudge:
    """Listens with a terminal that is open at `baud`, and has a remark when there is reason for one.

    Give it all that arrives, and call it now and then when nothing does; times are seconds of any one clock.
    """

    ENOUGH: Final = 48
    """Bytes that are looked at as one piece."""
    FEWEST: Final = 6
    """Bytes on which a remark may rest, when no more come."""
    QUIET_S: Final = 1.5
    """When so long nothing has come, what has come is judged as it is. A board's greeting follows sooner."""
    PATIENCE_S: Final = 3.0
    """How long junk may go on before it is called so: the start program's goes on for a tenth of that."""

    def __init__(self, baud: int) -> None:
        self.baud = baud
        self.suggested: int | None = None
        """The speed that would fit, once it has been said."""
        self._junk = bytearray()
        self._piece = bytearray()
        self._began_s = self._last_s = 0.0
        self._told: set[str] = set()

    def hear(self, data: bytes, now_s: float) -> str:
        """What is to be said about what has come so far; "" for nothing."""
        if data:
            self._piece += data
            self._last_s = now_s
        quiet = now_s - self._last_s >= self.QUIET_S
        if len(self._piece) >= self.ENOUGH or (quiet and self._piece):
            piece, self._piece = bytes(self._piece), bytearray()
            if not unreadable(piece):
                return self._text_came()
            if not self._junk:
                self._began_s = now_s
            self._junk += piece
        if len(self._junk) >= self.FEWEST and (quiet or now_s - self._began_s >= self.PATIENCE_S):
            return self._only_junk_came()
        return ""

    def _text_came(self) -> str:
        junk, self._junk = bytes(self._junk), bytearray()
        if not junk or likely_speed(junk, self.baud) != BOOT_BAUD:
            return ""
        return self._once(
            "boot", f"The junk above was the chip's own start program, which talks at {BOOT_BAUD} baud. It is no fault."
        )

    def _only_junk_came(self) -> str:
        junk, self._junk = bytes(self._junk), bytearray()
        speed = likely_speed(junk, self.baud)
        if speed == self.baud:
            return ""
        if speed == BOOT_BAUD and self.baud == USUAL_BAUD:
            return self._once(
                "boot",
                f"That was junk because it came at {BOOT_BAUD} baud, from the chip's own start program. After a reset "
                f"it is no fault; to read it, listen at {BOOT_BAUD}.",
            )
        if speed == BOOT_BAUD:  # what comes after it is what a terminal is opened for
            self.suggested = USUAL_BAUD
            return self._once(
                "speed",
                f"What arrives is junk, because this terminal listens at {self.baud} baud. It looks most like the "
                f"chip's own start program at {BOOT_BAUD}; what runs after it, as MicroPython, talks at {USUAL_BAUD}.",
            )
        if speed is not None:
            self.suggested = speed
            return self._once(
                "speed",
                f"What arrives is junk, because this terminal listens at {self.baud} baud. It looks most like text at "
                f"{speed} baud.",
            )
        self.suggested = USUAL_BAUD if self.baud != USUAL_BAUD else None
        usual = f"MicroPython talks at {USUAL_BAUD}." if self.suggested else "Which one fits cannot be told."
        return self._once("junk", f"What arrives looks like text at another speed than {self.baud} baud. {usual}")

    def _once(self, kind: str, remark: str) -> str:
        if kind in self._told:
            return ""
        self._told.add(kind)
        return remark
