"""What a program used: by name, what is unknown first, as lines and as JSON."""

from typing import Any

import pytest

from emulator.coverage import Coverage, Register, Routine, coverage

PROGRAM = """
    uart: .word 0x60000014
    slc: .word 0x60000b30
    baseband: .word 0x60009800
    lock: .word ets_intr_lock
    clear: .word ets_bzero
    parse: .word cmd_parse
    nowhere: .word 0x4000e100
    ram: .word 0x3ffe8000
    start:
        l32r a4, uart
        l32i a5, a4, 0
        l32r a4, slc
        s32i a5, a4, 0
        l32r a4, baseband
        l32i a5, a4, 0
        l32r a0, lock
        callx0 a0
        l32r a2, ram
        movi a3, 4
        l32r a0, clear
        callx0 a0
        l32r a0, parse
        callx0 a0
        l32r a0, nowhere
        callx0 a0
        break 0, 0
"""


@pytest.fixture(scope="module")
def used(shared_rig: Any) -> Coverage:
    """Of that program. Whoever answers (Xtensa code, the module, nobody), a routine was called."""
    shared_rig.reset()
    shared_rig.chip.watch_registers()
    shared_rig.core.pc = shared_rig.load(PROGRAM)["start"]
    shared_rig.run()
    return coverage(shared_rig.rom)


def test_what_was_used(used: Coverage) -> None:
    assert [(row.name, row.address) for row in used.missing] == [("cmd_parse", 0x40000814), ("0x4000e100", 0x4000E100)]
    assert all(0x40100000 < row.caller < 0x40100080 for row in used.missing)
    assert [(row.name, row.access) for row in used.unmodelled] == [("SLC+0x030", "write")]
    assert [(row.name, row.access) for row in used.radio] == [("BASEBAND+0x000", "read")]
    assert {"ets_intr_lock", "ets_bzero"} <= set(used.routines)
    assert "UART_CLKDIV" in used.registers
    assert "UART_STATUS" not in used.registers


def test_a_watched_register_does_what_it_does(rig: Any) -> None:
    rig.chip.watch_registers()
    rig.core.store(0x60000014, 1234)
    assert rig.chip.uart.divider == 1234
    assert rig.core.load(0x60000014) == 1234


def test_lines_begin_with_what_is_unknown(used: Coverage) -> None:
    lines = list(used.lines())
    assert lines[0] == "Not modelled: 3"
    assert lines[1].startswith("  ROM routine cmd_parse (0x40000814), called from 0x4010")
    assert lines[3].startswith("  register SLC+0x030 (0x60000b30), first write at 0x4010")
    assert "Registers of the radio, which store and read back: 1" in lines


def test_words_of_a_memory_are_drawn_together() -> None:
    used = Coverage((), (), (), (), ("RTC_MEM[0]", "RTC_MEM[1]", "UART_FIFO"))
    assert next(used.lines()) == "Not modelled: nothing that matters"
    assert list(used.lines())[-1] == "  RTC_MEM[2 words] UART_FIFO"


def test_as_json() -> None:
    row = Register("SLC+0x030", 0x60000B30, "write", 0x40100010)
    used = Coverage((Routine("cmd_parse", 0x40000814, 0x40100020),), (row,), (), ("ets_bzero",), ("UART_CLKDIV",))
    assert used.as_json() == {
        "event": "coverage",
        "missing": [{"routine": "cmd_parse", "address": 0x40000814, "caller": 0x40100020}],
        "unmodelled": [{"register": "SLC+0x030", "address": 0x60000B30, "access": "write", "pc": 0x40100010}],
        "radio": [],
        "routines": ["ets_bzero"],
        "registers": ["UART_CLKDIV"],
    }
