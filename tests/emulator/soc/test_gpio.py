"""Pins: pads, outputs, inputs, strapping, interrupts (SDK `gpio_register.h`, `eagle_soc.h`)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.pin_events import PinEvents
from emulator.soc.iomux import PADS

GPIO, IOMUX, RTC = 0x60000300, 0x60000800, 0x60000700
OUT, OUT_SET, OUT_CLEAR, ENABLE, ENABLE_SET, ENABLE_CLEAR, IN, STATUS, STATUS_SET, STATUS_CLEAR, PIN0 = (
    GPIO + 4 * index for index in range(11)
)
RTC_OUT, RTC_ENABLE, RTC_IN, XPD_DCDC = (RTC + offset for offset in (0x68, 0x74, 0x8C, 0xA0))
GPIO_INTERRUPT = 1 << 4
OPEN_DRAIN, PULL_UP = 1 << 2, 1 << 7
RISING, FALLING, ANY, LOW, HIGH = range(1, 6)


def use_as_gpio(rig: Any, also: int = 0) -> None:
    """Switch all pads to GPIO, as PIN_FUNC_SELECT does, with more bits set."""
    for pad in PADS.values():
        rig.core.store(IOMUX + pad.offset, pad.functions.index("GPIO") << 4 | also)


@pytest.fixture
def rig(rig: Any) -> Any:
    """A chip whose pads are all GPIO; nothing outside holds a pin."""
    for pin in range(17):
        rig.chip.gpio.drive(pin, None)
    use_as_gpio(rig)
    return rig


def test_set_clear_and_replace(rig: Any) -> None:
    for register in (OUT, ENABLE):
        rig.core.store(register, 0x0F)
        rig.core.store(register + 4, 0x30)
        rig.core.store(register + 8, 0x11)
        assert rig.core.load(register) == 0x2E


MASKS = st.integers(0, 0xFFFF)


@given(out=MASKS, enabled=MASKS, drains=MASKS, low=MASKS, high=MASKS, pulled=st.booleans())
@settings(deadline=None, max_examples=30)
def test_who_decides_a_level(
    shared_rig: Any, out: int, enabled: int, drains: int, low: int, high: int, pulled: bool
) -> None:
    rig = shared_rig
    rig.chip.reset()
    use_as_gpio(rig, PULL_UP if pulled else 0)
    for pin in range(16):
        rig.core.store(PIN0 + 4 * pin, OPEN_DRAIN if drains >> pin & 1 else 0)
        rig.chip.gpio.drive(pin, 0 if low >> pin & 1 else None, "one")
        rig.chip.gpio.drive(pin, 1 if high >> pin & 1 else None, "another")
    rig.core.store(OUT, out)
    rig.core.store(ENABLE, enabled)
    for pin in range(16):
        bit = 1 << pin
        if enabled & bit and not (drains & bit and out & bit):
            expected = out & bit
        else:
            expected = not low & bit and (high & bit or pulled)
        assert rig.chip.gpio.level(pin) == bool(expected), pin
    assert rig.core.load(IN) == rig.chip.gpio.levels
    for pin in range(16):
        rig.chip.gpio.drive(pin, None, "one")
        rig.chip.gpio.drive(pin, None, "another")


def test_a_pad_with_another_function_is_not_driven(rig: Any) -> None:
    rig.core.store(ENABLE, 1 << 12)
    rig.core.store(OUT, 1 << 12)
    assert rig.chip.gpio.level(12) == 1
    rig.core.store(IOMUX + PADS[12].offset, 2 << 4)
    assert rig.chip.iomux.function(12) == "HSPIQ"
    assert rig.chip.gpio.level(12) == 0
    rig.core.store(IOMUX + PADS[12].offset, 1 << 8)
    assert rig.chip.iomux.function(12) == "U0DTR"


def test_gpio16_has_registers_of_its_own(rig: Any) -> None:
    rig.core.store(RTC_ENABLE, 1)
    rig.core.store(RTC_OUT, 1)
    assert rig.core.load(RTC_IN) == 0
    rig.core.store(XPD_DCDC, 1)
    assert rig.core.load(RTC_IN) == rig.chip.gpio.level(16) == 1
    rig.core.store(OUT, 0)
    assert rig.chip.gpio.level(16) == 1
    rig.core.store(RTC_ENABLE, 0)
    assert rig.core.load(RTC_IN) == 0
    rig.chip.gpio.drive(16, 1)
    assert rig.core.load(RTC_IN) == 1


@pytest.fixture
def changes(rig: Any) -> Any:
    """A function that gives the (pin, level, driven) of every change since the last time."""
    events = PinEvents(rig.chip)

    def take() -> list[tuple[int, int, bool]]:
        events.drain()
        told = [(e.data["pin"], e.data["level"], e.data["driven"]) for e in rig.trace.named("pin")]
        rig.trace.history.clear()
        return told

    return take


def test_changes_are_told_once(rig: Any, changes: Any) -> None:
    rig.core.store(ENABLE_SET, 1 << 2)
    for _ in range(2):
        rig.core.store(OUT_SET, 1 << 2)
    rig.chip.gpio.drive(5, 1)
    rig.core.store(ENABLE_CLEAR, 1 << 2)
    assert changes() == [(2, 1, True), (5, 1, False), (2, 0, False)]
    assert changes() == []


def test_a_reset_lets_go_of_the_pins(rig: Any, changes: Any) -> None:
    rig.core.store(ENABLE, 1 << 4)
    rig.core.store(OUT, 1 << 4)
    rig.chip.reset()
    assert changes() == [(4, 1, True), (4, 0, False)]


def test_the_strapping_pins_can_be_read(rig: Any) -> None:
    rig.chip.gpio.strapping = 3
    assert rig.core.load(IN) >> 16 == 3


@pytest.mark.parametrize(("kind", "down", "up"), [(0, 0, 0), (RISING, 0, 1), (FALLING, 1, 0), (ANY, 1, 1)])
def test_edges_interrupt(rig: Any, kind: int, down: int, up: int) -> None:
    rig.chip.gpio.drive(7, 1)
    rig.core.store(PIN0 + 4 * 7, kind << 7)
    raised = []
    for level in (0, 0, 1, 1):
        rig.chip.gpio.drive(7, level)
        raised.append(rig.core.load(STATUS) >> 7 & 1)
        rig.core.store(STATUS_CLEAR, 1 << 7)
    assert raised == [down, 0, up, 0]


@pytest.mark.parametrize(("kind", "level"), [(LOW, 0), (HIGH, 1)])
def test_levels_interrupt_as_long_as_they_last(rig: Any, kind: int, level: int) -> None:
    rig.chip.gpio.drive(7, 1 - level)
    rig.core.store(PIN0 + 4 * 7, kind << 7)
    assert rig.core.load(STATUS) == 0
    rig.chip.gpio.drive(7, level)
    rig.core.store(STATUS_CLEAR, 1 << 7)
    assert rig.core.load(STATUS) == 1 << 7
    rig.chip.gpio.drive(7, 1 - level)
    rig.core.store(STATUS_CLEAR, 1 << 7)
    assert rig.core.load(STATUS) == 0
    rig.chip.gpio.drive(7, 1)


def test_the_line_follows_the_status(rig: Any) -> None:
    rig.core.store(STATUS_SET, 1 << 3)
    assert rig.core.cpu.lines & GPIO_INTERRUPT
    rig.core.store(STATUS_CLEAR, 1 << 3)
    assert not rig.core.cpu.lines & GPIO_INTERRUPT


def test_a_reset_forgets_interrupts(rig: Any) -> None:
    rig.core.store(PIN0 + 4 * 7, ANY << 7)
    rig.chip.gpio.drive(7, 0)
    rig.chip.reset()
    rig.chip.gpio.drive(7, 1)
    assert rig.core.load(STATUS) == 0
    assert not rig.core.cpu.lines & GPIO_INTERRUPT
