"""The full-screen tutor: `espdojo` and `espdojo learn` on a terminal that can.

`learn` puts the parts together: the `State`, the `Conductor` with its worker, the windows, the keys. The tutor itself
is the plain one's (`trainer.ui.tutor`).
"""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from typing import Final

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.vt100 import Vt100_Output

from emulator.picture import speaks_unicode
from trainer import console
from trainer.console import program, text_width
from trainer.system import data_folder
from trainer.ui import background, page
from trainer.ui.completer import DeskCompleter
from trainer.ui.conductor import Conductor, Opener
from trainer.ui.drawing import ASCII, UNICODE, Drawing
from trainer.ui.key_bindings import Actions, key_bindings
from trainer.ui.layout import build
from trainer.ui.opening import Request, open_lesson
from trainer.ui.popups import Popups
from trainer.ui.screen import Screen
from trainer.ui.state import State
from trainer.ui.style import Theme, ThemeSwitch, theme_from

__all__ = ["FullScreen", "learn"]

TICK_S: Final = 0.1
"""How often the screen is drawn anew while something moves by itself, or a command prints."""

FASTEST_REDRAW_S: Final = 0.02
"""How long the screen rests after a frame when anything else than a key changes it."""

SWITCH_S: Final = 0.0003
"""The screen's thread gets its turn that soon while a fake board's is busy; Python's own interval is 5 ms."""

BEGIN_FRAME: Final = "\x1b[?2026h"
END_FRAME: Final = "\x1b[?2026l"
"""Synchronized output: terminals that know it show a frame when it is whole, others ignore it
(https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036)."""

ESCAPE_S: Final = 0.05
"""How long the key Esc waits to see whether it is the start of another key."""


def learn(request: Request) -> int | None:
    """Lead a learner on the whole screen. The exit status; None when the learner wants to go on in plain lines.

    Raises EspdojoError for a lesson that cannot be loaded and a board that cannot be had.
    """
    screen = FullScreen(request, theme_from() or background.ask() or "dark")
    leaves_for_plain = screen.run()
    for line in screen.farewell():
        print(line)
    return None if leaves_for_plain else 0


ENDINGS: Final = ("SIGTERM", "SIGHUP")
"""Signals that end the tutor: it leaves as by F10, so that the terminal is as it was."""

ENDED_BY: Final = 128
"""Added to a signal's number it is the exit status, as in every shell."""


