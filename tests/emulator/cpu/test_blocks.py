"""Compiled blocks: nobody can tell them from the instructions that they were made of, except by their speed."""

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.cpu import hotspots
from emulator.cpu.asm import assemble
from emulator.cpu.blocks import ALWAYS_JUMPS, Region
from emulator.cpu.core import Stop
from emulator.cpu.hotspots import BOOT
from emulator.cpu.isa import IMMEDIATES, INSTRUCTIONS, REGISTER_FIELDS, Instruction

CODE, DATA, VECTORS = 0x40100000, 0x3FFE8000, 0x40102000
EPC1, EXCSAVE1, SAR, PS = 177, 209, 3, 230
ENDS = {"break", "break.n", "ill", "ill.n", "syscall", "simcall", "waiti", "rfe", "rfde", "rfi", *ALWAYS_JUMPS}
BODY = [row for row in INSTRUCTIONS if row.name not in ENDS]
SPECIAL_REGISTERS = [EPC1, EXCSAVE1, SAR]
COUNT = 15
"""The register that counts the rounds; no instruction in between changes it."""


def operand(draw: st.DrawFn, kind: str) -> str:
    """A random operand; a branch goes on behind the loop's body."""
    if kind in REGISTER_FIELDS:
        return f"a{draw(st.integers(2, 9))}"
    if kind == "literal":
        return "constant"
    if kind.startswith("label"):
        return "{skip}"
    if kind == "sr":
        return str(draw(st.sampled_from(SPECIAL_REGISTERS)))
    immediate = IMMEDIATES[kind]
    return str(immediate.meaning(draw(st.integers(0, (1 << immediate.width) - 1))))


def instruction(draw: st.DrawFn, row: Instruction) -> str:
    """A line of assembler."""
    operands = [operand(draw, kind) for kind in row.operands]
    if row.name == "rsil":
        operands[-1] = "0"
    return f"{row.name} {', '.join(operands)}"


@st.composite
def loops(draw: st.DrawFn) -> str:
    """The text of a loop with some blocks: branches skip to the next one, a subroutine is called and returns."""
    text = "start:\n"
    for number in range(draw(st.integers(1, 4))):
        rows = draw(st.lists(st.sampled_from(BODY), min_size=1, max_size=8))
        body = "\n".join(instruction(draw, row) for row in rows).replace("{skip}", f"next{number}")
        text += f"{body}\nnop.n\nnext{number}:\n"
    call = draw(st.sampled_from(["", "call0 routine\n", "movi a14, 0\ncall0 routine\n", "l32r a0, back\njx a0\n"]))
    return text + call + "done:\naddi a15, a15, -1\nbnez a15, start\nbreak 0, 0\n"


SURROUNDINGS = f".literal constant, {DATA + 64}\n.literal back, done\n"
ROUTINE = ".align 4\nroutine:\naddi.n a2, a2, 1\nret.n\n"
VECTOR = f".org {VECTORS + 0x50}\nbreak 0, 0\n"


