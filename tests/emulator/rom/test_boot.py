"""Strapping, banner, and the loading of images, in the words that boot logs of real boards show."""

import re
import struct
from functools import reduce
from operator import xor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.rom.boot import BOOT_FLASH, BOOT_UART, banner, boot, strapping
from emulator.rom.machine import Next, ResetCause

ENTRY = 0x40100004
RAM, IRAM = 0x3FFE8000, 0x40100000


def image(segments: list[tuple[int, bytes]], entry: int = ENTRY, checksum: int | None = None) -> bytes:
    """A firmware image (esptool, "Firmware Image Format")."""
    content = struct.pack("<BBBBI", 0xE9, len(segments), 0, 0x40, entry)
    for address, data in segments:
        content += struct.pack("<II", address, len(data)) + data
    right = reduce(xor, b"".join(data for _, data in segments), 0xEF)
    return content + bytes(15 - len(content) % 16) + bytes([right if checksum is None else checksum])


def boot_image(rig: Any, content: bytes) -> Next | None:
    """What the ROM does with this at the start of the flash."""
    rig.flash.program(0, content)
    return boot(rig.rom, BOOT_FLASH)


@pytest.mark.parametrize(
    ("pins", "mode"),
    [
        ({"gpio0": False}, 1),
        ({"gpio0": True}, 3),
        ({"gpio0": False, "gpio2": False}, 0),
        ({"gpio0": True, "gpio2": False}, 2),
        ({"gpio0": True, "gpio15": True}, 7),
    ],
)
def test_strapping(pins: dict[str, bool], mode: int) -> None:
    """{GPIO15, GPIO0, GPIO2} (esptool, "Boot Mode Selection")."""
    assert strapping(**pins) == mode


@pytest.mark.parametrize(
    ("cause", "line"),
    [
        (ResetCause.POWER_ON, b" ets Jan  8 2013,rst cause:1, boot mode:(3,6)"),
        (ResetCause.EXTERNAL, b" ets Jan  8 2013,rst cause:2, boot mode:(3,6)"),
        (ResetCause.WATCHDOG, b" ets Jan  8 2013,rst cause:4, boot mode:(3,6)"),
    ],
)
def test_the_banner(cause: ResetCause, line: bytes) -> None:
    text = banner(cause, 3)
    assert line in text.split(b"\r\n")
    assert (b"wdt reset" in text) == (cause is ResetCause.WATCHDOG)


def test_a_low_gpio0_asks_for_the_download_mode(rig: Any) -> None:
    assert boot(rig.rom, BOOT_UART) is Next.DOWNLOAD
    assert b"boot mode:(1,6)" in rig.sent
    assert b"load" not in rig.sent
    [event] = rig.trace.named("reset")
    assert event.data == {"cause": "power_on", "mode": 1}


@pytest.mark.parametrize("mode", [0, 2, 4, 5, 6, 7])
def test_other_modes_lead_nowhere(rig: Any, mode: int) -> None:
    assert boot(rig.rom, mode) is Next.HANG


def test_blank_flash(rig: Any) -> None:
    assert boot(rig.rom, BOOT_FLASH) is Next.HANG
    assert rig.sent.endswith(b"ets_main.c \r\n")
    assert rig.trace.named("boot-failed")


def test_a_good_image_is_loaded(rig: Any) -> None:
    code, data = bytes(range(256)) * 5 + b"\x01\x02\x03\x04", b"\x11" * 32
    assert boot_image(rig, image([(IRAM, code), (RAM, data)])) is None
    assert rig.core.pc == ENTRY
    assert rig.core.read(IRAM, len(code)) == code
    assert rig.core.read(RAM, len(data)) == data
    assert rig.sent.endswith(b"chksum 0xeb\r\ncsum 0xeb\r\n")
    [event] = rig.trace.named("boot")
    assert event.data == {"entry_point": ENTRY, "segments": 2}


LOGS = [
    """
load 0x40100000, len 2408, room 16 |tail 8
load 0x3ffe8000, len 776, room 0 |tail 8
load 0x3ffe8310, len 632, room 0 |tail 8""",
    """
load 0x40100000, len 2592, room 16 |tail 0
load 0x3ffe8000, len 764, room 8 |tail 4
load 0x3ffe82fc, len 676, room 4 |tail 0""",
    """
load 0x40100000, len 25700, room 16 |tail 4
load 0x3ffe8000, len 848, room 4 |tail 12
ho 0 tail 12 room 4
load 0x3ffe8350, len 184, room 12 |tail 12""",
    """
load 0x40100000, len 212, room 16 |tail 4
load 0x00000000, len 0, room 4 |tail 0
ho 12 tail 0 room 4
load 0x00000000, len 0, room 12 |tail 0""",
    """
load 0x40100000, len 31320, room 16 |tail 8
load 0x00000000, len 0, room 0 |tail 0
load 0x00000000, len 0, room 8 |tail 0""",
]
"""Of real boards, from public issues and forums; without the checksums."""


@pytest.mark.parametrize("log", LOGS)
def test_the_log_is_that_of_real_boards(rig: Any, log: str) -> None:
    loads = re.findall(r"load 0x(\w+), len (\d+)", log)
    boot_image(rig, image([(int(address, 16), bytes(int(length))) for address, length in loads]))
    lines = rig.sent.decode().split("\r\n")
    told = [line for line in lines if line.startswith(("load", "tail", "ho"))]
    assert told == re.split(r"[|\n]", log)[1:]


def test_a_wrong_checksum(rig: Any) -> None:
    assert boot_image(rig, image([(RAM, b"data")], checksum=0)) is Next.HANG
    assert b"csum err\r\nets_main.c" in rig.sent
    assert rig.trace.named("boot-failed")[0].data["reason"] == "wrong checksum"
    assert not rig.trace.named("boot")


@pytest.mark.parametrize("address", [0, 0x40000000, 0x40200000, 0x3FFFFFFE, 0x4010FFFE, 0xFFFFFFFC, 0x3FFE0000])
def test_a_segment_outside_of_ram(rig: Any, address: int) -> None:
    rom = rig.core.read(0x40000000, 64)
    assert boot_image(rig, image([(address, b"data")])) is Next.HANG
    assert "not in RAM" in rig.trace.named("boot-failed")[0].data["reason"]
    assert rig.core.read(0x40000000, 64) == rom


@given(content=st.binary(max_size=200), good_start=st.booleans())
@settings(deadline=None, max_examples=50)
def test_any_flash_content_is_survived(shared_rig: Any, content: bytes, good_start: bool) -> None:
    shared_rig.reset()
    assert boot_image(shared_rig, (b"\xe9\x01\x00\x40" if good_start else b"") + content) in (None, Next.HANG)


def test_the_banner_leaves_at_74880_baud(rig: Any) -> None:
    """115200 reckoned for a 40 MHz crystal, on a board with 26 MHz (facts: boot)."""
    assert round(rig.chip.phy.apb_hz(26.0) / rig.chip.uart.divider) == pytest.approx(74880, rel=0.005)


def test_a_flash_that_a_program_put_to_sleep_is_woken(rig: Any) -> None:
    """esptool issue 351: the chip's reset is not the flash's."""
    rig.flash.program(0, image([(IRAM, bytes(16))]))
    rig.flash.transfer(0xB9, None)
    assert boot(rig.rom, BOOT_FLASH) is None
    assert not rig.flash.is_powered_down
