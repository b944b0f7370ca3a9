"""The list of firmware that was tried, and its page in docs/. Booting them all is `run.py`'s work."""

import re
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

RUN = SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "run.py")))
IMAGES, PARTS = RUN.load()


def test_every_part_has_one_source_and_a_digest() -> None:
    for name, part in PARTS.items():
        assert bool(part.package) != bool(part.repository), name
        assert re.fullmatch(r"[0-9a-f]{64}", part.sha256), name
        assert part.member if part.package else part.path and part.commit, name


def test_images_name_their_parts() -> None:
    assert {name for image in IMAGES for name in image.parts} == set(PARTS)
    assert all(bool(image.type) == bool(image.answer) for image in IMAGES)


def test_the_page_has_a_row_for_each() -> None:
    page = RUN.DOCUMENT.read_text("utf-8")
    assert all(f"| {image.family} {image.name} |" in page for image in IMAGES)
    assert "does not" not in page


@pytest.mark.slow
def test_an_image_is_booted_and_asked(real_image: Any) -> None:
    """The same with an image of the shared set."""
    image = next(image for image in IMAGES if image.name == "1.10")
    store = RUN.Store(real_image("micropython-1.10.0.bin").parent)
    result = RUN.boot(image, PARTS, store)
    assert result.is_up
    assert result.has_answered
    assert 1_000_000 < result.instructions < 40_000_000
    assert not result.coverage.missing
    assert "| MicroPython 1.10 | 2.2.0-dev | answers |" in RUN.page([result], [])
