"""Folders and files of the learner's practice: all inside one workspace, which is shown as their home folder.

A path is followed to its end, links included, before it is believed. On the learner's own system paths are
shown as they are; when another system is played, the workspace looks like a home folder there.
"""

import os
import re
from pathlib import Path
from typing import Final

from trainer.commands.words import LineError
from trainer.system import System, current

__all__ = ["Places"]

STAGED_HOMES: Final[dict[System, str]] = {
    "windows": r"C:\Users\you",
    "macos": "/Users/you",
    "linux": "/home/you",
}

RESERVED: Final = re.compile(r"^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|:|$)", re.IGNORECASE)
"""Device names that Windows finds in every folder; "Naming Files, Paths, and Namespaces"
(learn.microsoft.com)."""

DRIVE: Final = re.compile(r"^[A-Za-z]:")


class Places:
    """The workspace, and the learner's current folder in it (`here`)."""

    def __init__(self, workspace: Path, system: System) -> None:
        self.home = workspace.resolve()
        self.here = self.home
        self.system = system
        self._shown_home = str(self.home) if system == current() else STAGED_HOMES[system]

    @property
    def folder(self) -> str:
        """The current folder seen from home, with forward slashes; "" is home."""
        relative = self.here.relative_to(self.home).as_posix()
        return "" if relative == "." else relative

    def shown(self, path: Path) -> str:
        """`path`, inside the workspace, as the learner's system writes it."""
        separator = "\\" if self.system == "windows" else "/"
        return separator.join([self._shown_home, *path.relative_to(self.home).parts])

    def find(self, text: str) -> Path:
        """The place that `text` (a path with ``/``) names, seen from here; it need not exist.

        Raises `LineError` when it is outside the workspace, by itself or through a link, or names a device.
        """
        self._refuse_devices(text)
        below_home = self._below_home(text)
        path = self.here / text if below_home is None else self.home / below_home
        try:
            place = path.resolve()
        except (OSError, RuntimeError, ValueError):  # a loop of links, a name too long, a zero byte
            raise LineError("outside", f"{text} leads nowhere.") from None
        other_drive = below_home is None and os.name != "nt" and self.system == "windows" and DRIVE.match(text)
        if other_drive or not place.is_relative_to(self.home):
            raise LineError(
                "outside",
                f"{text} is outside your practice folder. What you type in here reaches only the files in "
                f"{self._shown_home}.",
            )
        return place

    def write(self, name: str, data: bytes) -> Path:
        """Write the file `name` (a path below home), complete or not at all. Raises `LineError` and OSError."""
        target = self.find(f"~/{name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.part")
        partial.write_bytes(data)
        partial.replace(target)
        return target

    def check_links(self, folder: Path) -> None:
        """Raise `LineError` when a link somewhere below `folder` leads out of the workspace."""
        for path in folder.rglob("*"):
            if path.is_symlink() and not path.resolve().is_relative_to(self.home):
                raise LineError("outside", f"{path.name} in {folder.name} is a link to outside your practice folder.")

    def _below_home(self, text: str) -> str | None:
        """The part of `text` after the home folder, if it is written from there."""
        for home in ("~", self._shown_home.replace("\\", "/")):
            start = text[: len(home)]
            same = start.lower() == home.lower() if self.system == "windows" else start == home
            if same and text[len(home) :][:1] in ("", "/"):
                return text[len(home) :].lstrip("/")
        return None

    def _refuse_devices(self, text: str) -> None:
        if self.system != "windows" and os.name != "nt":
            return
        for part in DRIVE.sub("", text).split("/"):
            if RESERVED.match(part) or ":" in part:
                raise LineError("outside", f"{text} names a device on Windows, not a file.")
