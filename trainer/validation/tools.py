"""Tools for plays: programs that a learner's commands start, run once where their result cannot differ.

Making an environment and filling it takes longer than all the rest of a lesson. `Tools.run` stands in for `child.run`:
what `python -m venv` and pip have made in a workspace is kept, and put there when the same is asked for again in the
same place, with the words that were printed.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.commands.programs import PACKAGES
from trainer.computer import child
from trainer.computer.child import Finished, Interrupter, Output, Program, Window
from trainer.computer.environment import Environment, child_variables
from trainer.errors import EspdojoError
from trainer.validation.memory import Memory
from trainer.validation.snapshot import Mark, Snapshot, contents

__all__ = ["Tools"]

Key = tuple[tuple[str, ...], tuple[tuple[str, Mark], ...]]
"""A command's words, and what lay in its environment before."""


@dataclass(frozen=True)
class Made:
    """What a command made: the environment as it was afterwards, and what was printed."""

    environment: Snapshot
    finished: Finished


class Tools:
    """Runs programs in workspaces that lie, one after the other, in the same folder. `store` is for what is kept."""

    def __init__(self, store: Path) -> None:
        self.memory = Memory()
        """Of boards; a stage looks after it."""
        self._store = store
        self._made: dict[Key, Made] = {}

    def run(self, program: Program, output: Output, interrupter: Interrupter, window: Window | None = None) -> Finished:
        """As `child.run`; a lesson is judged with no window around its tools."""
        target = environment_made(program.arguments)
        if target is None:
            return child.run(program, output, interrupter)
        key = self._key(program, target)
        if made := self._made.get(key):
            target.mkdir(parents=True, exist_ok=True)
            made.environment.put_back()
            output(made.finished.transcript)
            return made.finished
        finished = child.run(program, output, interrupter)
        if finished.exit_status == 0:
            self._made[key] = Made(Snapshot.take(target, self._store / str(len(self._made))), finished)
        return finished

    def environment(self, path: Path) -> None:
        """Make an environment with all that lessons install, by pip. Raises EspdojoError where pip cannot."""
        commands: list[list[str | Path]] = [
            [sys.executable, "-m", "venv", path],
            [Environment(path).python, "-m", "pip", "install", *PACKAGES],
        ]
        for words in commands:
            program = Program(words, path.parent, child_variables(None, "utf-8"))
            finished = self.run(program, lambda text: None, Interrupter())
            if finished.exit_status != 0:
                last = (finished.transcript.strip().splitlines() or ["it said nothing"])[-1]
                raise EspdojoError(f"The tools could not be installed: {last}", next_step="Is there a network?")

    def _key(self, program: Program, target: Path) -> Key:
        before = contents(target) if target.is_dir() else {}
        pip = sorted(f"{name}={value}" for name, value in program.environment.items() if name.startswith("PIP_"))
        files = sorted((name, mark) for name, mark in before.items() if mark[1])
        return (*map(str, program.arguments), *pip), tuple(files)


def environment_made(arguments: Sequence[str | Path]) -> Path | None:
    """The virtual environment that a command makes or fills; None for any other command."""
    match [str(argument) for argument in arguments]:
        case [python, "-m", "venv", path] if python == sys.executable:
            return Path(path)
        case [python, "-m", "pip", "install", *_]:
            return Path(python).parent.parent
        case _:
            return None
