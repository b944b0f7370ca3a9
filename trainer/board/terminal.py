"""A serial terminal as lessons use it: a line goes to the board, what comes back is the transcript.

The board's bytes are collected by a thread as they come. `Terminal.send` waits for MicroPython's prompt, so that
"type a line, see the answer" is one call without guessing at delays.
"""

import contextlib
import errno
import importlib
import re
import threading
import time
import urllib.parse
from collections.abc import Callable
from typing import Final, Protocol, cast

import serial

from trainer.board.repl import PROMPTS
from trainer.errors import EspdojoError
from trainer.stream import TextStream
from trainer.system import SYSTEMS, System

__all__ = [
    "BAUD",
    "CLOSE_S",
    "KEYS",
    "Connection",
    "SerialTerminal",
    "Terminal",
    "TerminalError",
    "open_port",
    "prompt_at_end",
    "pull_reset",
    "why_not_opened",
]

BAUD: Final = 115200
"""The rate MicroPython talks at (ports/esp8266, `uart_init`)."""

KEYS: Final[dict[str, bytes]] = {
    "enter": b"\r",
    "ctrl-a": b"\x01",
    "ctrl-b": b"\x02",
    "ctrl-c": b"\x03",
    "ctrl-d": b"\x04",
    "ctrl-e": b"\x05",
}
"""Keys that mean something at the REPL; docs.micropython.org, "The MicroPython Interactive Interpreter Mode"."""

PROMPT: Final = re.compile(rf"(^|\n)({'|'.join(map(re.escape, PROMPTS))}) *\Z")
"""The REPL waits: for a statement, for the rest of one, or in paste mode."""

RESET_S: Final = 0.1
"""How long RTS holds EN low for a reset; as esptool's HardReset."""

NEWEST: Final = 2000
"""Characters of what has come that are looked at as news: more than a boot log has."""

SETTLE_S: Final = 0.03
"""A prompt counts when nothing follows it for so long."""

UNECHOED_S: Final = 3.0
"""The same, where the line that was typed has not been echoed: it may be the prompt that an earlier key asked for."""

CLOSE_S: Final = 10.0
"""How long the thread that reads may take to notice that the terminal is closed, which is soon unless the computer is
busy. It must not read on: the port may be opened anew at once."""

SEND_S, WAIT_S, RESTART_S = 10.0, 3.0, 5.0
"""How long the prompt is waited for after a line; after a key, or nothing; and after a reset."""


class TerminalError(EspdojoError):
    """The port could not be opened, or the board went away."""


class Connection(Protocol):
    """What a terminal needs of an open pyserial port, whose reads return after a short timeout."""

    dtr: bool
    rts: bool
    baudrate: int

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""

    def read(self, size: int = 1, /) -> bytes:
        """Up to `size` bytes."""

    def write(self, data: bytes, /) -> int | None:
        """Send."""

    def close(self) -> None:
        """Release the port."""


class SerialTerminal(Protocol):
    """What a desk needs of a terminal: `Terminal`, or what stands in for it."""

    patience_s: float

    @property
    def port(self) -> str: ...
    @property
    def baud(self) -> int: ...
    @property
    def transcript(self) -> str: ...
    @property
    def at_prompt(self) -> bool: ...
    @property
    def prompt(self) -> str: ...
    @property
    def lost(self) -> str | None: ...
    def send(self, line: str, timeout_s: float = SEND_S) -> str: ...
    def key(self, name: str, timeout_s: float = WAIT_S) -> str: ...
    def press(self, data: bytes) -> None: ...
    @property
    def news(self) -> str: ...
    def catch_up(self) -> None: ...
    def wait(self, timeout_s: float = WAIT_S) -> str: ...
    def reset(self, timeout_s: float = RESTART_S) -> str: ...
    def close(self) -> None: ...


