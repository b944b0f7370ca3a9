"""Whatever chunks the text comes in, what is shown is the same and moves no cursor."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.stream import ControlFilter, ProgressFold, TextStream, redrawn

NASTY = st.lists(
    st.sampled_from(["\x1b", "[", "2J", "]0;title\x07", "\x9b", "K", "\r", "\n", "\r\n", "text ", "\x08", "é", "50%",
                     "W 10% a", "\x1bPq", "\x1b\\", "\x00", "\u202e", "\x1b[K"])
    | st.text(max_size=5),
    max_size=25,
).map("".join)  # fmt: skip


def whole(filter_: ControlFilter | ProgressFold, *chunks: str) -> str:
    return "".join(map(filter_.feed, chunks)) + filter_.flush()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07here", "here"),
        ("\x1b]52;c;ZXZpbA==\x1b\\here", "here"),
        ("\x1b[2Jclear\x1b[H", "clear"),
        ("\x9b31mred", "red"),
        ("bell\x07null\x00", "bellnull"),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("\x1b", ""),
        ("\x1b[12;3", ""),
        ("naïve ━━", "naïve ━━"),
    ],
)
def test_control_sequences_are_taken_out(text: str, shown: str) -> None:
    assert whole(ControlFilter(), text) == shown


def test_what_is_to_be_kept_is_kept() -> None:
    line_editing = ControlFilter("\r\n\b", re.compile(r"\x1b\[K"))
    assert whole(line_editing, "ab\b\x1b[K\x1b[1Ac\t\n") == "ab\b\x1b[Kc\n"


@given(NASTY, st.integers(0, 60))
def test_where_a_chunk_ends_makes_no_difference(text: str, cut: int) -> None:
    assert whole(ControlFilter(), text[:cut], text[cut:]) == whole(ControlFilter(), text)
    assert whole(ControlFilter(), *text) == whole(ControlFilter(), text)


@given(NASTY)
def test_nothing_that_moves_the_cursor_is_left(text: str) -> None:
    assert not set(whole(ControlFilter(), text)) & set("\x1b\x9b\x00\x07\x08\x90\u202e")


def test_an_endless_sequence_is_not_waited_for_for_ever() -> None:
    assert whole(ControlFilter(), "\x1b]", *["x" * 1000] * 10, "end").endswith("end")


PROGRESS = "Writing at 0x{0:05x} [===>  ] {1}% {2}/9 bytes...\n"


def test_progress_lines_redraw_one_line() -> None:
    lines = "Erasing\n" + "".join(PROGRESS.format(n, n * 10, n) for n in range(3)) + "Wrote 9 bytes\n"
    shown = whole(ProgressFold(), lines)
    assert shown.count("\r") == 2
    assert redrawn(shown).splitlines() == ["Erasing", PROGRESS.format(2, 20, 2).rstrip(), "Wrote 9 bytes"]


def test_a_longer_line_is_blanked_out_by_a_shorter_one() -> None:
    shown = whole(ProgressFold(), "Read 10.0% of a long thing\nRead 20% of\n")
    assert shown == "Read 10.0% of a long thing\rRead 20% of               \n"
    assert redrawn(shown) == "Read 20% of\n"


def test_different_progress_is_not_folded_together() -> None:
    assert redrawn(whole(ProgressFold(), "Write 10% x\nRead 10% x\n")) == "Write 10% x\nRead 10% x\n"


def test_dots_on_an_unfinished_line_are_shown_at_once() -> None:
    fold = ProgressFold()
    assert fold.feed("Connecting..") == "Connecting.."
    assert fold.feed("..") == ".."
    assert fold.feed("\nConnected") == "\nConnected"


@given(NASTY, st.lists(st.integers(0, 100), max_size=5))
def test_folding_loses_no_line_that_is_not_progress(text: str, cuts: list[int]) -> None:
    text = text.replace("\r", "")
    edges = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    chunks = [text[a:b] for a, b in itertools.pairwise(edges)]
    shown = redrawn(whole(ProgressFold(), *chunks))
    plain = [line for line in text.split("\n") if line and not ProgressFold.PERCENT.match(line)]
    left = iter(shown.split("\n"))
    assert all(any(line == candidate for candidate in left) for line in plain)


def test_bytes_become_text_wherever_they_are_cut() -> None:
    data = "a\r\né━\r\n".encode() + b"\xff\n"
    stream = TextStream()
    shown = "".join(stream.feed(data[at : at + 1]) for at in range(len(data))) + stream.flush()
    assert shown == "a\né━\n\ufffd\n"


@given(st.binary(max_size=60), st.integers(0, 60))
def test_any_bytes_become_text(data: bytes, cut: int) -> None:
    stream = TextStream()
    assert "\x1b" not in stream.feed(data[:cut]) + stream.feed(data[cut:]) + stream.flush()
