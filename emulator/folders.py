"""Where espdojo keeps things, and how: in one step, so that nobody ever sees half of a file."""

import os
import tempfile
from pathlib import Path

import platformdirs


def home() -> Path | None:
    """What ESPDOJO_HOME names: the folder of all that espdojo keeps; None where it is not set."""
    named = os.environ.get("ESPDOJO_HOME")
    return Path(named).expanduser().absolute() if named else None


def cache() -> Path:
    """For what can be made anew, or fetched again, at any time. It need not exist."""
    place = home()
    return place / "cache" if place else platformdirs.user_cache_path("espdojo", appauthor=False)


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
