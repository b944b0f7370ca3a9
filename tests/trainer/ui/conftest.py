"""A tutor at a desk without a board."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer.progress import Progress
from trainer.ui.tutor import Tutor
from trainer.workplace.desk import Desk


@pytest.fixture
def tutor(desk: Desk, told: list[str], tmp_path: Path) -> Iterator[Tutor]:
    with Progress(tmp_path / "kept") as progress:
        yield Tutor(desk.session, desk, told.append, progress=progress, key="small")
