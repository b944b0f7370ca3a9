"""Makes the interpreter: the instruction table becomes one WebAssembly function, with the run time around it.

How it works: `$run` keeps the pc (as an offset into the window) and the cycles left in locals and everything else
in linear memory. For each instruction it looks up a 16-bit handler number in a table that parallels the window's
bytes (0: not decoded yet), and branches to that handler. Events are looked at on taken branches only, which costs
nothing else. An access that is not plain memory calls a function of `accesses`, after the locals have been spilled.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import FunctionType
from typing import Literal

from emulator.cpu import accesses, blocks, isa, memory, runtime, spin
from emulator.cpu.inside import Inside
from emulator.cpu.isa import IMMEDIATES, INSTRUCTIONS, L32R_BASE, REGISTER_FIELDS, Immediate, Instruction
from emulator.cpu.lower import Name, Program, const
from emulator.cpu.rows import IS_PENDING, RowLowerer, load, memory_word, store
from emulator.cpu.runtime import Cpu
from emulator.cpu.sequences import SEQUENCES, Sequence

Check = Literal["branch", "instruction"]
"""When events are looked at: on taken branches, or (slow, for tests and traces) before every instruction."""

WORD = "(local.get $word)"
PC = "(local.get $pc)"


@dataclass(frozen=True, eq=False)
class Parts:
    """What the chip adds to the bare processor: functions marked `@inside`, by how they are called.

    Hooks and intrinsics are called by number, through a table: hook n is ``reads[n - 2]``, intrinsic n
    ``intrinsics[n - 1]``. Chips that share the object share the work of making the text.
    """

    reads: list[Inside] = field(default_factory=list)
    writes: list[Inside] = field(default_factory=list)
    intrinsics: list[Inside] = field(default_factory=list)
    polls: list[Inside] = field(default_factory=list)
    exports: dict[str, Inside] = field(default_factory=dict)


def _cell(name: str) -> int:
    return Cpu.addresses[name]


SPILL = store(_cell("pc"), PC) + store(_cell("left"), "(local.get $left)")
RELOAD_LEFT = f"(local.set $left {load(_cell('left'))})"
IS_CODE = f"(i32.lt_u (i32.sub {PC} {const(memory.CODE_OFFSET)}) {const(memory.WINDOW_SIZE - memory.CODE_OFFSET)})"
UNLESS_STOPPED = f"(br_if $redirected {load(_cell('stop'))})"


def _value_tables() -> dict[str, int]:
    """Addresses of the tables of those immediates that have no simpler form."""
    tables, address = {}, memory.VALUE_TABLES
    for kind, immediate in IMMEDIATES.items():
        if immediate.values is not None and _affine(immediate.values) is None:
            tables[kind] = address
            address += 4 << immediate.width
    return tables


def _affine(values: tuple[int, ...]) -> tuple[int, int] | None:
    """(start, step) if the values are evenly spaced by 1 or -1."""
    step = values[1] - values[0]
    if abs(step) == 1 and all(value == values[0] + step * index for index, value in enumerate(values)):
        return values[0], step
    return None


VALUE_TABLES = _value_tables()


def value_table_bytes() -> dict[int, bytes]:
    """What stands at those addresses."""
    return {
        address: b"".join((value & 0xFFFFFFFF).to_bytes(4, "little") for value in IMMEDIATES[kind].values or ())
        for kind, address in VALUE_TABLES.items()
    }


def _register(field_lsb: int) -> str:
    """Byte offset of an address register from its field in the instruction word."""
    return f"(i32.and (i32.shr_u {WORD} {const(field_lsb - 2)}) {const(60)})"


def _raw_immediate(immediate: Immediate) -> str:
    """The operand's bits, sign-extended and scaled, taken from the instruction word."""
    if len(immediate.slices) == 1:
        lsb, width = immediate.slices[0]
        if immediate.signed:
            top = f"(i32.shl {WORD} {const(32 - lsb - width)})" if lsb + width < 32 else WORD
            value = f"(i32.shr_s {top} {const(32 - width)})"
        else:
            value = f"(i32.and (i32.shr_u {WORD} {const(lsb)}) {const((1 << width) - 1)})"
    else:
        value, rest = "", immediate.width
        for lsb, width in immediate.slices:
            rest -= width
            shift, distance = ("shr_u", lsb - rest) if lsb >= rest else ("shl", rest - lsb)
            mask = ((1 << width) - 1) << rest
            part = f"(i32.and (i32.{shift} {WORD} {const(distance)}) {const(mask)})"
            value = f"(i32.or {value} {part})" if value else part
        if immediate.signed:
            unused = 32 - immediate.width
            value = f"(i32.shr_s (i32.shl {value} {const(unused)}) {const(unused)})"
    return f"(i32.shl {value} {const(immediate.shift)})" if immediate.shift else value


