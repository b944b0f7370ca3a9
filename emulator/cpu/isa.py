"""The LX106 instruction set: one row per instruction, from which everything else about the processor is made.

The interpreter (`emit`), the assembler (`asm`) and the disassembler (`disasm`) all read this table. A row is::

    name | encoding | operands in assembler order | semantics

Encoding: one sign per nibble, most significant first, as the Xtensa ISA Reference Manual draws it. A hexadecimal
digit is fixed; ``r`` ``s`` ``t`` are the register fields of the RRR format; ``i`` and ``q`` belong to an immediate;
four signs together are the four bits of one nibble (``010i``). Six nibbles make a 24-bit instruction, four a 16-bit
one.

Semantics: a Python subset over 32-bit words that wrap (see `lower`). ``r s t`` are the registers those fields name,
an operand kind's name (``u8x4``) is that immediate's value, upper-case names are special registers, ``pc`` is this
instruction's address, ``x`` a temporary. ``>>``, ``//`` and ``<`` are unsigned; ``sra``, ``slt`` and ``sge`` are
signed. ``goto`` takes a pc-relative operand, ``jump`` any address; ``resched`` lets a pending interrupt be seen at
once.

Source: Xtensa ISA Reference Manual, chapters 4 to 7. Options of the LX106: code density, 32-bit multiply (low
half), 16-bit multiply, extended L32R (never enabled), exception, interrupt, timer, NSA, miscellaneous (no MIN/MAX,
no loops, no windows).
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

REGISTER_FIELDS = {"r": 12, "s": 8, "t": 4}
"""Register operand -> least significant bit of its four-bit field."""

SPECIAL_REGISTERS = {
    "LBEG": 0, "LEND": 1, "LCOUNT": 2, "SAR": 3, "BR": 4, "LITBASE": 5, "SCOMPARE1": 12, "PTEVADDR": 83,
    "MMID": 89, "IBREAKENABLE": 96, "DDR": 104, "IBREAKA0": 128, "DBREAKA0": 144, "DBREAKC0": 160,
    "EPC1": 177, "EPC2": 178, "EPC3": 179, "DEPC": 192, "EPS2": 194, "EPS3": 195,
    "EXCSAVE1": 209, "EXCSAVE2": 210, "EXCSAVE3": 211, "CPENABLE": 224,
    "INTERRUPT": 226, "INTCLEAR": 227, "INTENABLE": 228, "PS": 230, "VECBASE": 231, "EXCCAUSE": 232,
    "DEBUGCAUSE": 233, "CCOUNT": 234, "PRID": 235, "ICOUNT": 236, "ICOUNTLEVEL": 237, "EXCVADDR": 238,
    "CCOMPARE0": 240,
}  # fmt: skip
"""Special register -> number, as RSR and WSR encode it (ISA manual, table 5-127; `INTSET` is a write to
INTERRUPT)."""

PS_INTLEVEL = 0x0F
PS_EXCM = 0x10
PS_UM = 0x20


class Cause(IntEnum):
    """EXCCAUSE values (ISA manual, table 4-64)."""

    ILLEGAL_INSTRUCTION = 0
    SYSCALL = 1
    INSTRUCTION_FETCH_ERROR = 2
    LOAD_STORE_ERROR = 3
    LEVEL1_INTERRUPT = 4
    ALLOCA = 5
    INTEGER_DIVIDE_BY_ZERO = 6
    PRIVILEGED = 8
    LOAD_STORE_ALIGNMENT = 9
    INSTRUCTION_FETCH_PROHIBITED = 20
    LOAD_PROHIBITED = 28
    STORE_PROHIBITED = 29


B4CONST = (-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256)
B4CONSTU = (32768, 65536, *B4CONST[2:])


@dataclass(frozen=True)
class Immediate:
    """How an immediate operand is encoded: bit slices (lsb, width), most significant first, then sign, scale and
    table.

    ``values`` lists what each raw number means where that is not the number itself. ``relative`` is what a
    pc-relative operand is added to: "pc+4", "(pc&~3)+4" for CALL0, or "(pc+3)&~3" for L32R (whose offset is always
    negative).
    """

    slices: tuple[tuple[int, int], ...]
    signed: bool = False
    shift: int = 0
    values: tuple[int, ...] | None = None
    relative: str | None = None

    @cached_property
    def width(self) -> int:
        """Bits of the raw number."""
        return sum(width for _, width in self.slices)

    def raw(self, word: int) -> int:
        """The operand's bits in an instruction word, put together."""
        value = 0
        for lsb, width in self.slices:
            value = value << width | word >> lsb & (1 << width) - 1
        return value

    def place(self, raw: int) -> int:
        """The inverse of `raw`: those bits at their places in an instruction word."""
        word, rest = 0, self.width
        for lsb, width in self.slices:
            rest -= width
            word |= (raw >> rest & (1 << width) - 1) << lsb
        return word

    def meaning(self, raw: int) -> int:
        """What a raw number stands for, before a pc-relative operand's base is added."""
        if self.values is not None:
            return self.values[raw]
        if self.relative == L32R_BASE or (self.signed and raw >> (self.width - 1)):
            raw -= 1 << self.width
        return raw << self.shift

    def base(self, pc: int) -> int:
        """What is added to `meaning`: 0, or the base of a pc-relative operand of the instruction at `pc`."""
        return {None: 0, "pc+4": pc + 4, "(pc&~3)+4": (pc & ~3) + 4, L32R_BASE: (pc + 3) & ~3}[self.relative]

    def value(self, word: int, pc: int) -> int:
        """What an instruction word at `pc` has there: the inverse of `encode` and `place`."""
        return self.meaning(self.raw(word)) + self.base(pc)

    def encode(self, value: int, pc: int) -> int | None:
        """The raw number that means `value` for an instruction at `pc`, or None if there is none."""
        value -= self.base(pc)
        if self.values is not None:
            return self.values.index(value) if value in self.values else None
        raw = (value >> self.shift) & (1 << self.width) - 1
        return raw if self.meaning(raw) == value else None


