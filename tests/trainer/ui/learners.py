"""Somebody at the keyboard of the full-screen tutor, which runs in this process, on a screen that can be looked at."""

import io
import threading
import time
from collections.abc import Callable
from typing import Any

from prompt_toolkit.data_structures import Size
from prompt_toolkit.output.vt100 import Vt100_Output

from trainer.ui.app import FullScreen
from trainer.ui.opening import Request

from .screens import Looking

PATIENCE_S = 60.0

F1, F2, F3, F4, F5, F6, F7, F8, F9, F10 = (
    "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[19~", "\x1b[20~", "\x1b[21~",
)  # fmt: skip
CTRL_C, ESCAPE, PAGE_UP, PAGE_DOWN = "\x03", "\x1b", "\x1b[5~", "\x1b[6~"


class Window(io.StringIO):
    """Where the application writes."""

    def __init__(self, looking: Looking) -> None:
        super().__init__()
        self.looking = looking
        self.size = Size(rows=looking.screen.lines, columns=looking.screen.columns)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def write(self, text: str) -> int:
        self.looking.feed(text)
        return len(text)


class Learner:
    """Somebody at the keyboard, who looks at the screen."""

    def __init__(self, keyboard: Any, window: Window, opener: Any) -> None:
        self._keyboard = keyboard
        self.window = window
        self.looking = window.looking
        output = Vt100_Output(window, lambda: window.size, term="xterm-256color", enable_cpr=False)
        self.app = FullScreen(Request(system="linux"), input=keyboard, output=output, opener=opener)
        self._result: list[Any] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result.append(self.app.run())
        except BaseException as error:
            self._result.append(error)

    def press(self, keys: str) -> None:
        self._keyboard.send_text(keys)

    def types(self, keys: str) -> None:
        """Press keys once nothing is being done any more, so that a line is not one that was typed ahead."""
        self.until(lambda: not self.app.conductor.work.busy, "that nothing is being done")
        self.press(keys)

    def sees(self, words: str) -> None:
        """Wait until the words are on the screen."""
        self.until(lambda: words in self.looking.flat, words)

    def sees_no(self, words: str) -> None:
        """Wait until they are gone."""
        self.until(lambda: words not in self.looking.flat, f"no {words}")

    def until(self, condition: Callable[[], bool], what: str = "it") -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with self.looking.lock:
                if condition():
                    return
            assert time.monotonic() < deadline, f"never saw {what}:\n{self.looking.text}"
            assert not self._result, f"it ended with {self._result} before {what}:\n{self.looking.text}"
            time.sleep(0.01)

    def resize(self, columns: int, rows: int) -> None:
        with self.looking.lock:
            self.looking.resize(columns, rows)
            self.window.size = Size(rows=rows, columns=columns)
        application = self.app._app
        assert application is not None
        assert application.loop is not None
        application.loop.call_soon_threadsafe(application._on_resize)

    @property
    def end(self) -> Any:
        """What the application returned, or raised."""
        self._thread.join(PATIENCE_S)
        assert self._result, f"it did not end:\n{self.looking.text}"
        return self._result[0]


Start = Callable[..., Learner]
"""Starts the tutor; `columns` and `rows` of its window."""


def at(learner: Learner, step: int) -> None:
    """Wait for a step's page."""
    learner.sees(f"Step {step} of 7")


def go_to(learner: Learner, step: int) -> None:
    """Begin, and pass over the steps before `step`."""
    learner.sees("Press Enter to begin")
    learner.press("\r")
    for number in range(1, step):
        at(learner, number)
        learner.types("skip\r")
    at(learner, step)
