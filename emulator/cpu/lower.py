"""Lowers functions in the language of `inside`, and the semantics of `isa`, to WebAssembly text.

One `Lowerer` holds what names mean; `Program` collects functions with all they call. Everything is an i32 but for the
operands of 64-bit expressions, which begin at `wide` or `signed_wide` and end at `low` or `high`.
"""

import ast
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType
from typing import Any

from emulator.cpu import memory
from emulator.cpu.inside import Cells

BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor",
    ast.LShift: "shl", ast.RShift: "shr_u", ast.FloorDiv: "div_u", ast.Mod: "rem_u",
}  # fmt: skip
COMPARE = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt_u", ast.Gt: "gt_u", ast.LtE: "le_u", ast.GtE: "ge_u",
}  # fmt: skip
LOAD = {"m32": "i32.load", "m16": "i32.load16_u", "m8": "i32.load8_u"}
STORE = {"m32": "i32.store", "m16": "i32.store16", "m8": "i32.store8"}
PRIMITIVES = {
    "sra": "i32.shr_s", "slt": "i32.lt_s", "sge": "i32.ge_s", "clz": "i32.clz", "ctz": "i32.ctz",
    "popcnt": "i32.popcnt", "rotl": "i32.rotl", "rotr": "i32.rotr", "sdiv": "i32.div_s", "srem": "i32.rem_s",
    "extend8": "i32.extend8_s", "extend16": "i32.extend16_s", "select": "select",
    "wide": "i64.extend_i32_u", "signed_wide": "i64.extend_i32_s", "low": "i32.wrap_i64", "sra64": "i64.shr_s",
    "copy": "memory.copy", "fill": "memory.fill",
    "host_read": "call $host_read", "host_write": "call $host_write", "host_call": "call $host_call",
    "poll_devices": "call $poll_devices",
    "load64": "i64.load", "store64": "i64.store", "sdiv64": "i64.div_s", "srem64": "i64.rem_s",
    "load_float": "f32.load", "store_float": "f32.store", "load_double": "f64.load", "store_double": "f64.store",
    "add_float": "f32.add", "sub_float": "f32.sub", "mul_float": "f32.mul", "div_float": "f32.div",
    "add_double": "f64.add", "sub_double": "f64.sub", "mul_double": "f64.mul", "div_double": "f64.div",
    "float_to_double": "f64.promote_f32", "double_to_float": "f32.demote_f64",
    "double_to_int": "i32.trunc_sat_f64_s", "double_to_unsigned": "i32.trunc_sat_f64_u",
    "float_to_unsigned": "i32.trunc_sat_f32_u", "float_to_int": "i32.trunc_sat_f32_s",
    "int_to_double": "f64.convert_i32_s", "unsigned_to_double": "f64.convert_i32_u",
    "int_to_float": "f32.convert_i32_s", "unsigned_to_float": "f32.convert_i32_u",
}  # fmt: skip
STATEMENTS = {
    "store64", "store_float", "store_double", "copy", "fill", "host_write", "host_call", "call_write_hook",
    "call_intrinsic",
}  # fmt: skip
"""Primitives that leave no value."""
LONG = {"wide", "signed_wide", "sra64", "load64", "sdiv64", "srem64"}
TABLE_CALLS = {
    "call_read_hook": ("$read_hooks", "$reader"),
    "call_write_hook": ("$write_hooks", "$writer"),
    "call_intrinsic": ("$intrinsics", "$procedure"),
}


class LoweringError(Exception):
    """A function says something that this language has no word for; the message shows where."""


def const(value: int) -> str:
    """A constant, as WebAssembly text."""
    return f"(i32.const {value & 0xFFFFFFFF})"


@dataclass
class Name:
    """What a name of the surroundings stands for: how it is read and, unless it is fixed, how it is written."""

    read: Callable[[], str]
    write: Callable[[str], str] | None = None


