"""Firmware that is not as it has to be in the flash is told from firmware that is not there."""

import pytest

from trainer.images.flashed import why_not_flashed

BIG = (b"\xe9\x01\x00\x40\x60\x04\x10\x40" + b"firmware").ljust(0x9A000, b"\x01")
"""As esptool leaves an image of MicroPython's size on a chip of 4 MB."""

IMAGE = BIG[:2] + b"\x02\x00" + BIG[4:]
"""As it is in its file."""


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"", ["does not stand at the start"]),
        (BIG[:3] + b"\x00" + BIG[4:], ["stands at the start", "512 KB", "--flash-size detect"]),
        (BIG[:0x7D000] + bytes(0x3000) + BIG[0x80000:], ["begins at the start", "Write it once more"]),
        (BIG[:0x7D000], ["begins at the start", "Write it once more"]),
        (BIG[:8] + bytes(0x9A000), ["does not stand at the start"]),
    ],
)
def test_what_is_wrong_is_said(contents: bytes, words: list[str]) -> None:
    why = why_not_flashed(IMAGE, contents.ljust(len(IMAGE), b"\xff")[: len(IMAGE)])
    assert why
    assert [word for word in words if word not in why] == []


def test_what_esptool_patches_may_differ() -> None:
    assert why_not_flashed(IMAGE, BIG) == ""


def test_no_image_stands_nowhere() -> None:
    assert why_not_flashed(b"", b"\xff" * 64)
