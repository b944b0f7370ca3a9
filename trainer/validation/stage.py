"""Where a lesson is played: a desk with a fake board, whose state is kept after each step and can be put back.

What a board holds without power is its flash, and that is copied. What it holds in RAM, an open terminal or a button
that is held down cannot be copied; so a state is a checkpoint, at which none of these mattered, and the lines that have
been typed since. Putting a state back means to put back the checkpoint and to type them again. What the board and its
tools say to that is known (`trainer.validation.recall`); they are asked when something new is typed.
"""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from emulator.startup.espdojo_port.environment import ENVIRONMENT_VARIABLE
from trainer.board.terminal import KEYS
from trainer.checks import CHECKERS
from trainer.commands.command import Command
from trainer.computer.child import Finished, Interrupter, Output, Program, Window
from trainer.evidence import Evidence
from trainer.firmware import Firmware
from trainer.lesson import Lesson, Step
from trainer.session import Place, Session
from trainer.system import System
from trainer.validation.programs import Key, is_esptool, key_of
from trainer.validation.python_line import leaves_no_trace
from trainer.validation.recall import DivergedError, RecallingBench
from trainer.validation.snapshot import Snapshot, contents
from trainer.validation.tools import Tools
from trainer.workplace.arrange import arrange
from trainer.workplace.desk import Desk
from trainer.workplace.equipment import lesson_values

__all__ = ["LONG_WAIT_S", "SHORT_WAIT_S", "ReplayError", "Stage"]

LONGEST_ACT_S: Final = 180.0
"""A command that runs for longer is stopped, as by Ctrl-C."""

SHORT_WAIT_S: Final = 1.0
"""How long a board that is to come back to its prompt is waited for, when all is well."""
LONG_WAIT_S: Final = float("inf")
"""As long as for a learner, before anything is said to be wrong: this computer may be busy with something else."""

HARMLESS_KEYS: Final = frozenset({"enter", "ctrl-c"})


class ReplayError(Exception):
    """A line that has passed in `step` did not when it was typed again."""

    def __init__(self, step: Step, line: str) -> None:
        super().__init__(line)
        self.step = step
        self.line = line


@dataclass(frozen=True)
class Checkpoint:
    """A state without power."""

    place: Place
    flash: str
    """As the bench calls its contents."""
    workspace: Snapshot
    desk: dict[str, Any]