class Terminal:
    """An open serial port with somebody typing. Close it, or use it as a context manager.

    `output` gets what the board sends, as clean text, from the reading thread.
    """

    def __init__(
        self, connection: Connection, port: str, baud: int, output: Callable[[str], None] = lambda text: None
    ) -> None:
        self.port = port
        self.baud = baud
        self.patience_s = float("inf")
        """However long a call may wait for the prompt, it waits no longer than that."""
        self._connection = connection
        self._output = output
        self._stream = TextStream(fold=False)
        self._text = ""
        self._shown = 0
        """So many characters of it have been given to `output`."""
        self._told = 0
        self._changed = threading.Condition()
        self._last_byte_s = time.monotonic()
        self._open = True
        self._lost: str | None = None
        self._reader = threading.Thread(target=self._read, name=f"terminal {port}", daemon=True)
        self._reader.start()

    @property
    def transcript(self) -> str:
        """All that came since the terminal was opened."""
        with self._changed:
            return self._text

    @property
    def at_prompt(self) -> bool:
        """Does the REPL wait for input?"""
        return bool(self.prompt)

    @property
    def prompt(self) -> str:
        """The REPL's prompt, where it waits for input; else ""."""
        return prompt_at_end(self.transcript)

    @property
    def news(self) -> str:
        """The last of what has come by itself since the last call of a method that waits, or of `catch_up`."""
        with self._changed:
            return self._text[max(self._told, len(self._text) - NEWEST) :]

    def catch_up(self) -> None:
        """What has come until now is no news any more."""
        with self._changed:
            self._told = len(self._text)

    @property
    def lost(self) -> str | None:
        """Why the board went away (unplugged), or None."""
        return self._lost

    def send(self, line: str, timeout_s: float = SEND_S) -> str:
        """Type `line` and Enter; what came back until the prompt returned, at most for `timeout_s`. Echo included."""
        data = line.encode()
        return self._type(data + b"\r", timeout_s, echo=TextStream(fold=False).feed(data).strip())

    def key(self, name: str, timeout_s: float = WAIT_S) -> str:
        """Press one of `KEYS`; what came back."""
        return self._type(KEYS[name], timeout_s)

    def press(self, data: bytes) -> None:
        """Send something and do not wait, also while another thread waits for an answer. A board that is gone hears
        nothing."""
        with contextlib.suppress(OSError, serial.SerialException):
            self._connection.write(data)

    def wait(self, timeout_s: float = WAIT_S) -> str:
        """What has come since the last call, and comes until a prompt stands there, at most for `timeout_s`."""
        return self._until_prompt(self._told, timeout_s)

    def reset(self, timeout_s: float = RESTART_S) -> str:
        """Reset the board by its RTS line, as pressing RESET does; what it printed until the prompt."""
        start = len(self.transcript)
        pull_reset(self._connection, self.port)
        return self._until_prompt(start, timeout_s)

    def close(self) -> None:
        """Leave the terminal; the port is free again."""
        if not self._open:
            return
        self._open = False
        self._reader.join(timeout=CLOSE_S)
        self._connection.close()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _type(self, data: bytes, timeout_s: float, echo: str = "") -> str:
        start = len(self.transcript)
        if self._lost is not None:
            raise TerminalError(f"{self.port}: {self._lost}", next_step="Plug the board in, open the terminal again.")
        try:
            self._connection.write(data)
        except (OSError, serial.SerialException) as error:
            raise TerminalError(f"{self.port}: {error}", next_step="Is the board still plugged in?") from error
        return self._until_prompt(start, timeout_s, echo)

    def _until_prompt(self, start: int, timeout_s: float, echo: str = "") -> str:
        """The text from `start` on, when a prompt has come that stays the last thing, and `output` has all of it. The
        prompt is expected after the `echo`."""
        deadline = time.monotonic() + min(timeout_s, self.patience_s)
        with self._changed:
            while (now := time.monotonic()) < deadline and self._lost is None:
                text = self._text[start:]
                settle_s = SETTLE_S if echo in text else UNECHOED_S
                if PROMPT.search(text):
                    if now - self._last_byte_s >= settle_s and self._shown == len(self._text):
                        break
                    self._changed.wait(SETTLE_S)
                else:
                    self._changed.wait(deadline - now)
            self._told = len(self._text)
            return self._text[start:]

    def _read(self) -> None:
        while self._open:
            try:
                data = self._connection.read(max(1, self._connection.in_waiting))
            except (OSError, serial.SerialException, TypeError) as error:
                # pyserial's POSIX port raises TypeError when it is closed while it reads.
                with self._changed:
                    self._lost = None if not self._open else str(error) or "the board was unplugged"
                    self._changed.notify_all()
                return
            if not data:
                continue
            text = self._stream.feed(data)
            with self._changed:
                self._text += text
                self._last_byte_s = time.monotonic()
            try:
                self._output(text)
            finally:
                with self._changed:
                    self._shown += len(text)
                    self._changed.notify_all()


def prompt_at_end(text: str) -> str:
    """The REPL's prompt with which `text` ends, or ""."""
    found = PROMPT.search(text)
    return found[0].lstrip("\n") if found else ""


def pull_reset(connection: Connection, port: str) -> None:
    """Reset the board by the port's RTS line. Raises TerminalError where the port has none, as a pty and a raw TCP
    connection, or is gone."""
    try:
        if port.startswith("socket://"):  # pyserial takes the order and does nothing
            raise OSError(errno.ENOTTY, "a raw network connection has no such line")
        connection.dtr = False
        connection.rts = True
        time.sleep(RESET_S)
        connection.rts = False
    except (OSError, serial.SerialException) as error:
        has_none = getattr(error, "errno", None) in (errno.ENOTTY, errno.EINVAL, errno.EOPNOTSUPP)
        raise TerminalError(
            f"{port} has no reset line." if has_none else f"The reset line of {port} could not be pulled: {error}.",
            next_step="Press the board's own RESET button, labelled RST or EN on some. Is the board still plugged in?",
        ) from error


