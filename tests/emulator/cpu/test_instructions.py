"""Every instruction of the table against what the Xtensa ISA Reference Manual (chapter 6) says it does.

The oracle below was written from the manual, in plain Python numbers, and shares nothing with the table's semantics;
nor do the operand ranges. An example assembles one instruction, runs it on the real core, and compares all that can be
seen.
"""

import struct
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.cpu.core import Stop
from emulator.cpu.isa import INSTRUCTIONS, SPECIAL_REGISTERS

MASK = 0xFFFFFFFF
CODE = 0x40100800
"""Where the instruction goes, plus 0 to 3; literals lie before it."""
LITERALS = 0x40100000
DATA = 0x3FFE8000
DATA_SIZE = 64


def signed(value: int, bits: int = 32) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


@dataclass
class State:
    """What an instruction can change. ``next`` is where the program goes on."""

    a: list[int]
    pc: int
    next: int
    special: dict[str, int]
    memory: bytearray = field(default_factory=lambda: bytearray(DATA_SIZE))
    literals: bytes = b""
    called: bool = False
    stop: Stop = Stop.BUDGET

    @property
    def sar(self) -> int:
        return self.special["SAR"]

    def exception(self, cause: int) -> None:
        self.special |= {"EPC1": self.pc, "EXCCAUSE": cause, "PS": self.special["PS"] | 0x10}
        self.next = self.special["VECBASE"] + (0x50 if self.special["PS"] & 0x20 else 0x30)


# Operands that may stand at each place; registers are drawn as numbers, the rest as the assembler writes them.

B4CONST = [-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256]
NUMBERS: dict[str, Any] = {
    "u8": range(256), "u8x2": range(0, 512, 2), "u8x4": range(0, 1024, 4), "s8": range(-128, 128),
    "s8x256": range(-32768, 32768, 256), "n4": range(0, 64, 4), "ai4": [-1, *range(1, 16)], "i7": range(-32, 96),
    "i12": range(-2048, 2048), "msalp32": range(1, 32), "sargt": range(32), "u4": range(16), "sas": range(32),
    "sae": range(32), "mask": range(1, 17), "bbi": range(32), "b4const": B4CONST,
    "b4constu": [32768, 65536, *B4CONST[2:]], "ims": range(16), "imt": range(16),
}  # fmt: skip
TARGETS = {
    "label6": lambda pc: range(pc + 4, pc + 68),
    "label8": lambda pc: range(pc + 4 - 128, pc + 4 + 128),
    "label12": lambda pc: range(pc + 4 - 2048, pc + 4 + 2048),
    "label18": lambda pc: range(pc + 4 - 131072, pc + 4 + 131072),
    "call18": lambda pc: range((pc & ~3) + 4 - 524288, (pc & ~3) + 4 + 524288, 4),
    "literal": lambda pc: range(max(LITERALS, ((pc + 3) & ~3) - 262144), LITERALS + 0x400, 4),
}
REWRITTEN = {name for name in SPECIAL_REGISTERS if name not in ("CCOUNT", "CCOMPARE0", "INTERRUPT", "INTCLEAR")}
"""Special registers that hold what was written to them; time and interrupts have tests of their own."""

