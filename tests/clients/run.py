"""Clients that talk to an ESP8266, unmodified, each in an environment of its own, against a fake board.

    python tests/clients/run.py              all of clients.toml; writes docs/clients.md
    python tests/clients/run.py esptool      these only, with what failing steps printed; writes nothing, or, with
                                             --update, their rows of docs/clients.md

Needs a package index that pip reaches, and npm and git for the clients that come from there. What a client does is
data, in clients.toml; for libraries without a command line it is a program in sessions/.
"""

import os
import platform
import random
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import click
from packaging.version import Version

from emulator import Board, plug, profiles
from emulator.board import Transport
from emulator.cpu.asm import assemble
from emulator.rom.image import CHECKSUM_ALIGNMENT, CHECKSUM_SEED, MAGIC, checksum
from emulator.rom.symbols import ENTRY_POINTS
from trainer import firmware

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TABLE = HERE / "clients.toml"
DOCUMENT = ROOT / "docs" / "clients.md"
STEP_TIMEOUT_S = 1500.0
"""Long enough for a whole suite on a busy computer."""
INSTALL_TIMEOUT_S = 900.0
BOOT_S = 0.7
"""What passes between the power and the first command: as long as a person needs at the least."""
SHOWN = 2000
"""Characters of a failing step's output that are shown."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command. Words in braces are filled in, see `Bench.names`."""

    run: str
    """The command line, behind `Client.prefix`; one that starts with ``!`` stands alone."""
    expect: str = ""
    """A regular expression that must be found in what it prints; its group "said" goes into the table."""
    status: int = 0
    flash: str = ""
    """FILE@OFFSET: what must be in the flash afterwards."""
    title: str = ""
    """What stands before what it said, in the table."""
    since: str = "0"
    until: str = "9999"
    """The first and the last version that this is run with."""
    limit: str = ""
    """Why it cannot work, on a real board neither or on purpose; such a step may fail."""


@dataclass(frozen=True, slots=True)
class Client:
    """A row of clients.toml."""

    name: str
    versions: tuple[str, ...]
    install: str
    """What pip or npm installs; ``{version}`` stands for a version."""
    steps: tuple[Step, ...]
    prefix: str = ""
    index: str = "pip"
    """What installs it: "pip" or "npm"."""
    source: str = ""
    """A git repository of which the tag ``v{version}`` is needed too; `{source}` is where it lies."""
    transport: Transport = "driver"
    profile: str = profiles.DEFAULT
    """The board that it gets."""
    program: str = "image"
    """What is on the board: a name of `Bench.names`, or of a file in ESPDOJO_FIRMWARE_DIR, or it is not run."""
    firmware: str = ""
    """The release of MicroPython that it is made for; with another one on the board it is not run."""
    folder: str = ""
    """Where it runs; one of its own by default."""
    hyphens_since: str = "0"
    """Before this version, words that are not options are spelled with underscores."""
    note: str = ""

    def steps_of(self, version: str) -> Iterator[Step]:
        """The steps that this version is put through."""
        for step in self.steps:
            if Version(step.since) <= Version(version) <= Version(step.until):
                yield step


@dataclass(slots=True)
class Result:
    """How a client did in one version."""

    client: Client
    version: str
    passed: int = 0
    said: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """A table's cell."""
        total = self.passed + len(self.failures) + len(self.limits)
        parts = [f"{self.passed} of {total}", *self.said]
        parts += [f"failed: {failure}" for failure in self.failures]
        parts += [f"cannot: {limit}" for limit in self.limits]
        return "; ".join(parts)


def clients() -> list[Client]:
    """The table."""
    return [_client(row) for row in tomllib.loads(TABLE.read_text("utf-8"))["client"]]


def _client(row: dict[str, Any]) -> Client:
    steps = tuple(Step(step) if isinstance(step, str) else Step(**step) for step in row.pop("steps"))
    return Client(versions=tuple(row.pop("versions")), steps=steps, **row)


