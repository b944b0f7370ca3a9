"""The workbench: the board a learner works on, fake or real, and what their computer shows of it.

`FakeBench` runs a board of the emulator and plugs it into child processes under the name that such a board
has on the learner's system. `trainer.board.real_board` has the bench for a board about which the tutor knows only its
port.
"""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal

import serial

from trainer import ports
from trainer.board.terminal import BAUD, SerialTerminal, Terminal, TerminalError, open_port, why_not_opened
from trainer.commands.command import port_name
from trainer.images.flashed import FlashView
from trainer.ports import Port
from trainer.system import System

if TYPE_CHECKING:
    from emulator.board import Board
    from emulator.bridge import UsbIdentity
    from emulator.ports import Server

__all__ = ["Button", "FakeBench", "Workbench"]

Button = Literal["flash", "reset"]

TAP_S: Final = 0.15
"""How long a tapped button stays down: longer than EN's capacitor takes to discharge."""

OTHER_PROFILE: Final = "d1-mini"
"""Another device has a bridge chip as this board has."""
LOOK_S: Final = 2.5
"""How long a look at the LED lasts: long enough to see a blink of a second."""

LOOK_EVERY_S: Final = 0.02
FLICKER_HZ: Final = 40
"""What blinks faster looks as if it were only dimmer."""

Output = Callable[[str], None]


