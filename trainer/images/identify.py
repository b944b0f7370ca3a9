"""What a firmware file is, by looking at its bytes: for which chip, which firmware, which version, and whether whole.

esptool writes any file to an ESP8266 without a word (it compares the chip ID on every chip but this one), so looking
is the tutor's part. Nothing in a file is trusted: any bytes whatever give a `FirmwareInfo`.

Sources: emulator.rom.image for the ESP8266's format; esptool's bin_image.py for the ESP32 family's longer header and
its chip IDs (targets/*.py, IMAGE_CHIP_ID); MicroPython's ports/esp8266/makeimg.py for its length and MD5.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from emulator.rom import image
from trainer.errors import EspdojoError

__all__ = ["FirmwareError", "FirmwareInfo", "identify", "is_release"]

Kind = Literal["esp8266", "esp32", "other"]

MAX_FILE_SIZE: Final = 16 * 1024 * 1024
"""Bytes; no ESP8266 has more flash."""


class FirmwareError(EspdojoError):
    """A firmware image could not be read, found, downloaded or believed."""


@dataclass(frozen=True, slots=True)
class FirmwareInfo:
    """What is known about a firmware file.

    `kind` is "esp8266", "esp32" (that whole family) or "other" (no ESP image at all). `family` and `version` name
    the firmware, such as "MicroPython" and "v1.23.0 on 2024-06-02"; empty where its strings do not tell. `problem` says
    why an ESP8266 would not run it from offset 0, and `next_step` what to do about that; both are empty for a good one.
    `header` is there for every ESP8266 image whose first eight bytes could be read.
    """

    path: Path
    size: int
    sha256: str
    kind: Kind
    description: str
    family: str = ""
    version: str = ""
    header: image.Header | None = None
    problem: str = ""
    next_step: str = ""

    @property
    def is_bootable(self) -> bool:
        """Whether nothing speaks against writing it to an ESP8266 at offset 0."""
        return not self.problem

    @property
    def release(self) -> str:
        """The version without the leading v and the date: "1.23.0", "1.10-8-g8b7039d7d"; empty if unknown."""
        return self.version.partition(" ")[0].removeprefix("v")


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the bytes say, without the file they came from."""

    kind: Kind
    description: str
    header: image.Header | None = None
    problem: str = ""
    next_step: str = ""


NO_FIRMWARE: Final = "It is no firmware image."
DOWNLOAD_AGAIN: Final = "Download the file again."
GET_IMAGE: Final = "`espdojo firmware get` downloads a good one."

SIGNATURES: Final[tuple[tuple[re.Pattern[bytes], str, str], ...]] = (
    (
        re.compile(rb"\s*<(?:!doctype|html|head|\?xml)", re.IGNORECASE),
        "a web page",
        "Open the download page and save the link to the .bin file itself, not the page.",
    ),
    (re.compile(rb"PK\x03\x04"), "a zip archive", "Unpack it; the .bin file may be inside."),
    (re.compile(rb"\x1f\x8b"), "a gzip archive", "Unpack it; the .bin file may be inside."),
    (re.compile(rb"\x7fELF"), "an ELF file, for debuggers", "Take the .bin file that lies next to it."),
    (re.compile(rb"UF2\n"), "a UF2 file, for boards with a USB drive", GET_IMAGE),
    (re.compile(rb":[0-9A-Fa-f]{8}"), "an Intel HEX file", "Take the .bin file instead."),
    (
        re.compile(rb"\xea\x04"),
        "the second part of an ESP8266 firmware (image version 2)",
        "Such an image needs a boot loader at offset 0. Take the complete image.",
    ),
)
"""How files begin that are taken for firmware by mistake: pattern, what it is, next step."""

