"""A board is asked only what is not known, and is then where it would be if it had been asked everything."""

from collections.abc import Callable, Iterator

import pytest

from trainer.board.terminal import SerialTerminal
from trainer.computer.child import INTERRUPTED, Finished
from trainer.firmware import practice
from trainer.system import System
from trainer.validation.memory import Done, Memory, Outcome, Seen
from trainer.validation.recall import DivergedError, RecallingBench

NewBench = Callable[[System], RecallingBench]


@pytest.fixture
def new_bench() -> Iterator[NewBench]:
    """A function that makes a bench with the practice image, plugged in; all of them share a memory."""
    memory, benches = Memory(), []

    def make(system: System) -> RecallingBench:
        bench = RecallingBench(system, "nodemcu", memory)
        benches.append(bench)
        bench.fill_flash({0: practice().path.read_bytes()})
        bench.plug()
        return bench

    yield make
    for bench in benches:
        bench.close()


def prompt(bench: RecallingBench) -> SerialTerminal:
    terminal = bench.open_terminal(bench.port)
    terminal.wait(0.5)  # it may have spoken before, and must not be disturbed while it starts
    terminal.key("enter", timeout_s=60)
    assert terminal.at_prompt
    return terminal


def times_powered(bench: RecallingBench) -> int:
    return sum(event.data["on"] for event in bench.board.events.named("power"))


@pytest.mark.slow
def test_what_one_board_has_answered_another_one_need_not_be_asked(new_bench: NewBench) -> None:
    first, second = new_bench("linux"), new_bench("windows")
    answers = [prompt(first).send("6 * 7")]
    before = times_powered(second)
    terminal = prompt(second)
    answers.append(terminal.send("6 * 7"))
    assert "42" in answers[0]
    assert answers[0] == answers[1]
    assert terminal.transcript.endswith(answers[1])
    assert times_powered(second) == before


def test_it_catches_up_for_what_is_not_known(new_bench: NewBench) -> None:
    prompt(new_bench("linux")).send("x = 6")
    terminal = prompt(new_bench("macos"))
    terminal.send("x = 6")
    assert "42" in terminal.send("x * 7")


@pytest.mark.slow
def test_another_past_is_another_state(new_bench: NewBench) -> None:
    bench = new_bench("linux")
    terminal = prompt(bench)
    terminal.send("x = 6")
    assert "6" in terminal.send("x")
    other = prompt(new_bench("linux"))
    assert "NameError" in other.send("x")


@pytest.mark.slow
def test_what_left_no_trace_can_be_forgotten(new_bench: NewBench) -> None:
    bench = new_bench("linux")
    terminal = prompt(bench)
    mark, state = bench.mark(), bench.state
    terminal.send("1 + 1")
    assert bench.state != state
    bench.forget(mark)
    assert bench.state == state
    assert "2" in terminal.send("1 + 1")


def test_faults_cable_and_flash_are_as_they_would_be(new_bench: NewBench) -> None:
    for _ in range(2):  # the second time nothing is done
        bench = new_bench("linux")
        powered = times_powered(bench)  # it had power for a moment when it was made
        bench.inject("charge-only-cable")
        assert (bench.plugged, bench.has_cable) == (False, True)
        bench.repair("charge-only-cable")
        assert bench.plugged
        bench.unplug()
        assert not bench.has_cable
        image = practice().path.read_bytes()
        assert bench.flash.read(0, len(image)) == image
        bench.fill_flash({})
        assert bench.flash.read(0, 8) == b"\xff" * 8
    assert times_powered(bench) == powered <= 1


@pytest.mark.slow
def test_a_board_rests_where_only_its_flash_counts(new_bench: NewBench) -> None:
    bench = new_bench("linux")
    at_first = bench.state
    bench.reset()
    assert bench.state != at_first
    assert bench.can_rest
    bench.rest(bench.settled_flash())
    assert bench.state == at_first
    bench.inject("worn-sectors=40")
    assert bench.can_rest
    bench.inject("brownout=64K")
    assert not bench.can_rest
    bench.repair("brownout")
    prompt(bench)
    assert not bench.can_rest


# Programs


def runs(
    bench: RecallingBench,
    key: tuple[str, ...] | None,
    *,
    status: int = 0,
    same: bool = True,
    do: Callable[[RecallingBench], None] = lambda bench: None,
) -> int:
    """How often a program is really run if that is asked for twice, from the same state."""
    count = 0

    def run() -> Finished:
        nonlocal count
        count += 1
        do(bench)
        return Finished(status, f"on {bench.port}")

    for _ in range(2):
        bench.start_from(bench.flash_name())
        bench.plug()
        assert bench.run(run, key, lambda: same) == Finished(status, f"on {bench.port}")
    return count


@pytest.mark.slow
def test_a_program_is_run_again_if_it_could_end_otherwise(new_bench: NewBench) -> None:
    bench = new_bench("linux")
    assert runs(bench, None) == 2
    assert runs(bench, ("changes a file",), same=False) == 2
    assert runs(bench, ("stopped",), status=INTERRUPTED) == 2
    assert runs(bench, ("flash-id",)) == 1
    assert runs(bench, ("wrong",), status=2) == 1


@pytest.mark.slow
def test_a_system_has_words_of_its_own_where_a_port_was_not_opened(new_bench: NewBench) -> None:
    def opens(bench: RecallingBench) -> None:
        bench.board.events.emit("attach")

    for do, on_windows in ((opens, 0), (lambda bench: None, 1)):
        key = (str(on_windows),)
        assert runs(new_bench("linux"), key, do=do) == 1
        assert runs(new_bench("macos"), key, do=do) == 0
        assert runs(new_bench("windows"), key, do=do) == on_windows


@pytest.mark.slow
def test_another_attempt_is_made_anew(new_bench: NewBench) -> None:
    bench = new_bench("linux")
    answers = iter([1, 0])
    for attempt in range(2):
        bench.start_from(bench.flash_name())
        bench.plug()
        if attempt:
            bench.again()
        finished = bench.run(lambda: Finished(next(answers), ""), ("flaky",), lambda: True)
    assert finished.exit_status == 0


@pytest.mark.slow
def test_a_board_that_does_something_else_cannot_catch_up(new_bench: NewBench) -> None:
    statuses = iter([0, 1, 1])
    for attempt in range(2):
        bench = new_bench("linux")
        flash = bench.flash_name()
        bench.run(lambda: Finished(next(statuses), ""), ("flaky",), lambda: True)
        if attempt:
            with pytest.raises(DivergedError):
                bench.reset()
            bench.start_from(flash)
            bench.plug()
            bench.eager = True
            assert bench.run(lambda: Finished(next(statuses), ""), ("flaky",), lambda: True).exit_status == 1


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ("1+1\r\n2\r\n>>> ", "1+1\r\n2\r\n>>> ", True),
        ("1+1\r\n2\r\n>>> ", "1+1\r\n3\r\n>>> ", False),
        ("1+1\r\n2\r\n>>> ", "1+1\r\n2\r\n", False),
        ("again\r\nagain\r\nKeyboardInterrupt: \r\n>>> ", "again\r\nKeyboardInterrupt: \r\n>>> ", True),
        ("again\r\nKeyboardInterrupt: \r\n>>> ", "again\r\nagain\r\n", False),
    ],
)
def test_the_same_came_of_it_if_it_ended_alike(then: str, now: str, same: bool) -> None:
    outcome = Outcome(b"state", Finished(0, then), "", Seen())
    assert Done(("key", "ctrl-c"), lambda _: Finished(0, now), outcome).repeated(Finished(0, now)) is same
