"""Where a lesson is played: a desk with a fake board, whose state is kept after each step and can be put back.

What a board holds without power is its flash, and that is copied. What it holds in RAM, an open terminal or a button
that is held down cannot be copied; so a state is a checkpoint, at which none of these mattered, and the lines that have
been typed since. Putting a state back means to put back the checkpoint and to type them again: milliseconds.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from emulator.board import Board
from emulator.runner import State
from emulator.trace import Event
from trainer.arrange import arrange
from trainer.checks import Evidence
from trainer.child import Finished, Interrupter, Window
from trainer.desk import HANDS, Desk
from trainer.firmware import Firmware
from trainer.lesson import Lesson, Step
from trainer.session import Place, Session
from trainer.start import lesson_values
from trainer.system import System
from trainer.terminal import KEYS
from trainer.validation.keeping import Keepsake, contents
from trainer.validation.python_line import leaves_no_trace
from trainer.validation.results import Key, Result, key_of
from trainer.validation.tools import Tools
from trainer.workbench import FakeBench

__all__ = ["LONG_WAIT_S", "SHORT_WAIT_S", "ReplayError", "Stage"]

LONGEST_ACT_S: Final = 180.0
"""A command that runs for longer is stopped, as by Ctrl-C."""

SHORT_WAIT_S: Final = 1.0
"""How long a board that is to come back to its prompt is waited for, when all is well."""
GLANCE_S: Final = 0.3
"""Likewise, one that did not come back to it the last time."""
LONG_WAIT_S: Final = float("inf")
"""As long as for a learner, before anything is said to be wrong: this computer may be busy with something else."""

QUIET_S: Final = 0.15
"""When nothing has changed in the flash for so long, firmware that starts has done what it does there at first."""
START_CYCLES: Final = 60_000_000
"""Cycles in which MicroPython starts, and makes its file system, with a good deal to spare."""
PATIENCE_S: Final = 5.0

HARMLESS_KEYS: Final = frozenset({"enter", "ctrl-c"})

BUTTONS: Final = ("flash", "reset")


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
    flash: bytes
    workspace: Keepsake
    desk: dict[str, Any]


@dataclass
class Watched:
    """What happens on the board meanwhile, counted."""

    writes: int = 0
    resets: int = 0
    doings: int = 0
    """Hands, keys and lines of Python that may have changed what cannot be compared."""
    last_write_s: float = field(default_factory=time.monotonic)

    def wrote(self, offset: int, length: int) -> None:
        self.writes += 1
        self.last_write_s = time.monotonic()


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
        self._kept = self._resets = 0
        self._tools = tools
        self._watched = Watched()
        self._bench = FakeBench(system, profile, plugged=False, clock="max")
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
        self._board.flash.on_change.append(self._watched.wrote)
        self._board.events.subscribe(self._hear)
        self._trail: list[tuple[str, bool]] = []
        """What has been typed since the checkpoint, and whether the board was at its prompt afterwards."""
        self._checkpoint = self._take(None)
        self._before = self._situation()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.desk.close()
        self._bench.close()

    def act(self, line: str, *, patience_s: float = SHORT_WAIT_S) -> Evidence | None:
        """Do what a line says, as a learner who types it; never for longer than `LONGEST_ACT_S`.

        A board that does not come back to its prompt is waited for `patience_s` at the most.
        """
        self.told.clear()
        if (terminal := self.desk.shell.terminal) is not None:
            terminal.patience_s = patience_s
        at_board, prompt, word = self.desk.at_board, self.desk.prompt.strip(), line.strip().lower()
        if word in HANDS or (word in KEYS and word not in HARMLESS_KEYS):
            self._watched.doings += 1
        timer = threading.Timer(LONGEST_ACT_S, self.desk.shell.interrupt)
        timer.daemon = True
        timer.start()
        try:
            evidence = self.desk.act(line)
        finally:
            timer.cancel()
        if at_board and word not in KEYS and not (prompt == ">>>" and leaves_no_trace(line, "".join(self.told))):
            self._watched.doings += 1
        return evidence

    def nothing_done(self) -> Evidence:
        """Evidence of having done nothing."""
        return self.desk.nothing_done()

    def fill_flash(self, contents: bytes) -> None:
        """Until the next `put_back`, the board has that at the start of its flash, nothing behind it, and power."""
        self._watched.doings += 1
        self._bench.unplug()
        self._board.fill_flash({0: contents})
        self._bench.plug()

    def keep(self, line: str) -> None:
        """The current step has been passed with `line`; from now on, this is the state to be put back."""
        terminal = self.desk.shell.terminal
        self._trail.append((line, terminal is None or terminal.at_prompt))
        if self._watched.writes != self._before[0] or self._watched.resets != self._resets:
            self._settle()
            self._resets = self._watched.resets
        if self._is_plain():
            last, self._checkpoint, self._trail = self._checkpoint, self._take(self._checkpoint), []
            if last.workspace is not self._checkpoint.workspace:
                last.workspace.drop()
        self._before = self._situation()

    def put_back(self) -> None:
        """Undo what was done since `keep`, if anything was. Raises ReplayError."""
        if self._situation() == self._before:
            return
        try:
            self._put_back(patient=False)
        except ReplayError:
            self._put_back(patient=True)

    def _put_back(self, *, patient: bool) -> None:
        kept, desk = self._checkpoint, self.desk
        desk.close()
        for button in BUTTONS:
            self._bench.release(button)
        desk.mend()
        self._bench.unplug()
        self._board.fill_flash({0: kept.flash})
        kept.workspace.put_back()
        self.session = desk.session = Session(self.lesson, self.session.system, self.session.values, kept.place)
        desk.keep_faults()  # before the power comes: a chip looks at its pins then
        desk.restore(kept.desk)
        for line, at_prompt in self._trail:
            step = self.session.step
            evidence = self.act(line, patience_s=LONG_WAIT_S if patient else SHORT_WAIT_S if at_prompt else GLANCE_S)
            if step is not None and (evidence is None or not self.session.submit(evidence).passed):
                raise ReplayError(step, line)
        self._before = self._situation()

    def _run_program(
        self,
        arguments: Sequence[str | Path],
        *,
        folder: Path,
        environment: Mapping[str, str],
        output: Callable[[str], None],
        interrupter: Interrupter,
        encoding: str = "utf-8",
        window: Window | None = None,
    ) -> Finished:
        """As `Tools.run`; what is known to come of it is done without it."""
        results, port, key = self._tools.results, self._bench.port, self._key(arguments, folder)
        if key is not None and (known := results.get(key, port)):
            output(known.finished.transcript)
            self._take_over(known.flash)
            return known.finished
        writes = self._watched.writes
        finished = self._tools.run(
            arguments, folder=folder, environment=environment, output=output, interrupter=interrupter, encoding=encoding
        )
        if key is not None and finished.exit_status == 0:
            changed = self._watched.writes != writes
            if changed:
                self._settle()
            results.put(key, port, Result(finished, self._flash() if changed else None))
        return finished

    def _key(self, arguments: Sequence[str | Path], folder: Path) -> Key | None:
        """What the result of a program depends on, if it can be known."""
        step = self.session.step
        broken = self.lesson.faults_at(self.session.system, step.id if step else None)
        if broken or not self._bench.plugged or not self._is_plain():
            return None
        environment = Path(arguments[0]).parent.parent
        tools = " ".join(sorted(contents(environment, inside_packages=False))) if environment.is_dir() else ""
        return key_of(arguments, folder, self._bench.port, self._board.profile.name, tools, self._flash())

    def _take_over(self, flash: bytes | None) -> None:
        """Leave the board as esptool leaves it: with that in its flash, and just started."""
        if flash is None:
            self._bench.reset()
            return
        self._bench.unplug()
        self._board.fill_flash({0: flash})
        self._bench.plug()

    def _flash(self) -> bytes:
        return self._board.flash.read(0, self._board.flash.size)

    @property
    def _board(self) -> Board:
        board = self._bench.board
        assert board is not None
        return board

    def _hear(self, event: Event) -> None:
        if event.name in ("reset", "power"):
            self._watched.resets += 1

    def _is_plain(self) -> bool:
        """Whether the board's flash is all that would survive: no terminal, no button, nothing uploaded."""
        bridge = self._board.bridge
        free = self.desk.shell.terminal is None and bridge.pins.en and bridge.pins.gpio0
        return bool(free and bridge.running() == "program")

    def _take(self, last: Checkpoint | None) -> Checkpoint:
        """The state now; what is as in `last` is not kept twice."""
        shell = self.desk.shell
        flash = self._flash()
        same_files = last is not None and not last.workspace.changed
        if not same_files:
            self._kept += 1
        return Checkpoint(
            self.session.place,
            last.flash if last and last.flash == flash else flash,
            last.workspace if last and same_files else Keepsake.take(shell.places.home, self._store / str(self._kept)),
            self.desk.state,
        )

    def _situation(self) -> tuple[Any, ...]:
        """Equal as long as nothing has happened that must be undone."""
        watched, terminal = self._watched, self.desk.shell.terminal
        live = (id(terminal), watched.resets, terminal.lost, _last_line(terminal.transcript)) if terminal else ()
        uploaded = self._board.bridge.running() == "uploaded"  # a stub that was left, at a speed of its own
        return watched.writes, watched.doings, self.desk.state, self._checkpoint.workspace.changed, live, uploaded

    def _settle(self) -> None:
        """Wait until firmware that has just been started has done what it does in the flash at first.

        For so long by the board's own clock, as this computer may be busy with something else.
        """
        board, begun_s = self._board, time.monotonic()
        begun = board.events.clock()
        while (now_s := time.monotonic()) < begun_s + PATIENCE_S:
            now = board.events.clock()
            begun = min(begun, now)  # a reset may have begun to count anew
            started = board.state is not State.PROGRAM or now - begun >= START_CYCLES
            if started and now_s - max(begun_s, self._watched.last_write_s) >= QUIET_S:
                return
            time.sleep(0.02)


def _last_line(transcript: str) -> str:
    return transcript.rpartition("\n")[2]
