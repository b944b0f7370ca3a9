"""The file that keeps a flash chip's contents: mapped into memory in place, and locked against a second
board.

What a program writes is in the file at once, so it is there whenever and however the process ends. A new file
is filled beside its final name and appears under it complete or not at all.
"""

import contextlib
import mmap
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from emulator.flash_datasheet import BLANK

_FILL_CHUNK = 1 << 20


class FlashFileError(Exception):
    """A flash file cannot be used; the text says what happened and what to do next, for people."""


class FlashFile:
    """An open, locked and mapped flash file; `memory` is its contents, to be read and changed in place."""

    def __init__(self, path: Path, size: int | None, default_size: int) -> None:
        """Open `path`, which must hold `size` bytes (None: as many as it does), or create it, blank.

        Without a `size` a new file gets `default_size`. Raises FlashFileError.
        """
        self.path = path
        try:
            if not _exists(path):
                _create(path, size or default_size)
            self._file: BinaryIO = path.open("r+b")
        except OSError as error:
            raise FlashFileError(_explain(path, error)) from error
        try:
            _lock(self._file, path)
            self.size = _checked_size(self._file, path, size)
            self.memory = mmap.mmap(self._file.fileno(), self.size)
        except OSError as error:
            self._file.close()
            raise FlashFileError(_explain(path, error)) from error
        except FlashFileError:
            self._file.close()
            raise

    def close(self) -> None:
        """Write everything to the disk and give the file free. Closing twice is harmless."""
        if not self.memory.closed:
            self.memory.flush()
            self.memory.close()
            self._file.close()


def _exists(path: Path) -> bool:
    """Whether `path` is there already; raises FlashFileError when it is something else than a file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise FlashFileError(f"{path} is a folder. Name a file in it, for example {path / 'flash.bin'}.")
    if not stat.S_ISREG(mode):
        raise FlashFileError(f"{path} is a device or a pipe, not a file. Name an ordinary file.")
    return True


def _create(path: Path, size: int) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    new = Path(name)
    try:
        with open(descriptor, "wb") as file:
            for start in range(0, size, _FILL_CHUNK):
                file.write(BLANK * min(_FILL_CHUNK, size - start))
            file.flush()
            os.fsync(file.fileno())  # a full disk must show now, not as a fault in a mapped write
        # Another board may have made the file meanwhile; then its file is the one to use.
        with contextlib.suppress(FileExistsError):
            _rename_unless_taken(new, path)
    finally:
        new.unlink(missing_ok=True)


def _rename_unless_taken(source: Path, target: Path) -> None:
    if sys.platform == "win32":
        source.rename(target)  # refuses an existing target
        return
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:  # FAT and some network drives have no hard links
        source.rename(target)


def _checked_size(file: BinaryIO, path: Path, size: int | None) -> int:
    actual = os.fstat(file.fileno()).st_size
    if size is not None and actual != size:
        raise FlashFileError(
            f"{path} holds {actual} bytes, but this board's flash has {size}. It is damaged or belongs to "
            "another board: choose another file, give the size it was made with (--flash-size), "
            "or delete it to start blank."
        )
    if actual == 0:
        raise FlashFileError(f"{path} is empty. Delete it, and a blank flash file is made in its place.")
    return actual


if sys.platform == "win32":
    import msvcrt

    _LOCK_OFFSET = 1 << 30  # behind the contents, because Windows forbids access to locked bytes

    def _lock(file: BinaryIO, path: Path) -> None:
        try:
            file.seek(_LOCK_OFFSET)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise FlashFileError(_in_use(path)) from error

else:
    import fcntl

    def _lock(file: BinaryIO, path: Path) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FlashFileError(_in_use(path)) from error


def _in_use(path: Path) -> str:
    return f"{path} is in use by another board. Stop that board, or give this one a file of its own."


def _explain(path: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    match error:
        case FileNotFoundError():
            return f"{path} cannot be made: its folder does not exist. Create it first, or check the name."
        case NotADirectoryError():
            return f"{path} cannot be opened: {path.parent} is not a folder. Check the name."
        case PermissionError():
            return f"{path} cannot be written ({reason}). Change its permissions, or choose another file."
    return f"{path} cannot be used ({reason}). Make room on the disk, or choose another place."
