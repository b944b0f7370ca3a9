"""printf: the formatting against Python's, the routines on the chip."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.cpu.core import Stop
from emulator.rom.printing import LONGEST_TEXT, format_text
from emulator.rom.symbols import ENTRY_POINTS

TEMPLATE, TEXT = 0x3FFE8000, 0x3FFE9000
flags = st.lists(st.sampled_from(list("-+ 0")), unique=True).map("".join)
widths = st.one_of(st.just(""), st.integers(1, 30).map(str))
precisions = st.one_of(st.just(""), st.integers(0, 20).map(".{}".format))


def unused(address: int) -> bytes:
    """For templates without %s."""
    raise AssertionError(f"string at {address:#x}")


def formatted(template: bytes, *arguments: int) -> bytes:
    """The result for numbers only."""
    return format_text(template, iter(arguments), unused)


@given(flags=flags, width=widths, precision=precisions, value=st.integers(-(1 << 31), (1 << 31) - 1))
def test_signed_numbers(flags: str, width: str, precision: str, value: int) -> None:
    if precision:
        flags = flags.replace("0", "")  # C ignores it then, Python does not
    conversion = f"<%{flags}{width}{precision}d>"
    assert formatted(conversion.encode(), value & 0xFFFFFFFF) == (conversion % value).encode()


@pytest.mark.parametrize("letter", "xXou")
@given(minus=st.booleans(), zero=st.booleans(), width=widths, value=st.integers(0, (1 << 32) - 1))
def test_unsigned_numbers(letter: str, minus: bool, zero: bool, width: str, value: int) -> None:
    conversion = f"%{'-' * minus}{'0' * (zero and not minus)}{width}{letter}"
    assert formatted(conversion.encode(), value) == (conversion % value).encode()


@given(minus=st.booleans(), width=widths, precision=precisions, text=st.binary(max_size=20))
def test_strings(minus: bool, width: str, precision: str, text: bytes) -> None:
    conversion = f"[%{'-' * minus}{width}{precision}s]".encode()
    assert format_text(conversion, iter([0x3FFE8000]), lambda address: text) == conversion % text


@pytest.mark.parametrize(
    ("template", "arguments", "text"),
    [
        (b"%c%c", (0x141, 0x42), b"AB"),
        (b"100%%", (), b"100%"),
        (b"%*d|%-*d|", (4, 7, 4, 7), b"   7|7   |"),
        (b"%*d|", (0xFFFFFFFC, 7), b"7   |"),
        (b"%.*d", (3, 7), b"007"),
        (b"%lu %lld %hhx %zu", (1, 2, 3, 4), b"1 2 3 4"),
        (b"%p", (0x3FFE8000,), b"3ffe8000"),
        (b"%#x %#x", (255, 0), b"0xff 0"),
        (b"%s", (0,), b"(null)"),
        (b"%d %d", (1,), b"1 0"),
        (b"%", (), b""),
        (b"%5", (), b""),
        (b"a%yb", (1,), b"ab"),
    ],
)
def test_conversions(template: bytes, arguments: tuple[int, ...], text: bytes) -> None:
    assert formatted(template, *arguments) == text


pieces = st.one_of(
    st.binary(max_size=10),
    st.sampled_from([b"%", b"%*", b"%.*", b"%-099999999999s", b"%.99999999d", b"%*.*s", b"%c", b"%n", b"%f", b"%lls"]),
    st.integers(0, 6000).map(lambda digits: b"%" + b"9" * digits + b"d"),
)


@pytest.mark.slow
@given(st.lists(pieces, max_size=40).map(b"".join), st.lists(st.integers(0, (1 << 32) - 1), max_size=50))
def test_hostile_templates_never_raise(template: bytes, arguments: list[int]) -> None:
    text = format_text(template, iter(arguments), lambda address: b"s" * 1024)
    assert len(text) <= LONGEST_TEXT


# On the chip.


def test_printf_takes_arguments_from_registers_and_stack(rig: Any) -> None:
    rig.core.write(TEMPLATE, b"%d %d %d %d %d %d %s\n\0")
    rig.core.write(TEXT, b"end\0")
    rig.call("ets_printf", TEMPLATE, 1, 2, 3, 4, 5, stack=(6, TEXT))
    assert rig.sent == b"1 2 3 4 5 6 end\r\n"


def test_printf_uses_the_installed_function(rig: Any) -> None:
    labels = rig.load(
        """
        .literal note, 0x3ffea000
        putc:
            l32r a3, note
            l32i a4, a3, 0
            addi a4, a4, 1
            s32i a4, a3, 0
            add a3, a3, a4
            s8i a2, a3, 3
            ret
        """
    )
    rig.call("ets_install_putc1", labels["putc"])
    rig.core.write(TEMPLATE, b"%s!\0")
    rig.core.write(TEXT, b"hello\0")
    saved = {number: 0x100 + number for number in range(12, 16)}
    for number, value in saved.items():
        rig.core.set_a(number, value)
    rig.call("ets_printf", TEMPLATE, TEXT)
    assert rig.core.read(0x3FFEA004, 6) == b"hello!"
    assert {number: rig.core.a(number) for number in saved} == saved
    assert rig.sent == b""


def test_vprintf_reads_a_va_list(rig: Any) -> None:
    """{stack, registers, index}: the first arguments lie in the register area, from its index on (facts)."""
    registers, stack = 0x3FFEA000, 0x3FFEB000
    rig.core.write(TEMPLATE, b"%u,%u,%u,%u\0")
    for index in range(6):
        rig.core.write32(registers + 4 * index, 10 + index)
    rig.core.write32(stack + 32, 20)
    rig.core.write32(stack + 36, 21)
    from_rom = rig.load(".literal putc, uart_tx_one_char")["putc"]
    rig.call("ets_vprintf", rig.core.read32(from_rom), TEMPLATE, stack, registers, 16)
    assert rig.sent == b"14,15,20,21"


@pytest.mark.parametrize("template", [0, 0x20000000, 0xFFFFFFFF, 0x60000000])
def test_a_bad_template_is_printed_as_such(rig: Any, template: int) -> None:
    rig.call("ets_printf", template)
    assert rig.sent == b"(bad pointer)"


def test_a_bad_string_is_printed_as_such(rig: Any) -> None:
    rig.core.write(TEMPLATE, b"<%s>\0")
    rig.call("ets_printf", TEMPLATE, 0x50000000)
    assert rig.sent == b"<(bad pointer)>"


@pytest.mark.parametrize("stack", [0x3FFE0020, 0x40001000, 0x40200100])
def test_text_without_room_on_the_stack_is_an_exception(rig: Any, stack: int) -> None:
    rig.core.write(TEMPLATE, b"x" * 500 + b"\0")
    rig.enter("xthal_get_ccount")
    rig.core.set_a(2, TEMPLATE)
    rig.core.pc = ENTRY_POINTS["ets_printf"]
    rig.core.set_a(1, stack)
    assert rig.run() is Stop.HOST
    assert rig.trace.named("exception")


def test_characters(rig: Any) -> None:
    for character in b"a\nb\rc":
        rig.call("ets_putc", character)
    rig.call("ets_write_char", ord("!"))
    assert rig.sent == b"a\r\nbc!"


def test_both_installed_functions_get_each_character(rig: Any) -> None:
    from_rom = rig.core.read32(rig.load(".literal putc, uart_tx_one_char")["putc"])
    rig.core.write(TEMPLATE, b"a\nb\0")
    rig.call("ets_install_putc2", from_rom)
    rig.call("ets_printf", TEMPLATE)
    rig.call("ets_write_char", ord("c"))
    assert rig.sent == b"aa\r\n\nbbcc"
    rig.call("ets_install_putc1", 0)
    rig.call("ets_printf", TEMPLATE)
    assert rig.sent == b"aa\r\n\nbbcc" + b"a\nb"


def test_printing_on_the_uart_does_not_mind_what_is_installed(rig: Any) -> None:
    rig.core.write(TEMPLATE, b"<%d>\n\0")
    rig.call("ets_install_putc1", 0)
    rig.call("ets_uart_printf", TEMPLATE, 42)
    for character in b"a\nb\rc":
        rig.call("ets_uart_putc1", character)
    assert rig.sent == b"<42>\r\na\r\nbc"


def test_the_uart_is_installed_again(rig: Any) -> None:
    rig.core.write(TEMPLATE, b"text\0")
    rig.call("ets_install_putc1", 0)
    assert rig.call("ets_install_uart_printf") == ENTRY_POINTS["ets_uart_putc1"]
    rig.call("ets_printf", TEMPLATE)
    assert rig.sent == b"text"


def test_nothing_installed_prints_nothing(rig: Any) -> None:
    rig.core.write(TEMPLATE, b"text\0")
    rig.call("ets_install_putc1", 0)
    rig.call("ets_printf", TEMPLATE)
    rig.call("ets_write_char", ord("!"))
    assert rig.sent == b""


def arguments_for_ever() -> Iterator[int]:
    """An endless stack."""
    while True:
        yield 0xFFFFFFFF


def test_endless_arguments_end() -> None:
    assert len(format_text(b"%*d" * 100, arguments_for_ever(), unused)) <= LONGEST_TEXT