@dataclass
class Lowerer:
    """Lowers one function body. ``names`` are the surroundings' names, ``macros`` its words that take expressions."""

    constants: Mapping[str, Any]
    names: dict[str, Name] = field(default_factory=dict)
    macros: dict[str, Callable[..., str]] = field(default_factory=dict)
    locals: dict[str, None] = field(default_factory=dict)
    """Locals in order of appearance; parameters are entered before lowering."""
    called: Callable[[FunctionType], str] | None = None
    """Notes that a function is called and returns its name in the module."""
    labels: int = 0

    def fold(self, node: ast.expr) -> int | None:
        """The value of a constant expression, or None."""
        match node:
            case ast.Constant(value=int() as number):
                return int(number)
            case ast.Name(id=name) if name not in self.locals and name not in self.names:
                constant = self.constants.get(name)
                return int(constant) if isinstance(constant, int) else None
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if owner not in self.locals:
                constant = getattr(self.constants.get(owner), attribute, None)
                return int(constant) if isinstance(constant, int) else None
            case ast.UnaryOp(op=operator, operand=operand):
                value = self.fold(operand)
                if value is None:
                    return None
                return _fold_unary(operator, value)
            case ast.BinOp(left=left, op=operator, right=right):
                first, second = self.fold(left), self.fold(right)
                if first is None or second is None:
                    return None
                return _fold_binary(operator, first, second)
        return None

    def is_long(self, node: ast.expr) -> bool:
        """Whether an expression has 64 bits."""
        match node:
            case ast.Call(func=ast.Name(id=name)):
                return name in LONG
            case ast.BinOp(left=left):
                return self.is_long(left)
        return False

    def address(self, node: ast.expr) -> tuple[int, str]:
        """A memory operand as constant offset and dynamic part."""
        if (value := self.fold(node)) is not None:
            return value, const(0)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            value = self.fold(node.left)
            if value is not None and value >= 0:
                return value, self.expression(node.right)
        return 0, self.expression(node)

    def cell(self, node: ast.Attribute) -> int | None:
        """The address of ``group.word`` if that names a cell."""
        if isinstance(node.value, ast.Name) and node.value.id not in self.locals:
            group = self.constants.get(node.value.id)
            if isinstance(group, type) and issubclass(group, Cells):
                return group.addresses.get(node.attr)
        return None

    def place(self, node: ast.expr) -> tuple[str, str] | None:
        """Load and store instruction (with address) of a memory place, or None if `node` is none."""
        match node:
            case ast.Attribute() if (address := self.cell(node)) is not None:
                return f"i32.load offset={address} {const(0)}", f"i32.store offset={address} {const(0)}"
            case ast.Subscript(value=ast.Name(id="a"), slice=index) if (number := self.fold(index)) is not None:
                address = memory.ADDRESS_REGISTERS + 4 * number
                return f"i32.load offset={address} {const(0)}", f"i32.store offset={address} {const(0)}"
            case ast.Subscript(value=ast.Name(id=width), slice=index) if width in LOAD:
                offset, dynamic = self.address(index)
                return f"{LOAD[width]} offset={offset} {dynamic}", f"{STORE[width]} offset={offset} {dynamic}"
        return None

    def expression(self, node: ast.expr) -> str:
        """An expression as folded WebAssembly text."""
        if (value := self.fold(node)) is not None:
            return const(value)
        if (place := self.place(node)) is not None:
            return f"({place[0]})"
        match node:
            case ast.Name(id=name):
                if name in self.names:
                    return self.names[name].read()
                if name in self.locals:
                    return f"(local.get ${name})"
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in BINARY:
                width = "i64" if self.is_long(node) else "i32"
                return f"({width}.{BINARY[type(operator)]} {self.expression(left)} {self.expression(right)})"
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return f"(i32.xor {self.expression(operand)} {const(-1)})"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"(i32.eqz {self.expression(operand)})"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"(i32.sub {const(0)} {self.expression(operand)})"
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in COMPARE:
                if isinstance(operator, ast.Eq) and self.fold(right) == 0:
                    return f"(i32.eqz {self.expression(left)})"
                width = "i64" if self.is_long(left) else "i32"
                return f"({width}.{COMPARE[type(operator)]} {self.expression(left)} {self.expression(right)})"
            case ast.BoolOp(op=operator, values=values):
                return self._short_circuit(isinstance(operator, ast.And), values)
            case ast.Call():
                return self.call(node)
        raise LoweringError(f"no way to lower the expression {ast.unparse(node)!r}")

    def _short_circuit(self, conjunction: bool, values: list[ast.expr]) -> str:
        result = self.expression(values[-1])
        for value in reversed(values[:-1]):
            branches = (result, const(0)) if conjunction else (const(1), result)
            result = f"(if (result i32) {self.expression(value)} (then {branches[0]}) (else {branches[1]}))"
        return result

    def call(self, node: ast.Call) -> str:
        """A call: of a macro, a primitive, through a table, or of another function."""
        if not isinstance(node.func, ast.Name):
            raise LoweringError(f"cannot call {ast.unparse(node.func)!r}")
        name = node.func.id
        if name in self.macros:
            return self.macros[name](*node.args)
        arguments = [self.expression(argument) for argument in node.args]
        if name == "high":
            return f"(i32.wrap_i64 (i64.shr_u {arguments[0]} (i64.const 32)))"
        if name in TABLE_CALLS:
            table, signature = TABLE_CALLS[name]
            number, *rest = arguments
            return f"(call_indirect {table} (type {signature}) {' '.join(rest)} {number})"
        if name in PRIMITIVES:
            return f"({PRIMITIVES[name]} {' '.join(arguments)})"
        function = self.constants.get(name)
        if isinstance(function, FunctionType) and "inside" in function.__dict__ and self.called:
            return f"(call {self.called(function)} {' '.join(arguments)})"
        raise LoweringError(f"{name!r} is neither a primitive nor an @inside function")

    def assign(self, target: ast.expr, value: str) -> str:
        """Store `value` (text) in a name or a place."""
        if (place := self.place(target)) is not None:
            return f"({place[1]} {value})"
        if isinstance(target, ast.Name):
            if target.id in self.names:
                write = self.names[target.id].write
                if write is None:
                    raise LoweringError(f"{target.id} cannot be assigned to")
                return write(value)
            self.locals.setdefault(target.id)
            return f"(local.set ${target.id} {value})"
        raise LoweringError(f"cannot assign to {ast.unparse(target)!r}")

    def statement(self, node: ast.stmt) -> str:
        """A statement as WebAssembly text."""
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                return ""
            case ast.Assign(targets=[target], value=value):
                return self.assign(target, self.expression(value))
            case ast.AugAssign(target=target, op=operator, value=value):
                return self.assign(target, self.expression(ast.BinOp(target, operator, value)))
            case ast.If(test=test, body=body, orelse=orelse):
                otherwise = f" (else {self.block(orelse)})" if orelse else ""
                return f"(if {self.expression(test)} (then {self.block(body)}){otherwise})"
            case ast.While(test=test, body=body):
                self.labels += 1
                done, again = f"$done{self.labels}", f"$again{self.labels}"
                condition = f"(br_if {done} (i32.eqz {self.expression(test)}))"
                return f"(block {done} (loop {again} {condition} {self.block(body)} (br {again})))"
            case ast.Return(value=None):
                return "(return)"
            case ast.Return(value=ast.expr() as value):
                return f"(return {self.expression(value)})"
            case ast.Expr(value=ast.Call(func=ast.Name(id=name)) as call):
                text = self.call(call)
                return text if self._is_statement(name) else f"(drop {text})"
        raise LoweringError(f"no way to lower the statement {ast.unparse(node)!r}")

    def _is_statement(self, name: str) -> bool:
        if name in self.macros or name in STATEMENTS:
            return True
        function = self.constants.get(name)
        return isinstance(function, FunctionType) and not returns_value(function)

    def block(self, body: list[ast.stmt]) -> str:
        """Statements in a row."""
        return "\n".join(self.statement(statement) for statement in body)


