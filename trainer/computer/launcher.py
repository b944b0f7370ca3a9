"""Programs of the learner's computer, started where the learner is."""

from collections.abc import Mapping
from pathlib import Path

from trainer.computer import child
from trainer.computer.environment import Environment, child_variables
from trainer.computer.places import Places
from trainer.computer.printout import Printout

__all__ = ["Launcher"]


class Launcher:
    """Starts programs in the current folder, one at a time. They print in `encoding`, as for a terminal if
    `in_window`."""

    def __init__(
        self, places: Places, printout: Printout, run_program: child.Run, encoding: str, *, in_window: bool
    ) -> None:
        self._places = places
        self._printout = printout
        self._run_program = run_program
        self._encoding = encoding
        self._in_window = in_window
        self._interrupter = child.Interrupter()

    def run(self, arguments: list[str | Path], variables: Mapping[str, str]) -> child.Finished:
        """Run a program to its end. Raises OSError where it cannot be started."""
        program = child.Program(arguments, self._places.here, variables, self._encoding)
        finished = self._run_program(program, self._printout.output, self._interrupter)
        self._printout.keep(finished.transcript)
        return finished

    def variables(self, environment: Environment | None) -> dict[str, str]:
        """The variables of a program that runs in `environment`."""
        return child_variables(environment, self._encoding, in_window=self._in_window)

    def interrupt(self) -> None:
        """Stop the program that runs, or the next one, as soon as it runs. From any thread."""
        self._interrupter.interrupt()

    def ready(self) -> None:
        """Forget an interrupt: the next program is not meant by it."""
        self._interrupter.clear()
