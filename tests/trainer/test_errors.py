"""Which errors are shown to people, and how."""

import errno

import pytest

from emulator.rom.image import ImageError
from trainer.errors import EspdojoError, describe


def test_what_cause_and_next_step_are_a_line_each() -> None:
    error = EspdojoError("It broke.", cause="wear.", next_step="Take another.")
    assert describe(error) == "It broke.\nLikely cause: wear.\nNext: Take another."


def test_empty_parts_are_left_out() -> None:
    assert describe(EspdojoError("It broke.")) == "It broke."


def test_the_emulators_errors_are_for_people_too() -> None:
    assert describe(ImageError("no image")) == "no image"


def test_a_full_disk_names_the_file_and_the_next_step() -> None:
    text = describe(OSError(errno.ENOSPC, "No space left on device", "flash.bin"))
    assert text is not None
    assert text.splitlines() == ["flash.bin: No space left on device", "Next: Free some disk space, then try again."]


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), TypeError("x"), AssertionError()])
def test_our_own_mistakes_are_not_explained_away(error: Exception) -> None:
    assert describe(error) is None
