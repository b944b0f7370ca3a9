"""The idle detector: which programs only wait, and how they go on dozing (`emulator.cpu.spin`)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.cpu.core import Stop
from emulator.cpu.spin import FIRST_ROUNDS
from emulator.wiring import Wiring

MICROSECONDS = 0x3FF20C00
TIMER = 0x60000600
EDGE_INT_ENABLE = 0x3FF00004
FRC1_LOAD, FRC1_CTRL = TIMER, TIMER + 0x08
ENABLE = 1 << 7
FRC1 = 1 << 9
MHZ = 80
TEST_CYCLES = 60_000
STEP = 40_000
A_WHILE = 8_000_000

WAIT_FOR_A_TIME = """
wait:   l32i a3, a2, 0
        s32i a3, a6, 0
        bltu a3, a4, wait
        mov.n a5, a3
counts: addi a7, a7, 1
        j counts
"""
"""a2 is where the time is, a4 the time to wait for, a6 some RAM."""
RAM = 0x3FFE9000
COUNTS_IN_RAM = """
loop:   l32i a3, a6, 0
        addi a3, a3, 1
        s32i a3, a6, 0
        j loop
"""
COUNTS_IN_A_REGISTER = "loop: addi a3, a3, 1\n j loop"
SENDS = "loop: s32i a3, a8, 0\n j loop"
NEVER_COMES_BY_AGAIN = "nop\n" * 1000 + "waiti 0"
UART_FIFO = 0x60000000


def waits(rig: Any) -> bool:
    """What the detector says of the program after a while."""
    rig.run(2_000)
    return bool(rig.core.is_spinning(FIRST_ROUNDS, MHZ, TEST_CYCLES))


def load(rig: Any, source: str) -> dict[str, int]:
    """A program with some addresses in its registers."""
    for register, address in {2: MICROSECONDS, 6: RAM, 8: UART_FIFO}.items():
        rig.core.set_a(register, address)
    return dict(rig.load(source))


def poll_until(rig: Any, micros: int) -> dict[str, int]:
    """A program that polls the clock for so long, and then counts in a7."""
    rig.core.set_a(4, rig.core.load(MICROSECONDS) + micros)
    return load(rig, WAIT_FOR_A_TIME)


def test_a_program_that_polls_the_time_only_waits(rig: Any) -> None:
    poll_until(rig, 1_000_000)
    assert waits(rig)


@pytest.mark.parametrize("source", [COUNTS_IN_RAM, COUNTS_IN_A_REGISTER, SENDS, NEVER_COMES_BY_AGAIN])
def test_a_program_that_does_something_is_busy(rig: Any, source: str) -> None:
    load(rig, source)
    assert not waits(rig)


def test_dozing_takes_the_time_and_few_instructions(rig: Any) -> None:
    poll_until(rig, 10_000_000)
    assert waits(rig)
    core = rig.core
    cycles, skipped = core.cycles, core.cpu.skipped
    assert core.doze(A_WHILE, STEP) is Stop.SPINNING
    passed = core.cycles - cycles
    assert passed == pytest.approx(A_WHILE, abs=STEP)
    assert passed - (core.cpu.skipped - skipped) < A_WHILE / 200


@pytest.mark.slow
@given(micros=st.integers(2_000, 80_000))
@settings(deadline=None, max_examples=40)
def test_a_dozing_program_notices_its_time_within_a_step(shared_rig: Any, micros: int) -> None:
    """And computes at full speed from then on."""
    rig = shared_rig
    rig.reset()
    begin = rig.core.load(MICROSECONDS)
    symbols = poll_until(rig, micros)
    assert waits(rig)
    assert rig.core.doze(A_WHILE, STEP) is Stop.BUDGET
    assert symbols["counts"] <= rig.core.pc
    noticed_after = rig.core.a(5) - begin
    assert 0 <= noticed_after - micros <= STEP / MHZ + 1
    left_us = A_WHILE / MHZ - noticed_after
    assert rig.core.a(7) == pytest.approx(left_us * MHZ / 2, rel=0.05)


def test_a_timer_is_not_late_for_a_dozing_program(rig: Any) -> None:
    """Its interrupt is raised in the cycle in which it is due, not at the end of a step."""
    poll_until(rig, 10_000_000)
    assert waits(rig)
    rig.core.store(EDGE_INT_ENABLE, 1 << 1)
    rig.core.store(FRC1_LOAD, 12_345)
    rig.core.store(FRC1_CTRL, ENABLE)
    begin = rig.core.cycles
    rig.core.doze(12_000, STEP)
    assert not rig.core.cpu.latch & FRC1
    rig.core.doze(400, STEP)
    assert rig.core.cpu.latch & FRC1
    assert rig.core.cycles - begin < 12_500


def test_another_call_of_the_same_code_does_not_rest(rig: Any) -> None:
    """A program that left its wait may call the same routine from elsewhere, and computes at full speed."""
    source = """
            movi a12, 0
    idle:   movi a4, 0
            call0 poll
            bltu a3, a5, idle
    busy:   movi a4, 0
            call0 poll
            addi a12, a12, 1
            j busy
            .align 4
    poll:   l32i a3, a2, 0
            nop
            ret
    """
    core = rig.core
    load(rig, source)
    core.set_a(5, core.load(MICROSECONDS) + 10_000)
    assert waits(rig)
    core.doze(1_600_000, STEP)
    assert core.a(12) > 50_000


def test_a_program_that_waits_for_bytes_catches_up_with_the_line(rig: Any) -> None:
    """It gets every byte, in the time that they take, and executes next to nothing for it."""
    source = """
    wait:   l32i a3, a8, 0x1c
            extui a3, a3, 0, 8
            beqz a3, wait
            l32i a3, a8, 0
            add a9, a9, a3
            addi a10, a10, 1
            j wait
    """
    core, uart = rig.core, rig.chip.uart
    load(rig, source)
    core.set_a(9, 0)
    core.set_a(10, 0)
    assert waits(rig)
    uart.put_on_line(b"\1\2" * 1000, 7000)
    begin, skipped = core.cycles, core.cpu.skipped
    while uart.is_line_busy:
        stop, rested = core.catch_up(10_000)
        assert stop is Stop.BUDGET
        assert rested
    core.run(2_000)
    assert (core.a(9), core.a(10)) == (3000, 2000)
    passed = core.cycles - begin
    assert passed == pytest.approx((2000 - 2000 % 128) * 7000, rel=0.01)
    polls, instructions_for_a_byte = 3, 8
    bursts = 2000 // 128 + 1
    assert passed - (core.cpu.skipped - skipped) < 2000 * instructions_for_a_byte + bursts * polls * 20 + 2_000


def test_a_program_that_takes_a_stored_byte_each_microsecond_does_not_wait(rig: Any) -> None:
    """MicroPython's raw REPL does: what it has taken moves like the time, and its buffer overflows if more comes."""
    source = """
    wait:   l32i a3, a8, 0x1c
            extui a3, a3, 0, 8
            bnez a3, store
            beqz a10, wait
            movi a4, 38
    work:   addi a4, a4, -1
            bnez a4, work
            addi a10, a10, -1
            addi a11, a11, 1
            j wait
    store:  l32i a3, a8, 0
            movi a5, 130
            bge a10, a5, wait
            addi a10, a10, 1
            j wait
    """
    core, uart = rig.core, rig.chip.uart
    load(rig, source)
    core.set_a(10, 0)
    core.set_a(11, 0)
    assert waits(rig)
    uart.put_on_line(bytes(1000), 7000)
    while uart.is_line_busy:
        core.catch_up(10_000)
    core.run(20_000)
    assert core.a(11) == 1000