@given(loops(), st.lists(st.integers(0, 2**32 - 1), min_size=8, max_size=8), st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_they_leave_what_the_interpreter_leaves(machine: Any, text: str, values: list[int], at: int) -> None:
    found = []
    for compiled in (False, True):
        machine.reset()
        core = machine.core
        core.set_special("VECBASE", VECTORS)
        machine.symbols = {}
        symbols = machine.load(SURROUNDINGS + text + ROUTINE + VECTOR)
        core.pc = symbols["start"]
        for number, value in enumerate(values, 2):
            core.set_a(number, DATA + 4 * at if value & 1 else value)
        core.set_a(COUNT, 3)
        core.write(DATA, bytes(range(256)) * 8)
        if compiled:
            leaders = [address for name, address in symbols.items() if name not in {"constant", "back"}]
            core.compile(leaders)
            assert core.compiled, "something was compiled"
        before = core.cycles
        stop = machine.run(3000)
        specials = {
            name: core.special(name)
            for name in ("SAR", "PS", "EPC1", "EXCSAVE1", "EXCCAUSE", "EXCVADDR", "CCOUNT", "INTENABLE")
        }
        specials["CCOUNT"] -= before & 0xFFFFFFFF
        specials["CCOUNT"] &= 0xFFFFFFFF
        ram = core.read(DATA, 0x2000)
        found.append((stop, machine.registers_now(), specials, core.pc, core.cycles - before, ram, machine.accesses))
    assert found[0] == found[1]


INTERRUPTED = """
start:
    rsil a4, 3
    addi a2, a2, 1
inner:
    addi a7, a7, 1
    bbci a7, 2, inner
    addi a5, a5, 3
    wsr a4, PS
    addi.n a6, a6, 1
    slli a8, a7, 3
    bltu a2, a3, start
    break 0, 0
"""
TIMER = f"""
    .org {VECTORS + 0x50}
    wsr a0, EXCSAVE1
    rsr a0, CCOUNT
    addi a0, a0, 41
    wsr a0, CCOMPARE0
    addi a10, a10, 1
    rsr a12, EPC1
    add a11, a11, a12
    rsr a0, EXCSAVE1
    rfe
"""
TIMER_INTERRUPT = 1 << 6


@pytest.mark.parametrize("rounds", [100, 3000])
def test_interrupts_come_at_the_same_instructions(machine: Any, rounds: int) -> None:
    found = []
    for compiled in (False, True):
        machine.reset()
        core = machine.core
        symbols = machine.load(INTERRUPTED + TIMER)
        core.set_special("VECBASE", VECTORS)
        core.set_special("INTENABLE", TIMER_INTERRUPT)
        core.set_special("CCOMPARE0", core.special("CCOUNT") + 100)
        core.set_a(3, rounds)
        if compiled:
            core.compile([symbols["start"], symbols["inner"], symbols["inner"] + 6])
        before = core.cycles
        assert machine.run(rounds * 1000) is Stop.BREAKPOINT
        registers = machine.registers_now()
        found.append((registers[2:12], core.cycles - before))
    assert found[0] == found[1]
    assert found[0][0][8] > rounds / 20, "there were interrupts"


COUNTING = """
start:
    addi.n a2, a2, 1
    addi a3, a3, 5
    bne a2, a4, start
    break 0, 0
"""


@pytest.fixture
def counting(machine: Any) -> Any:
    """A machine in a compiled loop that counts a2 up to a4."""
    machine.load(COUNTING)
    machine.core.set_a(4, 1 << 31)
    machine.core.compile([CODE])
    assert machine.core.compiled == {CODE}
    assert machine.run(1000) is Stop.BUDGET
    return machine


@pytest.mark.parametrize("offset", [0, 2, 5])
def test_a_breakpoint_is_kept(counting: Any, offset: int) -> None:
    core = counting.core
    core.set_breakpoint(CODE + offset)
    assert counting.run(1000) is Stop.BREAKPOINT
    assert core.pc == CODE + offset
    assert not core.compiled
    core.clear_breakpoint(CODE + offset)
    assert core.compiled == {CODE}
    assert counting.run(1000) is Stop.BUDGET


def test_a_change_by_the_host_is_seen(counting: Any) -> None:
    core = counting.core
    core.write(CODE + 2, assemble("addi a3, a3, 7", origin=CODE + 2).chunks[0][1])
    counted, added = core.a(2), core.a(3)
    counting.run(3000)
    assert core.a(3) - added == 7 * (core.a(2) - counted)
    assert not core.compiled


def test_a_change_by_the_program_is_seen(machine: Any) -> None:
    """The loop overwrites its own addition in the hundredth round."""
    machine.load("""
    .align 4
    start:
        addi a3, a3, 5
        nop.n
        nop.n
        nop.n
        addi a2, a2, 1
        bne a2, a5, on
        s32i a6, a7, 0
    on:
        bne a2, a4, start
        break 0, 0
    """)
    core = machine.core
    changed = assemble("addi a3, a3, 7\nnop.n", origin=CODE).chunks[0][1][:4]
    for number, value in {4: 200, 5: 100, 6: int.from_bytes(changed, "little"), 7: CODE}.items():
        core.set_a(number, value)
    core.compile([CODE, machine.symbols["on"]])
    assert len(core.compiled) == 2
    assert machine.run() is Stop.BREAKPOINT
    assert core.a(3) == 100 * 5 + 100 * 7


def test_a_stop_that_the_host_asks_for_is_kept(machine: Any) -> None:
    """A register's read hook stops the processor in the middle of a block, which is then executed to its end."""
    core = machine.core
    machine.load("start:\naddi a2, a2, 1\nl32i a3, a4, 0\naddi a5, a5, 1\nj start\n")
    core.set_a(4, 0x60000000)
    core.compile([CODE])
    machine.registers[0x60000000] = 77
    assert machine.run(100) is Stop.BUDGET
    assert core.a(3) == 77
    assert core.a(2) - core.a(5) in {0, 1}
    reads = len(machine.accesses)
    assert reads >= 24, "each round reads it"


def test_the_idle_detector_sees_what_it_watches(counting: Any) -> None:
    """A loop that only polls is found, though it is compiled; one that counts is none."""
    core = counting.core
    assert not core.is_spinning(5, 80, 100_000)
    assert core.compiled == {CODE}
    counting.load("start:\nl32i a3, a4, 0\n" + "nop\n" * 8 + "beqz a3, start\nbreak 0, 0\n")
    core.set_a(4, DATA)
    core.compile([CODE])
    counting.run(1000)
    assert core.is_spinning(5, 80, 100_000)
    assert core.compiled == {CODE}


def test_what_is_executed_often_is_found_and_compiled(machine: Any) -> None:
    machine.load(COUNTING)
    core = machine.core
    core.set_a(4, 0)
    deadline = time.monotonic() + 60
    while CODE not in core.compiled and time.monotonic() < deadline:
        assert machine.run(200_000) is Stop.BUDGET
    assert CODE in core.compiled
    counted, added, cycles = core.a(2), core.a(3), core.cycles
    machine.run(300_000)
    rounds = core.a(2) - counted & 0xFFFFFFFF
    assert core.a(3) - added & 0xFFFFFFFF in {5 * rounds - 5, 5 * rounds, 5 * rounds + 5}
    assert abs(core.cycles - cycles - 3 * rounds) <= 3


def test_what_comes_back_is_not_compiled_again(machine: Any) -> None:
    """A program that is loaded anew finds its blocks sooner than a new one would get any."""
    core = machine.core
    core.set_a(4, 0)
    machine.load(COUNTING)
    core.compile([CODE])
    machine.load("start:\nj start\n")
    assert not core.compiled
    machine.load(COUNTING)
    begin = core.executed
    while CODE not in core.compiled:
        assert machine.run(100_000) is Stop.BUDGET
        assert core.executed - begin < BOOT


def test_what_cannot_be_compiled_is_not_tried_again(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what this loop does is left to the interpreter, however often that is noticed."""
    compiled: list[Region] = []

    def compile_and_note(engine: Any, region: Region, left_out: frozenset[int]) -> hotspots.Compiled:
        compiled.append(region)
        return compile_region(engine, region, left_out)

    compile_region = hotspots._compile
    monkeypatch.setattr(hotspots, "_compile", compile_and_note)
    monkeypatch.setattr(hotspots, "_known", [])  # whatever this process has compiled before
    machine.load("start:\nrsr a3, ccount\nj on\non:\naddi a2, a2, 1\nj start\n")
    core = machine.core
    deadline = time.monotonic() + 60
    while not core.compiled and time.monotonic() < deadline:
        assert machine.run(200_000) is Stop.BUDGET
    assert core.compiled == {machine.symbols["on"]}
    for _ in range(40):
        machine.run(1_000_000)
    assert len(compiled) == 1
