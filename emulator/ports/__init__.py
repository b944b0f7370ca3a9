"""The ways into a board: one module for each transport, a row in `TRANSPORTS` for each.

A transport module has a class ``Server(bridge, host, port)`` with a ``url`` and ``close()``.
"""

from importlib import import_module
from typing import Protocol

from emulator.bridge import Bridge
from emulator.ports.server import PortError

TRANSPORTS = {
    "driver": "emulator.ports.driver",
    "rfc2217": "emulator.ports.rfc2217",
    "tcp": "emulator.ports.tcp",
    "pty": "emulator.ports.pty",
}
"""Transports by the names that `Board.serve` and the command line have for them."""


class Server(Protocol):
    """A way in that is open."""

    @property
    def url(self) -> str:
        """What a client opens."""

    def close(self) -> None:
        """Take the way in away; its client is hung up on."""


def serve(transport: str, bridge: Bridge, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Open a way in to `bridge`. Raises PortError when there is no such transport here, or its port is taken."""
    if transport not in TRANSPORTS:
        raise PortError(f"There is no transport '{transport}'. Choose one of: {', '.join(TRANSPORTS)}.")
    server: Server = import_module(TRANSPORTS[transport]).Server(bridge, host, port)
    return server


def register() -> None:
    """Teach pyserial ``esp8266://``: see protocol_esp8266 in this folder."""
    import serial

    if __name__ not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.append(__name__)
