"""Level-1 interrupts, cycle counter and comparator, and WAITI (Xtensa ISA Reference Manual, 4.4.4 and 4.4.6)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.cpu.core import Stop
from emulator.cpu.isa import Cause

CODE = 0x40100000
VECTORS = 0x40100800
USER = VECTORS + 0x50
COUNTING_HANDLER = """
    .org 0x40100850
    addi a15, a15, 1
    rsr a14, INTERRUPT
    wsr a14, INTCLEAR
    rfe
"""


@pytest.fixture
def board(machine: Any) -> Any:
    """A machine with its vectors in instruction RAM."""
    machine.core.set_special("VECBASE", VECTORS)
    return machine


def test_a_software_interrupt_is_taken_once_and_latched(board: Any) -> None:
    board.load(f"movi a2, 0x80\n wsr a2, INTENABLE\n wsr a2, INTSET\n nop\n j .+3\n break 0, 0 {COUNTING_HANDLER}")
    assert board.run() is Stop.BREAKPOINT
    assert board.core.a(15) == 1
    assert board.core.special("EXCCAUSE") == Cause.LEVEL1_INTERRUPT
    assert board.core.special("INTERRUPT") == 0
    assert board.core.special("PS") == 0x20


@pytest.mark.parametrize(
    ("ps", "enabled", "taken"),
    [
        (0x20, 0x80, True),
        (0x00, 0x80, True),
        (0x20, 0x40, False),
        (0x20, 0x00, False),
        (0x21, 0x80, False),
        (0x2F, 0x80, False),
        (0x30, 0x80, False),
    ],
)
def test_an_interrupt_waits_for_mask_and_level(single: Any, ps: int, enabled: int, taken: bool) -> None:
    core = single.core
    core.set_special("VECBASE", VECTORS)
    core.set_special("PS", ps)
    core.set_special("INTENABLE", enabled)
    single.load("nop\n nop")
    core.cpu.latch = 0x80
    single.step()
    if taken:
        assert core.special("EPC1") == CODE
        assert core.pc in range(VECTORS, VECTORS + 0x100)
        assert core.special("PS") == ps | 0x10
    else:
        assert core.pc == CODE + 3
    assert core.special("INTERRUPT") == 0x80, "it stays pending until it is cleared"


def test_rsil_holds_interrupts_off_and_wsr_ps_lets_them_in(board: Any) -> None:
    board.load(
        f"""
        movi a2, 0x80
        wsr a2, INTENABLE
        rsil a3, 1
        wsr a2, INTSET
        j .+3
        mov.n a4, a15
        wsr a3, PS
        j .+3
        mov.n a5, a15
        break 0, 0
        {COUNTING_HANDLER}
        """
    )
    assert board.run() is Stop.BREAKPOINT
    assert (board.core.a(3), board.core.a(4), board.core.a(5)) == (0x20, 0, 1)


def test_rfi_lets_a_pending_interrupt_in(board: Any) -> None:
    board.load(f"rfi 2\n .org 0x40100100\n nop\n j .+3\n break 0, 0 {COUNTING_HANDLER}")
    core = board.core
    for name, value in {"EPC2": 0x40100100, "EPS2": 0x20, "PS": 0x2F, "INTENABLE": 0x80}.items():
        core.set_special(name, value)
    core.cpu.latch = 0x80
    assert board.run() is Stop.BREAKPOINT
    assert core.a(15) == 1


def test_a_level_interrupt_comes_back_until_its_line_falls(board: Any) -> None:
    core = board.core
    board.load("again: j again\n .org 0x40100850\n addi a15, a15, 1\n simcall\n rfe")

    def lower_after_three() -> None:
        if core.a(15) == 3:
            core.cpu.lines = 0

    board.on_call = lower_after_three
    core.set_special("INTENABLE", 0x20)
    core.cpu.lines = 0x20
    assert board.run(1000) is Stop.BUDGET
    assert core.a(15) == 3


def test_ccount_counts_instructions(board: Any) -> None:
    board.load("rsr a2, CCOUNT\n nop\n nop\n rsr a3, CCOUNT\n break 0, 0")
    before = board.core.special("CCOUNT")
    board.run()
    assert board.core.a(3) - board.core.a(2) == 3
    assert board.core.a(2) - before in (0, 1)


def test_ccount_can_be_set(board: Any) -> None:
    board.load("movi a2, 100\n wsr a2, CCOUNT\n nop\n rsr a3, CCOUNT\n break 0, 0")
    board.run()
    assert 100 <= board.core.a(3) <= 103


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5000), st.integers(1, 700))
def test_ccompare_fires_at_its_time_in_any_slicing(stepper: Any, distance: int, budget: int) -> None:
    stepper.reset()
    core = stepper.core
    core.set_special("VECBASE", VECTORS)
    core.set_special("INTENABLE", 0x40)
    stepper.load(
        f"""
        rsr a2, CCOUNT
        movi a3, {distance >> 8}
        slli a3, a3, 8
        addmi a3, a3, 0
        movi a4, {distance & 0xFF}
        add a3, a3, a4
        add a3, a3, a2
        addi a3, a3, 32
        wsr a3, CCOMPARE0
        again: j again
        .org 0x40100850
        rsr a4, CCOUNT
        break 0, 0
        """
    )
    while (stop := core.run(budget)) is Stop.BUDGET:
        assert core.special("CCOUNT") - core.a(2) < 10_000
    assert stop is Stop.BREAKPOINT
    assert 0 <= core.a(4) - core.a(3) <= 2
    assert core.special("INTERRUPT") == 0x40


def test_writing_ccompare_clears_its_interrupt(board: Any) -> None:
    board.load("wsr a2, CCOMPARE0\n rsr a3, INTERRUPT\n break 0, 0")
    board.core.cpu.latch = 0xC0
    board.run()
    assert board.core.a(3) == 0x80


def test_ccompare_far_ahead_does_not_fire_at_once(board: Any) -> None:
    board.load("rsr a2, CCOUNT\n add a2, a2, a3\n wsr a2, CCOMPARE0\n again: j again")
    board.core.set_a(3, 0xF0000000)
    board.run(3_000_000)
    assert board.core.special("INTERRUPT") == 0
    for _ in range(4):
        board.core.skip(0x40000000)
        board.run(100)
    assert board.core.special("INTERRUPT") == 0x40


def test_waiti_sleeps_until_an_interrupt_and_returns_behind_itself(board: Any) -> None:
    core = board.core
    board.load(f"movi a2, 0x20\n wsr a2, INTENABLE\n waiti 0\n mov.n a5, a15\n break 0, 0\n {COUNTING_HANDLER}")
    assert board.run() is Stop.IDLE
    assert board.run() is Stop.IDLE, "nothing happened, so it sleeps on"
    waiting_at = core.pc
    core.cpu.latch = 0x20
    assert board.run() is Stop.BREAKPOINT
    assert core.special("EPC1") == waiting_at + 3
    assert core.a(5) == 1


def test_waiti_with_interrupts_locked_goes_on_without_a_handler(board: Any) -> None:
    core = board.core
    board.load(f"movi a2, 0x20\n wsr a2, INTENABLE\n waiti 1\n mov.n a5, a15\n break 0, 0\n {COUNTING_HANDLER}")
    assert board.run() is Stop.IDLE
    core.cpu.latch = 0x20
    assert board.run() is Stop.BREAKPOINT
    assert core.a(5) == 0
    assert core.special("PS") == 0x21


def test_waiti_does_not_sleep_on_what_is_pending(board: Any) -> None:
    board.load(f"movi a2, 0x20\n wsr a2, INTENABLE\n waiti 0\n j .+3\n break 0, 0\n {COUNTING_HANDLER}")
    board.core.cpu.latch = 0x20
    board.core.set_special("PS", 0x2F)
    assert board.run() is Stop.BREAKPOINT
    assert board.core.a(15) == 1


def test_idle_time_can_be_skipped_up_to_ccompare(board: Any) -> None:
    core = board.core
    core.set_special("INTENABLE", 0x40)
    board.load(
        f"""
        rsr a2, CCOUNT
        addmi a2, a2, 20480
        wsr a2, CCOMPARE0
        waiti 0
        rsr a3, CCOUNT
        break 0, 0
        {COUNTING_HANDLER}
        """
    )
    assert board.run(1_000_000) is Stop.IDLE
    assert core.cycles_to_event == 0, "timers were written and not yet looked at"
    assert board.run(1_000_000) is Stop.IDLE
    assert 0 < core.cycles_to_event <= 20480
    core.skip(core.cycles_to_event)
    assert board.run(100) is Stop.BREAKPOINT
    assert 0 <= core.a(3) - core.a(2) < 20
