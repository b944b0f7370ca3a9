"""A chip with our ROM, without board, bridge or thread: for tests of ROM routines and peripherals."""

import pytest

from emulator.cpu.asm import assemble
from emulator.cpu.core import Stop
from emulator.cpu.emit import Check
from emulator.flash import Flash
from emulator.rom.machine import ResetCause
from emulator.rom.mask_rom import MaskRom, intrinsic_functions
from emulator.rom.symbols import ENTRY_POINTS, SYMBOLS
from emulator.soc.chip import Chip
from emulator.trace import Trace

CODE = 0x40100000
RETURN = 0x4010FF00
STACK = 0x3FFFF000
FLASH_SIZE = 1 << 20


class Rig:
    """The chip, the ROM, and what a test does with them."""

    def __init__(self, check: Check = "branch") -> None:
        self.trace = Trace()
        self.flash = Flash(FLASH_SIZE)
        self.chip = Chip(self.flash, self.trace, intrinsic_functions(), check)
        self.rom = MaskRom(self.chip)
        self.core = self.chip.core
        self._sent = bytearray()
        self.chip.uart.on_send = self._sent.extend
        self.reset()

    def reset(self, cause: ResetCause = ResetCause.POWER_ON) -> None:
        """The power comes to a board with blank flash; nothing was sent, nothing happened."""
        self.flash.erase(0, self.flash.size)
        self.chip.power_on()
        self.chip.reset()
        self.rom.reset(cause)
        self.core.set_a(1, STACK)
        self.chip.uart.flush()
        self._sent.clear()
        self.trace.history.clear()
        self.rom.touched.clear()

    @property
    def sent(self) -> bytes:
        """What left through the UART since the reset."""
        self.chip.uart.flush()
        return bytes(self._sent)

    def enter(self, name: str, *arguments: int, stack: tuple[int, ...] = (), budget: int = 1_000_000) -> Stop:
        """Call a ROM routine, arguments in a2 up and then on the stack; a breakpoint waits where it returns to."""
        core = self.core
        core.set_breakpoint(RETURN)
        for number, value in enumerate(arguments, 2):
            core.set_a(number, value)
        core.set_a(1, STACK)
        for index, value in enumerate(stack):
            core.write32(STACK + 4 * index, value)
        core.set_a(0, RETURN)
        core.pc = ENTRY_POINTS[name]
        return core.run(budget)

    def call(self, name: str, *arguments: int, stack: tuple[int, ...] = (), budget: int = 1_000_000) -> int:
        """The same for a routine that returns; its result."""
        reason = self.enter(name, *arguments, stack=stack, budget=budget)
        assert reason is Stop.BREAKPOINT, f"{name} ended with {reason.name} at {self.core.pc:#x}"
        assert self.core.pc == RETURN
        assert self.core.a(1) == STACK
        return self.core.a(2)

    def load(self, source: str, origin: int = CODE) -> dict[str, int]:
        """Assemble a program that may name ROM routines, stand at its start, and give its labels."""
        assembly = assemble(source, origin=origin, symbols=SYMBOLS)
        for address, content in assembly.chunks:
            self.core.write(address, content)
        self.core.pc = origin
        return assembly.symbols

    def run(self, budget: int = 100_000) -> Stop:
        """Run on."""
        return self.core.run(budget)


@pytest.fixture(scope="module")
def shared_rig() -> Rig:
    """One rig a module, for tests (of hypothesis, say) that leave it as they found it or reset it themselves."""
    return Rig()


@pytest.fixture(scope="module")
def shared_stepper() -> Rig:
    """A rig whose processor looks at events before every instruction."""
    return Rig("instruction")


@pytest.fixture
def stepper(shared_stepper: Rig) -> Rig:
    """The same, just reset."""
    shared_stepper.reset()
    return shared_stepper


@pytest.fixture
def rig(shared_rig: Rig) -> Rig:
    """The module's rig, just reset."""
    shared_rig.reset()
    return shared_rig