class FullScreen:
    """The application. `input` and `output` are the terminal's own unless a test gives others, and so is `opener`."""

    def __init__(
        self,
        request: Request,
        theme: Theme = "dark",
        *,
        input: Input | None = None,
        output: Output | None = None,
        opener: Opener = open_lesson,
    ) -> None:
        self.state = State(request.for_system, self._changed)
        self.theme = ThemeSwitch(theme)
        self._error: BaseException | None = None
        self.conductor = Conductor(self.state, request, self._terminal_size, self._leave, opener, self._give_back)
        signs = UNICODE if speaks_unicode() else ASCII
        if not console.colour_wanted():  # then code is known by its backticks
            signs = replace(signs, look=replace(signs.look, code="`"))
        drawing = Drawing(self.state, signs, lambda name: self.actions.act(name))
        self.line = Buffer(
            completer=DeskCompleter(lambda: self.conductor.desk),
            complete_while_typing=False,
            history=_history(),
            multiline=False,
        )
        self._drawn = self.state.page
        """The page of the frame that is drawn."""
        self._drawn_s = 0.0
        """When the last frame was drawn, on time.monotonic's clock."""
        self._draws_later = False
        self._app: Application[bool] | None = None
        self.screen = Screen(self.state, self.conductor, drawing, self.line, self._size)
        self.actions = Actions(
            self.screen, self.conductor, self.theme, self.line, lambda: self._leave(None), lambda: self._exit(True)
        )
        popups = Popups(self.state, signs, self._size, self.actions.act, self.screen.scroll_popup)
        self._app = Application(
            layout=build(self.screen, drawing, popups, self.line),
            key_bindings=key_bindings(self.actions, self.line),
            style=self.theme.style,
            full_screen=True,
            mouse_support=Condition(lambda: True),
            color_depth=None if console.colour_wanted() else ColorDepth.DEPTH_1_BIT,
            before_render=self._begin_frame,
            after_render=self._end_frame,
            enable_page_navigation_bindings=False,
            input=input,
            output=output,
        )
        self._app.ttimeoutlen = ESCAPE_S

    def run(self) -> bool:
        """Until the learner leaves; True if it is to go on in plain lines. Raises what ended the tutor's thread."""
        assert self._app is not None
        console.write_in(lambda: self.screen.plan.columns)
        switch_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)
        try:
            leaves_for_plain = self._app.run(pre_run=self._begin)
        finally:
            self.conductor.close()
            console.write_in(None)
            sys.setswitchinterval(switch_s)
        if self._error is not None:
            raise self._error
        return leaves_for_plain

    def farewell(self) -> list[str]:
        """What stands on the ordinary screen afterwards: how to go on."""
        opened = self.conductor.opened
        if opened is None:
            return []
        if opened.tutor.session.finished:
            return [page.next_steps(program(), text_width())]
        return [page.saved(opened.tutor.session, opened.command, text_width(), kept=opened.tutor.kept)]

    def _begin_frame(self, app: Application[bool]) -> None:
        self._drawn = self.state.page
        self.screen.measure()
        if isinstance(app.output, Vt100_Output):
            app.output.write_raw(BEGIN_FRAME)

    def _end_frame(self, app: Application[bool]) -> None:
        self._drawn_s = time.monotonic()
        self.conductor.work.page_seen = self._drawn
        if isinstance(app.output, Vt100_Output):
            app.output.write_raw(END_FRAME)
            app.output.flush()

    def _begin(self) -> None:
        assert self._app is not None
        self._app.create_background_task(self._tick())
        loop = asyncio.get_running_loop()
        for name in ENDINGS:
            with suppress(AttributeError, NotImplementedError, ValueError, RuntimeError):  # Windows; a test's thread
                number = getattr(signal, name)
                loop.add_signal_handler(number, self._leave, SystemExit(ENDED_BY + number))
        self.conductor.start()

    async def _tick(self) -> None:
        """Draw again while something moves: the spinner, what was just written to the flash."""
        while True:
            await asyncio.sleep(TICK_S)
            if self.conductor.work.busy or self.state.lively() or self.state.terminal.is_redrawn:
                self._changed()

    def _changed(self) -> None:
        """Something is to be seen, from any thread. A key is seen at once; all else comes with it or rests for a while
        after each frame, longer while a command runs: whoever types does not want to wait for each line of the
        command's."""
        if self._app is None or self._app.loop is None or self._draws_later:
            return
        rest_s = TICK_S if self.conductor.work.busy else FASTEST_REDRAW_S
        wait_s = self._drawn_s + rest_s - time.monotonic()
        if wait_s <= 0:
            self._app.invalidate()
            return
        self._draws_later = True
        with suppress(RuntimeError):  # it ended just now
            self._app.loop.call_soon_threadsafe(self._app.loop.call_later, wait_s, self._draw)

    def _draw(self) -> None:
        self._draws_later = False
        if self._app is not None:
            self._app.invalidate()

    def _leave(self, error: BaseException | None) -> None:
        """End the application, from any thread."""
        self._error = error or self._error
        assert self._app is not None
        if self._app.loop is not None:
            self._app.loop.call_soon_threadsafe(self._exit, False)

    def _give_back(self, line: str) -> None:
        """Put a line that was typed ahead where it is typed, from any thread."""
        if self._app is not None and self._app.loop is not None:
            self._app.loop.call_soon_threadsafe(self.actions.give_back, line)

    def _exit(self, plainly: bool) -> None:
        if self._app is not None and self._app.is_running and not self._app.is_done:
            self._app.exit(result=plainly)

    def _size(self) -> tuple[int, int]:
        if self._app is None:
            return 80, 24
        size = self._app.output.get_size()
        return size.columns, size.rows

    def _terminal_size(self) -> os.terminal_size:
        """The learner's terminal on this screen, for the programs that print into it."""
        return os.terminal_size((self.screen.plan.columns, max(self.screen.plan.terminal, 4)))


def _history() -> History:
    """The lines of earlier days, which the plain tutor keeps as well."""
    file = data_folder() / "history"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(file))
