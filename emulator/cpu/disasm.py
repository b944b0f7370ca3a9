"""A disassembler for the LX106, made from the instruction table; what it prints, `asm` reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from emulator.cpu.isa import IMMEDIATES, REGISTER_FIELDS, SPECIAL_REGISTERS, decode

SPECIAL_REGISTER_NAMES = {number: name for name, number in SPECIAL_REGISTERS.items()}
NO_NAMES: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True)
class Line:
    """One disassembled instruction, or one byte (``.byte``) that is none; ``length`` is in bytes."""

    address: int
    length: int
    mnemonic: str
    operands: str

    def __str__(self) -> str:
        return f"{self.mnemonic} {self.operands}".rstrip()


def disassemble(word: int | bytes, pc: int, names: Mapping[int, str] = NO_NAMES) -> Line:
    """The instruction at address `pc`.

    ``word`` is the little-endian word that begins there, or its bytes (one at least, of which up to three count).
    ``names`` are symbols by address: an operand that is the address of one is printed as its name.
    """
    available = 3
    if isinstance(word, bytes):
        available = len(word)
        word = int.from_bytes(word[:3], "little")
    instruction = decode(word)
    if instruction is None or instruction.length > available:
        return Line(pc, 1, ".byte", f"{word & 0xFF:#x}")
    operands = (_operand(kind, word, pc, names) for kind in instruction.operands)
    return Line(pc, instruction.length, instruction.name, ", ".join(operands))


def disassemble_range(code: bytes, address: int, names: Mapping[int, str] = NO_NAMES) -> Iterator[Line]:
    """Every instruction of `code`, which begins at `address`; nothing is skipped, data is taken for code."""
    position = 0
    while position < len(code):
        line = disassemble(code[position : position + 3], address + position, names)
        yield line
        position += line.length


def _operand(kind: str, word: int, pc: int, names: Mapping[int, str]) -> str:
    if kind in REGISTER_FIELDS:
        return f"a{word >> REGISTER_FIELDS[kind] & 15}"
    immediate = IMMEDIATES[kind]
    value = immediate.value(word, pc)
    if kind == "sr":
        return SPECIAL_REGISTER_NAMES.get(value, str(value))
    if immediate.relative is None:
        return str(value)
    return names.get(value, hex(value))
