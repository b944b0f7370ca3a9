"""The learner's desk: shell, serial terminal, board and hands; what is done there becomes evidence.

Every interface hands a learner's line to `Desk.act`, and so does the demo. The kind of the current step decides what a
line means: a command, a line for the board, an answer. A few words are hands (`plug in`, `press reset`), in every step.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trainer.board.repl import MORE, typed_prompt
from trainer.board.terminal import KEYS
from trainer.commands.command import Command, Refusal
from trainer.commands.meaning import ONLY_LESSONS, parse
from trainer.computer import child
from trainer.computer.staged import STAGED
from trainer.errors import EspdojoError, describe
from trainer.evidence import Evidence
from trainer.session import Session
from trainer.workplace.hands import DOWNLOADS, HANDS, Hands
from trainer.workplace.telling import Telling, answer, without_prompt

if TYPE_CHECKING:
    from trainer.board.workbench import Workbench

__all__ = ["NOTHING_TO_TYPE", "Desk"]

NOTHING_TO_TYPE: Final = "There is nothing to type here: Enter alone goes on."
"""What is said to a line in a step that only wants reading."""

LOOKING_AROUND: Final = frozenset({"ls", "cat", "ports", "pwd", "cd", "pip-info", "python-version"})
"""Commands that may be run in a step that asks for something else, without being taken for that."""


class Desk:
    """What a learner works with in one lesson. `tell` gets all that is to be shown, as it comes.

    `firmware` is the image that the lesson's download step saves; None when the computer has none. With a `window` (its
    size) the learner's terminal is one that lives: programs print into it in colour, and what the board sends stands
    there as it comes, with its own echo and prompt; `note` gets what is on no line of the terminal's own. Without one,
    a board's answer is told when it is whole.
    """

    def __init__(
        self,
        session: Session,
        bench: "Workbench",
        workspace: Path,
        firmware: Path | None,
        tell: Callable[[str], None],
        confirm: Callable[[str], bool] = lambda question: False,
        run_program: child.Run = child.run,
        window: child.Window | None = None,
        note: Callable[[str], None] | None = None,
    ) -> None:
        from trainer.shell import Shell

        self.session = session
        self.bench = bench
        self.telling = Telling(tell, note, lives=window is not None)
        self.hands = Hands(self)
        self.shell = Shell(
            workspace,
            session.system,
            bench,
            self.telling.hear,
            confirm=confirm,
            board_output=self._hear_board,
            run_program=partial(run_program, window=window) if window is not None else run_program,
            in_window=window is not None and child.HAS_WINDOWS,
        )
        self.firmware = firmware
        self._faults: dict[str, str] = {}
        """What is broken now: {name: NAME or NAME=VALUE}."""
        self.on_start: Callable[[], None] = lambda: None
        """Called, from any thread, when a real board has started by itself: by a finger on its RESET button, mostly."""
        (self.shell.places.home / DOWNLOADS).mkdir(parents=True, exist_ok=True)

    @property
    def prompt(self) -> str:
        """What stands before the learner's line in the current step."""
        step = self.session.step
        if step is None or step.kind not in ("run", "type"):
            return {"find": "Port: ", "choose": "Answer: ", "read": "(Enter) "}.get(step.kind if step else "", "You: ")
        if step.kind == "run":
            return self.shell.prompt
        terminal = self.shell.terminal
        return terminal.prompt if terminal is not None else ""

    @property
    def takes_commands(self) -> bool:
        """Does what is typed now go to the shell, whatever else is open?"""
        step = self.session.step
        return step is not None and step.kind == "run"

    @property
    def at_board(self) -> bool:
        """Does what is typed now go to the board?"""
        step = self.session.step
        return step is not None and step.kind == "type" and self.shell.terminal is not None

    def stop(self) -> None:
        """Ctrl-C while something is being done, or is about to be: ends a program and a wait, and interrupts the board.
        From any thread."""
        self.hands.stopped.set()
        self.shell.interrupt()
        terminal = self.shell.terminal  # the thread that works here may close it at any time
        if self.at_board and terminal is not None:
            terminal.press(KEYS["ctrl-c"])

    def ready(self) -> None:
        """Whatever was stopped, what is done next is not."""
        self.hands.stopped.clear()
        self.shell.ready()

    @property
    def state(self) -> dict[str, Any]:
        """All that is to be kept to go on later, fit for JSON."""
        terminal = self.shell.terminal
        return {
            **self.shell.state,
            "plugged": self.bench.has_cable,
            "terminal": terminal.baud if terminal is not None and terminal.lost is None else None,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put everything where `state` says."""
        self.shell.restore(state)
        if "other-device" in self.session.lesson.start.ready:
            self.bench.plug_other()
        if state.get("plugged") and not self.bench.has_cable:
            self.bench.plug()
        self.keep_faults()

    def open_again(self, state: Mapping[str, Any]) -> None:
        """Open the serial terminal that was open in `state`, at its speed. Where that cannot be, it stays closed."""
        baud = state.get("terminal")
        if isinstance(baud, int) and self.bench.plugged:
            with suppress(EspdojoError, OSError):
                self.hands.open_again(baud)

    def act(self, line: str) -> Evidence | None:
        """Do what the learner's line says in the current step.

        None when there is nothing to judge: the learner only looked around, or what they asked for could not be done
        (and they have been told why).
        """
        self.telling.calm()
        self.hands.led = ""
        self.keep_faults()
        step, before = self.session.step, self.prompt
        line = line.rstrip() if step is not None and step.kind == "type" else line.strip()  # Python counts the indent
        try:
            self.hands.follow_port()
            if hand := HANDS.get(" ".join(line.lower().split())):
                transcript = hand(self.hands) or ""
                return self._evidence(line, transcript=transcript) if step is None or step.kind in BY_HAND else None
            return ACTIONS[step.kind](self, line) if step is not None else None
        except BrokenPipeError:  # nobody reads what is told
            raise
        except (EspdojoError, OSError) as error:
            self.telling.remark(describe(error) or "")
            return None
        finally:
            self.ready()
            if self.shell.terminal is not None:
                self.shell.terminal.catch_up()
            if (
                not before and self.prompt and not self.telling.lives
            ):  # the first prompt belongs to the board's answer, any later one to the next line
                self.telling.tell(f"{self.prompt}\n")

    def nothing_done(self) -> Evidence:
        """Evidence of having done nothing: how desk and board are."""
        return self._evidence("")

    def mend(self) -> None:
        """Mend all that is broken on a fake board, until `keep_faults` breaks it anew."""
        for name in self._faults:
            self.bench.repair(name)
        self._faults = {}

    def keep_faults(self) -> None:
        """Break what is broken in the current step, and mend the rest. A real board is left as it is."""
        step = self.session.step
        present = self.session.lesson.faults_at(self.session.system, step.id if step else None)
        self.shell.troubles = frozenset(present)
        if not self.bench.is_fake:
            return
        wanted = {name: fault for name, fault in present.items() if name not in STAGED or STAGED[name].in_board}
        for name in self._faults.keys() - wanted.keys():
            self.bench.repair(name)
        for name in wanted.keys() - self._faults.keys():
            if self.shell.terminal is not None and self.shell.terminal.lost is None:
                self.shell.close_terminal()  # a fault of the port needs it to be free
            self.bench.inject(wanted[name])
        self._faults = wanted

    def close(self) -> None:
        """Leave the serial terminal. The bench is its owner's to close."""
        self.shell.close_terminal()

    def _hear_board(self, text: str) -> None:
        self.telling.hear_board(text)
        if self.hands.has_started:
            self.on_start()

    def _evidence(self, line: str, **seen: Any) -> Evidence:
        """Evidence of `line`, with all that can be seen from the desk."""
        terminal = self.shell.terminal
        return Evidence(
            line=line,
            port=self.bench.port if self.bench.plugged else None,
            ports=tuple(port.device for port in self.bench.ports()),
            plugged=self.bench.plugged,
            by_typing=self._acts_by_typing,
            folder=self.shell.folder,
            environment=self.shell.environment.name if self.shell.environment else None,
            terminal_baud=terminal.baud if terminal else None,
            flash=self.bench.flash,
            led=self.hands.led,
            firmware=self._downloaded(),
            **seen,
        )

    @property
    def _acts_by_typing(self) -> bool:
        """Is what the current step asks for done by typing it? At a fake board hands are, and so is what mends it."""
        step = self.session.step
        if step is None or not self.bench.is_fake:
            return False
        return bool(step.repairs) or any(solution in HANDS for solution in step.solutions)

    def _downloaded(self) -> Path | None:
        if self.firmware is None:
            return None
        file = self.shell.places.home / DOWNLOADS / self.firmware.name
        return file if file.is_file() else None

    # What a line means in a step of each kind

    def _run(self, line: str) -> Evidence | None:
        """A command; None for one that only fills in a window, which the step does not ask for by itself, and for an
        empty line, at which no shell does anything."""
        if not line:
            return None
        self.hands.free_port()
        read = self.shell.read(line)
        opens_terminal = _is_terminal(read)
        with self.telling.hushed(opens_terminal):
            result = self.shell.run(line)
        if opens_terminal:
            self.telling.collected(without_prompt(result.transcript))
        if isinstance(read, Command) and read.kind == "settings" and not self.session.wants(read):
            return None
        return self._evidence(
            line,
            command=result.command,
            refusal=_why_refused(result.refusal, line) if result.refusal else "",
            exit_status=result.exit_status,
            transcript=result.transcript,
        )

    def _type(self, line: str) -> Evidence | None:
        if _is_terminal(self.shell.read(line)):
            return self._run(line)
        if typed_prompt(line):
            return self._evidence(line)
        terminal, block = self.hands.terminal(), self.session.continues_block
        astray = not block and self.prompt.strip() == MORE
        with self.telling.hushed():
            key = line.strip().lower() or "enter"
            transcript = terminal.key(key) if key in KEYS else terminal.send(line)
        self.telling.collected(answer(transcript, "" if key in KEYS else line))
        unfinished = not block and self.prompt.strip() == MORE
        return self._evidence(line or "enter", transcript=transcript, unfinished=unfinished, astray=astray)

    def _answer(self, line: str) -> Evidence | None:
        """An answer to a question, unless it is a command to look around with."""
        if self.is_look_around(line):
            self.shell.run(line)
            return None
        return self._evidence(line)

    def is_look_around(self, line: str) -> bool:
        """Is a line a command that may be run in any step, and is no answer to it?"""
        command = parse(line, self.session.system)
        return isinstance(command, Command) and command.kind in LOOKING_AROUND

    def _read(self, line: str) -> Evidence | None:
        """Enter, when a page is read. A line may be for looking around; there is nothing else to do with one."""
        if line and not self.is_look_around(line):
            self.telling.note(f"{NOTHING_TO_TYPE}\n")
            return None
        return self._answer(line)

    def _done(self, line: str) -> Evidence | None:
        """Something done with hands; a real board may need a moment until the computer sees it."""
        if self.is_look_around(line):
            return self._answer(line)
        step = self.session.step
        waits = step is not None and any(name == "plugged" for name, _ in step.checks) and not self.bench.is_fake
        if waits:
            self.hands.wait_for_cable(True)
        return self._evidence(line)


Action = Callable[[Desk, str], Evidence | None]

ACTIONS: Final[Mapping[str, Action]] = {
    "run": Desk._run,
    "type": Desk._type,
    "find": Desk._answer,
    "choose": Desk._answer,
    "do": Desk._done,
    "read": Desk._read,
}
"""What a line means, for each kind of step."""

BY_HAND: Final = frozenset({"do", "run", "type"})
"""Steps that can be done with hands, or go wrong by them. A hand is no answer to a question, and reads no page."""


def _why_refused(refusal: Refusal, line: str) -> str:
    """The shell's reason, to be read where what the shell itself has printed may be out of sight."""
    about = f"No command is called `{line.split()[0]}`. " if refusal.message == ONLY_LESSONS else ""
    return f"{about}{refusal.message}"


def _is_terminal(command: Command | Refusal) -> bool:
    return isinstance(command, Command) and command.kind == "terminal"
