"""Lines at Python's prompt are compared by meaning, and its answers are found between echo and prompt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.board import repl

TRACEBACK = 'x\r\nTraceback (most recent call last):\r\n  File "<stdin>", line 1\r\nNameError: x\r\n>>> '


@pytest.mark.parametrize(
    ("line", "prompt"),
    [(">>> 1 + 1", ">>>"), ("  ... print(i)", "..."), (">>>", ""), (">>>1", ""), ("1 + 1", ""), ("", "")],
)
def test_a_prompt_is_typed_only_before_a_line(line: str, prompt: str) -> None:
    assert repl.typed_prompt(line) == prompt


def test_blanks_and_the_kind_of_quotes_mean_nothing() -> None:
    assert repl.meaning("print( 'a' )") == repl.meaning('    print("a")')
    assert repl.meaning("print('a')") != repl.meaning("print('A')")
    assert repl.indent("    print(i)") == 4


@given(st.text())
def test_any_line_has_a_meaning(line: str) -> None:
    assert repl.meaning(f" {line} ") == repl.meaning(line)


def test_what_stands_between_echo_and_prompt_is_the_reply() -> None:
    assert repl.reply("1 + 1\r\n2\r\n>>> ") == "2"
    assert repl.reply("for i in x:\n... \n0\n1\n>>> ") == "0\n1"
    assert repl.reply("x = 1\n>>> ") == ""


@pytest.mark.parametrize(
    ("transcript", "error"),
    [
        (TRACEBACK, "NameError: x"),
        ("open('a')\nOSError: [Errno 2] ENOENT\n>>> ", "OSError: [Errno 2] ENOENT"),
        ("print('Error:')\nno\n>>> ", ""),
        ("2\n2\n>>> ", ""),
    ],
)
def test_the_last_line_of_a_traceback_is_the_error(transcript: str, error: str) -> None:
    assert repl.error(transcript) == error
