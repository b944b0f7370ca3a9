"""An assembler for the LX106, made from the instruction table.

A line is ``label: mnemonic operand, operand  # comment``, every part optional. Operands are registers
(``a0`` to ``a15``, ``sp``), special registers by name (``wsr a0, EXCSAVE1``), and sums of numbers, characters
(``'A'``), labels and ``.`` (this address). Branches, calls and ``l32r`` take the address that they mean. A
mnemonic has one length: nothing is relaxed or chosen by itself, so what is written is what runs.

Directives::

    .org ADDRESS          go on there                    .align [N]            zeros up to a multiple of N (4)
    .word VALUE, ...      32-bit words                   .byte VALUE, ...      bytes
    .ascii "TEXT", ...    text; .asciz adds a zero       .space N              N zero bytes
    .literal NAME, VALUE  an aligned word and its label, for l32r
    .equ NAME, VALUE      a name for a number; VALUE, as in .org, .align and .space, uses names known by then
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from emulator.cpu.isa import BY_NAME, IMMEDIATES, REGISTER_FIELDS, SPECIAL_REGISTERS, Immediate, Instruction

REGISTERS = {f"a{number}": number for number in range(16)} | {"sp": 1}
WRITABLE_SPECIAL_REGISTERS = SPECIAL_REGISTERS | {"INTSET": SPECIAL_REGISTERS["INTERRUPT"]}
"""Names for RSR, WSR and XSR; a write to INTERRUPT sets bits, and the manual calls that INTSET."""

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", '"': '"', "'": "'"}

_TOKEN = re.compile(
    r"""\s*(?:(?P<end>\#.*)|(?P<comma>,)|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])[^']*'|[^\s,"'\#]+))"""
)
_LABEL = re.compile(r"\s*([A-Za-z_$.][\w$.]*)\s*:")
_TERM = re.compile(r"\s*([+-]?)\s*('(?:\\.|[^'\\])[^']*'|[\w$.]+)")
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)")


class AsmError(ValueError):
    """A mistake in assembler source. ``line`` counts from 1; the message says what to do."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


@dataclass(frozen=True)
class Assembly:
    """Assembled code: contiguous pieces ``(address, bytes)`` in address order, and every symbol's value."""

    chunks: list[tuple[int, bytes]]
    symbols: dict[str, int]


def assemble(source: str, *, origin: int = 0, symbols: Mapping[str, int] | None = None) -> Assembly:
    """Assemble `source` from address `origin`. ``symbols`` are names defined elsewhere; raises AsmError."""
    return _Assembler(origin, symbols or {}).run(source)


@dataclass(frozen=True)
class _Piece:
    """Bytes to come at an address: the first pass knows how many, the second makes them."""

    line: int
    address: int
    length: int
    make: Callable[[], bytes]


