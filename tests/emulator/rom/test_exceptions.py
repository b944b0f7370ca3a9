"""Vectors, frames and interrupt dispatch of the ROM's Xtensa code, as programs know them (facts: processor)."""

from typing import Any

import pytest

from emulator.cpu.core import Stop
from emulator.cpu.isa import Cause
from emulator.rom.machine import Next
from emulator.rom.symbols import ENTRY_POINTS

NOTES = 0x3FFEA000
FRAME_SIZE = 0x100
GENERAL = {number: 0x1000 + number for number in range(2, 16)}


def load_general(rig: Any) -> None:
    """Tell a2 to a15 apart."""
    for number, value in GENERAL.items():
        rig.core.set_a(number, value)


def note(rig: Any, index: int) -> int:
    """What a handler noted."""
    return int(rig.core.read32(NOTES + 4 * index))


def test_a_c_handler_gets_a_frame_and_may_change_it(rig: Any) -> None:
    """The handler notes its arguments, steps the pc over the bad load, and everything else comes back."""
    labels = rig.load(
        """
        .literal notes, 0x3ffea000
        .align
        handler:
            l32r a4, notes
            s32i a2, a4, 0
            s32i a3, a4, 4
            rsr a5, PS
            s32i a5, a4, 8
            l32i a5, a2, 0
            s32i a5, a4, 12
            addi a5, a5, 3
            s32i a5, a2, 0
            movi a6, 0
            movi a7, 0
            movi a15, 0
            ret
        .align
        start:
            wsr a5, SAR
        fault:
            l32i a0, a14, 0
            break 0, 0
        """
    )
    assert rig.call("_xtos_set_exception_handler", int(Cause.LOAD_PROHIBITED), labels["handler"]) == 0
    load_general(rig)
    rig.core.set_a(14, 0)
    rig.core.set_a(0, 0xA0A0)
    stack = rig.core.a(1)
    rig.core.pc = labels["start"]
    assert rig.run() is Stop.BREAKPOINT
    frame = stack - FRAME_SIZE
    assert (note(rig, 0), note(rig, 1), note(rig, 2), note(rig, 3)) == (
        frame,
        Cause.LOAD_PROHIBITED,
        0x21,
        labels["fault"],
    )
    saved = [rig.core.read32(frame + 0x0C + 4 * number) for number in range(2, 16)]
    assert saved == [*(GENERAL[number] for number in range(2, 14)), 0, GENERAL[15]]
    assert rig.core.read32(frame + 4) == 0x20
    assert rig.core.read32(frame + 8) == GENERAL[5] & 63
    assert rig.core.read32(frame + 0x10) == 0xA0A0
    assert rig.core.read32(frame + 0x4C) == Cause.LOAD_PROHIBITED
    assert [rig.core.a(number) for number in range(2, 14)] == [GENERAL[number] for number in range(2, 14)]
    assert (rig.core.a(0), rig.core.a(1), rig.core.a(15)) == (0xA0A0, stack, GENERAL[15])
    assert rig.core.special("SAR") == GENERAL[5] & 63
    assert rig.core.special("PS") == 0x20


def test_setting_a_handler_gives_the_one_before(rig: Any) -> None:
    cause = int(Cause.LOAD_STORE_ERROR)
    assert rig.call("_xtos_set_exception_handler", cause, 0x40100100) == 0
    assert rig.core.read32(0x3FFFC000 + 4 * cause) == ENTRY_POINTS["_xtos_c_wrapper_handler"]
    assert rig.call("_xtos_set_exception_handler", cause, 0) == 0x40100100
    assert rig.core.read32(0x3FFFC000 + 4 * cause) == ENTRY_POINTS["_xtos_unhandled_exception"]


def test_the_exception_table_after_a_reset(rig: Any) -> None:
    table = [rig.core.read32(0x3FFFC000 + 4 * cause) for cause in range(64)]
    assert table.pop(4) == 0x4000048C
    assert set(table) == {0x4000DC44}


@pytest.mark.parametrize("source", ["ill", "l16ui a2, a4, 0", "s32i a2, a3, 0", "jx a3"])
def test_an_exception_without_handler_hangs_the_chip_and_is_told(rig: Any, source: str) -> None:
    rig.load(source)
    rig.core.set_a(3, 0)
    rig.core.set_a(4, 0x40200001)
    assert rig.run() is Stop.HOST
    assert rig.rom.next is Next.HANG
    assert len(rig.trace.named("exception")) == 1


HANDLER = """
    .literal notes, 0x3ffea000
    .align
    handler:
        l32r a4, notes
        l32i a5, a4, 0
        addi a5, a5, 1
        s32i a5, a4, 0
        addx4 a5, a5, a4
        s32i a2, a5, 0
        s32i a3, a4, 64
        ret
    .align
    start:
        movi a3, -1
        wsr a3, INTENABLE
        wsr a2, INTSET
        nop
        j landed
    landed:
        break 0, 0
"""


