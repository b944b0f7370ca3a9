"""The pyserial driver's server: ``esp8266://HOST:PORT/TOKEN``.

The protocol is described, and its constants kept, where the client is: emulator/startup/espdojo_port/wire.py. Every
user of a computer can connect to a loopback port, so a client must know the token.
"""

import contextlib
import hmac
import itertools
import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from emulator.bridge import IDLE_BAUD, Bridge, BridgeError, PortBusyError, PortForbiddenError, PortUnpluggedError
from emulator.line import Framing
from emulator.ports.server import RECEIVE_SIZE, SocketClient, SocketServer, chunks
from emulator.startup.espdojo_port import wire

STATUSES: dict[type[BridgeError], str] = {
    PortBusyError: wire.BUSY,
    PortForbiddenError: wire.FORBIDDEN,
    PortUnpluggedError: wire.UNPLUGGED,
}
"""What the client is told when the port cannot be had."""

TOKEN_BYTES = 16
HELLO_TIMEOUT_S = 5.0


class Server(SocketServer):
    """Serves a bridge to clients of the driver, one at a time."""

    def __init__(self, bridge: Bridge, host: str = "127.0.0.1", port: int = 0) -> None:
        self._token = secrets.token_urlsafe(TOKEN_BYTES)
        super().__init__(bridge, host, port)

    @property
    def url(self) -> str:
        """Where a client finds the board, token included."""
        return f"esp8266://{self.address}/{self._token}"

    def handle(self, connection: socket.socket) -> None:
        """Answer a HELLO, and serve the port if it was meant to open it."""
        decoder = wire.Decoder()
        with contextlib.suppress(ValueError):  # whoever does not speak our protocol is hung up on
            hello, frames = _receive_hello(connection, decoder)
            if not hmac.compare_digest(hello.token.encode(), self._token.encode()):
                connection.sendall(_answer(wire.DENIED))
            elif hello.open:
                self._serve_port(connection, hello, itertools.chain(frames, _frames(connection, decoder)))
            else:
                connection.sendall(_answer(self._status(), usb=asdict(self.bridge.usb)))

    def _status(self) -> str:
        if not self.bridge.plugged:
            return wire.UNPLUGGED
        if self.bridge.refusals:
            return STATUSES[self.bridge.refusals[0]]
        return wire.BUSY if self.bridge.attached else wire.OK

    def _serve_port(self, connection: socket.socket, hello: "_Hello", frames: Iterable[wire.Frame]) -> None:
        bridge, client = self.bridge, _Client(connection)
        try:
            with client.attached(bridge):
                bridge.set_baud(hello.baud)
                client.open(_answer(wire.OK, modem={line: getattr(bridge, line) for line in wire.MODEM_INPUTS}))
                bridge.set_lines(hello.dtr, hello.rts)
                for kind, payload in frames:
                    if kind not in _ACTIONS:
                        raise wire.WireError(f"a frame of unknown kind {kind}")
                    _ACTIONS[kind](bridge, client, payload)
        except BridgeError as error:
            connection.sendall(_answer(STATUSES[type(error)]))


class _Client(SocketClient):
    """Drops what the board sends until the answer to HELLO is out."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self._opening = threading.Lock()
        self._is_open = False

    def open(self, answer: bytes) -> None:
        with self._opening:
            self.outbox.send(answer)
            self._is_open = True

    def receive(self, data: bytes) -> None:
        with self._opening:
            if self._is_open:
                super().receive(data)


@dataclass(frozen=True, slots=True)
class _Hello:
    """A HELLO's content; what is missing is as for a status query."""

    token: str = ""
    open: bool = False
    baud: int = IDLE_BAUD
    dtr: bool = False
    rts: bool = False


def _receive_hello(connection: socket.socket, decoder: wire.Decoder) -> tuple[_Hello, list[wire.Frame]]:
    """The first frame, and the ones that came with it. Raises ValueError for anything else."""
    connection.settimeout(HELLO_TIMEOUT_S)
    frames: list[wire.Frame] = []
    while not frames:
        data = connection.recv(RECEIVE_SIZE)
        if not data:
            raise wire.WireError("hung up before HELLO")
        frames = decoder.feed(data)
    kind, payload = frames[0]
    fields = json.loads(payload) if kind == wire.HELLO else None
    if not isinstance(fields, dict):
        raise wire.WireError("no HELLO")
    hello = _Hello(**{name: fields[name] for name in _Hello.__slots__ if name in fields})
    if any(type(getattr(hello, name)) is not type(getattr(_Hello(), name)) for name in _Hello.__slots__):
        raise wire.WireError("a HELLO with values of wrong types")
    return hello, frames[1:]


def _answer(status: str, **details: Any) -> bytes:
    return wire.frame(wire.HELLO, json.dumps({"status": status, **details}).encode())


def _frames(connection: socket.socket, decoder: wire.Decoder) -> Iterator[wire.Frame]:
    for data in chunks(connection):
        yield from decoder.feed(data)


# What each frame does. A payload that does not fit raises ValueError.


def _write(bridge: Bridge, client: _Client, payload: bytes) -> None:
    bridge.write(payload)


def _set_baud(bridge: Bridge, client: _Client, payload: bytes) -> None:
    bridge.set_baud(wire.parse_baud(payload))


def _set_framing(bridge: Bridge, client: _Client, payload: bytes) -> None:
    bridge.set_framing(Framing(*wire.parse_framing(payload)))


def _set_lines(bridge: Bridge, client: _Client, payload: bytes) -> None:
    dtr, rts = payload
    bridge.set_lines(bool(dtr), bool(rts))


def _set_break(bridge: Bridge, client: _Client, payload: bytes) -> None:
    (on,) = payload
    bridge.set_break(bool(on))


def _purge_input(bridge: Bridge, client: _Client, payload: bytes) -> None:
    client.outbox.replace(payload)


def _flush(bridge: Bridge, client: _Client, payload: bytes) -> None:
    bridge.flush()


def _purge_output(bridge: Bridge, client: _Client, payload: bytes) -> None:
    bridge.purge_output()


_ACTIONS: dict[int, Callable[[Bridge, _Client, bytes], None]] = {
    wire.BYTES: _write,
    wire.BAUD: _set_baud,
    wire.LINES: _set_lines,
    wire.BREAK: _set_break,
    wire.PURGE_INPUT: _purge_input,
    wire.PURGE_OUTPUT: _purge_output,
    wire.FLUSH: _flush,
    wire.FRAMING: _set_framing,
}