ARITHMETIC = {
    "and": lambda s, t: s & t,
    "or": lambda s, t: s | t,
    "xor": lambda s, t: s ^ t,
    "add": lambda s, t: s + t,
    "add.n": lambda s, t: s + t,
    "addx2": lambda s, t: 2 * s + t,
    "addx4": lambda s, t: 4 * s + t,
    "addx8": lambda s, t: 8 * s + t,
    "sub": lambda s, t: s - t,
    "subx2": lambda s, t: 2 * s - t,
    "subx4": lambda s, t: 4 * s - t,
    "subx8": lambda s, t: 8 * s - t,
    "mul16u": lambda s, t: (s % 65536) * (t % 65536),
    "mul16s": lambda s, t: signed(s, 16) * signed(t, 16),
    "mull": lambda s, t: s * t,
}
"""Result register, two source registers."""
ONE_REGISTER = {
    "neg": lambda t: -t,
    "abs": lambda t: abs(signed(t)),
    "mov.n": lambda s: s,
    "nsa": lambda s: 31 - (signed(s) if signed(s) >= 0 else ~signed(s)).bit_length(),
    "nsau": lambda s: 32 - s.bit_length(),
    "rer": lambda s: 0,
}
WITH_SAR = {
    "sll": lambda s, sar: (s << 32) >> sar,
    "srl": lambda t, sar: t >> sar,
    "sra": lambda t, sar: signed(t) >> sar,
}
WITH_IMMEDIATE = {
    "addi": lambda s, i: s + i,
    "addi.n": lambda s, i: s + i,
    "addmi": lambda s, i: s + i,
    "slli": lambda s, i: s << i,
    "srai": lambda t, i: signed(t) >> i,
    "srli": lambda t, i: t >> i,
}
SET_SAR = {
    "ssr": lambda s: s % 32,
    "ssl": lambda s: 32 - s % 32,
    "ssa8l": lambda s: 8 * (s % 4),
    "ssa8b": lambda s: 32 - 8 * (s % 4),
}
MOVE_IF = {
    "moveqz": lambda t: t == 0,
    "movnez": lambda t: t != 0,
    "movltz": lambda t: signed(t) < 0,
    "movgez": lambda t: signed(t) >= 0,
}
LOADS = {
    "l8ui": (1, False), "l16ui": (2, False), "l16si": (2, True), "l32i": (4, False), "l32i.n": (4, False),
}  # fmt: skip
STORES = {"s8i": 1, "s16i": 2, "s32i": 4, "s32i.n": 4}
BRANCH_ON_ZERO = {
    "beqz": lambda s: s == 0,
    "bnez": lambda s: s != 0,
    "bltz": lambda s: signed(s) < 0,
    "bgez": lambda s: signed(s) >= 0,
    "beqz.n": lambda s: s == 0,
    "bnez.n": lambda s: s != 0,
}
BRANCH_ON_IMMEDIATE = {
    "beqi": lambda s, i: signed(s) == i,
    "bnei": lambda s, i: signed(s) != i,
    "blti": lambda s, i: signed(s) < i,
    "bgei": lambda s, i: signed(s) >= i,
    "bltui": lambda s, i: s < i,
    "bgeui": lambda s, i: s >= i,
    "bbci": lambda s, i: not s & 2**i,
    "bbsi": lambda s, i: bool(s & 2**i),
}
BRANCH_ON_REGISTERS = {
    "bnone": lambda s, t: s & t == 0,
    "bany": lambda s, t: s & t != 0,
    "ball": lambda s, t: s & t == t,
    "bnall": lambda s, t: s & t != t,
    "beq": lambda s, t: s == t,
    "bne": lambda s, t: s != t,
    "blt": lambda s, t: signed(s) < signed(t),
    "bge": lambda s, t: signed(s) >= signed(t),
    "bltu": lambda s, t: s < t,
    "bgeu": lambda s, t: s >= t,
    "bbc": lambda s, t: not s & 2 ** (t % 32),
    "bbs": lambda s, t: bool(s & 2 ** (t % 32)),
}
NOTHING = {"isync", "rsync", "esync", "dsync", "excw", "memw", "extw", "nop", "nop.n", "wer"}
JUMPS = {"ret", "ret.n", "jx", "callx0"}


