"""Compiled blocks: instructions that are executed very often, as WebAssembly of their own.

A *block* begins where taken branches lead (its *leader*) and goes on over branches that are not taken, until an
instruction that always jumps or that the interpreter has to execute. A *region* is one function made of blocks: it
takes a block's number and returns where the interpreter shall go on. Within it, registers are locals, operands are
constants, and a jump to another of its blocks is a jump.

Nothing else changes: cycles are counted alike, and events looked at, on the same taken branches; an access that is not
plain memory calls the same function of `accesses`. What happens rarely is left to the interpreter, which executes that
instruction instead. Each row's semantics is lowered once, to text with gaps for its operands.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from emulator.cpu import isa, memory, runtime
from emulator.cpu.isa import IMMEDIATES, INSTRUCTIONS, REGISTER_FIELDS, Instruction, decode
from emulator.cpu.lower import Name, const
from emulator.cpu.rows import IS_PENDING, RowLowerer, load, memory_word, store
from emulator.cpu.runtime import Cpu

__all__ = ["Block", "Region", "begins", "build"]

LEFT_TO_THE_INTERPRETER = {"xsr", "waiti", "rfe", "rfde", "rfi", "break", "break.n", "ill", "ill.n", "syscall"}
"""Rows that touch what only the interpreter has."""
COMPUTED = {isa.SPECIAL_REGISTERS[name] for name in ("CCOUNT", "INTERRUPT")}
"""Special registers that are no plain words; the interpreter reads them."""
CONSEQUENTIAL = {
    isa.SPECIAL_REGISTERS[name] for name in ("SAR", "CCOUNT", "CCOMPARE0", "INTERRUPT", "INTCLEAR", "INTENABLE")
}
"""Those where something follows from a write; the interpreter does it."""
ALWAYS_JUMPS = {"ret", "ret.n", "jx", "callx0", "call0", "j"}

LONGEST_BLOCK = 80
MOST_BLOCKS = 400
MOST_INSTRUCTIONS = 2500
"""What compiling takes grows faster than the number of instructions: 2,000 take 40 ms, 40,000 take 4.5 s."""

BY_BRANCH = 1 << 31
"""In what a region returns: the pc was reached by a taken branch, so events are looked at first."""

LOCALS = [*(f"$a{number}" for number in range(16)), "$sar"]
"""What a region keeps in locals, and where it belongs."""
HOMES = [
    *(memory.ADDRESS_REGISTERS + 4 * number for number in range(16)),
    memory.SPECIAL_REGISTERS + 4 * runtime.SAR_NUMBER,
]

ACCESSES = {"load32": "$reader", "load16": "$reader", "load8": "$reader"} | {
    "store32": "$writer", "store16": "$writer", "store8": "$writer",
}  # fmt: skip
IMPORTS = ("memory", "regions", "intrinsics", *ACCESSES)
"""What a region's module takes of the core's exports, in this order; then come its number and that of its first
block's handler."""

Fetch = Callable[[int], int]
"""The 32-bit word at an offset in the window."""
Intrinsic = Callable[[int], int]
"""The number of the function inside the module that a SIMCALL at an offset calls; 0 if it calls the host."""


@dataclass(frozen=True)
class Step:
    """One instruction of a block: its offset in the window, its word, its row."""

    pc: int
    word: int
    row: Instruction
    intrinsic: int = 0
    """Which function inside the module a SIMCALL calls."""


@dataclass(frozen=True)
class Block:
    """Instructions in a row, and the offset behind the last."""

    steps: tuple[Step, ...]
    end: int

    @property
    def leader(self) -> int:
        """The offset of the first."""
        return self.steps[0].pc

    @cached_property
    def code(self) -> bytes:
        """Its bytes in memory."""
        return b"".join(step.word.to_bytes(4, "little")[: step.row.length] for step in self.steps)

    @property
    def jumps(self) -> bool:
        """Whether what follows in memory is never reached from here."""
        return self.steps[-1].row.name in ALWAYS_JUMPS