FAMILIES: Final[tuple[tuple[str, re.Pattern[bytes]], ...]] = (
    ("espdojo practice image", re.compile(rb"espdojo practice image(?: (v?\d[\w.\-]*))?")),
    ("CircuitPython", re.compile(rb"Adafruit CircuitPython (\d[\w.\-]* on \d{4}-\d\d-\d\d)")),
    ("MicroPython", re.compile(rb"MicroPython (v\d[\w.\-]* on \d{4}-\d\d-\d\d)")),
    ("NodeMCU", re.compile(rb"NodeMCU (\d+(?:\.\d+){1,3})")),
    ("Tasmota", re.compile(rb"(\d+(?:\.\d+){2,3})\((?:release-)?(?:tasmota|sonoff)")),
    ("ESPHome", re.compile(rb"ESPHome version (\d+(?:\.\d+){1,2})")),
    ("Espruino", re.compile(rb"(?:Espruino|espruino)(?: (\dv\d+))?")),
    ("ESP-AT", re.compile(rb"AT version:(\d+(?:\.\d+)+)")),
    ("Arduino sketch", re.compile(rb"core_esp8266_main\.cpp()")),
)
"""Firmware -> a string that it contains, with its version in the group. The first that matches counts."""

ESP32_CHIPS: Final = {
    0: "ESP32",
    2: "ESP32-S2",
    5: "ESP32-C3",
    9: "ESP32-S3",
    12: "ESP32-C2",
    13: "ESP32-C6",
    16: "ESP32-H2",
    18: "ESP32-P4",
    20: "ESP32-C61",
    23: "ESP32-C5",
}
ESP32_HEADER_SIZE: Final = 24
ESP32_BOOT_LOADER_OFFSET: Final = 0x1000
ESP32_CHIP_ID: Final = slice(12, 14)
ESP32_RESERVED: Final = slice(19, 23)
ESP32_HASH_APPENDED: Final = 23

VERSION_NUMBERS: Final = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,3})", re.ASCII)

MICROPYTHON_ROM_OFFSET: Final = 0x9000
"""Where MicroPython's part that runs from flash begins; the word before it tells the length up to the MD5."""
MICROPYTHON_MD5_START: Final = 4
"""The first four bytes are left out of the MD5, because esptool may change them."""


