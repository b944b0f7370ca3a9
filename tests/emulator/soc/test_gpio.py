"""Pins: outputs, inputs, strapping, interrupts (SDK `gpio_register.h`)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

GPIO = 0x60000300
OUT, OUT_SET, OUT_CLEAR, ENABLE, ENABLE_SET, ENABLE_CLEAR, IN, STATUS, STATUS_SET, STATUS_CLEAR, PIN0 = (
    GPIO + 4 * index for index in range(11)
)
GPIO_INTERRUPT = 1 << 4
RISING, FALLING, ANY, LOW, HIGH = range(1, 6)


def test_set_clear_and_replace(rig: Any) -> None:
    for register in (OUT, ENABLE):
        rig.core.store(register, 0x0F)
        rig.core.store(register + 4, 0x30)
        rig.core.store(register + 8, 0x11)
        assert rig.core.load(register) == 0x2E


@given(out=st.integers(0, 0xFFFF), driven=st.integers(0, 0xFFFF), outside=st.integers(0, 0xFFFF))
@settings(deadline=None, max_examples=30)
def test_a_pin_reads_what_drives_it(shared_rig: Any, out: int, driven: int, outside: int) -> None:
    rig = shared_rig
    rig.chip.reset()
    rig.core.store(OUT, out)
    rig.core.store(ENABLE, driven)
    for pin in range(16):
        rig.chip.gpio.apply(pin, outside >> pin & 1)
    levels = out & driven | outside & ~driven
    assert rig.core.load(IN) & 0xFFFF == levels
    assert [rig.chip.gpio.level(pin) for pin in range(16)] == [levels >> pin & 1 for pin in range(16)]


@pytest.fixture
def changes(rig: Any) -> Any:
    """(pin, level, driven) of every change from here on, all pins high."""
    for pin in range(16):
        rig.chip.gpio.apply(pin, 1)
    heard: list[tuple[int, int, int]] = []
    rig.chip.gpio.on_change = lambda *change: heard.append(change)
    yield heard
    rig.chip.gpio.on_change = lambda pin, level, driven: None


def test_changes_are_told_once(rig: Any, changes: list[tuple[int, int, int]]) -> None:
    rig.core.store(ENABLE_SET, 1 << 2)
    rig.core.store(OUT_SET, 1 << 2)
    rig.core.store(OUT_SET, 1 << 2)
    rig.chip.gpio.apply(5, 0)
    rig.core.store(ENABLE_CLEAR, 1 << 2)
    assert changes == [(2, 0, 1), (2, 1, 1), (5, 0, 0)]


def test_a_reset_lets_go_of_the_pins(rig: Any, changes: list[tuple[int, int, int]]) -> None:
    rig.core.store(ENABLE, 1 << 4)
    rig.chip.reset()
    assert changes == [(4, 0, 1), (4, 1, 0)]


def test_the_strapping_pins_can_be_read(rig: Any) -> None:
    rig.chip.gpio.strapping = 3
    assert rig.core.load(IN) >> 16 == 3


@pytest.mark.parametrize(("kind", "down", "up"), [(0, 0, 0), (RISING, 0, 1), (FALLING, 1, 0), (ANY, 1, 1)])
def test_edges_interrupt(rig: Any, kind: int, down: int, up: int) -> None:
    rig.chip.gpio.apply(7, 1)
    rig.core.store(PIN0 + 4 * 7, kind << 7)
    raised = []
    for level in (0, 0, 1, 1):
        rig.chip.gpio.apply(7, level)
        raised.append(rig.core.load(STATUS) >> 7 & 1)
        rig.core.store(STATUS_CLEAR, 1 << 7)
    assert raised == [down, 0, up, 0]


@pytest.mark.parametrize(("kind", "level"), [(LOW, 0), (HIGH, 1)])
def test_levels_interrupt_as_long_as_they_last(rig: Any, kind: int, level: int) -> None:
    rig.chip.gpio.apply(7, 1 - level)
    rig.core.store(PIN0 + 4 * 7, kind << 7)
    assert rig.core.load(STATUS) == 0
    rig.chip.gpio.apply(7, level)
    rig.core.store(STATUS_CLEAR, 1 << 7)
    assert rig.core.load(STATUS) == 1 << 7
    rig.chip.gpio.apply(7, 1 - level)
    rig.core.store(STATUS_CLEAR, 1 << 7)
    assert rig.core.load(STATUS) == 0
    rig.chip.gpio.apply(7, 1)


def test_the_line_follows_the_status(rig: Any) -> None:
    rig.core.store(STATUS_SET, 1 << 3)
    assert rig.core.cpu.lines & GPIO_INTERRUPT
    rig.core.store(STATUS_CLEAR, 1 << 3)
    assert not rig.core.cpu.lines & GPIO_INTERRUPT


def test_a_reset_forgets_interrupts(rig: Any) -> None:
    rig.core.store(PIN0 + 4 * 7, ANY << 7)
    rig.chip.gpio.apply(7, 0)
    rig.chip.reset()
    rig.chip.gpio.apply(7, 1)
    assert rig.core.load(STATUS) == 0
    assert not rig.core.cpu.lines & GPIO_INTERRUPT
