"""A bench that pretends, whose terminal answers like MicroPython's prompt, and small lessons to do at it."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import serial

from trainer.board.terminal import Terminal
from trainer.board.workbench import Button, Workbench
from trainer.commands.command import port_name
from trainer.lesson import parse_lesson
from trainer.ports import Port
from trainer.system import System

ANSWERS = {"1 + 1": "2", "sys.platform": "'esp8266'"}


class PretendPort:
    """A serial port: `sent` is what was written to it, and `answer` makes of it what comes back."""

    TIMEOUT_S = 0.05

    def __init__(self, answer: Callable[[bytes], bytes] = lambda data: data) -> None:
        self.dtr = self.rts = True
        self.baudrate = 115200
        self.sent = b""
        self.lost = self.closed = False
        self._answer = answer
        self._ready = bytearray()
        self._changed = threading.Condition()

    @property
    def in_waiting(self) -> int:
        return len(self._ready)

    def read(self, size: int = 1, /) -> bytes:
        with self._changed:
            if not self._ready and not self.lost:
                self._changed.wait(self.TIMEOUT_S)
            if self.lost and not self._ready:
                raise serial.SerialException("device disconnected")
            data = bytes(self._ready[:size])
            del self._ready[:size]
            return data

    def write(self, data: bytes, /) -> int:
        self.sent += data
        self.say(self._answer(data))
        return len(data)

    def say(self, data: bytes) -> None:
        """The board sends something by itself."""
        with self._changed:
            self._ready += data
            self._changed.notify_all()

    def unplug(self) -> None:
        """The cable is pulled out."""
        with self._changed:
            self.lost = True
            self._changed.notify_all()

    def close(self) -> None:
        self.closed = True
        self.unplug()


def prompt(data: bytes) -> bytes:
    """What a prompt that knows `ANSWERS` says to a line."""
    line = data.decode().rstrip("\r")
    return "\r\n".join(filter(None, [line or "\n", ANSWERS.get(line, ""), ">>> "])).encode()


class PretendConnection(PretendPort):
    """One with a prompt behind it, which can be opened again and again."""

    def __init__(self) -> None:
        super().__init__(prompt)

    def close(self) -> None:
        return None


class PretendBench(Workbench):
    """A bench that keeps in mind what was done to it, and which interpreters had to be `proven`."""

    def __init__(
        self, system: System = "linux", *, plugged: bool = False, fake: bool = True, proves: bool = True
    ) -> None:
        super().__init__(system)
        self.is_plugged = plugged
        self.fake = fake
        self.pressed: list[str] = []
        self.asked_for: list[Path] = []
        self.connection = PretendConnection()
        self.terminals = 0
        self._proves = proves

    @property
    def is_fake(self) -> bool:
        return self.fake

    @property
    def port(self) -> str:
        return {"windows": "COM4", "macos": "/dev/cu.SLAB_USBtoUART", "linux": "/dev/ttyUSB0"}[self.system]

    @property
    def plugged(self) -> bool:
        return self.is_plugged

    def ports(self) -> list[Port]:
        port = Port(self.port, f"USB to UART Bridge ({self.port})", "Silicon Labs", 0x10C4, 0xEA60)
        return [port] if self.is_plugged else []

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        return {**base, "PLUGGED": "yes"}

    def proven(self, python: Path) -> bool:
        self.asked_for.append(python)
        return self._proves

    def description(self) -> str:
        return "a pretended board"

    def press(self, button: Button) -> None:
        self.pressed.append(button)

    def release(self, button: Button) -> None:
        self.pressed.append(f"no {button}")
        if button == "reset":
            self.connection.say(b"MicroPython v1\r\n>>> ")

    def reset(self) -> None:
        self.press("reset")

    def plug(self) -> None:
        self.is_plugged = True

    def unplug(self) -> None:
        self.is_plugged = False

    def open_terminal(
        self, port: str | None = None, baud: int = 115200, output: Callable[[str], None] = lambda text: None
    ) -> Terminal:
        name = port or self.port
        if not self.is_plugged or port_name(name) != port_name(self.port):
            raise self._no_such_port(name)
        self.terminals += 1
        return Terminal(self.connection, name, baud, output)

    def close(self) -> None:
        return None

    def _url(self) -> str:
        return "loop://"


def lesson_text(text: str, *, title: str = "Small lesson", minutes: int = 1, start: str = "") -> str:
    """A lesson.md: below its head comes `text`, an introduction and steps. `start` is what the head says of how the
    lesson starts, in whole lines."""
    block = f'format_version = 1\nsummary = "s"\nminutes = {minutes}\n{start}'
    return f"# {title}\n\n```lesson\n{block}```\n\n{text}"


LESSON = parse_lesson(
    lesson_text("""\
Welcome.

## Look

```step
id = "look"
run = "ask where you are"
solutions = ["pwd"]
hints = ["three letters", "it is `pwd`"]

[[mistakes]]
try = "ls"
answer = "That lists."
```

You have looked.

## Plug

```step
id = "plug"
do = "plug it in"
checks = ["plugged"]
solutions = ["plug in"]
hints = ["two words"]
```

## Find

```step
id = "find"
find = "which port?"
hints = ["it is {port}"]
```

## Open

```step
id = "open"
run = "open it"
checks = ["command", "exit-status", { check = "baud", is = 115200 }]
solutions = ["screen {port} 115200"]
hints = ["x"]
```

## Wake

```step
id = "wake"
type = "wake it"
checks = ["prompt"]
solutions = ["enter"]
hints = ["x"]
```

## Ask

```step
id = "ask"
type = "ask it"
checks = ["line", { check = "reply", is = "2" }]
solutions = ["1 + 1"]
hints = ["x"]
```

## End

```step
id = "end"
read = "go on"
```
"""),
    name="small",
)
