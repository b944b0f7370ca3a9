"""What other threads ask of a board's thread: small things that are done between two slices of the program."""

import math
import queue
import threading
import time
from collections.abc import Callable

__all__ = ["Errands"]

LOOK_EVERY_S = 0.1
"""Who waits for an errand looks so often whether the thread is still there to do it."""


class Errands:
    """A list of things to do. All but `carry_out` may be called from any thread."""

    def __init__(self, wake: Callable[[], None], thread: threading.Thread) -> None:
        """`thread` carries them out, and `wake` makes it look."""
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake, self._thread = wake, thread

    def add(self, action: Callable[[], None]) -> None:
        """Have `action` done soon."""
        self._queue.put(action)
        self._wake()

    def wait_for(self, action: Callable[[], None], timeout_s: float = math.inf) -> bool:
        """The same, and wait; what it raises is raised here. False if it was not done in time, or if the thread has
        ended."""
        done = threading.Event()
        errors: list[Exception] = []

        def carry_out() -> None:
            try:
                action()
            except Exception as error:
                errors.append(error)
            done.set()

        self.add(carry_out)
        deadline = time.monotonic() + timeout_s
        while not done.wait(LOOK_EVERY_S) and self._thread.is_alive() and time.monotonic() < deadline:
            pass
        if errors:
            raise errors[0]
        return done.is_set()

    def do(self, action: Callable[[], None]) -> None:
        """Have `action` done and wait, or do it here while there is no such thread."""
        if self._thread.is_alive():
            self.wait_for(action)
        else:
            action()

    def carry_out(self) -> bool:
        """Do all that waits; whether there was anything. On the board's thread."""
        there_was = False
        while not self._queue.empty():
            there_was = True
            self._queue.get()()
        return there_was
