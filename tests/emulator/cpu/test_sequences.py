"""Sequences that one handler executes: nobody can tell them from their instructions one by one."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.cpu.asm import assemble
from emulator.cpu.core import Stop
from emulator.cpu.isa import IMMEDIATES, REGISTER_FIELDS
from emulator.cpu.sequences import LOOK_BACK, SEQUENCES

CODE, DATA = 0x40100000, 0x3FFE8000
JUMPS = {"ret.n", "bne", "bltu", "bnez", "bnez.n", "bany", "beqi", "call0", "callx0", "j"}
BYTE_LOAD = """
    ssa8l a3
    srli  a4, a3, 2
    slli  a4, a4, 2
    l32i.n a5, a4, 0
    srl   a5, a5
    extui a5, a5, 0, 8
"""


def test_only_the_last_instruction_may_jump() -> None:
    for sequence in SEQUENCES:
        assert len(sequence) > 1
        assert not JUMPS & {row.name for row in sequence[:-1]}
        assert sum(row.length for row in sequence) <= LOOK_BACK + 1


@st.composite
def sequences(draw: st.DrawFn) -> str:
    """The text of some sequences with random operands; registers a4 to a7 point into data RAM now and then."""
    lines = []
    for number, sequence in enumerate(draw(st.lists(st.sampled_from(SEQUENCES), min_size=1, max_size=6))):
        for row in sequence:
            operands = []
            for kind in row.operands:
                if kind in REGISTER_FIELDS:
                    operands.append(f"a{draw(st.integers(2, 9))}")
                elif kind == "literal":
                    operands.append("constant")
                elif kind == "label6":  # reaches no further
                    operands.append(f"next{number}")
                elif kind.startswith(("label", "call")):
                    operands.append("end")
                else:
                    immediate = IMMEDIATES[kind]
                    raw = draw(st.integers(0, (1 << immediate.width) - 1))
                    operands.append(str(immediate.meaning(raw)))
            lines.append(f"{row.name} {', '.join(operands)}")
        lines.append(f"nop.n\nnext{number}:")
    return "\n".join(lines)


@pytest.mark.slow
@given(sequences(), st.lists(st.integers(0, 2**32 - 1), min_size=8, max_size=8), st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_they_leave_what_single_steps_leave(single: Any, machine: Any, text: str, values: list[int], at: int) -> None:
    source = f".literal constant, {DATA + 64}\nstart:\n{text}\nj end\n.align 4\nend:\nbreak 0, 0\n"
    found = []
    for board in (single, machine):
        board.reset()
        core = board.core
        for address in range(0, 0x80, 4):
            core.write32(CODE + 0x2000 + address, 0x004000)  # vectors: break
        core.set_special("VECBASE", CODE + 0x2000)
        symbols = board.load(source)
        core.pc = symbols["start"]
        for number, value in enumerate(values, 2):
            core.set_a(number, DATA + 4 * at if value & 1 else value)
        core.set_a(0, symbols["end"])
        core.write(DATA, bytes(range(256)) * 8)
        before = core.cycles
        assert board.run(1000) is Stop.BREAKPOINT
        specials = {name: core.special(name) for name in ("SAR", "PS", "EPC1", "EXCCAUSE", "EXCVADDR")}
        ram = core.read(DATA, 0x800)
        found.append((board.registers_now(), specials, core.pc, core.cycles - before, ram, board.accesses))
    assert found[0] == found[1]


def test_a_fault_in_the_middle_has_its_own_address(machine: Any) -> None:
    symbols = machine.load(f".org {CODE}\nstart:\n{BYTE_LOAD}break 0, 0\n")
    machine.core.set_special("VECBASE", CODE + 0x2000)
    machine.core.write32(CODE + 0x2050, 0x004000)
    machine.core.set_a(3, 0x10000000)  # nothing is there
    machine.core.pc = symbols["start"]
    assert machine.run() is Stop.BREAKPOINT
    assert machine.core.special("EPC1") == symbols["start"] + 9, "the load"
    assert machine.core.special("EXCVADDR") == 0x10000000


@pytest.mark.parametrize("offset", [3, 6, 9, 11, 14])
def test_a_breakpoint_in_the_middle_is_kept(machine: Any, offset: int) -> None:
    machine.load(f"start:\n{BYTE_LOAD}j start\n")
    machine.core.set_a(3, DATA)
    machine.run(1000)  # the sequence is decoded by now
    machine.core.set_breakpoint(CODE + offset)
    assert machine.run(1000) is Stop.BREAKPOINT
    assert machine.core.pc == CODE + offset
    machine.core.clear_breakpoint(CODE + offset)
    assert machine.run(1000) is Stop.BUDGET


def test_a_change_in_the_middle_is_seen(machine: Any) -> None:
    machine.load(f"start:\n{BYTE_LOAD}break 0, 0\n")
    machine.core.set_a(3, DATA + 1)
    machine.core.write(DATA, b"\x11\x22\x33\x44")
    assert machine.run() is Stop.BREAKPOINT
    assert machine.core.a(5) == 0x22
    last = assemble("extui a5, a5, 0, 4", origin=CODE + 14).chunks[0][1]
    machine.core.write(CODE + 14, last)
    machine.core.pc = CODE
    assert machine.run() is Stop.BREAKPOINT
    assert machine.core.a(5) == 0x2


def test_a_program_that_changes_itself_in_the_middle_is_obeyed(machine: Any) -> None:
    """`slli or s32i` becomes `slli and s32i`, by a word that the program stores."""
    patch = assemble("and a4, a4, a3", origin=CODE + 0x103).chunks[0][1]
    machine.load(f".org {CODE + 0x100}\nslli a4, a2, 1\nor a4, a4, a3\ns32i a4, a8, 0\nbreak 0, 0\n")
    machine.load("s32i a10, a9, 0\ns32i a11, a9, 4\nj 0x40100100\n")
    core = machine.core
    code = core.read(CODE + 0x100, 8)
    changed = code[:3] + patch + code[6:]
    for number, value in {2: 3, 3: 8, 8: DATA, 9: CODE + 0x100}.items():
        core.set_a(number, value)
    core.pc = CODE + 0x100
    assert machine.run() is Stop.BREAKPOINT
    assert core.read32(DATA) == 3 << 1 | 8
    core.set_a(10, int.from_bytes(changed[:4], "little"))
    core.set_a(11, int.from_bytes(changed[4:], "little"))
    core.pc = CODE
    assert machine.run() is Stop.BREAKPOINT
    assert core.read32(DATA) == 3 << 1 & 8
