"""The learner's shell: real programs, but only a few command shapes, and only inside the practice folder.

A line is read by `trainer.commands.meaning`; nothing else runs. Programs are started as argument lists, without a
shell, with the board of the workbench plugged in. What is staged (conda, listings of ports, other programs'
terminals) is said.
"""

import fnmatch
import os
import posixpath
import re
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from trainer.board.putty import Window
from trainer.board.terminal import SerialTerminal
from trainer.board.workbench import Workbench
from trainer.commands import esptool_line, mpremote_line
from trainer.commands.command import Command, Refusal, path_name, port_name
from trainer.commands.meaning import parse
from trainer.commands.words import LineError
from trainer.computer import child
from trainer.computer.environments import Environment, child_variables, offline_variables, unreachable
from trainer.computer.places import Places
from trainer.computer.shell_messages import NOT_FOUND_STATUS, says
from trainer.computer.staged import STAGED, Staged
from trainer.computer.wheels import find_links
from trainer.console import text_width
from trainer.errors import EspdojoError, describe
from trainer.images.description import facts, problem
from trainer.images.identify import identify
from trainer.ports import BUILT_IN
from trainer.prose import paragraph
from trainer.stream import ControlFilter
from trainer.system import System

__all__ = ["Result", "Shell"]

REFUSED: Final = 2
"""Exit status of a line that was not run."""

GREETING_S: Final = 0.5
"""How long a terminal that was just opened waits for the board to speak first."""

PORT_SHAPE: Final = re.compile(r"^(com\d{1,3}|/dev/(tty[A-Za-z.]|cu\.|serial/by-)[\w.+:/-]*|[\w.-]+)$", re.IGNORECASE)
"""What may be written where a port is expected: names of serial ports, and bare words, which open nothing."""

LONGEST_TEXT_BYTES: Final = 64 * 1024
"""Of a file that is shown."""

CONDA_ENVIRONMENTS: Final = ".conda/envs"