@dataclass(frozen=True, eq=False)
class Region:
    """Blocks in the order of their addresses; a block's number is its place."""

    blocks: tuple[Block, ...]

    @cached_property
    def offsets(self) -> frozenset[int]:
        """Where its instructions stand."""
        return frozenset(step.pc for block in self.blocks for step in block.steps)

    @cached_property
    def leaders(self) -> frozenset[int]:
        """Where its blocks begin."""
        return frozenset(block.leader for block in self.blocks)

    def seen(self, counts: Mapping[int, int]) -> int:
        """How many samples of a pc (`counts` by offset) are at the beginnings of its blocks."""
        return sum(counts.get(leader, 0) for leader in self.leaders)

    def text(self) -> str:
        """Its module, which puts its function into the core's table of regions."""
        return _module(self)


def build(leaders: Sequence[int], fetch: Fetch, intrinsic: Intrinsic, avoided: frozenset[int]) -> Region | None:
    """A region with as many of the leaders (offsets in the window, the most important first) as it may hold, or None
    where there is nothing to compile. No block contains an instruction at one of the `avoided` offsets."""
    chosen: dict[int, Block] = {}
    known = frozenset(leaders[:MOST_BLOCKS])
    room = MOST_INSTRUCTIONS
    for leader in leaders[:MOST_BLOCKS]:
        block = _block(leader, known, fetch, intrinsic, avoided)
        if block is not None and (room := room - len(block.steps)) >= 0:
            chosen[leader] = block
    return Region(tuple(chosen[leader] for leader in sorted(chosen))) if chosen else None


def begins(offset: int, fetch: Fetch, intrinsic: Intrinsic, avoided: frozenset[int]) -> bool:
    """Whether a block may begin there."""
    return _block(offset, frozenset(), fetch, intrinsic, avoided) is not None


def _block(
    leader: int, leaders: frozenset[int], fetch: Fetch, intrinsic: Intrinsic, avoided: frozenset[int]
) -> Block | None:
    steps: list[Step] = []
    pc = leader
    while memory.CODE_OFFSET <= pc < memory.WINDOW_SIZE and pc not in avoided and len(steps) < LONGEST_BLOCK:
        if steps and (pc in leaders or steps[-1].row.name in ALWAYS_JUMPS):
            break
        row = decode(word := fetch(pc))
        if row is None:
            break
        step = Step(pc, word, row, intrinsic(pc) if row.name == "simcall" else 0)
        if not _compilable(step):
            break
        steps.append(step)
        pc += row.length
    return Block(tuple(steps), pc) if steps else None


def _operand(kind: str, word: int, pc: int) -> int:
    """An operand's value; a pc-relative one's as an offset in the window."""
    if kind in REGISTER_FIELDS:
        return word >> REGISTER_FIELDS[kind] & 15
    return IMMEDIATES[kind].value(word, pc)


def _target(row: Instruction, word: int, pc: int) -> int | None:
    for kind in row.operands:
        if kind.startswith(("label", "call")):
            return _operand(kind, word, pc)
    return None


def _compilable(step: Step) -> bool:
    row, special = step.row, IMMEDIATES["sr"].raw(step.word)
    if row.name in LEFT_TO_THE_INTERPRETER:
        return False
    if row.name == "simcall":
        return step.intrinsic > 0
    if row.name == "rsr":
        return special not in COMPUTED
    if row.name == "wsr":
        return special not in CONSEQUENTIAL
    target = _target(row, step.word, step.pc)
    return target is None or memory.CODE_OFFSET <= target < memory.WINDOW_SIZE


# A row's semantics as text with gaps.

BAIL = "{bail}"
"""Gap: leave the region; the interpreter executes this instruction."""
GO = "{go}"
"""Gap: the branch is taken."""
SPILL, RELOAD = "{spill}", "{reload}"
"""Gaps: what stands around a call of a function inside the core, which may count cycles and stop the processor."""
INTRINSIC = "{all_spilled}(call_indirect $intrinsics (type $procedure) (i32.const {intrinsic})){all_reloaded}"


