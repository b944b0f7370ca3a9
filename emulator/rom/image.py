"""ESP8266 firmware images: what the ROM's boot loader reads at the start of the flash.

    offset  size  meaning
    0       1     magic, 0xe9
    1       1     number of segments, 1 to 16
    2       1     flash mode
    3       1     flash size (high nibble) and frequency (low nibble)
    4       4     entry point, little-endian like every word here
    8       -     segments: load address (4), length (4), data
    -       -     zeros up to the last byte of a 16-byte line, which is the checksum: 0xef xor every data byte

Whatever follows (the part that runs from the flash through the cache, for instance) does not concern the ROM.

Sources: esptool, docs "Firmware Image Format", bin_image.py and targets/esp8266.py (codes of size and
frequency).
"""

import struct
from dataclasses import dataclass
from functools import reduce

MAGIC = 0xE9
MAX_SEGMENTS = 16
CHECKSUM_SEED = 0xEF
CHECKSUM_ALIGNMENT = 16

FLASH_MODES = {0: "qio", 1: "qout", 2: "dio", 3: "dout"}
FLASH_FREQUENCIES_MHZ = {0x0: 40, 0x1: 26, 0x2: 20, 0xF: 80}

KIB = 1024
MIB = 1024 * KIB
FLASH_SIZES = {
    0x0: 512 * KIB,
    0x1: 256 * KIB,
    0x2: 1 * MIB,
    0x3: 2 * MIB,
    0x4: 4 * MIB,
    0x5: 2 * MIB,  # "2MB-c1": two program slots of 1 MiB
    0x6: 4 * MIB,  # "4MB-c1"
    0x8: 8 * MIB,
    0x9: 16 * MIB,
}
"""Flash size code, the high nibble of header byte 3, to bytes."""

LOADABLE_RANGES = (range(0x3FFE8000, 0x40000000), range(0x40100000, 0x40110000))
"""Data RAM, and instruction RAM with the cache that can be used as RAM: where the ROM can load a segment."""

_HEADER = struct.Struct("<BBBBI")
_SEGMENT_HEADER = struct.Struct("<II")


class ImageError(ValueError):
    """These bytes are no image that an ESP8266 can boot; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of memory that the ROM fills before it starts the program."""

    address: int
    data: bytes

    @property
    def is_loadable(self) -> bool:
        """Whether all of it lies in memory that an ESP8266 has."""
        stop = self.address + len(self.data)
        return any(self.address in ram and stop <= ram.stop for ram in LOADABLE_RANGES)


@dataclass(frozen=True, slots=True)
class Header:
    """The eight bytes that an image starts with; the codes are as stored."""

    segment_count: int
    flash_mode_code: int
    flash_size_code: int
    flash_frequency_code: int
    entry_point: int

    @property
    def flash_mode(self) -> str | None:
        """``"dio"`` and so on; None for a code that no tool writes."""
        return FLASH_MODES.get(self.flash_mode_code)

    @property
    def flash_size(self) -> int | None:
        """How large the image says the flash is, in bytes; None for an unknown code."""
        return FLASH_SIZES.get(self.flash_size_code)

    @property
    def flash_frequency_mhz(self) -> int | None:
        """The clock of the flash chip; None for an unknown code."""
        return FLASH_FREQUENCIES_MHZ.get(self.flash_frequency_code)


@dataclass(frozen=True, slots=True)
class Image:
    """A parsed image. `length` is the number of bytes up to and with the checksum."""

    header: Header
    segments: tuple[Segment, ...]
    stored_checksum: int
    length: int

    @property
    def checksum(self) -> int:
        """The checksum that these segments ought to have."""
        return reduce(checksum, (segment.data for segment in self.segments), CHECKSUM_SEED)

    def check(self) -> None:
        """Raise ImageError unless the checksum is right and an ESP8266 has the memory the image wants."""
        if self.checksum != self.stored_checksum:
            raise ImageError(
                f"the image is damaged: its checksum is 0x{self.stored_checksum:02x}, "
                f"but its contents add up to 0x{self.checksum:02x}"
            )
        foreign = [segment for segment in self.segments if not segment.is_loadable]
        if foreign:
            raise ImageError(
                f"the image wants {len(foreign[0].data)} bytes at 0x{foreign[0].address:08x}, where an "
                "ESP8266 has no memory for programs; it is probably made for another chip"
            )
        if not any(self.header.entry_point in ram for ram in LOADABLE_RANGES):
            raise ImageError(
                f"the image starts at 0x{self.header.entry_point:08x}, where an ESP8266 loads no program; "
                "it is probably made for another chip"
            )


def checksum(state: int, data: bytes) -> int:
    """The ROM's checksum of images and uploads: `state`, at first CHECKSUM_SEED, xor every byte of `data`."""
    word = int.from_bytes(data, "little")
    # The bytes as one number, folded in half until one byte is left.
    width = 1 << max(len(data) - 1, 0).bit_length()
    while width > 1:
        width //= 2
        word = (word >> 8 * width) ^ (word & ((1 << 8 * width) - 1))
    return state ^ word


def parse_header(data: bytes) -> Header:
    """Decode the first eight bytes of `data`. Raises ImageError when no image starts here."""
    if len(data) < _HEADER.size:
        raise ImageError(f"it ends after {len(data)} bytes, inside the header of {_HEADER.size} bytes")
    magic, segment_count, flash_mode, size_and_frequency, entry_point = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise ImageError(f"it starts with 0x{magic:02x}, an ESP8266 image with 0x{MAGIC:02x}")
    if not 1 <= segment_count <= MAX_SEGMENTS:
        raise ImageError(f"its header announces {segment_count} segments, possible are 1 to {MAX_SEGMENTS}")
    return Header(segment_count, flash_mode, size_and_frequency >> 4, size_and_frequency & 0xF, entry_point)


def parse(data: bytes) -> Image:
    """Take apart the image at the start of `data`, which may go on behind it.

    Raises ImageError when the structure is broken. Checksum and addresses are not judged here: the ROM loads
    first and compares afterwards; call `Image.check` for that.
    """
    header = parse_header(data)
    segments = []
    offset = _HEADER.size
    for number in range(1, header.segment_count + 1):
        if len(data) - offset < _SEGMENT_HEADER.size:
            raise ImageError(f"it ends before segment {number} of {header.segment_count}")
        address, length = _SEGMENT_HEADER.unpack_from(data, offset)
        offset += _SEGMENT_HEADER.size
        if length > len(data) - offset:
            raise ImageError(
                f"it ends inside segment {number} of {header.segment_count}: "
                f"{length} bytes announced, {len(data) - offset} there"
            )
        segments.append(Segment(address, bytes(data[offset : offset + length])))
        offset += length
    length = (offset // CHECKSUM_ALIGNMENT + 1) * CHECKSUM_ALIGNMENT
    if length > len(data):
        raise ImageError("it ends before its checksum")
    return Image(header, tuple(segments), stored_checksum=data[length - 1], length=length)


def with_flash_size(data: bytes, flash_size: int) -> bytes:
    """An image whose header names a flash of so many bytes, as ``esptool write-flash --flash-size detect`` writes it.

    The SDK looks for its calibration data relative to that size. What is no image comes back as it is.
    """
    code = next((code for code, size in FLASH_SIZES.items() if size == flash_size), None)
    if code is None or len(data) < _HEADER.size or data[0] != MAGIC:
        return data
    return data[:3] + bytes([code << 4 | data[3] & 0x0F]) + data[4:]
