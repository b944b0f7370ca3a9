"""Where things lie in the WebAssembly module's linear memory, and how the chip's addresses map to it.

The chip's 3ffe0000-403fffff (data RAM, ROM, instruction RAM, one or two MiB of flash) is one contiguous *window*, so
translating an address is a subtraction. Peripheral registers are two further blocks of words. Around them lie what
only the interpreter needs. All numbers are bytes unless they say otherwise.
"""

WINDOW_BASE = 0x3FFE0000
WINDOW_SIZE = 0x420000
"""The window of the chip's address space, up to and without 40400000 (facts: memory map)."""

DATA_RAM = 0x3FFE0000
DATA_RAM_SIZE = 0x20000
"""Readable and writable at any width; programs use it from 3ffe8000, and the system's part begins at 3fffc000."""

CODE_BASE = 0x40000000
CODE_OFFSET = CODE_BASE - WINDOW_BASE
"""Code lies above this: the processor fetches nothing from data RAM."""

ROM = 0x40000000
ROM_SIZE = 0x10000
INSTRUCTION_RAM = 0x40100000
INSTRUCTION_RAM_SIZE = 0x10000
"""32 KiB of instruction RAM and the 32 KiB behind it that the flash cache can give away."""

MIB = 0x100000
FLASH_WINDOW = 0x40200000
"""Of the two MiB from there on, a program chooses how many show its flash (`Cpu.flash_shown`)."""

PERIPHERALS = 0x60000000
PERIPHERALS_SIZE = 0x20000
DPORT = 0x3FF00000
DPORT_SIZE = 0x30000
"""DPORT, eFuse (3ff00000) and the Wi-Fi MAC (3ff20000)."""

REGISTER_WORDS = (PERIPHERALS_SIZE + DPORT_SIZE) // 4

# Linear memory. The first KiB stays free, so that a forgotten base shows.
ADDRESS_REGISTERS = 0x400
"""a0 to a15."""
SPECIAL_REGISTERS = 0x800
"""256 words, by the number that RSR encodes."""
CELLS = 0xC00
CELLS_SIZE = 0x1400
"""Words that functions inside the module share with Python (`inside.Cells`)."""
VALUE_TABLES = 0x2000
"""Immediate operands that are looked up (`isa.Immediate.values`)."""
WINDOW = 0x30000
"""The gap before it is where an L32R near 40000000 may reach; nothing lies there, so it reads 0."""
WINDOW_GUARD = 0x10000
"""Behind the window: where a program that runs off its end lands, and stops."""
REGISTERS = WINDOW + WINDOW_SIZE + WINDOW_GUARD
"""One word for each peripheral register: 60000000 first, then 3ff00000."""
READ_HOOKS = REGISTERS + REGISTER_WORDS * 4
WRITE_HOOKS = READ_HOOKS + REGISTER_WORDS
"""One byte for each register: what a read or a write does (see `accesses`)."""
INTRINSICS = WRITE_HOOKS + REGISTER_WORDS
"""One byte for each ROM address: which function inside the module a SIMCALL there calls (0: Python's)."""
UART_RING = INTRINSICS + ROM_SIZE
UART_RING_SIZE = 0x10000
"""Bytes on the line towards the chip, then those from it: two rings."""
PIN_METERS = UART_RING + 2 * UART_RING_SIZE
PIN_METERS_SIZE = 0x1000
"""What is measured of each pin's changes (`soc.pins`)."""
PIN_BUSSES = PIN_METERS + 0x800
"""I2C busses on them (`soc.i2c_lines`), within the same block."""
PIN_LOG = PIN_METERS + PIN_METERS_SIZE
PIN_LOG_SIZE = 0x2000
"""The changes of pins since Python last looked."""
PIN_STRIPS = PIN_LOG + PIN_LOG_SIZE
PIN_STRIPS_SIZE = 0x12000
"""What WS2812 lights on them took (`soc.ws2812_lines`)."""
SNAPSHOT = PIN_STRIPS + PIN_STRIPS_SIZE
"""A copy of registers and data RAM, with which the idle detector compares."""
SNAPSHOT_SIZE = 0x40000
SAMPLES = SNAPSHOT + SNAPSHOT_SIZE
SAMPLES_COUNT = 4096
"""Words: where taken branches led, while a core hunts for what it executes most (`hotspots`)."""
COMPILED_LINES = SAMPLES + 4 * SAMPLES_COUNT
LINE = 64
"""One byte for each so many bytes of the window: whether a compiled block has an instruction there."""
HANDLERS = (COMPILED_LINES + WINDOW_SIZE // LINE + 3) & ~3
"""The predecoded program: a 16-bit handler number for each byte of the window, 0 where nothing was decoded yet."""
MEMORY_SIZE = (HANDLERS + 2 * (WINDOW_SIZE + WINDOW_GUARD) + 0xFFFF) & ~0xFFFF

HANDLER_DECODE = 0
HANDLER_ILLEGAL = 250
HANDLER_BREAKPOINT = 251
HANDLER_FETCH_ERROR = 252
HANDLER_PASS_BY = 253
"""Handler numbers that belong to no row of the instruction table; the rows' own are below 250."""
HANDLER_COMPILED = 256
REGION_BLOCKS = 512
REGIONS = 64
"""From there on a handler number is a block's: of each region so many."""


def register_index(address: int) -> int | None:
    """The index of a peripheral register's word in `REGISTERS`, or None where the chip has none."""
    if 0 <= (offset := address - PERIPHERALS) < PERIPHERALS_SIZE:
        return offset >> 2
    if 0 <= (offset := address - DPORT) < DPORT_SIZE:
        return (offset + PERIPHERALS_SIZE) >> 2
    return None
