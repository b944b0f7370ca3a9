"""Commands that look at folders and files of the learner's computer, and change nothing."""

import fnmatch
import posixpath
import re
import stat
from datetime import datetime
from pathlib import Path
from typing import Final

from trainer.commands.command import Command
from trainer.computer.places import Places
from trainer.computer.printout import Printout
from trainer.computer.shell_messages import says
from trainer.images.description import facts, problem
from trainer.images.identify import identify
from trainer.stream import ControlFilter

__all__ = ["Folders"]

LONGEST_TEXT_BYTES: Final = 64 * 1024
"""Of a file that is shown."""


class Folders:
    """The learner's way through `places`. Each command returns its exit status; what it says goes to `printout`."""

    def __init__(self, places: Places, printout: Printout) -> None:
        self._places = places
        self._printout = printout

    def cd(self, command: Command) -> int:
        """Go to a folder."""
        place = self._places.find(command.options["path"])
        if not place.is_dir():
            self._printout.say(says("no-folder", self._places.system, command.options["path"]))
            return 1
        self._places.here = place
        return 0

    def pwd(self, command: Command) -> int:
        """Show the current folder, as the system writes it."""
        self._printout.say(f"{self._places.shown(self._places.here)}\n")
        return 0

    def ls(self, command: Command) -> int:
        """List a folder, or what fits wildcards."""
        text = command.options["path"]
        folder, pattern = posixpath.split(text) if re.search(r"[*?]", text) else (text, "*")
        place = self._places.find(folder or ".")
        found = [place] if place.is_file() else sorted(place.iterdir()) if place.is_dir() else []
        found = [path for path in found if fnmatch.fnmatch(path.name, pattern) and not path.name.startswith(".")]
        if not found and (pattern != "*" or not place.exists()):
            self._printout.say(says("no-file", self._places.system, text))
            return 1
        self._printout.say("".join(f"{self._listed(path, command.manner.get('flags', ''))}\n" for path in found))
        return 0

    def _listed(self, path: Path, flags: str) -> str:
        """A line about a file: on Windows with its size; elsewhere with size and date after ``-l``, as ls has them."""
        if self._places.system == "windows":
            return f"{'<DIR>' if path.is_dir() else f'{path.stat().st_size:,}':>14} {path.name}"
        if "l" not in flags:
            return path.name
        about = path.stat()
        size = f"{-(-about.st_size // 1024)}K" if "h" in flags else str(about.st_size)
        owner = "you staff" if self._places.system == "macos" else "you you"
        time = datetime.fromtimestamp(about.st_mtime)
        date = f"{time:%b} {time.day:>2} {time:%H:%M}"
        return f"{stat.filemode(about.st_mode)} {about.st_nlink} {owner} {size:>8} {date} {path.name}"

    def cat(self, command: Command) -> int:
        """Show a text file. What is no text would be junk on a screen, and is told of instead."""
        text = command.options["path"]
        place = self._places.find(text)
        if not place.is_file():
            self._printout.say(says("no-text", self._places.system, text))
            return 1
        with place.open("rb") as file:
            data = file.read(LONGEST_TEXT_BYTES + 1)
        try:
            shown = ControlFilter("\n\t").feed(data.decode("utf-8-sig").replace("\r\n", "\n"))
        except UnicodeDecodeError:
            shown = None
        if shown is None or b"\0" in data or len(data) > LONGEST_TEXT_BYTES:
            self._printout.note(f"{place.name} is no text for reading, so only junk would come")
            return 1
        self._printout.say(shown if shown.endswith("\n") or not shown else f"{shown}\n")
        return 0

    def firmware_info(self, command: Command) -> int:
        """`espdojo firmware info`."""
        found = identify(self._places.find(command.options["path"]))
        self._printout.say(facts(found, command.options["path"]))
        if not found.is_bootable:
            self._printout.explain(problem(found))
        return 0 if found.is_bootable else 1