# Environments


class InstallError(Exception):
    """A client that cannot be had here."""


def install(client: Client, version: str, folder: Path) -> None:
    """Put a client into `folder`, which may hold it already."""
    done = folder / "installed"
    if done.exists():
        return
    requirement = client.install.format(version=version)
    installers: dict[str, list[list[str | Path]]] = {
        "pip": [
            [sys.executable, "-m", "venv", "--clear", folder],
            [_python(folder), "-m", "pip", "install", "--quiet", *shlex.split(requirement)],
        ],
        "npm": [["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", *shlex.split(requirement)]],
    }
    commands = installers[client.index]
    if client.source:
        shutil.rmtree(folder / "source", ignore_errors=True)
        tag = ["--depth", "1", "--branch", f"v{version}"]
        commands.append(["git", "clone", "--quiet", *tag, client.source, folder / "source"])
    for command in commands:
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S)
        except FileNotFoundError:
            raise InstallError(f"there is no {command[0]} here") from None
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise InstallError(str(error.stderr or error).strip().splitlines()[-1]) from None
    done.touch()


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


# What is written to boards

HELLO = """
.org 0x40100000
.literal text_at, text
.literal send_at, ets_printf
.literal wait_at, ets_delay_us
.literal pause_us, 50000
start:
    l32r    a2, text_at
    l32r    a0, send_at
    callx0  a0
    l32r    a2, pause_us
    l32r    a0, wait_at
    callx0  a0
    j       start
.align 4
text: .asciz "Hello from RAM\\n"
"""
ECHO = """
.org 0x40100000
.literal uart, 0x60000000
.literal divider, 5417  # 9600 baud of 52 MHz, twice the crystal's rate
start:
    l32r    a2, uart
    l32r    a3, divider
    s32i    a3, a2, 0x14
wait:
    l32i    a3, a2, 0x1c
    extui   a3, a3, 0, 8
    beqz    a3, wait
    l32i    a3, a2, 0
    s32i    a3, a2, 0
    j       wait
"""
INSTRUCTION_RAM = 0x40100000
DEVICE = b"""
esphome: {name: fake}
esp8266: {board: nodemcuv2}
logger:
"""


def program_image(source: str) -> bytes:
    """An image of a program in assembler that runs in RAM and begins at `start`."""
    assembly = assemble(source, symbols=ENTRY_POINTS)
    data = b""
    for address, chunk in assembly.chunks:
        data = data.ljust(address - INSTRUCTION_RAM, b"\0") + chunk
    data += bytes(-len(data) % 4)
    image = struct.pack("<BBBBI", MAGIC, 1, 0, 0, assembly.symbols["start"])
    image += struct.pack("<II", INSTRUCTION_RAM, len(data)) + data
    image += bytes(-(len(image) + 1) % CHECKSUM_ALIGNMENT)
    return image + bytes([reduce(checksum, [data], CHECKSUM_SEED)])


class StepError(Exception):
    """A step that did not do what its row says: why, and what it printed."""

    def __init__(self, reason: str, printed: str = "") -> None:
        super().__init__(reason)
        self.printed = printed


