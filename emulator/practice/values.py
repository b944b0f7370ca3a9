"""What the practice image's Python computes with: plain values of a few kinds, kept small.

Numbers follow MicroPython on the ESP8266: floats have a precision of 22 bits and are printed with six digits
(`MICROPY_OBJ_REPR_C`), integers grow, but here to a limit. Every value is a tree of bounded weight and depth, so
nothing that is done with one takes noticeable time.
"""

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_INTEGER_BITS = 4096
MAX_WEIGHT = 4096
"""Characters and elements of a value, all levels together."""
MAX_DEPTH = 20
ADDRESS_SPACE = 0x7FFFFFFF
"""Bytes; no allocation that fails is reported as larger."""

SIZED = (str, list, tuple, dict)
"""The kinds of values that have a length."""


class Fault(Exception):  # noqa: N818 - it is the learner's exception, not ours
    """An exception in the learner's program: MicroPython's name for it, and its text."""

    def __init__(self, kind: str, text: str = "") -> None:
        super().__init__(f"{kind}: {text}" if text else kind)


@dataclass(frozen=True)
class Module:
    """A module and what it offers."""

    name: str
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        return f"<module '{self.name}'>"


@dataclass(frozen=True)
class Fields:
    """A tuple whose elements have names, such as `sys.implementation`."""

    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        return "(" + ", ".join(f"{name}={representation(value)}" for name, value in self.attributes.items()) + ")"


@dataclass(frozen=True)
class Builtin:
    """A built-in function, or a type with its constructor."""

    name: str
    function: Callable[..., Any] = field(repr=False)
    fewest: int = 1
    most: int | None = 1
    """How many arguments it takes; None: any number."""
    keywords: tuple[str, ...] = ()
    is_type: bool = False

    def __str__(self) -> str:
        return f"<class '{self.name}'>" if self.is_type else f"<function {self.name}>"


def out_of_memory(size: int) -> Fault:
    """What MicroPython says when something is too large for the board's 36 KB of heap."""
    return Fault("MemoryError", f"memory allocation failed, allocating {min(size, ADDRESS_SPACE)} bytes")


def bounded(value: Any) -> Any:
    """`value`, as the board would hold it: floats rounded. Raises Fault where it is too large."""
    if isinstance(value, complex):
        raise Fault("ValueError", "complex values not supported")
    if isinstance(value, float):
        return rounded(value)
    weight, rest = 0, [(value, 0)]
    while rest:
        item, depth = rest.pop()
        weight += 1
        if isinstance(item, int) and item.bit_length() > MAX_INTEGER_BITS:
            raise out_of_memory(item.bit_length() // 8)
        if isinstance(item, SIZED):
            weight += len(item)
        if weight > MAX_WEIGHT or depth > MAX_DEPTH:
            raise out_of_memory(4 * max(weight, MAX_WEIGHT))
        if isinstance(item, dict):
            rest += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list | tuple):
            rest += [(part, depth + 1) for part in item]
    return value


def rounded(value: float) -> float:
    """The nearest float that the board has: single precision without the last two bits."""
    try:
        bits = int.from_bytes(struct.pack("<f", value), "little")
    except OverflowError:
        return math.copysign(math.inf, value)
    return float(struct.unpack("<f", (bits & ~3).to_bytes(4, "little"))[0])


def type_name(value: Any) -> str:
    """What MicroPython calls the type."""
    if isinstance(value, Builtin):
        return "type" if value.is_type else "function"
    if isinstance(value, Module | Fields):
        return "module" if isinstance(value, Module) else "tuple"
    return type(value).__name__


def text_of(value: Any) -> str:
    """What print shows."""
    return value if isinstance(value, str) else representation(value)


def representation(value: Any) -> str:
    """What the prompt shows."""
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, list):
        return f"[{_joined(value)}]"
    if isinstance(value, tuple):
        return f"({_joined(value)}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{representation(k)}: {representation(v)}" for k, v in value.items()) + "}"
    return str(value)


def _joined(values: list[Any] | tuple[Any, ...]) -> str:
    return ", ".join(map(representation, values))


def _float_text(value: float) -> str:
    text = f"{value:.6g}"
    return text if not math.isfinite(value) or "." in text or "e" in text else text + ".0"
