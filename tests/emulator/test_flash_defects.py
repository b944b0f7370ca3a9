"""Flash chips that are worn, that lose their supply in the middle of something, and that take their time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import Board, flash_defects
from emulator.flash import SECTOR_SIZE, Flash
from emulator.flash_defects import BadCells, Interruption, SlowTiming

KIB = 1024
MIB = 1024 * KIB


@pytest.fixture
def flash() -> Flash:
    return Flash(1 * MIB)


@given(st.binary(min_size=1, max_size=3000), st.integers(0, 3 * SECTOR_SIZE), st.integers(0, 255))
def test_bad_cells_never_change_and_the_others_do(content: bytes, offset: int, held: int) -> None:
    before = bytes([held]) * len(content)
    defect = BadCells(frozenset({1}), 1 / 500)
    after = defect(offset, before, content)
    again = defect(offset, after, before)
    assert again == before
    kept = [index for index, value in enumerate(after) if value != content[index]]
    assert all((offset + index) // SECTOR_SIZE == 1 for index in kept)


def test_what_interrupts_an_operation_leaves_it_half_done_and_comes_once(flash: Flash) -> None:
    happened: list[int] = []
    interruption = Interruption(flash, 6 * KIB, lambda: happened.append(1))
    flash.defects.append(interruption)
    flash.erase(0, SECTOR_SIZE)
    flash.program(SECTOR_SIZE, bytes(SECTOR_SIZE))
    assert flash.read(SECTOR_SIZE, SECTOR_SIZE) == bytes(2 * KIB) + b"\xff" * 2 * KIB
    flash.power_cycle()
    flash.program(0, bytes(16 * KIB))
    assert len(happened) == 1
    interruption.rearm()
    flash.program(0, bytes(16 * KIB))
    assert len(happened) == 2


class WallClock:
    """What a timing takes for `time`: it passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    clock = WallClock()
    monkeypatch.setattr(flash_defects, "time", clock)
    return clock


def test_a_slow_chip_is_busy_for_as_long_as_its_datasheet_says_times_the_factor(flash: Flash, wall: WallClock) -> None:
    flash.timing = SlowTiming(2, lambda: True, lambda seconds: None)
    flash.transfer(0x06, None)
    flash.transfer(0x20, 0)
    assert flash.transfer(0x05, None, b"", 1)[0] & 1
    assert flash.transfer(0x9F, None, b"", 3) == b"\xff" * 3, "a busy chip answers nothing but its status"
    while flash.transfer(0x05, None, b"", 1)[0] & 1:
        wall.sleep(0.001)
    assert wall.now_s == pytest.approx(0.09, abs=0.0011)
    assert flash.transfer(0x9F, None, b"", 3) == bytes.fromhex("ef4014")


def test_a_driver_waits_for_a_slow_chip_and_no_longer_than_there_is_power(wall: WallClock) -> None:
    with Board(faults=["slow-erase=2"]) as board:
        board.flash.erase(0, SECTOR_SIZE)
        assert wall.now_s == pytest.approx(0.09)
        board.power(False)
        board.flash.erase(0, 64 * SECTOR_SIZE)
        assert wall.now_s == pytest.approx(0.09)
