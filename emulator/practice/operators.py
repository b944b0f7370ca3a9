"""Operators by their nodes in the syntax tree, and how a computation is kept small and its mistakes are told."""

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from emulator.practice.values import MAX_INTEGER_BITS, MAX_WEIGHT, Fault, bounded, out_of_memory


def _power(base: Any, exponent: Any) -> Any:
    """`base ** exponent`; a float that is too large is infinite, as on the board."""
    try:
        return base**exponent
    except OverflowError:
        return math.inf


OPERATORS: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("__add__", operator.add),
    ast.Sub: ("__sub__", operator.sub),
    ast.Mult: ("__mul__", operator.mul),
    ast.Div: ("__truediv__", operator.truediv),
    ast.FloorDiv: ("__floordiv__", operator.floordiv),
    ast.Mod: ("__mod__", operator.mod),
    ast.Pow: ("__pow__", _power),
    ast.LShift: ("__lshift__", operator.lshift),
    ast.RShift: ("__rshift__", operator.rshift),
    ast.BitAnd: ("__and__", operator.and_),
    ast.BitOr: ("__or__", operator.or_),
    ast.BitXor: ("__xor__", operator.xor),
    ast.MatMult: ("__matmul__", operator.matmul),
}
UNARY_OPERATORS: dict[type[ast.unaryop], tuple[str, Callable[[Any], Any]]] = {
    ast.UAdd: ("__pos__", operator.pos),
    ast.USub: ("__neg__", operator.neg),
    ast.Invert: ("__invert__", operator.invert),
    ast.Not: ("__bool__", operator.not_),
}
COMPARISONS: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Eq: ("__eq__", operator.eq),
    ast.NotEq: ("__ne__", operator.ne),
    ast.Lt: ("__lt__", operator.lt),
    ast.LtE: ("__le__", operator.le),
    ast.Gt: ("__gt__", operator.gt),
    ast.GtE: ("__ge__", operator.ge),
    ast.Is: ("is", operator.is_),
    ast.IsNot: ("is not", operator.is_not),
    ast.In: ("__contains__", lambda item, container: item in container),
    ast.NotIn: ("__contains__", lambda item, container: item not in container),
}


def check_growth(name: str, left: Any, right: Any) -> None:
    """Refuse, before it is computed, what would be far too large."""
    match name, left, right:
        case "__pow__", int(), int() if abs(left) > 1 and left.bit_length() * right > 2 * MAX_INTEGER_BITS:
            raise out_of_memory(left.bit_length() * right // 8)
        case "__lshift__", int(), int() if left and right > MAX_INTEGER_BITS:
            raise out_of_memory(right // 8)
        case ("__mul__", (str() | list() | tuple()) as sequence, int(count)) | (
            "__mul__", int(count), (str() | list() | tuple()) as sequence,
        ) if len(sequence) * count > MAX_WEIGHT:  # fmt: skip
            raise out_of_memory(len(sequence) * count)


def apply(compute: Callable[[], Any], wrong_types: str) -> Any:
    """The bounded result of `compute`, its mistakes told in MicroPython's words."""
    try:
        return bounded(compute())
    except TypeError:
        raise Fault("TypeError", wrong_types) from None
    except ZeroDivisionError:
        raise Fault("ZeroDivisionError", "divide by zero") from None
    except OverflowError:
        raise Fault("OverflowError", "overflow converting long int to machine word") from None
    except ValueError as error:
        raise Fault("ValueError", str(error)) from None
    except RecursionError:
        raise Fault("RuntimeError", "maximum recursion depth exceeded") from None
