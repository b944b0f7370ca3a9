"""The processor's module, compiled: kept on disk, as compiling takes most of the time that a board needs to start.

What is kept is native code that this process will execute. So it lies in a folder that is the user's alone, and is
taken only if that is so, if its checksum is right, and if wasmtime finds that it was made by itself and for such a
processor. Otherwise it is compiled, and kept if that is possible.
"""

import contextlib
import hashlib
import os
import platform
import stat
from importlib.metadata import version
from pathlib import Path

import wasmtime

from emulator import folders

FOLDER = "native"
MOST_FILES = 8
"""Of other versions, or of tests; the oldest go."""
DIGEST_SIZE = hashlib.sha256().digest_size


def compiled(engine: wasmtime.Engine, text: str) -> wasmtime.Module:
    """The module for a text, from disk if it was compiled before."""
    made_for = (version("wasmtime"), platform.system(), platform.machine(), text)
    name = hashlib.sha256("\0".join(made_for).encode()).hexdigest()
    path = folders.cache() / FOLDER / name
    kept = _kept(engine, path)
    if kept is not None:
        return kept
    module = wasmtime.Module(engine, bytes(wasmtime.wat2wasm(text)))
    with contextlib.suppress(OSError):
        _keep(path, bytes(module.serialize()))
    return module


def _kept(engine: wasmtime.Engine, path: Path) -> wasmtime.Module | None:
    try:
        if not _is_private(path.parent):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    digest, code = content[:DIGEST_SIZE], content[DIGEST_SIZE:]
    if hashlib.sha256(code).digest() != digest:
        return None
    try:
        return wasmtime.Module.deserialize(engine, code)
    except wasmtime.WasmtimeError:  # another wasmtime's, or for another processor
        return None


def _keep(path: Path, code: bytes) -> None:
    folders.write(path, hashlib.sha256(code).digest() + code)
    files = sorted(path.parent.iterdir(), key=lambda file: file.stat().st_mtime)
    for file in files[:-MOST_FILES]:
        file.unlink()


def _is_private(folder: Path) -> bool:
    """Whether nobody else can write there. On Windows a user's folders are by themselves."""
    if os.name != "posix":
        return True
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
