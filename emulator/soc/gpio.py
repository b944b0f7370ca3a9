"""GPIO 0-15: the block's registers, and the pins as Python sees them. What a pin's level is: `soc.pins`.

Source: SDK `gpio_register.h`. The strapping pins' levels at reset can be read in GPIO_IN's upper half.
"""

from collections.abc import Callable

from emulator.cpu.core import Core
from emulator.cpu.inside import inside, m32
from emulator.cpu.memory import PERIPHERALS, REGISTERS
from emulator.soc.i2c_lines import I2C_MAILBOX
from emulator.soc.peripheral import Peripheral
from emulator.soc.pins import (
    ALARM_MAILBOX,
    BLOCK_MASK,
    BLOCK_PINS,
    GPIO16,
    GPIO_STATUS_WORD,
    PIN_MASK,
    PINS,
    WATCHED_MAILBOX,
    Pins,
    drive,
    levels_now,
    poll_alarm,
    raise_interrupts,
    settle_pins,
)
from emulator.soc.ws2812_lines import settle_strips

GPIO_OUT = 0x00
GPIO_OUT_W1TS = 0x04
GPIO_OUT_W1TC = 0x08
GPIO_ENABLE = 0x0C
GPIO_ENABLE_W1TS = 0x10
GPIO_ENABLE_W1TC = 0x14
GPIO_IN = 0x18
GPIO_STATUS = 0x1C
GPIO_STATUS_W1TS = 0x20
GPIO_STATUS_W1TC = 0x24
GPIO_PIN0 = 0x28
PIN_SOURCE, PIN_PAD_DRIVER = 1 << 0, 1 << 2
"""In GPIO_PINn: the output is the sigma-delta generator's; an open drain."""
PIN_INT_TYPE_SHIFT = 7
PIN_INT_TYPE = 7 << PIN_INT_TYPE_SHIFT
PIN_WAKEUP_ENABLE = 1 << 10

TRIGGERS = {"on_rise": (1, 3), "on_fall": (2, 3), "on_low": (4,), "on_high": (5,)}
"""What raises a pin's interrupt (a cell of `Pins`), and the values of GPIO_INT_TYPE that choose it; 0 is never."""

OUT_WORD, ENABLE_WORD = REGISTERS + 0x300 + GPIO_OUT, REGISTERS + 0x300 + GPIO_ENABLE


@inside
def apply_outputs() -> None:
    """GPIO_OUT or GPIO_ENABLE changed."""
    beyond = 1 << GPIO16
    out = (m32[OUT_WORD] & BLOCK_MASK) | (Pins.out & beyond)
    drive(out, (m32[ENABLE_WORD] & BLOCK_MASK) | (Pins.enable & beyond))


@inside
def write_out(address: int, value: int) -> None:
    """GPIO_OUT."""
    m32[OUT_WORD] = value
    apply_outputs()


@inside
def set_out(address: int, value: int) -> None:
    """GPIO_OUT_W1TS."""
    m32[OUT_WORD] = m32[OUT_WORD] | value
    apply_outputs()


@inside
def clear_out(address: int, value: int) -> None:
    """GPIO_OUT_W1TC."""
    m32[OUT_WORD] = m32[OUT_WORD] & ~value
    apply_outputs()


@inside
def write_enable(address: int, value: int) -> None:
    """GPIO_ENABLE."""
    m32[ENABLE_WORD] = value
    apply_outputs()


@inside
def set_enable(address: int, value: int) -> None:
    """GPIO_ENABLE_W1TS."""
    m32[ENABLE_WORD] = m32[ENABLE_WORD] | value
    apply_outputs()


@inside
def clear_enable(address: int, value: int) -> None:
    """GPIO_ENABLE_W1TC."""
    m32[ENABLE_WORD] = m32[ENABLE_WORD] & ~value
    apply_outputs()


@inside
def read_in(address: int) -> int:
    """GPIO_IN."""
    return (levels_now() & BLOCK_MASK) | (Pins.strapping << 16)


@inside
def write_status(address: int, value: int) -> None:
    """GPIO_STATUS."""
    m32[GPIO_STATUS_WORD] = value
    raise_interrupts(0)


@inside
def set_status(address: int, value: int) -> None:
    """GPIO_STATUS_W1TS."""
    m32[GPIO_STATUS_WORD] = m32[GPIO_STATUS_WORD] | value
    raise_interrupts(0)


@inside
def clear_status(address: int, value: int) -> None:
    """GPIO_STATUS_W1TC: levels that last raise their interrupt again."""
    m32[GPIO_STATUS_WORD] = m32[GPIO_STATUS_WORD] & ~value
    raise_interrupts(0)