class _Assembler:
    def __init__(self, origin: int, symbols: Mapping[str, int]) -> None:
        self.here = origin
        self.given = symbols
        self.symbols = dict(symbols)
        self.defined: set[str] = set()
        self.pieces: list[_Piece] = []
        self.line = 0

    def run(self, source: str) -> Assembly:
        """Both passes: lay out, then encode."""
        for self.line, text in enumerate(source.splitlines(), 1):
            self._lay_out(text)
        chunks: list[tuple[int, bytes]] = []
        last: _Piece | None = None
        for piece in sorted(filter(lambda piece: piece.length, self.pieces), key=lambda piece: piece.address):
            self.line = piece.line
            if last and piece.address < last.address + last.length:
                raise self._error(
                    f"{piece.address:#x} already holds what line {last.line} put there; "
                    "move one of them with .org, or make the earlier one shorter"
                )
            content = piece.make()
            if last and piece.address == last.address + last.length:
                address, before = chunks.pop()
                chunks.append((address, before + content))
            else:
                chunks.append((piece.address, content))
            last = piece
        return Assembly(chunks, self.symbols)

    def _error(self, message: str) -> AsmError:
        return AsmError(self.line, message)

    # The first pass: where everything lies.

    def _lay_out(self, text: str) -> None:
        while label := _LABEL.match(text):
            self._define(label[1], self.here)
            text = text[label.end() :]
        words = self._operands(text)
        if not words:
            return
        name, _, first = words[0].partition(" ")
        operands = [operand for operand in (first, *words[1:]) if operand]
        if "" in words[1:] or (words[1:] and not first):
            raise self._error(f"an operand of {name} is missing before or after a comma")
        if name in DIRECTIVES:
            least, most, directive = DIRECTIVES[name]
            self._expect(name, operands, least, most)
            directive(self, operands)
            return
        instruction = BY_NAME.get(name.lower())
        if instruction is None:
            known = [*BY_NAME, *DIRECTIVES]
            cure = _suggestion(name.lower(), known) or "; emulator.cpu.isa.TABLE lists all there are"
            raise self._error(f"unknown mnemonic {name!r}{cure}")
        count = len(instruction.operands)
        self._expect(name, operands, count, count)
        address = self.here
        self._append(instruction.length, lambda: self._encode(instruction, operands, address))

    def _operands(self, text: str) -> list[str]:
        """A statement split at its commas, without the comment, with single spaces."""
        parts: list[list[str]] = [[]]
        position, text = 0, text.rstrip()
        while position < len(text):
            token = _TOKEN.match(text, position)
            if token is None:
                raise self._error(f"{text[position:].strip()!r} has no closing quotation mark")
            position = token.end()
            if token["end"] is not None:
                break
            if token["comma"]:
                parts.append([])
            else:
                parts[-1].append(token["text"])
        return [" ".join(part) for part in parts] if parts != [[]] else []

    def _expect(self, name: str, operands: list[str], least: int, most: int | None) -> None:
        if len(operands) < least or (most is not None and len(operands) > most):
            instruction = BY_NAME.get(name.lower())
            wanted = f"{least}{' or more' if most != least else ''} operand{'s' * (least != 1)}"
            if instruction and instruction.operands:
                wanted += f" ({', '.join(instruction.operands)})"
            raise self._error(f"{name} takes {wanted}, not {', '.join(operands) or 'nothing'}")

    def _define(self, name: str, value: int) -> None:
        if name in REGISTERS:
            raise self._error(f"{name} is a register; choose another name")
        if name in self.defined:
            raise self._error(f"{name} is defined twice; rename or remove one")
        if self.given.get(name, value) != value:
            raise self._error(f"{name} was given as {self.given[name]:#x}, so it cannot be {value:#x}; rename it")
        self.defined.add(name)
        self.symbols[name] = value

    def _append(self, length: int, make: Callable[[], bytes]) -> None:
        self.pieces.append(_Piece(self.line, self.here, length, make))
        self.here += length

    # Directives; each gets its operands' text.

    def org(self, operands: list[str]) -> None:
        self.here = self._value(operands[0])

    def align(self, operands: list[str]) -> None:
        boundary = self._value(operands[0]) if operands else 4
        if boundary < 1 or boundary & (boundary - 1):
            raise self._error(f".align takes a power of two, not {boundary}")
        self._zeros(-self.here % boundary)

    def space(self, operands: list[str]) -> None:
        length = self._value(operands[0])
        if not 0 <= length <= 1 << 20:
            raise self._error(f".space takes 0 to {1 << 20} bytes, not {length}")
        self._zeros(length)

    def equ(self, operands: list[str]) -> None:
        self._define(operands[0], self._value(operands[1]))

    def word(self, operands: list[str]) -> None:
        address = self.here
        self._append(4 * len(operands), lambda: b"".join(self._number(text, 4, address) for text in operands))

    def byte(self, operands: list[str]) -> None:
        address = self.here
        self._append(len(operands), lambda: b"".join(self._number(text, 1, address) for text in operands))

    def literal(self, operands: list[str]) -> None:
        self._zeros(-self.here % 4)
        self._define(operands[0], self.here)
        self.word(operands[1:])

    def ascii(self, operands: list[str], end: bytes = b"") -> None:
        content = b"".join(self._string(text) + end for text in operands)
        self._append(len(content), lambda: content)

    def asciz(self, operands: list[str]) -> None:
        self.ascii(operands, b"\0")

    def _zeros(self, length: int) -> None:
        self._append(length, lambda: bytes(length))

    # The second pass: values and encodings.

    def _number(self, text: str, size: int, address: int) -> bytes:
        value, bits = self._value(text, address), 8 * size
        if not -(1 << bits - 1) <= value < 1 << bits:
            raise self._error(f"{value} does not fit {bits} bits; use a smaller number")
        return (value & (1 << bits) - 1).to_bytes(size, "little")

    def _string(self, text: str) -> bytes:
        if len(text) < 2 or text[0] != '"':
            raise self._error(f'{text!r} is no text; write it as "{text}"')
        return self._unescape(text[1:-1]).encode()

    def _unescape(self, text: str) -> str:
        def replace(escape: re.Match[str]) -> str:
            if len(escape[1]) == 3:
                return chr(int(escape[1][1:], 16))
            if escape[1] not in ESCAPES:
                known = " ".join("\\" + name for name in (*ESCAPES, "xNN"))
                raise self._error(f"unknown escape {escape[0]}; known are {known}")
            return ESCAPES[escape[1]]

        return _ESCAPE.sub(replace, text)

    def _value(self, text: str, address: int | None = None) -> int:
        """The value of an expression; `address` is what ``.`` stands for."""
        total, position = 0, 0
        while position < len(text):
            term = _TERM.match(text, position)
            if term is None or (position and not term[1]):
                raise self._error(f"cannot read {text!r}; write names and numbers with + and - between")
            value = self._term(term[2], self.here if address is None else address)
            total += -value if term[1] == "-" else value
            position = term.end()
        return total

    def _term(self, text: str, here: int) -> int:
        if text == ".":
            return here
        if text[0] == "'":
            character = self._unescape(text[1:-1])
            if len(character) != 1:
                raise self._error(f"{text} is not one character; use .ascii for text")
            return ord(character)
        if text[0].isdigit():
            try:
                return int(text, 0)
            except ValueError:
                raise self._error(f"{text!r} is no number; write 10, 0x1f or 0b101") from None
        if text in REGISTERS:
            raise self._error(f"{text} is a register, but a number or label belongs here")
        if text not in self.symbols:
            raise self._error(f"{text!r} is not defined{_suggestion(text, self.symbols)}")
        return self.symbols[text]

    def _encode(self, instruction: Instruction, operands: list[str], address: int) -> bytes:
        word = instruction.match
        for kind, text in zip(instruction.operands, operands, strict=True):
            if kind in REGISTER_FIELDS:
                word |= self._register(instruction.name, text) << REGISTER_FIELDS[kind]
            else:
                word |= self._immediate(instruction.name, kind, text, address)
        return word.to_bytes(instruction.length, "little")

    def _register(self, name: str, text: str) -> int:
        if text not in REGISTERS:
            raise self._error(f"{name} needs a register (a0 to a15, sp) where {text!r} stands")
        return REGISTERS[text]

    def _immediate(self, name: str, kind: str, text: str, address: int) -> int:
        immediate = IMMEDIATES[kind]
        if kind == "sr" and not text[0].isdigit():
            if text.upper() not in WRITABLE_SPECIAL_REGISTERS:
                raise self._error(
                    f"{text!r} is no special register{_suggestion(text.upper(), WRITABLE_SPECIAL_REGISTERS)}"
                )
            return immediate.place(WRITABLE_SPECIAL_REGISTERS[text.upper()])
        value = self._value(text, address)
        raw = immediate.encode(value, address)
        if raw is None and value >> 31 == 1:
            raw = immediate.encode(value - (1 << 32), address)
        if raw is None:
            raise self._error(_out_of_range(name, text, value, immediate, address))
        return immediate.place(raw)


