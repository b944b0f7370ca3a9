"""A virtual environment in the learner's workspace, with the tools and the variables that programs find in it."""

import importlib.metadata
import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Environment", "child_variables", "offline_variables", "unreachable"]

LINK_FILE: Final = "espdojo-tools.pth"
"""A path configuration file (docs.python.org, module `site`) that adds the tutor's own packages to an
environment."""

NO_INDEX_SIGNS: Final = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "SSLError",
    "Name or service not known",
    "from versions: none",
    "No matching distribution found",
)
"""What pip prints when it cannot reach an index, or the index has nothing."""

DROPPED: Final = ("ESPTOOL_", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "PYTHONHOME",
                  "PYTHONSTARTUP", "PYTHONINSPECT", "CONDA_", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")  # fmt: skip
"""Variables, or beginnings of their names, that would make a typed line mean something else."""

KEPT: Final = ("ESPTOOL_CFGFILE",)


@dataclass(frozen=True)
class Environment:
    """A virtual environment in folder `path`."""

    path: Path

    @property
    def name(self) -> str:
        """What stands in brackets before the prompt."""
        return self.path.name

    @property
    def programs(self) -> Path:
        """The folder of its programs, which activating puts first on PATH."""
        return self.path / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.programs / ("python.exe" if os.name == "nt" else "python")

    def exists(self) -> bool:
        """Is it a virtual environment?"""
        return (self.path / "pyvenv.cfg").is_file() and self.python.is_file()

    def interprets_with_a_file_in(self, folder: Path) -> bool:
        """Is its interpreter a file inside `folder`, which somebody may have put there? On POSIX a virtual
        environment
        links to the system's interpreter; on Windows it has a copy, and this cannot be told."""
        return os.name != "nt" and self.python.resolve().is_relative_to(folder)

    def has(self, module: str) -> bool:
        """Can its interpreter find `module`?"""
        code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
        return subprocess.run([self.python, "-I", "-c", code], stdin=subprocess.DEVNULL, check=False).returncode == 0

    def script(self, name: str) -> Path | None:
        """The program `name` in it, as a Python script; None where there is none (Windows wraps them in
        .exe)."""
        path = self.programs / name
        return path if os.name != "nt" and path.is_file() else None

    def link_own(self, package: str) -> bool:
        """Make the tutor's own copy of `package` importable here; False where that cannot work.

        Where it lies is asked of its distribution, not of the import system: beside the program `espdojo`, in the first
        place that Python looks for modules, lies a script called esptool.py.
        """
        sites = [*self.path.glob("Lib/site-packages"), *self.path.glob("lib/python*/site-packages")]
        if len(sites) != 1 or not self._same_python():
            return False
        try:
            own = importlib.metadata.distribution(package).locate_file("")
        except importlib.metadata.PackageNotFoundError:
            return False
        (sites[0] / LINK_FILE).write_text(f"{own}\n", encoding="utf-8")
        return self.has(package)

    def make_quickly(self, tools: Sequence[str]) -> bool:
        """Make it, if it is not there, without pip and with the tutor's own copies of `tools`; False if that fails."""
        if not self.exists():
            venv.create(self.path, symlinks=os.name != "nt")
        return all(self.has(tool) or self.link_own(tool) for tool in tools)

    def _same_python(self) -> bool:
        """Compiled packages fit only the Python release that they were made for."""
        version = f"{sys.version_info.major}.{sys.version_info.minor}."
        lines = (self.path / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
        return any(line.partition("=")[2].strip().startswith(version) for line in lines if line.startswith("version"))


IN_LINES: Final = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "80"}
"""Plain output of a fixed width."""

IN_A_WINDOW: Final = {"TERM": "xterm-16color", "COLORTERM": ""}
"""The sixteen colours that people set to their liking; how wide the window is, programs ask themselves."""


def child_variables(environment: Environment | None, encoding: str, *, in_window: bool = False) -> dict[str, str]:
    """The variables for a learner's program: the tutor's own, without what would change a line's meaning. Its output is
    plain lines, or that of a terminal `in_window`; NO_COLOR holds there as well."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or not name.upper().startswith(DROPPED)
    }  # fmt: skip
    variables |= {
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": f"{encoding}:replace",
        "PYTHONSAFEPATH": "1",  # a file in the learner's folder called serial.py is not pyserial
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
    }
    if in_window:
        variables = {name: value for name, value in variables.items() if name not in ("COLUMNS", "LINES")}
    variables |= IN_A_WINDOW if in_window else IN_LINES
    if environment is not None:
        variables["VIRTUAL_ENV"] = str(environment.path)
        variables["PATH"] = os.pathsep.join([str(environment.programs), variables.get("PATH", os.defpath)])
    return variables


def unreachable(transcript: str) -> bool:
    """Does pip's output say that it found no index, or nothing there?"""
    return any(sign in transcript for sign in NO_INDEX_SIGNS)


def offline_variables(variables: Mapping[str, str], wheels: Path) -> dict[str, str]:
    """Variables for a pip that looks into the folder `wheels` alone."""
    return {**variables, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
