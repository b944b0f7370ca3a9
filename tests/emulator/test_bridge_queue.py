"""What waits at the bridge for the board: its order, its length, and what is forgotten of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.bridge_queue import QUEUE_LIMIT, Break, BridgeQueue, Bytes, Item, Purge
from emulator.reset_circuit import Pins

ONE, TWO, THREE = Bytes(b"one", 9600), Bytes(b"two", 9600), Bytes(b"three", 115200)
RESET = Pins(en=False, gpio0=True)


def queue_of(*items: Item) -> BridgeQueue:
    queue = BridgeQueue()
    for item in items:
        queue.put(item)
    return queue


def test_who_takes_no_more_than_fits_finds_the_rest_in_order() -> None:
    queue = queue_of(ONE, TWO, THREE, RESET)
    assert queue.take(0) == []
    assert queue.take(4) == [ONE, TWO], "there was room for one byte of the second"
    assert queue
    assert queue.take(5) == [THREE, RESET]
    assert not queue


def test_the_last_bytes_are_dropped_and_no_other_change() -> None:
    queue = queue_of(ONE, RESET, TWO)
    assert queue.drop_last(4) == 0
    assert queue.take(100) == [Bytes(b"on", 9600), RESET]


def test_what_was_taken_already_cannot_be_dropped() -> None:
    queue = queue_of(ONE, TWO)
    queue.take(3)
    assert queue.drop_last(6) == 3


def test_bytes_are_dropped_and_what_happened_to_the_lines_stays() -> None:
    queue = queue_of(ONE, RESET, Purge(1), Break(True))
    queue.drop_bytes()
    assert queue.take(100) == [RESET, Break(True)]


@pytest.mark.parametrize("item", [Bytes(bytes(1000), 9600), Bytes(b".", 9600), Break(True)])
def test_many_items_are_too_long_until_some_are_taken(item: Item) -> None:
    queue = queue_of(item)
    while not queue.is_too_long:
        queue.put(item)
    assert queue.take(1000)
    assert not queue.is_too_long


ITEMS = st.lists(
    st.one_of(st.builds(Bytes, st.binary(max_size=9), st.just(9600)), st.builds(Break, st.booleans())), max_size=12
)


@given(ITEMS, st.lists(st.integers(0, 20)))
def test_however_it_is_taken_all_of_it_comes_once_and_in_order(items: list[Item], rooms: list[int]) -> None:
    queue = queue_of(*items)
    taken = [item for room in rooms for item in queue.take(room)]
    assert [*taken, *queue.take(QUEUE_LIMIT)] == items
