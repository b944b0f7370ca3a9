"""esptool as it is, on a whole board: every command of the course, both stubs, every rate, every way in."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator import Board, plug
from emulator.practice import image_path
from emulator.runner import State

PORT = "/dev/ttyUSB0"
LOADERS = {"stub": (), "old stub": ("--stub-version", "1"), "ROM": ("--no-stub",)}
pytestmark = pytest.mark.slow


@pytest.fixture
def board() -> Iterator[Board]:
    with Board() as board:
        yield board


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An image that looks like one to esptool, of a size that ends inside a sector."""
    path = tmp_path / "image.bin"
    path.write_bytes(image_path().read_bytes().ljust(20_000, b"\xff") + os.urandom(10_001))
    return path


def as_written(image: Path) -> bytes:
    """The image with its header told of 4 MB, as `--flash-size detect` does; esptool writes whole words."""
    content = bytearray(image.read_bytes())
    content[3] = content[3] & 0x0F | 0x40
    return bytes(content)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("port", [(), ("--port", PORT)], ids=["found", "named"])
def test_flash_id(board: Board, tools, loader: str, port: tuple[str, ...]) -> None:
    said = tools.run(board, "esptool", *port, *LOADERS[loader], "flash-id")
    for line in (
        f"Connected to ESP8266 on {PORT}",
        "ESP8266EX",
        "26MHz",
        f"MAC:                {board.profile.mac}",
        "Manufacturer: ef",
        "Detected flash size: 4MB",
        "Hard resetting via RTS pin...",
    ):
        assert line in said


@pytest.mark.parametrize("baud", [115_200, 460_800, 921_600])
@pytest.mark.parametrize("loader", LOADERS)
def test_what_is_written_is_in_the_flash(board: Board, tools, image: Path, loader: str, baud: int) -> None:
    before = ("esptool", "--baud", str(baud), *LOADERS[loader])
    board.flash.program(0, bytes(1 << 16))
    said = tools.run(board, *before, "write-flash", "--flash-size", "detect", "0", str(image))
    assert "Auto-detected flash size: 4MB" in said
    assert ("Hash of data verified." in said) == (loader != "ROM")
    assert board.flash.read(0, image.stat().st_size) == as_written(image)


@pytest.mark.parametrize("loader", ["stub", "old stub"])
def test_verify_read_and_erase(board: Board, tools, image: Path, tmp_path: Path, loader: str) -> None:
    before = ("esptool", "--baud", "460800", *LOADERS[loader])
    tools.run(board, *before, "write-flash", "--flash-size", "detect", "0x1000", str(image))
    said = tools.run(board, *before, "verify-flash", "--flash-size", "detect", "0x1000", str(image))
    assert "Verification successful (digest matched)." in said
    copy = tmp_path / "copy.bin"
    tools.run(board, *before, "read-flash", "0x1000", str(image.stat().st_size), str(copy))
    assert copy.read_bytes() == image.read_bytes()
    board.flash.program(0x2000, b"\0")
    said = tools.run(board, *before, "verify-flash", "--flash-size", "detect", "0x1000", str(image), status=None)
    assert "Verification failed" in said
    said = tools.run(board, *before, "erase-flash")
    assert "Flash memory erased successfully" in said
    assert board.flash.read(0, board.flash.size) == b"\xff" * board.flash.size


def test_the_rom_alone_leaves_what_is_before_the_image(board: Board, tools, image: Path) -> None:
    board.flash.program(0, bytes(1 << 17))
    tools.run(board, "esptool", "--no-stub", "write-flash", "0x1000", str(image))
    assert board.flash.read(0, 0x1000) == bytes(0x1000)
    assert board.flash.read(0x1000, image.stat().st_size) == image.read_bytes()


@pytest.mark.parametrize("loader", LOADERS)
def test_a_hard_reset_starts_the_program(board: Board, tools, terminal, eventually, loader: str) -> None:
    tools.run(board, "esptool", *LOADERS[loader], "write-flash", "0", str(image_path()))
    eventually(lambda: board.state is State.PROGRAM and board.bridge.running() == "program")
    prompt = terminal(board)
    prompt.port.write(b"\r")
    prompt.until(b">>> ")
    assert prompt.run("1 + 1") == "2"


@pytest.mark.parametrize("loader", ["old stub", "ROM"])
def test_without_a_reset_the_chip_stays_in_download_mode(board: Board, tools, eventually, loader: str) -> None:
    tools.run(board, "esptool", "write-flash", "0", str(image_path()))
    tools.run(board, "esptool", *LOADERS[loader], "--after", "no-reset", "flash-id")
    eventually(lambda: board.state is State.DOWNLOAD)
    assert "Running stub flasher" in tools.run(board, "esptool", "--before", "no-reset", "flash-id")
    eventually(lambda: board.state is State.PROGRAM)


