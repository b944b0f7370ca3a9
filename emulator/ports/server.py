"""What the transports on sockets share: listening, one thread for each connection, closing."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from emulator.bridge import Bridge

RECEIVE_SIZE = SEND_SIZE = 1 << 16
SYSTEM_BUFFER_SIZE = 1 << 16
"""Bytes that the system keeps of what a client sent: as they are the client's last words when it is gone, not many."""
BACKLOG_LIMIT = 8 << 20
"""Bytes kept for a client that does not read; what comes after them is lost, as when a real driver's buffer is full."""


ATTACH_PATIENCE_S = 0.5
"""A client may come so early: the program before it has ended, and its connection is about to."""
REFUSAL_TIMEOUT_S = 5.0
"""How long a client that is turned away may take to leave."""


class PortError(Exception):
    """A port cannot be offered: taken, not allowed, or unknown to this system."""


class SocketServer:
    """Listens on a TCP port and hands each connection to `handle`, on a thread of its own."""

    def __init__(self, bridge: Bridge, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 takes a free one. Raises PortError when it cannot listen there."""
        self.bridge = bridge
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.create_server((host, port), family=family)
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SYSTEM_BUFFER_SIZE)  # connections inherit it
        except (OSError, OverflowError) as error:
            # Python adds the address to the system's own words.
            reason = str((isinstance(error, OSError) and error.strerror) or error).partition(" (while")[0]
            raise PortError(
                f"Cannot listen on {host}:{port}: {reason}. "
                "Another program may hold that port; port 0 takes a free one."
            ) from None
        self.host, self.port = host, int(self._listener.getsockname()[1])
        self._connections: set[socket.socket] = set()
        self._closed = False
        threading.Thread(target=self._accept, name=f"{type(self).__module__} {self.port}", daemon=True).start()

    @property
    def address(self) -> str:
        """HOST:PORT as it stands in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def handle(self, connection: socket.socket) -> None:
        """Serve one client until it leaves. An OSError ends the connection quietly."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop listening and hang up."""
        self._closed = True
        with contextlib.suppress(OSError):  # wakes the thread in accept; unsupported on some systems
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in tuple(self._connections):
            hang_up(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.add(connection)
            if self._closed:  # it came while `close` hung up on the others
                hang_up(connection)
            threading.Thread(target=self._serve, args=(connection,), name="port client", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError):
                self.handle(connection)
        finally:
            self._connections.discard(connection)


def hang_up(connection: socket.socket) -> None:
    """End a connection that another thread may be reading."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def refuse(connection: socket.socket, reason: object) -> None:
    """Say why a client is turned away, and hang up when it has heard.

    Closing at once would break the pipe under what it is sending, and the reason might never arrive.
    """
    connection.settimeout(REFUSAL_TIMEOUT_S)
    connection.sendall(f"espdojo: {reason}\r\n".encode())
    connection.shutdown(socket.SHUT_WR)
    deadline = time.monotonic() + REFUSAL_TIMEOUT_S
    while time.monotonic() < deadline and connection.recv(RECEIVE_SIZE):
        pass


def chunks(connection: socket.socket) -> Iterator[bytes]:
    """What a client sends, as it comes, until it hangs up. The socket is non-blocking because of its Outbox."""
    while True:
        try:
            data = connection.recv(RECEIVE_SIZE)
        except BlockingIOError:
            select.select([connection], [], [])
            continue
        if not data:
            return
        yield data


class SocketClient:
    """A bridge's client on a socket: bytes from the board go out through an Outbox, unplugging hangs up."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.outbox = Outbox(connection.send, connection.fileno())

    def receive(self, data: bytes) -> None:
        """Bytes from the board."""
        self.outbox.send(data)

    def unplugged(self) -> None:
        """The cable was pulled."""
        hang_up(self.connection)

    def _has_left(self) -> bool:
        """Whether the other end has hung up, though what it sent before is not all read yet. Windows does not tell."""
        if not hasattr(select, "poll"):
            return False
        hung_up = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
        poll = select.poll()
        try:
            poll.register(self.connection, hung_up)
        except ValueError:  # closed on this side as well
            return True
        return bool(poll.poll(0))

    @contextlib.contextmanager
    def attached(self, bridge: Bridge) -> Iterator[None]:
        """Hold the bridge's port for a while. Raises BridgeError when it cannot be had."""
        try:
            bridge.attach(self, ATTACH_PATIENCE_S, self._has_left)
            try:
                yield
            finally:
                bridge.detach(self)
        finally:
            self.outbox.close()


class Outbox:
    """Sends to a client without ever blocking the caller.

    What the system takes at once is sent by the caller, for the latency; the rest waits for a thread of the outbox.
    """

    def __init__(self, send: Callable[[bytes], int], fileno: int) -> None:
        """`send` writes without blocking and returns how many bytes went, as socket.send and os.write do."""
        self._send, self._fileno = send, fileno
        self._changed = threading.Condition()
        self._waiting = bytearray()
        self._open = True
        self._thread: threading.Thread | None = None

    def send(self, data: bytes) -> None:
        """Send `data` now or soon. A connection that is gone is no error: its reader notices."""
        with self._changed:
            if not self._open:  # what the descriptor was is closed, and it may be somebody else's by now
                return
            if not self._waiting:
                data = data[self._send_at_once(data) :]
            if data and len(self._waiting) < BACKLOG_LIMIT:
                self._waiting += data
                self._start_thread()
                self._changed.notify()

    def replace(self, data: bytes) -> None:
        """Forget what has not been sent, and send `data` instead."""
        with self._changed:
            self._waiting.clear()
            self.send(data)

    def close(self) -> None:
        """Forget what has not been sent and end the thread."""
        with self._changed:
            self._open = False
            self._waiting.clear()
            self._changed.notify()

    def _send_at_once(self, data: bytes) -> int:
        """How many bytes went without waiting."""
        try:
            return self._send(data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)

    def _start_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._send_waiting, name="port outbox", daemon=True)
            self._thread.start()

    def _send_waiting(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the connection was closed under us
            while self._wait_for_work():
                select.select([], [self._fileno], [])
                with self._changed:
                    del self._waiting[: self._send_at_once(bytes(self._waiting[:SEND_SIZE]))]

    def _wait_for_work(self) -> bool:
        """Sleep until there is something to send; False when there never will be."""
        with self._changed:
            while self._open and not self._waiting:
                self._changed.wait()
            return self._open