class Stage:
    """One lesson on one system's desk. `workspace` is the learner's home and must be empty; `store` holds what is kept.

    A context manager; raises EspdojoError where the lesson cannot be begun.
    """

    def __init__(
        self,
        lesson: Lesson,
        system: System,
        profile: str,
        firmware: Firmware,
        workspace: Path,
        store: Path,
        tools: Tools,
    ) -> None:
        self.lesson = lesson
        self.told: list[str] = []
        """What the learner has seen since the last line was typed."""
        self._store = store
        self._kept = 0
        self._tools = tools
        self._bench = RecallingBench(system, profile, tools.memory)
        try:
            values = lesson_values(lesson, system, self._bench, firmware)
            self.session = Session(lesson, system, values)
            self.desk = Desk(
                self.session, self._bench, workspace, firmware.path, self.told.append, run_program=self._run_program
            )
            arrange(self.desk)
        except BaseException:
            self._bench.close()
            raise
        self._trail: list[tuple[str, float]] = []
        """What has been typed since the checkpoint, and with how much patience."""
        self._checkpoint = self._take(None)
        self._before = self._situation()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self._bench.close()

    def act(self, line: str, *, patience_s: float = SHORT_WAIT_S) -> Evidence | None:
        """Do what a line says, as a learner who types it; never for longer than `LONGEST_ACT_S`.

        A board that does not come back to its prompt is waited for `patience_s` at the most; with `LONG_WAIT_S`, what
        came of it with less patience is forgotten. Raises ReplayError.
        """
        try:
            return self._act(line, patience_s)
        except DivergedError:
            self._put_back(anew=True)
            return self._act(line, patience_s)

    def nothing_done(self) -> Evidence:
        """Evidence of having done nothing. Raises ReplayError."""
        try:
            return self._looked_into(self.desk.nothing_done())
        except DivergedError:
            self._put_back(anew=True)
            return self._looked_into(self.desk.nothing_done())

    def fill_flash(self, contents: bytes) -> None:
        """Until the next `put_back`, the board has that at the start of its flash, nothing behind it, and power."""
        self._bench.fill_flash({0: contents})
        self._bench.plug()

    def keep(self, line: str, patience_s: float = SHORT_WAIT_S) -> None:
        """The current step has been passed with `line`; from now on, this is the state to be put back."""
        self._trail.append((line, patience_s))
        if self._bench.seen.at_rest and self.desk.shell.terminal is None:
            last = self._checkpoint
            try:
                self._checkpoint = self._take(last)
            except DivergedError:
                self._put_back(anew=True)
                self._checkpoint = self._take(last)
            self._trail = []
            if last.workspace is not self._checkpoint.workspace:
                last.workspace.drop()
        self._before = self._situation()

    def put_back(self) -> None:
        """Undo what was done since `keep`, if anything was. Raises ReplayError."""
        if self._situation() == self._before:
            return
        try:
            self._put_back()
        except DivergedError:
            self._put_back(anew=True)

    def _act(self, line: str, patience_s: float) -> Evidence | None:
        self.told.clear()
        if self._opens_terminal(line):
            self._bench.settled_flash()  # who types takes longer than a board that starts, and hears nothing of that
        before, mark, prompt = self.desk.shell.terminal, self._bench.mark(), self.desk.prompt
        at_python = self.desk.at_board and prompt.strip() == ">>>"
        if before is not None:
            before.patience_s = patience_s
        if patience_s == LONG_WAIT_S:
            self._bench.again()
        self.desk.ready()
        timer = threading.Timer(LONGEST_ACT_S, self.desk.shell.interrupt)
        timer.daemon = True
        timer.start()
        try:
            evidence = self.desk.act(line)
        finally:
            timer.cancel()
        if at_python and self.desk.shell.terminal is before and self.desk.prompt == prompt:
            word = line.strip().lower()
            if word in HARMLESS_KEYS or (word not in KEYS and leaves_no_trace(line, "".join(self.told))):
                self._bench.forget(mark)
        return self._looked_into(evidence) if evidence is not None else None

    def _opens_terminal(self, line: str) -> bool:
        """Whether a line is a command, in this step, that opens a serial terminal at a board which nobody hears."""
        shell = self.desk.shell
        read = shell.read(line) if self.desk.takes_commands and shell.terminal is None else None
        return isinstance(read, Command) and read.kind == "terminal"

    def _looked_into(self, evidence: Evidence) -> Evidence:
        """The same; what a checker will look for inside the board is fetched now."""
        step = self.session.step
        if step is not None and evidence.flash is not None and any(CHECKERS[name].inside for name, _ in step.checks):
            evidence.flash.read(0, 0)
        return evidence

    def _put_back(self, *, anew: bool = False) -> None:
        """Go back to the checkpoint, and type again what has been typed since; if `anew`, whatever came of it before,
        and with patience."""
        kept, desk = self._checkpoint, self.desk
        self._bench.start_from(kept.flash)
        self._bench.eager = anew
        try:
            desk.close()
            desk.mend()
            kept.workspace.put_back()
            self.session = desk.session = Session(self.lesson, self.session.system, self.session.values, kept.place)
            desk.keep_faults()  # before the power comes: a chip looks at its pins then
            desk.restore(kept.desk)
            for line, patience_s in self._trail:
                step = self.session.step
                evidence = self._act(line, LONG_WAIT_S if anew else patience_s)
                if step is not None and (evidence is None or not self.session.submit(evidence).passed):
                    raise ReplayError(step, line)
        finally:
            self._bench.eager = False
        self._before = self._situation()

    def _run_program(
        self, program: Program, output: Output, interrupter: Interrupter, window: Window | None = None
    ) -> Finished:
        """As `Tools.run`; what is known to come of it is told without it."""

        def run(output: Output = lambda text: None) -> Finished:
            return self._tools.run(program, output, interrupter)

        def key() -> Key | None:
            return key_of(program, names)

        names = self._bench.port_names
        known = key()
        if ENVIRONMENT_VARIABLE not in program.environment:
            if known is None:
                return run(output)
            finished = self._tools.memory.alone(known, names, run)
        else:
            files = contents(self.desk.shell.places.home, inside_packages=False)

            def still_same() -> bool:
                now = contents(self.desk.shell.places.home, inside_packages=False)
                return key() == known and (now == files or is_esptool(program.arguments))

            finished = self._bench.run(run, known, still_same)
            if known is not None and is_esptool(program.arguments) and self._bench.can_rest:
                self._bench.rest(self._bench.settled_flash())  # it leaves a chip that has just been started
        output(finished.transcript)
        return finished

    def _take(self, last: Checkpoint | None) -> Checkpoint:
        """The state now; what is as in `last` is not kept twice."""
        shell, bench = self.desk.shell, self._bench
        flash = bench.settled_flash() if bench.seen.at_rest else bench.flash_name()
        same_files = last is not None and not last.workspace.changed
        if not same_files:
            self._kept += 1
        checkpoint = Checkpoint(
            self.session.place,
            flash,
            last.workspace if last and same_files else Snapshot.take(shell.places.home, self._store / str(self._kept)),
            self.desk.state,
        )
        if bench.can_rest:
            bench.rest(flash)
        return checkpoint

    def _situation(self) -> tuple[Any, ...]:
        """Equal as long as nothing has happened that must be undone."""
        terminal = self.desk.shell.terminal
        return self._bench.state, id(terminal), self.desk.state, self._checkpoint.workspace.changed
