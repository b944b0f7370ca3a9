"""The learner's shell: real programs, but only a few command shapes, and only inside the practice folder.

A line is read by `trainer.commands.meaning`; nothing else runs. Programs are started as argument lists, without a
shell, with the board of the workbench plugged in. What is staged (conda, listings of ports, other programs'
terminals) is said.
"""

import fnmatch
import os
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from trainer.board.putty import Window
from trainer.board.terminal import SerialTerminal
from trainer.board.workbench import Workbench
from trainer.commands import esptool_line, mpremote_line
from trainer.commands.command import Command, Refusal, path_name, port_name
from trainer.commands.meaning import parse
from trainer.commands.words import LineError
from trainer.computer import child
from trainer.computer.environment import Environment
from trainer.computer.environments import Environments
from trainer.computer.folders import Folders
from trainer.computer.launcher import Launcher
from trainer.computer.places import Places
from trainer.computer.printout import Printout
from trainer.computer.shell_messages import NOT_FOUND_STATUS, says
from trainer.computer.staged import STAGED, Staged
from trainer.computer.wheels import find_links
from trainer.errors import EspdojoError, describe
from trainer.ports import BUILT_IN
from trainer.system import System

__all__ = ["Result", "Shell"]

REFUSED: Final = 2
"""Exit status of a line that was not run."""

GREETING_S: Final = 0.5
"""How long a terminal that was just opened waits for the board to speak first."""

PORT_SHAPE: Final = re.compile(r"^(com\d{1,3}|/dev/(tty[A-Za-z.]|cu\.|serial/by-)[\w.+:/-]*|[\w.-]+)$", re.IGNORECASE)
"""What may be written where a port is expected: names of serial ports, and bare words, which open nothing."""

Handler = Callable[[Command], int]
"""Does what a command asks for; returns the exit status."""


@dataclass(frozen=True)
class Result:
    """What became of a line. `refusal` says why it was not run; `transcript` is all that was shown for it."""

    line: str
    command: Command | None
    refusal: Refusal | None
    exit_status: int
    transcript: str


