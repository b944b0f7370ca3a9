"""The watchdog: an interrupt, then a reset (ESP8266_RTOS_SDK `task_wdt.c`)."""

from typing import Any

import pytest

WDT_CTL, WDT_OP, WDT_OP_ND, WDT_RST = (0x60000900 + offset for offset in (0x00, 0x04, 0x08, 0x14))
EDGE_INT_ENABLE = 0x3FF00004
INTERRUPT = 1 << 8
CYCLES_PER_MS = 80_000
FEED = 0x73


@pytest.fixture(autouse=True)
def awake(rig: Any) -> None:
    """It barks after 1.6 ms and bites 6.4 ms later."""
    rig.core.store(EDGE_INT_ENABLE, 1)
    rig.core.store(WDT_OP, 1)
    rig.core.store(WDT_OP_ND, 3)
    rig.core.store(WDT_CTL, 0x39)
    rig.load("loop: j loop")


def barks(rig: Any) -> bool:
    return bool(rig.core.cpu.latch & INTERRUPT)


def test_it_barks_and_bites(rig: Any) -> None:
    rig.run(int(1.5 * CYCLES_PER_MS))
    assert not barks(rig)
    rig.run(int(0.2 * CYCLES_PER_MS))
    assert barks(rig)
    rig.run(int(6.1 * CYCLES_PER_MS))
    assert not rig.chip.watchdog.has_bitten
    rig.run(int(0.3 * CYCLES_PER_MS))
    assert rig.chip.watchdog.has_bitten
    rig.chip.reset()
    assert not rig.chip.watchdog.has_bitten


def test_who_feeds_it_is_left_in_peace(rig: Any) -> None:
    for _ in range(10):
        rig.run(CYCLES_PER_MS)
        rig.core.store(WDT_RST, FEED)
    assert not barks(rig)
    rig.core.store(WDT_RST, FEED + 1)
    rig.run(2 * CYCLES_PER_MS)
    assert barks(rig)
    rig.core.store(WDT_RST, FEED)  # in time for the second stage
    rig.run(int(1.5 * CYCLES_PER_MS))
    assert not rig.chip.watchdog.has_bitten


def test_without_an_interrupt_it_bites_at_once(rig: Any) -> None:
    rig.core.store(WDT_CTL, 0x3B)
    rig.run(2 * CYCLES_PER_MS)
    assert rig.chip.watchdog.has_bitten
    assert not barks(rig)


def test_asleep_it_does_nothing(rig: Any) -> None:
    rig.core.store(WDT_CTL, 0x38)
    rig.run(20 * CYCLES_PER_MS)
    assert not barks(rig)
    assert not rig.chip.watchdog.has_bitten


def test_its_time_does_not_depend_on_the_clock(rig: Any) -> None:
    rig.core.store(0x3FF00014, 1)
    rig.run(int(2 * 1.5 * CYCLES_PER_MS))
    assert not barks(rig)
    rig.run(int(2 * 0.2 * CYCLES_PER_MS))
    assert barks(rig)