def _immediate(kind: str) -> str:
    """An immediate operand's value; a pc-relative one's as an offset into the window."""
    immediate = IMMEDIATES[kind]
    value = _raw_immediate(immediate)
    if immediate.values is not None:
        affine = _affine(immediate.values)
        if affine is None:
            return f"(i32.load offset={VALUE_TABLES[kind]} (i32.shl {value} {const(2)}))"
        start, step = affine
        return f"(i32.{'add' if step > 0 else 'sub'} {const(start)} {value})"
    if immediate.relative == L32R_BASE:
        backwards = f"(i32.sub {value} {const(1 << immediate.width + immediate.shift)})"
        return f"(i32.add (i32.and (i32.add {PC} {const(3)}) {const(-4)}) {backwards})"
    if immediate.relative == "pc+4":
        return f"(i32.add (i32.add {PC} {const(4)}) {value})"
    if immediate.relative == "(pc&~3)+4":
        return f"(i32.add (i32.add (i32.and {PC} {const(-4)}) {const(4)}) {value})"
    return value


@cache
def _fixed_names() -> dict[str, Name]:
    """The names that mean the same in every row."""
    words = {name: memory.SPECIAL_REGISTERS + 4 * number for name, number in isa.SPECIAL_REGISTERS.items()}
    words["a0"] = memory.ADDRESS_REGISTERS
    names = {name: memory_word(address) for name, address in words.items()}
    names["pc"] = Name(lambda: PC)
    names["x"] = Name(lambda: "(local.get $x)", lambda value: f"(local.set $x {value})")
    return names