def open_port(url: str, baud: int, system: System, name: str = "", timeout_s: float = 0.05) -> Connection:
    """Open a port, pyserial URL or device alike. `name` is what the learner calls it. Raises TerminalError."""
    if url.startswith("esp8266://"):
        importlib.import_module("emulator")  # teaches pyserial that scheme
    try:
        return cast(
            Connection,
            # pyserial's network clients know no write timeout.
            serial.serial_for_url(
                url, baudrate=baud, timeout=timeout_s, write_timeout=None if "://" in url else 5, exclusive=True
            ),
        )
    except (OSError, ValueError, TypeError) as error:  # SerialException is an OSError
        raise why_not_opened(name or url, error, system) from error


CAUSES: Final[tuple[tuple[frozenset[int], tuple[str, ...], str, dict[System, str]], ...]] = (
    (
        frozenset({errno.EACCES, errno.EPERM}),
        ("Permission denied",),
        "Your user may not open that port.",
        {"linux": "Run `sudo usermod -a -G dialout $USER`, log out and in again."},
    ),
    (
        frozenset({errno.EBUSY, errno.EAGAIN}),
        ("exclusively lock", "busy", "Access is denied", "in use"),
        "Another program holds the port: another terminal window, or a tool that is still running.",
        dict.fromkeys(SYSTEMS, "Close it, then try again."),
    ),
    (
        frozenset({errno.ENOENT, errno.ENXIO, errno.ENODEV}),
        ("No such file", "cannot find", "FileNotFoundError", "no such port"),
        "There is no port of that name: mistyped, or the board is not plugged in (or hangs on a charge-only cable).",
        {
            "windows": "Look under Ports (COM & LPT) in the Device Manager.",
            "macos": "List the ports: ls /dev/cu.*",
            "linux": "List the ports: ls /dev/ttyUSB* /dev/ttyACM*",
        },
    ),
)
"""errno, or words in the message (Windows), and what they mean; from facts about beginners' troubles."""


AN_ADDRESS: Final = "`espdojo board --tcp 0` starts a fake board and prints the address of one."

NETWORK_CAUSES: Final[tuple[tuple[tuple[str, ...], str, str], ...]] = (
    (
        ("refused",),
        "Nothing listens there: its program has ended, or the number after the colon is another one.",
        f"Start it, and take the address that it prints. {AN_ADDRESS}",
    ),
    (
        ("service not known", "getaddrinfo", "nodename nor servname", "name resolution"),
        "No computer of that name is known here.",
        "Check the name, or give the computer's number, such as 192.168.1.20.",
    ),
    (
        ("timed out", "unreachable", "No route"),
        "That computer does not answer: it is switched off, in another network, or a firewall is between.",
        "Check that both are in one network, and that the other lets the connection in.",
    ),
)
"""Words in the message about an address that leads nowhere (Linux, macOS, Windows), what they mean, and the cure."""


def _why_not_reached(name: str, message: str) -> TerminalError | None:
    """The error to show where a port's address, such as socket://HOST:PORT, led nowhere; None where that says
    nothing."""
    scheme, _, _ = name.partition("://")
    if scheme in ("socket", "rfc2217"):
        try:
            address = urllib.parse.urlsplit(name)
            whole = bool(address.hostname and address.port)
        except ValueError:
            whole = False
        if not whole:
            return TerminalError(
                f"{name} is no whole address.",
                cause="It needs a computer's name, a colon and a number.",
                next_step=f"As in {scheme}://127.0.0.1:4000. {AN_ADDRESS}",
            )
    if scheme == "esp8266":
        return TerminalError(
            f"Could not open {name}.",
            cause="The fake board of that address has ended, or the address was copied in part.",
            next_step="`espdojo board` starts one, and prints its address.",
        )
    for words, cause, cure in NETWORK_CAUSES:
        if any(word.lower() in message.lower() for word in words):
            return TerminalError(f"Could not open {name}.", cause=cause, next_step=cure)
    return None


def why_not_opened(name: str, error: Exception, system: System) -> TerminalError:
    """The error to show when port `name` could not be opened."""
    number, message = getattr(error, "errno", None), str(error)
    if "://" in name and (unreached := _why_not_reached(name, message)):
        return unreached
    for numbers, words, cause, cures in CAUSES:
        if number in numbers or any(word.lower() in message.lower() for word in words):
            return TerminalError(f"Could not open {name}.", cause=cause, next_step=cures.get(system, ""))
    return TerminalError(f"Could not open {name}: {message}", next_step="espdojo ports lists the ports there are.")
