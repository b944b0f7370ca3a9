"""Boards as data, and hands on a board: each profile starts, and buttons, supply and cable do what they do."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator import Board, profiles
from emulator.board import BoardError
from emulator.bridge import PortUnpluggedError
from emulator.practice.image import image_bytes
from emulator.pytest_plugin import PluggedBoard
from emulator.runner import RESTART_REST_S, RESTARTS_AT_ONCE

TIMEOUT_S = 60
BANNER = b" ets Jan  8 2013,rst cause:"


class Listener:
    """A client that keeps what it hears."""

    def __init__(self, board: Board, baud: int) -> None:
        self.heard = bytearray()
        self.is_unplugged = False
        board.bridge.set_baud(baud)
        board.bridge.attach(self)

    def receive(self, data: bytes) -> None:
        self.heard += data

    def unplugged(self) -> None:
        self.is_unplugged = True


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


def resets(board: Board) -> list[tuple[str, int]]:
    return [(event.data["cause"], event.data["mode"]) for event in board.events.named("reset")]


@pytest.fixture
def board() -> Iterator[Board]:
    """A board that entered the download mode when its power came, and so stays quiet."""
    board = Board(clock="max")
    board.press("flash")
    with board:
        wait_for(lambda: resets(board))
        board.release("flash")
        yield board


# Profiles


@pytest.mark.parametrize("name", profiles.names())
@pytest.mark.parametrize("baud", [74_880, 115_200])
def test_the_banner_is_legible_at_the_rate_of_the_boards_crystal_only(name: str, baud: int) -> None:
    board = Board(name, clock="max")
    listener = Listener(board, baud)
    with board:
        wait_for(lambda: len(resets(board)) > 1)
    right = {26: 74_880, 40: 115_200}[board.profile.crystal_mhz]
    assert (BANNER in listener.heard) == (baud == right)
    assert listener.heard


def test_a_reset_puts_the_uart_back_to_the_roms_rate_whatever_a_program_made_of_it(tmp_path: Path) -> None:
    program = tmp_path / "practice.bin"
    program.write_bytes(image_bytes())
    with Board(clock="max", firmware=(program, 0)) as board:
        wait_for(lambda: any(event.data["baud"] > 115_000 for event in board.events.named("uart")[-1:]))
        board.reset()
        wait_for(lambda: len(resets(board)) == 2)
        rates = [event for event in board.events.history if event.name in ("uart", "reset")]
    last_reset = max(index for index, event in enumerate(rates) if event.name == "reset")
    assert rates[last_reset - 1].data["baud"] == 74_928


@pytest.mark.parametrize("name", profiles.names())
def test_lines_reset_a_board_with_the_circuit_and_no_other(name: str) -> None:
    with Board(name, clock="max") as board:
        board.bridge.set_lines(dtr=False, rts=True)
        board.bridge.set_lines(dtr=True, rts=False)
        if board.profile.circuit == "auto-reset":
            wait_for(lambda: ("external", 1) in resets(board))
        else:
            wait_for(lambda: len(resets(board)) > 2)
            assert ("external", 1) not in resets(board)


@pytest.mark.slow
@pytest.mark.parametrize("esp8266_board", [{"profile": name} for name in profiles.names()], indirect=True)
def test_esptool_sees_chip_crystal_flash_and_address_of_the_profile(esp8266_board: PluggedBoard) -> None:
    board = esp8266_board.board
    profile = board.profile
    before: tuple[str, ...] = ()
    if profile.circuit == "none":
        board.press("flash")
        board.reset()
        before = ("--before", "no-reset")
    seen = esp8266_board.run("esptool", "--port", esp8266_board.port, *before, "flash-id", timeout_s=250)
    assert profile.chip in seen.stdout, seen.stdout + seen.stderr
    assert f"Crystal frequency:  {profile.crystal_mhz}MHz" in seen.stdout
    assert profile.mac in seen.stdout
    size = next(name for name, size in profiles.FLASH_SIZES.items() if size == profile.flash_size)
    assert f"Detected flash size: {size}" in seen.stdout
    assert ("Embedded Flash" in seen.stdout) == (profile.chip == "ESP8285")


# Hands


def test_flash_held_down_while_reset_is_tapped_asks_for_the_download_mode(board: Board) -> None:
    board.press("flash")
    board.reset()
    board.release("flash")
    wait_for(lambda: len(resets(board)) == 2)
    board.reset()
    wait_for(lambda: len(resets(board)) > 2)
    assert resets(board)[:3] == [("power_on", 1), ("external", 1), ("external", 3)]


def test_a_board_whose_reset_is_held_down_starts_when_it_is_released(board: Board) -> None:
    board.press("reset")
    wait_for(lambda: board.state.value == "held")
    assert len(resets(board)) == 1
    board.release("reset")
    wait_for(lambda: len(resets(board)) > 1)
    assert resets(board)[1] == ("external", 3)


def test_a_button_counts_when_the_power_comes_too() -> None:
    board = Board(clock="max")
    board.press("reset")
    with board:
        wait_for(lambda: board.state.value == "held")
        board.press("flash")
        board.release("reset")
        wait_for(lambda: resets(board))
    assert [mode for _, mode in resets(board)] == [1]


def test_without_power_the_port_stays_and_nothing_answers(board: Board) -> None:
    listener = Listener(board, 74_880)
    board.power(False)
    wait_for(lambda: board.state.value == "off")
    assert not board.has_power
    board.reset()
    board.bridge.write(b"anybody?")
    assert board.bridge.plugged
    assert not listener.is_unplugged
    board.power(True)
    wait_for(lambda: len(resets(board)) > 1)
    assert resets(board)[1] == ("power_on", 3)
    wait_for(lambda: BANNER + b"1" in listener.heard)


def test_a_flash_chip_is_filled_while_there_is_no_power(board: Board) -> None:
    board.flash.program(0x3000, b"old")
    with pytest.raises(BoardError, match="no power"):
        board.fill_flash({})
    board.unplug()
    with pytest.raises(BoardError, match="do not fit"):
        board.fill_flash({board.flash.size - 3: b"long"})
    assert board.flash.read(0x3000, 3) == b"old"
    board.fill_flash({0: b"new", 0x1000: b"and"})
    assert board.flash.read(0, 4) == b"new\xff"
    assert board.flash.read(0x1000, 4) == b"and\xff"
    assert board.flash.read(0x3000, 3) == b"\xff" * 3


def test_a_pulled_cable_takes_port_and_power_and_the_flash_keeps_what_it_holds(board: Board) -> None:
    listener = Listener(board, 74_880)
    board.flash.program(0x1000, b"kept")
    board.unplug()
    assert listener.is_unplugged
    wait_for(lambda: board.state.value == "off")
    with pytest.raises(PortUnpluggedError):
        Listener(board, 74_880)
    board.plug()
    again = Listener(board, 74_880)  # too late for the first banner, perhaps
    wait_for(lambda: BANNER in again.heard)
    assert resets(board)[1] == ("power_on", 3)
    assert board.flash.read(0x1000, 4) == b"kept"


def test_pulling_and_putting_back_twice_is_as_once(board: Board) -> None:
    board.unplug()
    board.unplug()
    board.plug()
    board.plug()
    Listener(board, 74_880)
    wait_for(lambda: board.has_power and board.state.value != "off")


def test_a_supply_that_is_gone_for_a_moment_only_is_missed_all_the_same(board: Board) -> None:
    board.power(False)
    board.power(True)
    wait_for(lambda: len(resets(board)) > 1)
    assert resets(board)[1] == ("power_on", 3)


@pytest.mark.slow
def test_a_board_that_restarts_for_ever_keeps_no_core_busy() -> None:
    """Its flash is empty, so that its watchdog restarts it; with clock=max that would be hundreds of times a second."""
    board = Board(clock="max")
    times: list[float] = []
    board.events.subscribe(lambda event: times.append(time.monotonic()) if event.name == "reset" else None)
    with board:
        wait_for(lambda: len(times) > RESTARTS_AT_ONCE + 2)
    before, after = times[RESTARTS_AT_ONCE + 1 :][:2]
    assert after - before >= RESTART_REST_S