class InstructionLowerer(RowLowerer):
    """Lowers one row's semantics to the body of its handler."""

    def __init__(self, instruction: Instruction) -> None:
        super().__init__("$accesses.", SPILL, RELOAD_LEFT + UNLESS_STOPPED, RELOAD_LEFT + UNLESS_STOPPED)
        self.names = dict(_fixed_names())
        for operand in instruction.operands:
            if operand in REGISTER_FIELDS:
                self.names[operand] = self._address_register(REGISTER_FIELDS[operand])
            else:
                self.names[operand] = Name(lambda kind=operand: _immediate(kind))  # type: ignore[misc]
        self.macros |= {
            "literal_word": lambda at: f"(i32.load (i32.add {self.expression(at)} {const(memory.WINDOW)}))",
            "address": lambda at: f"(i32.add {self.expression(at)} {const(memory.WINDOW_BASE)})",
            "goto": lambda to: f"(local.set $pc {self.expression(to)})(br $branch)",
            "far_goto": lambda to: self._go(self.expression(to)),
            "jump": lambda to: self._go(f"(i32.sub {self.expression(to)} {const(memory.WINDOW_BASE)})"),
            "unmasked": self._unmasked,
            "exception": lambda cause, _: (
                f"{SPILL}(call $runtime.enter_vector {self.expression(cause)})(br $redirected)"
            ),
            "stop": lambda _: SPILL + store(_cell("stop"), const(runtime.STOP_BREAKPOINT)) + "(br $redirected)",
            "waiti": self._waiti,
            "simcall": self._simcall,
            "read_special": lambda number: (
                f"(block (result i32) {SPILL}(call $runtime.read_special {self.expression(number)}))"
            ),
            "write_special": lambda number, value: (
                f"{SPILL}(call $runtime.write_special {self.expression(number)} {self.expression(value)}){RELOAD_LEFT}"
            ),
            "epc": lambda level: self._by_level("EPC1", level),
            "eps": lambda level: self._by_level("EPS2", level, first=2),
        }

    @staticmethod
    def _address_register(lsb: int) -> Name:
        at = f"offset={memory.ADDRESS_REGISTERS} {_register(lsb)}"
        return Name(lambda: f"(i32.load {at})", lambda value: f"(i32.store {at} {value})")

    def _by_level(self, register: str, level: ast.expr, first: int = 1) -> str:
        address = memory.SPECIAL_REGISTERS + 4 * (isa.SPECIAL_REGISTERS[register] - first)
        return f"(i32.load offset={address} (i32.shl {self.expression(level)} {const(2)}))"

    @staticmethod
    def _go(offset: str) -> str:
        return f"(local.set $pc {offset})(br_if $branch {IS_CODE}){SPILL}(br $redirected)"

    @staticmethod
    def _unmasked() -> str:
        """Only a pending interrupt makes the next branch look at events: locks are taken and left all the time."""
        return f"(if {IS_PENDING} (then {SPILL}(call $runtime.reschedule){RELOAD_LEFT}))"

    @staticmethod
    def _waiti() -> str:
        return f"{SPILL}(local.set $pc (i32.add {PC} (call $runtime.wait_for_interrupt)))" + (
            RELOAD_LEFT + SPILL + "(br $redirected)"
        )

    @staticmethod
    def _simcall() -> str:
        """In the ROM, a SIMCALL goes to the function that its address names; elsewhere, to Python."""
        offset = f"(local.tee $offset (i32.sub {PC} {const(memory.CODE_OFFSET)}))"
        number = f"(i32.load8_u offset={memory.INTRINSICS} (local.get $offset))"
        in_rom = f"(i32.lt_u {offset} {const(memory.ROM_SIZE)})"
        chosen = f"(if (result i32) {in_rom} (then {number}) (else {const(0)}))"
        return f"{SPILL}(call_indirect $intrinsics (type $procedure) {chosen}){RELOAD_LEFT}{UNLESS_STOPPED}"


COUNT = f"(local.set $left (i32.sub (local.get $left) {const(1)}))"
FETCH = f"(local.set $word (i32.load offset={memory.WINDOW} {PC}))"


@cache
def _body(instruction: Instruction) -> str:
    """What one instruction does, and the step behind it."""
    body = InstructionLowerer(instruction).block(ast.parse(instruction.semantics).body)
    return f"{body}\n(local.set $pc (i32.add {PC} {const(instruction.length)}))"


def _handlers(sequences: Iterable[Sequence]) -> dict[int, str]:
    """Handler number -> its code: one for each row of the table, one for each sequence, and the special ones."""
    stop = SPILL + store(_cell("stop"), const(runtime.STOP_BREAKPOINT)) + "(br $redirected)"
    rows = {row.number: f";; {row.name}\n{_body(row)}(br $next)" for row in INSTRUCTIONS}
    fused = {
        _sequence_number(index): f";; sequence {index}\n{(COUNT + FETCH).join(map(_body, sequence))}(br $next)"
        for index, sequence in enumerate(sequences)
    }
    return {
        **rows,
        **fused,
        memory.HANDLER_ILLEGAL: f"{SPILL}(call $runtime.enter_vector {const(0)})(br $redirected)",
        memory.HANDLER_BREAKPOINT: stop,
        memory.HANDLER_FETCH_ERROR: f"{SPILL}(call $runtime.fetch_error)(br $redirected)",
    }


def _sequence_number(index: int) -> int:
    return len(INSTRUCTIONS) + 1 + index


def _decode() -> str:
    """A function from an instruction word to its handler number: a branch on op0, then each row's mask and match."""
    text = f"(br_table {' '.join(f'$op{op0}' for op0 in range(16))} (i32.and {WORD} {const(15)}))"
    for op0, group in enumerate(isa.BY_OP0):
        tests = "".join(
            f"(if (i32.eq (i32.and {WORD} {const(row.mask)}) {const(row.match)}) (then (return {const(row.number)})))"
            for row in group
        )
        text = f"(block $op{op0} {text}) {tests} (return {const(memory.HANDLER_ILLEGAL)})"
    return f"(func $decode (param $word i32) (result i32) {text})"


