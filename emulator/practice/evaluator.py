"""The practice image's Python: a small, harmless part of the language, with MicroPython's answers.

Source text is parsed by Python's `ast`, and only what is named here is followed. Nothing reaches the host: attributes
are looked up in our own modules and nowhere else, the functions that can be called are those of `builtins.py`, and
text, nesting, values and output are bounded, so that any text whatever is answered at once. Wording: MicroPython 1.23.
"""

import ast
import warnings
from dataclasses import dataclass
from typing import Any

from emulator.practice.builtins import BUILTINS, MODULES, ONLY_ON_REAL, ONLY_ON_REAL_MODULES
from emulator.practice.operators import COMPARISONS, OPERATORS, UNARY_OPERATORS, apply, check_growth
from emulator.practice.values import (
    SIZED,
    Builtin,
    Fault,
    Fields,
    Module,
    bounded,
    out_of_memory,
    representation,
    text_of,
    type_name,
)

SOURCE_LIMIT = 4096
"""Characters or bytes of a text to run."""
OUTPUT_LIMIT = 32768
"""Characters that one text may print."""
NESTING_LIMIT = 100
"""Levels of the syntax tree."""
MAX_NAMES = 256

MISSING: dict[type[ast.AST], str] = {
    ast.For: "for loops", ast.While: "while loops", ast.If: "if", ast.Try: "try", ast.With: "with", ast.Raise: "raise",
    ast.Assert: "assert", ast.FunctionDef: "functions of your own", ast.Lambda: "lambda", ast.ClassDef: "classes",
    ast.Global: "global", ast.ListComp: "comprehensions", ast.DictComp: "comprehensions",
    ast.SetComp: "comprehensions", ast.GeneratorExp: "generators", ast.Set: "sets", ast.AsyncFunctionDef: "async",
    ast.AugAssign: "assignments to parts of things", ast.AnnAssign: "annotations",
    ast.Delete: "del for parts of things", ast.NamedExpr: "walrus",
    ast.Starred: "* in front of values", ast.Constant: "bytes or ellipsis",
}  # fmt: skip
"""What MicroPython has and this has not. The rest of Python's syntax is wrong in MicroPython too."""


def _beyond(node: ast.AST) -> Fault:
    """The answer to syntax that is not followed here."""
    what = MISSING.get(type(node))
    return only_on_real(what) if what else Fault("SyntaxError", "invalid syntax")


def only_on_real(what: str) -> Fault:
    """The kind answer to what a real board could do."""
    return Fault("NotImplementedError", f"the practice image has no {what}; real MicroPython does")


@dataclass(frozen=True)
class Outcome:
    """What running a text gave: what it printed, and its traceback, empty if there was no mistake."""

    output: str
    errors: str


