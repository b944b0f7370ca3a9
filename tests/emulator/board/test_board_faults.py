"""What goes wrong around a board ends in one clear message, and what belongs to a board ends with it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import serial

from emulator import Board, BoardError
from emulator.flash import FlashFileError
from emulator.practice import image_path

MIB = 1 << 20


def board_fails(*options: str, status: int = 1) -> str:
    """`espdojo board` with those options; the message it fails with, which must be for people."""
    result = subprocess.run(
        [sys.executable, "-m", "emulator", *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert result.returncode == status, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    return result.stderr.splitlines()[-1]


def test_a_damaged_flash_file_is_left_as_it_is(tmp_path: Path) -> None:
    damaged = tmp_path / "flash.bin"
    damaged.write_bytes(b"short")
    assert "5 bytes" in board_fails("--flash", str(damaged))
    assert damaged.read_bytes() == b"short"


def test_a_flash_file_of_another_size_is_refused(tmp_path: Path) -> None:
    flash = tmp_path / "flash.bin"
    flash.write_bytes(b"\xff" * MIB)
    with pytest.raises(FlashFileError, match="another board"):
        Board(flash=flash, flash_size="4MB")
    with Board(flash=flash) as board:
        assert board.flash.size == MIB


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_flash_file_is_refused(tmp_path: Path) -> None:
    flash = tmp_path / "flash.bin"
    flash.write_bytes(b"\xff" * MIB)
    flash.chmod(0o444)
    assert "Change its permissions" in board_fails("--flash", str(flash))


@pytest.mark.slow
def test_two_boards_cannot_share_a_flash_file(tmp_path: Path) -> None:
    flash = tmp_path / "flash.bin"
    with Board(flash=flash, flash_size=MIB):
        assert "in use by another board" in board_fails("--flash", str(flash))
    assert flash.stat().st_size == MIB


def test_a_folder_is_no_flash_file(tmp_path: Path) -> None:
    assert "is a directory" in board_fails("--flash", str(tmp_path), status=2)


@pytest.mark.parametrize("kind", ["missing", "a folder", "too large"])
def test_an_image_that_cannot_be_used_leaves_no_flash_file_behind(tmp_path: Path, kind: str) -> None:
    image, flash = tmp_path / "image.bin", tmp_path / "flash.bin"
    if kind == "a folder":
        image.mkdir()
    elif kind == "too large":
        image.write_bytes(bytes(MIB + 1))
    with pytest.raises(BoardError, match=r"image\.bin"):
        Board(flash=flash, flash_size="1MB", firmware=(image, 0))
    assert not flash.exists()


def test_an_image_that_does_not_fit_leaves_the_flash_as_it_is(tmp_path: Path) -> None:
    image, flash = tmp_path / "image.bin", tmp_path / "flash.bin"
    image.write_bytes(bytes(4096))
    flash.write_bytes(b"\x55" * MIB)
    with pytest.raises(BoardError, match=r"does not fit at 0xff001"):
        Board(flash=flash, firmware=(image, MIB - 4095))
    assert flash.read_bytes() == b"\x55" * MIB
    Board(flash=flash).close()


@pytest.mark.slow
@pytest.mark.parametrize("host", ["256.1.1.1", "no-such-host.invalid"])
def test_a_host_that_is_not_ours_is_told_in_words(host: str) -> None:
    message = board_fails("--tcp", f"{host}:0")
    assert message.startswith(f"Error: Cannot listen on {host}:0: ")
    assert "Unknown error" not in message


@pytest.mark.slow
def test_a_closed_board_leaves_no_thread_and_no_descriptor() -> None:
    def live(transport: str) -> None:
        with (
            Board(firmware=(image_path(), 0), clock="max") as board,
            serial.serial_for_url(board.serve(transport), 115_200, timeout=60) as port,
        ):
            port.write(b"\r")
            assert port.read_until(b">>> ").endswith(b">>> ")

    live("driver")
    threads, descriptors = set(threading.enumerate()), _descriptors()
    for transport in ("driver", "tcp") * 3:
        live(transport)
    for thread in set(threading.enumerate()) - threads:
        thread.join(60)
    assert set(threading.enumerate()) <= threads
    assert _descriptors() <= descriptors


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def _read_to_the_end(port: serial.SerialBase) -> None:
    while port.read(1):
        pass


def test_a_board_with_a_client_can_be_closed() -> None:
    board = Board(clock="max").start()
    with serial.serial_for_url(board.serve("driver"), timeout=60) as port:
        board.close()
        with pytest.raises(serial.SerialException):
            _read_to_the_end(port)
    board.close()
