"""The board's thread: whatever happens at whatever moment, it notices."""

import threading
from typing import Any

from emulator import profiles
from emulator.bridge import Bridge
from emulator.runner import Runner


class Wake(threading.Event):
    """Wakes the thread; the first time that the thread forgets that it was woken, `meanwhile` happens just before."""

    def __init__(self, meanwhile: threading.Thread) -> None:
        super().__init__()
        self._meanwhile = meanwhile
        self._was_set, self.was_cleared = threading.Event(), threading.Event()

    def set(self) -> None:
        super().set()
        self._was_set.set()

    def clear(self) -> None:
        if self._meanwhile.ident is None:
            self._meanwhile.start()
            assert self._was_set.wait(60)
        super().clear()
        self.was_cleared.set()


def test_a_stop_at_the_moment_in_which_the_thread_looks_is_not_missed(rig: Any) -> None:
    stopping = threading.Thread(target=lambda: runner.stop(), daemon=True)
    wake = Wake(stopping)
    runner = Runner(rig.chip, rig.rom, Bridge(usb=profiles.load().usb), wake, 26.0, "max", "fast")
    runner.start()
    assert wake.was_cleared.wait(60)
    stopping.join(60)
    assert not stopping.is_alive()
