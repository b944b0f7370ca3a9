"""The one thing that is being done for a learner, and what the learner did meanwhile.

The worker's thread ends what the screen's thread has begun, and either may find the other at it.
"""

import threading
from collections.abc import Callable

from trainer.ui.state import State

__all__ = ["Work"]

Action = Callable[[], object]


class Work:
    """Work that `state` shows (`State.activity`), one thing at a time. To be called from any thread.

    `make_ready` is called whenever something begins, before it can be cancelled.
    """

    def __init__(self, state: State, make_ready: Action) -> None:
        self._state = state
        self._make_ready = make_ready
        self.page_seen = state.page
        """The page of the last frame that was drawn."""
        self._page_before = state.page
        """The page when what is being done was begun."""
        self._put_off: list[Action] = []
        """What a learner did when nearly all was done; it follows at once."""
        self._finishing = threading.Lock()
        """Held to begin something, to end it, and to leave something to whoever ends it."""
        self._cancelled = threading.Event()

    @property
    def busy(self) -> bool:
        """Is something being done?"""
        return self._state.activity is not None

    @property
    def cancelled(self) -> bool:
        """Is what is being done not wanted any longer?"""
        return self._cancelled.is_set()

    def begin(self, what: str, otherwise: Action = lambda: None) -> bool:
        """Something is being done from now on; False if something is already, which `otherwise` follows."""
        with self._finishing:
            if self.busy:
                self._put_off.append(otherwise)
                return False
            self._page_before = self._state.page
            self._cancelled.clear()
            self._make_ready()
            self._state.work(what)
            return True

    def finish(self) -> list[Action]:
        """It is done; what is to follow at once."""
        with self._finishing:
            self._state.work(None)
            put_off, self._put_off = self._put_off, []
        return put_off

    def cancel(self) -> bool:
        """Nothing of it is wanted any longer, and nothing that was to follow; False if nothing is being done."""
        with self._finishing:
            busy = self.busy
            if busy:
                self._state.typed_ahead = ()
                self._put_off = []
                self._cancelled.set()
        return busy

    def follows(self, action: Action, *, turns: bool = False, unseen: bool = False) -> bool:
        """Put off what a learner does who has seen already what came of the last thing: a page that was not there when
        it was begun (or `unseen`, is there but not drawn), or, if this only `turns` pages, one that waits for that.
        There is but little left to do then, such as to keep the progress; it follows at once. False where it need not
        wait, or has to wait for more."""
        with self._finishing:
            page = self._state.page
            comes = page is not self._page_before and (unseen or page is self.page_seen)
            if not self.busy or not (comes or (turns and page.turns)):
                return False
            self._put_off.append(action)
            return True

    def type_ahead(self, line: str) -> bool:
        """Keep a line until what is being done is done; False if that is so already. An empty one is not kept."""
        with self._finishing:
            if self.busy:
                self._state.typed_ahead = (*self._state.typed_ahead, *([line] if line.strip() else []))
                self._state.on_change()
                return True
            return False

    def take_typed_ahead(self, *, all_of_it: bool) -> tuple[str, ...]:
        """The lines that were kept; the first of them is kept no longer, or `all_of_it`."""
        with self._finishing:
            waiting = self._state.typed_ahead
            self._state.typed_ahead = () if all_of_it else waiting[1:]
        return waiting
