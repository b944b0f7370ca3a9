"""The sigma-delta generator: a stream of bits for the pins whose GPIO_PINn says so, with a given share of ones.

An accumulator of eight bits gets the target added in each period of the prescaled clock; what it carries over is the
pin's level. So the ones come as evenly as they can, and the shorter of both levels lasts one period. A pin's level in
`soc.pins` does not follow, up to 40 million times a second; what is there is known as a wave.

Sources: SDK `gpio_register.h` (bits); IoT_Demo's sigma_delta.c (the clock, and the frequency that follows).
"""

from typing import Final

from emulator.cpu.memory import PERIPHERALS
from emulator.soc.clock import APB_MHZ
from emulator.soc.peripheral import Peripheral

GPIO_SIGMA_DELTA: Final = 0x68
ENABLE: Final = 1 << 16
PRESCALE_SHIFT: Final = 8
STEPS: Final = 256
"""Of the target, in bits 7:0, and of the prescaler, in 15:8, which divides by one more."""


class SigmaDelta(Peripheral):
    """The register, which just stores; `share` and `hertz` tell what it makes."""

    name = "SIGMA_DELTA"
    base = PERIPHERALS + 0x300
    registers = {GPIO_SIGMA_DELTA: "GPIO_SIGMA_DELTA"}

    @property
    def runs(self) -> bool:
        """Whether there is a stream at all."""
        return bool(self.word(GPIO_SIGMA_DELTA) & ENABLE)

    @property
    def share(self) -> float:
        """Of ones, 0 to 255/256."""
        return self.word(GPIO_SIGMA_DELTA) % STEPS / STEPS

    @property
    def hertz(self) -> float:
        """How often in a second there is another one after a zero."""
        divider = (self.word(GPIO_SIGMA_DELTA) >> PRESCALE_SHIFT) % STEPS + 1
        return APB_MHZ * 1e6 / divider * min(self.share, 1 - self.share)
