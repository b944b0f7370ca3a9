"""The simulator's side of the practice image: SIMCALLs of a program, answered.

Xtensa's simulators take a SIMCALL as a system call: a2 is the service and becomes its result, a3 and a4 are its
arguments. Our services run text in the practice image's Python (`evaluator.py`) and nothing else; other numbers, and
addresses where no memory is, give -1.
"""

from enum import IntEnum

from emulator.practice.evaluator import SOURCE_LIMIT, Interpreter, Outcome, is_unfinished
from emulator.rom.machine import Machine, MemoryAccessError

FAILED = 0xFFFFFFFF


class Service(IntEnum):
    """Services by number, far from those of the simulators' own."""

    START = 0x600
    """Forget all names. Returns 0, as running does."""
    IS_UNFINISHED = 0x601
    """Whether the text at a3, a4 bytes long, wants another line: 0 or 1."""
    RUN_LINE = 0x602
    """Run the text at a3, a4 bytes long, as typed at the prompt."""
    RUN_PROGRAM = 0x603
    """Run it as a program: values of expressions are not shown."""
    READ_OUTPUT = 0x604
    """Write up to a4 bytes of what was printed to a3. Returns how many; 0: that was all."""
    READ_ERRORS = 0x605
    """Likewise with the traceback."""


class Semihosting:
    """What answers one board's SIMCALLs; `emulator.rom.machine.Machine.semihosting` takes it."""

    def __init__(self) -> None:
        self._interpreter = Interpreter()
        self._unread = {Service.READ_OUTPUT: b"", Service.READ_ERRORS: b""}

    def __call__(self, machine: Machine) -> None:
        """Answer the SIMCALL that the processor stands on."""
        core = machine.core
        number, address, length = core.a(2), core.a(3), core.a(4)
        try:
            result = self._answer(machine, Service(number), address, length)
        except (ValueError, MemoryAccessError):
            result = FAILED
        core.set_a(2, result)

    def _answer(self, machine: Machine, service: Service, address: int, length: int) -> int:
        match service:
            case Service.START:
                self._interpreter.reset()
                self._keep(Outcome("", ""))
                return 0
            case Service.READ_OUTPUT | Service.READ_ERRORS:
                piece = self._unread[service][:length]
                machine.write(address, piece)
                self._unread[service] = self._unread[service][length:]
                return len(piece)
        # A text that is too long is not read. Spaces, too many by one, are refused for the same reason.
        too_long = length > SOURCE_LIMIT
        source = " " * (SOURCE_LIMIT + 1) if too_long else machine.read(address, length).decode("utf-8", "replace")
        if service is Service.IS_UNFINISHED:
            return int(not too_long and is_unfinished(source))
        self._keep(self._interpreter.run(source, interactive=service is Service.RUN_LINE))
        return 0

    def _keep(self, outcome: Outcome) -> None:
        """Have the texts ready for the program, with a terminal's line ends."""
        for service, text in ((Service.READ_OUTPUT, outcome.output), (Service.READ_ERRORS, outcome.errors)):
            self._unread[service] = text.replace("\n", "\r\n").encode("utf-8", "replace")
