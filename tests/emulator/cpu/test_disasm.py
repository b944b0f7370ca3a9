"""The disassembler, and that the assembler reads what it prints."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.cpu.asm import assemble
from emulator.cpu.disasm import Line, disassemble, disassemble_range
from emulator.cpu.isa import INSTRUCTIONS, Instruction, decode

addresses = st.integers(0x40000000, 0x402FFFF0)


def test_lines_by_hand() -> None:
    assert disassemble(0x803450, 0) == Line(0, 3, "add", "a3, a4, a5")
    assert disassemble(bytes.fromhex("7c f2"), 0x40100001) == Line(0x40100001, 2, "movi.n", "a2, -1")
    assert str(disassemble(bytes.fromhex("00 d1 13"), 0)) == "wsr a0, EXCSAVE1"
    assert str(disassemble(bytes.fromhex("06 ff ff"), 0x40100010)) == "j 0x40100010"
    assert str(disassemble(bytes.fromhex("80 00 00"), 0)) == "ret"


def test_what_is_no_instruction_is_a_byte() -> None:
    assert disassemble(0xFFFFFF, 0x40100000) == Line(0x40100000, 1, ".byte", "0xff")
    assert disassemble(b"\x50\x34", 0) == Line(0, 1, ".byte", "0x50"), "an instruction that was cut off"


def test_range_uses_names() -> None:
    source = "main: l32r a2, value\n call0 helper\n bnez.n a2, done\n j main\ndone: ret.n\n.align\nhelper: ret.n"
    assembly = assemble(".literal value, 7\n" + source, origin=0x40100000)
    [(address, content)] = assembly.chunks
    names = {value: name for name, value in assembly.symbols.items()}
    lines = list(disassemble_range(content[4:], address + 4, names))
    assert [str(line) for line in lines[:5]] == [
        "l32r a2, value",
        "call0 helper",
        "bnez.n a2, done",
        "j main",
        "ret.n",
    ]
    assert [line.address for line in lines[:5]] == [0x40100004, 0x40100007, 0x4010000A, 0x4010000C, 0x4010000F]


@pytest.mark.parametrize("instruction", INSTRUCTIONS, ids=lambda instruction: instruction.name)
def test_round_trip_of_every_row(instruction: Instruction) -> None:
    free = ~instruction.mask & (1 << 8 * instruction.length) - 1

    @settings(max_examples=15)
    @given(st.integers(0, 0xFFFFFF), addresses)
    def check(bits: int, address: int) -> None:
        content = (instruction.match | bits & free).to_bytes(instruction.length, "little")
        line = disassemble(content, address)
        assert (line.mnemonic, line.length) == (instruction.name, instruction.length)
        assert assemble(str(line), origin=address).chunks == [(address, content)]

    check()


@given(st.binary(min_size=1, max_size=64), addresses)
def test_round_trip_of_any_bytes(content: bytes, address: int) -> None:
    lines = list(disassemble_range(content, address))
    assert assemble("\n".join(map(str, lines)), origin=address).chunks == [(address, content)]


@given(st.integers(0, 0xFFFFFF))
def test_rows_exclude_each_other(word: int) -> None:
    matches = [row for row in INSTRUCTIONS if word & row.mask == row.match]
    assert len(matches) <= 1
    assert decode(word) is (matches[0] if matches else None)
