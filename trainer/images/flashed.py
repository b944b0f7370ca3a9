"""Whether a firmware image stands in a flash chip as it has to, and, where it does not, what has happened.

Bytes 2 and 3 of an image's header may differ from the file: esptool puts the flash's mode, size and speed there
(esptool's documentation, "Flash Modes"). The size matters all the same: firmware made with Espressif's SDK keeps data
of its own in the last sectors of the flash *as the header states it*, and writes there when it starts.
"""

from typing import Final, Protocol

from emulator.rom.image import KIB, ImageError, parse_header

__all__ = ["FlashView", "why_not_flashed"]

SDK_BYTES: Final = 16 * KIB
"""What the SDK has for itself at the stated end of the flash: its calibration lies at the size minus 0x4000
(MicroPython's documentation, "Getting started with MicroPython on the ESP8266"), and MicroPython 1.10 and 1.18 write
from minus 0x3000 on (measured on a fake board)."""

SECTOR: Final = 4 * KIB
PATCHED: Final = slice(2, 4)
"""What esptool changes in an image's header."""


class FlashView(Protocol):
    """The inside of a fake board's flash chip, for checkers that look there. Offsets and lengths are in bytes."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes: ...


def why_not_flashed(image: bytes, contents: bytes) -> str:
    """Why `contents`, read from the start of a flash chip, is not the `image` as it has to be there; "" if it is.

    `contents` is as long as the image, or shorter where the chip is smaller.
    """
    if not image or _first_sector(contents) != _first_sector(image):
        return "The firmware does not stand at the start of the flash memory."
    if (stated := _stated_size(contents)) is not None and stated < len(image) + SDK_BYTES:
        return (
            "The firmware stands at the start of the flash memory, but the flash size in its header differs from the "
            f"chip's: it says {stated // KIB} KB, which is too small for this file. So the firmware will write "
            "data of its own into its own middle when it starts. Write it with `--flash-size detect`."
        )
    if contents[PATCHED.stop :] != image[PATCHED.stop :]:
        return (
            "The firmware begins at the start of the flash memory, but what follows is not the same as in the file: "
            "it was not written to its end, or something was written over it. Write it once more."
        )
    return ""


def _first_sector(data: bytes) -> bytes:
    """Without what esptool changes."""
    return data[: PATCHED.start] + data[PATCHED.stop : SECTOR]


def _stated_size(contents: bytes) -> int | None:
    """The flash size in bytes that the image's header states; None where it states none."""
    try:
        return parse_header(contents).flash_size
    except ImageError:
        return None
