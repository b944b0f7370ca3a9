"""Troubles of the learner's computer that are played: what they strike, what is said, and that it is staged.

A computer's own troubles (rights on a port, another program at it, a Python that refuses pip) cannot be had by breaking
a fake board alone. A row of `STAGED` says which commands one strikes. Where the board's port can refuse as the system
would (`emulator.faults`), the real tool meets that and speaks for itself; otherwise the row holds the tool's own words.
Either way the shell says afterwards that it was staged.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from trainer.commands.command import Command
from trainer.system import System

__all__ = ["MARKERS", "STAGED", "Staged"]


@dataclass(frozen=True)
class Staged:
    """One trouble. A lesson names it among its `faults`, and the shell plays it."""

    name: str
    strikes: Callable[[Command, bool, str], bool]
    """(command, whether an environment is active, the board's port) -> whether it meets this trouble."""
    note: str
    """What the shell says when the command has failed, behind "staged: "."""
    says: Mapping[System, str] = field(default_factory=dict)
    """The tool's words, printed in its stead; empty where the tool itself meets the fault of this name in the board."""
    exit_status: int = 1

    @property
    def in_board(self) -> bool:
        """Is it put into the fake board, whose port then refuses?"""
        return not self.says


def _opens_port(command: Command, in_environment: bool, port: str) -> bool:
    return command.kind in ("esptool", "mpremote", "terminal") and command.options["port"] in (None, port)


def _installs_for_the_system(command: Command, in_environment: bool, port: str) -> bool:
    return command.kind == "pip-install" and not in_environment


MARKERS: Final[Mapping[System, str]] = {
    "linux": """\
To install Python packages system-wide, try apt install
python3-xyz, where xyz is the package you are trying to
install.

If you wish to install a non-Debian-packaged Python package,
create a virtual environment using python3 -m venv path/to/venv.
Then use path/to/venv/bin/python and path/to/venv/bin/pip. Make
sure you have python3-full installed.

If you wish to install a non-Debian packaged Python application,
it may be easiest to use pipx install xyz, which will manage a
virtual environment for you. Make sure you have pipx installed.

See /usr/share/doc/python3.11/README.venv for more information.""",
    "macos": """\
To install Python packages system-wide, try brew install
xyz, where xyz is the package you are trying to
install.

If you wish to install a Python library that isn't in Homebrew,
use a virtual environment:

python3 -m venv path/to/venv
source path/to/venv/bin/activate
python3 -m pip install xyz""",
    "windows": "This Python installation is managed by uv and should not be modified.",
}
"""What a system writes into its Python's file EXTERNALLY-MANAGED for pip to print (PEP 668): Debian 12; Homebrew, the
first paragraphs; uv, since the Python of python.org for Windows has no such file."""


def _pip_refuses(marker: str) -> str:
    """pip's error (23.0 and later) around the text of an EXTERNALLY-MANAGED file."""
    first, *rest = marker.split("\n")
    lines = [f"╰─> {first}", *(f"    {line}".rstrip() for line in rest)]
    return "\n".join([
        "error: externally-managed-environment",
        "",
        "× This environment is externally managed",
        *lines,
        "",
        "note: If you believe this is a mistake, please contact your Python installation or OS distribution provider. "
        "You can override this, at the risk of breaking your Python installation or OS, by passing "
        "--break-system-packages.",
        "hint: See PEP 668 for the detailed specification.",
        "",
    ])  # fmt: skip


_TABLE: Final = (
    Staged(
        "no-permission",
        _opens_port,
        "the practice computer refuses the port as a system does where you lack the rights. The words are the tool's",
    ),
    Staged(
        "port-busy",
        _opens_port,
        "the practice computer refuses the port as if another program held it. The words are the tool's",
    ),
    Staged(
        "externally-managed",
        _installs_for_the_system,
        "pip was not run; these are its own words on a system that refuses. Nothing was changed",
        {system: _pip_refuses(marker) for system, marker in MARKERS.items()},
    ),
)

STAGED: Final[Mapping[str, Staged]] = {row.name: row for row in _TABLE}
"""All of them by name, in the order in which a computer would meet them."""
