"""A folder as it was, to be put back: what a step's tries did to the learner's workspace is undone.

Files are copied. Those of a virtual environment, which nothing writes in place, are kept as further names of the same
file (hard links): it has thousands of them.
"""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Snapshot", "contents"]

NOT_KEPT: Final = "__pycache__"
"""What Python makes by itself, and does without."""

PACKAGES: Final = "/site-packages"
"""The folder of an environment's packages (docs.python.org, module `site`)."""

Mark = tuple[str, int, int]
"""What tells whether a file is the same: its kind (or where a link leads), its size in bytes, its time in ns."""


def contents(folder: Path, *, inside_packages: bool = True) -> dict[str, Mark]:
    """Everything in `folder` by its path there; equal for folders that hold the same.

    Without `inside_packages` installed packages are not looked into: that one has come or gone shows by its name.
    """
    found: dict[str, Mark] = {}
    pending = [""]
    while pending:
        below = pending.pop()
        with os.scandir(folder / below) as entries:
            for entry in entries:
                name = f"{below}/{entry.name}" if below else entry.name
                if entry.is_symlink():
                    found[name] = (f"link {os.readlink(entry.path)}", 0, 0)
                elif not entry.is_dir():
                    status = entry.stat()
                    found[name] = ("file", status.st_size, status.st_mtime_ns)
                elif entry.name != NOT_KEPT:
                    found[name] = ("folder", 0, 0)
                    if inside_packages or not below.endswith(PACKAGES):
                        pending.append(name)
    return found


@dataclass(frozen=True)
class Snapshot:
    """What `folder` held when it was taken; its files lie in `store`."""

    folder: Path
    store: Path
    marks: dict[str, Mark]
    glance: dict[str, Mark]
    """`marks` without the insides of packages."""

    @classmethod
    def take(cls, folder: Path, store: Path) -> "Snapshot":
        """Keep what `folder` holds now; `store` must not exist yet."""
        marks = contents(folder)
        store.mkdir(parents=True)
        snapshot = cls(folder, store, marks, contents(folder, inside_packages=False))
        for name in sorted(marks):
            _copy(folder / name, store / name, marks[name], in_environment=snapshot._in_environment(name))
        return snapshot

    @property
    def changed(self) -> bool:
        """Whether the folder holds something else now."""
        return contents(self.folder, inside_packages=False) != self.glance

    def put_back(self) -> None:
        """Make the folder hold what it held; what has not changed is left alone."""
        now = contents(self.folder)
        for name in sorted(now, reverse=True):
            if now[name] != self.marks.get(name):
                _remove(self.folder / name)
        for name in sorted(self.marks):
            if now.get(name) != self.marks[name]:
                _copy(
                    self.store / name, self.folder / name, self.marks[name], in_environment=self._in_environment(name)
                )

    def drop(self) -> None:
        """Throw the kept files away."""
        shutil.rmtree(self.store, ignore_errors=True)

    def _in_environment(self, name: str) -> bool:
        """Whether a file belongs to a virtual environment."""
        parts = name.split("/")
        return any("/".join((*parts[:depth], "pyvenv.cfg")) in self.marks for depth in range(len(parts)))


def _copy(source: Path, target: Path, mark: Mark, *, in_environment: bool) -> None:
    kind = mark[0]
    if kind == "folder":
        target.mkdir(exist_ok=True)
    elif kind.startswith("link "):
        target.symlink_to(kind.removeprefix("link "))
    else:
        if in_environment:
            with suppress(OSError):  # a disk without such links
                os.link(source, target)
                return
        shutil.copy2(source, target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
