"""What a learner's line asks for, as plain data: two lines that mean the same hold the same."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from trainer.commands import mpremote_line
from trainer.system import System

__all__ = ["KINDS", "Command", "Refusal", "path_name", "port_name", "same"]

KINDS: Final = frozenset({
    "cd", "pwd", "ls", "cat", "venv", "activate", "deactivate", "conda-create", "pip-install", "pip-info",
    "python-version", "esptool", "mpremote", "terminal", "settings", "ports", "firmware-info",
})  # fmt: skip
"""Every `Command.kind`."""


@dataclass(frozen=True)
class Command:
    """What a line asks for.

    `kind` is one of `KINDS`. `options` is what counts when two commands are compared; which names it has
    depends on the kind (see the readers of `trainer.commands.programs`). `manner` is how it was said, and does not
    count. `paths` are the files and folders of this computer that it would touch, as typed but with ``/``.
    `arguments` are the words for the real program, where there is one. `text` is the line.
    """

    kind: str
    options: Mapping[str, Any]
    text: str = ""
    program: str = ""
    manner: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    arguments: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Why a line is not run. `kind` is a fixed name (``"prompt-character"``, ``"shell-syntax"``, ``"usage"``
    ...); `message` is one or two sentences for the learner."""

    kind: str
    message: str
    text: str = ""


def same(a: Command, b: Command) -> bool:
    """Do both ask for the same thing?"""
    return a.kind == b.kind and _comparable(a.options) == _comparable(b.options)


def _comparable(options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` with values that mean the same made equal: on this board esptool's ``auto`` finds an
    ESP8266."""
    equal: dict[str, Any] = {"chip": "auto"} if options.get("chip") == "esp8266" else {}
    if "steps" in options:
        equal["steps"] = mpremote_line.comparable(options["steps"])
    return {**options, **equal}


def path_name(text: str, system: System) -> str:
    """A path as typed, with ``/`` and without ``.`` steps and a slash at its end. (``..`` stays: what it means
    depends on links.)"""
    text = text.replace("\\", "/") if system == "windows" else text
    root = "//" if text.startswith("//") else "/" if text.startswith("/") else ""
    return root + "/".join(part for part in text.split("/") if part not in ("", ".")) or "."


def port_name(text: str) -> str:
    """A port as typed; Windows does not mind the case of ``COM4``."""
    return text.upper() if re.fullmatch(r"com\d+", text, re.IGNORECASE) else text
