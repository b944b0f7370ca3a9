"""Pin changes as events: each for itself, or summed up."""

from collections.abc import Callable
from typing import Any

import pytest

from emulator.pin_events import TOLD, WINDOW_S, PinEvents
from emulator.soc.iomux import PADS

MHZ = 80
SLICE = 20_000
"""Cycles between two looks."""
WINDOW = round(WINDOW_S * MHZ * 1_000_000)


@pytest.fixture
def square(rig: Any) -> Callable[..., Any]:
    """A function: pin 4 high and low for so many cycles, so often; what was told, from the beginning of time."""
    rig.core.store(0x60000800 + PADS[4].offset, 0)
    rig.core.store(0x60000310, 1 << 4)
    events = PinEvents(rig.chip)
    rig.events = events

    def wait(cycles: int) -> None:
        while cycles:
            step = min(cycles, SLICE)
            rig.core.skip(step)
            cycles -= step
            events.drain()

    def send(high: int = 0, low: int = 0, count: int = 0, silence: int = 0) -> list[Any]:
        for _ in range(count):
            rig.core.store(0x60000304, 1 << 4)
            wait(high)
            rig.core.store(0x60000308, 1 << 4)
            wait(low)
        wait(silence)
        return [event for event in rig.trace.history if event.name in ("pin", "wave")]

    return send


def test_a_slow_pin_is_told_edge_by_edge(square: Any, rig: Any) -> None:
    start = rig.core.cycles
    told = square(WINDOW // 3, WINDOW // 3, 20)
    assert [(event.data["level"], event.cycle - start) for event in told] == [
        (1 - index % 2, index * (WINDOW // 3)) for index in range(40)
    ]
    assert not rig.events.waves


def test_a_fast_pin_is_summed_up(square: Any, rig: Any) -> None:
    told = square(20_000, 60_000, 600, WINDOW * 2)
    edges, waves = told[:TOLD], told[TOLD:-1]
    assert all(event.name == "pin" for event in edges)
    assert [event.name for event in waves] == ["wave"] * len(waves)
    assert 1 <= len(waves) <= 3  # the second window says the same as the first; the last is shorter
    assert waves[0].data["frequency_hz"] == 1000.0
    assert waves[0].data["duty"] == 0.25
    assert told[-1].name == "pin"
    assert told[-1].data["level"] == 0
    assert not rig.events.waves


def test_a_change_of_the_wave_is_told(square: Any, rig: Any) -> None:
    square(20_000, 60_000, 300)
    assert rig.events.waves[4].duty == 0.25
    rig.trace.history.clear()
    told = square(60_000, 20_000, 600)
    assert told[-1].data["duty"] == 0.75
    assert len(told) <= 2


def test_a_burst_too_long_for_the_log(square: Any) -> None:
    told = square(0, 0, 1000, 0)
    assert told == []
    told = square(silence=2 * WINDOW)
    assert [event.name for event in told] == ["pin"] * TOLD + ["wave", "pin"]
    assert told[TOLD].data["edges"] == 2000
    assert told[TOLD].data["seconds"] == 0.0
    assert told[TOLD].data["frequency_hz"] is None


def test_at_160_mhz_frequencies_are_the_same(square: Any, rig: Any) -> None:
    rig.chip.set_frequency(160)
    told = square(40_000, 120_000, 400, WINDOW * 4)
    assert next(event for event in told if event.name == "wave").data["frequency_hz"] == 1000.0


def test_a_fast_pin_leaves_the_log_to_the_others(square: Any, rig: Any) -> None:
    square(0, 0, TOLD, SLICE)
    square(0, 0, 600)
    rig.core.store(0x60000800 + PADS[5].offset, 0)
    rig.core.store(0x60000310, 1 << 5)
    rig.core.store(0x60000304, 1 << 5)
    told = square(0, 0, 600, WINDOW * 2)
    assert [(event.data["pin"], event.name) for event in told[TOLD:]] == [(5, "pin"), (4, "wave"), (4, "pin")]
    assert told[TOLD + 1].data["edges"] == 2 * (TOLD + 1200)
