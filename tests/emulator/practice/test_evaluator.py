"""The practice image's Python: what it answers, and that no text at all gets it out of step."""

import ast
import builtins
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emulator.practice.evaluator import OUTPUT_LIMIT, SOURCE_LIMIT, Interpreter, is_unfinished


def answer(source: str) -> str:
    """What the prompt shows for `source`, the last line of a traceback included."""
    outcome = Interpreter().run(source, interactive=True)
    return outcome.output + (outcome.errors.splitlines()[-1] if outcome.errors else "")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("print('Micropython for Engineers!')", "Micropython for Engineers!\n"),
        ("import sys\nsys.platform", "'esp8266'\n"),
        ("from sys import platform as p; p", "'esp8266'\n"),
        ("print(1, 'a', sep='-', end='.')", "1-a."),
        ("print()", "\n"),
        ("'it\\'s'", '"it\'s"\n'),
        ("1 + 2 * 3", "7\n"),
        ("2 ** 100", "1267650600228229401496703205376\n"),
        ("7 // 2, -7 // 2, 7 % 3, 7 / 2", "(3, -4, 1, 3.5)\n"),
        ("1 / 3", "0.333333\n"),
        ("0.1 + 0.2", "0.3\n"),
        ("1e6, 100000.0, 1e39, -0.0", "(1e+06, 100000.0, inf, -0.0)\n"),
        ("2.0 ** 1000", "inf\n"),
        ("x = 3; x += 4; x", "7\n"),
        ("a, (b, c) = 1, 'xy'; [a, b, c]", "[1, 'x', 'y']\n"),
        ("{'a': 1, 2: (3,)}", "{'a': 1, 2: (3,)}\n"),
        ("[10, 20, 30][-1], 'abc'[1:], {'k': 5}['k']", "(30, 'bc', 5)\n"),
        ("1 < 2 < 3, 1 in [1], not 0, 1 and 2, 0 or 'x'", "(True, True, True, 2, 'x')\n"),
        ("'yes' if 1 > 2 else 'no'", "'no'\n"),
        ("x = 5; f'{x}+{x!r}'", "'5+5'\n"),
        ("len('abc'), max(1, 5), sum([1, 2]), int('12'), float('1.5'), str(3)", "(3, 5, 3, 12, 1.5, '3')\n"),
        ("type(3), type('')", "(<class 'int'>, <class 'str'>)\n"),
        ("None", ""),
        ("5\n_ + 1", "5\n6\n"),
        ("# only a remark", ""),
        # In MicroPython's words:
        ("x", "NameError: name 'x' isn't defined"),
        ("print('a", "SyntaxError: invalid syntax"),
        ("1 / 0", "ZeroDivisionError: divide by zero"),
        ("'a' + 1", "TypeError: can't convert 'int' object to str implicitly"),
        ("1 + 'a'", "TypeError: unsupported types for __add__: 'int', 'str'"),
        ("-'a'", "TypeError: unsupported type for __neg__: 'str'"),
        ("3()", "TypeError: 'int' object isn't callable"),
        ("3[0]", "TypeError: 'int' object isn't subscriptable"),
        ("[][0]", "IndexError: list index out of range"),
        ("{}['k']", "KeyError: k"),
        ("import nonsense", "ImportError: no module named 'nonsense'"),
        ("int('x')", "ValueError: invalid syntax for integer with base 10"),
        ("len(1)", "TypeError: object of type 'int' has no len()"),
        ("del x", "NameError: name 'x' isn't defined"),
        ("match 1:\n case 1: pass", "SyntaxError: invalid syntax"),
    ],
)
def test_answers_as_micropython_does(source: str, shown: str) -> None:
    assert answer(source) == shown


@pytest.mark.parametrize(
    "source",
    [
        "for i in range(3): print(i)", "while True: pass", "def f(): pass", "import machine", "open('x')",
        "[x for x in 'ab']", "'%d' % 3", "'a'.upper()", "lambda: 1", "class A: pass", "f'{1:3}'",
    ],
)  # fmt: skip
def test_names_what_only_real_micropython_can_do(source: str) -> None:
    shown = answer(source)
    assert shown.startswith("NotImplementedError: the practice image has no ")
    assert shown.endswith("real MicroPython does")


def test_a_traceback_looks_like_micropythons() -> None:
    interpreter = Interpreter()
    assert interpreter.run("print(1)\nx", interactive=False).errors == (
        'Traceback (most recent call last):\n  File "<stdin>", line 2, in <module>\n'
        "NameError: name 'x' isn't defined\n"
    )
    assert interpreter.run("1\n)", interactive=False).errors == (
        'Traceback (most recent call last):\n  File "<stdin>", line 2\nSyntaxError: invalid syntax\n'
    )


def test_a_program_shows_only_what_it_prints() -> None:
    assert Interpreter().run("1\nprint(2)", interactive=False).output == "2\n"


def test_names_last_until_the_reset_and_belong_to_one_board() -> None:
    first, second = Interpreter(), Interpreter()
    first.run("x = 1", interactive=True)
    assert first.run("x", interactive=True).output == "1\n"
    assert "NameError" in second.run("x", interactive=True).errors
    first.reset()
    assert "NameError" in first.run("x", interactive=True).errors


@pytest.mark.parametrize(
    "source",
    [
        "().__class__", "''.__class__.__mro__", "print.__globals__", "print.function", "print.__self__",
        "import sys; sys.modules", "import sys; sys.__dict__", "import sys; sys.attributes", "__import__('os')",
        "__builtins__", "eval('1')", "exec('1')", "import os", "import builtins", "from os import system",
        "getattr(print, 'name')", "f'{print.__globals__}'", "import sys; sys.implementation.__class__",
        "open('/etc/passwd')", "input()", "breakpoint()", "globals()", "vars()", "type(print)('x')",
        "type(3).__subclasses__()",
    ],
)  # fmt: skip
def test_there_is_no_way_to_the_host(source: str) -> None:
    outcome = Interpreter().run(source, interactive=True)
    assert outcome.output == ""
    assert outcome.errors


