"""Plays without a network, in this process, one after the other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from trainer.firmware import practice
from trainer.validation.plays import Player

from ..pretend import lesson_text


@pytest.fixture(scope="session")
def player(tmp_path_factory: pytest.TempPathFactory) -> Player:
    """Plays lessons with the practice image."""
    return Player(tmp_path_factory.mktemp("plays"), practice())


@pytest.fixture
def write_lesson(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a lesson of the given steps, and returns its folder."""

    def write(steps: str, *, start: str = "", name: str = "lesson") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        text = lesson_text(steps, minutes=2, start=f"{start}\n")
        (folder / "lesson.md").write_text(text, encoding="utf-8")
        return folder

    return write
