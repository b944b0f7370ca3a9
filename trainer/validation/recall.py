"""What a board once did, it does again from the same state: so it is asked only once.

A lesson is played for three systems, and at each step the same state is put back again and again. To the board most
of that is the same: the same flash, the same cable, the same lines typed. `RecallingBench` stands between a desk and
its fake board. It knows a state by the flash that the board began with and by all that was done since, and remembers
what came of each deed in each state. What is known is answered without the board, which falls behind. When something
comes up that is not known, the board catches up: it begins with that flash again, and everything is done once more.

The names of ports and the spelling of commands, which differ from system to system, are nothing that a board knows. A
program that could not open a port has been told so in its system's words, and is known on systems with such words only.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from emulator.faults import FAULTS
from emulator.startup.espdojo_port.environment import is_windows_name
from emulator.trace import Event
from trainer.board.terminal import BAUD, SerialTerminal, Terminal, TerminalError, open_port
from trainer.board.workbench import TAP_S, Button, FakeBench, Output
from trainer.commands.command import port_name
from trainer.computer.child import INTERRUPTED, Finished
from trainer.course.start import fault_name
from trainer.system import System
from trainer.validation.memory import NOTHING, UNKNOWN, Deed, Done, Memory, Outcome, Perform, Seen, State, after
from trainer.validation.programs import Key, Ports
from trainer.validation.recalled_terminal import RecalledTerminal
from trainer.validation.settling import Settling

__all__ = ["DivergedError", "Mark", "RecallingBench"]

PATIENCE_S: Final = 5.0
"""How long a board is waited for that came to its prompt the last time."""

GLANCE_S: Final = 1.0
"""How long a board is waited for that did not come to its prompt the last time."""

BUTTONS: Final[tuple[Button, ...]] = ("flash", "reset")


class DivergedError(Exception):
    """The board did something else than the last time, or would have to: it cannot catch up."""


@dataclass(frozen=True)
class Mark:
    """A moment that `RecallingBench.forget` leads back to."""

    state: State
    deeds: int


class RecallingBench(FakeBench):
    """A fake board that is asked only what `memory` does not know. Unplugged at first, its flash blank."""

    def __init__(self, system: System, profile: str, memory: Memory) -> None:
        super().__init__(system, profile, clock="max")
        super().unplug()
        self.eager = False
        """Do everything anew, and remember what comes of it now."""
        self._memory = memory
        self._history: list[Done] = []
        self._faults: dict[str, str] = {}
        self._buttons: set[Button] = set()
        self._terminal: RecalledTerminal | None = None
        self.state: State = UNKNOWN
        """Equal as long as nothing has happened to the board that could matter later."""
        self.seen = Seen()
        # The board itself, which may be behind.
        self._board_state: State = UNKNOWN
        self._broken: set[str] = set()
        self._live: Terminal | None = None
        self._told: list[str] = []
        self._attached = 0
        self._settling = Settling(self._board)
        self._board.events.subscribe(self._hear)
        self.fill_flash({})

    # States

    def start_from(self, flash: str) -> None:
        """From now on this is a sound board without power that has those contents in its flash; no terminal is open."""
        self._origin = flash
        self._history.clear()
        self._faults.clear()
        self._buttons.clear()
        self._terminal = None
        self.seen = Seen(at_rest=True)
        self.state = after(UNKNOWN, (self._board.profile.name, flash, str(self._other is not None)))

    def settled_flash(self) -> str:
        """Wait until firmware that was just started has done what it does in the flash at first; the flash's name."""

        def settle(_: float) -> Finished:
            self._settling.wait()
            return NOTHING

        if self.seen.has_cable:
            self._do(("settle",), settle)
        return self.flash_name()

    def rest(self, flash: str) -> None:
        """From now on this is a board with those contents that was just plugged in, with the faults that it has now.

        To be called where it makes no difference: the board is at rest, and no terminal is open.
        """
        level, faults, seen = self._board_state == self.state, dict(self._faults), self.seen
        self.start_from(flash)
        for name, fault in faults.items():
            self._faults[name] = fault
            self._assume(("inject", fault), self._breaking(fault), Seen(at_rest=True))
        if seen.has_cable:
            self._assume(("plug",), lambda _: self._by_hand(FakeBench.plug), Seen(seen.plugged, True, True))
        if level:
            self._board_state = self.state

    @property
    def can_rest(self) -> bool:
        """Whether its flash is all that would survive, and no fault keeps count of what happens."""
        return self.seen.at_rest and self._terminal is None and not any(FAULTS[name].counts for name in self._faults)

    def again(self) -> None:
        """What is done from now on is another attempt: what came of the first one is no answer to it."""
        level = self._board_state == self.state
        self._assume(("again",), lambda _: NOTHING, self.seen)
        if level:
            self._board_state = self.state

    def mark(self) -> Mark:
        """This moment."""
        return Mark(self.state, len(self._history))

    def forget(self, mark: Mark) -> None:
        """What was done since `mark` has left no trace."""
        if self._board_state == self.state:
            self._board_state = mark.state
        del self._history[mark.deeds :]
        self.state = mark.state

    # What a desk does

    @property
    def plugged(self) -> bool:
        return self.seen.plugged

    @property
    def has_cable(self) -> bool:
        return self.seen.has_cable

    @property
    def flash(self) -> "RecalledFlash":
        return RecalledFlash(self._board.flash.size, lambda: self._memory.flash(self.flash_name()))

    def fill_flash(self, contents: Mapping[int, bytes]) -> None:
        faults = dict(self._faults)
        self.start_from(self._memory.keep(self._board.flash_image(contents)))
        for fault in faults.values():
            self.inject(fault)

    def plug(self) -> None:
        self._do(("plug",), lambda _: self._by_hand(FakeBench.plug))

    def unplug(self) -> None:
        if self.seen.has_cable:
            self._do(("unplug",), lambda _: self._by_hand(FakeBench.unplug))

    def plug_other(self) -> None:
        if self._other is None:
            super().plug_other()
            self.state = after(self.state, ("other",))

    def press(self, button: Button) -> None:
        self._buttons.add(button)
        self._do(("press", button), lambda _: self._by_hand(FakeBench.press, button))

    def release(self, button: Button) -> None:
        if button in self._buttons:
            self._buttons.remove(button)
            self._do(("release", button), lambda _: self._by_hand(FakeBench.release, button))

    def tap(self, button: Button) -> None:
        def tap(_: float) -> Finished:
            self._board.press(button)
            time.sleep(TAP_S)
            self._board.release(button)
            return NOTHING

        self._buttons.discard(button)
        self._do(("tap", button), tap)

    def reset(self) -> None:
        self._do(("reset",), lambda _: self._by_hand(FakeBench.reset))

    def inject(self, fault: str) -> None:
        self._faults[fault_name(fault)] = fault
        self._do(("inject", fault), self._breaking(fault))

    def repair(self, name: str) -> None:
        if self._faults.pop(name, None) is not None:
            self._do(("repair", name), lambda _: self._by_hand(FakeBench.repair, name))

    def look(self) -> str:
        return self._do(("look",), lambda _: Finished(0, FakeBench.look(self))).finished.transcript

    def open_terminal(
        self, port: str | None = None, baud: int = BAUD, output: Output = lambda text: None
    ) -> SerialTerminal:
        name = port or self.port
        is_other = self._other is not None and port_name(name) == port_name(self.other_port)
        if not is_other and (not self.plugged or port_name(name) != port_name(self.port)):
            raise self._no_such_port(name)

        def opened(_: float) -> Finished:
            url = self._other.url if is_other and self._other is not None else self._driver_url
            self._live = Terminal(open_port(url, baud, self.system, name), name, baud, self._told.append)
            return NOTHING

        self._do(("open", str(is_other), baud), opened)
        self._terminal = RecalledTerminal(self, name, baud, output)
        return self._terminal

    def close_terminal(self, terminal: RecalledTerminal) -> None:
        """Close it, unless it has gone with the state that it belonged to."""
        if self._terminal is terminal:
            self._terminal = None
            self._do(("close",), lambda _: self._hang_up())

    def ask(self, deed: Deed, question: Callable[[Terminal], str], limit_s: float) -> Outcome:
        """What came of something done at the terminal."""

        def asked(patience_s: float) -> Finished:
            assert self._live is not None
            self._live.patience_s = min(limit_s, patience_s)
            return Finished(0, question(self._live))

        return self._do((*deed, limit_s), asked)

    def run(self, run: Callable[[], Finished], key: Key | None, still_same: Callable[[], bool]) -> Finished:
        """What came of a program that talks to the board. `key` tells runs apart; one without a key is always done.

        `still_same` says whether a run would be that one if it were done once more; what it is worth remembering.
        """
        names, attached = self.port_names, 0

        def once(_: float) -> Finished:
            nonlocal attached
            attached = self._attached
            finished = run()
            return Finished(finished.exit_status, names.hidden(finished.transcript))

        def again(patience_s: float) -> Finished:
            if not still_same():
                raise DivergedError("a file that a program has read is another one now")
            return once(patience_s)

        def known_as() -> Deed | None:
            """Our driver speaks as the system's where it refuses to open a port, and nowhere else."""
            if key is None or not still_same():
                return None
            bridge = self._board.bridge
            has_opened = self._attached > attached and bridge.plugged and not bridge.refusals and self._other is None
            return everywhere if has_opened else here

        everywhere: Deed = ("run", *(key or ("once", self._memory.once())))
        here: Deed = (*everywhere, "with ports as on Windows" if is_windows_name(self.port) else "with ports as files")
        finished = self._do(here if self._knows(here) else everywhere, once, again, known_as).finished
        return Finished(finished.exit_status, names.shown(finished.transcript))

    @property
    def port_names(self) -> Ports:
        """The names of this system's ports."""
        return Ports(self.port, self.other_port)

    def close(self) -> None:
        if self._live is not None:
            self._live.close()
        super().close()

    # How it is done

    def _knows(self, deed: Deed) -> bool:
        """Is it clear what comes of it now?"""
        return not self.eager and (self.state, deed) in self._memory.outcomes

    def _do(
        self,
        deed: Deed,
        perform: Perform,
        again: Perform | None = None,
        known_as: Callable[[], Deed | None] | None = None,
    ) -> Outcome:
        """What comes of a deed; known, or from the board. `again` does it once more, if that is something else;
        `known_as` says afterwards as which deed it is to be remembered, None: not at all."""
        if self._knows(deed):
            outcome = self._memory.outcomes[self.state, deed]
        else:
            self._catch_up()
            finished, told = self._carry_out(perform)
            remembered = known_as() if known_as is not None else deed
            if finished.exit_status == INTERRUPTED:
                remembered = None
            deed = remembered or ("once", self._memory.once())
            outcome = Outcome(after(self.state, deed), finished, told, self._look_around())
            if remembered is not None:
                self._memory.outcomes[self.state, deed] = outcome
            self._board_state = outcome.state
        self._history.append(Done(deed, again or perform, outcome))
        self.state, self.seen = outcome.state, outcome.seen
        return outcome

    def _carry_out(self, perform: Perform) -> tuple[Finished, str]:
        """What came of it, and what the terminal has shown."""
        before, self._board_state = self._board_state, UNKNOWN  # if it breaks off
        try:
            finished = perform(float("inf"))
        except TerminalError:  # refused, so nothing was done
            self._board_state = before
            raise
        told, self._told[:] = "".join(self._told), []
        return finished, told

    def _assume(self, deed: Deed, perform: Perform, seen: Seen) -> None:
        """A deed of which it is clear what comes of it."""
        outcome = Outcome(after(self.state, deed), NOTHING, "", seen)
        self._memory.outcomes.setdefault((self.state, deed), outcome)
        self._history.append(Done(deed, perform, outcome))
        self.state, self.seen = outcome.state, seen

    def _look_around(self) -> Seen:
        bridge, live = self._board.bridge, self._live
        at_rest = bridge.pins.en and bridge.pins.gpio0 and bridge.running() == "program"
        transcript, lost = (live.transcript, live.lost) if live is not None else ("", None)
        return Seen(bridge.plugged, bridge.has_cable, at_rest, transcript, lost)

    def _catch_up(self) -> None:
        """Bring the board into this state. Raises DivergedError."""
        if self._board_state == self.state:
            return
        self._board_state = UNKNOWN
        self._hang_up()
        for button in BUTTONS:
            self._board.release(button)
        for name in self._broken:
            self._board.repair(name)
        self._board.unplug()
        self._board.fill_flash({0: self._memory.flash(self._origin)})
        for done in self._history:
            now = done.perform(float("inf") if done.prompted else GLANCE_S)
            if done.prompted and self._live is not None and not self._live.at_prompt:
                self._live.wait(PATIENCE_S)  # it starts more slowly than the last time, and must not be disturbed
            if not done.repeated(now):
                raise DivergedError("the board has done something else than the last time")
        self._told.clear()
        self._board_state = self.state

    def _by_hand(self, do: Callable[..., object], *arguments: object) -> Finished:
        do(self, *arguments)
        return NOTHING

    def _breaking(self, fault: str) -> Perform:
        def inject(_: float) -> Finished:
            self._board.inject(fault)
            self._broken.add(fault_name(fault))
            return NOTHING

        return inject

    def _hang_up(self) -> Finished:
        live, self._live = self._live, None
        if live is not None:
            live.close()
        return NOTHING

    def flash_name(self) -> str:
        """The name of what the flash holds; to look changes nothing."""
        key = self.state, ("flash",)
        if (known := self._memory.outcomes.get(key)) is None or self.eager:
            self._catch_up()
            name = self._memory.keep(self._board.flash.read(0, self._board.flash.size))
            known = self._memory.outcomes[key] = Outcome(self.state, Finished(0, name), "", self.seen)
        return known.finished.transcript

    def _hear(self, event: Event) -> None:
        self._attached += event.name == "attach"


class RecalledFlash:
    """A view of the flash, which is fetched when it is looked at."""

    def __init__(self, size: int, fetch: Callable[[], bytes]) -> None:
        self.size = size
        self._fetch = fetch

    def read(self, offset: int, length: int) -> bytes:
        """Its contents from `offset` on."""
        return self._fetch()[offset : offset + length]
