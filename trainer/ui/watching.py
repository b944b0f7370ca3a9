"""The board as the screen shows it: a fake one's every event, of a real one whether it is there."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from emulator.observer import BoardState, Observer
from trainer.board.workbench import Workbench
from trainer.ui.state import State

__all__ = ["watch"]

PLUG_POLL_S: Final = 0.5
"""How often a real board is looked for."""


def watch(bench: Workbench, state: State, plugged: Callable[[], None]) -> Callable[[], None]:
    """Show the board in `state` from now on; `plugged` is called, from a thread of its own, when a real one turns up.
    Returns what ends it."""
    state.fake_board = bench.is_fake
    if bench.board is not None:
        observer = Observer(bench.board, bench.port, state.on_change)
        state.board = observer.state
        state.lively = lambda: observer.is_lively
        return observer.close
    seen = BoardState(bench.description(), bench.port, bench.plugged)
    closed = threading.Event()

    def look() -> None:
        nonlocal seen
        while not closed.wait(PLUG_POLL_S):
            before, seen = seen, replace(seen, plugged=bench.plugged)
            if before != seen:
                state.on_change()
                if seen.plugged:
                    plugged()

    state.board = lambda: seen
    threading.Thread(target=look, name="looks for the board", daemon=True).start()
    return closed.set
