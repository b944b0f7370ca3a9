"""Wheels of the tools that lessons install, kept so that a lesson's ``pip install`` works later without a network.

pip itself gets them, and builds those that the index has as source only (esptool is one); so they fit the Python
release and the computer that this runs on, and are kept in a folder named after both.
"""

import importlib.util
import os
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from trainer.computer import child
from trainer.errors import EspdojoError
from trainer.system import cache_folder

__all__ = ["TOOLS", "WheelsError", "fill", "filling", "find_links"]

TOOLS: Final = ("esptool", "mpremote")

PIP_OPTIONS: Final = ("--disable-pip-version-check", "--no-input", "--no-color")


class WheelsError(EspdojoError):
    """pip could not get the tools."""


def find_links() -> Path | None:
    """The folder with the wheels, for pip's ``--no-index --find-links``; None until `fill` has succeeded once."""
    folder = _folder()
    return folder if folder.is_dir() else None


def fill(output: Callable[[str], None] = lambda text: None, interrupter: child.Interrupter | None = None) -> Path:
    """Get wheels of `TOOLS` and of what they need, unless they are there already; returns their folder.

    `output` gets what pip prints, as it comes; `interrupter` stops pip from another thread. Raises WheelsError when pip
    does not succeed. The folder appears with all of its wheels, or not at all.
    """
    folder = _folder()
    if folder.is_dir():
        return folder
    if importlib.util.find_spec("pip") is None:
        raise WheelsError(
            "This Python has no pip, so esptool and mpremote are not kept for later.",
            next_step="A lesson installs them as long as there is a network.",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="filling-", dir=folder.parent) as temporary:
        wheels = Path(temporary, "wheels")
        program = child.Program(
            [sys.executable, "-m", "pip", *PIP_OPTIONS, "wheel", "--wheel-dir", wheels, *TOOLS],
            folder=Path(temporary),
            environment=os.environ | {"PYTHONIOENCODING": "utf-8"},
        )
        pip = child.run(program, output, interrupter or child.Interrupter())
        if pip.exit_status != 0:
            raise WheelsError(
                "pip could not get esptool and mpremote to keep for later.",
                cause=(pip.transcript.strip().splitlines() or ["it said nothing."])[-1],
                next_step="A lesson tries again when it needs them.",
            )
        try:
            wheels.replace(folder)
        except OSError:
            if not folder.is_dir():  # else another espdojo was faster, and its wheels are as good
                raise
    return folder


@contextmanager
def filling() -> Iterator[None]:
    """`fill` in the background while the body runs; what is not ready at its end is given up, and so is what fails.

    For the tutor: whether it works shows later, when there is no network and a lesson installs a tool.
    """
    interrupter = child.Interrupter()
    thread = threading.Thread(target=_fill_quietly, args=(interrupter,), name="wheels", daemon=True)
    thread.start()
    try:
        yield
    finally:
        interrupter.interrupt()
        thread.join()


def _fill_quietly(interrupter: child.Interrupter) -> None:
    with suppress(WheelsError, OSError):
        fill(interrupter=interrupter)


def _folder() -> Path:
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return cache_folder() / "wheels" / f"{python}-{sysconfig.get_platform()}"