ACTIVATION: Final[Mapping[System, str]] = {
    "windows": "{up}{name}/Scripts/activate",
    "macos": "source {up}{name}/bin/activate",
    "linux": "source {up}{name}/bin/activate",
}
"""How an environment is switched on, by a path from where one is."""


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
        self.environment: Environment | None = None
        self.terminal: SerialTerminal | None = None
        self.window: Window | None = None
        """PuTTY's settings window, while it is open."""
        self.troubles: frozenset[str] = frozenset()
        """What is wrong now, by name; the shell plays what of it is among `trainer.computer.staged.STAGED`."""
        self._output = output
        self._board_output = board_output or output
        self._confirm = confirm
        self._wheels = wheels
        self._encoding = encoding
        self._run_program = run_program
        self._in_window = in_window
        self._interrupter = child.Interrupter()
        self._shown: list[str] = []

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
            self.environment = self._environment(self.places.find(f"~/{named}")) if named else None
        except LineError:
            self.places.here = self.places.home

    def interrupt(self) -> None:
        """Ctrl-C: stop the program that runs, or, before `run` has come to it, as soon as it does. From any thread; the
        shell lives on."""
        self._interrupter.interrupt()

    def ready(self) -> None:
        """Forget an interrupt: the next program is not meant by it."""
        self._interrupter.clear()

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
        self._shown = []
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
                    self._say(staged.says[self.system])
                    status = staged.exit_status
                else:
                    status = HANDLERS[command.kind](self, command)
            except LineError as error:
                refusal = Refusal(error.kind, str(error), line.strip())
            except (EspdojoError, OSError) as error:
                self._explain(describe(error) or "")
                status = 1
            if staged is not None and status and refusal is None:
                self._note(f"staged: {staged.note}")
        if refusal is not None:
            if refusal.kind == "unknown-command":
                self._say(says("no-command", self.system, refusal.text.split()[0]))
            self._explain(refusal.message)
        self.ready()
        return Result(line, command, refusal, status, "".join(self._shown))

    def read(self, line: str) -> Command | Refusal:
        """What `line` means here: as `parse` has it, but while PuTTY's window is open it is spoken to as well."""
        if self.window is None or not Window.understands(line):
            return parse(line, self.system)
        if opens := self.window.hear(line).opens:
            return Command("terminal", {"port": port_name(opens[0]), "baud": opens[1]}, line.strip(), "putty")
        return Command("settings", {"said": line}, line.strip())

    # What every handler uses

    def _say(self, text: str) -> None:
        self._shown.append(text)
        self._output(text)

    def _note(self, text: str) -> None:
        """Say something that the real program would not say."""
        self._explain(f"(espdojo: {text})")

    def _explain(self, text: str) -> None:
        """Say something in our own words; lines are broken between them."""
        self._say(f"{paragraph(text, text_width())}\n")

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

    def _run(self, arguments: list[str | Path], variables: Mapping[str, str]) -> child.Finished:
        program = child.Program(arguments, self.places.here, variables, self._encoding)
        finished = self._run_program(program, self._output, self._interrupter)
        self._shown.append(finished.transcript)
        return finished

    def _variables(self) -> dict[str, str]:
        return child_variables(self.environment, self._encoding, in_window=self._in_window)

    # Folders

    def cd(self, command: Command) -> int:
        place = self.places.find(command.options["path"])
        if not place.is_dir():
            self._say(says("no-folder", self.system, command.options["path"]))
            return 1
        self.places.here = place
        return 0

    def pwd(self, command: Command) -> int:
        self._say(f"{self.places.shown(self.places.here)}\n")
        return 0

    def ls(self, command: Command) -> int:
        text = command.options["path"]
        folder, pattern = posixpath.split(text) if re.search(r"[*?]", text) else (text, "*")
        place = self.places.find(folder or ".")
        found = [place] if place.is_file() else sorted(place.iterdir()) if place.is_dir() else []
        found = [path for path in found if fnmatch.fnmatch(path.name, pattern) and not path.name.startswith(".")]
        if not found and (pattern != "*" or not place.exists()):
            self._say(says("no-file", self.system, text))
            return 1
        self._say("".join(f"{self._listed(path, command.manner.get('flags', ''))}\n" for path in found))
        return 0

    def _listed(self, path: Path, flags: str) -> str:
        """A line about a file: on Windows with its size; elsewhere with size and date after ``-l``, as ls has them."""
        if self.system == "windows":
            return f"{'<DIR>' if path.is_dir() else f'{path.stat().st_size:,}':>14} {path.name}"
        if "l" not in flags:
            return path.name
        about = path.stat()
        size = f"{-(-about.st_size // 1024)}K" if "h" in flags else str(about.st_size)
        owner = "you staff" if self.system == "macos" else "you you"
        time = datetime.fromtimestamp(about.st_mtime)
        date = f"{time:%b} {time.day:>2} {time:%H:%M}"
        return f"{stat.filemode(about.st_mode)} {about.st_nlink} {owner} {size:>8} {date} {path.name}"

    def cat(self, command: Command) -> int:
        """Show a text file. What is no text would be junk on a screen, and is told of instead."""
        text = command.options["path"]
        place = self.places.find(text)
        if not place.is_file():
            self._say(says("no-text", self.system, text))
            return 1
        with place.open("rb") as file:
            data = file.read(LONGEST_TEXT_BYTES + 1)
        try:
            shown = ControlFilter("\n\t").feed(data.decode("utf-8-sig").replace("\r\n", "\n"))
        except UnicodeDecodeError:
            shown = None
        if shown is None or b"\0" in data or len(data) > LONGEST_TEXT_BYTES:
            self._note(f"{place.name} is no text for reading, so only junk would come")
            return 1
        self._say(shown if shown.endswith("\n") or not shown else f"{shown}\n")
        return 0

    def firmware_info(self, command: Command) -> int:
        """`espdojo firmware info`."""
        found = identify(self.places.find(command.options["path"]))
        self._say(facts(found, command.options["path"]))
        if not found.is_bootable:
            self._explain(problem(found))
        return 0 if found.is_bootable else 1

    # Environments and packages

    def venv(self, command: Command) -> int:
        return self._make_environment(self.places.find(command.options["path"]))

    def conda_create(self, command: Command) -> int:
        self._note("conda is played here by Python's own venv; the environment works the same way")
        status = self._make_environment(self.places.find(f"~/{CONDA_ENVIRONMENTS}/{command.options['name']}"))
        if status == 0:
            self._say(f"#\n# To activate this environment, use\n#\n#     conda activate {command.options['name']}\n#\n")
        return status

    def _make_environment(self, path: Path) -> int:
        if path.is_file() or (path.is_dir() and any(path.iterdir()) and not Environment(path).exists()):
            raise LineError("usage", f"{path.name} is there already and is no environment. Choose another name.")
        finished = self._run([sys.executable, "-m", "venv", path], self._variables())
        if "ensurepip is not" in finished.transcript:
            self._note("this Python lacks half of venv; on Debian and Ubuntu: sudo apt install python3-venv")
        return finished.exit_status

    def activate(self, command: Command) -> int:
        name = command.options["environment"]
        conda = bool(command.manner.get("conda"))
        candidates = [self.places.find(f"~/{CONDA_ENVIRONMENTS}/{name}")] if conda and "/" not in name else []
        candidates.append(self.places.find(name))
        found = next(filter(None, map(self._environment, candidates)), None)
        if found is None:
            self._say(says("no-conda-environment" if conda else "no-activate", self.system, name))
            self._note(f"there is no environment called {name} in this folder; `ls` or `dir` shows what is here")
            return 1
        self.environment = found
        return 0

    def prepare_environment(self, name: str, tools: Sequence[str]) -> bool:
        """Make an environment in home that has `tools`, without pip, and activate it; False where that fails."""
        path = self.places.find(f"~/{name}")
        if not Environment(path).make_quickly(tools):
            return False
        self.environment = self._environment(path)
        return self.environment is not None

    def _environment(self, path: Path) -> Environment | None:
        """The environment at `path`; None where there is none that may be trusted."""
        environment = Environment(path)
        trusted = environment.exists() and not environment.interprets_with_a_file_in(self.places.home)
        return environment if trusted else None

    def deactivate(self, command: Command) -> int:
        if self.environment is None:
            self._note("no environment is active")
        self.environment = None
        return 0

    def pip_install(self, command: Command) -> int:
        environment = self._active("pip", "Without one, pip would change your system's own Python, and many systems "
                                   "refuse that: error: externally-managed-environment")  # fmt: skip
        if environment is None:
            return 1
        pip: list[str | Path] = [environment.python, "-m", "pip", *command.arguments]
        variables = {"PIP_RETRIES": "1", "PIP_DEFAULT_TIMEOUT": "10", **self._variables()}
        wheels = self._wheels()
        if wheels is not None:
            self._note("the packages come from the tutor's own store, so this needs no network")
            finished = self._run(pip, offline_variables(variables, wheels))
            if finished.exit_status in (0, child.INTERRUPTED):
                return finished.exit_status
            self._note("not in the store; asking the package index")
        finished = self._run(pip, variables)
        if finished.exit_status in (0, child.INTERRUPTED) or not unreachable(finished.transcript):
            return finished.exit_status
        if all(environment.link_own(package) for package in sorted(command.options["packages"])):
            self._note("pip reached no package index, so the tutor's own copy is linked into your environment instead; "
                       "with a network this would have been installed")  # fmt: skip
            return 0
        return finished.exit_status

    def pip_info(self, command: Command) -> int:
        environment = self._active("pip", "")
        return 1 if environment is None else self._run([environment.python, "-m", "pip", *command.arguments],
                                                       self._variables()).exit_status  # fmt: skip

    def python_version(self, command: Command) -> int:
        python = self.environment.python if self.environment else Path(sys.executable)
        return self._run([python, *command.arguments], self._variables()).exit_status

    def _active(self, tool: str, why: str) -> Environment | None:
        """The active environment; without one, None, and that is said."""
        if self.environment is None:
            self._note(f"no virtual environment is active. {why}".strip().removesuffix("."))
            self._note("make one with: python -m venv NAME, activate it, then repeat the command")
        return self.environment

    # Tools for the board

    def esptool(self, command: Command) -> int:
        name = command.options["command"]
        touches = name not in esptool_line.WITHOUT_BOARD and not command.options["help"]
        if touches and not self.bench.is_fake and name in esptool_line.CHANGES_BOARD:
            self._ask(command, name, f"esptool --port {self.bench.port} {name}")
        return self._tool("esptool", command, touches)

    def mpremote(self, command: Command) -> int:
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
        variables = self._variables()
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
        finished = self._run([*program, *self._aim(command, touches_board), *self._real_arguments(command)], variables)
        self.bench.learn_from(finished.transcript)
        return finished.exit_status

    def _aim(self, command: Command, touches_board: bool) -> list[str]:
        """Words that keep a tool that was told no port from trying other devices' ports, where those are real."""
        if self.bench.is_fake or not touches_board or command.options.get("port"):
            return []
        if any(step[0] == "connect" for step in command.options.get("steps", ())):
            return []
        self._note(f"told no port, so {command.kind} gets your board's: {self.bench.port}")
        return [*{"esptool": ["--port"], "mpremote": ["connect"]}[command.kind], self.bench.port]

    def _missing(self, module: str, command: Command, environment: Environment | None) -> int:
        """What the system says about a tool that is not there, and what to do."""
        as_module = command.program.startswith("python")
        what, name = ("no-module", module) if as_module else ("no-command", command.program)
        self._say(says(what, self.system, name))
        if environment is None:
            self._note(f"no virtual environment is active, and {module} lives in yours. {self._how_to_activate()}")
        else:
            self._note(f"{module} is not installed in ({environment.name}) yet: python -m pip install {module}")
        return 1 if as_module else NOT_FOUND_STATUS[self.system]

    def _how_to_activate(self) -> str:
        """The line that activates the learner's environment from where they are; or the one that makes one."""
        up = "../" * len(PurePosixPath(self.folder).parts)
        for pattern, template in ((f"{CONDA_ENVIRONMENTS}/*", "conda activate {name}"), ("*", ACTIVATION[self.system])):
            for found in sorted(self.places.home.glob(f"{pattern}/pyvenv.cfg")):
                if self._environment(found.parent):
                    line = template.format(up=up, name=found.parent.name)
                    return f"Switch it on: {line.replace('/', chr(92)) if self.system == 'windows' else line}"
        return "Make one first: python -m venv NAME"

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

    def ports(self, command: Command) -> int:
        view = self.bench.ports_view()
        pattern = command.manner.get("pattern")
        if pattern and self.system != "windows":
            usual = any(fnmatch.fnmatchcase(name, pattern.replace("/tty.", "/cu.")) for name in BUILT_IN[self.system])
            view = "".join(f"{name}\n" for name in view.split() if fnmatch.fnmatchcase(name, pattern))
            if not view and not usual:
                self._say(says("no-file", self.system, pattern))
                return 1
        if view:
            self._say(view)
        else:
            self._note("no serial port is there now")
        if self.bench.is_fake:
            self._note("these are the ports of the practice computer, where the fake board lies")
        for port in [] if self.bench.is_fake else self.bench.ports():
            if port.bridge is not None:
                self._note(f"{port.device} has the USB chip {port.bridge.name}: {port.bridge.boards}")
        return 0

    def settings(self, command: Command) -> int:
        if self.window is None or not command.options["said"]:
            self._note("PuTTY's window is played here in words, with the fields that matter")
            self.window = Window()
        heard = self.window.hear(command.options["said"] or "view")
        self.window = heard.window
        self._explain(heard.words)
        return 0

    def serial_terminal(self, command: Command) -> int:
        self.window = None
        port, baud = command.options["port"] or self.bench.port, command.options["baud"]
        if command.program not in ("espdojo", "mpremote"):
            self._note(f"in place of {command.program}, espdojo's own serial terminal opens {port} at {baud} baud")
        self._shown.append(self.open_terminal(port, baud).wait(GREETING_S))
        return 0


Handler = Callable[[Shell, Command], int]

HANDLERS: Final[dict[str, Handler]] = {
    "cd": Shell.cd,
    "pwd": Shell.pwd,
    "ls": Shell.ls,
    "cat": Shell.cat,
    "firmware-info": Shell.firmware_info,
    "venv": Shell.venv,
    "conda-create": Shell.conda_create,
    "activate": Shell.activate,
    "deactivate": Shell.deactivate,
    "pip-install": Shell.pip_install,
    "pip-info": Shell.pip_info,
    "python-version": Shell.python_version,
    "esptool": Shell.esptool,
    "mpremote": Shell.mpremote,
    "ports": Shell.ports,
    "terminal": Shell.serial_terminal,
    "settings": Shell.settings,
}
"""What is done for each `Command.kind`; returns the exit status."""
