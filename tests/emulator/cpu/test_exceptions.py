"""Exceptions: cause, EPC1, EXCVADDR and the vectors (Xtensa ISA Reference Manual, 4.4.1)."""

from typing import Any

import pytest

from emulator.cpu.core import Stop
from emulator.cpu.isa import Cause

CODE = 0x40100000
VECTORS = 0x40108000
KERNEL, USER, DOUBLE = VECTORS + 0x30, VECTORS + 0x50, VECTORS + 0x70
UNTOUCHED = 0x12345678
"""What EXCVADDR holds before."""

ACCESSES = {
    # source, address in a3 -> cause
    ("l32i a2, a3, 0", 0x3FFE8001): Cause.LOAD_STORE_ALIGNMENT,
    ("l32i a2, a3, 0", 0x3FFE8002): Cause.LOAD_STORE_ALIGNMENT,
    ("l32i.n a2, a3, 0", 0x60000002): Cause.LOAD_STORE_ALIGNMENT,
    ("l16ui a2, a3, 0", 0x3FFE8003): Cause.LOAD_STORE_ALIGNMENT,
    ("l16si a2, a3, 0", 0x3FFE8001): Cause.LOAD_STORE_ALIGNMENT,
    ("s32i a2, a3, 0", 0x3FFE8003): Cause.LOAD_STORE_ALIGNMENT,
    ("s32i.n a2, a3, 0", 0x40100102): Cause.LOAD_STORE_ALIGNMENT,
    ("s16i a2, a3, 0", 0x3FFE8001): Cause.LOAD_STORE_ALIGNMENT,
    ("l8ui a2, a3, 0", 0x40200010): Cause.LOAD_STORE_ERROR,
    ("l16ui a2, a3, 0", 0x40000010): Cause.LOAD_STORE_ERROR,
    ("l16si a2, a3, 0", 0x40100010): Cause.LOAD_STORE_ERROR,
    ("s8i a2, a3, 0", 0x40100011): Cause.LOAD_STORE_ERROR,
    ("s16i a2, a3, 0", 0x40100012): Cause.LOAD_STORE_ERROR,
    ("l32i a2, a3, 0", 0x00000000): Cause.LOAD_PROHIBITED,
    ("l8ui a2, a3, 0", 0x3FFDFFFF): Cause.LOAD_PROHIBITED,
    ("l16ui a2, a3, 0", 0x80000000): Cause.LOAD_PROHIBITED,
    ("s32i a2, a3, 0", 0x00000010): Cause.STORE_PROHIBITED,
    ("s32i a2, a3, 0", 0x40000000): Cause.STORE_PROHIBITED,
    ("s32i a2, a3, 0", 0x40200000): Cause.STORE_PROHIBITED,
    ("s8i a2, a3, 0", 0x00000000): Cause.STORE_PROHIBITED,
    ("s16i a2, a3, 0", 0xFFFFFFFE): Cause.STORE_PROHIBITED,
}


@pytest.fixture
def at_vectors(single: Any) -> Any:
    """A machine whose vectors lie apart from its code."""
    single.core.set_special("VECBASE", VECTORS)
    single.core.set_special("EXCVADDR", UNTOUCHED)
    return single


@pytest.mark.parametrize("address", [0x40010000, 0x400C0000, 0x40110000, 0x40300000, 0x50000000, 0x5FFFFFFC])
def test_words_where_nothing_is_among_the_code(at_vectors: Any, address: int) -> None:
    """esptool's suite writes to 400c0000 and dumps 50000000 (TestMemoryOperations), and real chips do not mind."""
    core = at_vectors.core
    at_vectors.load("s32i a2, a3, 0\nl32i a2, a3, 0")
    core.set_a(2, 0xA5A5A5A5)
    core.set_a(3, address)
    at_vectors.step(2)
    assert core.a(2) == 0
    assert core.special("EXCVADDR") == UNTOUCHED


@pytest.mark.parametrize(("access", "cause"), ACCESSES.items(), ids=[f"{s} at {a:#x}" for s, a in ACCESSES])
def test_an_access_that_faults(at_vectors: Any, access: tuple[str, int], cause: int) -> None:
    source, address = access
    core = at_vectors.core
    at_vectors.load(f"nop.n\nhere: {source}")
    core.set_a(2, 0xA5A5A5A5)
    core.set_a(3, address)
    at_vectors.step(2)
    assert core.special("EXCCAUSE") == cause
    assert core.special("EXCVADDR") == address
    assert core.special("EPC1") == at_vectors.symbols["here"]
    assert core.pc == USER
    assert core.a(2) == 0xA5A5A5A5, "a load that faults leaves its register alone"


def test_narrow_accesses_of_registers_are_allowed(at_vectors: Any) -> None:
    at_vectors.registers[0x60000300] = 0x11223344
    at_vectors.load("l8ui a4, a3, 2\n l16ui a5, a3, 0\n l16si a6, a3, 2\n s8i a7, a3, 1")
    at_vectors.core.set_a(3, 0x60000300)
    at_vectors.core.set_a(7, 0xAB)
    at_vectors.core.set_register_word(0x60000300, 0x55667788)
    at_vectors.step(4)
    assert [at_vectors.core.a(n) for n in (4, 5, 6)] == [0x22, 0x3344, 0x1122]
    assert at_vectors.accesses[-1] == ("write", 0x60000300, 0x5566AB88), "the rest is what was stored last"


