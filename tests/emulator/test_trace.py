"""The trace: what happened, for whoever asks."""

from emulator.trace import Trace


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
