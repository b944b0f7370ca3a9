"""The windows of the full-screen tutor, and how they share the screen."""

from collections.abc import Callable

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    Float,
    FloatContainer,
    HSplit,
    Layout,
    VSplit,
    Window,
)
from prompt_toolkit.layout.containers import AnyContainer
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import BeforeInput

from trainer.ui.controls import Lines
from trainer.ui.drawing import Drawing
from trainer.ui.popups import Popups
from trainer.ui.screen import Screen

__all__ = ["build"]


def build(screen: Screen, drawing: Drawing, popups: Popups, line: Buffer) -> Layout:
    """All windows. What they show and how high they are is asked anew each time the screen is drawn.

    Every part says its exact size, and none is left to grow into what is free: prompt_toolkit divides free room row by
    row and asks all windows inside for it again, which took a third of a frame's time.
    """
    text = Window(
        Lines(lambda width, height: drawing.text(width, height, screen.plan.joined), screen.scroll_text),
        height=_exact(lambda: screen.plan.text),
    )
    below_text = _row(
        lambda width: drawing.rule(width, "", drawing.more_text(width, screen.plan.text, screen.plan.joined))
    )
    task = Window(Lines(lambda width, height: drawing.task(width)), height=_exact(lambda: screen.plan.task))
    above_terminal = _row(
        lambda width: drawing.rule(width, screen.terminal_title, drawing.more_terminal(screen.more_output))
    )
    output = Window(
        Lines(
            lambda width, height: drawing.terminal(width, height, with_last=screen.shows_last), screen.scroll_terminal
        ),
        height=_exact(lambda: screen.output_rows),
    )
    typed = Window(
        BufferControl(line, input_processors=[BeforeInput(lambda: drawing.prompt(screen.prompt, screen.at_board))]),
        height=_exact(lambda: screen.typed_rows),
        wrap_lines=True,
    )
    unused = Window(
        Lines(lambda width, height: [], screen.scroll_terminal),
        height=_exact(lambda: screen.unused_rows),
    )
    column = HSplit(
        [text, below_text, task, above_terminal, output, typed, unused], width=_exact(lambda: screen.plan.columns)
    )
    side = VSplit(
        [
            Window(width=1, char=drawing.signs.vertical, style="class:rule"),
            Window(width=1),
            Window(Lines(drawing.side), width=_exact(lambda: screen.plan.side)),
        ],
        width=_exact(lambda: screen.plan.side + 2),
    )
    body = HSplit(
        [
            _row(drawing.title),
            VSplit([column, _where(lambda: screen.plan.side > 0, side)], height=_exact(lambda: screen.middle_rows)),
            _where(lambda: screen.plan.side == 0, _row(drawing.board_line)),
            _row(lambda width: drawing.keys(screen.keys, width)),
        ],
        height=_exact(lambda: screen.rows),
    )
    too_small = Window(Lines(lambda width, height: screen.too_small(width)))
    fits = Condition(lambda: screen.plan.fits)
    root = FloatContainer(
        HSplit([ConditionalContainer(body, fits), ConditionalContainer(too_small, ~fits)]),
        floats=[
            Float(CompletionsMenu(max_height=8, scroll_offset=1), xcursor=True, ycursor=True),
            Float(popups.container),
        ],
    )
    return Layout(root, focused_element=typed)


def _row(draw: Callable[[int], StyleAndTextTuples]) -> Window:
    """A window of one row."""
    return Window(Lines(lambda width, height: [draw(width)]), height=1)


def _exact(count: Callable[[], int]) -> Callable[[], Dimension]:
    """A height or width that is asked for anew."""
    return lambda: Dimension.exact(max(count(), 0))


def _where(condition: Callable[[], bool], container: AnyContainer) -> ConditionalContainer:
    return ConditionalContainer(container, Condition(condition))
