"""What the datasheet of a Winbond W25QxxJV says: sizes, status bits, durations, identity, self-description.

Sources: Winbond's W25Q datasheets (durations are rounded typical ones), JEDEC JESD216 for SFDP.
"""

import struct

BLANK = b"\xff"
"""An erased cell, and what an idle data line reads as."""

KIB = 1024
MIB = 1024 * KIB
SIZES = tuple(256 * KIB << shift for shift in range(7))
"""Sizes that such chips have, in bytes: 256 KiB to 16 MiB."""
DEFAULT_SIZE = 4 * MIB

PAGE_SIZE = 256
SECTOR_SIZE = 4 * KIB
HALF_BLOCK_SIZE = 32 * KIB
BLOCK_SIZE = 64 * KIB

MANUFACTURER_ID = 0xEF
MEMORY_TYPE = 0x40
UNIQUE_ID = bytes.fromhex("e4634086a7312a2c")

# Status register 1
WRITE_BUSY = 1 << 0
WRITE_ENABLE_LATCH = 1 << 1
BLOCK_PROTECT_SHIFT, BLOCK_PROTECT_MASK = 2, 0x7
PROTECT_BOTTOM = 1 << 5
PROTECT_SECTORS = 1 << 6
STATUS_PROTECT_0 = 1 << 7
# Status register 2
STATUS_PROTECT_1 = 1 << 0
QUAD_ENABLE = 1 << 1
PROTECT_COMPLEMENT = 1 << 6

STATUS_WRITABLE = (0xFC, STATUS_PROTECT_1 | QUAD_ENABLE | PROTECT_COMPLEMENT, 0xE0)
STATUS_FACTORY = (0x00, QUAD_ENABLE, 0x60)
"""Quad mode enabled, weakest output drivers, nothing protected: as W25QxxJV...IQ leave the factory."""

# Typical durations ("AC Electrical Characteristics")
PROGRAM_PAGE_US = 400
ERASE_SECTOR_US = 45_000
ERASE_HALF_BLOCK_US = 120_000
ERASE_BLOCK_US = 150_000
ERASE_CHIP_US_PER_MIB = 2_500_000
WRITE_STATUS_US = 10_000


def erase_us(length: int) -> int:
    """How long a chip takes to erase `length` bytes with the instructions that fit best."""
    blocks, rest = divmod(length, BLOCK_SIZE)
    half_blocks, rest = divmod(rest, HALF_BLOCK_SIZE)
    sectors = rest // SECTOR_SIZE
    return blocks * ERASE_BLOCK_US + half_blocks * ERASE_HALF_BLOCK_US + sectors * ERASE_SECTOR_US


def jedec_id(size: int) -> int:
    """What RDID answers, its first byte lowest: 0x1640ef for 4 MiB."""
    return MANUFACTURER_ID | MEMORY_TYPE << 8 | (size.bit_length() - 1) << 16


def sfdp(size: int) -> bytes:
    """The chip's self-description: header, one parameter header, the basic table of JESD216 (nine words)."""
    table_offset = 0x80
    words = (
        0xFFF120E5,  # 4 KiB erase by 0x20, 3-byte addresses, reads 1-1-2, 1-2-2, 1-1-4, 1-4-4
        size * 8 - 1,  # density in bits, less one
        0x6B08EB44,  # 1-4-4 by 0xeb: 4 wait and 2 mode clocks; 1-1-4 by 0x6b: 8 wait clocks
        0xBB803B08,  # 1-1-2 by 0x3b: 8 wait clocks; 1-2-2 by 0xbb: 4 mode clocks
        0xFFFFFFEE,  # no 2-2-2, no 4-4-4
        0xFF00FFFF,
        0xFF00FFFF,
        0x520F200C,  # erase units: 4 KiB by 0x20, 32 KiB by 0x52
        0x0000D810,  # 64 KiB by 0xd8
    )
    header = b"SFDP" + bytes([0, 1, 0, 0xFF])  # revision 1.0, one parameter header
    parameter_header = bytes([0, 0, 1, len(words)]) + table_offset.to_bytes(3, "little") + BLANK
    return (header + parameter_header).ljust(table_offset, BLANK) + struct.pack(f"<{len(words)}I", *words)