class Interpreter:
    """One board's Python: the names that were given so far."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {}
        self._line = 1
        self._printed: list[str] = []
        self._room = 0

    def reset(self) -> None:
        """Forget everything, as a soft reset does."""
        self._names.clear()

    def run(self, source: str, *, interactive: bool) -> Outcome:
        """Run `source`; at the prompt (`interactive`) the values of expressions are shown. Raises nothing."""
        self._printed, self._room, self._line = [], OUTPUT_LIMIT, 1
        errors = ""
        where = ""
        try:
            statements = self._parse(source)
            where = ", in <module>"
            for statement in statements:
                self._line = statement.lineno
                self._run(statement, interactive)
        except Fault as fault:
            errors = f'Traceback (most recent call last):\n  File "<stdin>", line {self._line}{where}\n{fault}\n'
        return Outcome("".join(self._printed), errors)

    def _parse(self, source: str) -> list[ast.stmt]:
        if len(source) > SOURCE_LIMIT:
            raise out_of_memory(len(source))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the host's advice on the learner's text
                tree = ast.parse(source)
        except IndentationError as error:
            self._line = error.lineno or 1
            raise Fault("IndentationError", "unexpected indent") from None
        except SyntaxError as error:
            self._line = error.lineno or 1
            raise Fault("SyntaxError", "invalid syntax") from None
        except ValueError:  # a zero byte
            raise Fault("SyntaxError", "invalid syntax") from None
        except (RecursionError, MemoryError):
            raise Fault("RuntimeError", "maximum recursion depth exceeded") from None
        if _depth(tree) > NESTING_LIMIT:
            raise Fault("RuntimeError", "maximum recursion depth exceeded")
        return tree.body

    # Statements.

    def _run(self, statement: ast.stmt, interactive: bool) -> None:
        match statement:
            case ast.Expr(value=expression):
                value = self._value(expression)
                if interactive and value is not None:
                    self._print(representation(value) + "\n")
                    self._assign("_", value)
            case ast.Assign(targets=targets, value=expression):
                value = self._value(expression)
                for target in targets:
                    self._bind(target, value)
            case ast.AugAssign(target=ast.Name(id=name), op=operation, value=expression):
                self._assign(name, self._binary(operation, self._look_up(name), self._value(expression)))
            case ast.Import(names=aliases):
                for alias in aliases:
                    self._assign(alias.asname or alias.name, self._module(alias.name))
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                for alias in aliases:
                    self._assign(alias.asname or alias.name, self._imported(self._module(module), alias.name))
            case ast.Delete(targets=targets) if all(isinstance(target, ast.Name) for target in targets):
                for target in targets:
                    assert isinstance(target, ast.Name)
                    self._look_up(target.id)
                    self._names.pop(target.id, None)
            case ast.Pass():
                pass
            case _:
                raise _beyond(statement)

    def _bind(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(id=name):
                self._assign(name, value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                if not isinstance(value, SIZED):
                    raise Fault("TypeError", f"'{type_name(value)}' object isn't iterable")
                if len(value) != len(targets):
                    more = "many values to unpack (expected" if len(value) > len(targets) else "few values (need"
                    raise Fault("ValueError", f"wrong number of values: too {more} {len(targets)})")
                for part, item in zip(targets, value, strict=True):
                    self._bind(part, item)
            case _:
                raise only_on_real("assignments to parts of things")

    def _assign(self, name: str, value: Any) -> None:
        if name not in self._names and len(self._names) >= MAX_NAMES:
            raise out_of_memory(MAX_NAMES * 8)
        self._names[name] = value

    def _module(self, name: str) -> Module:
        if name in MODULES:
            return MODULES[name]
        if name in ONLY_ON_REAL_MODULES:
            raise only_on_real(f"module '{name}'")
        raise Fault("ImportError", f"no module named '{name}'")

    def _imported(self, module: Module, name: str) -> Any:
        if name not in module.attributes:
            raise Fault("ImportError", f"can't import name {name}")
        return module.attributes[name]

    # Expressions.

    def _value(self, expression: ast.expr) -> Any:
        """The value of an expression, bounded."""
        match expression:
            case ast.Constant(value=None | bool() | int() | float() | str() as value):
                return bounded(value)
            case ast.Constant(value=complex()):
                raise Fault("ValueError", "complex values not supported")
            case ast.Name(id=name):
                return self._look_up(name)
            case ast.BinOp(left=left, op=operation, right=right):
                return self._binary(operation, self._value(left), self._value(right))
            case ast.UnaryOp(op=sign, operand=operand):
                name, function = UNARY_OPERATORS[type(sign)]
                value = self._value(operand)
                return apply(lambda: function(value), f"unsupported type for {name}: '{type_name(value)}'")
            case ast.BoolOp(op=operation, values=values):
                return self._boolean(isinstance(operation, ast.Or), values)
            case ast.Compare(left=left, ops=operations, comparators=others):
                return self._compare(left, operations, others)
            case ast.IfExp(test=test, body=yes, orelse=no):
                return self._value(yes if self._value(test) else no)
            case ast.List(elts=elements):
                return bounded([self._value(element) for element in elements])
            case ast.Tuple(elts=elements):
                return bounded(tuple(self._value(element) for element in elements))
            case ast.Dict(keys=keys, values=values):
                return self._dictionary(keys, values)
            case ast.JoinedStr(values=parts):
                return self._joined(parts)
            case ast.Subscript(value=container, slice=index):
                return self._item(self._value(container), index)
            case ast.Attribute(value=owner, attr=name):
                return self._attribute(self._value(owner), name)
            case ast.Call(func=called, args=arguments, keywords=keywords):
                return self._call(self._value(called), arguments, keywords)
            case _:
                raise _beyond(expression)

    def _look_up(self, name: str) -> Any:
        for names in (self._names, BUILTINS):
            if name in names:
                return names[name]
        if name in ONLY_ON_REAL:
            raise only_on_real(name)
        raise Fault("NameError", f"name '{name}' isn't defined")

    def _binary(self, operation: ast.operator, left: Any, right: Any) -> Any:
        name, function = OPERATORS[type(operation)]
        wrong = f"unsupported types for {name}: '{type_name(left)}', '{type_name(right)}'"
        if isinstance(left, str) and name == "__mod__":
            raise only_on_real("formatting with %")
        if isinstance(left, str) and name == "__add__":
            wrong = f"can't convert '{type_name(right)}' object to str implicitly"
        check_growth(name, left, right)
        return apply(lambda: function(left, right), wrong)

    def _boolean(self, stops_at: bool, values: list[ast.expr]) -> Any:
        value = None
        for expression in values:
            value = self._value(expression)
            if bool(value) is stops_at:
                break
        return value

    def _compare(self, left: ast.expr, operations: list[ast.cmpop], others: list[ast.expr]) -> Any:
        first = self._value(left)
        for operation, other in zip(operations, others, strict=True):
            second = self._value(other)
            name, function = COMPARISONS[type(operation)]
            pair = (second, first) if name == "__contains__" else (first, second)
            wrong = f"unsupported types for {name}: '{type_name(pair[0])}', '{type_name(pair[1])}'"
            if not apply(lambda f=function, a=first, b=second: f(a, b), wrong):  # type: ignore[misc]
                return False
            first = second
        return True

    def _dictionary(self, keys: list[ast.expr | None], values: list[ast.expr]) -> Any:
        pairs = {}
        for key, value in zip(keys, values, strict=True):
            if key is None:
                raise only_on_real("** in braces")
            name, item = self._value(key), self._value(value)
            try:
                pairs[name] = item
            except TypeError:
                raise Fault("TypeError", f"unsupported type for __hash__: '{type_name(name)}'") from None
        return bounded(pairs)

    def _joined(self, parts: list[ast.expr]) -> Any:
        text = ""
        for part in parts:
            match part:
                case ast.FormattedValue(value=expression, conversion=conversion, format_spec=None):
                    value = self._value(expression)
                    text = bounded(text + (representation(value) if conversion == ord("r") else text_of(value)))
                case ast.FormattedValue():
                    raise only_on_real("formats in f-strings")
                case _:
                    text = bounded(text + self._value(part))
        return text

    def _item(self, container: Any, index: ast.expr) -> Any:
        kind = type_name(container)
        if not isinstance(container, SIZED):
            raise Fault("TypeError", f"'{kind}' object isn't subscriptable")
        if isinstance(index, ast.Slice):
            bounds = [None if part is None else self._value(part) for part in (index.lower, index.upper, index.step)]
            return apply(lambda: container[slice(*bounds)], f"'{kind}' object isn't subscriptable")
        key = self._value(index)
        try:
            return container[key]
        except KeyError:
            raise Fault("KeyError", text_of(key)) from None
        except IndexError:
            raise Fault("IndexError", f"{kind} index out of range") from None
        except TypeError:
            raise Fault("TypeError", f"{kind} indices must be integers, not {type_name(key)}") from None

    def _attribute(self, owner: Any, name: str) -> Any:
        if isinstance(owner, Module | Fields):
            if name in owner.attributes:
                return owner.attributes[name]
        elif not name.startswith("_") and isinstance(owner, SIZED) and hasattr(type(owner), name):
            raise only_on_real(f"methods such as {name}()")
        raise Fault("AttributeError", f"'{type_name(owner)}' object has no attribute '{name}'")

    def _call(self, called: Any, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Any:
        if not isinstance(called, Builtin):
            raise Fault("TypeError", f"'{type_name(called)}' object isn't callable")
        if any(isinstance(argument, ast.Starred) for argument in arguments) or any(k.arg is None for k in keywords):
            raise only_on_real("* in calls")
        values = [self._value(argument) for argument in arguments]
        named = {str(keyword.arg): self._value(keyword.value) for keyword in keywords}
        if len(values) < called.fewest or (called.most is not None and len(values) > called.most):
            expected = called.fewest if len(values) < called.fewest or called.most is None else called.most
            raise Fault("TypeError", f"function takes {expected} positional arguments but {len(values)} were given")
        if extra := [name for name in named if name not in called.keywords]:
            raise Fault("TypeError", f"unexpected keyword argument '{extra[0]}'")
        if called.name in ("print", "help"):
            self._print(called.function(*values, room=self._room, **named))
            return None
        return apply(lambda: called.function(*values), "can't convert to that type")

    def _print(self, text: str) -> None:
        self._room -= len(text)
        if self._room < 0:
            raise out_of_memory(OUTPUT_LIMIT)
        self._printed.append(text)


def _depth(tree: ast.AST) -> int:
    """How deep the tree is nested; found without recursion."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return deepest


_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def is_unfinished(source: str) -> bool:
    """Whether the prompt asks for more: an open bracket, three quotes without their end, a backslash at the end.

    After MicroPython's `mp_repl_continue_with_input`.
    """
    depth, quote, position = 0, "", 0
    while position < len(source):
        if source[position] == "\\" and position + 1 < len(source):
            position += 2
            continue
        mark = source[position : position + 3]
        mark = mark if mark in ("'''", '"""') else mark[0]
        if quote:
            if source.startswith(quote, position):
                position += len(quote)
                quote = ""
                continue
            mark = mark[0]
        elif mark[0] in "'\"":
            quote = mark
        elif mark == "#":
            position = source.find("\n", position)
            if position < 0:
                break
        else:
            depth += _BRACKETS.get(mark, 0)
        if len(quote) == 1 and mark == "\n":
            quote = ""  # a mistake, which the parser reports
        position += len(mark)
    return len(quote) == 3 or (not quote and (depth > 0 or source.endswith("\\")))
