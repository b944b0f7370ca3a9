"""The ROM's watchdog switches, as a program calls them: what barks and bites afterwards, and when."""

from typing import Any

import pytest

from emulator.cpu.core import Stop
from emulator.soc.watchdog import WDT_CTL, WDT_OP, WDT_OP_ND

NEVER = 0xFFFFFFFF
TIMER, INTERRUPT, ONE_STAGE, TWO_STAGES = 1, 2, 3, 4
FED_EVERY_US = 100_000
STAGE_S = {3: 1.6384, 6: 3.2768, 12: 6.5536}
CYCLES_PER_S = 80_000_000


@pytest.fixture
def waiting(rig: Any) -> Any:
    """A rig in which a program waits for ever, with its interrupts and the ROM's timers in use."""
    rig.call("_ets_timer_init")
    rig.load("rsil a2, 0; stay: j stay".replace(";", "\n"))
    return rig


def bites_after(rig: Any, longest_s: float) -> float | None:
    """The program waits; how many seconds until the chip is to be reset."""
    begin = rig.core.cycles
    while not rig.chip.watchdog.has_bitten:
        if rig.core.cycles - begin > longest_s * CYCLES_PER_S:
            return None
        rig.run(10_000_000)
    return (rig.core.cycles - begin) / CYCLES_PER_S


def enable(rig: Any, mode: int, first: int, second: int) -> None:
    program = rig.core.pc
    rig.call("ets_wdt_enable", mode, first, second)
    rig.core.pc = program


def test_before_anything_was_enabled(rig: Any) -> None:
    assert rig.call("ets_wdt_get_mode") == NEVER
    assert rig.call("ets_wdt_disable") == NEVER
    assert rig.call("ets_wdt_get_mode") == 0
    rig.call("ets_wdt_init")
    assert rig.call("ets_wdt_get_mode") == NEVER


@pytest.mark.parametrize("period", STAGE_S)
@pytest.mark.parametrize(("mode", "stages"), [(ONE_STAGE, 1), (TWO_STAGES, 2)])
def test_it_bites_after_its_stages(waiting: Any, mode: int, stages: int, period: int) -> None:
    enable(waiting, mode, 0, period)
    assert bites_after(waiting, 20) == pytest.approx(stages * STAGE_S[period], rel=0.02)


@pytest.mark.parametrize(("mode", "first", "second"), [(TIMER, FED_EVERY_US, 3), (INTERRUPT, 3, 12)])
def test_it_is_fed_by_itself(waiting: Any, mode: int, first: int, second: int) -> None:
    enable(waiting, mode, first, second)
    assert bites_after(waiting, 5) is None


@pytest.mark.parametrize(("mode", "first", "second"), [(TIMER, FED_EVERY_US, 3), (INTERRUPT, 3, 12)])
def test_a_program_that_takes_no_interrupt_starves_it(waiting: Any, mode: int, first: int, second: int) -> None:
    waiting.load("rsil a2, 15\nstay: j stay")
    enable(waiting, mode, first, second)
    assert bites_after(waiting, 5) is not None


@pytest.mark.parametrize("mode", [TIMER, INTERRUPT, ONE_STAGE, TWO_STAGES])
def test_disabled_and_restored(waiting: Any, mode: int) -> None:
    program = waiting.core.pc
    enable(waiting, mode, 3, 3)
    assert waiting.call("ets_wdt_get_mode") == mode
    enabled = [waiting.chip.watchdog.word(register) for register in (WDT_CTL, WDT_OP, WDT_OP_ND)]
    assert waiting.call("ets_wdt_disable") == mode
    waiting.core.pc = program
    assert bites_after(waiting, 5) is None
    waiting.call("ets_wdt_restore", mode)
    assert [waiting.chip.watchdog.word(register) for register in (WDT_CTL, WDT_OP, WDT_OP_ND)] == enabled
    assert waiting.call("ets_wdt_get_mode") == mode


@pytest.mark.parametrize("mode", [0, 5, NEVER, 0x80000001])
def test_no_such_mode_enables_nothing(waiting: Any, mode: int) -> None:
    enable(waiting, ONE_STAGE, 0, 3)
    enable(waiting, mode, 12, 12)
    assert waiting.chip.watchdog.word(WDT_CTL) & 1 == 0
    assert waiting.run(1000) is Stop.BUDGET
