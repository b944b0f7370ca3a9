"""`espdojo board --live`: the board drawn in the terminal, as it is now, with keys for what hands do.

`Traffic` collects what the chip says; `View` makes the lines of the screen and knows no terminal; `show` is the
application. The drawing of the board itself is `picture`'s, which the tutor shows as well.
"""

import asyncio
import re
import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Point
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
from prompt_toolkit.mouse_events import MouseEvent, MouseEventType
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.styles import Style

from emulator import picture
from emulator.devices.device import turn
from emulator.observer import BoardState, Observer
from emulator.picture import ASCII, UNICODE, Glyphs, Line, Piece

if TYPE_CHECKING:
    from emulator.board import Board
    from emulator.devices import Device

__all__ = ["Traffic", "View", "show"]

REDRAW_S: Final = 0.1
"""The screen is looked at anew so often; only what differs is written."""
SWITCH_S: Final = 0.001
"""The screen's thread gets its turn that soon while the board's is busy; Python's own interval is 5 ms."""
KEPT_LINES: Final = 200
LONGEST_LINE: Final = 500
NARROWEST, SHORTEST = 40, 12
"""Columns and rows below which nothing is drawn."""
GAP: Final = 2
DISPLAY_WIDTH, WIDEST_PANEL = 64, 64
LEAST_TRAFFIC: Final = 3
"""Rows of serial traffic that are shown at least, besides their heading."""

COLOURS: Final = {
    "title": "bold", "label": "ansibrightblack", "rule": "ansibrightblack", "on": "ansigreen", "off": "ansibrightblack",
    "busy": "ansiyellow", "bad": "ansired bold", "led": "ansiblue bold", "flash.blank": "ansibrightblack",
    "flash.used": "ansicyan", "flash.recent": "ansiyellow", "screen": "ansicyan", "button": "reverse",
    "button.held": "reverse bold underline",
}  # fmt: skip
"""Of `picture.STYLES`: the terminal's own colours, on its own background."""

CONTROLS: Final = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])|[\x00-\x07\x0b-\x1f\x7f-\x9f\xad]")
"""What a terminal would obey, or, like a soft hyphen, give no column."""


class Traffic:
    """The last lines that the chip sent, as text; what would move a cursor is left out. From any thread."""

    def __init__(self) -> None:
        self.received = 0
        """Bytes so far."""
        self._lines: deque[str] = deque([""], KEPT_LINES)

    def __call__(self, data: bytes) -> None:
        """The chip sent something."""
        self.received += len(data)
        for character in data.decode("utf-8", "replace"):
            last = self._lines[-1]
            if character == "\n":
                self._lines.append("")
            elif character == "\b":
                self._lines[-1] = last[:-1]
            elif len(last) < LONGEST_LINE:
                self._lines[-1] = last + character

    def rows(self, width: int, height: int) -> list[str]:
        """The last rows of a window of that size."""
        rows: list[str] = []
        for line in tuple(self._lines):
            text = CONTROLS.sub("", line.expandtabs())
            rows += [text[start : start + width] for start in range(0, len(text), width)] or [""]
        return rows[-height:]


class View:
    """The screen, as lines of pieces, and which of the dials on it the arrow keys turn."""

    def __init__(self, state: Callable[[], BoardState], traffic: Traffic, glyphs: Glyphs, url: str = "") -> None:
        """`url` is where other terminals find the board."""
        self._state, self._traffic, self._glyphs, self._url = state, traffic, glyphs, url
        self._chosen = 0

    def choose(self, steps: int) -> None:
        """Take the dial that comes so many after the chosen one."""
        self._chosen += steps

    def turning(self, steps: int) -> str:
        """The action that turns the chosen dial, for `do`; empty where there is none."""
        chosen = self._dial(self._state())
        return "turn {} {} {:+d}".format(*chosen, steps) if chosen else ""

    def _dial(self, state: BoardState) -> tuple[str, str] | None:
        """The device and the dial that are chosen."""
        dials = [(device.name, dial) for device in state.devices for dial in device.dials]
        return dials[self._chosen % len(dials)] if dials else None

    def lines(self, width: int, height: int) -> list[Line]:
        """All lines of a window of that size."""
        if width < NARROWEST or height < SHORTEST:
            return [[Piece("", f"A window of {NARROWEST} by {SHORTEST} is the least.")], [Piece("", "q leaves.")]]
        state = self._state()
        body = self._body(state, width)[: height - 3 - LEAST_TRAFFIC]
        rest = height - len(body) - 3
        sent = self._traffic.received
        heading = f" serial: {sent} bytes from the chip "
        rule = self._glyphs.horizontal
        traffic = [[Piece("", row)] for row in self._traffic.rows(width, rest)]
        return [
            *body,
            [Piece("rule", rule * 2), Piece("label", heading), Piece("rule", rule * (width - 2 - len(heading)))],
            *traffic,
            *[[]] * (rest - len(traffic)),
            [Piece("label", self._where(width))],
            self._keys(state, width),
        ]

    def _where(self, width: int) -> str:
        """How other terminals find the board, in as many words as there is room for."""
        command = f"espdojo shell --on {self._url}"
        return next(
            (text for text in (f"from another terminal: {command}", command, self._url) if len(text) <= width), ""
        )

    def _body(self, state: BoardState, width: int) -> list[Line]:
        if not state.devices:
            return picture.panel(state, min(width, WIDEST_PANEL), self._glyphs)
        column = picture.NARROWEST_PANEL
        if width < column + GAP + DISPLAY_WIDTH:
            attached = picture.devices(state, width, self._glyphs, chosen=self._dial(state), short_first=True)
            return [picture.line(state, width, self._glyphs), *attached]
        left = picture.panel(state, column, self._glyphs)
        right = picture.devices(state, width - column - GAP, self._glyphs, chosen=self._dial(state))
        rows = max(len(left), len(right))
        left, right = left + [[]] * (rows - len(left)), right + [[]] * (rows - len(right))
        return [
            [*first, Piece("", " " * (column + GAP - sum(len(piece.text) for piece in first))), *second]
            if second
            else first
            for first, second in zip(left, right, strict=True)
        ]

    def _keys(self, state: BoardState, width: int) -> Line:
        keys = [("f", "let FLASH go" if "flash" in state.held else "hold FLASH"), ("r", "RESET")]
        buttons = [str(number) for number, device in enumerate(state.devices, 1) if device.pressed is not None]
        keys += [("/".join(buttons), "buttons")] if buttons else []
        keys += [(self._glyphs.arrows, "turn")] if self._dial(state) else []
        keys.append(("u", "unplug" if state.plugged else "plug in"))
        pieces: Line = []
        for key, does in [("q", "quit"), *keys]:  # the first is never left out
            piece = [Piece("button", f" {key} "), Piece("", f" {does}  ")]
            if sum(len(part.text) for part in [*pieces, *piece]) <= width:
                pieces += piece
        return pieces


