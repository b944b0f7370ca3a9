"""The USB-UART bridge: who may use it, and in which order things reach the board."""

import threading

import pytest

from emulator import profiles
from emulator.bridge import Bridge, PortBusyError, PortUnpluggedError
from emulator.bridge_queue import Break, Bytes, Purge
from emulator.reset_circuit import Pins
from emulator.trace import Trace


class Listener:
    """A client that remembers."""

    def __init__(self) -> None:
        self.received = b""
        self.was_unplugged = False

    def receive(self, data: bytes) -> None:
        self.received += data

    def unplugged(self) -> None:
        self.was_unplugged = True


def make_bridge() -> Bridge:
    return Bridge(usb=profiles.load().usb)


def test_lines_that_move_no_pin_are_no_news_for_the_board() -> None:
    bridge = make_bridge()
    bridge.set_lines(True, True)
    bridge.set_lines(False, False)
    assert bridge.take() == []


def test_en_that_rises_by_itself_wakes_the_board() -> None:
    woken = threading.Event()
    bridge = Bridge("auto-reset", woken.set, usb=profiles.load().usb)
    bridge.set_lines(False, True)
    woken.clear()
    bridge.set_lines(True, True)
    assert woken.wait(60)
    assert bridge.take() == [Pins(False, True), Pins(True, True)]


def test_bytes_rates_lines_and_breaks_keep_their_order() -> None:
    bridge = make_bridge()
    bridge.attach(Listener())
    bridge.write(b"slow")
    bridge.set_baud(460800)
    bridge.write(b"fast")
    bridge.set_lines(False, True)
    bridge.set_break(True)
    bridge.write(b"after")
    assert bridge.take() == [
        Bytes(b"slow", 115200),
        Bytes(b"fast", 460800),
        Pins(False, True),
        Break(True),
        Bytes(b"after", 460800),
    ]


def test_purging_forgets_bytes_but_no_other_change() -> None:
    bridge = make_bridge()
    bridge.attach(Listener())
    bridge.write(b"old")
    bridge.set_lines(False, True)
    bridge.purge_output()
    assert bridge.take() == [Pins(False, True)]


def test_what_was_flushed_cannot_be_purged() -> None:
    """nodemcu-uploader writes, flushes, and clears its buffers before it listens."""
    bridge = make_bridge()
    bridge.attach(Listener())
    bridge.write(b"flushed")
    bridge.flush()
    bridge.purge_output()
    bridge.write(b"one")
    bridge.write(b"two")
    assert bridge.take(8) == [Bytes(b"flushed", 115200), Bytes(b"one", 115200)]
    bridge.purge_output()  # "two" is here still, of "one" the board may have more
    assert bridge.take() == [Purge(3)]


def test_nobody_purges_what_the_client_before_wrote() -> None:
    bridge, first, second = make_bridge(), Listener(), Listener()
    bridge.attach(first)
    bridge.write(b"last words")
    bridge.detach(first)
    bridge.attach(second)
    bridge.purge_output()
    assert bridge.take() == [Bytes(b"last words", 115200)]


def test_one_client_at_a_time() -> None:
    bridge, first, second = make_bridge(), Listener(), Listener()
    bridge.attach(first)
    with pytest.raises(PortBusyError):
        bridge.attach(second)
    bridge.detach(second)  # changes nothing
    bridge.send(b"one", 115200)
    bridge.detach(first)
    bridge.send(b"lost", 115200)
    bridge.attach(second)
    bridge.send(b"two", 115200)
    assert (first.received, second.received) == (b"one", b"two")


def test_a_client_that_is_gone_is_waited_for_and_one_that_is_there_is_not() -> None:
    bridge, first, second = make_bridge(), Listener(), Listener()
    bridge.attach(first, has_left=lambda: True)
    threading.Timer(0.1, bridge.detach, (first,)).start()
    bridge.attach(second)
    with pytest.raises(PortBusyError):
        bridge.attach(first, 0.01)


