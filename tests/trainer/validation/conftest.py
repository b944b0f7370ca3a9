"""Plays without a network, in this process, one after the other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from trainer.firmware import practice
from trainer.validation.plays import Player


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
        head = f'# A lesson\n\n```lesson\nformat_version = 1\nsummary = "s"\nminutes = 2\n{start}\n```\n\n'
        (folder / "lesson.md").write_text(head + steps, encoding="utf-8")
        return folder

    return write
