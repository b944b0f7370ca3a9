"""What a learner does with hands: cable, buttons, a look at the board, a terminal window, a browser.

On a fake board it is done. On a real one the learner is asked to do it, and the computer is watched until it notices.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from trainer.board.line_speed import shows_start
from trainer.board.terminal import BAUD, SerialTerminal, TerminalError
from trainer.errors import EspdojoError
from trainer.session import Session
from trainer.workplace.telling import Telling, without_prompt

if TYPE_CHECKING:
    from trainer.board.workbench import Workbench
    from trainer.shell import Shell

__all__ = ["DOWNLOADS", "HANDS", "Hands"]

DOWNLOADS: Final = "Downloads"
"""The folder that browsers save files in, on all three systems."""

PLUG_TIMEOUT_S: Final = 10.0
"""How long a real board may take to turn up after its learner says that it is plugged in."""

STOP_EVERY_S: Final = 0.5
"""How soon a wait for the board notices that the learner stops it."""

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


class AtHand(Protocol):
    """What of a desk is within reach of the hands at it."""

    session: Session
    bench: "Workbench"
    shell: "Shell"
    telling: Telling
    firmware: Path | None
    """The image that a browser would save; None when the computer has none."""


class Hands:
    """The learner's hands at one desk."""

    def __init__(self, desk: AtHand) -> None:
        self._desk = desk
        self.led = ""
        """What the last look at the LED has shown; to be emptied when it counts no longer."""
        self.stopped = threading.Event()
        """Set, from any thread, to end a wait for the board."""

    @property
    def has_started(self) -> bool:
        """Has a real board started by itself since the last thing that was done? By a finger on RESET, mostly."""
        terminal = self._desk.shell.terminal
        return not self._desk.bench.is_fake and terminal is not None and shows_start(terminal.news, terminal.baud)

    # Cable, buttons, eyes

    def plug_in(self) -> None:
        """Put the cable in."""
        self._desk.bench.plug()
        self._by_hand("(You push the cable in. A small light comes on.)", "(Push your board's cable in.)")
        self.wait_for_cable(True)

    def unplug(self) -> None:
        """Pull the cable, and lose the terminal with it."""
        was_open = self._desk.shell.terminal is not None
        self._pull_cable()
        if was_open:
            note = "(The serial terminal is closed with it. `plug in` puts the cable back; the next line opens it.)"
            self._desk.telling.remark(note)

    def _pull_cable(self) -> None:
        self._desk.shell.close_terminal()
        self._desk.bench.unplug()
        self._by_hand("(You pull the cable out.)", "(Pull your board's cable out.)")
        if "://" not in self._desk.bench.port:  # of a connection through the network no cable is seen
            self.wait_for_cable(False)

    def replug(self) -> None:
        """Pull the cable and put it back."""
        self._pull_cable()
        self.plug_in()

    def press_reset(self) -> str:
        """A fake board's button; on a real one, the port's reset line, which is wired to the same pin."""
        terminal = self._desk.shell.terminal
        if not self._desk.bench.is_fake:
            return self._reset_real(terminal)
        self._desk.telling.note("(You press RESET and let it go.)\n")
        with self._desk.telling.hushed():
            self._desk.bench.tap("reset")
            transcript = terminal.wait() if terminal else ""
        self._desk.telling.collected(without_prompt(transcript))
        return transcript

    def _reset_real(self, terminal: SerialTerminal | None) -> str:
        """By the learner's finger, if it was there already; else by the port's line; where there is none, by the finger
        all the same; and if no finger comes, by Ctrl-D."""
        try:
            if terminal is not None and self.has_started:
                transcript = terminal.wait()
                self._desk.telling.note("(You have pressed RESET.)\n")
                return transcript
            with self._desk.telling.hushed():
                transcript = terminal.reset() if terminal else self._desk.bench.reset() or ""
            self._desk.telling.note("(The port's reset line is pulled, as RESET does.)\n")
        except TerminalError as error:
            self._desk.telling.note(f"({error})\n(Press RESET on your board now; it is labelled RST or EN on some.)\n")
            transcript = self._reset_by_hand(terminal) if terminal else ""
        self._desk.telling.collected(without_prompt(transcript))
        return transcript

    def _reset_by_hand(self, terminal: SerialTerminal) -> str:
        with self._desk.telling.hushed():
            transcript = terminal.wait(HANDS_TIMEOUT_S)
            if transcript.strip():
                return transcript
            note = "(Nothing has come. So here is Ctrl-D, which makes Python start afresh without a button.)"
            self._desk.telling.note(f"{note}\n")
            return terminal.key("ctrl-d")

    def press_flash(self) -> None:
        """Hold FLASH down."""
        if self._desk.bench.is_fake:
            self._desk.bench.press("flash")
        self._by_hand(
            "(You hold FLASH down. `release flash` lets it go.)",
            "(Hold the FLASH button of your board down; it is labelled BOOT or IO0 on some.)",
        )

    def release_flash(self) -> None:
        """Let FLASH go."""
        if self._desk.bench.is_fake:
            self._desk.bench.release("flash")
        self._by_hand("(You let FLASH go.)", "(Let the FLASH button go.)")

    def look(self) -> None:
        """Watch the board's LED for a moment. A real one is looked at with eyes."""
        self.led = self._desk.bench.look()
        self._by_hand(f"(You look at the board. Its LED {LED_WORDS[self.led]}.)", "(Look at your board's LED.)")

    def wait_for_cable(self, plugged: bool) -> None:
        """Until a real board is plugged in, or out, and the computer has noticed; where it does not, say what to do."""
        if self._desk.bench.is_fake:  # done at once, and when it is not noticed, finding out why is the learner's
            return
        if self._sees(plugged):
            self.follow_port()
            return
        note = (
            "(The computer has not noticed yet. Is the cable in on both ends, and does it carry data? `espdojo doctor` "
            "in another window looks for what is wrong.)"
            if plugged
            else f"(The computer still sees {self._desk.bench.port}. Perhaps it is another device's port.)"
        )
        self._desk.telling.remark(note)

    def _sees(self, plugged: bool) -> bool:
        """Wait until the computer sees the board, or no longer does; not for ever, nor when the learner stops it."""
        waited_s = 0.0
        while not (seen := self._desk.bench.wait_until(plugged, STOP_EVERY_S)) and waited_s < PLUG_TIMEOUT_S:
            if self.stopped.is_set():
                break
            waited_s += STOP_EVERY_S
        return seen

    def follow_port(self) -> None:
        """A real board may come back under another name; then that name stands in the lesson's text from now on."""
        before = self._desk.session.values.get("port", self._desk.bench.port)
        if self._desk.bench.plugged and self._desk.bench.port != before:
            self._desk.session.values["port"] = self._desk.bench.port
            self._desk.telling.note(f"(Your board is at {self._desk.bench.port} now; it was {before} before.)\n")

    def _by_hand(self, done: str, to_do: str) -> None:
        """Say what hands have done, on a fake board, or have to do, on a real one."""
        self._desk.telling.note(f"{done if self._desk.bench.is_fake else to_do}\n")

    # The terminal window

    def open_terminal(self) -> None:
        """Open the serial terminal at the usual speed on a board that starts, and show its greeting: what stands below
        the boot log."""
        with self._desk.telling.hushed(live_too=True):
            transcript = self._open_terminal(BAUD, START_S)
        greeting = transcript.rpartition("\n\n")[2]
        self._desk.telling.tell(greeting if self._desk.telling.lives else f"{without_prompt(greeting)}\n")

    def open_again(self, baud: int) -> None:
        """Open the serial terminal at the speed at which it was left."""
        self._desk.telling.note(f"(The serial terminal is opened again, at {baud} baud.)\n")
        self._open_terminal(baud)

    def reopen(self) -> str:
        """Close the terminal window and open it again; what the board then says."""
        baud = self._desk.shell.terminal.baud if self._desk.shell.terminal else int(self._desk.session.values["baud"])
        self._desk.shell.close_terminal()
        self._desk.telling.note("(You close the terminal window and open it again.)\n")
        return self._open_terminal(baud)

    def close_terminal(self) -> None:
        """Close the terminal window."""
        self._desk.shell.close_terminal()
        self._desk.telling.note("(The serial terminal is closed.)\n")

    def free_port(self) -> None:
        """Close the terminal before a program runs: only one at a time can have the port."""
        if self._desk.shell.terminal is not None:
            self._desk.shell.close_terminal()
            note = "(The serial terminal is closed first: only one program at a time can have the port.)"
            self._desk.telling.remark(note)

    def terminal(self) -> SerialTerminal:
        """The open terminal; one that was left, or lost its board, is opened again, and that is said."""
        terminal = self._desk.shell.terminal
        if terminal is None or terminal.lost is not None:
            self._desk.shell.close_terminal()
            self._desk.telling.note("(The serial terminal is opened again.)\n")
            self._open_terminal(int(self._desk.session.values["baud"]))
        assert self._desk.shell.terminal is not None
        return self._desk.shell.terminal

    def _open_terminal(self, baud: int, wait_s: float = GREETING_S) -> str:
        with self._desk.telling.hushed():
            transcript = self._desk.shell.open_terminal(self._desk.bench.port, baud).wait(wait_s)
        if not self._desk.telling.lives:
            self._desk.telling.hear(without_prompt(transcript))
        return transcript

    # The browser

    def download(self) -> None:
        """Save the firmware where a browser would."""
        file = self.save_firmware()
        self._desk.telling.note(f"(The browser saves {file.name}, {file.stat().st_size:,} bytes, in {DOWNLOADS}.)\n")

    def save_firmware(self) -> Path:
        """Put the firmware into the learner's Downloads. Raises EspdojoError when there is none."""
        image = self._desk.firmware
        if image is None:
            raise EspdojoError(
                "There is no firmware file to save.",
                cause="Nothing was downloaded, and no image came with espdojo.",
                next_step="Connect to the network and run `espdojo firmware get`.",
            )
        return self._desk.shell.places.write(f"{DOWNLOADS}/{image.name}", image.read_bytes())


HANDS: Final[Mapping[str, Callable[[Hands], str | None]]] = {
    "plug in": Hands.plug_in,
    "unplug": Hands.unplug,
    "replug": Hands.replug,
    "press reset": Hands.press_reset,
    "press flash": Hands.press_flash,
    "release flash": Hands.release_flash,
    "look": Hands.look,
    "reopen": Hands.reopen,
    "close terminal": Hands.close_terminal,
    "download": Hands.download,
}
"""What hands do, as it is typed."""
