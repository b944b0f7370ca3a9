"""What client and board say to each other on the driver's socket.

The client sends frames: kind (one byte), length of the payload (four bytes, big-endian), payload. Bytes, rates and
lines go in one stream, so the board sees them in the order in which the program did them, and nothing waits for an
answer. The first frame is HELLO; it is answered by one frame of the same shape. From then on the board sends bare
bytes, so that the socket is readable exactly when the port has something to read.

A marker stands in for the one answer there is: PURGE_INPUT carries 16 random bytes, which the board sends back in its
stream after it has forgotten what waited there. What the client finds before the marker is older than its request.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import struct
from typing import Any, NamedTuple
from urllib.parse import urlsplit

HELLO = 0  # JSON: token, and for opening the port: open (true), baud, dtr, rts
BYTES = 1  # bytes for the chip
BAUD = 2  # 32-bit rate
LINES = 3  # DTR, RTS: one byte each, both at once
BREAK = 4  # one byte: 1 on, 0 off
PURGE_INPUT = 5  # the marker
PURGE_OUTPUT = 6  # nothing
FLUSH = 7  # nothing: what came before cannot be purged any more
FRAMING = 8  # data bits, and the first letter of the parity: one byte each; a port begins with 8N

_HEADER = struct.Struct(">BI")
MARKER_SIZE = 16
MAX_PAYLOAD = 1 << 16
CONNECT_TIMEOUT_S = 15.0  # longer than a board waits for the client before, on a busy computer
SEND_BUFFER_SIZE = 1 << 16  # bytes: left alone, systems keep megabytes, and no write would ever wait for the board

# Statuses of the answer to HELLO.
OK, BUSY, FORBIDDEN, UNPLUGGED, DENIED = "ok", "busy", "forbidden", "unplugged", "denied"
THERE = (OK, BUSY, FORBIDDEN)  # with these the computer sees a port

MODEM_INPUTS = ("cts", "dsr", "ri", "cd")  # sent with the answer, by these names


class Frame(NamedTuple):
    """What a client says: one of the kinds above, and what goes with it."""

    kind: int
    payload: bytes


class WireError(ValueError):
    """Bytes that are no frame of this protocol."""


def frame(kind: int, payload: bytes = b"") -> bytes:
    """One frame as bytes."""
    return _HEADER.pack(kind, len(payload)) + payload


def lines(dtr: bool, rts: bool) -> bytes:
    """The payload of LINES."""
    return bytes((bool(dtr), bool(rts)))


def baud(rate: int) -> bytes:
    """The payload of BAUD. Raises OverflowError for rates that no port has."""
    return rate.to_bytes(4, "big")


def framing(data_bits: int, parity: str) -> bytes:
    """The payload of FRAMING."""
    return bytes((data_bits, ord(parity)))


def parse_framing(payload: bytes) -> tuple[int, str]:
    """(data bits, parity) in the payload of FRAMING. Raises ValueError for another length."""
    data_bits, parity = payload
    return data_bits, chr(parity)


def parse_baud(payload: bytes) -> int:
    """The rate in the payload of BAUD. Raises WireError for a rate of 0."""
    rate = int.from_bytes(payload, "big")
    if len(payload) != 4 or not rate:
        raise WireError(f"not a rate: {payload!r}")
    return rate


class Decoder:
    """Cuts a stream into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Add bytes; returns the complete frames. Raises WireError for a frame that is too long."""
        self._buffer += data
        frames: list[Frame] = []
        at = 0
        while len(self._buffer) - at >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._buffer, at)
            if length > MAX_PAYLOAD:
                raise WireError(f"a frame of {length} bytes")
            if len(self._buffer) - at - _HEADER.size < length:
                break
            at += _HEADER.size
            frames.append(Frame(kind, bytes(self._buffer[at : at + length])))
            at += length
        del self._buffer[:at]
        return frames


def new_marker() -> bytes:
    """A marker for PURGE_INPUT, which no board sends by chance."""
    return os.urandom(MARKER_SIZE)


def parse_url(url: str) -> tuple[str, int, str]:
    """(host, port, token) of esp8266://HOST:PORT/TOKEN. Raises WireError for anything else."""
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() == "esp8266" and parts.hostname and parts.port:
            return parts.hostname, parts.port, parts.path.lstrip("/")
    except ValueError:
        pass
    raise WireError(f"{url!r} is not esp8266://HOST:PORT/TOKEN")


def say_hello(url: str, **settings: Any) -> tuple[socket.socket, dict[str, Any]]:
    """Connect to the board at `url` and introduce oneself.

    `settings` go into HELLO. Returns the connected socket, which is the caller's to close, and the board's answer, a
    dict with "status". Raises OSError when nobody answers there, WireError when somebody else does.
    """
    host, port, token = parse_url(url)
    connection = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_SIZE)
        connection.sendall(frame(HELLO, json.dumps(dict(settings, token=token)).encode("ascii")))
        return connection, json.loads(_receive_answer(connection).decode("utf-8"))
    except BaseException:
        connection.close()
        raise


def ask(url: str) -> dict[str, Any] | None:
    """The board's answer to a HELLO that opens nothing: status, and usb, its identity. None when it is not there."""
    try:
        connection, answer = say_hello(url)
    except (OSError, ValueError):
        return None
    connection.close()
    return answer


def _receive_answer(connection: socket.socket) -> bytes:
    kind, length = _HEADER.unpack(_receive_exactly(connection, _HEADER.size))
    if kind != HELLO or length > MAX_PAYLOAD:
        raise WireError("this is not an espdojo board")
    return _receive_exactly(connection, length)


def _receive_exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        chunk = connection.recv(count - len(data))
        if not chunk:
            raise OSError(errno.ECONNRESET, "the board hung up")
        data += chunk
    return data