@pytest.mark.parametrize("loader", ["stub", "old stub"])
def test_a_stub_that_was_left_is_used_again(board: Board, tools, loader: str) -> None:
    tools.run(board, "esptool", *LOADERS[loader], "--after", "no-reset-stub", "flash-id")
    uploads = len(board.events.named("run"))
    said = tools.run(board, "esptool", *LOADERS[loader], "--before", "no-reset", "flash-id")
    assert "Stub flasher is already running" in said
    assert len(board.events.named("run")) == uploads


def test_a_blank_flash_complains_over_and_over(terminal) -> None:
    with Board(clock="max") as board:
        log = terminal(board, baud=74_880)
        said = b"".join(log.until(b"ets_main.c") for _ in range(3))
    assert said.count(b"rst cause:4, boot mode:(3,") >= 2
    assert b"wdt reset" in said


def test_eight_boards_are_flashed_at_the_same_time(tools, tmp_path: Path) -> None:
    contents = [os.urandom(50_000) for _ in range(8)]
    boards = [Board(clock="max").start() for _ in contents]
    failures: list[BaseException] = []

    def flash(board: Board, number: int) -> None:
        path = tmp_path / f"{number}.bin"
        path.write_bytes(contents[number])
        try:
            tools.run(board, "esptool", "write-flash", "0", str(path))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=flash, args=(board, number)) for number, board in enumerate(boards)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert not failures
        assert [board.flash.read(0, 50_000) for board in boards] == contents
    finally:
        for board in boards:
            board.close()


class BoardProcess:
    """`espdojo board` in a process of its own, with every way in."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "emulator", "--json", "--rfc2217", "0", "--tcp", "0", "--pty", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = self.event("ready")

    def event(self, name: str) -> dict:
        """The next event of that name."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == name:
                return event
        raise AssertionError(f"no event {name}: it ended with status {self.process.wait()}")

    def do(self, *commands: str) -> None:
        """Hands on the board."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(command + "\n" for command in commands))
        self.process.stdin.flush()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def board_process() -> Iterator[Callable[..., BoardProcess]]:
    processes: list[BoardProcess] = []

    def start(*options: str) -> BoardProcess:
        processes.append(BoardProcess(*options))
        return processes[-1]

    yield start
    for process in processes:
        process.close()


@pytest.mark.parametrize("transport", ["rfc2217", "pty", "tcp"])
def test_every_way_in_writes(board_process, tools, image: Path, tmp_path: Path, transport: str) -> None:
    if transport == "pty":
        pytest.importorskip("termios")
    flash = tmp_path / "flash.bin"
    board = board_process("--flash", str(flash))
    for command in (["flash-id"], ["write-flash", "--flash-size", "detect", "0", str(image)]):
        before: tuple[str, ...] = ()
        if transport == "tcp":
            board.do("press flash", "reset", "release flash")
            while board.event("reset")["mode"] != 1:
                pass
            before = ("--before", "no-reset")
        said = tools.run(None, "esptool", "--port", board.ready["ports"][transport], *before, *command)
        assert "4MB" in said
    assert flash.read_bytes().startswith(as_written(image))


def test_killed_in_the_middle_of_a_write_the_flash_file_is_whole(board_process, tools, tmp_path: Path) -> None:
    flash = tmp_path / "flash.bin"
    content = os.urandom(3 << 20)  # it takes so long that nobody is too late to see it broken off
    (tmp_path / "image.bin").write_bytes(content)
    board = board_process("--flash", str(flash))
    # Not by its pty: esptool opens that by its name once more, and by then it may be somebody else's.
    writer = subprocess.Popen(
        [sys.executable, "-m", "esptool", "--port", PORT, "write-flash", "0", str(tmp_path / "image.bin")],
        env=plug.environment(board.ready["ports"]["driver"], PORT),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    for _ in range(20):
        board.event("program")
    board.close()
    said = writer.communicate(timeout=60)[0]
    assert writer.returncode != 0, said
    assert flash.stat().st_size == 4 << 20
    assert list(tmp_path.glob(".*")) == []
    with Board(flash=flash) as again:
        written = again.flash.read(0, len(content))
        assert written.startswith(content[:256])
        assert written != content
        (tmp_path / "image.bin").write_bytes(content[: 1 << 20])
        tools.run(again, "esptool", "write-flash", "0", str(tmp_path / "image.bin"))
        assert again.flash.read(0, 1 << 20) == content[: 1 << 20]
