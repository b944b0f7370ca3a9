"""The mask ROM put together: what stands at each published address, and who answers.

A routine is one of four things, looked up in this order: Xtensa code of ours (`SOURCES`), reached by a jump; a
function inside the module (`arithmetic`, `libc`, ...), by a SIMCALL that the module answers itself; a Python
function (`spi`, `phy`, ...), by a SIMCALL that comes here; or missing, which is reported by name and caller the
first time, and returns 0.
"""

import inspect
from collections.abc import Callable
from functools import cache
from importlib import resources

from emulator.cpu.asm import Assembly, assemble
from emulator.cpu.inside import Inside
from emulator.cpu.memory import ROM, ROM_SIZE
from emulator.rom import arithmetic, crypto, digests, gpio, libc, phy, printing, spi, system
from emulator.rom.machine import Machine, MemoryAccessError, Next, ResetCause, Routine
from emulator.rom.symbols import ENTRY_POINTS, NAMES
from emulator.soc.chip import Chip
from emulator.soc.rtc import WAKE_BY_TIMER
from emulator.soc.uart import RX_FULL_THRESHOLD, UART_CONF1

EXCEPTION_TABLE = 0x3FFFC000
TASKS, TASKS_SIZE = 0x3FFFDAB0, 0x210
DATA = {
    "exception_table": EXCEPTION_TABLE,
    "c_handlers": 0x3FFFC100,
    "interrupt_table": 0x3FFFC200,
    "task_priority": 0x3FFFC6FC,
    "cpu_mhz": 0x3FFFC704,
    "wdt_mode": 0x3FFFC708,
    "wdt_periods": 0x3FFFC70C,
    "gpio_handler": 0x3FFFC854,
    "timer_list": 0x3FFFC85C,
    "putc1": 0x3FFFC860,
    "putc2": 0x3FFFC864,
    "idle_callback": TASKS,
    "task_mask": TASKS + 0x08,
    "task_table": TASKS + 0x10,
    "uart_number": system.UART_DEVICE + system.BUFF_UART_NO,
}
"""The ROM's words in data RAM. Programs know the exception table, the tasks (`tasks.s`), the watchdog's, the clock's
and UartDev; the others are ours, in the part that the system keeps."""

CODE = 0x4000E400
"""Where our Xtensa code lies: behind the last published entry point."""
MAGIC_ADDRESS, MAGIC = 0x40001000, 0xFFF0C101
"""The word by which esptool tells an ESP8266 (`MAGIC_VALUE`)."""
STACK = 0x3FFFFFB0
"""The initial stack pointer (facts: about there)."""
SOURCES = ("tasks.s", "timers.s", "watchdog.s", "rom.s")
FLASHCHIP_POINTER = 0x3FFFC714
ROMFUNCS_POINTER = 0x3FFFC730
EXCEPTIONS = 64
LEVEL1_INTERRUPT = 4

UNPUBLISHED = b"\x00\x51\x00\x00"
"""What stands where nothing is known to be: SIMCALL, and a byte to the next word, as routines begin at words."""

INTRINSICS: dict[str, Inside] = {
    **arithmetic.INTRINSICS, **libc.INTRINSICS, **digests.INTRINSICS, **gpio.INTRINSICS,
}  # fmt: skip
ROUTINES: dict[str, Routine] = {
    **spi.ROUTINES, **phy.ROUTINES, **gpio.ROUTINES, **system.ROUTINES, **crypto.ROUTINES,
}  # fmt: skip


@cache
def assembled() -> Assembly:
    """Our Xtensa code."""
    folder = resources.files(__package__)
    source = "\n".join(folder.joinpath(name).read_text("utf-8") for name in SOURCES)
    published = {f"rom.{name}": address for name, address in ENTRY_POINTS.items()}
    return assemble(source, origin=CODE, symbols={**DATA, **published})