def test_a_program_is_found_waiting_where_it_was_before_wherever_it_is_asked(rig: Any) -> None:
    """So what was compiled without that instruction can stay in use."""
    source = """
    wait:   l32i a3, a2, 0
            call0 sub
            call0 sub
    next:   j wait
    sub:    addi a4, a4, 1
            addi a4, a4, -1
            ret.n
    """
    core = rig.core
    labels = load(rig, source)
    assert waits(rig)
    leaders = [labels["sub"], labels["next"]]
    core.compile(leaders)
    compiled = core.compiled
    assert compiled
    for _ in range(20):
        core.run(97)
        assert core.is_spinning(FIRST_ROUNDS, MHZ, TEST_CYCLES)
        core.doze(1_000, STEP)
        assert core.compiled == compiled


def test_a_program_that_waits_elsewhere_is_found_the_second_time(rig: Any) -> None:
    poll_until(rig, 100)
    assert waits(rig)
    rig.core.run(MHZ * 200)
    load(rig, "nop.n\n" * 10 + "elsewhere: l32i a3, a2, 0\n nop\n nop\n j elsewhere")
    assert [waits(rig) for _ in range(3)] == [False, True, True]


MEASURES_PULSES = """
loop:   l32i a3, a2, 0                  # the time, before the pin
looks:  l32i a4, a7, 0
        extui a4, a4, 4, 1
        beq a4, a5, loop
        mov.n a5, a4
        sub a9, a3, a10
        mov.n a10, a3
        s32i a9, a6, 0
        addi a6, a6, 4
        j loop
"""
"""a7 is GPIO_IN, a6 where the lengths of the pulses of pin 4 go, in microseconds."""
GPIO_IN = 0x60000318


@pytest.mark.parametrize("pulses", [[26, 70, 50, 26, 1500, 3, 40_000, 70], [600] * 12])
def test_a_dozing_program_measures_pulses_right(rig: Any, pulses: list[int]) -> None:
    """However it asks: here it looks at the clock first, so that a rest up to the change itself would be lost."""
    wiring = Wiring(rig.chip, {}, lambda action: action())
    labels = load(rig, MEASURES_PULSES)
    rig.core.set_a(7, GPIO_IN)
    rig.core.set_a(5, 0)
    wiring.drive(4, 0, "test")
    rig.core.set_breakpoint(labels["looks"])
    assert rig.run(2_000) is Stop.BREAKPOINT
    rig.core.clear_breakpoint(labels["looks"])
    assert rig.core.is_spinning(FIRST_ROUNDS, MHZ, TEST_CYCLES)
    rest = [10_000, *pulses]
    level = 0

    def change() -> None:
        nonlocal level
        level = 1 - level
        wiring.drive(4, level, "test")
        if rest:
            wiring.after(rest.pop(0), change)

    wiring.after(rest.pop(0), change)
    for _ in range(12):
        rig.core.doze(640_000, STEP)
    measured = [rig.core.read32(RAM + 4 * index) for index in range(1, len(pulses) + 1)]
    assert measured == pytest.approx(pulses, abs=2)
    wiring.drive(4, None, "test")
    wiring.power_off()