DIRECTIVES: dict[str, tuple[int, int | None, Callable[[_Assembler, list[str]], None]]] = {
    ".org": (1, 1, _Assembler.org),
    ".align": (0, 1, _Assembler.align),
    ".space": (1, 1, _Assembler.space),
    ".equ": (2, 2, _Assembler.equ),
    ".word": (1, None, _Assembler.word),
    ".byte": (1, None, _Assembler.byte),
    ".literal": (2, 2, _Assembler.literal),
    ".ascii": (1, None, _Assembler.ascii),
    ".asciz": (1, None, _Assembler.asciz),
}
"""Directive -> fewest and most operands (None: any number), and what it does in the first pass."""


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _out_of_range(name: str, text: str, value: int, immediate: Immediate, address: int) -> str:
    """Why an operand cannot be encoded, in the reader's terms."""
    if immediate.values is not None:
        low, high = min(immediate.values), max(immediate.values)
        listed = ", ".join(map(str, sorted(immediate.values)))
        gaps = len(set(immediate.values)) <= high - low
        return f"{name} cannot hold {value}; it takes {f'only {listed}' if gaps else f'{low} to {high}'}"
    lowest = 1 << immediate.width - 1 if immediate.signed else 0
    low, high = immediate.meaning(lowest), immediate.meaning((lowest or 1 << immediate.width) - 1)
    steps = f" in steps of {1 << immediate.shift}" if immediate.shift else ""
    if immediate.relative is None:
        return f"{name} cannot hold {value}; it takes {low} to {high}{steps}"
    distance = value - immediate.base(address)
    if low <= distance <= high:
        return f"{name} needs a target at a multiple of 4, and {text!r} is {value:#x}; put .align before it"
    return (
        f"{name} cannot reach {text!r} at {value:#x}: that is {distance} bytes away, "
        f"and it reaches {low} to {high}{steps}; move one nearer to the other, or jump through a register"
    )
