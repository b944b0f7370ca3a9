"""The language of functions that run inside the WebAssembly module, and the words they share with Python.

A peripheral whose registers are read a million times a boot, or a ROM routine called as often, is written as a
Python function marked `@inside`; `lower` turns its source into WebAssembly. It is Python to read and to check, with
these rules:

- every value is a 32-bit word and wraps; ``>>``, ``//``, ``%`` and comparisons are unsigned (`sra`, `slt`, `sge`:
  signed); ``and`` and ``or`` are for conditions;
- statements are assignments, ``if``, ``while``, ``return`` and calls of other `@inside` functions;
- memory is ``m32[address]``, ``m16[...]``, ``m8[...]`` with addresses in linear memory (`memory`); ``a[2]`` is a2;
- state lives in `Cells`: ``uart.status`` is a word that Python reads and writes as well;
- constants come from the module the function stands in.

The names below exist for type checkers and readers; only `lower` knows what they become.
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from emulator.cpu import memory

F = TypeVar("F", bound=Callable[..., Any])

Inside = Callable[..., Any]
"""A function marked `@inside`, for tables that hold some."""


class Cells:
    """A group of words in the module's memory, declared as annotations of a subclass and reached by name.

    The class attribute in an `@inside` function is the word itself. From Python, ``core.cells(Uart)`` gives an object
    whose attributes read and write that core's words.
    """

    addresses: ClassVar[dict[str, int]] = {}
    _next: ClassVar[int] = memory.CELLS

    def __init_subclass__(cls) -> None:
        cls.addresses = {}
        for name in cls.__annotations__:
            cls.addresses[name] = Cells._next
            Cells._next += 4
        if Cells._next > memory.CELLS + memory.CELLS_SIZE:
            raise MemoryError("memory.CELLS_SIZE is too small for all cells")


class BoundCells:
    """The cells of one group in one module's memory, as attributes."""

    _addresses: dict[str, int]
    _words: memoryview

    def __init__(self, group: type[Cells], words: memoryview) -> None:
        object.__setattr__(self, "_addresses", group.addresses)
        object.__setattr__(self, "_words", words)

    def __getattr__(self, name: str) -> int:
        try:
            value: int = self._words[self._addresses[name] >> 2]
        except KeyError:
            raise AttributeError(name) from None
        return value

    def __setattr__(self, name: str, value: int) -> None:
        self._words[self._addresses[name] >> 2] = value & 0xFFFFFFFF


def inside(function: F) -> F:
    """Mark a function as one that `lower` compiles into the module."""
    function.__dict__["inside"] = True
    return function


class Words:
    """Indexable memory or registers, for type checkers only."""

    def __getitem__(self, index: int) -> int:
        raise NotImplementedError("only inside the module")

    def __setitem__(self, index: int, value: int) -> None:
        raise NotImplementedError("only inside the module")


m32 = m16 = m8 = a = Words()
"""Linear memory by width, and the address registers."""


def _only_inside(*_: int) -> int:
    raise NotImplementedError("only inside the module")


sra = slt = sge = clz = ctz = popcnt = rotl = rotr = sdiv = srem = extend8 = extend16 = select = _only_inside
"""Signed and bit operations on words."""
wide = signed_wide = low = high = sra64 = _only_inside
"""To and from 64 bits: zero- and sign-extension, low and high word, arithmetic shift."""
load64 = store64 = sdiv64 = srem64 = _only_inside
"""64-bit memory, and signed division."""
load_float = store_float = load_double = store_double = _only_inside
add_float = sub_float = mul_float = div_float = add_double = sub_double = mul_double = div_double = _only_inside
float_to_double = double_to_float = double_to_int = double_to_unsigned = _only_inside
float_to_int = float_to_unsigned = _only_inside
int_to_double = unsigned_to_double = int_to_float = unsigned_to_float = _only_inside
"""IEEE floats; they live between a load and a store only, never in a variable."""
copy = fill = _only_inside
"""``copy(to, from, n)`` and ``fill(to, byte, n)`` on linear memory."""
host_read = host_write = host_call = _only_inside
"""Calls of Python: a register's read hook, its write hook, and a SIMCALL that no function inside answers."""
call_read_hook = call_write_hook = call_intrinsic = _only_inside
"""Calls through the tables of functions: ``call_read_hook(number, address)`` and so on."""
poll_devices = _only_inside
"""Let every peripheral with a clock catch up; returns cycles until one needs it again."""