def test_closing_releases_both_lines_together() -> None:
    bridge, client = make_bridge(), Listener()
    bridge.attach(client)
    bridge.set_lines(False, True)
    bridge.detach(client)
    assert bridge.take() == [Pins(False, True), Pins(True, True)]
    assert bridge.lines == (False, False)


def test_the_client_reads_at_its_own_rate() -> None:
    bridge, client = make_bridge(), Listener()
    bridge.attach(client)
    bridge.set_baud(19200)
    bridge.send(b"\x55", 9600)
    assert client.received[0] == 0x66


def test_unplugging_ends_the_client_and_keeps_others_out_until_plugged() -> None:
    bridge, client = make_bridge(), Listener()
    bridge.attach(client)
    bridge.write(b"never arrives")
    bridge.unplug()
    assert client.was_unplugged
    assert not bridge.attached
    assert bridge.take() == []
    with pytest.raises(PortUnpluggedError):
        bridge.attach(client)
    bridge.plug()
    bridge.attach(client)
    assert bridge.attached


def test_what_a_client_does_that_has_not_noticed_yet_ends_with_it() -> None:
    bridge, client = make_bridge(), Listener()
    bridge.attach(client)
    bridge.unplug()
    bridge.set_lines(False, True)
    bridge.set_break(True)
    bridge.detach(client)
    assert bridge.pins.en
    assert bridge.take()[-1] == Break(False)


def test_a_client_that_outruns_the_board_is_held_up_until_bytes_are_taken() -> None:
    bridge = make_bridge()
    bridge.attach(Listener())
    written = threading.Event()

    def flood() -> None:
        for _ in range(40):
            bridge.write(bytes(65536))
        written.set()

    threading.Thread(target=flood, daemon=True).start()
    assert not written.wait(0.1)
    total = 0
    while not written.is_set() or total < 40 * 65536:
        total += sum(len(item.data) for item in bridge.take() if isinstance(item, Bytes))
    assert total == 40 * 65536


@pytest.mark.slow
@pytest.mark.parametrize("change", ["small writes", "breaks"])
def test_many_small_changes_hold_a_client_up_as_well(change: str) -> None:
    bridge, client = make_bridge(), Listener()
    bridge.attach(client)
    done = threading.Event()

    def flood() -> None:
        for number in range(30_000):
            if change == "breaks":
                bridge.set_break(not number % 2)
            else:
                bridge.write(b".")
        done.set()

    threading.Thread(target=flood, daemon=True).start()
    assert not done.wait(0.3)
    while not done.is_set():
        bridge.take()


def test_who_takes_no_more_than_fits_finds_the_rest_in_order() -> None:
    woken = threading.Event()
    bridge = Bridge("auto-reset", woken.set, usb=profiles.load().usb)
    bridge.attach(Listener())
    for text in (b"one", b"two", b"three"):
        bridge.write(text)
    bridge.set_lines(False, True)
    woken.clear()
    assert bridge.take(0) == []
    assert not woken.is_set(), "there was no room: it will come again by itself"
    assert bridge.take(4) == [Bytes(b"one", 115200), Bytes(b"two", 115200)]
    assert woken.is_set()
    assert bridge.take(5) == [Bytes(b"three", 115200), Pins(False, True)]


def test_closing_ends_a_break() -> None:
    bridge, client = make_bridge(), Listener()
    bridge.attach(client)
    bridge.set_break(True)
    bridge.set_break(True)
    bridge.detach(client)
    assert bridge.take() == [Break(True), Break(False)]


def test_what_clients_do_is_in_the_trace() -> None:
    trace = Trace()
    bridge, client = Bridge("auto-reset", usb=profiles.load().usb, trace=trace), Listener()
    bridge.attach(client)
    bridge.set_baud(921600)
    bridge.set_baud(921600)
    bridge.set_lines(True, True)
    bridge.detach(client)
    assert [event.name for event in trace.history] == ["attach", "baud", "lines", "lines", "detach"]
