"""A port that goes away while a tool works is told from one that was never there."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainer.commands.diagnoses import diagnose

QUOTES = {
    "esptool 5.6 while writing": "Lost connection, retrying...\nWaiting for the chip to reconnect.......\nERROR: A "
    "serial exception error occurred: [Errno 2] could not open port /dev/ttyUSB0: [Errno 2] No such file or directory",
    "pyserial on Linux, reading": "device reports readiness to read but returned no data (device disconnected or "
    "multiple access on port?)",
    "pyserial on Linux, writing": "write failed: [Errno 5] Input/output error",
    "pyserial on macOS": "read failed: [Errno 6] Device not configured",
    "pyserial on Windows": "ClearCommError failed (PermissionError(13, 'The device does not recognize the command.', "
    "None, 22))",
}


@pytest.mark.parametrize("transcript", QUOTES.values(), ids=QUOTES)
def test_it_is_known_by_what_is_printed(transcript: str) -> None:
    found = diagnose(transcript)
    assert found is not None
    assert found.name.startswith("port-vanished")
    assert "Plug the board in again" in found.cure


def test_a_port_that_was_never_there_is_another_matter() -> None:
    found = diagnose("Could not open /dev/ttyUSB7: [Errno 2] No such file or directory: '/dev/ttyUSB7'")
    assert found is not None
    assert found.name == "no-such-port"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_esptools_own_words(start_process: Callable[..., Any], tmp_path: Path) -> None:
    """The cable is pulled while esptool writes."""
    image = tmp_path / "random.bin"
    image.write_bytes(b"\xe9\0\0\0" + bytes(range(256)) * 1600)
    board = start_process("emulator", "--line", "real", "--json")
    board.wait_for("ready")
    url = json.loads(board.heard[0])["ports"]["driver"]
    plugged_in = [sys.executable, "-m", "trainer", "run", "--on", url, "--name", "/dev/ttyUSB0", "--"]
    program = subprocess.Popen(
        [*plugged_in, sys.executable, "-m", "esptool", "write-flash", "--no-compress", "0", str(image)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    with program:
        assert program.stdout is not None
        transcript = ""
        for line in program.stdout:
            transcript += line
            if "Writing at" in line and "unplugged" not in transcript:
                board.say("unplug")
                transcript += "unplugged\n"
    assert program.returncode != 0
    found = diagnose(transcript)
    assert found is not None, transcript
    assert found.name.startswith("port-vanished"), transcript