class Gpio(Peripheral):
    """The registers, and the pins 0 to 16. Methods belong to the board's thread, but for `level` and `levels`."""

    name = "GPIO"
    base = PERIPHERALS + 0x300
    registers = {
        GPIO_OUT: "GPIO_OUT", GPIO_OUT_W1TS: "GPIO_OUT_W1TS", GPIO_OUT_W1TC: "GPIO_OUT_W1TC",
        GPIO_ENABLE: "GPIO_ENABLE", GPIO_ENABLE_W1TS: "GPIO_ENABLE_W1TS", GPIO_ENABLE_W1TC: "GPIO_ENABLE_W1TC",
        GPIO_IN: "GPIO_IN", GPIO_STATUS: "GPIO_STATUS", GPIO_STATUS_W1TS: "GPIO_STATUS_W1TS",
        GPIO_STATUS_W1TC: "GPIO_STATUS_W1TC",
        **{GPIO_PIN0 + 4 * pin: f"GPIO_PIN{pin}" for pin in range(BLOCK_PINS)},
    }  # fmt: skip
    reads = {GPIO_IN: read_in}
    writes = {
        GPIO_OUT: write_out,
        GPIO_OUT_W1TS: set_out,
        GPIO_OUT_W1TC: clear_out,
        GPIO_ENABLE: write_enable,
        GPIO_ENABLE_W1TS: set_enable,
        GPIO_ENABLE_W1TC: clear_enable,
        GPIO_STATUS: write_status,
        GPIO_STATUS_W1TS: set_status,
        GPIO_STATUS_W1TC: clear_status,
    }
    host_writes = frozenset(GPIO_PIN0 + 4 * pin for pin in range(BLOCK_PINS))
    polls = (poll_alarm, settle_strips)

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.cells = core.cells(Pins)
        self.on_watched: Callable[[int, int], None] = lambda changed, levels: None
        """Called with (pins, levels), masks, when pins in `watched` have changed: in the middle of the program's
        instruction, and again for what it changes by itself."""
        self.on_alarm: Callable[[], None] = lambda: None
        """Called at the cycle that `set_alarm` named."""
        self.on_bus: Callable[[int], None] = lambda bus: None
        """Called with the number of an I2C bus that has a byte (`i2c_lines`)."""
        self._drivers: list[dict[str, int]] = [{} for _ in range(PINS)]
        self._answering = False
        self.mailboxes: dict[int, Callable[[int], None]] = {
            WATCHED_MAILBOX: lambda _: self._answer(lambda: self.on_watched(self.cells.heard, self.cells.levels)),
            ALARM_MAILBOX: lambda _: self._ring(),
            I2C_MAILBOX: lambda bus: self._answer(lambda: self.on_bus(bus)),
        }
        """What a write to an address where a chip has nothing calls, from inside the module."""

    def reset(self) -> None:
        """All pins of the block are inputs, without interrupts."""
        cells = self.cells
        for name in ("out", "enable", "open_drain", "generated", *TRIGGERS):
            setattr(cells, name, 0)
        self.settle()

    @property
    def levels(self) -> int:
        """The levels of all pins, as a mask. From any thread."""
        return self.cells.levels

    def level(self, pin: int) -> int:
        """The level of one pin, 0 or 1. From any thread."""
        return self.levels >> pin & 1

    @property
    def used(self) -> int:
        """The pins that a program has set up, as a mask: outputs, and inputs with a pull-up or an interrupt. From any
        thread."""
        cells = self.cells
        interrupting = cells.on_rise | cells.on_fall | cells.on_low | cells.on_high
        return cells.as_gpio & (cells.enable | cells.pull_up | interrupting)

    @property
    def strapping(self) -> int:
        """{GPIO15, GPIO0, GPIO2} as sampled when the reset ended."""
        return self.cells.strapping

    @strapping.setter
    def strapping(self, pins: int) -> None:
        self.cells.strapping = pins

    def write(self, offset: int, value: int) -> None:
        """GPIO_PINn."""
        self.set_word(offset, value)
        pin = (offset - GPIO_PIN0) // 4
        kind = (value & PIN_INT_TYPE) >> PIN_INT_TYPE_SHIFT
        self.change("generated", pin, bool(value & PIN_SOURCE))
        self.change("open_drain", pin, bool(value & PIN_PAD_DRIVER))
        for name, kinds in TRIGGERS.items():
            self.change(name, pin, kind in kinds)
        self.settle()

    def change(self, name: str, pin: int, on: bool) -> None:
        """Set one pin's bit in a mask of `Pins`; `settle` makes it count."""
        mask = getattr(self.cells, name)
        setattr(self.cells, name, mask | 1 << pin if on else mask & ~(1 << pin))

    def settle(self) -> None:
        """Let changes count that were made from Python; in the middle of an answer they will anyway."""
        if not self._answering:
            self.core.call("settle_pins")

    # The world outside.

    def drive(self, pin: int, level: int | None, source: str = "board") -> None:
        """Something outside, named `source`, drives a pin low (0) or high (1), or lets go of it (None). Where several
        do, low wins; where the chip itself drives the pin, the chip does."""
        drivers = self._drivers[pin]
        if level is None:
            drivers.pop(source, None)
        else:
            drivers[source] = level
        levels = drivers.values()
        self.change("outside_low", pin, 0 in levels)
        self.change("outside_high", pin, 1 in levels and 0 not in levels)
        self.settle()

    def watch(self, pins: int) -> None:
        """Choose the pins, as a mask, whose changes call `on_watched`."""
        self.cells.watched = pins & PIN_MASK

    def set_alarm(self, cycle: int | None) -> None:
        """Call `on_alarm` at that cycle, less than 2**31 from now."""
        self.cells.alarm_set = cycle is not None
        self.cells.alarm = cycle or 0

    def _ring(self) -> None:
        self.cells.alarm_set = 0
        self._answer(self.on_alarm)

    def _answer(self, act: Callable[[], None]) -> None:
        self._answering = True
        try:
            act()
        finally:
            self._answering = False


GPIO_EXPORTS = {"settle_pins": settle_pins}
"""What Python calls inside the module."""
