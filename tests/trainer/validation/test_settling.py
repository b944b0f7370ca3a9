"""Firmware has settled when it has had its time, by the board's own clock, and leaves the flash alone."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from emulator.runner import State
from emulator.trace import Trace
from trainer.validation import settling
from trainer.validation.settling import QUIET_S, START_CYCLES, START_RESETS, Settling


def board(state: State, clock: Callable[[], int] = lambda: 0) -> Any:
    """What of a board is looked at."""
    return SimpleNamespace(state=state, events=Trace(clock), flash=SimpleNamespace(on_change=[]))


def test_what_has_just_been_written_may_not_have_been_all() -> None:
    asleep = board(State.ASLEEP)
    settles = Settling(asleep)
    (write,) = asleep.flash.on_change
    write(0, 4096)
    written_s = time.monotonic()
    settles.wait()
    assert time.monotonic() - written_s >= QUIET_S - 0.01  # a clock's grain


def test_a_program_has_the_cycles_in_which_micropython_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "QUIET_S", 0)
    cycles = iter([START_CYCLES * 2, 0, START_CYCLES // 2, START_CYCLES])  # a reset has begun to count anew
    starts = board(State.PROGRAM, lambda: next(cycles))
    Settling(starts).wait()
    assert next(cycles, None) is None, "it has waited for the last of them"


def test_one_that_restarts_over_and_over_gets_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "QUIET_S", 0)
    monkeypatch.setattr(settling, "LONGEST_S", float("inf"))
    resets = 0

    def clock() -> int:
        nonlocal resets
        if resets:  # the first look is before them
            loops.events.emit_at(0, "reset")
        resets += 1
        return 0

    loops = board(State.PROGRAM, clock)
    Settling(loops).wait()
    assert resets == START_RESETS + 1


def test_nothing_is_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "LONGEST_S", 0.05)
    begun_s = time.monotonic()
    Settling(board(State.HELD)).wait()
    assert time.monotonic() - begun_s >= 0.04, "it had not settled"
