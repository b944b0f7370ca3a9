"""The sigma-delta generator, and the pins that it drives (SDK `gpio_register.h`)."""

from typing import Any

import pytest

from emulator.pin_events import WINDOW_S, PinEvents
from emulator.soc.iomux import PADS

GPIO, IOMUX = 0x60000300, 0x60000800
ENABLE_SET, ENABLE_CLEAR, PIN4, SIGMA_DELTA = GPIO + 0x10, GPIO + 0x14, GPIO + 0x38, GPIO + 0x68
RUNS, SOURCE = 1 << 16, 1 << 0


@pytest.fixture
def told(rig: Any) -> Any:
    """A function that gives what was told since the last time; pin 4 is the generator's, and driven."""
    rig.events = PinEvents(rig.chip)
    rig.core.store(IOMUX + PADS[4].offset, 0)
    rig.core.store(PIN4, SOURCE)
    rig.core.store(ENABLE_SET, 1 << 4)

    def take() -> list[tuple[Any, ...]]:
        rig.events.drain()
        names = {"wave": ("frequency_hz", "duty"), "pin": ("level", "driven")}
        events = [(e.name, e.data["pin"], *(e.data[key] for key in names[e.name])) for e in rig.trace.history]
        rig.trace.history.clear()
        return events

    take()
    return take


@pytest.mark.parametrize(
    ("prescale", "target", "hertz"),
    [(0, 0x80, 40e6), (0, 0x40, 20e6), (0, 0xC0, 20e6), (255, 1, 80e6 / 256 / 256), (9, 0xFF, 31250), (0, 0, 0)],
)
def test_its_share_of_ones_and_how_often_they_come(
    rig: Any, told: Any, prescale: int, target: int, hertz: float
) -> None:
    rig.core.store(SIGMA_DELTA, RUNS | prescale << 8 | target)
    assert told() == [("wave", 4, pytest.approx(hertz, abs=0.001), target / 256)]
    assert told() == []
    assert rig.events.waves[4].duty == target / 256


@pytest.mark.parametrize(("register", "value"), [(SIGMA_DELTA, 0x80), (PIN4, 0), (ENABLE_CLEAR, 1 << 4)])
def test_the_wave_ends(rig: Any, told: Any, register: int, value: int) -> None:
    rig.core.store(SIGMA_DELTA, RUNS | 0x80)
    assert len(told()) == 1
    rig.core.store(register, value)
    assert told() == [("pin", 4, 0, register != ENABLE_CLEAR)]
    assert not rig.events.waves


def test_what_the_pin_did_before_does_not_end_the_wave(rig: Any, told: Any) -> None:
    rig.core.store(GPIO + 0x04, 1 << 4)
    rig.core.store(SIGMA_DELTA, RUNS | 0x80)
    assert told() == [("pin", 4, 1, True), ("wave", 4, 40e6, 0.5)]
    rig.core.skip(round(2 * WINDOW_S * 80e6))
    assert told() == []
    rig.chip.reset()
    assert ("pin", 4, 0, False) in told()
    assert not rig.events.waves
