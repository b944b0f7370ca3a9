"""How the screen is divided."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.ui.plan import LEAST_COLUMNS, LEAST_ROWS, LEAST_TERMINAL, LEAST_TEXT, plan
from trainer.ui.state import VIEWS, View


@given(
    st.integers(LEAST_COLUMNS, 300),
    st.integers(LEAST_ROWS, 120),
    st.sampled_from(VIEWS),
    st.integers(0, 200),
    st.integers(0, 40),
    st.booleans(),
)
def test_every_row_has_one_owner(columns: int, rows: int, view: View, text: int, task: int, reads: bool) -> None:
    found = plan(columns, rows, view=view, text=text, task=task, reads=reads)
    assert found.fits
    around = 4 if found.side else 5
    assert found.text + found.task + found.terminal + around == rows
    assert min(found.text, found.task) >= 0
    assert found.task == task or (found.joined and found.task == 0), "no answer to choose from is ever cut off"
    assert not found.joined or found.text >= LEAST_TEXT
    assert found.terminal >= 1, "the line that is typed always has its place"
    assert found.columns + (found.side + 2 if found.side else 0) == columns


@pytest.mark.parametrize("size", [(LEAST_COLUMNS - 1, 40), (200, LEAST_ROWS - 1), (1, 1)])
def test_a_window_may_be_too_small(size: tuple[int, int]) -> None:
    assert not plan(*size, view="both", text=10, task=2, reads=False).fits


def test_80_by_24() -> None:
    found = plan(80, 24, view="both", text=30, task=2, reads=False)
    assert found.side == 0
    assert found.text >= 8
    assert found.terminal >= 7
    assert plan(80, 24, view="both", text=30, task=2, reads=True).terminal == LEAST_TERMINAL


def test_120_by_40_has_the_board_beside() -> None:
    found = plan(120, 40, view="both", text=30, task=2, reads=False)
    assert found.side
    assert found.columns >= 82, "esptool's lines fit, and its progress bar"
    assert found.terminal >= 15


def test_a_short_text_leaves_its_room_to_the_terminal() -> None:
    assert plan(80, 24, view="both", text=4, task=2, reads=False).terminal == 13


def test_views() -> None:
    assert plan(80, 24, view="text", text=30, task=2, reads=False).terminal == 1
    assert plan(80, 24, view="terminal", text=30, task=2, reads=False).text == 0