@pytest.mark.parametrize(
    "source",
    [
        "2 ** 5000", "10 ** 10 ** 10", "1 << 10 ** 9", "'a' * 10 ** 9", "[0] * 10 ** 9", "10 ** 9 * (1,)",
        "x = 2 ** 4000; x * x", "x = 'ab'\n" + "x = x + x\n" * 20, "x = [1]\n" + "x = [x, x]\n" * 30,
        "x = 1\n" + "x = [x]\n" * 40, "x = 'a' * 4000\n" + "print(x)\n" * 20, "1" * (SOURCE_LIMIT + 1),
        "x = 'a' * 4000\nprint(x, x, x, x, x, x, x, x, x)", "\n".join(f"x{i} = {i}" for i in range(300)),
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused(source: str) -> None:
    outcome = Interpreter().run(source, interactive=True)
    assert "MemoryError: memory allocation failed" in outcome.errors
    assert len(outcome.output) <= OUTPUT_LIMIT


@pytest.mark.parametrize("source", ["-" * 4000 + "1", "[" * 150 + "]" * 150, "1" + "+1" * 1500, "not " * 1000 + "1"])
def test_what_is_too_deep_is_refused(source: str) -> None:
    assert "RuntimeError: maximum recursion depth exceeded" in Interpreter().run(source, interactive=True).errors


NAMES = st.sampled_from(
    ["x", "y", "print", "len", "sum", "max", "int", "float", "str", "chr", "sys", "type", "repr", "_"]
)
LITERALS = st.sampled_from(
    ["0", "1", "-1", "3.5", "1e30", "'ab'", "''", "[1, 2]", "()", "{}", "None", "True", "10**50", "float('nan')", "1j"]
)
OPERATORS = st.sampled_from(
    ["+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "@", "<", "==", "in", "is", "and", "or"]
)
EXPRESSIONS = st.recursive(
    NAMES | LITERALS,
    lambda inner: st.one_of(
        st.tuples(inner, OPERATORS, inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, inner).map(lambda parts: f"{parts[0]}[{parts[1]}]"),
        st.tuples(inner, st.lists(inner, max_size=3)).map(lambda parts: f"{parts[0]}({', '.join(parts[1])})"),
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.tuples(inner, inner).map(lambda parts: f"{{{parts[0]}: {parts[1]}}}"),
        st.tuples(inner, st.sampled_from(["platform", "name", "__class__", "upper"])).map(".".join),
        inner.map(lambda part: f"(-{part})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
    ),
    max_leaves=12,
)
STATEMENTS = st.one_of(
    EXPRESSIONS,
    st.tuples(NAMES, st.sampled_from(["=", "+=", "*=", "**=", "<<="]), EXPRESSIONS).map(" ".join),
    st.sampled_from(["import sys", "del x", "x, y = y, x", "pass", "import machine"]),
)
PROGRAMS = st.lists(STATEMENTS, max_size=8).map("\n".join)


@given(st.one_of(PROGRAMS, st.text(), st.text(st.characters(codec="ascii"))), st.booleans())
@settings(deadline=None)  # the test has its own
@example("\x00", True)
@example("'\ud800'", True)
@example("x=" * 100, False)
def test_no_text_whatever_raises_or_lasts(source: str, interactive: bool) -> None:
    started = time.thread_time()
    outcome = Interpreter().run(source, interactive=interactive)
    assert time.thread_time() - started < 5
    assert outcome.errors == "" or outcome.errors.startswith("Traceback (most recent call last):\n")
    assert len(outcome.output) <= OUTPUT_LIMIT
    assert is_unfinished(source) in (True, False)


@given(PROGRAMS)
def test_nothing_of_the_host_is_called(source: str) -> None:
    called: list[str] = []
    forbidden = {name: getattr(builtins, name) for name in ("open", "eval", "exec", "__import__", "input", "print")}

    def refuse(name: str) -> Any:
        return lambda *arguments, **named: called.append(name)

    interpreter = Interpreter()
    try:
        for name in forbidden:
            setattr(builtins, name, refuse(name))
        interpreter.run(source, interactive=True)
    finally:
        for name, function in forbidden.items():
            setattr(builtins, name, function)
    assert not called


INTEGERS = st.recursive(
    st.integers(-99, 99).map(str),
    lambda inner: st.tuples(inner, st.sampled_from("+-*&|^"), inner).map(lambda parts: f"({''.join(parts)})"),
    max_leaves=20,
)


@given(INTEGERS)
def test_integer_arithmetic_is_pythons(source: str) -> None:
    code = compile(ast.parse(source, mode="eval"), "", "eval")
    assert answer(source) == f"{eval(code)}\n"


@pytest.mark.parametrize(
    ("source", "unfinished"),
    [
        ("print(", True), ("print()", False), ("[1,\n2", True), ("'''a", True), ("'''a\n'''", False), ('"""', True),
        ("1 + \\", True), ("'(", False), ("'('", False), ("# (", False), ("(')'", True), ("'it\\'s (' + (", True),
        ("", False), ("{'a':", True), (")", False), ("''", False), ("(''", True), ("1)(", False), ("'''it's'''", False),
    ],
)  # fmt: skip
def test_the_prompt_knows_when_a_text_goes_on(source: str, unfinished: bool) -> None:
    assert is_unfinished(source) is unfinished