L32R_BASE = "(pc+3)&~3"

IMMEDIATES = {
    "u8": Immediate(((16, 8),)),
    "u8x2": Immediate(((16, 8),), shift=1),
    "u8x4": Immediate(((16, 8),), shift=2),
    "s8": Immediate(((16, 8),), signed=True),
    "s8x256": Immediate(((16, 8),), signed=True, shift=8),
    "n4": Immediate(((12, 4),), shift=2),
    "ai4": Immediate(((4, 4),), values=(-1, *range(1, 16))),
    "i7": Immediate(((4, 3), (12, 4)), values=(*range(96), *range(-32, 0))),
    "i12": Immediate(((8, 4), (16, 8)), signed=True),
    "msalp32": Immediate(((20, 1), (4, 4)), values=tuple(range(32, 0, -1))),
    "sargt": Immediate(((20, 1), (8, 4))),
    "u4": Immediate(((8, 4),)),
    "sas": Immediate(((4, 1), (8, 4))),
    "sae": Immediate(((16, 1), (8, 4))),
    "mask": Immediate(((20, 4),), values=tuple(range(1, 17))),
    "bbi": Immediate(((12, 1), (4, 4))),
    "b4const": Immediate(((12, 4),), values=B4CONST),
    "b4constu": Immediate(((12, 4),), values=B4CONSTU),
    "ims": Immediate(((8, 4),)),
    "imt": Immediate(((4, 4),)),
    "sr": Immediate(((8, 8),)),
    "label6": Immediate(((4, 2), (12, 4)), relative="pc+4"),
    "label8": Immediate(((16, 8),), signed=True, relative="pc+4"),
    "label12": Immediate(((12, 12),), signed=True, relative="pc+4"),
    "label18": Immediate(((6, 18),), signed=True, relative="pc+4"),
    "call18": Immediate(((6, 18),), signed=True, shift=2, relative="(pc&~3)+4"),
    "literal": Immediate(((8, 16),), shift=2, relative=L32R_BASE),
}
"""Immediate operand kinds by the names that the table uses (the manual's where it has one)."""

