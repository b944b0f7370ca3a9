"""What can be seen of a board: its mode, its LED, its buttons, its flash as it fills."""

import threading
from collections.abc import Callable, Iterator
from itertools import cycle

import pytest

from emulator import Board
from emulator.observer import RECENT_S, BoardState, Observer
from emulator.practice import image_path
from emulator.runner import State


@pytest.fixture
def board() -> Iterator[Board]:
    with Board("nodemcu", clock="max") as board:
        yield board


class Watching:
    """An observer that can be waited for."""

    def __init__(self, board: Board) -> None:
        self._changed = threading.Event()
        self.now_s = 0.0
        self.observer = Observer(board, "COM4", self._changed.set, lambda: self.now_s)

    def until(self, condition: Callable[[BoardState], bool]) -> BoardState:
        """The first state for which it holds."""
        while not condition(state := self.observer.state()):
            assert self._changed.wait(60), f"it stays at {state}"
            self._changed.clear()
        return state


@pytest.fixture
def watching(board: Board) -> Iterator[Watching]:
    watching = Watching(board)
    yield watching
    watching.observer.close()


def test_an_empty_board(watching: Watching) -> None:
    state = watching.until(lambda state: state.mode == "hung")
    assert state.title == "NodeMCU 1.0 (ESP-12E)"
    assert state.port == "COM4"
    assert state.plugged
    assert state.last_reset
    assert state.baud is None
    assert state.flash is not None
    assert state.flash.used_bytes == 0


def test_hands_are_seen(board: Board, watching: Watching) -> None:
    watching.until(lambda state: bool(state.last_reset))
    board.press("flash")
    assert watching.observer.state().held == {"flash"}
    board.reset()
    state = watching.until(lambda state: state.mode == "download")
    assert state.last_reset == "external"
    board.unplug()
    state = watching.until(lambda state: state.mode == "off")
    assert not state.plugged
    assert state.last_reset == ""
    board.plug()  # with the button still held: without, an empty board is soon reset by its watchdog
    watching.until(lambda state: state.last_reset == "power on")
    board.release("flash")
    assert not watching.observer.state().held


def test_the_flash_fills(board: Board, watching: Watching) -> None:
    board.unplug()
    watching.until(lambda state: state.mode == "off")
    board.flash.erase(0, 8192)
    board.flash.program(4096, b"\0" * 5000)
    state = watching.observer.state()
    assert state.flash is not None
    assert state.flash.used[:4] == b"\0\1\1\0"
    assert state.flash.used_bytes == 8192
    assert state.flash.recent == {0, 1, 2}
    assert watching.observer.is_lively
    watching.now_s += 2 * RECENT_S
    state = watching.observer.state()
    assert state.flash is not None
    assert not state.flash.recent
    assert not watching.observer.is_lively
    board.flash.erase(4096, 1)
    state = watching.observer.state()
    assert state.flash is not None
    assert state.flash.used[:4] == b"\0\0\1\0"


def test_what_was_there_before_is_seen() -> None:
    with Board("nodemcu", clock="max", firmware=(image_path(), 0)) as board:
        watching = Watching(board)
        state = watching.until(lambda state: state.mode == "program")
        assert state.flash is not None
        assert state.flash.used[0] == 1
        assert state.flash.used[-1] == 0


def test_the_led_is_on_when_its_pin_is_low(board: Board, watching: Watching) -> None:
    watching.until(lambda state: state.mode != "off")
    board.wiring.later(lambda: board.wiring.drive(2, 0, "test"))
    watching.until(lambda state: state.led is True)
    board.wiring.later(lambda: board.wiring.drive(2, None, "test"))
    board.press("flash")
    watching.until(lambda state: "flash" in state.held and state.led is False)


def test_what_is_attached_is_seen(board: Board, watching: Watching) -> None:
    button = board.attach("button@14")
    assert [(device.name, device.pressed) for device in watching.observer.state().devices] == [("button@14", False)]
    button.set(["press"])
    assert watching.observer.state().devices[0].pressed
    board.press("reset")  # an empty board is soon reset by its watchdog, and its pins with it
    watching.until(lambda state: state.mode == "held")
    board.chip.gpio.change("pull_up", 14, True)
    board.chip.gpio.change("as_gpio", 14, True)
    assert [pin.pin for pin in watching.observer.state().pins] == [14]


def test_nothing_is_heard_after_close(board: Board) -> None:
    watching = Watching(board)
    watching.observer.close()
    before = watching.observer.state()
    board.events.emit("pin", pin=2, level=0, driven=True)
    assert watching.observer.state().led == before.led


def test_it_tells_once_until_it_is_asked() -> None:
    board = Board("nodemcu")  # without power, so that nothing happens by itself
    told: list[None] = []
    observer = Observer(board, "COM4", lambda: told.append(None))
    observer.state()
    for level in (0, 1, 0, 1):
        board.events.emit("pin", pin=2, level=level, driven=True)
    assert len(told) == 1
    observer.state()
    board.events.emit("pin", pin=2, level=0, driven=True)
    assert len(told) == 2
    observer.close()
    board.close()


def test_what_changes_while_somebody_looks_is_seen_as_it_was_at_one_moment(
    board: Board, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client may start a program at any time, also between two questions of the observer."""
    moments = cycle([State.DOWNLOAD, State.PROGRAM])
    monkeypatch.setattr(Board, "state", property(lambda board: next(moments)))
    modes = {watching.observer.state().mode for _ in range(20)}
    assert modes <= {"download", "program"}
