"""Images: against ones that esptool makes, and against hostile bytes."""

import contextlib
import struct
from pathlib import Path

import pytest
from esptool.bin_image import ESP8266ROMFirmwareImage, ImageSegment
from hypothesis import given
from hypothesis import strategies as st

from emulator.rom.image import (
    CHECKSUM_SEED,
    ImageError,
    Segment,
    checksum,
    parse,
    parse_header,
    with_flash_size,
)

RAM = 0x40100000


def image(*segments: tuple[int, bytes], entry_point: int = RAM, mode: int = 2, size_frequency: int = 0x4F) -> bytes:
    """An image laid out by hand, checksum included."""
    data = struct.pack("<BBBBI", 0xE9, len(segments), mode, size_frequency, entry_point)
    data += b"".join(struct.pack("<II", address, len(body)) + body for address, body in segments)
    total = CHECKSUM_SEED
    for byte in b"".join(body for _, body in segments):
        total ^= byte
    return data + bytes(-(len(data) + 1) % 16) + bytes([total])


GOOD = image((RAM, b"code"), (0x3FFE8000, b"data!"))


def test_the_parts_of_an_image() -> None:
    parsed = parse(GOOD + b"whatever follows")
    assert parsed.segments == (Segment(RAM, b"code"), Segment(0x3FFE8000, b"data!"))
    assert parsed.length == len(GOOD)
    assert parsed.header.entry_point == RAM
    assert (parsed.header.flash_mode, parsed.header.flash_size) == ("dio", 4 << 20)
    assert parsed.header.flash_frequency_mhz == 80
    parsed.check()


def test_codes_that_no_tool_writes_have_no_meaning() -> None:
    header = parse_header(image((RAM, b""), mode=9, size_frequency=0x77))
    assert (header.flash_mode, header.flash_size, header.flash_frequency_mhz) == (None, None, None)
    assert (header.flash_mode_code, header.flash_size_code, header.flash_frequency_code) == (9, 7, 7)


@given(st.lists(st.binary(max_size=70), min_size=1, max_size=16))
def test_images_that_esptool_saves_are_read_back(tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]) -> None:
    theirs = ESP8266ROMFirmwareImage()
    theirs.entrypoint = RAM + 4
    for number, body in enumerate(bodies):
        theirs.segments.append(ImageSegment(RAM + 0x100 * number, body))
    path = tmp_path_factory.getbasetemp() / "image"
    theirs.save(f"{path}-")
    parsed = parse(Path(f"{path}-0x00000.bin").read_bytes())
    assert [segment.data for segment in parsed.segments] == [bytes(segment.data) for segment in theirs.segments]
    assert parsed.header.entry_point == RAM + 4
    parsed.check()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ends after 0 bytes"),
        (b"\xe9\x01\x00", "ends after 3 bytes"),
        (b"<!DOCTYPE html>", "starts with 0x3c"),
        (b"\xff" * 64, "starts with 0xff"),
        (b"\xe9\x00" + bytes(14), "0 segments"),
        (b"\xe9\x11" + bytes(14), "17 segments"),
        (GOOD[:12], "before segment 1 of 2"),
        (GOOD[:18], "inside segment 1 of 2: 4 bytes announced, 2 there"),
        (GOOD[:-1], "before its checksum"),
        (struct.pack("<BBBBIII", 0xE9, 1, 0, 0, RAM, RAM, 0xFFFFFFFF), "4294967295 bytes announced, 0 there"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        parse(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (image((RAM, b"code"))[:-1] + b"\x00", "damaged"),
        (image((0x40080000, b"an ESP32's RAM")), "another chip"),
        (image((0x4010FFFC, b"too long")), "another chip"),
        (image((RAM, b"code"), entry_point=0x400807F0), "starts at 0x400807f0"),
    ],
)
def test_what_cannot_run_is_said(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        parse(data).check()


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda data: b"\xe9\x01" + data))
def test_hostile_bytes_are_parsed_or_refused(data: bytes) -> None:
    with contextlib.suppress(ImageError):
        parsed = parse(data)
        assert parsed.length <= len(data)
        parsed.check()


@given(st.integers(0, 255), st.binary(max_size=300))
def test_the_checksum_is_the_xor_of_all_bytes(state: int, data: bytes) -> None:
    expected = state
    for byte in data:
        expected ^= byte
    assert checksum(state, data) == expected


@pytest.mark.parametrize(("size", "code"), [(512 << 10, 0x0), (1 << 20, 0x2), (4 << 20, 0x4), (16 << 20, 0x9)])
def test_an_image_is_told_the_size_of_its_flash(size: int, code: int) -> None:
    patched = with_flash_size(GOOD, size)
    assert patched[3] == code << 4 | GOOD[3] & 0x0F
    assert (patched[:3], patched[4:]) == (GOOD[:3], GOOD[4:])
    parse(patched).check()


@pytest.mark.parametrize("data", [b"", b"\xe9", b"<!DOCTYPE html>"])
def test_what_is_no_image_is_left_alone(data: bytes) -> None:
    assert with_flash_size(data, 4 << 20) == data