def test_interrupts_are_dispatched_lowest_first_with_argument_and_frame(rig: Any) -> None:
    labels = rig.load(HANDLER)
    for number in (3, 7, 11):
        rig.call("ets_isr_attach", number, labels["handler"], 0xA00 + number)
    rig.core.set_a(2, 1 << 11 | 1 << 3 | 1 << 7)
    stack = rig.core.a(1)
    rig.core.pc = labels["start"]
    assert rig.run() is Stop.BREAKPOINT
    assert [note(rig, index) for index in range(4)] == [3, 0xA03, 0xA07, 0xA0B]
    assert note(rig, 16) == stack - FRAME_SIZE
    assert rig.core.special("INTERRUPT") == 0
    assert rig.core.special("PS") == 0x20


def test_an_interrupt_without_handler_is_only_cleared(rig: Any) -> None:
    labels = rig.load(HANDLER)
    rig.core.set_a(2, 1 << 7)
    rig.core.pc = labels["start"]
    assert rig.run() is Stop.BREAKPOINT
    assert rig.core.special("INTERRUPT") == 0


def test_a_handler_without_argument_gets_its_number(rig: Any) -> None:
    labels = rig.load(HANDLER)
    assert rig.call("_xtos_set_interrupt_handler", 7, labels["handler"]) == 0
    assert rig.call("_xtos_set_interrupt_handler", 7, labels["handler"]) == labels["handler"]
    rig.core.set_a(2, 1 << 7)
    rig.core.pc = labels["start"]
    rig.run()
    assert note(rig, 1) == 7


@pytest.mark.parametrize(("on", "off"), [("_xtos_ints_on", "_xtos_ints_off"), ("ets_isr_unmask", "ets_isr_mask")])
def test_masks(rig: Any, on: str, off: str) -> None:
    assert rig.call(on, 0x30) == 0
    assert rig.call(on, 0x41) == 0x30
    assert rig.core.special("INTENABLE") == 0x71
    assert rig.call(off, 0x0F | 0x20) == 0x71
    assert rig.core.special("INTENABLE") == 0x50


def level(rig: Any) -> int:
    """PS.INTLEVEL."""
    return int(rig.core.special("PS") & 0xF)


def test_interrupt_levels(rig: Any) -> None:
    assert rig.call("_xtos_set_intlevel", 2) == 0x20
    assert rig.core.special("PS") == 0x22
    assert rig.call("_xtos_set_min_intlevel", 1) == 0x22
    assert level(rig) == 2
    old = rig.call("_xtos_set_min_intlevel", 5)
    assert level(rig) == 5
    rig.call("_xtos_restore_intlevel", old)
    assert rig.core.special("PS") == 0x22
    rig.call("ets_intr_lock")
    assert level(rig) == 3
    rig.call("ets_intr_unlock")
    assert level(rig) == 0


def test_a_locked_interrupt_comes_with_the_unlocking(rig: Any) -> None:
    labels = rig.load(HANDLER)
    rig.call("ets_isr_attach", 7, labels["handler"], 1)
    rig.call("_xtos_ints_on", 1 << 7)
    rig.call("ets_intr_lock")
    rig.core.cpu.latch = 1 << 7
    rig.call("xthal_get_ccount")
    assert note(rig, 0) == 0
    rig.call("ets_intr_unlock")
    rig.call("xthal_get_ccount")
    assert note(rig, 0) == 1


def test_the_cycle_counter_and_its_comparator(rig: Any) -> None:
    first = rig.call("xthal_get_ccount")
    assert 0 < rig.call("xthal_get_ccount") - first < 100
    rig.call("xthal_set_ccompare", 0, first + 1000)
    assert rig.call("xthal_get_ccompare", 0) == first + 1000
    rig.call("ets_delay_us", 20)
    rig.call("xthal_get_ccount")
    assert rig.call("xthal_get_interrupt") == 1 << 6
    rig.call("xthal_set_intclear", 1 << 6)
    assert rig.call("xthal_get_intread") == 0


def test_gpio_handlers_get_the_pins(rig: Any) -> None:
    labels = rig.load(
        """
        .literal notes, 0x3ffea000
        .literal acknowledge, gpio_intr_ack
        .align
        handler:                        # (pins, argument)
            l32r a4, notes
            s32i a2, a4, 0
            s32i a3, a4, 4
            l32r a4, acknowledge
            jx a4
        """
    )
    rig.chip.gpio.drive(4, 1)
    rig.call("gpio_intr_handler_register", labels["handler"], 0x5678)
    rig.call("gpio_pin_intr_state_set", 4, 2)
    rig.call("ets_isr_unmask", 1 << 4)
    rig.call("gpio_intr_pending")
    assert note(rig, 0) == 0
    rig.chip.gpio.drive(4, 0)
    rig.call("xthal_get_ccount")
    assert (note(rig, 0), note(rig, 1)) == (1 << 4, 0x5678)
    assert rig.call("gpio_intr_pending") == 0
