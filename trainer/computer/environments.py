"""Commands that make virtual environments, switch them on, and install what is in them.

They are real: `python -m venv` makes them, pip fills them. conda is played. Where pip reaches no package index, the
tutor's own copies of esptool and mpremote are linked in, which is said aloud.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from trainer.commands.command import Command
from trainer.commands.words import LineError
from trainer.computer import child
from trainer.computer.environment import Environment, offline_variables, unreachable
from trainer.computer.launcher import Launcher
from trainer.computer.places import Places
from trainer.computer.printout import Printout
from trainer.computer.shell_messages import says
from trainer.system import System

__all__ = ["Environments"]

CONDA_ENVIRONMENTS: Final = ".conda/envs"

ACTIVATION: Final[Mapping[System, str]] = {
    "windows": "{up}{name}/Scripts/activate",
    "macos": "source {up}{name}/bin/activate",
    "linux": "source {up}{name}/bin/activate",
}
"""How an environment is switched on, by a path from where one is."""


class Environments:
    """The learner's virtual environments, of which one may be active. `wheels` tells where packages are kept for work
    without a network. Commands return their exit status; what they say goes to `printout`."""

    def __init__(
        self, places: Places, printout: Printout, launcher: Launcher, wheels: Callable[[], Path | None]
    ) -> None:
        self.active: Environment | None = None
        self._places = places
        self._printout = printout
        self._launcher = launcher
        self._wheels = wheels

    def venv(self, command: Command) -> int:
        """Make one with `python -m venv`."""
        return self._make_environment(self._places.find(command.options["path"]))

    def conda_create(self, command: Command) -> int:
        """Make one where conda would, with Python's own venv."""
        self._printout.note("conda is played here by Python's own venv; the environment works the same way")
        status = self._make_environment(self._places.find(f"~/{CONDA_ENVIRONMENTS}/{command.options['name']}"))
        if status == 0:
            line = f"conda activate {command.options['name']}"
            self._printout.say(f"#\n# To activate this environment, use\n#\n#     {line}\n#\n")
        return status

    def activate(self, command: Command) -> int:
        """Switch one on, by its name or its path."""
        name = command.options["environment"]
        conda = bool(command.manner.get("conda"))
        candidates = [self._places.find(f"~/{CONDA_ENVIRONMENTS}/{name}")] if conda and "/" not in name else []
        candidates.append(self._places.find(name))
        found = next(filter(None, map(self.at, candidates)), None)
        if found is None:
            self._printout.say(says("no-conda-environment" if conda else "no-activate", self._places.system, name))
            note = f"there is no environment called {name} in this folder; `ls` or `dir` shows what is here"
            self._printout.note(note)
            return 1
        self.active = found
        return 0

    def deactivate(self, command: Command) -> int:
        """Switch off the one that is active."""
        if self.active is None:
            self._printout.note("no environment is active")
        self.active = None
        return 0

    def pip_install(self, command: Command) -> int:
        """Install packages into the active one: from the tutor's store or an index, or as links to the tutor's own."""
        environment = self._needed(
            "Without one, pip would change your system's own Python, and many systems refuse that: error: "
            "externally-managed-environment"
        )
        if environment is None:
            return 1
        pip: list[str | Path] = [environment.python, "-m", "pip", *command.arguments]
        variables = {"PIP_RETRIES": "1", "PIP_DEFAULT_TIMEOUT": "10", **self._launcher.variables(environment)}
        wheels = self._wheels()
        if wheels is not None:
            self._printout.note("the packages come from the tutor's own store, so this needs no network")
            finished = self._launcher.run(pip, offline_variables(variables, wheels))
            if finished.exit_status in (0, child.INTERRUPTED):
                return finished.exit_status
            self._printout.note("not in the store; asking the package index")
        finished = self._launcher.run(pip, variables)
        if finished.exit_status in (0, child.INTERRUPTED) or not unreachable(finished.transcript):
            return finished.exit_status
        if all(environment.link_own(package) for package in sorted(command.options["packages"])):
            self._printout.note(
                "pip reached no package index, so the tutor's own copy is linked into your environment instead; with a "
                "network this would have been installed"
            )
            return 0
        return finished.exit_status

    def pip_info(self, command: Command) -> int:
        """What pip tells about itself or its packages."""
        environment = self._needed()
        if environment is None:
            return 1
        pip: list[str | Path] = [environment.python, "-m", "pip", *command.arguments]
        return self._launcher.run(pip, self._launcher.variables(environment)).exit_status

    def python_version(self, command: Command) -> int:
        """The version of the active one's Python, or of this computer's."""
        python = self.active.python if self.active else Path(sys.executable)
        return self._launcher.run([python, *command.arguments], self._launcher.variables(self.active)).exit_status

    # What is not typed

    def prepare(self, name: str, tools: Sequence[str]) -> bool:
        """Make an environment in home that has `tools`, without pip, and activate it; False where that fails."""
        path = self._places.find(f"~/{name}")
        if not Environment(path).make_quickly(tools):
            return False
        self.active = self.at(path)
        return self.active is not None

    def at(self, path: Path) -> Environment | None:
        """The environment at `path`; None where there is none that may be trusted."""
        environment = Environment(path)
        trusted = environment.exists() and not environment.interprets_with_a_file_in(self._places.home)
        return environment if trusted else None

    def how_to_activate(self) -> str:
        """The line that activates the learner's environment from where they are; or the one that makes one."""
        up = "../" * len(PurePosixPath(self._places.folder).parts)
        ways = ((f"{CONDA_ENVIRONMENTS}/*", "conda activate {name}"), ("*", ACTIVATION[self._places.system]))
        for pattern, template in ways:
            for found in sorted(self._places.home.glob(f"{pattern}/pyvenv.cfg")):
                if self.at(found.parent):
                    line = template.format(up=up, name=found.parent.name)
                    return f"Switch it on: {line.replace('/', chr(92)) if self._places.system == 'windows' else line}"
        return "Make one first: python -m venv NAME"

    def _make_environment(self, path: Path) -> int:
        if path.is_file() or (path.is_dir() and any(path.iterdir()) and not Environment(path).exists()):
            raise LineError("usage", f"{path.name} is there already and is no environment. Choose another name.")
        finished = self._launcher.run([sys.executable, "-m", "venv", path], self._launcher.variables(self.active))
        if "ensurepip is not" in finished.transcript:
            self._printout.note("this Python lacks half of venv; on Debian and Ubuntu: sudo apt install python3-venv")
        return finished.exit_status

    def _needed(self, why: str = "") -> Environment | None:
        """The active environment; without one, None, and that is said."""
        if self.active is None:
            self._printout.note(f"no virtual environment is active. {why}".strip().removesuffix("."))
            self._printout.note("make one with: python -m venv NAME, activate it, then repeat the command")
        return self.active
