"""The practice image: assembled from `practice.s`, wrapped as the ROM wants it, the same bytes on every computer."""

import functools
import tempfile
from importlib import resources
from pathlib import Path

from emulator import folders
from emulator.cpu.asm import assemble
from emulator.practice.builtins import NAME, VERSION
from emulator.practice.evaluator import SOURCE_LIMIT
from emulator.practice.semihosting import Service
from emulator.rom.image import CHECKSUM_ALIGNMENT, CHECKSUM_SEED, MAGIC, checksum
from emulator.rom.symbols import ENTRY_POINTS

FILE_NAME = f"espdojo-practice-{VERSION}.bin"
BANNER = (
    f"{NAME} {VERSION}; a stand-in for MicroPython on a fake ESP8266",
    "It answers print, numbers, text and import sys; the rest needs real MicroPython.",
    'Type "help()" for more information.',
)
SEGMENT_BASES = (0x40100000, 0x3FFE8000)
"""Instruction RAM and data RAM: where `practice.s` puts its parts."""
FLASH_MODE_DIO = 2
FLASH_SIZE_4MB_40MHZ = 0x40
"""In the header; esptool patches both, as in any image."""


@functools.cache
def image_bytes() -> bytes:
    """The image, to be written to offset 0. It boots on our board only, because its answers come from the simulator."""
    source = resources.files(__package__).joinpath("practice.s").read_text("utf-8")
    banner = "".join(line + "\n" for line in BANNER).replace("\n", r"\r\n").replace('"', r"\"")
    symbols = {
        **ENTRY_POINTS,
        **{f"SERVICE_{service.name}": service.value for service in Service},
        "TEXT_LIMIT": SOURCE_LIMIT,
    }
    assembly = assemble(f'{source}    .asciz "{banner}"\n', symbols=symbols)
    content = bytes([MAGIC, len(SEGMENT_BASES), FLASH_MODE_DIO, FLASH_SIZE_4MB_40MHZ])
    content += assembly.symbols["start"].to_bytes(4, "little")
    segments = [_segment(assembly.chunks, base) for base in SEGMENT_BASES]
    for base, data in zip(SEGMENT_BASES, segments, strict=True):
        content += base.to_bytes(4, "little") + len(data).to_bytes(4, "little") + data
    content += bytes(-(len(content) + 1) % CHECKSUM_ALIGNMENT)
    return content + bytes([functools.reduce(checksum, segments, CHECKSUM_SEED)])


def _segment(chunks: list[tuple[int, bytes]], base: int) -> bytes:
    """All code at and after `base`, up to the next MiB, as one stretch of whole words."""
    data = b""
    for address, content in chunks:
        if 0 <= address - base < 0x10000:
            data = data.ljust(address - base, b"\0") + content
    return data.ljust(len(data) + -len(data) % 4, b"\0")


def image_path() -> Path:
    """The image as a file in the user's cache (ESPDOJO_HOME moves it), made or mended where necessary.

    Where that folder cannot be written to, it lies in a new temporary folder.
    """
    try:
        return _write(folders.cache() / "practice")
    except OSError:
        return _write(Path(tempfile.mkdtemp(prefix="espdojo-")))


def _write(folder: Path) -> Path:
    """Have the image in `folder`."""
    path, content = folder / FILE_NAME, image_bytes()
    if not (path.is_file() and path.read_bytes() == content):
        folders.write(path, content)
    return path
