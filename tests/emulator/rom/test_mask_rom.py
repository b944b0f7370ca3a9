"""The ROM as a whole: what a reset leaves, what is missing, and routines that are given nonsense."""

import inspect
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.cpu.core import Stop
from emulator.cpu.isa import Cause
from emulator.rom.machine import Next, ResetCause
from emulator.rom.mask_rom import ROUTINES
from emulator.rom.symbols import ENTRY_POINTS, SYMBOLS

RAM = 0x3FFE8000


def test_esptool_knows_the_chip_by_a_word(rig: Any) -> None:
    assert rig.core.read32(0x40001000) == 0xFFF0C101


@pytest.mark.parametrize("name", ["_ResetVector", "_ResetHandler", "software_reset"])
def test_resets_by_software_go_to_the_board(rig: Any, name: str) -> None:
    assert rig.enter(name) is Stop.HOST
    assert rig.rom.next is Next.RESTART


def test_where_the_stub_returns_to_runs_the_program_in_flash(rig: Any) -> None:
    """esptool-legacy-flasher-stub, stub_flasher.c: "movi a0, 0x400010a8"."""
    rig.core.pc = 0x400010A8
    assert rig.run() is Stop.HOST
    assert rig.rom.next is Next.PROGRAM


def test_what_a_reset_leaves(rig: Any) -> None:
    rig.core.write(0x3FFFC000, b"\xaa" * 0x800)
    rig.rom.ask(Next.HANG)
    rig.rom.reset(ResetCause.WATCHDOG)
    assert rig.rom.next is None
    assert rig.core.special("PS") == 0x20
    assert rig.core.a(1) == 0x3FFFFFB0
    assert rig.core.read32(0x3FFFC000 + 4 * 4) == ENTRY_POINTS["_xtos_l1int_handler"]
    assert rig.call("rtc_get_reset_reason") == ResetCause.WATCHDOG
    assert rig.call("ets_get_cpu_frequency") == 80
    assert rig.core.read32(0x3FFFDE10) == 115200
    assert rig.core.read32(0x3FFFDE10 + 0x28) == 1  # a single byte makes the SDK's UART driver look


def test_a_reset_by_software_keeps_the_cause(rig: Any) -> None:
    rig.rom.reset(ResetCause.EXTERNAL)
    rig.rom.reset()
    assert rig.rom.reset_cause is ResetCause.EXTERNAL


def test_a_program_that_returns_goes_back_to_the_download_mode(rig: Any) -> None:
    rig.rom.reset()
    rig.load("ret")
    assert rig.run() is Stop.HOST
    assert rig.rom.next is Next.DOWNLOAD


def test_a_missing_routine_is_named_once_with_its_caller_and_returns_0(rig: Any) -> None:
    missing = next(name for name in ("cmd_parse", "sip_send") if name not in ROUTINES)
    assert rig.call(missing, 5) == 0
    assert rig.call(missing, 5) == 0
    [event] = rig.trace.named("rom-missing")
    assert event.data == {"routine": missing, "address": ENTRY_POINTS[missing], "caller": 0x4010FF00}
    assert rig.rom.touched[missing] == 2


def test_a_call_to_where_nothing_is_known_to_be_is_named_too(rig: Any) -> None:
    rig.load("unknown: .word 0x4000e100\n l32r a0, unknown\n callx0 a0\n break 0, 0")
    rig.core.pc += 4
    assert rig.run() is Stop.BREAKPOINT
    assert rig.core.a(2) == 0
    [event] = rig.trace.named("rom-missing")
    assert (event.data["routine"], event.data["address"]) == ("0x4000e100", 0x4000E100)


def test_a_simcall_outside_of_the_rom_is_semihosting(rig: Any) -> None:
    calls = []
    rig.rom.semihosting = lambda machine: calls.append(machine.core.a(2))
    rig.load("movi a2, 7\n simcall\n break 0, 0")
    assert rig.run() is Stop.BREAKPOINT
    rig.rom.semihosting = None
    assert calls == [7]


def test_without_semihosting_it_hangs_the_chip(rig: Any) -> None:
    rig.load("simcall")
    assert rig.run() is Stop.HOST
    assert rig.rom.next is Next.HANG


def test_a_bad_pointer_is_the_programs_exception(rig: Any) -> None:
    """A handler of the program gets it, as if the chip's own ROM had followed the pointer."""
    labels = rig.load(
        """
        handler:
            rsr a4, EXCVADDR
            break 0, 0
        """
    )
    rig.call("_xtos_set_exception_handler", int(Cause.LOAD_PROHIBITED), labels["handler"])
    assert rig.enter("hmac_md5", 0x20000000, 4, RAM, 0, RAM) is Stop.BREAKPOINT
    assert rig.core.a(3) == Cause.LOAD_PROHIBITED
    assert rig.core.a(4) == 0x20000000
    assert rig.core.special("EPC1") == ENTRY_POINTS["hmac_md5"]
    [event] = rig.trace.named("rom-fault")
    assert event.data == {"routine": "hmac_md5", "cause": "load_prohibited", "address": 0x20000000}


hostile = st.one_of(
    st.sampled_from([0, 1, 3, 16, RAM, RAM + 1, 0x3FFFFFFF, 0x40000000, 0x4010FFFC, 0x402FFFFC, 0x60000000, 0x7FFFFFFF,
                     0x80000000, 0xFFFFFFFC, 0xFFFFFFFF]),
    st.integers(0, 0xFFFFFFFF),
)  # fmt: skip


@pytest.mark.slow
@given(name=st.sampled_from(sorted(ENTRY_POINTS)), arguments=st.lists(hostile, min_size=6, max_size=6), stack=hostile)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_no_argument_harms_the_board(shared_rig: Any, name: str, arguments: list[int], stack: int) -> None:
    """Whatever a routine is given, it ends: back at the caller, with an exception, or hung."""
    shared_rig.reset()
    rom = shared_rig.core.read(0x40000000, 0xF000)
    shared_rig.enter(name, *arguments, stack=(stack, stack), budget=20_000)
    assert shared_rig.core.read(0x40000000, 0xF000) == rom


def test_every_routine_is_a_published_one() -> None:
    assert set(ROUTINES) <= set(ENTRY_POINTS)
    assert all(inspect.signature(routine).parameters for routine in ROUTINES.values())
    assert len(ENTRY_POINTS) < len(SYMBOLS)
