"""Unmodified esptool and mpremote against the stand-in, over the driver and over a pty."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import plug, ports
from emulator.bridge_queue import Bytes

PORT = "/dev/ttyUSB0"


@pytest.fixture
def environment(chip) -> Iterator[dict[str, str]]:
    server = ports.serve("driver", chip.bridge)
    yield plug.environment(server.url, PORT)
    server.close()


def run(*arguments: str, env: dict[str, str] | None = None) -> str:
    result = subprocess.run(
        [sys.executable, "-m", *arguments], env=env, capture_output=True, text=True, encoding="utf-8", timeout=100
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_esptool_finds_the_board_without_a_port(environment: dict[str, str]) -> None:
    output = run("esptool", "flash-id", env=environment)
    assert f"Connected to ESP8266 on {PORT}" in output
    assert "Detected flash size: 4MB" in output
    assert "Hard resetting via RTS pin" in output


@pytest.mark.slow
@pytest.mark.parametrize("baud", [115200, 460800, 921600])
def test_esptool_writes_at_the_rate_it_asks_for(environment: dict[str, str], chip, tmp_path: Path, baud: int) -> None:
    image = tmp_path / "image.bin"
    image.write_bytes(b"\xe9" + os.urandom(30_000) + bytes(70_000))
    output = run("esptool", "--port", PORT, "--baud", str(baud), "write-flash", "0x1000", str(image), env=environment)
    assert "Hash of data verified" in output
    assert bytes(chip.flash[0x1000:]).startswith(image.read_bytes())
    assert {item.baud for item in chip.items if isinstance(item, Bytes)} == {115200, baud}
    assert chip.running == "program"


@pytest.mark.slow
def test_esptool_works_on_a_pty_without_lines(chip, tmp_path: Path) -> None:
    pytest.importorskip("termios")
    image = tmp_path / "image.bin"
    image.write_bytes(os.urandom(100_000))
    server = ports.serve("pty", chip.bridge)
    try:
        for _ in range(2):
            assert "Hash of data verified" in run("esptool", "--port", server.url, "write-flash", "0", str(image))
            chip.wait_for(lambda chip: chip.running == "program")
    finally:
        server.close()
    assert bytes(chip.flash).startswith(image.read_bytes())


def test_esptool_says_what_is_wrong_with_another_port(environment: dict[str, str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "esptool", "--port", "/dev/ttyUSB7", "flash-id"],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
    )
    assert result.returncode != 0
    said = " ".join((result.stdout + result.stderr).split())
    assert f"only its port can be opened: {PORT}" in said


def test_mpremote_lists_the_board(environment: dict[str, str]) -> None:
    listed = run("mpremote", "connect", "list", env=environment)
    assert listed.strip() == f"{PORT} 0001 10c4:ea60 Silicon Labs CP2102 USB to UART Bridge Controller"


@pytest.mark.slow
def test_two_programs_cannot_have_the_port(environment: dict[str, str], chip) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", f"import serial; p = serial.Serial('{PORT}'); print('open', flush=True); p.read(1)"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    result = subprocess.run(
        [sys.executable, "-m", "esptool", "--port", PORT, "flash-id"],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
    )
    assert "Could not exclusively lock port" in result.stdout + result.stderr
    chip.say(b"!")
    assert holder.wait(60) == 0
