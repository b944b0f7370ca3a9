"""How a board's thread runs a program, and how it rests where the program only waits."""

from typing import Any

import pytest

from emulator import execution
from emulator.cpu.core import Stop
from emulator.execution import Execution
from emulator.inbound import Inbound
from emulator.pace import Pace

MHZ = 80
MICROSECONDS = 0x3FF20C00


@pytest.fixture
def sleeps() -> list[float]:
    """How long the thread slept, each time."""
    return []


@pytest.fixture
def made(rig: Any, sleeps: list[float]) -> Execution:
    pace = Pace(rig.chip)
    inbound = Inbound(rig.chip, pace, "fast", lambda: 115200)
    return Execution(rig.chip, "max", pace, inbound, rig.chip.uart.flush, sleeps.append)


def test_a_busy_program_has_the_processor_all_the_time(rig: Any, made: Execution, sleeps: list[float]) -> None:
    rig.load("again: addi.n a2, a2, 1\n j again")
    for _ in range(10):
        finished = made.run_slice()
        assert finished == (Stop.BUDGET, False)
        made.rest(finished)
    assert not made.waits
    assert not sleeps


def test_a_program_that_polls_is_found_waiting_and_gets_its_time_nearly_for_nothing(
    rig: Any, made: Execution, sleeps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "JUMP_LIMIT_S", 0.5)
    rig.core.set_a(2, MICROSECONDS)
    rig.load("again: nop\n l32i a3, a2, 0\n beqz a3, again\n j again")
    cycles, executed = rig.core.cycles, rig.core.executed
    for _ in range(100):
        if not sleeps:
            made.rest(made.run_slice())
    passed, worked = rig.core.cycles - cycles, rig.core.executed - executed
    assert sleeps, "it was not found waiting, or might jump for ever"
    assert passed >= 0.5 * MHZ * 1e6, "it slept before it had jumped over so much"
    assert worked < passed / 10


def test_a_processor_that_waits_for_an_interrupt_jumps_to_the_next_event(rig: Any, made: Execution) -> None:
    rig.load("again: waiti 0\n j again")
    finished = made.run_slice()
    assert finished.stop is Stop.IDLE
    before, event = rig.core.cycles, rig.core.cycles_to_event
    made.rest(finished)
    assert rig.core.cycles == before + event


def test_a_break_is_told_and_the_program_goes_on(rig: Any, made: Execution) -> None:
    rig.load("break 1, 2")
    finished = made.run_slice()
    assert finished.stop is Stop.BREAKPOINT
    where = rig.core.pc
    made.rest(finished)
    assert rig.trace.named("break")[0].data["pc"] == where
    assert rig.core.pc != where
