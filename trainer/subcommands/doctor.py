"""`espdojo doctor`: what stands between this computer and a board, each finding with its cure.

A check is a small function from facts (`trainer.computer.facts`) to findings, which are plain data; another is a
function and a row of `CHECKS`. What is behind a finding, and the cure, come from the table in
`trainer.commands.diagnoses`.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import click

from trainer import ports
from trainer.commands.diagnoses import named
from trainer.computer.facts import Computer, PortFacts, Tool, UsbDevice, examine
from trainer.console import text_width
from trainer.prose import hanging, printable
from trainer.system import System

__all__ = ["CHECKS", "Finding", "command", "findings"]

Level = Literal["ok", "note", "problem"]
"""How bad it is: well, good to know, or in the way of a lesson."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `diagnosis` names the row of `trainer.commands.diagnoses` that `cause` and `cure`
    are from, if they are."""

    topic: str
    level: Level
    what: str
    cause: str = ""
    cure: str = ""
    diagnosis: str = ""


def _diagnosed(topic: str, level: Level, what: str, diagnosis: str, cure: str = "") -> Finding:
    row = named(diagnosis)
    return Finding(topic, level, what, row.cause, cure or row.cure, diagnosis)


Check = Callable[[Computer], Iterator[Finding]]

OLDEST_PYTHON: Final = (3, 11)

ESPTOOL_RENAMED: Final = 5
"""The release of esptool in which commands and options got hyphens (its migration guide)."""

ENOUGH_BYTES: Final = 200_000_000
"""A lesson's environment with esptool takes about 60 MB, and the cache with firmware and wheels as much."""


# Python and its tools


def check_python(computer: Computer) -> Iterator[Finding]:
    python = computer.python
    written = ".".join(map(str, python.version))
    if python.version >= OLDEST_PYTHON:
        yield Finding("python", "ok", f"Python {written}, {python.bits} bits, {python.machine or 'unknown processor'}.")
    else:
        yield Finding(
            "python",
            "problem",
            f"Python {written} is too old.",
            cure=f"Install Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer from python.org.",
        )
    if not python.makes_environments:
        yield _diagnosed("python", "problem", "`python -m venv` will not work.", "no-venv")


def check_environment(computer: Computer) -> Iterator[Finding]:
    python = computer.python
    if python.environment:
        yield Finding("environment", "ok", f"espdojo runs in the virtual environment {python.environment}.")
    elif python.externally_managed:
        what = "No virtual environment is active, and pip refuses without one."
        yield _diagnosed("environment", "note", what, "externally-managed")
    else:
        yield Finding("environment", "ok", "No virtual environment is active; a lesson makes one.")


def check_tools(computer: Computer) -> Iterator[Finding]:
    for tool in computer.tools:
        if tool.own is None:
            yield Finding(
                tool.name, "problem", f"{tool.name} is missing beside espdojo.", cure="Install espdojo once more."
            )
            continue
        yield Finding(tool.name, "ok", f"{tool.name} {tool.own}{_spelling(tool)}.")
        if tool.path and tool.on_path and tool.on_path != tool.own:
            what = f"In a terminal, `{tool.name}` is version {tool.on_path} ({tool.path})."
            if tool.name == "esptool" and _major(tool.on_path) < ESPTOOL_RENAMED:
                yield _diagnosed(tool.name, "note", what, "old-esptool")
            else:
                yield Finding(tool.name, "note", what)


def _spelling(tool: Tool) -> str:
    if tool.name != "esptool" or tool.own is None:
        return ""
    if _major(tool.own) >= ESPTOOL_RENAMED:
        return ": `erase-flash`, `--flash-size`; the older erase_flash and esptool.py still work, with a warning"
    return ": `erase_flash`, `--flash_size`, with underscores"


def _major(version: str) -> int:
    digits = version.partition(".")[0]
    return int(digits) if digits.isdecimal() else 0


def check_wasmtime(computer: Computer) -> Iterator[Finding]:
    if computer.has_wasmtime:
        yield Finding("fake board", "ok", "wasmtime is there, so fake boards run.")
    else:
        where = f"on {computer.python.machine or 'this processor'} with {computer.python.bits} bits"
        yield _diagnosed("fake board", "problem", f"wasmtime is missing {where}: no fake board runs.", "no-wasmtime")


def check_variables(computer: Computer) -> Iterator[Finding]:
    for name, value in sorted(computer.variables.items()):
        if name.startswith("ESPTOOL_"):
            yield Finding(
                "variables",
                "note",
                f"{name} is {value}: outside of lessons esptool goes by it where the command line says nothing.",
                cure=f"If you did not mean that, unset {name}.",
            )


# What is plugged in


def check_ports(computer: Computer) -> Iterator[Finding]:
    likely = [facts for facts in computer.ports if facts.port.likely]
    for facts in computer.ports:
        yield from _port(facts, computer.system)
    if not likely and not _without_port(computer):
        row = named("no-port")
        yield Finding("ports", "note", "No port that may be a board's was found.", cure=row.cure, diagnosis=row.name)
    if computer.wsl:
        yield _diagnosed("ports", "note", "This is WSL.", "wsl-no-usb")


def _port(facts: PortFacts, system: System) -> Iterator[Finding]:
    port = facts.port
    driver = f"; driver {facts.driver}" if facts.driver else ""
    level: Level = "ok" if port.likely or port.bridge is None else "note"
    yield Finding("ports", level, f"{ports.describe_line(port)}{driver}.")
    for holder in facts.holders:
        yield _diagnosed("ports", "problem", f"{port.device} is held by {holder}.", "port-busy")
    if facts.may_open is not False:
        return
    what = f"You may not open {port.device}."
    if facts.joined:
        yield _diagnosed("ports", "problem", what, "not-logged-in-again")
    elif system == "linux":
        cure = named("no-permission").cure.replace("dialout", facts.group or "dialout")
        yield _diagnosed("ports", "problem", what, "no-permission", cure)
    else:
        yield Finding("ports", "problem", what, named("no-permission").cause, "Ask who looks after this computer.")


