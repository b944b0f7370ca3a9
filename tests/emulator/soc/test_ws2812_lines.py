"""WS2812 bits on pins, as a program's stores make them (Worldsemi, WS2812 data sheet: timing)."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.cpu.memory import PIN_STRIPS
from emulator.soc.iomux import PADS
from emulator.soc.ws2812_lines import BITS, COUNT, MOST_LIGHTS, STRIP, Ws2812
from emulator.ws2812 import Colour, Ws2812Line

OUT_SET, OUT_CLEAR, ENABLE_SET, IOMUX = 0x60000304, 0x60000308, 0x60000310, 0x60000800
RTC_OUT, RTC_ENABLE, XPD_DCDC = 0x60000768, 0x60000774, 0x600007A0
SILENCE_NS = 50_000
ZERO_NS, ONE_NS, LOW_NS = (200, 500), (550, 850), (450, 950)
"""How long the line may be high for a 0, for a 1, and low after either."""


class Lights:
    """A pin that a program moves, and the lights on it."""

    def __init__(self, rig: Any, pin: int, mhz: int = 80) -> None:
        self._rig, self._pin, self._mhz = rig, pin, mhz
        rig.chip.set_frequency(mhz)
        rig.core.cells(Ws2812).pins = 0
        if pin == 16:
            rig.core.store(XPD_DCDC, 1)
            rig.core.store(RTC_ENABLE, 1)
        else:
            rig.core.store(IOMUX + PADS[pin].offset, PADS[pin].functions.index("GPIO") << 4)
            rig.core.store(ENABLE_SET, 1 << pin)
        self.line = Ws2812Line(rig.chip, pin)

    def pulses(self, high_and_low_ns: Iterable[tuple[int, int]]) -> None:
        """So long high, so long low; a cycle is at most so much more than what is written."""
        for lengths in high_and_low_ns:
            for level, length_ns in zip((1, 0), lengths, strict=True):
                if self._pin == 16:
                    self._rig.core.store(RTC_OUT, level)
                else:
                    self._rig.core.store(OUT_SET if level else OUT_CLEAR, 1 << self._pin)
                self._rig.core.skip(length_ns * self._mhz // 1000)

    def send(self, colours: Iterable[Colour], zero_ns: int = 350, one_ns: int = 700, low_ns: int = 600) -> None:
        """All colours, and a silence."""
        bits = "".join(f"{green:08b}{red:08b}{blue:08b}" for red, green, blue in colours)
        self.pulses((one_ns if bit == "1" else zero_ns, low_ns) for bit in bits)
        self._rig.core.skip(SILENCE_NS * self._mhz // 1000)


@pytest.fixture
def rig(rig: Any) -> Iterator[Any]:
    """A chip; afterwards no lights hang on it."""
    yield rig
    rig.core.cells(Ws2812).pins = 0


BYTES = st.integers(0, 255)
COLOURS = st.lists(st.tuples(BYTES, BYTES, BYTES), min_size=1, max_size=3)


@given(
    frames=st.lists(COLOURS, min_size=1, max_size=2),
    pin=st.sampled_from([*sorted(set(PADS) - set(range(6, 12))), 16]),
    mhz=st.sampled_from([80, 160]),
    zero_ns=st.sampled_from(ZERO_NS) | st.integers(*ZERO_NS),
    one_ns=st.sampled_from(ONE_NS) | st.integers(*ONE_NS),
    low_ns=st.integers(*LOW_NS),
)
@settings(deadline=None, max_examples=20)
def test_all_timings_that_the_data_sheet_allows(
    shared_rig: Any, frames: list[list[Colour]], pin: int, mhz: int, zero_ns: int, one_ns: int, low_ns: int
) -> None:
    shared_rig.chip.reset()
    lights = Lights(shared_rig, pin, mhz)
    shown = [(0, 0, 0)] * 3
    for colours in frames:
        lights.send(colours, zero_ns, one_ns, low_ns)
        shown[: len(colours)] = colours
        assert lights.line.colours(3) == shown


@pytest.mark.parametrize(
    ("pause_ns", "shown"), [(SILENCE_NS - 1000, (0xF0, 0xFF, 0)), (SILENCE_NS, (0, 0, 0))], ids=["pause", "silence"]
)
def test_half_a_light_is_forgotten_after_a_silence(rig: Any, pause_ns: int, shown: Colour) -> None:
    lights = Lights(rig, 4)
    lights.pulses([*[(700, 600)] * 11, (700, pause_ns), *[(350, 600)] * 12])
    assert lights.line.colours(1) == [shown]


def test_bits_behind_the_last_light_go_nowhere(rig: Any) -> None:
    lights, behind = Lights(rig, 4), Ws2812Line(rig.chip, 5)
    lights.send([(1, 2, 3)])
    lights.pulses([(350, 600)])
    rig.core.words[(PIN_STRIPS + 4 * STRIP + COUNT) >> 2] = BITS * MOST_LIGHTS
    lights.pulses([(700, 600)] * BITS * 2)
    assert lights.line.colours(MOST_LIGHTS) == [(1, 2, 3)] + [(0, 0, 0)] * (MOST_LIGHTS - 1)
    assert behind.colours(MOST_LIGHTS) == [(0, 0, 0)] * MOST_LIGHTS


def test_a_silence_lasts_though_cycles_wrap(rig: Any) -> None:
    lights = Lights(rig, 4)
    lights.pulses([(700, 600)] * 12)
    rig.load("wait: j wait")
    for _ in range(4):
        rig.core.skip(1 << 30)
        rig.run(100)
    lights.send([(1, 2, 3)])
    assert lights.line.colours(1) == [(1, 2, 3)]


def test_lines_are_told_apart_and_those_of_one_pin_are_one(rig: Any) -> None:
    lights = Lights(rig, 4)
    other = Ws2812Line(rig.chip, 5)
    lights.send([(9, 8, 7), (6, 5, 4)])
    assert Ws2812Line(rig.chip, 4).colours(1) == [(9, 8, 7)]
    assert other.colours(2) == [(0, 0, 0)] * 2
    lights.line.power_off()
    assert lights.line.colours(2) == [(0, 0, 0)] * 2
