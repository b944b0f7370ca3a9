"""The bits of I2C busses on the pins, inside the module: start, stop, eight bits and an acknowledgement.

What hangs on a bus is Python's (`emulator.i2c`), which is called for whole bytes: a display's picture is a thousand of
them, and twenty times as many edges. Source: NXP UM10204, "I2C-bus specification", 3.1.
"""

from typing import Final

from emulator.cpu.inside import Cells, host_write, inside, m32
from emulator.cpu.memory import PIN_BUSSES

MOST_BUSSES: Final = 8
BUS: Final = 64
"""Bytes of a bus in `PIN_BUSSES`, words at these offsets. Python sets SDA and SCL, masks of one pin each."""
SDA, SCL = 0, 4
CLOCK: Final = 8
"""Whether SCL was high."""
COUNT: Final = 12
"""Bits of the byte so far; 9 once the acknowledgement's clock is high; -1 before the first clock falls."""
BYTE: Final = 16
STATE: Final = 20
"""One of these:"""
IDLE, ADDRESSING, WRITING, READING = range(4)
ACKNOWLEDGED: Final = 24
"""Whether the master wants another byte."""
ANSWER: Final = 28
"""What Python leaves: whether to acknowledge, or the byte to send."""

I2C_MAILBOX: Final = 12
"""A write there calls Python, with the bus's number: STATE says what is to be done (see `I2cBus.byte`)."""


class I2c(Cells):
    """What all busses share."""

    count: int
    low: int
    """The SDA pins that something on a bus pulls low, as a mask."""


@inside
def pull_sda(bus: int, low: int) -> None:
    """Pull SDA low, or leave it to its resistor and the master."""
    I2c.low = I2c.low & ~m32[bus + SDA]
    if low:
        I2c.low = I2c.low | m32[bus + SDA]


@inside
def ask(bus: int) -> int:
    """Let Python take a byte, or give one; its answer."""
    m32[bus + ANSWER] = 0
    host_write(I2C_MAILBOX, (bus - PIN_BUSSES) // BUS)
    return m32[bus + ANSWER]


@inside
def send_byte(bus: int) -> None:
    """The next byte for the master, its first bit at once."""
    m32[bus + BYTE] = ask(bus)
    pull_sda(bus, ((m32[bus + BYTE] >> 7) & 1) == 0)


@inside
def end_byte(bus: int) -> None:
    """Eight bits are there: acknowledge, or leave SDA to the master's acknowledgement."""
    if m32[bus + STATE] == READING:
        pull_sda(bus, 0)
    elif ask(bus):
        pull_sda(bus, 1)
    elif m32[bus + STATE] == ADDRESSING:
        m32[bus + STATE] = IDLE


@inside
def next_byte(bus: int) -> None:
    """The acknowledgement is over."""
    m32[bus + COUNT] = 0
    pull_sda(bus, 0)
    if m32[bus + STATE] == ADDRESSING:
        m32[bus + ACKNOWLEDGED] = 1
        m32[bus + STATE] = WRITING
        if m32[bus + BYTE] & 1:
            m32[bus + STATE] = READING
    m32[bus + BYTE] = 0
    if m32[bus + STATE] == READING:
        if m32[bus + ACKNOWLEDGED]:
            send_byte(bus)
        else:
            m32[bus + STATE] = IDLE


@inside
def clock_rises(bus: int, data: int) -> None:
    """A bit is there."""
    if m32[bus + COUNT] >= 8:
        m32[bus + ACKNOWLEDGED] = data == 0
    elif m32[bus + STATE] != READING:
        m32[bus + BYTE] = (m32[bus + BYTE] << 1) | data
    m32[bus + COUNT] = m32[bus + COUNT] + 1


@inside
def clock_falls(bus: int) -> None:
    """Time to change SDA."""
    count = m32[bus + COUNT]
    if count == 8:
        end_byte(bus)
    elif count == 9:
        next_byte(bus)
    elif count > 9:  # a start
        m32[bus + COUNT] = 0
    elif m32[bus + STATE] == READING:
        pull_sda(bus, ((m32[bus + BYTE] >> (7 - count)) & 1) == 0)


@inside
def start_or_stop(bus: int, data: int) -> None:
    """SDA changed while SCL is high."""
    pull_sda(bus, 0)
    m32[bus + STATE] = IDLE
    if data == 0:
        m32[bus + STATE] = ADDRESSING
        m32[bus + COUNT] = -1
        m32[bus + BYTE] = 0


@inside
def hear_bus(bus: int, changed: int, levels: int) -> None:
    """One line moved, or both."""
    clock = (levels & m32[bus + SCL]) != 0
    data = (levels & m32[bus + SDA]) != 0
    before = m32[bus + CLOCK]
    m32[bus + CLOCK] = clock
    if clock and before:
        if changed & m32[bus + SDA]:
            start_or_stop(bus, data)
    elif clock != before and m32[bus + STATE] != IDLE:
        if clock:
            clock_rises(bus, data)
        else:
            clock_falls(bus)


@inside
def hear_busses(changed: int, levels: int) -> int:
    """Pins changed; whether any SDA is pulled differently now."""
    low = I2c.low
    bus = PIN_BUSSES
    while bus < PIN_BUSSES + I2c.count * BUS:
        if changed & (m32[bus + SDA] | m32[bus + SCL]):
            hear_bus(bus, changed, levels)
        bus = bus + BUS
    return low != I2c.low
