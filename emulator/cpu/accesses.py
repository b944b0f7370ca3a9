"""Memory accesses that the interpreter does not do by itself.

Those are the ones to peripheral registers, narrow ones to code, and such as fault or find nothing. Like `runtime`, all
of this runs inside the module. Sources: which accesses fault: measured; words where nothing is, among the code:
esptool's test suite, TestMemoryOperations, which real chips pass.
"""

from emulator.cpu.inside import call_read_hook, call_write_hook, fill, host_read, host_write, inside, m8, m16, m32
from emulator.cpu.isa import Cause
from emulator.cpu.memory import (
    CODE_BASE,
    COMPILED_LINES,
    DATA_RAM_SIZE,
    DPORT,
    DPORT_SIZE,
    FLASH_WINDOW,
    HANDLERS,
    INSTRUCTION_RAM,
    INSTRUCTION_RAM_SIZE,
    LINE,
    PERIPHERALS,
    PERIPHERALS_SIZE,
    READ_HOOKS,
    REGISTERS,
    ROM,
    ROM_SIZE,
    WINDOW,
    WINDOW_BASE,
    WINDOW_SIZE,
    WRITE_HOOKS,
)
from emulator.cpu.runtime import Cpu, raise_exception
from emulator.cpu.sequences import LOOK_BACK

HOOK_HOST, HOOK_PLAIN = 0, 1
"""What `READ_HOOKS` and `WRITE_HOOKS` hold: ask Python, or plain storage. From 2: a function inside the module."""

LOAD_STORE_ERROR, LOAD_STORE_ALIGNMENT = Cause.LOAD_STORE_ERROR, Cause.LOAD_STORE_ALIGNMENT
LOAD_PROHIBITED, STORE_PROHIBITED = Cause.LOAD_PROHIBITED, Cause.STORE_PROHIBITED


@inside
def word_only(address: int) -> int:
    """Whether only 32-bit accesses are allowed there: ROM, instruction RAM, flash, and nothing at all behind them,
    which reads 0 and swallows what is written."""
    return address - CODE_BASE < 0x20000000


@inside
def shown() -> int:
    """How many bytes of the window are memory, or flash that is shown."""
    return FLASH_WINDOW - WINDOW_BASE + Cpu.flash_shown


@inside
def register_offset(address: int) -> int:
    """The offset of a peripheral register's word in `REGISTERS`; -1 where the chip has none."""
    if address - PERIPHERALS < PERIPHERALS_SIZE:
        return (address - PERIPHERALS) & ~3
    if address - DPORT < DPORT_SIZE:
        return (address - (DPORT - PERIPHERALS_SIZE)) & ~3
    return -1


@inside
def read_register(address: int) -> int:
    """The word around `address` from a peripheral register, through its read hook."""
    offset = register_offset(address)
    if offset == -1:
        if not word_only(address):
            raise_exception(LOAD_PROHIBITED, address)
        return 0
    hook = m8[READ_HOOKS + (offset >> 2)]
    if hook == HOOK_PLAIN:
        return m32[REGISTERS + offset]
    if hook == HOOK_HOST:
        return host_read(address & ~3)
    return call_read_hook(hook, address & ~3)


@inside
def write_register(address: int, value: int) -> None:
    """A word to a peripheral register, through its write hook."""
    offset = register_offset(address)
    if offset == -1:
        if not word_only(address) or address - ROM < ROM_SIZE or address - FLASH_WINDOW < Cpu.flash_shown:
            raise_exception(STORE_PROHIBITED, address)
        return
    hook = m8[WRITE_HOOKS + (offset >> 2)]
    if hook == HOOK_PLAIN:
        if m32[REGISTERS + offset] != value:
            Cpu.effects = Cpu.effects + 1
            m32[REGISTERS + offset] = value
    elif hook == HOOK_HOST:
        Cpu.effects = Cpu.effects + 1
        host_write(address, value)
    else:
        call_write_hook(hook, address, value)


@inside
def merge_register(address: int, value: int, mask: int) -> None:
    """A narrow write to a peripheral register: the rest of the word is what was last stored in it."""
    offset = register_offset(address)
    if offset == -1:
        raise_exception(STORE_PROHIBITED, address)
        return
    shift = (address & 3) << 3
    write_register(address & ~3, (m32[REGISTERS + offset] & ~(mask << shift)) | ((value & mask) << shift))


@inside
def load32(address: int) -> int:
    """A 32-bit load from anywhere; the interpreter takes the quick way for the window by itself."""
    if address & 3:
        raise_exception(LOAD_STORE_ALIGNMENT, address)
        return 0
    if address - WINDOW_BASE < WINDOW_SIZE:
        return m32[WINDOW + (address - WINDOW_BASE)]
    return read_register(address)


@inside
def load16(address: int) -> int:
    """A 16-bit load, zero-extended."""
    if address & 1:
        raise_exception(LOAD_STORE_ALIGNMENT, address)
        return 0
    if address - WINDOW_BASE < DATA_RAM_SIZE:
        return m16[WINDOW + (address - WINDOW_BASE)]
    if word_only(address):
        raise_exception(LOAD_STORE_ERROR, address)
        return 0
    return (read_register(address) >> ((address & 2) << 3)) & 0xFFFF


@inside
def load8(address: int) -> int:
    """An 8-bit load, zero-extended."""
    if address - WINDOW_BASE < DATA_RAM_SIZE:
        return m8[WINDOW + (address - WINDOW_BASE)]
    if word_only(address):
        raise_exception(LOAD_STORE_ERROR, address)
        return 0
    return (read_register(address) >> ((address & 3) << 3)) & 0xFF


@inside
def forget_code(offset: int, length: int) -> None:
    """Drop predecoded instructions of a changed word; a sequence of them may begin well before the change."""
    fill(HANDLERS + ((offset - LOOK_BACK) << 1), 0, (length + LOOK_BACK) << 1)
    if m8[COMPILED_LINES + offset // LINE] | m8[COMPILED_LINES + (offset + length - 1) // LINE]:
        Cpu.code_changed = 1
        Cpu.enters_regions = 0


@inside
def store32(address: int, value: int) -> None:
    """A 32-bit store to anywhere."""
    if address & 3:
        raise_exception(LOAD_STORE_ALIGNMENT, address)
    elif address - WINDOW_BASE < DATA_RAM_SIZE:
        m32[WINDOW + (address - WINDOW_BASE)] = value
    elif address - INSTRUCTION_RAM < INSTRUCTION_RAM_SIZE:
        m32[WINDOW + (address - WINDOW_BASE)] = value
        forget_code(address - WINDOW_BASE, 4)
    else:
        write_register(address, value)


@inside
def store16(address: int, value: int) -> None:
    """A 16-bit store."""
    if address & 1:
        raise_exception(LOAD_STORE_ALIGNMENT, address)
    elif address - WINDOW_BASE < DATA_RAM_SIZE:
        m16[WINDOW + (address - WINDOW_BASE)] = value
    elif word_only(address):
        raise_exception(LOAD_STORE_ERROR, address)
    else:
        merge_register(address, value, 0xFFFF)


@inside
def store8(address: int, value: int) -> None:
    """An 8-bit store."""
    if address - WINDOW_BASE < DATA_RAM_SIZE:
        m8[WINDOW + (address - WINDOW_BASE)] = value
    elif word_only(address):
        raise_exception(LOAD_STORE_ERROR, address)
    else:
        merge_register(address, value, 0xFF)
