"""The trace: what happened, for whoever asks."""

import threading

from emulator.trace import Event, Trace


def test_others_may_emit_while_somebody_looks() -> None:
    trace = Trace()

    class Busy(str):
        """A name, while which is compared something else happens."""

        def __eq__(self, other: object) -> bool:
            trace.emit("meanwhile")
            return str(self) == other

        __hash__ = str.__hash__

    trace.emit("reset")
    trace.emit("boot")
    assert [event.name for event in trace.named(Busy("boot"))] == ["boot"]


def test_who_follows_misses_nothing_and_hears_nothing_twice() -> None:
    trace, heard = Trace(), list[int]()
    trace.emit("before", number=0)
    other = threading.Thread(target=lambda: [trace.emit("meanwhile", number=number) for number in (1, 2)])

    def listen(event: Event) -> None:
        if not heard:
            other.start()
            while len(trace.history) < 2:
                pass
        heard.append(event.data["number"])

    stop = trace.follow(listen)
    other.join(60)
    trace.emit("after", number=3)
    stop()
    trace.emit("unheard", number=4)
    assert heard == [0, 1, 2, 3]
