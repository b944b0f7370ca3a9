"""The practice image's built-in functions and modules, each a row of a table."""

import math
from typing import Any, Final

from emulator.practice.values import (
    MAX_WEIGHT,
    SIZED,
    Builtin,
    Fault,
    Fields,
    Module,
    out_of_memory,
    representation,
    text_of,
    type_name,
)

NAME: Final = "espdojo practice image"
VERSION: Final = "1.0"

HELP = f"""\
This is the {NAME}, a stand-in for MicroPython.

It has print(), help(), text, numbers, names such as x = 3, arithmetic,
comparisons, lists, tuples, dicts, and import sys. Try:

    print('Hello')
    import sys
    sys.platform

Control commands:
    CTRL-A        -- on a blank line, enter raw REPL mode
    CTRL-B        -- on a blank line, enter normal REPL mode
    CTRL-C        -- cancel what is typed
    CTRL-D        -- on a blank line, do a soft reset of the board
    CTRL-E        -- on a blank line, enter paste mode

Real MicroPython knows all of Python's statements, and the board's pins,
files and Wi-Fi: `espdojo firmware get` downloads it.
"""


def _print(*values: Any, room: int, sep: Any = " ", end: Any = "\n") -> str:
    """The text that print sends; its length is checked piece by piece."""
    for mark in (sep, end):
        if mark is not None and not isinstance(mark, str):
            raise Fault("TypeError", f"can't convert '{type_name(mark)}' object to str implicitly")
    separator, ending = " " if sep is None else sep, "\n" if end is None else end
    pieces: list[str] = []
    for value in values:
        pieces += [separator] * bool(pieces) + [text_of(value)]
        room -= len(pieces[-1]) + len(separator)
        if room < 0:
            raise out_of_memory(MAX_WEIGHT)
    return "".join(pieces) + ending


def _help(*values: Any, room: int) -> str:
    if not values:
        return HELP
    return f"object {text_of(values[0])} is of type {type_name(values[0])}\n"


def _int(value: Any = 0, base: Any = 10) -> int:
    if isinstance(value, str):
        try:
            return int(value, base)
        except ValueError:
            raise Fault("ValueError", f"invalid syntax for integer with base {base}") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise Fault("ValueError" if math.isnan(value) else "OverflowError", "can't convert to int")
    if not isinstance(value, int | float):
        raise Fault("TypeError", f"can't convert {type_name(value)} to int")
    return int(value)


def _float(value: Any = 0.0) -> float:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise Fault("ValueError", "invalid syntax for number") from None
    if not isinstance(value, int | float):
        raise Fault("TypeError", f"can't convert {type_name(value)} to float")
    return float(value)


def _len(value: Any) -> int:
    if not isinstance(value, SIZED):
        raise Fault("TypeError", f"object of type '{type_name(value)}' has no len()")
    return len(value)


def _extreme(choose: Any) -> Any:
    """min or max, of several values or of one sequence of them."""

    def extreme(*values: Any) -> Any:
        items = values[0] if len(values) == 1 else values
        if not isinstance(items, SIZED):
            raise Fault("TypeError", f"'{type_name(items)}' object isn't iterable")
        if not items:
            raise Fault("ValueError", "arg is an empty sequence")
        return choose(items)

    return extreme


def _sum(values: Any) -> Any:
    if not isinstance(values, list | tuple):
        raise Fault("TypeError", f"'{type_name(values)}' object isn't iterable")
    return sum(values)


def _type(value: Any) -> Any:
    name = type_name(value)

    def refuse(*values: Any) -> Any:
        raise Fault("TypeError", f"cannot create '{name}' instances")

    return BUILTINS.get(name, Builtin(name, refuse, 0, None, is_type=True))


_TABLE = (
    Builtin("print", _print, 0, None, ("sep", "end")),
    Builtin("help", _help, 0, 1),
    Builtin("abs", abs),
    Builtin("bin", bin),
    Builtin("chr", chr),
    Builtin("hex", hex),
    Builtin("len", _len),
    Builtin("max", _extreme(max), 1, None),
    Builtin("min", _extreme(min), 1, None),
    Builtin("ord", ord),
    Builtin("repr", representation),
    Builtin("sum", _sum),
    Builtin("type", _type, is_type=True),
    Builtin("bool", bool, 0, is_type=True),
    Builtin("float", _float, 0, is_type=True),
    Builtin("int", _int, 0, 2, is_type=True),
    Builtin("str", text_of, is_type=True),
)
BUILTINS: Final = {builtin.name: builtin for builtin in _TABLE}

_VERSION_NUMBERS = tuple(map(int, VERSION.split(".")))
SYS = Module(
    "sys",
    {
        "platform": "esp8266",
        "version": f"3.4.0; {NAME} {VERSION}",
        "version_info": (3, 4, 0),
        "implementation": Fields({"name": NAME, "version": _VERSION_NUMBERS, "_machine": "fake ESP8266"}),
        "byteorder": "little",
        "maxsize": 0x7FFFFFFF,
    },
)
MODULES: Final = {"sys": SYS, "usys": SYS}

_REAL_NAMES = """
    all any bytearray bytes callable classmethod compile complex delattr dict dir divmod enumerate eval exec execfile
    filter frozenset getattr globals hasattr hash id input isinstance issubclass iter list locals map memoryview next
    object oct open pow property range reversed round set setattr slice sorted staticmethod super tuple zip
"""
_REAL_MODULES = """
    apa102 array asyncio binascii btree cmath collections cryptolib deflate dht ds18x20 errno esp flashbdev framebuf gc
    hashlib heapq inisetup io json lwip machine math micropython mip neopixel network ntptime onewire os platform
    port_diag random re requests select socket ssl struct time tls uasyncio uos urequests utime vfs webrepl
"""
ONLY_ON_REAL: Final = frozenset(_REAL_NAMES.split())
"""Built-in names that MicroPython on the ESP8266 has and this has not."""
ONLY_ON_REAL_MODULES: Final = frozenset(_REAL_MODULES.split())
"""Its modules, likewise."""
