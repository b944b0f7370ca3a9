"""A tutor at a desk without a board."""

import pytest

from trainer.ui.tutor import Tutor
from trainer.workplace.desk import Desk


@pytest.fixture
def tutor(desk: Desk, told: list[str]) -> Tutor:
    return Tutor(desk.session, desk, told.append)