class Bench:
    """A fresh board, with MicroPython on it for most, files to work with, and one client that is plugged into it."""

    def __init__(self, client: Client, version: str, environment: Path, folder: Path) -> None:
        self._client, self._version, self._folder = client, version, folder
        image = firmware.get().path
        content = {
            "image": image.read_bytes(),
            "random": random.Random(8266).randbytes(50_001),
            "blank": b"\xff" * 0x2000,
            "hello": program_image(HELLO),
            "echo": program_image(ECHO),
            "script": b"print('sum', sum(range(10)))\n",
            "lua": b'print("hello from Lua")\n',
            "device": DEVICE,
            "text": "Grüße\n".encode() * 40,
        }
        for name, data in content.items():
            (folder / name).write_bytes(data)
        program = folder / client.program if client.program in content else _own_firmware(client.program)
        self.board = Board(client.profile, firmware=(program, 0)).start()
        url = self.board.serve(client.transport)
        self.board.name = plug.default_name(plug.current_system(), ())
        self.names = {
            "port": self.board.name if client.transport == "driver" else url,
            "url": url,
            "mac": self.board.profile.mac,
            "python": str(_python(environment)),
            "environment": str(environment),
            "source": str(environment / "source"),
            "sessions": str(HERE / "sessions"),
            "version": version,
            "out": str(folder / "out"),
            **{name: str(folder / name) for name in content},
        }
        outer = _outer_variables()
        outer["PATH"] = os.pathsep.join((str(_python(environment).parent), outer.get("PATH", os.defpath)))
        self._variables = plug.environment(url if client.transport == "driver" else None, self.board.name, outer)

    def close(self) -> None:
        """Take it away."""
        self.board.close()

    def do(self, step: Step) -> str:
        """Carry out a step; what it said for the table. Raises StepError."""
        try:
            done = subprocess.run(
                self._words(step),
                cwd=self._client.folder.format(**self.names) or self._folder,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=STEP_TIMEOUT_S,
            )
        except subprocess.TimeoutExpired as error:
            printed = (error.stdout or b"").decode(errors="replace")
            raise StepError(f"no end after {STEP_TIMEOUT_S:.0f} s", printed) from None
        printed = done.stdout.decode(errors="replace")
        if self.board.failure is not None:
            raise StepError(f"the board died: {self.board.failure!r}", printed)
        if done.returncode != step.status:
            raise StepError(f"exit status {done.returncode}", printed)
        found = re.search(step.expect.format(**self.names), printed)
        if not found:
            raise StepError(f"did not print {step.expect!r}", printed)
        if step.flash:
            self._compare(step.flash)
        said = found.groupdict().get("said", "")
        return f"{step.title}: {said}" if step.title else said

    def _words(self, step: Step) -> list[str]:
        line, prefix = step.run, self._client.prefix
        if line.startswith("!"):
            line, prefix = line[1:], ""
        words = shlex.split(line)
        if Version(self._version) < Version(self._client.hyphens_since):
            words = [word if word.startswith("-") else word.replace("-", "_") for word in words]
        words = [*shlex.split(prefix), *words]
        return [word.format(**self.names) for word in words]

    def _compare(self, claim: str) -> None:
        name, _, offset = claim.partition("@")
        wanted, start = (self._folder / name).read_bytes(), int(offset, 0)
        for at, (found, byte) in enumerate(zip(self.board.flash.read(start, len(wanted)), wanted, strict=True)):
            if found != byte:
                raise StepError(f"the flash is not what {name} is, from {start + at:#x} on")


def _own_firmware(name: str) -> Path:
    """A file of the developer's own firmware."""
    return Path(os.environ.get(firmware.FOLDER_VARIABLE, "")) / name


def _outer_variables() -> dict[str, str]:
    """This process's environment without what belongs to its Python, or would change another's."""
    return {
        name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV" and not name.startswith("PYTHON")
    }


def put_through(client: Client, version: str, environments: Path, show: bool) -> Result:
    """All steps of a client, one after the other on one board."""
    result = Result(client, version)
    release = firmware.get().info.release
    if client.firmware not in ("", release):
        result.limits.append(f"it is made for MicroPython {client.firmware}, and here is {release}")
        return result
    if client.program.endswith(".bin") and not _own_firmware(client.program).is_file():
        result.limits.append(f"it wants {client.program} in {firmware.FOLDER_VARIABLE}")
        return result
    # No blanks: the first lines of scripts cannot have them.
    environment = environments / re.sub(r"[^\w.]+", "-", f"{client.name}-{version}")
    try:
        install(client, version, environment)
    except InstallError as error:
        result.failures.append(f"not installed: {error}")
        return result
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(client, version, environment, Path(folder))
        time.sleep(BOOT_S)
        try:
            for step in client.steps_of(version):
                begin = time.monotonic()
                try:
                    said, trouble = bench.do(step), None
                except StepError as error:
                    said, trouble = "", error
                _note(result, step, said, trouble)
                if show:
                    verdict = "ok" if trouble is None else f"FAILED: {trouble}"
                    click.echo(f"  {time.monotonic() - begin:5.1f} s  {step.run}  {verdict}")
                    if trouble is not None:
                        click.echo(trouble.printed[-SHOWN:])
        finally:
            bench.close()
    return result


