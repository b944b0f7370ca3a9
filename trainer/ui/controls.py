"""The two kinds of window contents that the screen is made of, besides the line that is typed in: lines, and a click on
them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from prompt_toolkit.data_structures import Point
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.controls import UIContent, UIControl
from prompt_toolkit.mouse_events import MouseEvent, MouseEventType
from prompt_toolkit.utils import get_cwidth

if TYPE_CHECKING:
    from prompt_toolkit.key_binding.key_bindings import NotImplementedOrNone

__all__ = ["Click", "Lines", "clickable"]

WHEEL_ROWS: Final = 3

Draw = Callable[[int, int], list[StyleAndTextTuples]]
"""(columns, rows) -> the lines to show."""

Click = Callable[[], None]


class Lines(UIControl):
    """Shows the lines that `draw` returns; the wheel calls `scroll` with rows, down positive. Pieces may have a
    click."""

    def __init__(self, draw: Draw, scroll: Callable[[int], None] | None = None) -> None:
        self._draw = draw
        self._scroll = scroll
        self._lines: list[StyleAndTextTuples] = []

    def create_content(self, width: int, height: int) -> UIContent:
        self._lines = lines = self._draw(width, height)
        return UIContent(lambda row: lines[row], line_count=len(lines), cursor_position=Point(0, 0), show_cursor=False)

    def is_focusable(self) -> bool:
        return False

    def mouse_handler(self, mouse_event: MouseEvent) -> "NotImplementedOrNone":
        wheel = {MouseEventType.SCROLL_UP: -WHEEL_ROWS, MouseEventType.SCROLL_DOWN: WHEEL_ROWS}
        if (rows := wheel.get(mouse_event.event_type)) and self._scroll is not None:
            self._scroll(rows)
            return None
        if mouse_event.event_type is MouseEventType.MOUSE_UP:
            return self._click(mouse_event)
        return NotImplemented

    def _click(self, event: MouseEvent) -> "NotImplementedOrNone":
        """Hand the click to the piece at its place."""
        at = 0
        for piece in self._lines[event.position.y] if event.position.y < len(self._lines) else ():
            at += get_cwidth(piece[1])
            if event.position.x < at:
                return piece[2](event) if len(piece) > 2 else NotImplemented
        return NotImplemented


def clickable(style: str, text: str, click: Click) -> tuple[str, str, Callable[[MouseEvent], "NotImplementedOrNone"]]:
    """A piece of a line that can be clicked."""

    def handle(event: MouseEvent) -> "NotImplementedOrNone":
        click()
        return None

    return style, text, handle