class Template(RowLowerer):
    """Lowers one row's semantics to text with gaps."""

    def __init__(self, row: Instruction) -> None:
        super().__init__("$", SPILL, RELOAD, f"{RELOAD}{{leave_changed_code}}")
        self.names = {"a0": _local("$a0"), "x": _local("$x"), "SAR": _local("$sar"), "PS": memory_word(runtime.PS)}
        for kind in row.operands:
            self.names[kind] = (
                _local(f"$a{{{kind}}}")
                if kind in REGISTER_FIELDS
                else Name(lambda kind=kind: f"(i32.const {{{kind}}})")  # type: ignore[misc]
            )
        self.macros |= {
            "simcall": lambda: INTRINSIC,
            "read_special": lambda _: "{special}",
            "write_special": lambda _, value: f"(i32.store (i32.const {{special_at}}) {self.expression(value)})",
            "literal_word": lambda _: "(i32.load (i32.const {literal_at}))",
            "address": lambda _: "(i32.const {return_address})",
            "goto": lambda _: GO,
            "far_goto": lambda _: GO,
            "jump": lambda to: (
                f"(local.set $pc (i32.sub {self.expression(to)} {const(memory.WINDOW_BASE)})){{count}}(br $indirect)"
            ),
            "unmasked": lambda: "",
        }


def _local(name: str) -> Name:
    return Name(lambda: f"(local.get {name})", lambda value: f"(local.set {name} {value})")


UNLESS_PENDING = f"(if {IS_PENDING} (then {BAIL}))"
"""An instruction that may unmask a pending interrupt is the interpreter's."""


@lru_cache(maxsize=1)
def _templates() -> Mapping[str, str]:
    """Row name -> its text."""
    return {
        row.name: ("unmasked()" in row.semantics) * UNLESS_PENDING + Template(row).block(ast.parse(row.semantics).body)
        for row in INSTRUCTIONS
        if row.name not in LEFT_TO_THE_INTERPRETER
    }


# Regions.


def _leave(pc: int, label: str = "$exit") -> str:
    return f"(local.set $pc {const(pc)})(br {label})"


REGISTERS_LOADED = "".join(f"(local.set {name} {load(home)})" for name, home in zip(LOCALS, HOMES, strict=True))
REGISTERS_STORED = "".join(store(home, f"(local.get {name})") for name, home in zip(LOCALS, HOMES, strict=True))
LEFT_RELOADED = f"(local.set $left {load(Cpu.addresses['left'])})"
CODE_CHANGED = load(Cpu.addresses["code_changed"])


def _spill(pc: int, counted: int) -> str:
    """What functions inside the core want to know: the pc, and the cycles left after so many instructions."""
    left = f"(i32.sub (local.get $left) {const(counted)})"
    return store(Cpu.addresses["pc"], const(pc)) + store(Cpu.addresses["left"], left)


def _reload(counted: int) -> str:
    left = f"(i32.add {load(Cpu.addresses['left'])} {const(counted)})"
    return f"(local.set $left {left})(br_if $stopped {load(Cpu.addresses['stop'])})"


def _special(number: int) -> dict[str, str | int]:
    address = memory.SPECIAL_REGISTERS + 4 * number
    is_sar = number == runtime.SAR_NUMBER
    return {"special": "(local.get $sar)" if is_sar else load(address), "special_at": address}


def _count(instructions: int) -> str:
    return f"(local.set $left (i32.sub (local.get $left) {const(instructions)}))" if instructions else ""