def _note(result: Result, step: Step, said: str, trouble: StepError | None) -> None:
    if trouble is None:
        result.passed += 1
        result.said += [said] if said else []
    elif step.limit:
        result.limits.append(f"`{step.run}`, {step.limit}")
    else:
        result.failures.append(f"`{step.run}`, {trouble}")


# The document


Rows = dict[tuple[str, str], str]
"""The table: (client, version) to how it did."""


def rows_of(page: str) -> Rows:
    """The table in a page that was made here."""
    cells = [line.strip("| ").split(" | ", 3) for line in page.splitlines() if line.startswith("| ")]
    return {(row[0], row[1]): row[3] for row in cells[1:]}


def document(table: Sequence[Client], rows: Rows) -> str:
    """docs/clients.md."""
    lines = [
        "# Clients",
        "",
        "Which programs were run against the fake board, and what came of it. Each was installed unmodified from its",
        "package index, in an environment of its own, and saw a fresh board with MicroPython "
        f"{firmware.get().info.release} as an ordinary port.",
        "This page is made by `python tests/clients/run.py`; what is run is in "
        "[clients.toml](../tests/clients/clients.toml).",
        "",
        f"Made with Python {platform.python_version()} on {platform.system()}. A step that cannot work has its reason "
        "beside it.",
        "",
        "| client | version | way in | steps that passed |",
        "|---|---|---|---|",
    ]
    for client in table:
        for version in client.versions:
            summary = rows.get((client.name, version), "not run yet")
            lines.append(f"| {client.name} | {version} | {client.transport} | {summary} |")
    lines += ["", "## What was run", ""]
    for row in table:
        lines += [f"### {row.name}", ""]
        if row.note:
            lines += [row.note, ""]
        lines += ["```text", *(_described(step) for step in row.steps), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _described(step: Step) -> str:
    versions = [f"from {step.since}"] * (step.since != "0") + [f"up to {step.until}"] * (step.until != "9999")
    return step.run.lstrip("!") + (f"    # {', '.join(versions)}" if versions else "")


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--version", "only", help="This version only.")
@click.option("--update", is_flag=True, help="Put what was run into docs/clients.md; its other rows stay.")
@click.option(
    "--environments",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the clients' environments here, for the next time.",
)
def main(names: tuple[str, ...], only: str | None, update: bool, environments: Path | None) -> None:
    """Run clients against a fake board. Exit status 1 when a step fails."""
    table = clients()
    if unknown := set(names) - {client.name for client in table}:
        raise click.UsageError(f"No such client: {', '.join(unknown)}. There are {', '.join(c.name for c in table)}.")
    results = []
    folder = environments or Path(tempfile.mkdtemp(prefix="espdojo-clients-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for client in table:
            for version in client.versions:
                if (not names or client.name in names) and only in (None, version):
                    result = put_through(client, version, folder.absolute(), show=bool(names))
                    click.echo(f"{client.name} {version}: {result.summary}")
                    results.append(result)
    finally:
        if environments is None:
            shutil.rmtree(folder, ignore_errors=True)
    everything = not names and only is None
    if everything or update:
        rows = {} if everything else rows_of(DOCUMENT.read_text("utf-8"))
        rows |= {(result.client.name, result.version): result.summary for result in results}
        DOCUMENT.write_text(document(table, rows), "utf-8")
    sys.exit(any(result.failures for result in results))


if __name__ == "__main__":
    main()