class Shell:
    """One learner's shell. `output` gets text as it comes; `confirm` is asked before a real board is changed; `wheels`
    tells where packages are kept for work without a network; `board_output` gets what a board sends to the serial
    terminal, if `output` does not; `run_program` starts programs, which print as for a terminal if `in_window`."""

    def __init__(
        self,
        workspace: Path,
        system: System,
        bench: Workbench,
        output: Callable[[str], None],
        *,
        confirm: Callable[[str], bool] = lambda question: False,
        wheels: Callable[[], Path | None] = find_links,
        encoding: str = "utf-8",
        board_output: Callable[[str], None] | None = None,
        run_program: child.Run = child.run,
        in_window: bool = False,
    ) -> None:
        workspace.mkdir(parents=True, exist_ok=True)
        self.system = system
        self.bench = bench
        self.places = Places(workspace, system)
        self.terminal: SerialTerminal | None = None
        self.window: Window | None = None
        """PuTTY's settings window, while it is open."""
        self.troubles: frozenset[str] = frozenset()
        """What is wrong now, by name; the shell plays what of it is among `trainer.computer.staged.STAGED`."""
        self._printout = Printout(output)
        self._launcher = Launcher(self.places, self._printout, run_program, encoding, in_window=in_window)
        self._environments = Environments(self.places, self._printout, self._launcher, wheels)
        self._board_output = board_output or output
        self._confirm = confirm
        self._handlers = self._all_handlers()

    @property
    def prompt(self) -> str:
        """What stands before the learner's line, as on this system."""
        active = f"({self.environment.name}) " if self.environment else ""
        here, folder = self.places.shown(self.places.here), self.places.folder
        match self.system:
            case "windows":
                return f"{active}{here}>"
            case "macos":
                return f"{active}you@mac {folder.rpartition('/')[2] or '~'} % "
            case "linux":
                return f"{active}you@pc:{posixpath.join('~', folder).rstrip('/')}$ "

    @property
    def environment(self) -> Environment | None:
        """The virtual environment that is active."""
        return self._environments.active

    @property
    def folder(self) -> str:
        """The current folder seen from home, with forward slashes; "" is home."""
        return self.places.folder

    @property
    def state(self) -> dict[str, str | None]:
        """Where the learner is, for `restore`; fit for JSON."""
        environment = self.environment.path.relative_to(self.places.home).as_posix() if self.environment else None
        return {"folder": self.folder, "environment": environment}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to where `state` says; what is no longer there is left out."""
        try:
            folder = self.places.find(f"~/{state.get('folder') or ''}")
            self.places.here = folder if folder.is_dir() else self.places.home
            named = state.get("environment")
            self._environments.active = self._environments.at(self.places.find(f"~/{named}")) if named else None
        except LineError:
            self.places.here = self.places.home

    def interrupt(self) -> None:
        """Ctrl-C: stop the program that runs, or, before `run` has come to it, as soon as it does. From any thread; the
        shell lives on."""
        self._launcher.interrupt()

    def ready(self) -> None:
        """Forget an interrupt: the next program is not meant by it."""
        self._launcher.ready()

    def open_terminal(self, port: str, baud: int) -> SerialTerminal:
        """A serial terminal on `port` in place of any that is open. Raises TerminalError."""
        self.close_terminal()
        self.terminal = self.bench.open_terminal(port, baud, self._board_output)
        return self.terminal

    def close_terminal(self) -> None:
        """Leave the serial terminal, if one is open."""
        if self.terminal is not None:
            self.terminal.close()
            self.terminal = None

    def run(self, line: str) -> Result:
        """Do what `line` asks for, or say why not. Raises nothing for whatever a learner may type."""
        self._printout.begin()
        read = self.read(line)
        command = read if isinstance(read, Command) else None
        refusal = read if isinstance(read, Refusal) else None
        status = REFUSED
        if command is not None:
            staged = None
            try:
                self._check(command)
                staged = self._staged(command)
                if staged is not None and staged.says:
                    self._printout.say(staged.says[self.system])
                    status = staged.exit_status
                else:
                    status = self._handlers[command.kind](command)
            except LineError as error:
                refusal = Refusal(error.kind, str(error), line.strip())
            except (EspdojoError, OSError) as error:
                self._printout.explain(describe(error) or "")
                status = 1
            if staged is not None and status and refusal is None:
                self._printout.note(f"staged: {staged.note}")
        if refusal is not None:
            if refusal.kind == "unknown-command":
                self._printout.say(says("no-command", self.system, refusal.text.split()[0]))
            self._printout.explain(refusal.message)
        self.ready()
        return Result(line, command, refusal, status, self._printout.text)

    def read(self, line: str) -> Command | Refusal:
        """What `line` means here: as `parse` has it, but while PuTTY's window is open it is spoken to as well."""
        if self.window is None or not Window.understands(line):
            return parse(line, self.system)
        if opens := self.window.hear(line).opens:
            return Command("terminal", {"port": port_name(opens[0]), "baud": opens[1]}, line.strip(), "putty")
        return Command("settings", {"said": line}, line.strip())

    def prepare_environment(self, name: str, tools: Sequence[str]) -> bool:
        """Make an environment in home that has `tools`, without pip, and activate it; False where that fails."""
        return self._environments.prepare(name, tools)

    def _all_handlers(self) -> Mapping[str, Handler]:
        """What is done for each `Command.kind`; returns the exit status."""
        folders, environments = Folders(self.places, self._printout), self._environments
        return {
            "cd": folders.cd,
            "pwd": folders.pwd,
            "ls": folders.ls,
            "cat": folders.cat,
            "firmware-info": folders.firmware_info,
            "venv": environments.venv,
            "conda-create": environments.conda_create,
            "activate": environments.activate,
            "deactivate": environments.deactivate,
            "pip-install": environments.pip_install,
            "pip-info": environments.pip_info,
            "python-version": environments.python_version,
            "esptool": self._esptool,
            "mpremote": self._mpremote,
            "ports": self._ports,
            "terminal": self._serial_terminal,
            "settings": self._settings,
        }

    def _check(self, command: Command) -> None:
        """Raise `LineError` when the command would leave the workspace or reach for something that is no
        port."""
        for path in command.paths:
            place = self.places.find(path)
            if command.kind == "mpremote" and place.is_dir():
                if (names := command.manner.get("fetched", {}).get(path)) is None:
                    self.places.check_links(place)
                for name in names or ():
                    self.places.find(f"{path}/{name}")
        ports = [command.options.get("port")]
        ports += [step[1] for step in command.options.get("steps", ()) if step[0] == "connect"]
        for port in filter(None, ports):
            named = port.removeprefix("port:")
            if port_name(named) != port_name(self.bench.port) and (not PORT_SHAPE.match(named) or ".." in named):
                raise LineError("no-port-name", f"{port} is not the name of a serial port.")

    def _staged(self, command: Command) -> Staged | None:
        """The first trouble of the learner's computer that `command` meets now."""
        present = (row for name, row in STAGED.items() if name in self.troubles)
        active, port = self.environment is not None, port_name(self.bench.port)
        return next((row for row in present if row.strikes(command, active, port)), None)

    # Tools for the board

    def _esptool(self, command: Command) -> int:
        name = command.options["command"]
        touches = name not in esptool_line.WITHOUT_BOARD and not command.options["help"]
        if touches and not self.bench.is_fake and name in esptool_line.CHANGES_BOARD:
            self._ask(command, name, f"esptool --port {self.bench.port} {name}")
        return self._tool("esptool", command, touches)

    def _mpremote(self, command: Command) -> int:
        steps = command.options["steps"]
        touches = any(step[0] not in ("help", "version") for step in steps)
        named = any(step[0] == "connect" for step in steps)
        if touches and not self.bench.is_fake and (what := mpremote_line.changing(steps)):
            port = self.bench.port
            self._ask(command, what, f"mpremote connect {port} {what}", None if named else port)
        return self._tool("mpremote", command, touches)

    def _ask(self, command: Command, what: str, example: str, port: str | None = None) -> None:
        """On a real board nothing is changed without naming the port, and asking. `example` names it; `port` is the one
        that will be used when the line says none."""
        port = command.options["port"] or port
        if port is None or port_name(port) != port_name(self.bench.port):
            raise LineError(
                "unnamed-port",
                f"This is a real board, so name its port, as in: {example}. Nothing was changed.",
            )
        board = f"the real board at {port} ({self.bench.description()})"
        if not self._confirm(f"`{what}` changes {board}; what is on it may be lost. Go on?"):
            raise LineError("not-confirmed", "Nothing was changed.")

    def _tool(self, module: str, command: Command, touches_board: bool) -> int:
        environment = self.environment
        if environment is None or not environment.has(module):
            return self._missing(module, command, environment)
        variables = self._launcher.variables(environment)
        if touches_board:
            self.close_terminal()
            if not self.bench.proven(environment.python):
                raise LineError(
                    "unproven",
                    "Nothing was run: this environment's Python does not see the fake board, so the command might have "
                    "reached a real one. Make a new environment and use that.",
                )
            variables = self.bench.environment(variables)
        script = None if command.program.startswith("python") else environment.script(command.program)
        program: list[str | Path] = [environment.python, script] if script else [environment.python, "-m", module]
        finished = self._launcher.run(
            [*program, *self._aim(command, touches_board), *self._real_arguments(command)], variables
        )
        self.bench.learn_from(finished.transcript)
        return finished.exit_status

    def _aim(self, command: Command, touches_board: bool) -> list[str]:
        """Words that keep a tool that was told no port from trying other devices' ports, where those are real."""
        if self.bench.is_fake or not touches_board or command.options.get("port"):
            return []
        if any(step[0] == "connect" for step in command.options.get("steps", ())):
            return []
        self._printout.note(f"told no port, so {command.kind} gets your board's: {self.bench.port}")
        return [*{"esptool": ["--port"], "mpremote": ["connect"]}[command.kind], self.bench.port]

    def _missing(self, module: str, command: Command, environment: Environment | None) -> int:
        """What the system says about a tool that is not there, and what to do."""
        as_module = command.program.startswith("python")
        what, name = ("no-module", module) if as_module else ("no-command", command.program)
        self._printout.say(says(what, self.system, name))
        if environment is None:
            cure = self._environments.how_to_activate()
            self._printout.note(f"no virtual environment is active, and {module} lives in yours. {cure}")
        else:
            self._printout.note(
                f"{module} is not installed in ({environment.name}) yet: python -m pip install {module}"
            )
        return 1 if as_module else NOT_FOUND_STATUS[self.system]

    def _real_arguments(self, command: Command) -> list[str]:
        """The words for the program: the learner's, but files named as this computer needs them."""
        paths = set(command.paths)
        arguments = []
        for word in command.arguments:
            option, equals, value = word.partition("=")
            text = value if equals and option.startswith("-") else word
            plain = path_name(text, self.system)
            if text and plain in paths and (plain != text or text.startswith("~")):
                real = os.path.relpath(self.places.find(plain), self.places.here)
                word = f"{option}={real}" if text is value and equals else real
            arguments.append(word)
        return arguments

    # Ports and terminals

    def _ports(self, command: Command) -> int:
        view = self.bench.ports_view()
        pattern = command.manner.get("pattern")
        if pattern and self.system != "windows":
            usual = any(fnmatch.fnmatchcase(name, pattern.replace("/tty.", "/cu.")) for name in BUILT_IN[self.system])
            view = "".join(f"{name}\n" for name in view.split() if fnmatch.fnmatchcase(name, pattern))
            if not view and not usual:
                self._printout.say(says("no-file", self.system, pattern))
                return 1
        if view:
            self._printout.say(view)
        else:
            self._printout.note("no serial port is there now")
        if self.bench.is_fake:
            self._printout.note("these are the ports of the practice computer, where the fake board lies")
        for port in [] if self.bench.is_fake else self.bench.ports():
            if port.bridge is not None:
                self._printout.note(f"{port.device} has the USB chip {port.bridge.name}: {port.bridge.boards}")
        return 0

    def _settings(self, command: Command) -> int:
        if self.window is None or not command.options["said"]:
            self._printout.note("PuTTY's window is played here in words, with the fields that matter")
            self.window = Window()
        heard = self.window.hear(command.options["said"] or "view")
        self.window = heard.window
        self._printout.explain(heard.words)
        return 0

    def _serial_terminal(self, command: Command) -> int:
        self.window = None
        port, baud = command.options["port"] or self.bench.port, command.options["baud"]
        if command.program not in ("espdojo", "mpremote"):
            self._printout.note(
                f"in place of {command.program}, espdojo's own serial terminal opens {port} at {baud} baud"
            )
        self._printout.keep(self.open_terminal(port, baud).wait(GREETING_S))
        return 0
