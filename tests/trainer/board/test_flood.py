"""A board that sends without end does not bury the tutor's words."""

from hypothesis import given
from hypothesis import strategies as st

from trainer.board.flood import GOES_ON, MOST_LINES, Flood, abridged

LINES = "".join(f"line {number}\n" for number in range(1000))


def test_a_few_lines_pass_and_a_flood_is_cut_and_told_of_once() -> None:
    flood = Flood()
    assert flood.feed("hello\n>>> ") == "hello\n>>> "
    shown = "".join(flood.feed(line) for line in LINES.splitlines(keepends=True))
    assert shown.count("line") < MOST_LINES
    assert shown.count(GOES_ON) == 1
    flood.calm()
    assert flood.feed("again\n") == "again\n"


def test_a_line_that_never_ends_is_a_flood_too() -> None:
    flood = Flood()
    assert GOES_ON in "".join(flood.feed("x" * 100) for _ in range(1000))


def test_a_long_answer_keeps_its_beginning_and_its_end() -> None:
    shown = abridged(f"first\n{LINES}last")
    assert shown.startswith("first\nline 0\n")
    assert shown.endswith("line 999\nlast")
    assert "978 lines more" in shown
    assert abridged("a\nb") == "a\nb"


@given(st.text(max_size=200).map(lambda text: text * 20))
def test_no_answer_becomes_longer_than_the_limit(text: str) -> None:
    assert abridged(text).count("\n") <= max(MOST_LINES, 1)


@given(st.lists(st.text(max_size=300), max_size=100))
def test_what_is_shown_is_what_came_up_to_the_limit(chunks: list[str]) -> None:
    flood = Flood()
    shown = "".join(map(flood.feed, chunks)).replace(f"\n{GOES_ON}\n", "")
    assert "".join(chunks).startswith(shown)