def _predecode(sequences: Iterable[Sequence]) -> str:
    """A function from an offset in the window to the number of the handler there: an instruction's, a sequence's, or,
    where the flash window shows nothing, a fault's."""
    entry = f"(i32.load16_u offset={memory.HANDLERS} (i32.shl (local.get $at) {const(1)}))"
    is_special = f"(br_if $no (i32.ge_u {entry} {const(memory.HANDLER_ILLEGAL)}))"
    decoded = f"(call $decode (i32.load offset={memory.WINDOW} (local.get $at)))"
    text = ""
    for index, (first, *others) in enumerate(sequences):
        tests, offset = f"(br_if $no (i32.ne (local.get $first) {const(first.number)}))", first.length
        for row in others:
            tests += f"(local.set $at (i32.add {PC} {const(offset)})) {is_special}"
            tests += f"(br_if $no (i32.ne {decoded} {const(row.number)}))"
            offset += row.length
        text += f"(block $no {tests} (return {const(_sequence_number(index))}))\n"
    shown = f"(i32.add {load(_cell('flash_shown'))} {const(memory.FLASH_WINDOW - memory.WINDOW_BASE)})"
    behind = f"(if (i32.ge_u {PC} {shown}) (then (return {const(memory.HANDLER_FETCH_ERROR)})))"
    return f"""(func $predecode (param $pc i32) (result i32) (local $first i32) (local $at i32) {behind}
     (local.set $first (call $decode (i32.load offset={memory.WINDOW} {PC}))) {text} (local.get $first))"""


def _dispatch(handlers: dict[int, str]) -> str:
    """Branch to the handler that the table names; decode what nobody decoded, and let the idle detector look."""
    targets = [f"$h{number}" if number in handlers else "$decode" for number in range(memory.HANDLER_PASS_BY)]
    again = " ".join(target if target != "$decode" else f"$h{memory.HANDLER_ILLEGAL}" for target in targets)
    at_handler = f"offset={memory.HANDLERS} (i32.shl {PC} {const(1)})"
    text = f"""(block $alone (block $pass_by (block $decode (block $compiled
      (br_table {" ".join(targets)} $pass_by $compiled (i32.load16_u {at_handler})))
      {_compiled(at_handler)})
      (local.set $handler (call $predecode {PC})) (i32.store16 {at_handler} (local.get $handler))
      (br_table {again} $h{memory.HANDLER_ILLEGAL} (local.get $handler)))
      {SPILL}(call $spin.pass_by){RELOAD_LEFT}{UNLESS_STOPPED})
      (br_table {again} $h{memory.HANDLER_ILLEGAL} (call $decode {WORD}))"""
    for number, body in handlers.items():
        text = f"(block $h{number}\n{text})\n{body}"
    return text


def _compiled(at_handler: str) -> str:
    """Go to a compiled block. Where it comes back without a branch, one instruction is for the interpreter."""
    number = f"(i32.sub (i32.load16_u {at_handler}) {const(memory.HANDLER_COMPILED)})"
    block = f"(i32.and (local.get $handler) {const(memory.REGION_BLOCKS - 1)})"
    region = f"(i32.div_u (local.get $handler) {const(memory.REGION_BLOCKS)})"
    branch = InstructionLowerer._go(f"(i32.and {PC} {const(~blocks.BY_BRANCH)})")
    uncount = f"(local.set $left (i32.add (local.get $left) {const(1)}))"
    return f"""(br_if $alone (i32.eqz {load(_cell("enters_regions"))}))
      (local.set $handler {number}) {uncount} {store(_cell("left"), "(local.get $left)")}
      (local.set $pc (call_indirect $regions (type $reader) {block} {region}))
      {RELOAD_LEFT} {UNLESS_STOPPED}
      (if (i32.lt_s {PC} {const(0)}) (then {branch}))
      (br_if $next (i32.lt_u (i32.load16_u {at_handler}) {const(memory.HANDLER_COMPILED)}))
      {COUNT} {FETCH} (br $alone)"""


