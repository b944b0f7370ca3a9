"""`ets_printf` and `ets_vprintf`: the formatting. The characters leave through Xtensa code (`rom.s`), one call each.

The formatted text lies on the stack between a12 and a15 while it is printed. Source of the conversions: C99
7.19.6.1, without floats, as in SDK `osapi.h`; of the va_list: measured (facts: {stack, registers, index} in a4-a6).
"""

import re
from collections.abc import Callable, Iterator

from emulator.rom.machine import Machine, MemoryAccessError

CONVERSION = re.compile(rb"%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?[hlzjt]*([a-zA-Z%])?|[^%]+")
LONGEST_FIELD = 1024
LONGEST_TEXT = 8192
MOST_DIGITS = 5
"""Of a width or precision; more say no more than `LONGEST_FIELD`."""
FRAME_SIZE = 32
"""What rom.s saves before it asks for the text."""
REGISTER_ARGUMENTS = 24
"""Bytes of register arguments in a va_list: a2 to a7."""


def format_text(template: bytes, arguments: Iterator[int], string: Callable[[int], bytes]) -> bytes:
    """printf's result. ``string`` fetches a zero-terminated string; missing arguments print as 0."""
    text = b""
    for match in CONVERSION.finditer(template):
        if not match[0].startswith(b"%"):
            text += match[0]
            continue
        flags, width, precision, letter = match.groups()
        if letter is None:
            continue
        if letter == b"%":
            text += b"%"
            continue
        columns = _number(width, arguments)
        digits = _number(precision, arguments) if b"." in match[0] else None
        if columns < 0:
            flags, columns = flags + b"-", -columns
        text += _field(flags.decode(), columns, digits, letter.decode(), next(arguments, 0), string)
        if len(text) > LONGEST_TEXT:
            break
    return text[:LONGEST_TEXT]


def _number(text: bytes | None, arguments: Iterator[int]) -> int:
    if text == b"*":
        value = next(arguments, 0)
        value = value - (1 << 32) if value >> 31 else value
    else:
        value = int((text or b"").lstrip(b"0")[:MOST_DIGITS] or b"0")
    return max(-LONGEST_FIELD, min(LONGEST_FIELD, value))


def _field(
    flags: str, columns: int, digits: int | None, letter: str, value: int, string: Callable[[int], bytes]
) -> bytes:
    if letter in "di":
        value = value - (1 << 32) if value >> 31 else value
    if letter in "diuxXo":
        base = letter if letter in "xXo" else "d"
        body = format(abs(value), base)
        if digits is not None and digits >= 0:
            body, flags = body.rjust(digits, "0"), flags.replace("0", "")
        prefix = "0x" if "#" in flags and letter in "xX" and value else ""
        sign = "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
        return _pad(flags, columns, (sign + prefix).encode(), body.encode())
    if letter == "p":
        return _pad(flags, columns, b"", format(value, "x").encode())
    flags = flags.replace("0", "")
    if letter == "c":
        return _pad(flags, columns, b"", bytes([value & 0xFF]))
    if letter == "s":
        content = string(value) if value else b"(null)"
        return _pad(flags, columns, b"", content if digits is None or digits < 0 else content[:digits])
    return b""


def _pad(flags: str, columns: int, prefix: bytes, body: bytes) -> bytes:
    missing = max(0, columns - len(prefix) - len(body))
    if "-" in flags:
        return prefix + body + b" " * missing
    if "0" in flags:
        return prefix + b"0" * missing + body
    return b" " * missing + prefix + body


def _string_at(machine: Machine) -> Callable[[int], bytes]:
    def fetch(address: int) -> bytes:
        try:
            return machine.read_string(address)
        except MemoryAccessError:
            return b"(bad pointer)"

    return fetch


def _words(machine: Machine, address: int) -> Iterator[int]:
    while True:
        try:
            yield machine.read32(address)
        except MemoryAccessError:
            return
        address += 4


def _print(machine: Machine, template: int, arguments: Iterator[int], function: int) -> None:
    core = machine.core
    fetch = _string_at(machine)
    text = format_text(fetch(template), arguments, fetch) if function else b""
    target = core.a(1) - (len(text) + 15 & ~15)
    machine.write(target, text)
    core.set_a(1, target)
    core.set_a(12, target)
    core.set_a(15, target + len(text))
    core.set_a(13, function)


def printf(machine: Machine) -> None:
    """ets_printf(template, ...), ets_uart_printf(template, ...): five arguments in a3-a7, more on the caller's stack.
    The function for each character is in a8."""
    core = machine.core

    def arguments() -> Iterator[int]:
        yield from (core.a(number) for number in range(3, 8))
        yield from _words(machine, core.a(14) + FRAME_SIZE)

    _print(machine, core.a(2), arguments(), core.a(8))


def vprintf(machine: Machine) -> None:
    """ets_vprintf(function, template, va_list)."""
    core = machine.core
    function, template, stack, registers, index = (core.a(number) for number in range(2, 7))

    def arguments() -> Iterator[int]:
        at = index
        while at < REGISTER_ARGUMENTS:
            yield machine.read32(registers + at)
            at += 4
        yield from _words(machine, stack + max(at, REGISTER_ARGUMENTS + 8))

    _print(machine, template, arguments(), function)
