"""A bare processor to run small programs on: a `Core` with a host that notes what is asked of it."""

from collections.abc import Callable

import pytest

from emulator.cpu import memory
from emulator.cpu.asm import assemble
from emulator.cpu.core import Core, Host, Stop
from emulator.cpu.emit import Check, Parts

CODE = memory.INSTRUCTION_RAM
DATA = 0x3FFE8000
STACK = 0x3FFFFF00

NOTHING_ADDED = Parts()


class Machine:
    """One core, the host's notes, and shorthands. ``reset`` puts all back; cores are made once a session."""

    def __init__(self, check: Check) -> None:
        self.core = Core(NOTHING_ADDED, Host(self._read, self._write, self._call), check)
        self.reset()

    def reset(self) -> None:
        """Registers after reset, but user mode with interrupts open; empty memory; host forgets."""
        self.core.reset_registers()
        self.core.set_special("PS", 0x20)
        for address, size in (
            (DATA, 0x2000),
            (memory.ROM, memory.ROM_SIZE),
            (CODE, memory.INSTRUCTION_RAM_SIZE),
        ):
            self.core.write(address, bytes(size))
        self.core.set_a(1, STACK)
        self.core.pc = CODE
        self.registers: dict[int, int] = {}
        self.accesses: list[tuple[str, int, int]] = []
        self.on_call: Callable[[], None] = lambda: None
        self.calls: list[int] = []
        self.symbols: dict[str, int] = {}

    def _read(self, address: int) -> int:
        value = self.registers.get(address, 0)
        self.accesses.append(("read", address, value))
        return value

    def _write(self, address: int, value: int) -> None:
        self.accesses.append(("write", address, value))

    def _call(self) -> None:
        self.calls.append(self.core.pc)
        self.on_call()

    def load(self, source: str, origin: int = CODE) -> dict[str, int]:
        """Assemble `source` to `origin`, stand there, and give its labels."""
        assembly = assemble(source, origin=origin, symbols=self.symbols)
        for address, content in assembly.chunks:
            self.core.write(address, content)
        self.core.pc = origin
        self.symbols = assembly.symbols
        return self.symbols

    def run(self, budget: int = 100_000) -> Stop:
        """Run on."""
        return self.core.run(budget)

    def step(self, count: int = 1) -> None:
        """Execute that many instructions (on a core that checks at every one)."""
        for _ in range(count):
            self.core.run(1)

    def registers_now(self) -> list[int]:
        """a0 to a15."""
        return [self.core.a(number) for number in range(16)]


@pytest.fixture(scope="session")
def _running() -> Machine:
    return Machine("branch")


@pytest.fixture(scope="session")
def stepper() -> Machine:
    """A machine that looks at events before every instruction; shared, so `reset` it first."""
    return Machine("instruction")


@pytest.fixture
def machine(_running: Machine) -> Machine:
    """A machine as boards have it, just reset."""
    _running.reset()
    return _running


@pytest.fixture
def single(stepper: Machine) -> Machine:
    """A machine that can be stepped instruction by instruction, just reset."""
    stepper.reset()
    return stepper