class _Writer:
    """Writes one region's function."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._numbers = {block.leader: number for number, block in enumerate(region.blocks)}

    def function(self) -> str:
        """The function `$region`; the global `$first` has the handler number that stands for its first block."""
        count = len(self._region.blocks)
        text = f"(br_table {' '.join(f'$b{number}' for number in range(count))} $b0 (local.get $block))"
        for number, block in enumerate(self._region.blocks):
            text = f"(block $b{number} {text})\n(loop $again{number} {self._body(number, block)})"
        handler = f"(i32.load16_u offset={memory.HANDLERS} (i32.shl (local.get $pc) {const(1)}))"
        behind_data = f"(i32.sub (local.get $pc) {const(memory.CODE_OFFSET)})"
        in_code = f"(i32.lt_u {behind_data} {const(memory.WINDOW_SIZE - memory.CODE_OFFSET)})"
        variables = "".join(f"(local {name} i32)" for name in ("$pc", "$left", "$offset", "$x", *LOCALS))
        return f"""(func $region (param $block i32) (result i32) {variables}
 {LEFT_RELOADED} {REGISTERS_LOADED}
 (block $exit (block $stopped (block $branch
  (loop $dispatch
   (block $indirect {text})
   (br_if $branch (i32.le_s (local.get $left) {const(0)}))
   (br_if $branch (i32.eqz {in_code}))
   (br_if $dispatch (i32.lt_u (local.tee $block (i32.sub {handler} (global.get $first))) {const(count)}))))
  (local.set $pc (i32.or (local.get $pc) {const(BY_BRANCH)})) (br $exit)) {LEFT_RELOADED})
 {REGISTERS_STORED} {store(Cpu.addresses["left"], "(local.get $left)")} (local.get $pc))"""

    def _body(self, number: int, block: Block) -> str:
        lines = [self._step(number, done, step) for done, step in enumerate(block.steps)]
        if not block.jumps:
            lines.append(_count(len(block.steps)))
            following = self._region.blocks[number + 1 :]
            if not (following and following[0].leader == block.end):
                lines.append(_leave(block.end))
        return "\n".join(lines)

    def _step(self, number: int, done: int, step: Step) -> str:
        row, word, pc = step.row, step.word, step.pc
        gaps: dict[str, str | int] = {
            "bail": _count(done) + _leave(pc),
            "count": _count(done + 1),
            "return_address": pc + row.length + memory.WINDOW_BASE,
            "spill": (spill := _spill(pc, done + 1)),
            "reload": (reload := _reload(done + 1)),
            "all_spilled": REGISTERS_STORED + spill,
            "all_reloaded": REGISTERS_LOADED + reload,
            "intrinsic": step.intrinsic,
            "leave_changed_code": f"(if {CODE_CHANGED} (then {_count(done + 1)}{_leave(pc + row.length)}))",
        }
        if "sr" in row.operands:
            gaps |= _special(IMMEDIATES["sr"].raw(word))
        for kind in row.operands:
            value = _operand(kind, word, pc)
            gaps[kind] = value if kind in REGISTER_FIELDS else value & 0xFFFFFFFF
            if kind == "literal":
                gaps["literal_at"] = value + memory.WINDOW & 0xFFFFFFFF
        target = _target(row, word, pc)
        if target is not None:
            gaps["go"] = _count(done + 1) + self._go(number, target)
        return _templates()[row.name].format_map(gaps)

    def _go(self, number: int, target: int) -> str:
        """A taken branch to a constant target."""
        there = self._numbers.get(target)
        if there is None:
            return _leave(target, "$branch")
        due = f"(if (i32.le_s (local.get $left) {const(0)}) (then {_leave(target, '$branch')}))"
        if there > number:
            return f"{due}(br $b{there})"
        if there == number:
            return f"{due}(br $again{number})"
        return f"{due}(local.set $block {const(there)})(br $dispatch)"


def _module(region: Region) -> str:
    pages = memory.MEMORY_SIZE >> 16
    return f"""(module
 (type $reader (func (param i32) (result i32))) (type $writer (func (param i32 i32))) (type $procedure (func))
 (import "core" "memory" (memory {pages} {pages}))
 (import "core" "regions" (table $regions {memory.REGIONS} funcref))
 (import "core" "intrinsics" (table $intrinsics 1 funcref))
 {"".join(f'(import "core" "{name}" (func ${name} (type {kind})))' for name, kind in ACCESSES.items())}
 (import "core" "number" (global $number i32))
 (import "core" "first" (global $first i32))
 {_Writer(region).function()}
 (elem (table $regions) (global.get $number) func $region))"""