TABLE = """
ill     | 0 0 0 0 0 0      |                | exception(ILLEGAL_INSTRUCTION, pc)
ret     | 0 0 0 0 8 0      |                | jump(a0)
jx      | 0 0 0 s a 0      | s              | jump(s)
callx0  | 0 0 0 s c 0      | s              | x = s; a0 = address(pc + 3); jump(x)
isync   | 0 0 2 0 0 0      |                | pass
rsync   | 0 0 2 0 1 0      |                | pass
esync   | 0 0 2 0 2 0      |                | pass
dsync   | 0 0 2 0 3 0      |                | pass
excw    | 0 0 2 0 8 0      |                | pass
memw    | 0 0 2 0 c 0      |                | pass
extw    | 0 0 2 0 d 0      |                | pass
nop     | 0 0 2 0 f 0      |                | pass
rfe     | 0 0 3 0 0 0      |                | PS = PS & ~16; unmasked(); jump(EPC1)
rfde    | 0 0 3 2 0 0      |                | unmasked(); jump(DEPC)
rfi     | 0 0 3 s 1 0      | ims            | x = epc(ims); PS = eps(ims); unmasked(); jump(x)
break   | 0 0 4 s t 0      | ims imt        | stop(BREAKPOINT)
syscall | 0 0 5 0 0 0      |                | exception(SYSCALL, pc)
simcall | 0 0 5 1 0 0      |                | simcall()
rsil    | 0 0 6 s t 0      | t ims          | x = PS; PS = (x & ~15) | ims; t = x; unmasked()
waiti   | 0 0 7 s 0 0      | ims            | PS = (PS & ~15) | ims; waiti()
and     | 1 0 r s t 0      | r s t          | r = s & t
or      | 2 0 r s t 0      | r s t          | r = s | t
xor     | 3 0 r s t 0      | r s t          | r = s ^ t
ssr     | 4 0 0 s 0 0      | s              | SAR = s & 31
ssl     | 4 0 1 s 0 0      | s              | SAR = 32 - (s & 31)
ssa8l   | 4 0 2 s 0 0      | s              | SAR = (s & 3) << 3
ssa8b   | 4 0 3 s 0 0      | s              | SAR = 32 - ((s & 3) << 3)
ssai    | 4 0 4 s 000i 0   | sas            | SAR = sas
rer     | 4 0 6 s t 0      | t s            | t = 0
wer     | 4 0 7 s t 0      | t s            | pass
nsa     | 4 0 e s t 0      | t s            | x = s ^ sra(s, 31); t = clz(x) - 1
nsau    | 4 0 f s t 0      | t s            | t = clz(s)
neg     | 6 0 r 0 t 0      | r t            | r = 0 - t
abs     | 6 0 r 1 t 0      | r t            | x = sra(t, 31); r = (t ^ x) - x
add     | 8 0 r s t 0      | r s t          | r = s + t
addx2   | 9 0 r s t 0      | r s t          | r = (s << 1) + t
addx4   | a 0 r s t 0      | r s t          | r = (s << 2) + t
addx8   | b 0 r s t 0      | r s t          | r = (s << 3) + t
sub     | c 0 r s t 0      | r s t          | r = s - t
subx2   | d 0 r s t 0      | r s t          | r = (s << 1) - t
subx4   | e 0 r s t 0      | r s t          | r = (s << 2) - t
subx8   | f 0 r s t 0      | r s t          | r = (s << 3) - t
slli    | 000i 1 r s t 0   | r s msalp32    | r = low(wide(s) << wide(msalp32))
srai    | 001i 1 r s t 0   | r t sargt      | r = sra(t, sargt)
srli    | 4 1 r s t 0      | r t u4         | r = t >> u4
xsr     | 6 1 q q t 0      | t sr           | x = read_special(sr); write_special(sr, t); t = x; unmasked()
src     | 8 1 r s t 0      | r s t          | r = low(((wide(s) << wide(32)) | wide(t)) >> wide(SAR))
srl     | 9 1 r 0 t 0      | r t            | r = low(wide(t) >> wide(SAR))
sll     | a 1 r s 0 0      | r s            | r = low((wide(s) << wide(32)) >> wide(SAR))
sra     | b 1 r 0 t 0      | r t            | r = low(sra64(signed_wide(t), wide(SAR)))
mul16u  | c 1 r s t 0      | r s t          | r = (s & 65535) * (t & 65535)
mul16s  | d 1 r s t 0      | r s t          | r = extend16(s) * extend16(t)
mull    | 8 2 r s t 0      | r s t          | r = s * t
rsr     | 0 3 q q t 0      | t sr           | t = read_special(sr)
wsr     | 1 3 q q t 0      | t sr           | write_special(sr, t); unmasked()
moveqz  | 8 3 r s t 0      | r s t          | r = select(s, r, t == 0)
movnez  | 9 3 r s t 0      | r s t          | r = select(s, r, t)
movltz  | a 3 r s t 0      | r s t          | r = select(s, r, slt(t, 0))
movgez  | b 3 r s t 0      | r s t          | r = select(r, s, slt(t, 0))
extui   | i 010i r s t 0   | r t sae mask   | r = (t >> sae) & ((1 << mask) - 1)
l32r    | i i i i t 1      | t literal      | t = literal_word(literal)
l8ui    | i i 0 s t 2      | t s u8         | t = load8(s + u8)
l16ui   | i i 1 s t 2      | t s u8x2       | t = load16(s + u8x2)
l32i    | i i 2 s t 2      | t s u8x4       | t = load32(s + u8x4)
s8i     | i i 4 s t 2      | t s u8         | store8(s + u8, t)
s16i    | i i 5 s t 2      | t s u8x2       | store16(s + u8x2, t)
s32i    | i i 6 s t 2      | t s u8x4       | store32(s + u8x4, t)
l16si   | i i 9 s t 2      | t s u8x2       | t = extend16(load16(s + u8x2))
movi    | i i a s t 2      | t i12          | t = i12
addi    | i i c s t 2      | t s s8         | t = s + s8
addmi   | i i d s t 2      | t s s8x256     | t = s + s8x256
call0   | i i i i ii00 5   | call18         | a0 = address(pc + 3); far_goto(call18)
j       | i i i i ii00 6   | label18        | far_goto(label18)
beqz    | i i i s 0001 6   | s label12      | if s == 0: goto(label12)
bnez    | i i i s 0101 6   | s label12      | if s: goto(label12)
bltz    | i i i s 1001 6   | s label12      | if slt(s, 0): goto(label12)
bgez    | i i i s 1101 6   | s label12      | if sge(s, 0): goto(label12)
beqi    | i i r s 0010 6   | s b4const label8  | if s == b4const: goto(label8)
bnei    | i i r s 0110 6   | s b4const label8  | if s != b4const: goto(label8)
blti    | i i r s 1010 6   | s b4const label8  | if slt(s, b4const): goto(label8)
bgei    | i i r s 1110 6   | s b4const label8  | if sge(s, b4const): goto(label8)
bltui   | i i r s 1011 6   | s b4constu label8 | if s < b4constu: goto(label8)
bgeui   | i i r s 1111 6   | s b4constu label8 | if s >= b4constu: goto(label8)
bnone   | i i 0 s t 7      | s t label8     | if (s & t) == 0: goto(label8)
beq     | i i 1 s t 7      | s t label8     | if s == t: goto(label8)
blt     | i i 2 s t 7      | s t label8     | if slt(s, t): goto(label8)
bltu    | i i 3 s t 7      | s t label8     | if s < t: goto(label8)
ball    | i i 4 s t 7      | s t label8     | if (~s & t) == 0: goto(label8)
bbc     | i i 5 s t 7      | s t label8     | if ((s >> (t & 31)) & 1) == 0: goto(label8)
bbci    | i i 011i s t 7   | s bbi label8   | if (s & (1 << bbi)) == 0: goto(label8)
bany    | i i 8 s t 7      | s t label8     | if s & t: goto(label8)
bne     | i i 9 s t 7      | s t label8     | if s != t: goto(label8)
bge     | i i a s t 7      | s t label8     | if sge(s, t): goto(label8)
bgeu    | i i b s t 7      | s t label8     | if s >= t: goto(label8)
bnall   | i i c s t 7      | s t label8     | if ~s & t: goto(label8)
bbs     | i i d s t 7      | s t label8     | if (s >> (t & 31)) & 1: goto(label8)
bbsi    | i i 111i s t 7   | s bbi label8   | if s & (1 << bbi): goto(label8)
l32i.n  | r s t 8          | t s n4         | t = load32(s + n4)
s32i.n  | r s t 9          | t s n4         | store32(s + n4, t)
add.n   | r s t a          | r s t          | r = s + t
addi.n  | r s t b          | r s ai4        | r = s + ai4
movi.n  | i s 0iii c       | s i7           | s = i7
beqz.n  | i s 10ii c       | s label6       | if s == 0: goto(label6)
bnez.n  | i s 11ii c       | s label6       | if s: goto(label6)
mov.n   | 0 s t d          | t s            | t = s
ret.n   | f 0 0 d          |                | jump(a0)
break.n | f s 2 d          | ims            | stop(BREAKPOINT)
nop.n   | f 0 3 d          |                | pass
ill.n   | f 0 6 d          |                | exception(ILLEGAL_INSTRUCTION, pc)
"""


