"""The bits of WS2812 lights ("NeoPixel") on the pins, inside the module: long and short pulses, and silences.

A pulse is a 1 if it is long. The first light takes the first 24 bits, the highest of green first, then red, then blue,
and passes on the rest; a silence begins anew. What each light took lies in `PIN_STRIPS`, where Python finds it
(`emulator.ws2812`): nothing is called, as a strip answers nothing.

Source: Worldsemi, WS2812 data sheet: a 0 is high for 0.35 us, a 1 for 0.7, both +-0.15; a silence takes 50 us or more.
"""

from typing import Final

from emulator.cpu.inside import Cells, ctz, inside, m32
from emulator.cpu.memory import PIN_STRIPS
from emulator.cpu.runtime import LONGEST_WAIT, now
from emulator.soc.clock import Clock

ONE_NS: Final = 550
"""The shortest high time of a 1. (A WS2812B's is 650, and its longest of a 0 550.)"""
SILENCE_US: Final = 50
BITS: Final = 24
"""Of a light."""
MOST_LIGHTS: Final = 1024

STRIP: Final = 32 + 4 * MOST_LIGHTS
"""Bytes for each pin in `PIN_STRIPS`, words at these offsets."""
ROSE_AT, FELL_AT = 0, 4
"""Cycles."""
COUNT: Final = 8
"""Bits since the last silence."""
SHIFT: Final = 12
"""The last of them."""
LIGHTS: Final = 32
"""A word for each light: what it took."""


class Ws2812(Cells):
    """What all strips share."""

    pins: int
    """Where there are some, as a mask."""


@inside
def end_pulse(strip: int) -> None:
    """The line fell: a bit is there, and perhaps a light has all of its own."""
    bit = now() - m32[strip + ROSE_AT] >= ONE_NS * Clock.mhz // 1000
    m32[strip + FELL_AT] = now()
    m32[strip + SHIFT] = (m32[strip + SHIFT] << 1) | bit
    m32[strip + COUNT] = m32[strip + COUNT] + 1
    light = m32[strip + COUNT] // BITS - 1
    if m32[strip + COUNT] % BITS == 0 and light < MOST_LIGHTS:
        m32[strip + LIGHTS + (light << 2)] = m32[strip + SHIFT] & 0xFFFFFF


@inside
def begin_pulse(strip: int) -> None:
    """The line rose."""
    m32[strip + ROSE_AT] = now()
    if now() - m32[strip + FELL_AT] >= SILENCE_US * Clock.mhz:
        m32[strip + COUNT] = 0


@inside
def hear_strips(changed: int, levels: int) -> None:
    """Pins with strips changed."""
    while changed:
        pin = ctz(changed)
        changed = changed & (changed - 1)
        if (levels >> pin) & 1:
            begin_pulse(PIN_STRIPS + pin * STRIP)
        else:
            end_pulse(PIN_STRIPS + pin * STRIP)


@inside
def settle_strips() -> int:
    """Long silences stay long, though cycles wrap; called at every event."""
    pins = Ws2812.pins
    while pins:
        fell_at = PIN_STRIPS + ctz(pins) * STRIP + FELL_AT
        pins = pins & (pins - 1)
        if now() - m32[fell_at] > LONGEST_WAIT:
            m32[fell_at] = now() - LONGEST_WAIT
    return LONGEST_WAIT