@pytest.mark.parametrize(
    ("ps", "vector", "saved"),
    [(0x00, KERNEL, "EPC1"), (0x20, USER, "EPC1"), (0x10, DOUBLE, "DEPC"), (0x3F, DOUBLE, "DEPC")],
)
@pytest.mark.parametrize(("source", "cause"), [("ill", 0), ("ill.n", 0), ("syscall", 1), (".byte 0xff, 0xff, 0xff", 0)])
def test_vector_by_mode(at_vectors: Any, ps: int, vector: int, saved: str, source: str, cause: int) -> None:
    core = at_vectors.core
    core.set_special("PS", ps)
    at_vectors.load(source)
    at_vectors.step()
    assert core.pc == vector
    assert core.special(saved) == CODE
    assert core.special("EXCCAUSE") == cause
    assert core.special("PS") == ps | 0x10
    assert core.special("EXCVADDR") == UNTOUCHED


@pytest.mark.parametrize("target", [0x00000000, 0x3FFE8000, 0x3FFFFFFF, 0x40400000, 0x60000000, 0xFFFFFFFF])
@pytest.mark.parametrize("jump", ["jx a5", "callx0 a5", "mov.n a0, a5\n ret"])
def test_a_jump_out_of_code(at_vectors: Any, target: int, jump: str) -> None:
    core = at_vectors.core
    at_vectors.load(jump)
    core.set_a(5, target)
    at_vectors.step(jump.count("\n") + 1)
    assert core.special("EXCCAUSE") == Cause.INSTRUCTION_FETCH_PROHIBITED
    assert core.special("EPC1") == target
    assert core.special("EXCVADDR") == target
    assert core.pc == USER


def test_running_off_the_end_of_flash(at_vectors: Any) -> None:
    core = at_vectors.core
    core.write(0x402FFFFC, bytes.fromhex("3d f0 3d f0"))  # nop.n, twice
    core.pc = 0x402FFFFC
    at_vectors.step(3)
    assert core.special("EXCCAUSE") == Cause.INSTRUCTION_FETCH_PROHIBITED
    assert core.special("EPC1") == core.special("EXCVADDR") == 0x40300000
    core.write(0x402FFFFC, bytes(4))


@pytest.mark.parametrize("place", [0, 0x3FFE8000, 0x40300000, 0x7FFFFFFF, 0xFFFFFFFC])
def test_standing_outside_of_code_is_a_fetch_error(at_vectors: Any, place: int) -> None:
    core = at_vectors.core
    core.pc = place
    at_vectors.step()
    assert (core.special("EPC1"), core.special("EXCVADDR"), core.pc) == (place, place, USER)


@pytest.mark.parametrize("vectors", [0, 0x3FFE8000, 0x402FFFF0, 0xFFFFFF00])
def test_vectors_outside_of_code_hang_the_chip_but_not_the_host(machine: Any, vectors: int) -> None:
    core = machine.core
    machine.load("ill")
    core.set_special("VECBASE", vectors)
    before = core.cycles
    assert machine.run(1000) is Stop.BUDGET
    assert 1000 <= core.cycles - before < 1100
    assert core.special("EPC1") == CODE


def test_a_literal_below_memory_is_no_trap(machine: Any) -> None:
    machine.load("l32r a2, 0x3ffc0004\n break 0, 0", origin=0x40000000)
    assert machine.run(100) is Stop.BREAKPOINT
    assert machine.core.a(2) == 0


def test_a_handler_returns_behind_a_syscall(machine: Any) -> None:
    machine.symbols = {"handler": 0x40100850}
    machine.core.set_special("VECBASE", 0x40100800)
    machine.load(
        """
        movi a2, 1
        syscall
        addi a2, a2, 16
        break 0, 0
        .org handler
        wsr a3, EXCSAVE1
        rsr a3, EPC1
        addi a3, a3, 3
        wsr a3, EPC1
        rsr a3, EXCSAVE1
        addmi a2, a2, 256
        rfe
        """
    )
    machine.core.set_a(3, 33)
    assert machine.run() is Stop.BREAKPOINT
    assert machine.core.a(2) == 273
    assert machine.core.a(3) == 33
    assert machine.core.special("PS") == 0x20


def test_a_double_exception_returns_with_rfde(machine: Any) -> None:
    core = machine.core
    core.set_special("VECBASE", 0x40100800)
    core.set_special("PS", 0x30)
    machine.load("ill.n\n break 0, 0\n .org 0x40100870\n rsr a2, DEPC\n addi a2, a2, 2\n wsr a2, DEPC\n rfde")
    assert machine.run() is Stop.BREAKPOINT
    assert core.pc == CODE + 2
    assert core.special("PS") == 0x30, "RFDE leaves EXCM set"
