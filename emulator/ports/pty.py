"""A pseudo-terminal, for programs that are not Python: screen, minicom, picocom. POSIX only.

A pty has a rate, which is read from its terminal settings, but no DTR and RTS. Two rules stand in for them, here and
nowhere else:

- A SYNC frame as the first bytes after the port is opened, while a program from flash runs, counts as someone tapping
  RESET with FLASH held down. So esptool connects, as it does when its own reset works.
- When the last descriptor is closed, a board that is in download mode or in an uploaded program is reset into its
  program, as esptool's hard reset would have done. A program that was uploaded and then left alone (`load-ram`) stays:
  it was put there to run. A stub that the client talked to is reset, since nothing on a pty tells "left on purpose"
  from esptool's reset having failed.
"""

import contextlib
import errno
import os
import select
import socket
import struct
import sys
import threading

from emulator.bridge import IDLE_BAUD, Bridge, BridgeError
from emulator.ports.server import RECEIVE_SIZE, Outbox, PortError

try:
    import fcntl
    import termios
    import tty
except ImportError:  # Windows
    AVAILABLE = False
else:
    AVAILABLE = True

SYNC_START = bytes.fromhex("c0 00 08 2400 00000000 07071220")
"""How a SYNC frame begins: direction, command, length 36, checksum field, magic (esptool's serial protocol)."""

OPEN_CHECK_S = 0.05
"""How often a closed pty is looked at. The system has no event for "somebody opened it"."""

SETTINGS_CHECK_S = 0.1
"""How often the rate is looked at where the system does not report changes."""

EXTPROC = 0x10000 if sys.platform == "linux" else 0
"""Local mode that makes packet mode report changed settings (Linux, asm-generic/termbits.h)."""

TCGETS2 = 0x802C542A
"""Linux ioctl for settings with the rate as a number; struct termios2 ends in it."""
TERMIOS2_SIZE = 44


