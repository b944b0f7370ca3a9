"""What can be made anew at any time: the folder where it is kept, and files that nobody ever sees half of."""

import os
import tempfile
from pathlib import Path

import platformdirs


def folder() -> Path:
    """The user's cache of espdojo; ESPDOJO_HOME moves it. It need not exist."""
    home = os.environ.get("ESPDOJO_HOME")
    if home:
        return Path(home).expanduser().absolute() / "cache"
    return platformdirs.user_cache_path("espdojo", appauthor=False)


def write(path: Path, content: bytes) -> None:
    """Have `content` at `path`, in one step. A new folder is its owner's alone. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
