"""pyserial's URL handler for esp8266://HOST:PORT/TOKEN, and for names that stand for such a URL (see environment).

To a program this is a serial port like any other, with everything pyserial documents. It is a socket underneath (see
wire): reads come straight from it, so select works on the port; settings and lines are sent and not waited for.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import threading
import time
from collections import deque
from typing import Any

from serial import serialutil
from serial.serialutil import SerialBase, SerialException, SerialTimeoutException

from . import environment, ioctls, refusals, wire

_CHUNK = 16384  # bytes in one frame
_PEEK = 65536  # how far in_waiting looks
_PURGE_TIMEOUT_S = 60.0  # what was written before comes first, and with line=real it takes its time
_CLOSE_TIMEOUT_S = 5.0  # for the board to take what was written and let go of the port


class Serial(SerialBase):
    """A serial port whose other end is a fake board."""

    _socket: socket.socket

    def open(self) -> None:
        """Open the port with the present settings. Raises SerialException in a real port's words."""
        if self.port is None:
            raise SerialException("Port must be configured before it can be used.")
        if self.is_open:
            raise SerialException("Port is already open.")
        # POSIX asserts both lines when a port is opened, before pyserial sets them; on Windows they are a setting.
        lines = (bool(self.dtr), bool(self.rts)) if self._is_like_windows() else (True, True)
        connection, modem = _connect(self.port, self._url(), baud=self.baudrate, dtr=lines[0], rts=lines[1])
        connection.setblocking(False)
        self._socket = connection
        self._modem = modem
        self._sent_baud, self._sent_lines = self.baudrate, lines
        self._unsent: deque[bytes] = deque()  # frames; the first may be what is left of one
        self._has_begun = False  # whether it is
        self._read_lock, self._write_lock = threading.RLock(), threading.RLock()
        self._read_wake, self._write_wake = _Wake(), _Wake()
        ioctls.install_here()
        ioctls.ports[connection.fileno()] = self
        self.is_open = True
        self._sent_framing = (serialutil.EIGHTBITS, serialutil.PARITY_NONE)
        self._reconfigure_port()
        self._set_lines_as_posix_does()

    def _is_like_windows(self) -> bool:
        port = self.port or ""
        return os.name == "nt" if port.lower().startswith("esp8266:") else environment.is_windows_name(port)

    def _set_lines_as_posix_does(self) -> None:
        """One after the other (pyserial's serialposix.py, `open`): a program that releases both before it opens the
        port resets the board. Lines that flow control has stay asserted."""
        (dtr, rts), (wanted_dtr, wanted_rts) = self._sent_lines, (bool(self.dtr), bool(self.rts))
        dtr = dtr if self.dsrdtr else wanted_dtr
        for lines in ((dtr, rts), (dtr, rts if self.rtscts else wanted_rts)):
            if lines != self._sent_lines:
                self._sent_lines = lines
                self._send(wire.LINES, wire.lines(*lines))

    def _url(self) -> str:
        """Where the board of the port's name is. Raises SerialException for a port that must not be opened."""
        port = self.port or ""
        url = port if port.lower().startswith("esp8266:") else environment.url_of(port)
        if url is None:
            raise refusals.not_plugged_in(port)
        return url

    def close(self) -> None:
        """Close the port; whoever waits in read or write returns. Then it is free for the next who opens it."""
        if not self.is_open:
            return
        self.is_open = False
        ioctls.ports.pop(self._socket.fileno(), None)
        for wake in (self._read_wake, self._write_wake):
            wake.close()
        _leave(self._socket)

    def fileno(self) -> int:
        """The descriptor to select on."""
        self._require_open()
        return self._socket.fileno()

    @property
    def fd(self) -> int | None:
        """The descriptor, under the name that pyserial's POSIX class has for it; None when closed."""
        return self._socket.fileno() if self.is_open else None

    # reading

    @property
    def in_waiting(self) -> int:
        """How many bytes can be read at once."""
        self._require_open()
        with self._read_lock:
            try:
                waiting = self._socket.recv(_PEEK, socket.MSG_PEEK)
            except BlockingIOError:
                return 0
            except OSError as error:
                raise refusals.gone(error) from None
        if not waiting:
            raise refusals.gone()
        return len(waiting)

    def read(self, size: int = 1) -> bytes:
        """Up to `size` bytes: fewer when the timeout runs out or cancel_read is called."""
        self._require_open()
        received = bytearray()
        deadline = _Deadline(self.timeout)
        while len(received) < size:
            try:
                with self._read_lock:
                    chunk = self._socket.recv(size - len(received))
            except BlockingIOError:
                wait_s = deadline.left()
                if received and self.inter_byte_timeout is not None:
                    wait_s = self.inter_byte_timeout if wait_s is None else min(wait_s, self.inter_byte_timeout)
                if not self._wait(self._read_wake, wait_s, reading=True):
                    break
                continue
            except OSError as error:
                self._require_open()
                raise refusals.gone(error) from None
            if not chunk:
                if received:
                    break
                self._require_open()
                raise refusals.gone()
            received += chunk
        return bytes(received)

    def cancel_read(self) -> None:
        """Make a read in another thread return with what it has."""
        if self.is_open:
            self._read_wake.set()

    def reset_input_buffer(self) -> None:
        """Discard everything that the board has sent up to now."""
        self._require_open()
        marker = wire.new_marker()
        deadline = _Deadline(_PURGE_TIMEOUT_S)
        with self._read_lock:
            self._send(wire.PURGE_INPUT, marker)
            seen = b""
            while not seen.endswith(marker):
                if not select.select([self._socket], [], [], deadline.left())[0]:
                    raise SerialException("the board does not answer")
                seen = seen[1 - len(marker) :] + self._receive_up_to(marker, seen[1 - len(marker) :])

    def _receive_up_to(self, marker: bytes, before: bytes) -> bytes:
        """What has come, but nothing past the end of `marker`, which may have begun in `before`."""
        try:
            waiting = self._socket.recv(_PEEK, socket.MSG_PEEK)
            at = (before + waiting).find(marker)
            chunk = self._socket.recv(len(waiting) if at < 0 else at + len(marker) - len(before)) if waiting else b""
        except BlockingIOError:
            return b""
        except OSError as error:
            raise refusals.gone(error) from None
        if not chunk:
            raise refusals.gone()
        return chunk

    # writing

    @property
    def out_waiting(self) -> int:
        """How many bytes of a write that timed out still have to go."""
        self._require_open()
        return sum(map(len, self._unsent))

    def write(self, data: Any) -> int:
        """Send bytes and return their number. Raises SerialTimeoutException when write_timeout runs out."""
        self._require_open()
        data = bytes(data)
        deadline = _Deadline(self.write_timeout)
        with self._write_lock:
            for start in range(0, len(data), _CHUNK):
                if not self._push(deadline):
                    return self._stopped(deadline, start)
                self._unsent.append(wire.frame(wire.BYTES, data[start : start + _CHUNK]))
            if not self._push(deadline):
                return self._stopped(deadline, len(data))
        return len(data)

    def cancel_write(self) -> None:
        """Make a write in another thread return with what it has sent."""
        if self.is_open:
            self._write_wake.set()

    def flush(self) -> None:
        """Return when everything written is on its way for good. Settings and lines keep their place behind it."""
        self._require_open()
        self._send(wire.FLUSH)

    def reset_output_buffer(self) -> None:
        """Discard what the board has not received yet of what was written after the last `flush`."""
        self._require_open()
        with self._write_lock:
            begun = [self._unsent[0]] if self._has_begun else []
            others = [frame for frame in list(self._unsent)[len(begun) :] if frame[0] != wire.BYTES]
            self._unsent = deque([*begun, *others, wire.frame(wire.PURGE_OUTPUT)])
            self._push(_Deadline(0.0))  # like a real port's, this does not wait

    # settings and lines

    def set_lines(self, dtr: bool, rts: bool) -> None:
        """Set DTR and RTS in one step."""
        self._require_open()
        self._dtr_state, self._rts_state = dtr, rts
        self._update_lines()

    def _update_lines(self) -> None:
        lines = bool(self.dtr), bool(self.rts)
        if lines != self._sent_lines:
            self._sent_lines = lines
            self._send(wire.LINES, wire.lines(*lines))

    def _update_dtr_state(self) -> None:
        self._update_lines()

    def _update_rts_state(self) -> None:
        self._update_lines()

    def _update_break_state(self) -> None:
        self._send(wire.BREAK, bytes((bool(self.break_condition),)))

    def _reconfigure_port(self) -> None:
        """Called by pyserial after any setting; those of the line concern the board."""
        if self.baudrate and self.baudrate != self._sent_baud:
            self._sent_baud = self.baudrate
            self._send(wire.BAUD, wire.baud(self.baudrate))
        framing = (self.bytesize, self.parity)
        if framing != self._sent_framing:
            self._sent_framing = framing
            self._send(wire.FRAMING, wire.framing(*framing))

    # What pyserial has for the systems' own ports only. There is no flow control and no buffer to set here.

    def nonblocking(self) -> None:
        """Reads and writes follow the timeouts in any case."""
        self._require_open()

    def set_low_latency_mode(self, low_latency_settings: bool) -> None:
        """Bytes are passed on at once in any case."""
        self._require_open()

    def set_input_flow_control(self, enable: bool = True) -> None:
        """Nothing is ever held back."""
        self._require_open()

    def set_output_flow_control(self, enable: bool = True) -> None:
        """Nothing is ever held back."""
        self._require_open()

    def set_buffer_size(self, rx_size: int = 4096, tx_size: int | None = None) -> None:
        """The buffers are the system's sockets'."""
        self._require_open()

    @property
    def cts(self) -> bool:
        """Clear To Send."""
        self._require_open()
        return self._modem["cts"]

    @property
    def dsr(self) -> bool:
        """Data Set Ready."""
        self._require_open()
        return self._modem["dsr"]

    @property
    def ri(self) -> bool:
        """Ring Indicator."""
        self._require_open()
        return self._modem["ri"]

    @property
    def cd(self) -> bool:
        """Carrier Detect."""
        self._require_open()
        return self._modem["cd"]

    # inside

    def _require_open(self) -> None:
        if not self.is_open:
            raise refusals.not_open()

    def _send(self, kind: int, payload: bytes = b"") -> None:
        with self._write_lock:
            self._unsent.append(wire.frame(kind, payload))
            self._push(_Deadline(None))

    def _push(self, deadline: _Deadline) -> bool:
        """Send what is left to send. False when the deadline passed or somebody cancelled before all was gone."""
        while self._unsent:
            frame = self._unsent[0]
            try:
                left = frame[self._socket.send(frame) :]
            except BlockingIOError:
                if not self._wait(self._write_wake, deadline.left(), reading=False):
                    return False
            except OSError as error:
                self._require_open()
                raise refusals.gone(error) from None
            else:
                self._has_begun = bool(left)
                if left:
                    self._unsent[0] = left
                else:
                    self._unsent.popleft()
        return True

    def _stopped(self, deadline: _Deadline, written: int) -> int:
        """The end of a write that could not go on: its count, or the timeout error where one was asked for."""
        if deadline.passed() and self.write_timeout:
            raise SerialTimeoutException("Write timeout")
        return written

    def _wait(self, wake: _Wake, wait_s: float | None, reading: bool) -> bool:
        """Wait for the socket. False when the time is up, somebody woke us, or the port was closed."""
        try:
            both = [self._socket, wake.receiver] if reading else [wake.receiver]
            readable, writable, _ = select.select(both, [] if reading else [self._socket], [], wait_s)
        except (OSError, ValueError):  # closed under us
            self._require_open()
            raise
        if wake.receiver in readable:
            wake.clear()
            self._require_open()
            return False
        return bool(readable or writable)