class Server:
    """Serves a bridge on a pseudo-terminal."""

    def __init__(self, bridge: Bridge, host: str = "", port: int = 0) -> None:
        """`host` and `port` mean nothing here. Raises PortError on systems without ptys."""
        if not AVAILABLE:
            raise PortError("This system has no pseudo-terminals. Use the driver, rfc2217 or tcp instead.")
        self.bridge = bridge
        self._wake, self._waker = socket.socketpair()
        self._closed = False
        self._unplugged = False
        self._open_pair()
        self._thread = threading.Thread(target=self._run, name=f"pty {self.url}", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The device's name; another one after the board was unplugged while a program had it open."""
        return self._path

    def close(self) -> None:
        """Take the device away."""
        self._closed = True
        self.bridge.detach(self)
        self._waker.send(b"x")
        self._thread.join()
        self._wake.close()
        self._waker.close()

    # the bridge's client

    def receive(self, data: bytes) -> None:
        """Bytes from the board."""
        self._outbox.send(data)

    def unplugged(self) -> None:
        """The cable was pulled: the program that has the device open must see it go."""
        self._unplugged = True
        self._waker.send(b"x")

    # the device

    def _open_pair(self) -> None:
        self._master, slave = os.openpty()
        self._path = os.ttyname(slave)
        tty.setraw(slave)
        settings = termios.tcgetattr(slave)
        settings[3] |= EXTPROC
        settings[4] = settings[5] = termios.B115200
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        self._set_packet_mode(True)
        os.set_blocking(self._master, False)
        os.close(slave)

    def _set_packet_mode(self, on: bool) -> None:
        """In packet mode each read begins with a byte that says whether it brings data or news of the settings."""
        fcntl.ioctl(self._master, termios.TIOCPKT, struct.pack("i", on))

    def _read(self) -> bytes | None:
        """What the program sent; empty when nothing did or only settings changed, None when nobody has it open."""
        try:
            packet = os.read(self._master, RECEIVE_SIZE)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno == errno.EIO:
                return None
            raise
        if not packet:
            return None
        return packet[1:] if packet[0] == termios.TIOCPKT_DATA else b""

    def _rate(self) -> int:
        """The rate that the program has set."""
        settings = termios.tcgetattr(self._master)
        if EXTPROC and not settings[3] & EXTPROC:  # the program has set all modes to its own liking
            settings[3] |= EXTPROC
            termios.tcsetattr(self._master, termios.TCSANOW, settings)
        with contextlib.suppress(OSError):
            if sys.platform == "linux":
                termios2 = fcntl.ioctl(self._master, TCGETS2, bytes(TERMIOS2_SIZE))
                return struct.unpack_from("I", termios2, TERMIOS2_SIZE - 4)[0] or IDLE_BAUD
        return _RATES.get(settings[5], settings[5]) or IDLE_BAUD

    def _forget_unread(self) -> None:
        """Drop what the last program did not read, as a real port does when it is closed."""
        self._set_packet_mode(False)  # or the flush would be reported, and look like somebody's
        with contextlib.suppress(OSError):
            slave = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            termios.tcflush(slave, termios.TCIOFLUSH)
            os.close(slave)
        self._set_packet_mode(True)

    # the thread

    def _run(self) -> None:
        while not self._closed:
            if self._unplugged:
                self._unplugged = False
                os.close(self._master)
                self._open_pair()
            first = self._read()
            if first is None:
                self._sleep([], OPEN_CHECK_S)
            else:
                self._session(first)
                if not (self._closed or self._unplugged):
                    self._forget_unread()
        os.close(self._master)

    def _sleep(self, descriptors: list[int], timeout_s: float | None) -> None:
        wake = self._wake.fileno()
        readable, _, _ = select.select([wake, *descriptors], [], [], timeout_s)
        if wake in readable:
            self._wake.recv(4096)

    def _session(self, data: bytes | None) -> None:
        """Serve a program from its first bytes until it closes the device."""
        self._outbox = Outbox(lambda waiting: os.write(self._master, waiting), self._master)
        conversation = _Conversation(self.bridge)
        attached = False
        try:
            while data is not None and not (self._closed or self._unplugged):
                attached = attached or self._attach()
                if attached:
                    self.bridge.set_baud(self._rate())
                    conversation.write(data)
                self._sleep([self._master], None if EXTPROC else SETTINGS_CHECK_S)
                data = self._read()
            if attached and not self._unplugged:
                conversation.end()
        finally:
            self.bridge.detach(self)
            self._outbox.close()

    def _attach(self) -> bool:
        """Take the port, unless another program has it; then this device is deaf until that one leaves."""
        try:
            self.bridge.attach(self)
        except BridgeError:
            return False
        return True


class _Conversation:
    """One program's time with the board, and the two rules."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._opening: bytes | None = b""
        """The first bytes, while they may still become a SYNC."""
        self._talked_to_upload = False

    def write(self, data: bytes) -> None:
        """Pass on bytes from the program."""
        if not data:
            return
        if self._opening is not None:
            data = self._opening + data
            if len(data) < len(SYNC_START) and SYNC_START.startswith(data):
                self._opening = data
                return
            self._opening = None
            if data.startswith(SYNC_START) and self._bridge.running() == "program":
                self._bridge.circuit.tap_reset(flash=True)
        self._talked_to_upload = self._talked_to_upload or self._bridge.running() == "uploaded"
        self._bridge.write(data)

    def end(self) -> None:
        """The program has closed the device."""
        running = self._bridge.running()
        if running == "download" or (running == "uploaded" and self._talked_to_upload):
            self._bridge.circuit.tap_reset(flash=False)


_RATES: dict[int, int] = {
    getattr(termios, name): int(name[1:])
    for name in (dir(termios) if AVAILABLE else ())
    if name[:1] == "B" and name[1:].isdigit()
}
"""Rates by their termios constants; some systems use the numbers themselves."""
