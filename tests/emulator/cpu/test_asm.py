"""The assembler: layout, expressions, and messages that say what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.cpu.asm import AsmError, Assembly, assemble


def code(source: str, origin: int = 0) -> bytes:
    """The bytes of a source that makes one piece."""
    [(_, content)] = assemble(source, origin=origin).chunks
    return content


def test_known_encodings() -> None:
    assert code("add a3, a4, a5") == bytes.fromhex("50 34 80")
    assert code("movi.n a2, -1") == bytes.fromhex("7c f2")
    assert code("wsr a0, EXCSAVE1") == code("wsr a0, excsave1") == bytes.fromhex("00 d1 13")
    assert code("l32i a2, sp, 8") == code("L32I a2,a1,8") == bytes.fromhex("22 21 02")


def test_labels_work_forwards_and_backwards() -> None:
    result = assemble("start: beqz a2, end\n j start\nend: ret", origin=0x40100000)
    assert result.symbols == {"start": 0x40100000, "end": 0x40100006}
    assert result.chunks == [(0x40100000, bytes.fromhex("16 22 00 46 fe ff 80 00 00"))]


def test_several_labels_and_a_statement_share_a_line() -> None:
    assert assemble("nop.n\na: b: c: nop.n # d: nop").symbols == {"a": 2, "b": 2, "c": 2}


def test_call0_counts_from_the_aligned_address() -> None:
    assert code("nop.n\ncall0 target\n.align\ntarget: ret.n")[2:5] == bytes.fromhex("45 00 00")


def test_literal_is_an_aligned_word_that_l32r_reaches() -> None:
    result = assemble("nop\n.literal big, end\nl32r a2, big\nend:", origin=0x40100000)
    assert result.symbols["big"] == 0x40100004
    assert result.chunks[0][1] == bytes.fromhex("f0 20 00 00 0b 00 10 40 21 ff ff")


def test_data_directives() -> None:
    assert code(".byte 1, -1, 'A', '\\n'") == b"\x01\xffA\n"
    assert code(".word 1, -1, 0xffffffff, . + 4") == bytes.fromhex("01000000 ffffffff ffffffff 04000000")
    assert code(r'.ascii "a,#:\"\x41\n\0", "b"') == b'a,#:"A\n\0b'
    assert code('.asciz "a b", ""') == b"a b\0\0"
    assert code(".byte 1\n.align\n.byte 2\n.align 8\n.byte 3") == b"\1\0\0\0\2\0\0\0\3"
    assert code(".byte 1\n.space 3\n.byte 2") == b"\1\0\0\0\2"


def test_equ_and_expressions() -> None:
    assert code(".equ size, 12\n.equ more, size + 4 - 0x2\n.byte more, more-size, -size+20, 'a'+1") == b"\x0e\2\x08b"


def test_given_symbols_are_known_and_returned() -> None:
    given_symbols = {"ets_printf": 0x400024CC}
    result = assemble(".org ets_printf\nets_printf: j ets_printf", symbols=given_symbols)
    assert result == Assembly([(0x400024CC, bytes.fromhex("06 ff ff"))], given_symbols)


def test_chunks_are_in_address_order_and_joined_where_they_touch() -> None:
    result = assemble(".org 8\n.byte 3\n.org 0\n.byte 1\n.org 4\n.word 2\n.org 20\nend:")
    assert result.chunks == [(0, b"\1"), (4, b"\2\0\0\0\3")]
    assert result.symbols["end"] == 20


def test_words_that_look_negative_are_accepted_as_such() -> None:
    assert code("movi a2, 0xfffff800") == code("movi a2, -2048")


def test_nothing_makes_nothing() -> None:
    assert assemble("") == assemble("\n  # only this\n") == Assembly([], {})


MISTAKES = {
    "ddd a1, a2, a3": "unknown mnemonic 'ddd'; did you mean 'add'?",
    "quux a1": "unknown mnemonic 'quux'; emulator.cpu.isa.TABLE lists all there are",
    ".wrod 1": "unknown mnemonic '.wrod'; did you mean '.word'?",
    "add a1, a2": "add takes 3 operands (r, s, t), not a1, a2",
    "ret a1": "ret takes 0 operands, not a1",
    "add a1,, a2": "an operand of add is missing before or after a comma",
    "add a1, a2,": "an operand of add is missing before or after a comma",
    "add a1, a2, 3": "add needs a register (a0 to a15, sp) where '3' stands",
    "add a1, a2, a16": "add needs a register (a0 to a15, sp) where 'a16' stands",
    "addi a1, a2, 128": "addi cannot hold 128; it takes -128 to 127",
    "addi a1, a2, a3": "a3 is a register, but a number or label belongs here",
    "l32i a1, a2, 6": "l32i cannot hold 6; it takes 0 to 1020 in steps of 4",
    "beqi a1, 9, .": "beqi cannot hold 9; it takes only -1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256",
    "slli a1, a2, 0": "slli cannot hold 0; it takes 1 to 32",
    "j . + 0x100000": (
        "j cannot reach '. + 0x100000' at 0x100000: that is 1048572 bytes away, and it reaches -131072 to 131071; "
        "move one nearer to the other, or jump through a register"
    ),
    "call0 . + 2": "call0 needs a target at a multiple of 4, and '. + 2' is 0x2; put .align before it",
    "wsr a1, EXCSAVE9": "'EXCSAVE9' is no special register; did you mean 'EXCSAVE3'?",
    "here: j hre": "'hre' is not defined; did you mean 'here'?",
    ".org later\nlater:": "'later' is not defined",
    "x: x:": "x is defined twice; rename or remove one",
    ".equ a2, 1": "a2 is a register; choose another name",
    "rom_start:": "rom_start was given as 0x40000000, so it cannot be 0x0; rename it",
    ".byte 256": "256 does not fit 8 bits; use a smaller number",
    ".align 6": ".align takes a power of two, not 6",
    ".space -1": ".space takes 0 to 1048576 bytes, not -1",
    '.ascii "abc': "'\"abc' has no closing quotation mark",
    ".ascii abc": "'abc' is no text; write it as \"abc\"",
    r'.ascii "\q"': r"unknown escape \q; known are \n \r \t \0 \\ \" \' \xNN",
    ".byte 'ab'": "'ab' is not one character; use .ascii for text",
    ".word 0x": "'0x' is no number; write 10, 0x1f or 0b101",
    ".word 1 2": "cannot read '1 2'; write names and numbers with + and - between",
}


@pytest.mark.parametrize(("source", "message"), MISTAKES.items(), ids=MISTAKES)
def test_mistakes_say_where_and_what_to_do(source: str, message: str) -> None:
    with pytest.raises(AsmError) as caught:
        assemble("# first\n\n" + source, symbols={"rom_start": 0x40000000})
    assert caught.value.line == 3
    assert str(caught.value) == f"line 3: {message}"


def test_overlap_names_both_lines() -> None:
    with pytest.raises(AsmError, match=r"line 3: 0x1 already holds what line 1 put there; move one of them"):
        assemble("nop\n.org 1\nnop")


@given(st.text(alphabet=st.sampled_from("add.n,j' \"\\#:+-0x1a2\n(wORGspl)_"), max_size=60))
def test_any_text_assembles_or_is_an_error_with_a_line(source: str) -> None:
    try:
        result = assemble(source)
    except AsmError as error:
        place, last = error.line, len(source.splitlines())
    else:
        assert all(content for _, content in result.chunks)
        return
    assert 1 <= place <= last


@given(st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=8))
def test_bytes_come_out_as_they_went_in(contents: list[bytes]) -> None:
    source = "\n".join(f".byte {', '.join(map(str, content))}" for content in contents)
    assert assemble(source, origin=100).chunks == [(100, b"".join(contents))]