class _Deadline:
    """A moment by which something must be done; None means never."""

    def __init__(self, timeout_s: float | None) -> None:
        self._at = None if timeout_s is None else time.monotonic() + timeout_s

    def left(self) -> float | None:
        """Seconds until then, not less than 0; None without a deadline."""
        return None if self._at is None else max(0.0, self._at - time.monotonic())

    def passed(self) -> bool:
        return self._at is not None and time.monotonic() >= self._at


class _Wake:
    """Ends a select in another thread."""

    def __init__(self) -> None:
        self.receiver, self._sender = socket.socketpair()
        self.receiver.setblocking(False)
        self._sender.setblocking(False)

    def set(self) -> None:
        with contextlib.suppress(BlockingIOError):  # set many times over already
            self._sender.send(b"x")

    def clear(self) -> None:
        with contextlib.suppress(OSError):
            self.receiver.recv(4096)

    def close(self) -> None:
        self.set()
        self.receiver.close()
        self._sender.close()


def _leave(connection: socket.socket) -> None:
    """Hang up, and wait until the board has taken what was written and let go of the port."""
    deadline = time.monotonic() + _CLOSE_TIMEOUT_S
    with connection, contextlib.suppress(OSError, ValueError):
        connection.shutdown(socket.SHUT_WR)
        while select.select([connection], [], [], max(0.0, deadline - time.monotonic()))[0]:
            if not connection.recv(_PEEK):
                return


def _connect(port: str, url: str, **settings: Any) -> tuple[socket.socket, dict[str, bool]]:
    """(socket, modem inputs) of an open port. Raises SerialException."""
    try:
        connection, answer = wire.say_hello(url, open=True, **settings)
    except wire.WireError as error:
        raise SerialException(errno.EINVAL, f"could not open port {port}: {error}") from None
    except OSError:
        raise refusals.missing(port) from None
    if answer["status"] == wire.OK:
        return connection, answer["modem"]
    connection.close()
    raise refusals.BY_STATUS[answer["status"]](port)
