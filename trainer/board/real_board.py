"""A real board: its port, or any URL that pyserial opens, and nothing else is known.

What is done to it is judged by what the tools print. A board that comes back under another name after it was unplugged
is followed by what its USB bridge says of itself.
"""

import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from trainer import ports
from trainer.board.terminal import BAUD, open_port, pull_reset
from trainer.board.workbench import Button, Workbench
from trainer.commands.command import port_name
from trainer.errors import EspdojoError
from trainer.ports import Port
from trainer.system import System

__all__ = ["POLL_S", "RealBench"]

POLL_S: Final = 0.2
"""How often the list of ports is looked at while something is waited for."""

CHIP: Final = re.compile(r"^(?:Chip type: +|Chip is |Detecting chip type\W+)([A-Z][\w-]+)", re.MULTILINE)
"""How esptool names the chip: 5.x, up to 4.x, and both while they connect."""

MAC: Final = re.compile(r"^MAC: +((?:[0-9a-f]{2}:){5}[0-9a-f]{2})", re.MULTILINE)


class RealBench(Workbench):
    """A real board's port, or any URL that pyserial opens. `listing` tells the ports of this computer."""

    def __init__(
        self,
        system: System,
        port: str,
        *,
        listing: Callable[[], list[Port]] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(system)
        self._port = port
        self._listing = listing or ports.available
        self._sleep = sleep
        self._seen: Port | None = None
        """What was listed under the port's name when it was last there."""
        self._beside: frozenset[str] = frozenset()
        """The names of the other ports then: another board of the same make is not ours."""
        self._chip = self._mac = ""

    @property
    def is_fake(self) -> bool:
        return False

    @property
    def port(self) -> str:
        return self._port

    @property
    def plugged(self) -> bool:
        """Also finds the board again when it has come back under another name; `port` is that name then."""
        if "://" in self._port:
            return True
        listed = self._listing()
        here = next((port for port in listed if port_name(port.device) == port_name(self._port)), None)
        if here is None and os.path.exists(self._port):
            return True
        here = here or ports.same_device(self._seen, [port for port in listed if port.device not in self._beside])
        if here is None:
            return False
        self._seen, self._port = here, here.device
        self._beside = frozenset(port.device for port in listed) - {here.device}
        return True

    def ports(self) -> list[Port]:
        found = self._listing()
        listed = any(port.device == self._port for port in found)
        return found if listed or not self.plugged else [*found, Port(self._port)]

    def ports_view(self) -> str:
        self._listed = self.ports()
        return ports.view(self._listed, self.system, built_in=False)

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        return dict(base)

    def proven(self, python: Path) -> bool:
        return True

    def description(self) -> str:
        if not self.plugged:
            return "not plugged in now"
        port = next((port for port in self.ports() if port.device == self._port), Port(self._port))
        likely = f", as on {port.bridge.boards}" if port.bridge else ""
        about = port.description or (port.bridge.name if port.bridge else "a serial device without a description")
        chip = f"; the chip says {self._chip}{f', MAC {self._mac}' if self._mac else ''}" if self._chip else ""
        return f"{about}{likely}{chip}"

    def learn_from(self, transcript: str) -> None:
        if chip := CHIP.search(transcript):
            mac = MAC.search(transcript)
            self._chip, self._mac = chip[1], mac[1] if mac else ""

    def wait_until(self, plugged: bool, timeout_s: float) -> bool:
        waited = 0.0
        while self.plugged != plugged:
            if waited >= timeout_s:
                return False
            self._sleep(POLL_S)
            waited += POLL_S
        return True

    def press(self, button: Button) -> None:
        raise EspdojoError(
            "A real board's buttons are pressed by hand.",
            next_step="FLASH is also labelled BOOT or IO0, RESET also RST or EN.",
        )

    def release(self, button: Button) -> None:
        self.press(button)

    def reset(self) -> None:
        connection = open_port(self._port, BAUD, self.system)
        try:
            pull_reset(connection, self._port)
        finally:
            connection.close()

    def plug(self) -> None:
        return None

    def unplug(self) -> None:
        return None

    def _url(self) -> str:
        return self._port

    def close(self) -> None:
        return None