def _fold_unary(operator: ast.unaryop, value: int) -> int | None:
    match operator:
        case ast.Invert():
            return ~value
        case ast.USub():
            return -value
    return None


def _fold_binary(operator: ast.operator, first: int, second: int) -> int | None:
    match operator:
        case ast.Add():
            return first + second
        case ast.Sub():
            return first - second
        case ast.Mult():
            return first * second
        case ast.LShift():
            return first << second
        case ast.BitOr():
            return first | second
        case ast.BitAnd():
            return first & second
    return None


def _outermost(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements of a file, and those right inside of its functions and classes."""
    for node in tree.body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from node.body


@cache
def _definitions(file: str) -> dict[int, ast.FunctionDef]:
    """The functions that a source file defines, by their first lines, decorators included."""
    with tokenize.open(file) as source:
        tree = ast.parse(source.read())
    functions = [node for node in _outermost(tree) if isinstance(node, ast.FunctionDef)]
    return {min([node.lineno, *(mark.lineno for mark in node.decorator_list)]): node for node in functions}


def returns_value(function: FunctionType) -> bool:
    """Whether an `@inside` function is annotated to return a word."""
    return function.__annotations__.get("return") is int


class Program:
    """Functions of a module and all that they call, each lowered once."""

    def __init__(self) -> None:
        self._names: dict[FunctionType, str] = {}
        self._texts: list[str] = []

    def add(self, function: Any) -> str:
        """Take in an `@inside` function; returns its name in the module (``$name``)."""
        if function in self._names:
            return self._names[function]
        name = f"${function.__module__.rpartition('.')[2]}.{function.__name__}"
        self._names[function] = name
        definition = _definitions(function.__code__.co_filename)[function.__code__.co_firstlineno]
        parameters = [argument.arg for argument in definition.args.args]
        lowerer = Lowerer(function.__globals__, locals=dict.fromkeys(parameters), called=self.add)
        try:
            body = lowerer.block(definition.body)
        except LoweringError as error:
            raise LoweringError(f"{function.__module__}.{function.__name__}: {error}") from None
        variables = " ".join(f"(local ${local} i32)" for local in list(lowerer.locals)[len(parameters) :])
        signature = " ".join(f"(param ${parameter} i32)" for parameter in parameters)
        result, end = ("(result i32)", const(0)) if returns_value(function) else ("", "")
        self._texts.append(f"(func {name} {signature} {result} {variables}\n{body}\n{end})")
        return name

    def text(self) -> str:
        """All functions as WebAssembly text."""
        return "\n".join(self._texts)
