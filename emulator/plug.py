"""Plugs a board into other programs: the environment in which their pyserial sees it as a port of this computer.

Everything a child process needs is in emulator/startup; nothing is installed anywhere. A Python that ignores its
environment (``-I``, ``-E``, ``-S``) would see real ports instead, so `probe` proves that one does not.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count, takewhile
from pathlib import Path
from typing import Literal

from emulator import profiles, startup
from emulator.bridge import UsbIdentity
from emulator.startup.espdojo_port.environment import ENVIRONMENT_VARIABLE

System = Literal["windows", "macos", "linux"]

STARTUP_FOLDER = Path(startup.__file__).parent
PROBE_TIMEOUT_S = 30.0
PROOF = "from espdojo_port import hooks; print(hooks.have_hold())"


def environment(
    url: str | None, name: str, base: Mapping[str, str] | None = None, further: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment for a child to which the board at `url` is the port `name`.

    Without a URL nothing is plugged in: the child sees no port at all. `base` is the environment to start from,
    this process's by default; `further` are more ports, {name: URL}. Any board that was plugged in there is unplugged.
    """
    child = dict(os.environ if base is None else base)
    ours = str(STARTUP_FOLDER)
    others = [entry for entry in child.get("PYTHONPATH", "").split(os.pathsep) if entry and entry != ours]
    child["PYTHONPATH"] = os.pathsep.join((ours, *others))
    child[ENVIRONMENT_VARIABLE] = json.dumps(({} if url is None else {name: url}) | dict(further or {}))
    return child


def child_environment(url: str, name: str) -> dict[str, str]:
    """`environment`, in which programs installed next to espdojo are found last."""
    path = (os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts"))
    return environment(url, name) | {"PATH": os.pathsep.join(path)}


def current_system() -> System:
    """The system this runs on; what is neither Windows nor macOS counts as Linux."""
    return {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")  # type: ignore[return-value]


def present_ports() -> list[str]:
    """The names of this computer's serial ports."""
    from serial.tools import list_ports

    return [port.device for port in list_ports.comports()]


def default_name(system: System, taken: Iterable[str], usb: UsbIdentity | None = None) -> str:
    """The name that a board with that bridge gets on a `system` where the ports `taken` exist: the first free one.

    The bridge, by default that of the default profile, matters on macOS only.
    """
    taken = set(taken)
    macos_device = (usb or profiles.load().usb).macos_device
    names = {
        "linux": (f"/dev/ttyUSB{number}" for number in count()),
        "windows": (f"COM{number}" for number in count(4)),  # the lower ones are usually the computer's own
        "macos": chain([macos_device], (f"{macos_device}{number}" for number in count(2))),
    }[system]
    return next(name for name in names if name not in taken and not (name.startswith("/") and os.path.exists(name)))


def probe(python: Path | str, env: Mapping[str, str], options: Sequence[str] = ()) -> bool:
    """Whether the interpreter `python`, started with `env` and its own `options`, has the driver instead of real ports.

    Also false when it does not run at all.
    """
    try:
        proof = subprocess.run(
            [str(python), *options, "-c", PROOF],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return proof.stdout.strip() == str(True)


def interpreter_of(command: Sequence[str]) -> list[str] | None:
    """The Python, with its options, that runs a command; None for a command that is not known to be Python.

    `command` is an argument list whose first item is a file: a Python, a script that names one in its first line, or
    a Windows launcher, which carries such a line.
    """
    if _is_python(command[0]):
        return [command[0], *takewhile(re.compile(r"-[bBdEIOPqsSuvx]+").fullmatch, command[1:])]
    try:
        content = Path(command[0]).read_bytes()
    except OSError:
        return None
    line = _interpreter_line(content)
    return line if line and _is_python(line[0]) else None


def _is_python(path: str) -> bool:
    name = re.split(r"[/\\]", path)[-1].lower()
    return re.fullmatch(r"(python|pypy)[0-9.]*w?(\.exe)?", name) is not None


def _interpreter_line(content: bytes) -> list[str]:
    """The words after ``#!``, wherever installers of scripts put them."""
    if content.startswith(b"#!/bin/sh\n'''exec' "):  # pip and uv, for paths that are too long or have blanks
        match = re.match(rb"#!/bin/sh\n'''exec' (\"[^\"\n]+\"|\S+)([^\n]*?) \"\$0\"", content)
        return (
            [match[1].strip(b'"').decode(errors="replace"), *match[2].decode(errors="replace").split()] if match else []
        )
    if content.startswith(b"MZ"):  # a Windows launcher: program, then the line, then a zip archive
        match = re.search(rb"#!([^\r\n]{1,1024})\r?\nPK\x03\x04", content)
    else:
        match = re.match(rb"#!([^\r\n]{1,1024})", content)
    if not match:
        return []
    line = match[1].decode(errors="replace").strip()
    if line.startswith('"'):
        path, _, options = line[1:].partition('"')
        return [path, *options.split()]
    words = line.split()
    if words and Path(words[0]).name == "env":
        return [word for word in words[1:] if word != "-S"]
    return words
