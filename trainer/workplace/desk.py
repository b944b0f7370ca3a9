"""The learner's desk: shell, serial terminal, board and hands; what is done there becomes evidence.

Every interface hands a learner's line to `Desk.act`, and so does the demo. The kind of the current step decides what a
line means: a command, a line for the board, an answer. A few words are hands (`plug in`, `press reset`), in every step.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trainer.board.flood import Flood, abridged
from trainer.board.line_speed import shows_start
from trainer.board.terminal import BAUD, KEYS, PROMPT, SerialTerminal, TerminalError
from trainer.checks import Evidence, typed_prompt
from trainer.commands.meaning import Command, Refusal, parse
from trainer.computer import child
from trainer.computer.staged import STAGED
from trainer.console import text_width
from trainer.errors import EspdojoError, describe
from trainer.prose import paragraph
from trainer.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainer.board.workbench import Workbench

__all__ = ["DOWNLOADS", "HANDS", "NOTHING_TO_TYPE", "Desk"]

DOWNLOADS: Final = "Downloads"
"""The folder that browsers save files in, on all three systems."""

PLUG_TIMEOUT_S: Final = 10.0
"""How long a real board may take to turn up after its learner says that it is plugged in."""

STOP_EVERY_S: Final = 0.5
"""How soon a wait for the board notices that the learner stops it."""

LIVE_LINES: Final = 500
"""So many lines of a board are shown at once in a terminal that can be scrolled back."""

HANDS_TIMEOUT_S: Final = 15.0
"""How long a finger may take to find RESET."""

GREETING_S: Final = 0.5
"""How long a terminal that was just opened waits for the board to speak first."""

START_S: Final = 3.0
"""How long it waits for a board that was plugged in a moment ago."""

LED_WORDS: Final[Mapping[str, str]] = {
    "on": "is on",
    "off": "is off",
    "blinking": "blinks",
    "": "is not for us to see",
}
"""What `Workbench.look` saw, in words."""

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
        self._lives = window is not None
        self.shell = Shell(
            workspace,
            session.system,
            bench,
            self._hear,
            confirm=confirm,
            board_output=self._hear_board,
            run_program=partial(run_program, window=window) if window is not None else run_program,
            in_window=self._lives and child.HAS_WINDOWS,
        )
        self._flood = Flood(LIVE_LINES) if self._lives else Flood()
        self.firmware = firmware
        self._tell = tell
        self._note = note or tell
        self._quiet = False
        self._faults: dict[str, str] = {}
        """What is broken now: {name: NAME or NAME=VALUE}."""
        self._led = ""
        self._stopped = threading.Event()
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
        return terminal.transcript.rpartition("\n")[2] if terminal is not None and terminal.at_prompt else ""

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
        """Ctrl-C while something is being done: ends a program and a wait, and interrupts the board. From any
        thread."""
        self._stopped.set()
        self.shell.interrupt()
        if self.at_board and self.shell.terminal is not None:
            self.shell.terminal.press(KEYS["ctrl-c"])

    @property
    def state(self) -> dict[str, Any]:
        """All that is to be kept to go on later, fit for JSON."""
        return {**self.shell.state, "plugged": self.bench.has_cable}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put everything where `state` says."""
        self.shell.restore(state)
        if "other-device" in self.session.lesson.start.ready:
            self.bench.plug_other()
        if state.get("plugged") and not self.bench.has_cable:
            self.bench.plug()
        self.keep_faults()

    def act(self, line: str) -> Evidence | None:
        """Do what the learner's line says in the current step.

        None when there is nothing to judge: the learner only looked around, or what they asked for could not be done
        (and they have been told why).
        """
        self._flood.calm()
        self._led = ""
        self.keep_faults()
        self._stopped.clear()
        step, before = self.session.step, self.prompt
        line = line.rstrip() if step is not None and step.kind == "type" else line.strip()  # Python counts the indent
        try:
            self._follow_port()
            if hand := HANDS.get(" ".join(line.lower().split())):
                return self._evidence(line, transcript=hand(self) or "")
            return ACTIONS[step.kind](self, line) if step is not None else None
        except BrokenPipeError:  # nobody reads what is told
            raise
        except (EspdojoError, OSError) as error:
            self._note(f"{paragraph(describe(error) or '', text_width())}\n")
            return None
        finally:
            if self.shell.terminal is not None:
                self.shell.terminal.catch_up()
            if (
                not before and self.prompt and not self._lives
            ):  # the first prompt belongs to the board's answer, any later one to the next line
                self._tell(f"{self.prompt}\n")

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

    def _hear(self, text: str) -> None:
        """What shell and board print, shown at once unless an answer of the board is being collected."""
        if not self._quiet:
            self._tell(text)

    def _hear_board(self, text: str) -> None:
        """What a board sends to the serial terminal."""
        if not self._quiet and (shown := self._flood.feed(text)):
            self._tell(shown)
        if self._has_started:
            self.on_start()

    @property
    def _has_started(self) -> bool:
        """Has a real board started by itself since the last thing that was done?"""
        terminal = self.shell.terminal
        return not self.bench.is_fake and terminal is not None and shows_start(terminal.news)

    def _tell_collected(self, text: str) -> None:
        """What was collected while it was quiet."""
        if not self._lives:
            self._tell(text)

    def _evidence(self, line: str, **seen: Any) -> Evidence:
        """Evidence of `line`, with all that can be seen from the desk."""
        terminal = self.shell.terminal
        return Evidence(
            line=line,
            port=self.bench.port if self.bench.plugged else None,
            ports=tuple(port.device for port in self.bench.ports()),
            plugged=self.bench.plugged,
            folder=self.shell.folder,
            environment=self.shell.environment.name if self.shell.environment else None,
            terminal_baud=terminal.baud if terminal else None,
            flash=self.bench.flash,
            led=self._led,
            firmware=self._downloaded(),
            **seen,
        )

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
        self._close_terminal_first()
        read = self.shell.read(line)
        opens_terminal = _is_terminal(read)
        with self._hushed(opens_terminal):
            result = self.shell.run(line)
        if opens_terminal:
            self._tell_collected(_without_prompt(result.transcript))
        if isinstance(read, Command) and read.kind == "settings" and not self.session.wants(read):
            return None
        return self._evidence(
            line,
            command=result.command,
            refusal=result.refusal.message if result.refusal else "",
            exit_status=result.exit_status,
            transcript=result.transcript,
        )

    def _type(self, line: str) -> Evidence | None:
        if _is_terminal(self.shell.read(line)):
            return self._run(line)
        if typed_prompt(line):
            return self._evidence(line)
        terminal = self._terminal()
        with self._hushed():
            key = line.strip().lower() or "enter"
            transcript = terminal.key(key) if key in KEYS else terminal.send(line)
        self._tell_collected(_answer(transcript, "" if key in KEYS else line))
        return self._evidence(line or "enter", transcript=transcript)

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
            self._note(f"{NOTHING_TO_TYPE}\n")
            return None
        return self._answer(line)

    def _done(self, line: str) -> Evidence | None:
        """Something done with hands; a real board may need a moment until the computer sees it."""
        if self.is_look_around(line):
            return self._answer(line)
        step = self.session.step
        waits = step is not None and any(name == "plugged" for name, _ in step.checks) and not self.bench.is_fake
        if waits:
            self._wait_for_cable(True)
        return self._evidence(line)

    # Hands

    def plug_in(self) -> None:
        self.bench.plug()
        self._by_hand("(You push the cable in. A small light comes on.)", "(Push your board's cable in.)")
        self._wait_for_cable(True)

    def unplug(self) -> None:
        was_open = self.shell.terminal is not None
        self._pull_cable()
        if was_open:
            note = "(The serial terminal is closed with it. `plug in` puts the cable back; the next line opens it.)"
            self._note(f"{paragraph(note, text_width())}\n")

    def _pull_cable(self) -> None:
        self.shell.close_terminal()
        self.bench.unplug()
        self._by_hand("(You pull the cable out.)", "(Pull your board's cable out.)")
        if "://" not in self.bench.port:  # of a connection through the network no cable is seen
            self._wait_for_cable(False)

    def replug(self) -> None:
        self._pull_cable()
        self.plug_in()

    def press_reset(self) -> str:
        """A fake board's button; on a real one, the port's reset line, which is wired to the same pin."""
        terminal = self.shell.terminal
        if not self.bench.is_fake:
            return self._reset_real(terminal)
        self._note("(You press RESET and let it go.)\n")
        with self._hushed():
            self.bench.tap("reset")
            transcript = terminal.wait() if terminal else ""
        self._tell_collected(_without_prompt(transcript))
        return transcript

    def _reset_real(self, terminal: SerialTerminal | None) -> str:
        """By the learner's finger, if it was there already; else by the port's line; where there is none, by the finger
        all the same; and if no finger comes, by Ctrl-D."""
        try:
            if terminal is not None and self._has_started:
                transcript = terminal.wait()
                self._note("(You have pressed RESET.)\n")
                return transcript
            with self._hushed():
                transcript = terminal.reset() if terminal else self.bench.reset() or ""
            self._note("(The port's reset line is pulled, as RESET does.)\n")
        except TerminalError as error:
            self._note(f"({error})\n(Press RESET on your board now; it is labelled RST or EN on some.)\n")
            transcript = self._reset_by_hand(terminal) if terminal else ""
        self._tell_collected(_without_prompt(transcript))
        return transcript

    def _reset_by_hand(self, terminal: SerialTerminal) -> str:
        with self._hushed():
            transcript = terminal.wait(HANDS_TIMEOUT_S)
            if transcript.strip():
                return transcript
            self._note("(Nothing has come. So here is Ctrl-D, which makes Python start afresh without a button.)\n")
            return terminal.key("ctrl-d")

    def press_flash(self) -> None:
        if self.bench.is_fake:
            self.bench.press("flash")
        self._by_hand(
            "(You hold FLASH down. `release flash` lets it go.)",
            "(Hold the FLASH button of your board down; it is labelled BOOT or IO0 on some.)",
        )

    def release_flash(self) -> None:
        if self.bench.is_fake:
            self.bench.release("flash")
        self._by_hand("(You let FLASH go.)", "(Let the FLASH button go.)")

    def open_terminal(self) -> None:
        """Open the serial terminal at the usual speed on a board that starts, and show its greeting: what stands below
        the boot log."""
        with self._hushed(live_too=True):
            transcript = self._open_terminal(BAUD, START_S)
        greeting = transcript.rpartition("\n\n")[2]
        self._tell(greeting if self._lives else f"{_without_prompt(greeting)}\n")

    def look(self) -> None:
        """Watch the board's LED for a moment. A real one is looked at with eyes."""
        self._led = self.bench.look()
        self._by_hand(f"(You look at the board. Its LED {LED_WORDS[self._led]}.)", "(Look at your board's LED.)")

    def reopen(self) -> str:
        baud = self.shell.terminal.baud if self.shell.terminal else int(self.session.values["baud"])
        self.shell.close_terminal()
        self._note("(You close the terminal window and open it again.)\n")
        return self._open_terminal(baud)

    def close_terminal(self) -> None:
        self.shell.close_terminal()
        self._note("(The serial terminal is closed.)\n")

    def download(self) -> None:
        """Save the firmware where a browser would."""
        target = self.save_firmware()
        self._note(f"(The browser saves {target.name}, {target.stat().st_size:,} bytes, in {DOWNLOADS}.)\n")

    def save_firmware(self) -> Path:
        """Put the firmware into the learner's Downloads. Raises EspdojoError when there is none."""
        if self.firmware is None:
            raise EspdojoError(
                "There is no firmware file to save.",
                cause="Nothing was downloaded, and no image came with espdojo.",
                next_step="Connect to the network and run `espdojo firmware get`.",
            )
        return self.shell.places.write(f"{DOWNLOADS}/{self.firmware.name}", self.firmware.read_bytes())

    def _wait_for_cable(self, plugged: bool) -> None:
        """Until a real board is plugged in, or out, and the computer has noticed; where it does not, say what to do."""
        if self.bench.is_fake:  # done at once, and when it is not noticed, finding out why is the learner's
            return
        if self._sees(plugged):
            self._follow_port()
            return
        note = (
            "(The computer has not noticed yet. Is the cable in on both ends, and does it carry data? `espdojo doctor` "
            "in another window looks for what is wrong.)"
            if plugged
            else f"(The computer still sees {self.bench.port}. Perhaps it is another device's port.)"
        )
        self._note(f"{paragraph(note, text_width())}\n")

    def _sees(self, plugged: bool) -> bool:
        """Wait until the computer sees the board, or no longer does; not for ever, nor when the learner stops it."""
        waited_s = 0.0
        while not (seen := self.bench.wait_until(plugged, STOP_EVERY_S)) and waited_s < PLUG_TIMEOUT_S:
            if self._stopped.is_set():
                break
            waited_s += STOP_EVERY_S
        return seen

    def _follow_port(self) -> None:
        """A real board may come back under another name; then that name stands in the lesson's text from now on."""
        before = self.session.values.get("port", self.bench.port)
        if self.bench.plugged and self.bench.port != before:
            self.session.values["port"] = self.bench.port
            self._note(f"(Your board is at {self.bench.port} now; it was {before} before.)\n")

    def _by_hand(self, done: str, to_do: str) -> None:
        """Say what hands have done, on a fake board, or have to do, on a real one."""
        self._note(f"{done if self.bench.is_fake else to_do}\n")

    # The serial terminal

    def _terminal(self) -> SerialTerminal:
        """The open terminal; one that was left, or lost its board, is opened again, and that is said."""
        terminal = self.shell.terminal
        if terminal is None or terminal.lost is not None:
            self.shell.close_terminal()
            self._note("(The serial terminal is opened again.)\n")
            self._open_terminal(int(self.session.values["baud"]))
        assert self.shell.terminal is not None
        return self.shell.terminal

    def _open_terminal(self, baud: int, wait_s: float = GREETING_S) -> str:
        with self._hushed():
            self.shell.terminal = self.bench.open_terminal(self.bench.port, baud, self._hear_board)
            transcript = self.shell.terminal.wait(wait_s)
        if not self._lives:
            self._hear(_without_prompt(transcript))
        return transcript

    def _close_terminal_first(self) -> None:
        """Only one program at a time can have the port."""
        if self.shell.terminal is not None:
            self.shell.close_terminal()
            note = "(The serial terminal is closed first: only one program at a time can have the port.)"
            self._note(f"{paragraph(note, text_width())}\n")

    @contextmanager
    def _hushed(self, hushed: bool = True, *, live_too: bool = False) -> "Iterator[None]":
        before, self._quiet = self._quiet, (hushed and (live_too or not self._lives)) or self._quiet
        try:
            yield
        finally:
            self._quiet = before


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

HANDS: Final[Mapping[str, Callable[[Desk], str | None]]] = {
    "plug in": Desk.plug_in,
    "unplug": Desk.unplug,
    "replug": Desk.replug,
    "press reset": Desk.press_reset,
    "press flash": Desk.press_flash,
    "release flash": Desk.release_flash,
    "look": Desk.look,
    "reopen": Desk.reopen,
    "close terminal": Desk.close_terminal,
    "download": Desk.download,
}
"""What hands do, as it is typed."""


def _is_terminal(command: Command | Refusal) -> bool:
    return isinstance(command, Command) and command.kind == "terminal"


def _without_prompt(transcript: str) -> str:
    """A board's text without the prompt at its end, which the interface shows itself."""
    text = abridged(PROMPT.sub(r"\1", transcript))
    return text if not text or text.endswith("\n") else text + "\n"


def _answer(transcript: str, line: str) -> str:
    """A board's answer without the echo of `line`, which the learner has just seen."""
    text = transcript.lstrip("\n")
    return _without_prompt(text.removeprefix(line).lstrip("\n") if line else text)