def _run(check: Check, sequences: Iterable[Sequence]) -> str:
    """The interpreter proper. Budget and reason pass through cells, as calls without arguments are the quicker
    ones."""
    due = f"(i32.le_s (local.get $left) {const(0)})"
    if_due = f"(if {due} (then (call $runtime.on_event)))"
    check_event = f"(if {due} (then {SPILL}(call $runtime.on_event)(br $redirected)))"
    text = _dispatch(_handlers(sequences))
    on_branch, on_each = (check_event, "") if check == "branch" else ("", check_event)
    return f"""(func $run (export "run")
 (local $pc i32) (local $left i32) (local $word i32) (local $offset i32) (local $x i32) (local $handler i32)
 {store(_cell("stop"), const(0))}
 {store(_cell("stop_at"), f"(i32.add (call $runtime.now) {load(_cell('budget'))})")}
 (call $runtime.reschedule)
 (loop $resume
  (local.set $pc {load(_cell("pc"))}) {RELOAD_LEFT}
  (block $redirected
   (if (i32.eqz {IS_CODE}) (then {COUNT} {SPILL} (call $runtime.fetch_error) {if_due} (br $redirected)))
   (loop $branch {on_branch} (loop $next {on_each} {COUNT} {FETCH} {text})))
  (if (i32.le_u {load(_cell("stop"))} {const(runtime.STOP_REDIRECTED)})
   (then {store(_cell("stop"), const(0))} (br $resume)))))"""


def _poll(names: list[str]) -> str:
    """Let every device catch up; the result is the shortest time that one of them wants to wait."""
    each = "".join(
        f"(local.set $next (call {name}))"
        "(if (i32.lt_u (local.get $next) (local.get $wait)) (then (local.set $wait (local.get $next))))"
        for name in names
    )
    longest = const(runtime.LONGEST_WAIT)
    return (
        f"(func $poll_devices (result i32) (local $wait i32) (local $next i32) (local.set $wait {longest}) {each} "
        f"(local.get $wait))"
    )


def _table(table: str, first: int, names: list[str]) -> str:
    size = first + len(names)
    elements = f"(elem (table {table}) {const(first)} func {' '.join(names)})"
    return f'(table {table} (export "{table[1:]}") {size} {size} funcref) {elements}'


OWN_EXPORTS = {
    name: vars(accesses)[name] for name in ("load32", "load16", "load8", "store32", "store16", "store8")
} | {"begin_test": spin.begin_test}


@lru_cache(maxsize=4)
def module_text(parts: Parts, check: Check = "branch") -> str:
    """The whole module as WebAssembly text: processor, run time, and what the chip adds."""
    program = Program()
    for function in (*vars(runtime).values(), *vars(accesses).values()):
        if isinstance(function, FunctionType) and "inside" in function.__dict__:
            program.add(function)
    program.add(spin.pass_by)
    reads, writes = [program.add(f) for f in parts.reads], [program.add(f) for f in parts.writes]
    intrinsics = [program.add(f) for f in parts.intrinsics]
    polls = [program.add(f) for f in (runtime.poll_compare, *parts.polls)]
    exports = {**OWN_EXPORTS, **parts.exports}
    exported = "".join(f'(export "{name}" (func {program.add(f)}))' for name, f in exports.items())
    pages = memory.MEMORY_SIZE >> 16
    sequences = SEQUENCES if check == "branch" else ()
    text = f"""(module
 (type $reader (func (param i32) (result i32))) (type $writer (func (param i32 i32))) (type $procedure (func))
 (import "host" "read" (func $host_read (type $reader)))
 (import "host" "write" (func $host_write (type $writer)))
 (import "host" "call" (func $host_call (type $procedure)))
 (memory (export "memory") {pages} {pages})
 {_table("$read_hooks", 2, reads)}
 {_table("$write_hooks", 2, writes)}
 {_table("$intrinsics", 0, ["$host_call", *intrinsics])}
 (table $regions (export "regions") {memory.REGIONS} funcref)
 {exported}
 {program.text()}
 {_poll(polls)}
 {_decode()}
 {_predecode(sequences)}
 {_run(check, sequences)})"""
    return re.sub(r"\n\s*\n+", "\n", text)
