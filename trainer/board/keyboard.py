"""The keyboard, key by key, for a serial terminal: nothing is echoed or held back until Enter, and Ctrl-C is a key.

POSIX: the terminal in raw mode (termios, VMIN 0). Windows: the console's own key reader (msvcrt), whose special keys
become the sequences that a VT100 sends for them.
"""

import os
import sys
from types import TracebackType
from typing import Final, Protocol

__all__ = ["Keyboard", "raw"]


class Keyboard(Protocol):
    """Keys as the bytes to send. A context manager: the terminal is itself again afterwards."""

    def read(self, timeout_s: float) -> bytes | None:
        """The keys pressed within `timeout_s`, b"" if none; None when the keyboard is gone."""

    def __enter__(self) -> "Keyboard":
        """Take the keyboard."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""


if sys.platform == "win32":
    import msvcrt
    import time

    import colorama  # type: ignore[import-untyped]

    POLL_S: Final = 0.01

    SPECIAL_KEYS: Final = {"H": b"\x1b[A", "P": b"\x1b[B", "M": b"\x1b[C", "K": b"\x1b[D", "G": b"\x1b[H",
                           "O": b"\x1b[F", "S": b"\x1b[3~"}  # fmt: skip
    """Second character of msvcrt.getwch for up, down, right, left, Home, End, Delete."""

    class WindowsKeyboard:
        """Keys of a Windows console."""

        def read(self, timeout_s: float) -> bytes | None:
            deadline = time.monotonic() + timeout_s
            while True:
                try:
                    if msvcrt.kbhit():
                        return self._keys()
                    if time.monotonic() >= deadline:
                        return b""
                    time.sleep(POLL_S)
                except KeyboardInterrupt:  # pressed while no key was being read
                    return b"\x03"

        def _keys(self) -> bytes:
            """All that is there: a paste comes as fast as it is read."""
            keys = self._key()
            while msvcrt.kbhit():
                keys += self._key()
            return keys

        def _key(self) -> bytes:
            key = msvcrt.getwch()
            if key in ("\x00", "\xe0"):
                return SPECIAL_KEYS.get(msvcrt.getwch(), b"")
            return b"\x7f" if key == "\b" else key.encode()

        def __enter__(self) -> "WindowsKeyboard":
            colorama.just_fix_windows_console()  # else it shows MicroPython's line editing as odd signs
            return self

        def __exit__(self, *_: object) -> None:
            return None

    def raw() -> Keyboard:
        """The keyboard of this console."""
        return WindowsKeyboard()

else:
    import select
    import termios
    import tty

    class PosixKeyboard:
        """Keys of the terminal at a file descriptor."""

        def __init__(self, descriptor: int) -> None:
            self._descriptor = descriptor
            self._settings = termios.tcgetattr(descriptor)

        def read(self, timeout_s: float) -> bytes | None:
            ready, _, _ = select.select([self._descriptor], [], [], timeout_s)
            if not ready:
                return b""
            try:
                return os.read(self._descriptor, 256) or None
            except OSError:  # the terminal window was closed
                return None

        def __enter__(self) -> "PosixKeyboard":
            tty.setraw(self._descriptor)
            # Output keeps turning LF into CR LF, so that our own messages look right.
            settings = termios.tcgetattr(self._descriptor)
            settings[1] |= termios.OPOST
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, settings)
            return self

        def __exit__(self, *_: object) -> None:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._settings)

    def raw() -> Keyboard:
        """The keyboard of this terminal."""
        return PosixKeyboard(sys.stdin.fileno())
