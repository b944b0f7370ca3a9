"""What happened on a board, as events.

Every part may emit; nobody is imported from here. An event is a name (``"reset"``, ``"erase"``, ``"baud"`` ...),
the processor cycle at which it happened and plain data. Listeners are called on the thread that emits, so they must
be quick.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Listener = Callable[["Event"], None]

HISTORY = 4096
"""How many events a trace remembers; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: its name, the cycle count (80 MHz virtual time) and details fit for JSON."""

    name: str
    cycle: int = 0
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def as_json(self) -> dict[str, Any]:
        """The event as the flat object that ``espdojo board --json`` prints."""
        return {"event": self.name, "cycle": self.cycle, **self.data}


class Trace:
    """Collects events and passes them on. ``clock`` tells the current cycle; a board sets it to its processor's."""

    def __init__(self, clock: Callable[[], int] = lambda: 0) -> None:
        self.clock = clock
        self.history: deque[Event] = deque(maxlen=HISTORY)
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()

    def emit(self, name: str, **data: Any) -> None:
        """Record an event and tell every listener."""
        self.emit_at(self.clock(), name, **data)

    def emit_at(self, cycle: int, name: str, **data: Any) -> None:
        """The same for what happened at an earlier cycle and is noticed now."""
        event = Event(name, cycle, MappingProxyType(data))
        with self._lock:
            self.history.append(event)
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(event)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every later event; returns the function that ends it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def follow(self, listener: Listener) -> Callable[[], None]:
        """The same, with every event that is remembered first: none is missed in between, and none told twice."""
        telling = threading.RLock()

        def tell(event: Event) -> None:
            with telling:  # what happens meanwhile waits for what happened before
                listener(event)

        with telling:
            with self._lock:
                past = tuple(self.history)
                unsubscribe = self.subscribe(tell)
            for event in past:
                listener(event)
        return unsubscribe

    def named(self, name: str) -> list[Event]:
        """The remembered events of that name, oldest first."""
        return [event for event in tuple(self.history) if event.name == name]  # meanwhile others may emit
