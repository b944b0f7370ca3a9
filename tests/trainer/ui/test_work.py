"""One thing is done at a time; what a learner does meanwhile follows, waits, or is given up with it."""

import pytest

from trainer.ui.state import Page, State
from trainer.ui.work import Work


class Counter:
    """What may follow, and how often it did."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def state() -> State:
    return State("linux")


@pytest.fixture
def work(state: State) -> Work:
    return Work(state, Counter())


def finish(work: Work) -> int:
    """End what is being done, do what follows, and say how much that was."""
    follow = work.finish()
    for action in follow:
        action()
    return len(follow)


def test_one_thing_is_done_at_a_time(state: State) -> None:
    ready, second = Counter(), Counter()
    work = Work(state, ready)
    assert work.begin("first")
    assert not work.begin("second", otherwise=second)
    assert (ready.times, second.times) == (1, 0)
    assert state.activity is not None
    assert state.activity.what == "first"
    assert finish(work) == second.times == 1
    assert not work.busy
    assert finish(work) == 0


def test_what_is_cancelled_takes_with_it_what_was_to_follow(work: Work, state: State) -> None:
    assert not work.cancel()
    work.begin("first")
    work.begin("second")
    work.type_ahead("pwd")
    assert work.cancel()
    assert work.cancelled
    assert state.typed_ahead == ()
    assert finish(work) == 0
    work.begin("another")
    assert not work.cancelled


def test_who_has_seen_what_came_of_it_need_not_wait(work: Work, state: State) -> None:
    pressed = Counter()
    assert not work.follows(pressed), "nothing is being done"
    work.begin("first")
    assert not work.follows(pressed), "the page is the one that it was begun at"
    state.page = Page()
    assert not work.follows(pressed), "nobody has seen that page yet"
    assert work.follows(pressed, unseen=True)
    work.page_seen = state.page
    assert work.follows(pressed)
    assert finish(work) == pressed.times == 2


def test_a_page_that_has_only_to_be_turned_may_be_turned_before(work: Work, state: State) -> None:
    state.page = Page(turns=True)
    work.begin("first")
    assert not work.follows(Counter())
    assert work.follows(Counter(), turns=True)


def test_lines_wait_in_their_order(work: Work, state: State) -> None:
    assert not work.type_ahead("pwd"), "it can be done at once"
    work.begin("first")
    for line in ("pwd", " ", "ls"):
        assert work.type_ahead(line)
    assert state.typed_ahead == ("pwd", "ls")
    work.finish()
    assert work.take_typed_ahead(all_of_it=False) == ("pwd", "ls")
    assert work.take_typed_ahead(all_of_it=True) == ("ls",)
    assert work.take_typed_ahead(all_of_it=True) == ()
