"""The practice image: a program of ours that stands in for MicroPython where there is no network."""

from emulator.practice.image import image_bytes, image_path

__all__ = ["image_bytes", "image_path"]
