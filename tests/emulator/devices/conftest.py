"""A chip with wires, and a program's hand on its pins."""

from collections.abc import Callable
from typing import Any

import pytest

from emulator.pin_events import PinEvents
from emulator.soc.i2c_lines import I2c
from emulator.soc.iomux import PADS
from emulator.soc.ws2812_lines import Ws2812
from emulator.wiring import Wiring

GPIO, IOMUX = 0x60000300, 0x60000800
OUT_SET, OUT_CLEAR, ENABLE_SET, ENABLE_CLEAR = (GPIO + offset for offset in (0x04, 0x08, 0x10, 0x14))


class Bench:
    """Wires, and what a program does to the pins. Time passes in `wait` only."""

    def __init__(self, rig: Any) -> None:
        self.rig = rig
        self.waves = PinEvents(rig.chip).waves
        self.wiring = Wiring(rig.chip, self.waves, lambda action: action())
        for pad in PADS.values():
            rig.core.store(IOMUX + pad.offset, pad.functions.index("GPIO") << 4)

    def output(self, pin: int, level: int) -> None:
        """Drive a pin."""
        self.rig.core.store(OUT_SET if level else OUT_CLEAR, 1 << pin)
        self.rig.core.store(ENABLE_SET, 1 << pin)

    def let_go(self, pin: int) -> None:
        """Make it an input."""
        self.rig.core.store(ENABLE_CLEAR, 1 << pin)

    def level(self, pin: int) -> int:
        """Read it, as the program would."""
        return int(self.rig.core.load(GPIO + 0x18) >> pin & 1)

    def wait(self, microseconds: float) -> None:
        """Let that time pass, and with it what the wires have in mind."""
        core, end = self.rig.core, self.rig.core.cycles + round(microseconds * 80)
        while core.cycles < end:
            core.skip(min(end - core.cycles, 80))
            self.level(0)


@pytest.fixture
def bench(rig: Any) -> Any:
    """A bench; afterwards the chip is as alone as before."""
    gpio = rig.chip.gpio
    yield Bench(rig)
    gpio.watch(0)
    rig.core.cells(I2c).count = rig.core.cells(I2c).low = rig.core.cells(Ws2812).pins = 0
    gpio.set_alarm(None)
    for pin in range(17):
        gpio._drivers[pin].clear()
        for name in ("board_up", "board_down", "outside_low", "outside_high"):
            gpio.change(name, pin, False)
    rig.chip.hspi.on_transfer = lambda sent: b""
    rig.chip.hspi.loops = False


@pytest.fixture
def pulses(bench: Any) -> Callable[[int, list[float]], None]:
    """A function that sends pulses on a pin: so many us low, high, low, high ..."""

    def send(pin: int, lengths: list[float]) -> None:
        for index, microseconds in enumerate(lengths):
            bench.output(pin, index % 2)
            bench.rig.core.skip(round(microseconds * 80))
        bench.output(pin, 0)

    return send