def apply(name: str, state: State, operands: list[int]) -> None:
    """What instruction `name` does to `state`, which already goes on behind it."""
    a, o = state.a, operands
    if name in ARITHMETIC:
        a[o[0]] = ARITHMETIC[name](a[o[1]], a[o[2]]) & MASK
    elif name in ONE_REGISTER:
        a[o[0]] = ONE_REGISTER[name](a[o[1]]) & MASK
    elif name in WITH_SAR:
        a[o[0]] = WITH_SAR[name](a[o[1]], state.sar) & MASK
    elif name == "src":
        a[o[0]] = (a[o[1]] << 32 | a[o[2]]) >> state.sar & MASK
    elif name in WITH_IMMEDIATE:
        a[o[0]] = WITH_IMMEDIATE[name](a[o[1]], o[2]) & MASK
    elif name in ("movi", "movi.n"):
        a[o[0]] = o[1] & MASK
    elif name == "extui":
        a[o[0]] = (a[o[1]] >> o[2]) % 2 ** o[3]
    elif name in SET_SAR:
        state.special["SAR"] = SET_SAR[name](a[o[0]])
    elif name == "ssai":
        state.special["SAR"] = o[0]
    elif name in MOVE_IF:
        a[o[0]] = a[o[1]] if MOVE_IF[name](a[o[2]]) else a[o[0]]
    elif name in LOADS:
        size, is_signed = LOADS[name]
        at = (a[o[1]] + o[2] - DATA) & MASK
        a[o[0]] = int.from_bytes(state.memory[at : at + size], "little", signed=is_signed) & MASK
    elif name in STORES:
        at = (a[o[1]] + o[2] - DATA) & MASK
        size = STORES[name]
        state.memory[at : at + size] = (a[o[0]] % 256**size).to_bytes(size, "little")
    elif name == "l32r":
        at = o[1] - LITERALS
        a[o[0]] = int.from_bytes(state.literals[at : at + 4], "little")
    elif name in BRANCH_ON_ZERO:
        state.next = o[1] if BRANCH_ON_ZERO[name](a[o[0]]) else state.next
    elif name in BRANCH_ON_IMMEDIATE:
        state.next = o[2] if BRANCH_ON_IMMEDIATE[name](a[o[0]], o[1]) else state.next
    elif name in BRANCH_ON_REGISTERS:
        state.next = o[2] if BRANCH_ON_REGISTERS[name](a[o[0]], a[o[1]]) else state.next
    elif name == "j":
        state.next = o[0]
    elif name == "call0":
        a[0], state.next = state.next, o[0]
    elif name == "jx":
        state.next = a[o[0]]
    elif name == "callx0":
        state.next, a[0] = a[o[0]], state.next
    elif name in ("ret", "ret.n"):
        state.next = a[0]
    else:
        apply_system(name, state, o)


def apply_system(name: str, state: State, o: list[int]) -> None:
    """The same for instructions of the exception and interrupt options, which have no common shape."""
    a, special = state.a, state.special
    register = NAMES.get(o[1], "") if name in ("rsr", "wsr", "xsr") else ""
    if name == "rsr":
        a[o[0]] = special[register]
    elif name in ("wsr", "xsr"):
        old = special[register]
        special[register] = a[o[0]] & (63 if register == "SAR" else MASK)
        if name == "xsr":
            a[o[0]] = old
    elif name == "rsil":
        a[o[0]], special["PS"] = special["PS"], special["PS"] & ~15 | o[1]
    elif name == "waiti":
        special["PS"] = special["PS"] & ~15 | o[0]
        state.next, state.stop = state.pc, Stop.IDLE
    elif name == "rfe":
        special["PS"] &= ~0x10
        state.next = special["EPC1"]
    elif name == "rfde":
        state.next = special["DEPC"]
    elif name == "rfi":
        state.next, special["PS"] = special[f"EPC{o[0]}"], special[f"EPS{o[0]}"]
    elif name == "simcall":
        state.called = True
    elif name == "syscall":
        state.exception(1)
    elif name in ("ill", "ill.n"):
        state.exception(0)
    elif name in ("break", "break.n"):
        state.next, state.stop = state.pc, Stop.BREAKPOINT
    else:
        assert name in NOTHING, f"no oracle for {name}"


NAMES = {number: name for name, number in SPECIAL_REGISTERS.items()}

