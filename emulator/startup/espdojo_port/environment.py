"""The boards that are plugged in for this Python process: its environment names them.

ESPDOJO_PORTS holds a JSON object, port name -> esp8266:// URL; an empty object means that nothing is plugged in.
"""

from __future__ import annotations

import json
import os

ENVIRONMENT_VARIABLE = "ESPDOJO_PORTS"


def plugged() -> dict[str, str] | None:
    """The boards in the environment as {port name: URL}; None when this process is left alone."""
    text = os.environ.get(ENVIRONMENT_VARIABLE)
    return None if text is None else json.loads(text)


def url_of(port: str) -> str | None:
    """Where the port of that name is; None when nothing of that name is plugged in."""
    wanted = _canonical(port)
    for name, url in (plugged() or {}).items():
        if _canonical(name) == wanted:
            return url
    return None


def is_windows_name(name: str) -> bool:
    """Whether the port is named as on Windows, so that it is described as there."""
    return _canonical(name).startswith("com")


def _canonical(name: str) -> str:
    r"""A port name for comparison: COM4, com4 and \\.\COM4 are the same, /dev/ttyUSB0 is only itself."""
    bare = name[4:] if name.startswith("\\\\.\\") else name
    return bare.lower() if bare[:3].lower() == "com" else bare