def check_usb(computer: Computer) -> Iterator[Finding]:
    for device in _without_port(computer):
        bridge = ports.identify(device.vid, device.pid)
        assert bridge is not None
        what = f"{bridge.name} (USB {device.vid:04x}:{device.pid:04x}) has no port."
        if "brltty" in (computer.programs or ()):
            yield _diagnosed("driver", "problem", what, "brltty-takes-port")
        else:
            cure = f"{named('bridge-without-port').cure} ({bridge.driver}.)"
            yield _diagnosed("driver", "problem", what, "bridge-without-port", cure)


def _without_port(computer: Computer) -> list[UsbDevice]:
    """Bridges of ESP8266 boards on USB that should have a port and have none."""
    with_port = {(facts.port.vid, facts.port.pid) for facts in computer.ports}
    return [
        device
        for device in computer.usb or ()
        if (device.vid, device.pid) in ports.SERIAL_PRODUCTS
        and (device.vid, device.pid) not in with_port
        and not (computer.system == "windows" and device.driver)  # plugged in once, and not now
    ]


def check_grabbers(computer: Computer) -> Iterator[Finding]:
    programs = computer.programs or frozenset()
    if "brltty" in programs and not _without_port(computer):
        yield _diagnosed("other programs", "note", "brltty is running.", "brltty-takes-port")
    if "ModemManager" in programs:
        yield _diagnosed("other programs", "note", "ModemManager is running.", "modem-manager")


# What espdojo keeps


def check_firmware(computer: Computer) -> Iterator[Finding]:
    if computer.firmware_trouble:
        what, cure = computer.firmware_trouble
        yield Finding("firmware", "problem", what, cure=cure)
    elif computer.firmware:
        yield Finding("firmware", "ok", f"Here: {', '.join(computer.firmware)}.")
    else:
        yield Finding(
            "firmware",
            "note",
            "No MicroPython is here yet; a lesson downloads it, or takes the practice image.",
            cure="To have it without a network later: `espdojo firmware get`.",
        )
    for path in computer.damaged:
        yield _diagnosed("firmware", "problem", f"{path} is no MicroPython for the ESP8266.", "damaged-firmware")
    if computer.wheels:
        yield Finding("firmware", "ok", "esptool and mpremote are kept, so that lessons work without a network.")


def check_storage(computer: Computer) -> Iterator[Finding]:
    for place in computer.storage:
        free = "" if place.free_bytes is None else f"; {place.free_bytes / 1e9:.1f} GB are free"
        if not place.writable:
            yield _diagnosed("folders", "problem", f"{place.folder} cannot be written.", "read-only-folder")
        elif place.free_bytes is not None and place.free_bytes < ENOUGH_BYTES:
            yield _diagnosed("folders", "problem", f"{place.folder}{free}.", "full-disk")
        else:
            yield Finding("folders", "ok", f"{place.folder}{free}.")


def check_console(computer: Computer) -> Iterator[Finding]:
    name = computer.encoding.lower().replace("-", "").replace("_", "")
    if name != "utf8":
        yield Finding(
            "console",
            "note",
            f"This console writes {computer.encoding}; characters that it lacks are shown in plain letters.",
            cure="Windows Terminal, or `set PYTHONUTF8=1`, shows them all." if computer.system == "windows" else "",
        )


CHECKS: Final[tuple[Check, ...]] = (
    check_ports,
    check_usb,
    check_grabbers,
    check_python,
    check_environment,
    check_tools,
    check_variables,
    check_wasmtime,
    check_firmware,
    check_storage,
    check_console,
)
"""What is looked at, in the order in which it is told."""


def findings(computer: Computer, checks: Iterable[Check] = CHECKS) -> list[Finding]:
    """All findings about a computer."""
    return [finding for check in checks for finding in check(computer)]


# The command

MARKS: Final[dict[Level, str]] = {"ok": "ok", "note": "note", "problem": "PROBLEM"}
"""What stands before a finding; the meaning is in the word, not in a colour."""


def text(found: Iterable[Finding], width: int) -> str:
    """The findings as a person reads them."""
    lines = []
    for finding in found:
        lines.append(hanging(f"{MARKS[finding.level]:<8}", f"{finding.topic}: {finding.what}", width))
        lines += [hanging(" " * 8 + "cause: ", finding.cause, width)] if finding.cause else []
        lines += [hanging(" " * 8 + "cure: ", finding.cure, width)] if finding.cure else []
    return printable("\n".join(lines))


def as_json(computer: Computer, found: list[Finding]) -> dict[str, Any]:
    """The object that ``espdojo doctor --json`` prints."""
    return {
        "system": computer.system,
        "release": computer.release,
        "problems": sum(finding.level == "problem" for finding in found),
        "findings": [asdict(finding) for finding in found],
    }


@click.command()
@click.option("--json", "in_json", is_flag=True, help="One JSON object on standard output.")
def command(in_json: bool) -> int:
    """What stands between this computer and a board, with the cure. Exit status 1 if anything does."""
    computer = examine()
    found = findings(computer)
    problems = [finding for finding in found if finding.level == "problem"]
    if in_json:
        click.echo(json.dumps(as_json(computer, found), indent=2))
        return 1 if problems else 0
    click.echo(text(found, text_width()))
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    click.echo(f"\n{count if problems else 'No problem'} found. No port was opened for this.", err=True)
    return 1 if problems else 0
