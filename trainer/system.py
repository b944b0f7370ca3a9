"""The three systems a learner may sit at, and where espdojo keeps its things there.

A lesson is written once for all three. `System` is the one name for "which of them"; it is a parameter wherever
it matters, so that every system's text and paths can be tested on any machine.
"""

import sys
from pathlib import Path
from typing import Literal, get_args

import platformdirs

System = Literal["windows", "macos", "linux"]

SYSTEMS: tuple[System, ...] = get_args(System)

TITLES: dict[System, str] = {"windows": "Windows", "macos": "macOS", "linux": "Linux"}
"""How a person writes each system's name."""


def current() -> System:
    """The system this program runs on. What is neither Windows nor macOS is treated as Linux."""
    if sys.platform == "win32":
        return "windows"
    if sys.platform == "darwin":
        return "macos"
    return "linux"


def data_folder() -> Path:
    """Where progress, the learner's workspace and the fake board's flash live: ESPDOJO_HOME moves all of it."""
    from emulator import folders  # here, as its package brings pyserial, which `--help` does not need

    return folders.home() or platformdirs.user_data_path("espdojo", appauthor=False)


def cache_folder() -> Path:
    """Where things live that can be fetched again, such as firmware."""
    from emulator import folders

    return folders.cache()