def show(
    board: "Board",
    url: str,
    stop: Callable[[], bool],
    traffic: Traffic,
    *,
    colour: bool = True,
    input: Input | None = None,
    output: Output | None = None,
) -> None:
    """Draw the board on the whole screen until q or Ctrl-C is pressed, or `stop` says so; then the terminal is as it
    was. `url` is what the driver's clients open, `traffic` hears what the chip says. `input` and `output` are the
    terminal's own unless a test gives others."""
    glyphs = UNICODE if picture.speaks_unicode() else ASCII
    observer = Observer(board, str(board.name), unicode=glyphs is UNICODE, ticks=True)
    view = View(observer.state, traffic, glyphs, url)
    act = partial(do, board)

    def text() -> StyleAndTextTuples:
        size = app.output.get_size()
        pieces: StyleAndTextTuples = []
        for line in view.lines(size.columns, size.rows):
            pieces += [_styled(piece, act) for piece in line]
            pieces.append(("", "\n"))
        return pieces[:-1]

    async def leave() -> None:
        while not stop():
            await asyncio.sleep(REDRAW_S)
        if not app.is_done:
            app.exit()

    def begin() -> None:
        app.create_background_task(leave())

    control = FormattedTextControl(text, get_cursor_position=lambda: Point(0, 0), show_cursor=False)
    app: Application[None] = Application(
        layout=Layout(Window(control)),
        key_bindings=_key_bindings(observer.state, act, view),
        style=Style.from_dict({f"board.{name}": style for name, style in COLOURS.items()}),
        full_screen=True,
        mouse_support=True,
        color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
        refresh_interval=REDRAW_S,
        input=input,
        output=output,
    )
    switch_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        app.run(pre_run=begin)
    finally:
        sys.setswitchinterval(switch_s)
        observer.close()


def _styled(
    piece: Piece, act: Callable[[str], None]
) -> tuple[str, str] | tuple[str, str, Callable[[MouseEvent], None]]:
    style = f"class:board.{piece.style}" if piece.style else ""
    if not piece.action:
        return style, piece.text

    def click(event: MouseEvent) -> None:
        if event.event_type is MouseEventType.MOUSE_UP:
            act(piece.action)

    return style, piece.text, click


def _key_bindings(state: Callable[[], BoardState], act: Callable[[str], None], view: View) -> KeyBindings:
    bindings = KeyBindings()
    keys: dict[str, Callable[[BoardState], str]] = {
        "f": lambda seen: "release flash" if "flash" in seen.held else "press flash",
        "r": lambda seen: "press reset",
        "u": lambda seen: "unplug" if seen.plugged else "plug in",
        **{str(number): partial(_numbered, number) for number in range(1, 10)},
    }
    for key, action in keys.items():
        bindings.add(key)(lambda event, action=action: act(action(state())))
    for key, steps in (("left", -1), ("right", 1)):
        bindings.add(key)(lambda event, steps=steps: act(view.turning(steps)))
    for key, steps in (("up", -1), ("down", 1)):
        bindings.add(key)(lambda event, steps=steps: view.choose(steps))
    for key in ("q", "c-c", "c-q"):
        bindings.add(key)(lambda event: event.app.exit())
    return bindings


def _numbered(number: int, state: BoardState) -> str:
    return f"device {state.devices[number - 1].name}" if number <= len(state.devices) else ""


def do(board: "Board", action: str) -> None:
    """What a click or a key stands for, by the names that `picture` gives its buttons."""
    actions: dict[str, Callable[[], None]] = {
        "press flash": lambda: board.press("flash"),
        "release flash": lambda: board.release("flash"),
        "press reset": board.reset,
        "unplug": board.unplug,
        "plug in": board.plug,
    }
    verb, _, rest = action.partition(" ")
    if verb == "device":
        _press(board.device(rest))
    elif verb == "turn":
        name, dial, steps = rest.rsplit(" ", 2)
        turn(board.device(name), dial, int(steps))
    elif action in actions:
        actions[action]()


def _press(device: "Device") -> None:
    """Press an attached button, or let it go; nothing happens to what is none."""
    pressed = device.state().get("pressed")
    if pressed is not None:
        device.set(["release" if pressed else "press"])
