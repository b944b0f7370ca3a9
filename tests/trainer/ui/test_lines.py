"""Lines in and out, without cursor movement."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.ui.lines import PlainOutput, StreamLines
from trainer.ui.plain import lead
from trainer.ui.tutor import Tutor


class Clock:
    """A clock that stands."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_redrawn_line_becomes_its_last_state() -> None:
    stream, clock = io.StringIO(), Clock()
    output = PlainOutput(stream, clock)
    output("a\nWriting 1 %")
    output("\rWriting 50 %")
    output("\rWriting 99 %  ")
    output("\rWriting 100 %\nDone\n")
    assert stream.getvalue() == "a\nWriting 50 %\nWriting 100 %\nDone\n"


def test_a_slow_progress_bar_is_told_every_few_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    output = PlainOutput(stream, clock)
    for percent in range(0, 101, 10):
        output(f"\r{percent} %")
        clock.now_s += 2
    output("\n")
    assert stream.getvalue().split("\n") == ["0 %", "30 %", "60 %", "90 %", "100 %", ""]


def test_a_progress_bar_that_ends_in_a_told_state_is_not_told_twice() -> None:
    stream, clock = io.StringIO(), Clock()
    output = PlainOutput(stream, clock)
    output("\r100 %")
    output("\n")
    assert stream.getvalue() == "100 %\n"


def test_what_has_no_line_end_comes_with_flush() -> None:
    stream = io.StringIO()
    output = PlainOutput(stream, Clock())
    output("Connecting")
    output("....")
    assert stream.getvalue() == ""
    output.flush()
    output("x\n")
    assert stream.getvalue() == "Connecting....x\n"


@given(st.lists(st.text(alphabet="ab\n", max_size=8)))
def test_text_without_redrawing_is_written_as_it_is(chunks: list[str]) -> None:
    stream = io.StringIO()
    output = PlainOutput(stream, Clock())
    for chunk in chunks:
        output(chunk)
    output.flush()
    assert stream.getvalue() == "".join(chunks)


def test_lines_from_a_pipe_are_shown_and_their_end_is_told() -> None:
    target = io.StringIO()
    lines = StreamLines(io.StringIO("pwd\r\n\x1b[2Jlast"), target)
    assert lines("$ ") == "pwd"
    assert lines("$ ") == "\x1b[2Jlast"
    with pytest.raises(EOFError):
        lines("$ ")
    assert target.getvalue() == "$ pwd\n$ last\n$ \n"


def lead_with(tutor: Tutor, text: str) -> tuple[int, str]:
    """Lead through a lesson with `text` as input: the exit status, and all that was written."""
    stream = io.StringIO()
    output = PlainOutput(stream, Clock())
    tutor.tell = output
    status = lead(tutor, StreamLines(io.StringIO(text), stream), output, command="espdojo learn small")
    return status, stream.getvalue()


def test_the_end_of_input_saves_names_the_next_step_and_fails(tutor: Tutor) -> None:
    status, text = lead_with(tutor, "pwd\nplug in\n")
    assert status == 1
    assert "Next is step 3, “Find”." in text
    assert "`espdojo learn small`" in text


def test_leaving_is_no_failure(tutor: Tutor) -> None:
    status, text = lead_with(tutor, "quit\n")
    assert status == 0
    assert "Next is step 1, “Look”." in text


def test_a_finished_lesson_ends_by_itself(tutor: Tutor) -> None:
    status, text = lead_with(tutor, "skip\n" * 7)
    assert status == 0
    assert "Passed over: Look, Plug" in text
    assert "Saved" not in text


def lead_with_ctrl_c(tutor: Tutor) -> tuple[int, str]:
    """Press Ctrl-C once, and leave; the status and what was shown."""
    stream = io.StringIO()
    output = PlainOutput(stream, Clock())
    tutor.tell = output
    answers = iter([KeyboardInterrupt(), "quit"])

    def read(prompt: str) -> str:
        answer = next(answers)
        if isinstance(answer, KeyboardInterrupt):
            raise answer
        return answer

    return lead(tutor, read, output, command="x"), stream.getvalue()


def test_ctrl_c_at_the_prompt_does_not_end_the_tutor(tutor: Tutor) -> None:
    status, text = lead_with_ctrl_c(tutor)
    assert status == 0
    assert "`quit` leaves" in text


def test_ctrl_c_at_the_board_is_something_done(tutor: Tutor, bench: Any) -> None:
    """A step that asks for the key is passed by pressing it."""
    bench.is_plugged = True
    while tutor.session.place.step != "wake":
        tutor.session.skip()
    tutor.desk.shell.terminal = bench.open_terminal()
    status, text = lead_with_ctrl_c(tutor)
    assert status == 0
    assert "wake" in dict(tutor.session.place.done), text
