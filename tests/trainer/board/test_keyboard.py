"""Keys are read one by one, and the terminal is itself again afterwards; on Windows as on POSIX."""

import importlib.util
import os
import sys
from types import ModuleType
from typing import Any

import pytest

from trainer.board import keyboard


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_keys_are_read_raw_and_the_terminal_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    import pty
    import termios

    controller, terminal = pty.openpty()
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        before = termios.tcgetattr(terminal)
        with keyboard.raw() as keys:
            os.write(controller, b"\x03")
            assert keys.read(2) == b"\x03"
            assert keys.read(0) == b""
        assert termios.tcgetattr(terminal) == before
    os.close(controller)


class Console(ModuleType):
    """A Windows console's `msvcrt` with keys in it."""

    def __init__(self, keys: str) -> None:
        super().__init__("msvcrt")
        self._keys = list(keys)

    def kbhit(self) -> bool:
        return bool(self._keys)

    def getwch(self) -> str:
        return self._keys.pop(0)


@pytest.mark.parametrize(
    ("pressed", "sent"),
    [
        ("a", b"a"),
        ("\x03", b"\x03"),
        ("\r", b"\r"),
        ("\b", b"\x7f"),
        ("\xe0H", b"\x1b[A"),
        ("\x00P", b"\x1b[B"),
        ("\xe0S", b"\x1b[3~"),
        ("\xe0\x85", b""),
        ("ü", "ü".encode()),
        ("print(1)\rprint(2)\r", b"print(1)\rprint(2)\r"),
        ("", b""),
    ],
)
def test_a_windows_console_sends_what_a_terminal_sends(
    monkeypatch: pytest.MonkeyPatch, pressed: str, sent: bytes
) -> None:
    console: Any = Console(pressed)
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    fixed: list[bool] = []
    colours: Any = ModuleType("colorama")
    colours.just_fix_windows_console = lambda: fixed.append(True)
    monkeypatch.setitem(sys.modules, "colorama", colours)
    monkeypatch.setattr(sys, "platform", "win32")
    spec = importlib.util.spec_from_file_location("keyboard_of_windows", keyboard.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.raw() as keys:
        assert keys.read(0.01) == sent
    assert fixed, "cursor movements of the board's line editor are understood"
