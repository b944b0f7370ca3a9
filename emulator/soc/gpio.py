"""GPIO 0-15: outputs with their set and clear registers, inputs, and the pins' configuration.

Source: SDK `gpio_register.h`. The strapping pins' levels at reset can be read in GPIO_IN's upper half.
"""

from collections.abc import Callable

from emulator.cpu.core import Core
from emulator.cpu.memory import PERIPHERALS
from emulator.soc.peripheral import Peripheral

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
PIN_INT_TYPE_SHIFT = 7
PIN_INT_TYPE = 7 << PIN_INT_TYPE_SHIFT
PIN_WAKEUP_ENABLE = 1 << 10
"""In GPIO_PINn."""
GPIO_INTERRUPT = 1 << 4
"""The processor's interrupt 4."""
PINS = 16
PIN_MASK = (1 << PINS) - 1

TARGETS = {
    GPIO_OUT: GPIO_OUT, GPIO_OUT_W1TS: GPIO_OUT, GPIO_OUT_W1TC: GPIO_OUT,
    GPIO_ENABLE: GPIO_ENABLE, GPIO_ENABLE_W1TS: GPIO_ENABLE, GPIO_ENABLE_W1TC: GPIO_ENABLE,
    GPIO_STATUS: GPIO_STATUS, GPIO_STATUS_W1TS: GPIO_STATUS, GPIO_STATUS_W1TC: GPIO_STATUS,
}  # fmt: skip
"""Write register -> the register it changes: the first of each three replaces, the second sets, the third clears."""
TRIGGERS: dict[int, Callable[[int, bool], bool]] = {
    1: lambda level, changed: changed and level == 1,
    2: lambda level, changed: changed and level == 0,
    3: lambda level, changed: changed,
    4: lambda level, changed: level == 0,
    5: lambda level, changed: level == 1,
}
"""GPIO_INT_TYPE -> whether a pin raises its interrupt, by its level and whether that just changed; 0 is never."""
SETS = {GPIO_OUT_W1TS, GPIO_ENABLE_W1TS, GPIO_STATUS_W1TS}
CLEARS = {GPIO_OUT_W1TC, GPIO_ENABLE_W1TC, GPIO_STATUS_W1TC}


class Gpio(Peripheral):
    """The pins. `external` holds the levels that the board applies; a driven pin reads back what it drives."""

    name = "GPIO"
    base = PERIPHERALS + 0x300
    registers = {
        GPIO_OUT: "GPIO_OUT", GPIO_OUT_W1TS: "GPIO_OUT_W1TS", GPIO_OUT_W1TC: "GPIO_OUT_W1TC",
        GPIO_ENABLE: "GPIO_ENABLE", GPIO_ENABLE_W1TS: "GPIO_ENABLE_W1TS", GPIO_ENABLE_W1TC: "GPIO_ENABLE_W1TC",
        GPIO_IN: "GPIO_IN", GPIO_STATUS: "GPIO_STATUS", GPIO_STATUS_W1TS: "GPIO_STATUS_W1TS",
        GPIO_STATUS_W1TC: "GPIO_STATUS_W1TC",
        **{GPIO_PIN0 + 4 * pin: f"GPIO_PIN{pin}" for pin in range(PINS)},
    }  # fmt: skip
    host_reads = frozenset({GPIO_IN})
    host_writes = frozenset({*TARGETS, *(GPIO_PIN0 + 4 * pin for pin in range(PINS))})

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.external = PIN_MASK
        self.strapping = 0
        """{GPIO15, GPIO0, GPIO2} as sampled when the reset ended."""
        self.on_change: Callable[[int, int, int], None] = lambda pin, level, driven: None
        """Called with (pin, level, 1 if the chip drives it) for each pin whose level changes."""
        self.changes = 0
        """How often the level of any pin changed."""
        self._levels = PIN_MASK
        self._triggers: dict[int, Callable[[int, bool], bool]] = {}

    def reset(self) -> None:
        """All pins are inputs, without interrupts."""
        self._triggers.clear()
        self._report()

    @property
    def levels(self) -> int:
        """The level of each pin: what the chip drives, else what the board applies."""
        driven = self.word(GPIO_ENABLE) & PIN_MASK
        return self.word(GPIO_OUT) & driven | self.external & ~driven & PIN_MASK

    def level(self, pin: int) -> int:
        """The level of one pin, 0 or 1."""
        return self.levels >> pin & 1

    def read(self, offset: int) -> int:
        """GPIO_IN."""
        return self.levels | self.strapping << 16

    def write(self, offset: int, value: int) -> None:
        """The set, clear and replace registers, and the pins' configuration."""
        target = TARGETS.get(offset, offset)
        old = self.word(target)
        new = old | value if offset in SETS else old & ~value if offset in CLEARS else value
        self.set_word(target, new)
        if target >= GPIO_PIN0:
            self._configure((target - GPIO_PIN0) // 4, new)
        self._report()

    def _configure(self, pin: int, value: int) -> None:
        trigger = TRIGGERS.get((value & PIN_INT_TYPE) >> PIN_INT_TYPE_SHIFT)
        self._triggers.pop(pin, None)
        if trigger:
            self._triggers[pin] = trigger

    def apply(self, pin: int, level: int) -> None:
        """The board sets the level of a pin from outside."""
        self.external = self.external & ~(1 << pin) | level << pin
        self._report()

    def _report(self) -> None:
        """Tell who listens of changed pins, and raise their interrupts."""
        levels, driven = self.levels, self.word(GPIO_ENABLE)
        changed, self._levels = levels ^ self._levels, levels
        self.changes += bool(changed)
        for pin in range(PINS) if changed else ():
            if changed >> pin & 1:
                self.on_change(pin, levels >> pin & 1, driven >> pin & 1)
        raised = sum(
            1 << pin for pin, trigger in self._triggers.items() if trigger(levels >> pin & 1, bool(changed >> pin & 1))
        )
        self.set_word(GPIO_STATUS, self.word(GPIO_STATUS) | raised)
        cpu = self.core.cpu
        cpu.lines = cpu.lines & ~GPIO_INTERRUPT | (GPIO_INTERRUPT if self.word(GPIO_STATUS) else 0)