def identify(path: Path) -> FirmwareInfo:
    """Look at the file `path`. Raises FirmwareError when it cannot be read or is larger than any flash chip."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_SIZE:
            raise FirmwareError(
                f"{path} is no firmware for an ESP8266: {size:,} bytes are more than its largest flash chip holds.",
                next_step=GET_IMAGE,
            )
        data = path.read_bytes()
    except OSError as error:
        raise FirmwareError(
            f"{path} cannot be read: {error.strerror or error}.",
            next_step="Check the file's name; `ls` (Windows: `dir`) shows what is there.",
        ) from error
    verdict = _judge(data)
    family, version = _family(data) if verdict.kind != "other" else ("", "")
    return FirmwareInfo(
        path=path,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        kind=verdict.kind,
        description=verdict.description,
        family=family,
        version=version,
        header=verdict.header,
        problem=verdict.problem,
        next_step=verdict.next_step,
    )


def is_release(release: str, asked: str | None) -> bool:
    """Whether `release` ("1.23.0", "1.10-8-g8b7039d7d") is what `asked` ("v1.23", "1.10.0"; None: any) means."""
    if asked is None or release == asked.removeprefix("v"):
        return True
    wanted, there = VERSION_NUMBERS.fullmatch(asked), VERSION_NUMBERS.match(release)
    if not (wanted and there):
        return False
    parts = [int(part) for part in wanted[1].split(".")]
    have = [int(part) for part in there[1].split(".")]
    have += [0] * (3 - len(have))
    return have[: len(parts)] == parts


def _family(data: bytes) -> tuple[str, str]:
    for family, pattern in FAMILIES:
        if match := pattern.search(data):
            return family, (match[1] or b"").decode("ascii", "replace")
    return "", ""


def _judge(data: bytes) -> _Verdict:
    if not data:
        return _Verdict("other", "an empty file", None, "The file is empty.", DOWNLOAD_AGAIN)
    for pattern, what, next_step in SIGNATURES:
        if pattern.match(data):
            return _Verdict("other", what, None, f"It is {what}, no ESP8266 image.", next_step)
    if data.count(data[0]) == len(data):
        what = f"nothing but 0x{data[0]:02x}"
        return _Verdict("other", what, None, f"It holds {what}, as an erased flash chip does.", GET_IMAGE)
    if chip := _esp32_chip(data):
        return _Verdict(
            "esp32",
            f"an {chip} image",
            problem=f"It is made for the {chip}. An ESP8266 does not run it, and esptool would not say so.",
            next_step=f"Take an image for the ESP8266. {GET_IMAGE}",
        )
    return _judge_esp8266(data)


def _judge_esp8266(data: bytes) -> _Verdict:
    try:
        header = image.parse_header(data)
    except image.ImageError as error:
        return _Verdict("other", "unknown", None, f"{NO_FIRMWARE[:-1]}: {error}.", GET_IMAGE)
    try:
        parsed = image.parse(data)
        parsed.check()
        damage = _micropython_damage(data, parsed.length)
    except image.ImageError as error:
        damage = f"An ESP8266 would not boot it: {error}."
    if damage:
        return _Verdict("esp8266", "an ESP8266 image, incomplete or damaged", header, damage, DOWNLOAD_AGAIN)
    return _Verdict("esp8266", "an ESP8266 image", header)


def _micropython_damage(data: bytes, rom_part_length: int) -> str:
    """What is wrong behind the part that the ROM loads and sums up; empty when right or when nothing tells.

    MicroPython's images have blank bytes there, then the length up to an MD5 that ends the file.
    """
    word = data[MICROPYTHON_ROM_OFFSET - 4 : MICROPYTHON_ROM_OFFSET]
    covered = int.from_bytes(word, "little")
    is_blank = not data[rom_part_length : MICROPYTHON_ROM_OFFSET - 4].strip(b"\xff")
    if not (is_blank and MICROPYTHON_ROM_OFFSET < covered <= MAX_FILE_SIZE):
        return ""  # another firmware, or a MicroPython older than this layout
    length = covered + hashlib.md5(usedforsecurity=False).digest_size
    if len(data) < length:
        return f"The file is cut off: {len(data):,} of {length:,} bytes are there."
    digest = hashlib.md5(data[MICROPYTHON_MD5_START:covered], usedforsecurity=False).digest()
    return "" if digest == data[covered:length] else "The file is damaged: MicroPython's own MD5 sum does not match."


def _esp32_chip(data: bytes) -> str:
    """The member of the ESP32 family that `data` is made for, or "".

    The eight bytes in common say nothing; the longer header of the family has a chip ID, and its fields for later
    use are zero. On the first ESP32 that ID is 0, so the first segment, which follows the header, must fit as well.
    An image of a whole ESP32 flash begins with 0x1000 blank bytes.
    """
    if data[:ESP32_BOOT_LOADER_OFFSET] == b"\xff" * ESP32_BOOT_LOADER_OFFSET:
        data = data[ESP32_BOOT_LOADER_OFFSET:]
    if len(data) < ESP32_HEADER_SIZE + 8 or data[0] != image.MAGIC:
        return ""
    chip = ESP32_CHIPS.get(int.from_bytes(data[ESP32_CHIP_ID], "little"), "")
    address, length = (int.from_bytes(data[ESP32_HEADER_SIZE + at :][:4], "little") for at in (0, 4))
    fits = (
        not any(data[ESP32_RESERVED])
        and data[ESP32_HASH_APPENDED] in (0, 1)
        and 0x3C000000 <= address < 0x60000000
        and 0 < length <= MAX_FILE_SIZE
    )
    return chip if fits and not _is_esp8266(data) else ""


def _is_esp8266(data: bytes) -> bool:
    try:
        image.parse(data).check()
    except image.ImageError:
        return False
    return True
