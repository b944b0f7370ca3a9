"""FRC1 and FRC2: counts, prescalers, reload, alarm, at 80 and 160 MHz (SDK `timer_register.h`)."""

from typing import Any

import pytest

TIMER = 0x60000600
FRC1_LOAD, FRC1_COUNT, FRC1_CTRL, FRC1_INT = (TIMER + offset for offset in (0x00, 0x04, 0x08, 0x0C))
FRC2_LOAD, FRC2_COUNT, FRC2_CTRL, FRC2_INT, FRC2_ALARM = (TIMER + offset for offset in (0x20, 0x24, 0x28, 0x2C, 0x30))
ENABLE, RELOAD = 1 << 7, 1 << 6
FRC1, FRC2 = 1 << 9, 1 << 10
PRESCALERS = {0: 1, 1 << 2: 16, 2 << 2: 256}
CPU_CLOCK = 0x3FF00014
EDGE_INT_ENABLE, NMI_INT_ENABLE = 0x3FF00004, 0x3FF00000


@pytest.fixture(autouse=True)
def enabled(rig: Any) -> None:
    """Both timers may interrupt."""
    rig.core.store(EDGE_INT_ENABLE, 1 << 1 | 1 << 2)


def wait(rig: Any, cycles: int) -> None:
    """Let a program spin so long; exactly, but for the last branch."""
    rig.load("loop: j loop")
    rig.run(cycles)


def pending(rig: Any) -> int:
    """The timers' interrupts that are latched."""
    return int(rig.core.cpu.latch & (FRC1 | FRC2))


@pytest.mark.parametrize("fast", [0, 1])
@pytest.mark.parametrize("prescaler", PRESCALERS)
def test_counting(rig: Any, prescaler: int, fast: int) -> None:
    """Timers follow the APB clock of 80 MHz, whatever the processor does."""
    core = rig.core
    core.store(CPU_CLOCK, fast)
    core.store(FRC1_LOAD, 0x700000)
    core.store(FRC2_LOAD, 1000)
    core.store(FRC1_CTRL, ENABLE | prescaler)
    core.store(FRC2_CTRL, ENABLE | prescaler)
    wait(rig, 100_000)
    ticks = 100_000 / PRESCALERS[prescaler] / (1 + fast)
    assert 0x700000 - core.load(FRC1_COUNT) == pytest.approx(ticks, abs=5)
    assert core.load(FRC2_COUNT) - 1000 == pytest.approx(ticks, abs=5)


def test_a_timer_that_is_off_stands_still(rig: Any) -> None:
    rig.core.store(FRC1_LOAD, 500)
    rig.core.store(FRC2_LOAD, 500)
    wait(rig, 10_000)
    assert (rig.core.load(FRC1_COUNT), rig.core.load(FRC2_COUNT)) == (500, 500)
    assert pending(rig) == 0


def test_stopping_keeps_the_count(rig: Any) -> None:
    rig.core.store(FRC2_CTRL, ENABLE)
    wait(rig, 1000)
    rig.core.store(FRC2_CTRL, 0)
    count = rig.core.load(FRC2_COUNT)
    wait(rig, 1000)
    assert rig.core.load(FRC2_COUNT) == count == pytest.approx(1000, abs=5)


@pytest.mark.parametrize(("load", "prescaler"), [(1000, 0), (100, 1 << 2), (10, 2 << 2), (1, 0)])
def test_frc1_interrupts_at_zero_and_once_without_reload(rig: Any, load: int, prescaler: int) -> None:
    cycles = load * PRESCALERS[prescaler]
    rig.core.store(FRC1_LOAD, load)
    rig.core.store(FRC1_CTRL, ENABLE | prescaler)
    if cycles > 20:
        wait(rig, cycles - 10)
        assert pending(rig) == 0
    wait(rig, 30)
    assert pending(rig) == FRC1
    rig.core.store(FRC1_INT, 0)
    assert pending(rig) == 0
    wait(rig, 3 * cycles)
    assert pending(rig) == 0
    assert rig.core.load(FRC1_COUNT) > 0x700000


def test_frc1_with_reload_comes_again_and_again(rig: Any) -> None:
    rig.core.store(FRC1_LOAD, 1000)
    rig.core.store(FRC1_CTRL, ENABLE | RELOAD)
    for _ in range(5):
        wait(rig, 1000)
        assert pending(rig) == FRC1
        rig.core.store(FRC1_INT, 0)
        assert pending(rig) == 0
    assert 0 < rig.core.load(FRC1_COUNT) <= 1000


def test_frc1_has_23_bits(rig: Any) -> None:
    rig.core.store(FRC1_LOAD, 0xFFFFFFFF)
    assert rig.core.load(FRC1_LOAD) == 0x7FFFFF
    assert rig.core.load(FRC1_COUNT) == 0x7FFFFF