@cache
def image() -> bytes:
    """The ROM's 64 KiB: jumps and SIMCALLs at the published addresses, code behind them."""
    symbols = assembled().symbols
    content = bytearray(UNPUBLISHED * (ROM_SIZE // len(UNPUBLISHED)))
    for name, address in ENTRY_POINTS.items():
        if symbols.get(name) == address:
            continue  # its code stands there already
        source = f"j {name}" if name in symbols else "simcall\nret.n"
        for start, code in assemble(source, origin=address, symbols=symbols).chunks:
            content[start - ROM : start - ROM + len(code)] = code
    content[MAGIC_ADDRESS - ROM : MAGIC_ADDRESS - ROM + 4] = MAGIC.to_bytes(4, "little")
    for start, code in assembled().chunks:
        content[start - ROM : start - ROM + len(code)] = code
    return bytes(content)


def intrinsic_functions() -> list[Inside]:
    """The functions inside the module, each once; number n of the module is element n - 1."""
    return list(dict.fromkeys(INTRINSICS.values()))


class MaskRom(Machine):
    """The ROM of one chip."""

    def __init__(self, chip: Chip) -> None:
        super().__init__(chip)
        chip.on_simcall = self._on_simcall
        chip.core.write(ROM, image())
        for address, table in digests.TABLES.items():
            chip.core.write(address, table)
        numbers = {function: number for number, function in enumerate(intrinsic_functions(), 1)}
        for name, function in INTRINSICS.items():
            chip.core.set_intrinsic(ENTRY_POINTS[name], numbers[function])
        self.missing: dict[str, tuple[int, int]] = {}
        """Routines that were called and that we do not have: address, and first caller."""
        symbols = assembled().symbols
        self._traps: dict[int, Callable[[], None]] = {
            symbols["printf_trap"]: lambda: printing.printf(self),
            symbols["vprintf_trap"]: lambda: printing.vprintf(self),
            symbols["unhandled"]: self._unhandled_exception,
            symbols["download_again"]: lambda: self.ask(Next.DOWNLOAD),
        }
        self._arity = {name: _register_arguments(routine) for name, routine in ROUTINES.items()}

    def reset(self, cause: ResetCause | None = None) -> None:
        """Registers and the ROM's words in RAM, as the reset handler leaves them; a `cause` is a hardware reset's."""
        self.by_software = cause is None
        if cause is not None:
            self.reset_cause = cause
        woken_by = WAKE_BY_TIMER if self.reset_cause is ResetCause.DEEP_SLEEP else 0
        self.chip.rtc.set_cause(self.reset_cause, woken_by)
        self.next = None
        core = self.core
        core.set_special("PS", 0x20)
        core.set_a(1, STACK)
        core.set_a(0, assembled().symbols["download_again"])
        unhandled = ENTRY_POINTS["_xtos_unhandled_exception"]
        words = [unhandled] * EXCEPTIONS
        words[LEVEL1_INTERRUPT] = ENTRY_POINTS["_xtos_l1int_handler"]
        size = 0x3FFFC800 - EXCEPTION_TABLE
        core.write(EXCEPTION_TABLE, b"".join(word.to_bytes(4, "little") for word in words) + bytes(size - 256))
        core.write(TASKS, bytes(TASKS_SIZE))
        core.write32(DATA["putc1"], ENTRY_POINTS["ets_uart_putc1"])
        core.write32(DATA["putc2"], 0)
        core.write32(DATA["wdt_mode"], 0xFFFFFFFF)
        core.write32(DATA["cpu_mhz"], 80)
        core.write32(FLASHCHIP_POINTER, spi.FLASHCHIP)
        flash = self.chip.flash
        spi.spi_param_cfg(self, flash.jedec_id, flash.size, 0x10000, 0x1000, 0x100, 0xFFFF)
        core.write32(ROMFUNCS_POINTER, phy.FUNCTION_TABLE)
        for index, word in enumerate(phy.function_table()):
            core.write32(phy.FUNCTION_TABLE + 4 * index, word)
        for index, word in enumerate(system.UART_DEVICE_WORDS):
            core.write32(system.UART_DEVICE + 4 * index, word)
        uart = self.chip.uart
        uart.set_word(UART_CONF1, uart.word(UART_CONF1) & ~RX_FULL_THRESHOLD | system.RECEIVE_TRIGGER)
        for address, table in crypto.DATA_TABLES.items():
            core.write(address, table)
        rand = core.cells(libc.Rand)
        rand.low, rand.high = 1, 0

    def _on_simcall(self) -> None:
        """Answer a SIMCALL. A pointer into nowhere is the program's exception, as if the chip's own ROM had
        followed it."""
        try:
            self._answer(self.core.pc)
        except MemoryAccessError as fault:
            self.trace.emit(
                "rom-fault", routine=NAMES.get(self.core.pc, ""), cause=fault.cause.name.lower(), address=fault.address
            )
            self.core.call("raise_exception", fault.cause, fault.address)

    def _answer(self, address: int) -> None:
        trap = self._traps.get(address)
        if trap is not None:
            trap()
            return
        if not ROM <= address < ROM + ROM_SIZE:
            if self.semihosting is not None:
                self.semihosting(self)
            else:
                self._unhandled_exception()
            return
        name = NAMES.get(address, f"{address:#010x}")
        self.touched[name] = self.touched.get(name, 0) + 1
        routine = ROUTINES.get(name)
        if routine is None:
            self._missing(name, address)
            return
        arguments = (self.core.a(number) for number in range(2, 2 + self._arity[name]))
        result = routine(self, *arguments)
        if result is not None:
            self.core.set_a(2, result)

    def called(self) -> list[str]:
        """The published routines that were called, whoever answers, in the order of their addresses: what was executed
        is decoded."""
        decoded = self.core.has_decoded
        return [name for name, address in sorted(ENTRY_POINTS.items(), key=lambda item: item[1]) if decoded(address)]

    def _missing(self, name: str, address: int) -> None:
        """Nobody wrote that routine, or nothing is known to be there: back to the caller, with 0."""
        caller = self.core.a(0)
        self.missing.setdefault(name, (address, caller))
        if self.touched[name] == 1:
            self.trace.emit("rom-missing", routine=name, address=address, caller=caller)
        self.core.set_a(2, 0)
        if name not in ENTRY_POINTS:
            self.core.jump(caller)

    def _unhandled_exception(self) -> None:
        core = self.core
        self.trace.emit(
            "exception", cause=core.special("EXCCAUSE"), pc=core.special("EPC1"), address=core.special("EXCVADDR")
        )
        self.ask(Next.HANG)


def _register_arguments(routine: Routine) -> int:
    """How many arguments a routine takes from a2 up."""
    parameters = list(inspect.signature(routine).parameters.values())[1:]
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return 6
    return len(parameters)
