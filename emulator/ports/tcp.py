"""Raw TCP: the bytes and nothing else, for PuTTY's raw mode, bridges and scripts.

There is no rate and there are no lines: the client is always at the board's rate, and resets come from the board's
buttons (the commands that `espdojo board` reads).
"""

import socket

from emulator.bridge import BridgeError
from emulator.ports.server import SocketClient, SocketServer, chunks, refuse


class Server(SocketServer):
    """Serves a bridge to raw TCP clients, one at a time; a second one is told why not."""

    @property
    def url(self) -> str:
        """What pyserial opens."""
        return f"socket://{self.address}"

    def handle(self, connection: socket.socket) -> None:
        """Pass bytes both ways until the client leaves."""
        client = SocketClient(connection)
        try:
            with client.attached(self.bridge):
                self.bridge.set_baud(None)
                for data in chunks(connection):
                    self.bridge.write(data)
        except BridgeError as refusal:
            refuse(connection, refusal)
