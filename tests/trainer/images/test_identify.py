"""What a firmware file is, and what is wrong with it."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.images.identify import FirmwareError, FirmwareInfo, identify, is_release


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def look(data: bytes, folder: Path) -> FirmwareInfo:
    path = folder / "file.bin"
    path.write_bytes(data)
    return identify(path)


def esp32_image(chip_id: int) -> bytes:
    """As esptool's ESP32FirmwareImage writes it: 24 bytes of header, then segments."""
    header = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20, 0x40080400)
    extended = struct.pack("<BBBBHBHHBBBBB", 0xEE, 0, 0, 0, chip_id, 0, 0, 0, 0, 0, 0, 0, 1)
    return header + extended + struct.pack("<II", 0x3FFF0018, 4) + b"code" + bytes(64)


def test_micropython_is_known_with_version_and_header(make_micropython, folder: Path) -> None:
    info = look(make_micropython(), folder)
    assert (info.kind, info.family, info.version) == ("esp8266", "MicroPython", "v1.23.0 on 2024-06-02")
    assert info.release == "1.23.0"
    assert info.is_bootable
    assert info.header is not None
    assert (info.header.flash_size, info.header.flash_mode, info.header.entry_point) == (4 << 20, "qio", 0x40100000)


@pytest.mark.parametrize("kept", [1, 7, 8, 60, 90, 0x9000, 40_000, 50_015])
def test_a_download_that_broke_off_is_no_good(kept: int, make_micropython, folder: Path) -> None:
    info = look(make_micropython()[:kept], folder)
    assert not info.is_bootable
    assert info.next_step


@pytest.mark.parametrize("position", [20, 0x9000, 45_000, 50_010])
def test_one_wrong_bit_is_found(position: int, make_micropython, folder: Path) -> None:
    data = bytearray(make_micropython())
    data[position] ^= 0x10
    assert not look(bytes(data), folder).is_bootable


def test_esptool_may_change_mode_and_size(make_micropython, folder: Path) -> None:
    data = bytearray(make_micropython())
    data[2:4] = b"\x02\x20"
    assert look(bytes(data), folder).is_bootable


@pytest.mark.parametrize(
    ("text", "family", "version"),
    [
        (b"NodeMCU 3.0.0.0 built on nodemcu-build.com", "NodeMCU", "3.0.0.0"),
        (b"\x0013.4.0(release-tasmota)\x00", "Tasmota", "13.4.0"),
        (b"Adafruit CircuitPython 3.1.2 on 2019-01-07; x", "CircuitPython", "3.1.2 on 2019-01-07"),
        (b"AT version:1.7.4.0(May 11 2020)", "ESP-AT", "1.7.4.0"),
        (b"core_esp8266_main.cpp", "Arduino sketch", ""),
        (b"nobody knows", "", ""),
    ],
)
def test_families(text: bytes, family: str, version: str, make_image, folder: Path) -> None:
    info = look(make_image(text), folder)
    assert (info.kind, info.family, info.version, info.problem) == ("esp8266", family, version, "")


@pytest.mark.parametrize(("chip_id", "name"), [(0, "ESP32"), (5, "ESP32-C3"), (9, "ESP32-S3")])
@pytest.mark.parametrize("offset", [0, 0x1000])
def test_images_for_the_esp32_family_are_told_apart(chip_id: int, name: str, offset: int, folder: Path) -> None:
    info = look(b"\xff" * offset + esp32_image(chip_id), folder)
    assert info.kind == "esp32"
    assert f"{name}." in info.problem
    assert not info.is_bootable


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"<!DOCTYPE html><title>Download</title>", "web page"),
        (b"\n <HTML>", "web page"),
        (b"PK\x03\x04rest", "zip"),
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"\x7fELF\x01", "ELF"),
        (b":10010000214601360121470136007EFE09D2190140", "Intel HEX"),
        (b"", "empty"),
        (b"\xff" * 4096, "0xff"),
        (b"hello, world", "0x68"),
    ],
)
def test_what_is_no_image_is_said_by_name(data: bytes, what: str, folder: Path) -> None:
    info = look(data, folder)
    assert info.kind == "other"
    assert what in info.problem
    assert info.next_step


def test_an_entry_point_outside_memory_is_no_good(make_image, folder: Path) -> None:
    assert not look(make_image(entry_point=0x40080000), folder).is_bootable


@given(st.binary(max_size=400) | st.binary(max_size=300).map(lambda rest: b"\xe9" + rest))
def test_any_bytes_give_an_answer(folder: Path, data: bytes) -> None:
    info = look(data, folder)
    assert info.size == len(data)
    assert info.is_bootable == (not info.problem)
    assert bool(info.problem) == bool(info.next_step)


@given(data=st.data())
def test_any_damage_to_an_image_gives_an_answer(folder: Path, make_image, data: st.DataObject) -> None:
    image = bytearray(make_image(segments=2))
    position = data.draw(st.integers(0, len(image) - 1))
    image[position] = data.draw(st.integers(0, 255))
    assert look(bytes(image), folder).kind in ("esp8266", "other")


def test_a_missing_file_and_a_folder_are_errors_for_people(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.bin", tmp_path):
        with pytest.raises(FirmwareError) as caught:
            identify(path)
        assert caught.value.next_step


def test_a_file_larger_than_any_flash_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.bin"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(FirmwareError, match="more than"):
        identify(path)


@pytest.mark.parametrize(
    ("release", "asked", "expected"),
    [
        ("1.23.0", None, True),
        ("1.23.0", "1.23", True),
        ("1.23.0", "v1.23.0", True),
        ("1.23.0", "1.2", False),
        ("1.23.0", "1.23.1", False),
        ("1.18", "1.18.0", True),
        ("1.10-8-g8b7039d7d", "1.10", True),
        ("1.10-8-g8b7039d7d", "1.10.0", True),
        ("1.10-8-g8b7039d7d", "v1.10-8-g8b7039d7d", True),
        ("1.10-8-g8b7039d7d", "1.1", False),
        ("", "1.1", False),
        ("1.23.0", "nonsense", False),
    ],
)
def test_versions_as_people_write_them(release: str, asked: str | None, expected: bool) -> None:
    assert is_release(release, asked) is expected


@given(st.text(max_size=20), st.text(max_size=20) | st.none())
def test_any_version_text_gives_an_answer(release: str, asked: str | None) -> None:
    assert is_release(release, asked) in (True, False)
