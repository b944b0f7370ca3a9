"""What a client did at the bridge, in order, until the board takes it."""

from dataclasses import dataclass

from emulator.line import without_last
from emulator.reset_circuit import Pins

QUEUE_LIMIT = 1 << 17
"""Bytes that may wait for the board before a client is held up."""
ITEM_COST = 64
"""As how many bytes each change in the queue counts, so that many small ones hold a client up as well."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes from the client, sent at `baud`; None: at the rate the board listens to (raw TCP has none)."""

    data: bytes
    baud: int | None


@dataclass(frozen=True, slots=True)
class Break:
    """The client holds its transmit line low (True) or lets go (False)."""

    on: bool


@dataclass(frozen=True, slots=True)
class Purge:
    """Of the bytes before, the last `count` shall not arrive, as far as they have not yet."""

    count: int


Item = Bytes | Pins | Break | Purge
"""One change: new levels of the pins among them, whoever made them."""


class BridgeQueue:
    """Items that wait for the board. Whoever uses it from several threads holds a lock."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._cost = 0

    @property
    def is_too_long(self) -> bool:
        """Whether so much waits that a client is to be held up."""
        return self._cost > QUEUE_LIMIT

    def __bool__(self) -> bool:
        return bool(self._items)

    def put(self, item: Item) -> None:
        """Something happened, after all that waits."""
        self._items.append(item)
        self._cost += _cost(item)

    def take(self, room: int) -> list[Item]:
        """The oldest items: up to `room` bytes, and what else came before the next one."""
        count = self._count_within(room)
        items, self._items = self._items[:count], self._items[count:]
        self._cost -= sum(map(_cost, items))
        return items

    def _count_within(self, room: int) -> int:
        """How many items from the first on bring no more than `room` bytes; the last of them may, if there is room."""
        if self._cost <= room:
            return len(self._items)
        for index, item in enumerate(self._items):
            if isinstance(item, Bytes):
                if room <= 0:
                    return index
                room -= len(item.data)
        return len(self._items)

    def drop_last(self, count: int) -> int:
        """Forget the last `count` bytes, and leave all other changes; returns how many of them were taken before."""
        kept: list[Item] = []
        for item in reversed(self._items):
            if isinstance(item, Bytes):
                data, count = without_last(item.data, count)
                kept += [Bytes(data, item.baud)] if data else []
            else:
                kept.append(item)
        self._keep(kept[::-1])
        return count

    def drop_bytes(self) -> None:
        """Forget all bytes, and leave what happened to the lines."""
        self._keep([item for item in self._items if not isinstance(item, Bytes | Purge)])

    def clear(self) -> None:
        """Forget everything."""
        self._keep([])

    def _keep(self, items: list[Item]) -> None:
        self._items = items
        self._cost = sum(map(_cost, items))


def _cost(item: Item) -> int:
    """What an item counts in the queue, in bytes."""
    return ITEM_COST + (len(item.data) if isinstance(item, Bytes) else 0)
