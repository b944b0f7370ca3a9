"""What each system's shell says when something is not there, word for word, and the same for a beginner.

Wording: bash 5 on Linux, zsh 5 on macOS, cmd.exe on Windows 10, Python 3's own for ``python -m``.
"""

from typing import Final

from trainer.system import System

__all__ = ["NOT_FOUND_STATUS", "SHELL_SAYS", "says"]

NOT_FOUND_STATUS: Final[dict[System, int]] = {"windows": 9009, "macos": 127, "linux": 127}
"""Exit status of a command that does not exist."""

SHELL_SAYS: Final[dict[str, dict[System, str]]] = {
    "no-command": {
        "windows": "'{name}' is not recognized as an internal or external command,\noperable program or batch file.",
        "macos": "zsh: command not found: {name}",
        "linux": "{name}: command not found",
    },
    "no-module": {
        "windows": "python.exe: No module named {name}",
        "macos": "python3: No module named {name}",
        "linux": "python3: No module named {name}",
    },
    "no-folder": {
        "windows": "The system cannot find the path specified.",
        "macos": "cd: no such file or directory: {name}",
        "linux": "bash: cd: {name}: No such file or directory",
    },
    "no-file": {
        "windows": "File Not Found",
        "macos": "ls: {name}: No such file or directory",
        "linux": "ls: cannot access '{name}': No such file or directory",
    },
    "no-text": {
        "windows": "The system cannot find the file specified.",
        "macos": "cat: {name}: No such file or directory",
        "linux": "cat: {name}: No such file or directory",
    },
    "no-activate": {
        "windows": "The system cannot find the path specified.",
        "macos": "source: no such file or directory: {name}/bin/activate",
        "linux": "bash: {name}/bin/activate: No such file or directory",
    },
    "no-conda-environment": dict.fromkeys(
        ("windows", "macos", "linux"),
        "EnvironmentNameNotFound: Could not find conda environment: {name}\n"
        "You can list all discoverable environments with `conda info --envs`.",
    ),
}


def says(what: str, system: System, name: str) -> str:
    """The shell's own words, ending in a line feed."""
    return SHELL_SAYS[what][system].format(name=name) + "\n"