class Workbench(ABC):
    """A board to work on. A context manager; `close` frees the port."""

    system: System

    def __init__(self, system: System) -> None:
        self.system = system
        self._listed: list[Port] = []

    @property
    @abstractmethod
    def is_fake(self) -> bool:
        """Is it one of ours? Then nothing can be damaged, and a checker may look inside."""

    @property
    @abstractmethod
    def port(self) -> str:
        """The name that the learner types, whether plugged in or not."""

    @property
    @abstractmethod
    def plugged(self) -> bool:
        """Does the computer see the board?"""

    @abstractmethod
    def ports(self) -> list[Port]:
        """The serial ports that the learner's computer has now."""

    @abstractmethod
    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """The environment for a child process that is to see this board: a changed copy of `base`."""

    @abstractmethod
    def proven(self, python: Path) -> bool:
        """May this interpreter be let near the board? For a fake one: has it been seen to load our driver,
        so that
        it cannot reach a real port instead?"""

    @abstractmethod
    def description(self) -> str:
        """What is at the port, for the question before something is erased."""

    @abstractmethod
    def press(self, button: Button) -> None:
        """Hold a button down. Raises EspdojoError for a real board, whose buttons only hands reach."""

    @abstractmethod
    def release(self, button: Button) -> None:
        """Let it go."""

    @abstractmethod
    def reset(self) -> None:
        """Press RESET for a moment, or the same by the port's lines."""

    @abstractmethod
    def plug(self) -> None:
        """Put the cable in. A real board's is left to hands: nothing happens."""

    @abstractmethod
    def unplug(self) -> None:
        """Pull the cable. Likewise."""

    @abstractmethod
    def _url(self) -> str:
        """What pyserial opens to reach the board."""

    @property
    def has_cable(self) -> bool:
        """Is a cable in, whether the computer sees the board or not?"""
        return self.plugged

    @property
    def other_port(self) -> str:
        """The name of the port of another device than the board; "" where there can be none."""
        return ""

    def plug_other(self) -> None:
        """Plug another device in, one that never says a word. A real computer has what it has: nothing happens."""
        return

    @property
    def board(self) -> "Board | None":
        """The inside of a fake board; None for a real one."""
        return None

    @property
    def flash(self) -> FlashView | None:
        """The flash chip of a fake board, to look into; None for a real one."""
        return None

    def fill_flash(self, contents: Mapping[int, bytes]) -> None:
        """Pull the cable, and fill a fake board's flash chip: blank but for `contents`, {offset: bytes}. A real board's
        is left alone."""
        return

    def inject(self, fault: str) -> None:
        """Break something on a fake board: NAME or NAME=VALUE, of `emulator.faults.FAULTS`."""
        return

    def repair(self, name: str) -> None:
        """Mend the fault of that name, if the board has it."""
        return

    def wait_until(self, plugged: bool, timeout_s: float) -> bool:
        """Wait until the board is plugged in, or no longer is, at most for `timeout_s`. False if that did not come."""
        return self.plugged == plugged

    def learn_from(self, transcript: str) -> None:
        """Remember what a tool printed about the chip, for `description`. A fake board is known already."""
        return

    def tap(self, button: Button) -> None:
        """Press a button and let it go."""
        self.press(button)
        time.sleep(TAP_S)
        self.release(button)

    def look(self) -> str:
        """What the board's LED does: "on", "off" or "blinking"; "" where only eyes can tell."""
        return ""

    def ports_view(self) -> str:
        """The ports as this system shows them (Device Manager, /dev); remembered for `appeared`."""
        self._listed = self.ports()
        return ports.view(self._listed, self.system)

    def appeared(self) -> tuple[list[str], list[str]]:
        """Names that came and that went since `ports_view` was last shown."""
        return ports.difference(self._listed, self.ports())

    def open_terminal(
        self, port: str | None = None, baud: int = BAUD, output: Output = lambda text: None
    ) -> SerialTerminal:
        """Open the board's port as PuTTY or screen would. Raises TerminalError."""
        name = port or self.port
        if port_name(name) != port_name(self.port):
            raise self._no_such_port(name)
        return Terminal(open_port(self._url(), baud, self.system, name), name, baud, output)

    def _no_such_port(self, name: str) -> TerminalError:
        error = serial.SerialException(2, f"could not open port {name}: No such file or directory")
        return why_not_opened(name, error, self.system)

    @abstractmethod
    def close(self) -> None:
        """Clear the bench."""

    def __enter__(self) -> "Workbench":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FakeBench(Workbench):
    """A fake board, running from the start, plugged in or not."""

    def __init__(self, system: System, profile: str = "nodemcu", *, plugged: bool = True, **board_options: Any) -> None:
        """`board_options` are `emulator.board.Board`'s (flash, flash_size, clock ...)."""
        super().__init__(system)
        from emulator import plug, profiles  # here, so that a real board needs nothing of the emulator
        from emulator.board import Board

        self._plug = plug
        self._other: Server | None = None
        self._board = Board(profile, **board_options)
        try:
            self._driver_url = self._board.start().serve("driver")
        except BaseException:
            self._board.close()
            raise
        taken = [port.device for port in ports.available()]
        self._port = plug.default_name(system, taken, self._board.profile.usb)
        self._other_usb = profiles.load(OTHER_PROFILE).usb
        self._other_port = plug.default_name(system, [*taken, self._port], self._other_usb)
        self._proven: set[Path] = set()
        if not plugged:
            self.unplug()

    @property
    def is_fake(self) -> bool:
        return True

    @property
    def board(self) -> "Board":
        return self._board

    @property
    def flash(self) -> FlashView:
        return self._board.flash

    def fill_flash(self, contents: Mapping[int, bytes]) -> None:
        self.unplug()
        self._board.fill_flash(contents)

    def inject(self, fault: str) -> None:
        self._board.inject(fault)

    def repair(self, name: str) -> None:
        self._board.repair(name)

    @property
    def port(self) -> str:
        return self._port

    @property
    def plugged(self) -> bool:
        return self._board.bridge.plugged

    @property
    def has_cable(self) -> bool:
        return self._board.bridge.has_cable

    def ports(self) -> list[Port]:
        found = [self._as_port(self._port, self._board.profile.usb)] if self.plugged else []
        return found if self._other is None else [*found, self._as_port(self._other_port, self._other_usb)]

    def _as_port(self, name: str, usb: "UsbIdentity") -> Port:
        on_windows = self.system == "windows"
        return Port(
            name,
            f"{usb.windows_description} ({name})" if on_windows else usb.product,
            (usb.windows_manufacturer if on_windows else usb.manufacturer) or "",
            usb.vid,
            usb.pid,
            usb.serial_number,
        )

    @property
    def other_port(self) -> str:
        return self._other_port

    def plug_other(self) -> None:
        if self._other is None:
            from emulator.bridge import Bridge
            from emulator.ports import serve

            self._other = serve("driver", Bridge("none", usb=self._other_usb))

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        others = {} if self._other is None else {self._other_port: self._other.url}
        return self._plug.environment(self._driver_url, self._port, base, others)

    def proven(self, python: Path) -> bool:
        """Asked once for each interpreter."""
        if python not in self._proven and self._plug.probe(python, self.environment(os.environ)):
            self._proven.add(python)
        return python in self._proven

    def description(self) -> str:
        return f"a fake {self._board.profile.title}"

    def press(self, button: Button) -> None:
        self._board.press(button)

    def release(self, button: Button) -> None:
        self._board.release(button)

    def reset(self) -> None:
        self._board.reset()

    def plug(self) -> None:
        self._board.plug()

    def unplug(self) -> None:
        self._board.unplug()
        self._board.wait_until_off()  # who plugs it in again at once shall find it started anew

    def look(self) -> str:
        """Watch for `LOOK_S`, or until it has changed twice: then it blinks. What flickers too fast to see is on."""
        if not self._board.has_power:
            return "off"
        gpio, pin = self._board.gpio, self._board.profile.led_gpio
        wave = self._board.wiring.waves.get(pin)
        if wave is not None and (wave.frequency_hz or 0) > FLICKER_HZ:
            return "on"
        lit, changes = gpio.level(pin) == 0, 0
        deadline = time.monotonic() + LOOK_S
        while changes < 2 and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
            before, lit = lit, gpio.level(pin) == 0
            changes += before != lit
        return "blinking" if changes == 2 else "on" if lit else "off"

    def open_terminal(
        self, port: str | None = None, baud: int = BAUD, output: Output = lambda text: None
    ) -> SerialTerminal:
        if self._other is not None and port_name(port or "") == port_name(self._other_port):
            return Terminal(open_port(self._other.url, baud, self.system, self._other_port), port or "", baud, output)
        if not self.plugged:
            raise self._no_such_port(port or self._port)
        return super().open_terminal(port, baud, output)

    def _url(self) -> str:
        return self._driver_url

    def close(self) -> None:
        if self._other is not None:
            self._other.close()
        self._board.close()