words = st.one_of(
    st.integers(0, MASK),
    st.sampled_from([0, 1, 2, 31, 32, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, MASK]),
)
code_addresses = st.integers(CODE, CODE + 0x4000)


def draw_operand(draw: st.DrawFn, name: str, kind: str, pc: int) -> int:
    if kind in ("r", "s", "t"):
        return draw(st.integers(0, 15))
    if kind == "sr":
        return draw(st.sampled_from(sorted(SPECIAL_REGISTERS[register] for register in REWRITTEN)))
    if name == "rfi":
        return draw(st.integers(2, 3))
    return draw(st.sampled_from(TARGETS[kind](pc) if kind in TARGETS else NUMBERS[kind]))


@st.composite
def examples(draw: st.DrawFn, name: str, kinds: tuple[str, ...], length: int) -> tuple[State, list[int]]:
    """A state, and operands with which instruction `name` stays within what this test can see."""
    pc = CODE + draw(st.integers(0, 3))
    operands = [draw_operand(draw, name, kind, pc) for kind in kinds]
    a = list(struct.unpack("<16I", draw(st.binary(min_size=64, max_size=64))))
    for number in {operand for kind, operand in zip(kinds, operands, strict=True) if kind in ("r", "s", "t")}:
        a[number] = draw(words)
    if name in BRANCH_ON_REGISTERS and draw(st.booleans()):
        a[operands[1]] = a[operands[0]]
    special = {register: draw(words) if register.startswith("EXCSAVE") else 0 for register in sorted(REWRITTEN)}
    special |= {"SAR": draw(st.integers(0, 63)), "PS": draw(st.integers(0, 0x3F)) & ~0x10, "VECBASE": LITERALS}
    special |= {register: draw(code_addresses) for register in ("EPC1", "EPC2", "EPC3", "DEPC")}
    special |= {"EPS2": draw(st.integers(0, 0x3F)), "EPS3": draw(st.integers(0, 0x3F))}
    state = State(a, pc, pc + length, special)
    if name in JUMPS:
        a[operands[0] if operands else 0] = draw(code_addresses)
    if name in LOADS or name in STORES:
        size = LOADS[name][0] if name in LOADS else STORES[name]
        place = DATA + size * draw(st.integers(0, DATA_SIZE // size - 1))
        a[operands[1]] = (place - operands[2]) & MASK
        state.memory[:] = draw(st.binary(min_size=DATA_SIZE, max_size=DATA_SIZE))
    if name == "l32r":
        state.literals = draw(st.binary(min_size=64, max_size=64)) * 16
    return state, operands


def source(name: str, kinds: tuple[str, ...], operands: list[int]) -> str:
    written = (
        f"a{operand}" if kind in ("r", "s", "t") else NAMES[operand] if kind == "sr" else str(operand)
        for kind, operand in zip(kinds, operands, strict=True)
    )
    return f"{name} {', '.join(written)}"


@pytest.mark.parametrize("instruction", INSTRUCTIONS, ids=lambda instruction: instruction.name)
def test_instruction_does_what_the_manual_says(stepper: Any, instruction: Any) -> None:
    name, kinds = instruction.name, instruction.operands

    @settings(max_examples=15, deadline=None)
    @given(examples(name, kinds, instruction.length))
    def check(example: tuple[State, list[int]]) -> None:
        state, operands = example
        stepper.reset()
        core = stepper.core
        core.write(LITERALS, state.literals)
        core.write(DATA, bytes(state.memory))
        stepper.load(source(name, kinds, operands), state.pc)
        for number, value in enumerate(state.a):
            core.set_a(number, value)
        for register, value in state.special.items():
            core.set_special(register, value)
        apply(name, state, operands)

        stop = core.run(1)

        assert stepper.registers_now() == state.a
        assert core.pc == state.next
        assert {register: core.special(register) for register in state.special} == state.special
        assert core.read(DATA, DATA_SIZE) == state.memory
        assert bool(stepper.calls) is state.called
        assert stop is state.stop

    check()
