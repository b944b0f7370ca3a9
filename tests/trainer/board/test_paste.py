"""Pastes are told from keys, and are sent no faster than the board takes them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.board.paste import PORTION, Pasted, keys_and_pastes, paste

BEGIN, END = b"\x1b[200~", b"\x1b[201~"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"a", [b"a"]),
        (b"\x1b[A", [b"\x1b[A"]),
        (b"print(1)\r", [b"print(1)\r"]),
        (BEGIN + b"x = 1" + END, [Pasted(b"x = 1")]),
        (b"a" + BEGIN + b"b\rc" + END + b"d", [b"a", Pasted(b"b\rc"), b"d"]),
        (b"if x:\r  y\r", [Pasted(b"if x:\r  y\r")]),
        (b"\r\n", [b"\r\n"]),
        (b"", []),
    ],
)
def test_what_is_typed_and_what_is_pasted(data: bytes, found: list[bytes]) -> None:
    items, waiting = keys_and_pastes(b"", data)
    assert (items, waiting) == (found, b"")
    assert [type(item) for item in items] == [type(item) for item in found]


@given(st.binary(max_size=60).filter(lambda data: b"\x1b" not in data), st.integers(1, 9))
def test_a_marked_paste_that_comes_in_pieces_is_one_paste(data: bytes, size: int) -> None:
    whole = BEGIN + data + END
    items: list[bytes] = []
    waiting = b""
    for start in range(0, len(whole), size):
        found, waiting = keys_and_pastes(waiting, whole[start : start + size])
        items += found
    assert b"".join(items) == data
    assert waiting == b""


@given(st.lists(st.binary(max_size=20)))
def test_nothing_typed_is_lost(pieces: list[bytes]) -> None:
    waiting, got = b"", b""
    for piece in pieces:
        items, waiting = keys_and_pastes(waiting, piece)
        got += b"".join(items)
    sent = b"".join(pieces)
    assert (got + waiting).replace(BEGIN, b"").replace(END, b"") == sent.replace(BEGIN, b"").replace(END, b"")


class Board:
    """Echoes as MicroPython does, one portion at a time: what comes before the last was taken is lost."""

    def __init__(self, greeting: str = ">>> ", takes: int = PORTION + 1) -> None:
        self.taken = b""
        self.lost = b""
        self._text = greeting
        self._answer = ""
        self._buffer = b""
        self._takes = takes
        self._pasting = False

    def send(self, data: bytes) -> None:
        room = self._takes - len(self._buffer)
        self._buffer += data[:room]
        self.lost += data[room:]
        self._answer = ""

    def wait(self, ready: Callable[[str], bool], timeout_s: float) -> bool:
        self._digest()
        return ready(self._answer)

    def tail(self) -> str:
        return self._text[-200:]

    def _digest(self) -> None:
        self.taken += self._buffer
        for byte in self._buffer.decode():
            match byte:
                case "\x05":
                    self._pasting = True
                    self._say("\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\n=== ")
                case "\x04" | "\x03":
                    self._pasting = False
                    self._say("\n>>> ")
                case "\r":
                    self._say("\n=== " if self._pasting else "\n>>> ")
                case _:
                    self._say(byte)
        self._buffer = b""

    def _say(self, text: str) -> None:
        self._text += text
        self._answer += text


PROGRAM = b"def f(x):\r    if x:\r        return 'a long line that is longer than the board takes at once'\r\rf(1)\r"


def test_several_lines_go_through_paste_mode() -> None:
    board = Board()
    assert paste(board, PROGRAM)
    board.wait(lambda text: True, 0)
    assert board.taken == b"\x05" + PROGRAM.removesuffix(b"\r") + b"\x04"
    assert board.lost == b""


def test_one_line_is_sent_as_it_is() -> None:
    board = Board()
    assert paste(board, b"print('" + b"x" * 100 + b"')\r")
    board.wait(lambda text: True, 0)
    assert board.taken == b"print('" + b"x" * 100 + b"')\r"
    assert board.lost == b""


def test_where_there_is_no_prompt_lines_are_sent_one_by_one() -> None:
    board = Board("login: ")
    assert paste(board, b"one\ntwo\nthree")
    board.wait(lambda text: True, 0)
    assert board.taken == b"one\rtwo\rthree"
    assert board.lost == b""


def test_a_paste_can_be_stopped() -> None:
    board = Board()
    asked = iter([False, False, True])
    assert not paste(board, PROGRAM, lambda: next(asked))
    board.wait(lambda text: True, 0)
    assert board.taken.startswith(b"\x05def f(x):\r")
    assert board.taken.endswith(b"\x03")


def test_a_program_without_paste_mode_is_left_in_peace() -> None:
    class Deaf(Board):
        def wait(self, ready: Callable[[str], bool], timeout_s: float) -> bool:
            self.taken += self._buffer
            self._buffer = b""
            return False

    board = Deaf()
    assert not paste(board, PROGRAM)
    assert board.taken + board._buffer == b"\x05\x03"
