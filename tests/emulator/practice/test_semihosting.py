"""SIMCALLs of any program: whatever the registers hold, the answer is a number and no harm is done."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.cpu.core import Stop
from emulator.practice.semihosting import FAILED, Semihosting, Service

PROGRAM = "simcall\nbreak 0, 0"
TEXT, RESULT = 0x3FFE8000, 0x3FFE9000
ROM = 0x40000000

ADDRESSES = st.one_of(
    st.integers(0, 0xFFFFFFFF),
    st.sampled_from([0x3FFE8000, 0x3FFFFFFF, ROM, 0x40100000, 0x4010FFFE, 0x40200000, 0x402FFFFF, 0x60000000]),
)


@pytest.fixture
def call(rig: Any) -> Any:
    """Do one SIMCALL, as a program in RAM does; its result."""
    rig.rom.semihosting = Semihosting()

    def simcall(service: int, address: int = 0, length: int = 0) -> int:
        rig.load(PROGRAM)
        for number, value in enumerate((service, address, length), 2):
            rig.core.set_a(number, value)
        assert rig.run() is Stop.BREAKPOINT
        return int(rig.core.a(2))

    return simcall


def test_text_goes_in_and_results_come_out_in_pieces(rig: Any, call: Any) -> None:
    text = b"print('ab')\n1/0"
    rig.core.write(TEXT, text)
    assert call(Service.START) == 0
    assert call(Service.IS_UNFINISHED, TEXT, len(text)) == 0
    assert call(Service.IS_UNFINISHED, TEXT, len(b"print(")) == 1
    assert call(Service.RUN_PROGRAM, TEXT, len(text)) == 0
    assert call(Service.READ_OUTPUT, RESULT, 3) == 3
    assert rig.core.read(RESULT, 3) == b"ab\r"
    assert call(Service.READ_OUTPUT, RESULT, 3) == 1
    assert call(Service.READ_OUTPUT, RESULT, 3) == 0
    length = call(Service.READ_ERRORS, RESULT, 1000)
    assert rig.core.read(RESULT, length).endswith(b"ZeroDivisionError: divide by zero\r\n")


@given(
    st.one_of(st.sampled_from(Service), st.integers(0, 0xFFFFFFFF)),
    ADDRESSES,
    st.integers(0, 0xFFFFFFFF) | st.integers(0, 99),
)
@example(Service.RUN_LINE, TEXT, 0xFFFFFFFF)
def test_any_registers(shared_rig: Any, service: int, address: int, length: int) -> None:
    shared_rig.rom.semihosting = Semihosting()
    shared_rig.load(PROGRAM)
    rom = shared_rig.core.read(ROM, 0x10000)
    for number, value in enumerate((service, address, length), 2):
        shared_rig.core.set_a(number, value)
    assert shared_rig.run() is Stop.BREAKPOINT
    if service not in list(Service):
        assert shared_rig.core.a(2) == FAILED
    assert shared_rig.core.read(ROM, 0x10000) == rom


def test_results_are_written_to_ram_only(rig: Any, call: Any) -> None:
    rig.core.write(TEXT, b"print('ab')")
    for address in (ROM, 0x40200000, 0x3FFF_FFFF, 0x60000000):
        call(Service.RUN_PROGRAM, TEXT, 11)
        before = rig.core.read(ROM, 4), rig.core.read(0x40200000, 4)
        assert call(Service.READ_OUTPUT, address, 4) == FAILED
        assert (rig.core.read(ROM, 4), rig.core.read(0x40200000, 4)) == before
    assert call(Service.READ_OUTPUT, RESULT, 4) == 4