@pytest.mark.parametrize("start", [0, 0xFFFFFFF0, 0xFFFFFFFF])
@pytest.mark.parametrize("prescaler", PRESCALERS)
def test_frc2_interrupts_when_the_count_passes_the_alarm(rig: Any, start: int, prescaler: int) -> None:
    tick = PRESCALERS[prescaler]
    rig.core.store(FRC2_LOAD, start)
    rig.core.store(FRC2_CTRL, ENABLE | prescaler)
    rig.core.store(FRC2_ALARM, start + 100 & 0xFFFFFFFF)
    assert rig.core.load(FRC2_ALARM) == start + 100 & 0xFFFFFFFF
    wait(rig, 95 * tick)
    assert pending(rig) == 0
    wait(rig, 10 * tick)
    assert pending(rig) == FRC2
    rig.core.store(FRC2_INT, 0)
    wait(rig, 200 * tick)
    assert pending(rig) == 0


def test_an_alarm_in_the_past_waits_a_whole_round(rig: Any) -> None:
    rig.core.store(FRC2_LOAD, 1000)
    rig.core.store(FRC2_CTRL, ENABLE)
    rig.core.store(FRC2_ALARM, 900)
    wait(rig, 10_000)
    assert pending(rig) == 0


def test_an_alarm_far_away_comes_all_the_same(rig: Any) -> None:
    """Longer than the 2**20 cycles after which everything is looked at."""
    rig.core.store(FRC2_CTRL, ENABLE)
    rig.core.store(FRC2_ALARM, 5_000_000)
    wait(rig, 4_999_000)
    assert pending(rig) == 0
    wait(rig, 2000)
    assert pending(rig) == FRC2


def test_idle_time_counts(rig: Any) -> None:
    """A board that sleeps through a WAITI skips cycles; the alarm is where the sleep ends."""
    rig.core.store(FRC2_CTRL, ENABLE)
    rig.core.store(FRC2_ALARM, 400_000)
    rig.core.set_special("INTENABLE", FRC2)
    rig.load("waiti 0\n break 0, 0")
    assert rig.run(10_000_000).name == "IDLE"
    assert rig.core.cycles_to_event == pytest.approx(400_000, abs=100)
    rig.core.skip(rig.core.cycles_to_event)
    assert pending(rig) == 0
    rig.run(1000)
    assert rig.core.load(FRC2_COUNT) >= 400_000


def test_a_change_of_the_processors_clock_keeps_the_counts(rig: Any) -> None:
    rig.core.store(FRC2_CTRL, ENABLE)
    wait(rig, 10_000)
    before = rig.core.load(FRC2_COUNT)
    rig.core.store(CPU_CLOCK, 1)
    assert rig.core.load(FRC2_COUNT) == pytest.approx(before, abs=2)
    wait(rig, 10_000)
    assert rig.core.load(FRC2_COUNT) == pytest.approx(before + 5000, abs=5)


def test_a_reset_stops_both(rig: Any) -> None:
    rig.core.store(FRC1_LOAD, 5)
    rig.core.store(FRC1_CTRL, ENABLE | RELOAD)
    rig.core.store(FRC2_CTRL, ENABLE)
    wait(rig, 100)
    rig.chip.reset()
    wait(rig, 100)
    assert pending(rig) == 0
    registers = (FRC1_LOAD, FRC1_COUNT, FRC1_CTRL, FRC2_COUNT, FRC2_CTRL, FRC2_ALARM)
    assert [rig.core.load(address) for address in registers] == [0] * 6


def test_a_timer_without_leave_does_not_interrupt(rig: Any) -> None:
    """SDK `eagle_soc.h`, TM1_EDGE_INT_ENABLE: bit 1 for FRC1; bit 2 is FRC2's, bit 0 the watchdog's."""
    rig.core.store(EDGE_INT_ENABLE, 1 << 2)
    rig.core.store(FRC1_LOAD, 100)
    rig.core.store(FRC1_CTRL, ENABLE)
    rig.core.store(FRC2_ALARM, 100)
    rig.core.store(FRC2_CTRL, ENABLE)
    wait(rig, 1000)
    assert pending(rig) == FRC2


def test_frc1_as_nmi(rig: Any) -> None:
    """As the SDK's handler that Arduino's waveforms use: NMI_INT_ENABLE 14 on entry, FRC1_INT served, 15 at the end.

    It comes although everything is masked, once for each time that the count passes 0, and `rfi 3` ends it.
    """
    rig.load(
        """
        .org 0x40100020
            wsr a0, EXCSAVE3
            movi a0, 14
            s32i a0, a10, 0
            movi a0, 0
            s32i a0, a11, 12
            addi a12, a12, 1
            movi a0, 15
            s32i a0, a10, 0
            rsr a0, EXCSAVE3
            rfi 3
        .org 0x40100100
        loop:
            addi a13, a13, 1
            j loop
        """
    )
    core = rig.core
    for number, value in ((0, 77), (10, NMI_INT_ENABLE), (11, TIMER), (12, 0), (13, 0)):
        core.set_a(number, value)
    core.pc = 0x40100100
    core.set_special("VECBASE", 0x40100000)
    core.set_special("PS", 0x3F)
    core.store(NMI_INT_ENABLE, 15)
    core.store(FRC1_LOAD, 1000)
    core.store(FRC1_CTRL, ENABLE | RELOAD)
    rig.run(10_500)
    assert core.a(12) == 10
    assert core.a(0) == 77
    assert core.special("PS") == 0x3F
    assert core.a(13) > 4000
    core.store(NMI_INT_ENABLE, 1)  # the MAC's
    rig.run(5000)
    assert core.a(12) == 10
