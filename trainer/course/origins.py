"""What fills a file or a stretch of flash when a lesson begins: the real image, parts of it, or what is taken for it.

A lesson names an origin and a size, and `Content.bytes_of` makes the bytes. What an ESP8266 or esptool then says
to them is their own doing.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Final

from emulator import profiles
from emulator.rom.image import with_flash_size

__all__ = ["LARGEST_CONTENT", "LARGEST_SOURCE", "ORIGINS", "Content", "esp32_image"]

LARGEST_CONTENT: Final = 16 * 1024 * 1024
"""Bytes: the largest flash chip's."""
LARGEST_SOURCE: Final = 256 * 1024
"""Bytes of a file in a lesson's folder."""

BLANK: Final = b"\xff"


@dataclass(frozen=True)
class Content:
    """Where bytes come from: a file of the lesson's folder (`source`), or one of `ORIGINS` (`origin`).

    `size` cuts them off, or fills them up with 0xFF. `flash_size`, such as "512KB", is put into an image's header.
    """

    origin: str = ""
    source: Path | None = None
    size: int | None = None
    flash_size: str = ""

    def bytes_of(self, firmware: Path) -> bytes:
        """The bytes; `firmware` is the image to practise with. Raises OSError for a file that cannot be read."""
        data = self.source.read_bytes() if self.source else ORIGINS[self.origin](firmware)
        if self.size is not None:
            data = data[: self.size].ljust(self.size, BLANK)
        return with_flash_size(data, profiles.parse_flash_size(self.flash_size)) if self.flash_size else data


ESP32_MAGIC: Final = 0xE9
ESP32_ENTRY_POINT: Final = 0x40080000
ESP32_SEGMENTS: Final = ((0x3FFF0030, 0x1F00), (0x40078000, 0x3C00), (0x40080400, 0x1000))
"""Load address and length in bytes: data RAM, and twice code RAM, as a boot loader of ESP-IDF has them."""
ESP32_IMAGE_SIZE: Final = 0x20000


def esp32_image() -> bytes:
    """An image in the ESP32's format, whole by esptool's reckoning, of which that chip could do nothing.

    Header of 24 bytes, segments, checksum, no hash (ESP-IDF, "App Image Format"). Filled up with 0xFF.
    """
    header = struct.pack("<BBBBI", ESP32_MAGIC, len(ESP32_SEGMENTS), 2, 0x20, ESP32_ENTRY_POINT)
    extended = struct.pack("<B3sHBHH4sB", 0xEE, b"\0" * 3, 0, 0, 0, 0, b"\0" * 4, 0)
    body, checksum = b"", 0xEF
    for address, length in ESP32_SEGMENTS:
        data = bytes(index * 7 + index // 251 & 0xFF for index in range(length))
        body += struct.pack("<II", address, length) + data
        checksum = reduce(xor, data, checksum)
    image = header + extended + body
    image += b"\0" * (15 - len(image) % 16) + bytes([checksum])
    return image.ljust(ESP32_IMAGE_SIZE, BLANK)


def _practice_image() -> bytes:
    from emulator.practice import image_path  # here, because it loads the assembler

    return image_path().read_bytes()


ORIGINS: Final[Mapping[str, Callable[[Path], bytes]]] = {
    "firmware": Path.read_bytes,
    "practice": lambda _: _practice_image(),
    "esp32": lambda _: esp32_image(),
}
"""What may stand behind `from`: the image to practise with; espdojo's own small one; an image for an ESP32."""
