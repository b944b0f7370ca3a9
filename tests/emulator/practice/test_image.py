"""The practice image as a file: an ordinary image, the same everywhere, mended when damaged."""

from pathlib import Path
from typing import Any

import pytest

from emulator.cpu.core import Stop
from emulator.practice import image_bytes, image_path
from emulator.practice.semihosting import Semihosting
from emulator.rom.image import parse


def test_it_is_an_image_that_an_esp8266_can_boot() -> None:
    image = parse(image_bytes())
    image.check()
    assert image.length == len(image_bytes())
    assert [segment.address for segment in image.segments] == [0x40100000, 0x3FFE8000]
    assert all(len(segment.data) % 4 == 0 for segment in image.segments)
    assert image.header.flash_mode == "dio"


def test_it_says_what_it_is() -> None:
    assert b"espdojo practice image 1.0; a stand-in for MicroPython" in image_bytes()


def test_the_file_is_made_kept_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESPDOJO_HOME", str(tmp_path))
    path = image_path()
    assert path.is_relative_to(tmp_path)
    assert path.read_bytes() == image_bytes()
    before = path.stat().st_mtime_ns
    assert image_path() == path
    assert path.stat().st_mtime_ns == before
    path.write_bytes(b"damaged")
    assert image_path().read_bytes() == image_bytes()
    assert list(path.parent.iterdir()) == [path]


def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    monkeypatch.setenv("ESPDOJO_HOME", str(tmp_path / "home"))
    assert image_path().read_bytes() == image_bytes()


def test_at_its_prompt_the_processor_sleeps_until_a_byte_comes(rig: Any) -> None:
    image = parse(image_bytes())
    rig.rom.semihosting = Semihosting()
    for segment in image.segments:
        rig.core.write(segment.address, segment.data)
    rig.core.pc = image.header.entry_point
    assert rig.run() is Stop.IDLE
    assert rig.sent.endswith(b"\r\n>>> ")
    for key, echo in ((b"3", b"3"), (b"\r", b"\r\n3\r\n>>> ")):
        rig.chip.uart.receive(key)
        assert rig.run() is Stop.IDLE
        assert rig.sent.endswith(echo)