@dataclass(frozen=True)
class Instruction:
    """A row of the table. A word holds it when ``word & mask == match``; ``length`` is in bytes (2 or 3)."""

    name: str
    length: int
    mask: int
    match: int
    operands: tuple[str, ...]
    semantics: str
    number: int
    """Its place in the table, from 1: the interpreter's handler number (0 is "not decoded yet")."""


def _parse_row(number: int, line: str) -> Instruction:
    name, encoding, operands, semantics = (part.strip() for part in line.split("|", 3))
    nibbles = encoding.split()
    bits = ""
    for nibble in nibbles:
        if len(nibble) == 4:
            bits += nibble.replace("i", ".")
        elif nibble in "rstiq":
            bits += "...."
        else:
            bits += format(int(nibble, 16), "04b")
    return Instruction(
        name=name,
        length=len(nibbles) // 2,
        mask=int("".join("0" if bit == "." else "1" for bit in bits), 2),
        match=int(bits.replace(".", "0"), 2),
        operands=tuple(operands.split()),
        semantics=semantics,
        number=number,
    )


INSTRUCTIONS = tuple(_parse_row(number, line) for number, line in enumerate(TABLE.strip().splitlines(), 1))
BY_NAME = {instruction.name: instruction for instruction in INSTRUCTIONS}


BY_OP0 = tuple(tuple(row for row in INSTRUCTIONS if row.match & 15 == op0) for op0 in range(16))
"""The rows by their first nibble, which all of them fix."""


def decode(word: int) -> Instruction | None:
    """The instruction in the low bits of a little-endian 32-bit word, or None where the LX106 has none."""
    for instruction in BY_OP0[word & 15]:
        if word & instruction.mask == instruction.match:
            return instruction
    return None
