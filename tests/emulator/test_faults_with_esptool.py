"""Faults as a learner sees them: what unmodified esptool says, and that all is well once the fault is mended."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emulator.pytest_plugin import PluggedBoard

pytestmark = pytest.mark.slow

IMAGE = random.Random(1).randbytes(150_000)
TIMEOUT_S = 250


def faulty(*faults: str, **options: str) -> pytest.MarkDecorator:
    return pytest.mark.esp8266_board(faults=faults, **options)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "firmware.bin"
    path.write_bytes(IMAGE)
    return path


def esptool(board: PluggedBoard, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return board.run("esptool", "--connect-attempts", "10", *arguments, timeout_s=TIMEOUT_S)


def assert_flashes(board: PluggedBoard, image: Path) -> None:
    result = esptool(board, "write-flash", "0x0", image)
    assert "Hash of data verified." in result.stdout, result.stdout + result.stderr
    assert board.board.flash.read(0, len(IMAGE)) == IMAGE


WRITING = {
    "worn-sectors=5": "MD5 of file does not match data in flash!",
    "stuck-sectors=0-63": "Write failed, the written flash region is empty.",
    "noise=0.0005": "A fatal error occurred",
    "lost-bytes=0.0005": "A fatal error occurred",
    "brownout": "A fatal error occurred",
}
"""What esptool says when it writes with the fault. Which packet noise hits depends on when esptool began to listen, so
there any error will do."""


@pytest.mark.parametrize(
    ("esp8266_board", "message"),
    [pytest.param({"faults": [fault]}, words, id=fault) for fault, words in WRITING.items()],
    indirect=["esp8266_board"],
)
def test_writing_fails_with_esptools_words_and_works_when_mended(
    esp8266_board: PluggedBoard, message: str, image: Path, request: pytest.FixtureRequest
) -> None:
    result = esptool(esp8266_board, "write-flash", "0x0", image)
    assert result.returncode != 0
    assert message in result.stdout + result.stderr
    fault = str(esp8266_board.board.events.named("fault")[0].data["fault"])
    assert esp8266_board.board.failure is None
    esp8266_board.board.repair(fault.partition("=")[0])
    assert_flashes(esp8266_board, image)


@faulty("brownout=0x8000")
def test_without_the_stub_a_brownout_cuts_the_roms_erase_in_the_middle(
    esp8266_board: PluggedBoard, image: Path
) -> None:
    esp8266_board.board.flash.program(0, bytes(0x4000))
    result = esptool(esp8266_board, "--no-stub", "write-flash", "0x0", image)
    assert result.returncode != 0
    flash = esp8266_board.board.flash
    assert esp8266_board.board.events.named("brownout")
    assert flash.read(0, 0x4000) == b"\xff" * 0x4000
    assert esp8266_board.board.failure is None


@faulty("fake-flash=1MB")
def test_a_fake_chip_is_detected_as_what_it_claims_and_found_out_by_what_it_holds(
    esp8266_board: PluggedBoard, tmp_path: Path
) -> None:
    assert "Detected flash size: 4MB" in esptool(esp8266_board, "flash-id").stdout
    big = tmp_path / "big.bin"
    big.write_bytes(random.Random(2).randbytes((1 << 20) + 50_000))
    result = esptool(esp8266_board, "write-flash", "0x0", big)
    assert "MD5 of file does not match data in flash!" in result.stderr


@faulty("charge-only-cable")
def test_a_charge_only_cable_shows_no_port(esp8266_board: PluggedBoard) -> None:
    assert "Found 0 serial ports" in esptool(esp8266_board, "flash-id").stdout
    named = esptool(esp8266_board, "--port", esp8266_board.port, "flash-id")
    assert "the port is busy or doesn't exist" in named.stderr


@faulty("port-busy")
def test_a_busy_port_gets_the_words_for_one_and_is_free_afterwards(esp8266_board: PluggedBoard) -> None:
    result = esptool(esp8266_board, "--port", esp8266_board.port, "flash-id")
    assert "the port is busy or doesn't exist" in result.stderr
    assert "Could not exclusively lock port" in result.stderr or "Access is denied" in result.stderr
    esp8266_board.board.repair("port-busy")
    assert esptool(esp8266_board, "flash-id").returncode == 0


@faulty("no-permission")
def test_a_port_that_may_not_be_opened_gets_the_words_for_that(esp8266_board: PluggedBoard) -> None:
    result = esptool(esp8266_board, "--port", esp8266_board.port, "flash-id")
    assert result.returncode == 2
    assert "the port is busy or doesn't exist" in result.stderr
    assert "Permission denied" in result.stderr or "Access is denied" in result.stderr
    if sys.platform == "linux":
        assert "Hint: Try to add user into dialout or uucp group." in result.stderr


@faulty("dead-auto-reset")
def test_without_auto_reset_esptool_hears_nothing_until_somebody_presses_the_buttons(
    esp8266_board: PluggedBoard, image: Path
) -> None:
    port = ("--port", esp8266_board.port)
    result = esptool(esp8266_board, "--connect-attempts", "2", *port, "flash-id")
    assert "Failed to connect" in result.stderr
    board = esp8266_board.board
    board.press("flash")
    board.reset()
    board.release("flash")
    result = esptool(esp8266_board, *port, "write-flash", "0x0", image)
    assert "Hash of data verified." in result.stdout, result.stdout + result.stderr


@faulty("gpio0-low")
def test_with_gpio0_stuck_low_flashing_works_and_the_program_never_starts(
    esp8266_board: PluggedBoard, image: Path
) -> None:
    assert_flashes(esp8266_board, image)
    assert {event.data["mode"] for event in esp8266_board.board.events.named("reset")} == {1}


@faulty("slow-erase=10")
def test_a_slow_chip_keeps_esptool_waiting_and_is_written_right(esp8266_board: PluggedBoard, image: Path) -> None:
    began = time.monotonic()
    assert_flashes(esp8266_board, image)
    assert time.monotonic() - began > 2.5, "two blocks of 64 KB alone take ten times 0.15 s each"


@faulty("slow-erase=3")
def test_the_rom_waits_for_a_slow_chip_too(esp8266_board: PluggedBoard, tmp_path: Path) -> None:
    small = tmp_path / "small.bin"
    small.write_bytes(IMAGE[:8192])
    result = esptool(esp8266_board, "--no-stub", "write-flash", "0x0", small)
    assert result.returncode == 0, result.stderr
    assert esp8266_board.board.flash.read(0, 8192) == IMAGE[:8192]


@faulty("unplug-while-writing")
def test_a_cable_that_comes_off_loses_the_port_and_all_works_when_it_is_back(
    esp8266_board: PluggedBoard, image: Path
) -> None:
    result = esptool(esp8266_board, "--port", esp8266_board.port, "write-flash", "0x0", image)
    assert result.returncode != 0
    assert "No such file or directory" in result.stderr or "cannot find the file" in result.stderr
    assert not esp8266_board.board.has_power
    esp8266_board.board.plug()
    assert_flashes(esp8266_board, image)
