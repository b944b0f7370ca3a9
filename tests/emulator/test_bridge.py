"""The USB-UART bridge: who may use it, in which order things reach the board, and what the lines do to the chip."""

import threading
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import profiles
from emulator.bridge import Break, Bridge, Bytes, Circuit, Pins, PortBusyError, PortUnpluggedError, Purge
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


def make_bridge(circuit: Circuit = "auto-reset") -> Bridge:
    return Bridge(circuit, usb=profiles.load().usb)


# The table that esptool's documentation and the boards' schematics agree on; EN, GPIO0 for DTR, RTS.
CIRCUIT = {
    (False, False): Pins(en=True, gpio0=True),
    (True, True): Pins(en=True, gpio0=True),
    (False, True): Pins(en=False, gpio0=True),
    (True, False): Pins(en=True, gpio0=False),
}


@pytest.mark.parametrize(("lines", "pins"), CIRCUIT.items())
def test_lines_drive_the_pins_as_the_circuit_does(lines: tuple[bool, bool], pins: Pins) -> None:
    bridge = make_bridge()
    bridge.set_lines(*lines)
    assert bridge.pins == pins


def test_a_change_that_leaves_the_pins_alone_is_no_event() -> None:
    bridge = make_bridge()
    bridge.set_lines(True, True)
    bridge.set_lines(False, False)
    assert bridge.take() == []


def test_without_a_circuit_lines_do_nothing() -> None:
    bridge = make_bridge("none")
    bridge.set_lines(False, True)
    assert bridge.take() == []


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """EN does not rise by itself, however long a test is held up."""
    monkeypatch.setattr("emulator.bridge.EN_RISE_S", 1000.0)


@pytest.mark.usefixtures("patient")
def test_esptools_classic_sequence_ends_in_gpio0_low_when_en_rises() -> None:
    bridge = make_bridge()
    for dtr, rts in ((False, None), (None, True), (True, None), (None, False), (False, None)):
        bridge.set_lines(dtr, rts)
    assert bridge.take() == [Pins(False, True), Pins(True, False), Pins(True, True)]


def test_en_rises_by_itself_when_both_lines_stay_asserted() -> None:
    woken = threading.Event()
    bridge = Bridge("auto-reset", woken.set, usb=profiles.load().usb)
    bridge.set_lines(False, True)
    woken.clear()
    bridge.set_lines(True, True)
    assert woken.wait(60)
    assert bridge.take() == [Pins(False, True), Pins(True, True)]


def test_buttons_and_lines_pull_the_same_pins() -> None:
    bridge = make_bridge()
    bridge.press("flash")
    bridge.set_lines(True, False)
    bridge.set_lines(False, False)
    assert bridge.take() == [Pins(True, False)]
    bridge.release("flash")
    assert bridge.take() == [Pins(True, True)]


def test_a_tap_on_reset_with_flash_held() -> None:
    bridge = make_bridge("none")
    bridge.tap_reset(flash=True)
    assert bridge.take() == [Pins(True, False), Pins(False, False), Pins(True, False), Pins(True, True)]


LEVELS = st.sampled_from([None, True, False])
ACTIONS: st.SearchStrategy[tuple[bool | None, bool | None] | str] = st.one_of(
    st.tuples(LEVELS, LEVELS),
    st.sampled_from(["press flash", "press reset", "release flash", "release reset", "tap"]),
)


@pytest.mark.usefixtures("patient")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTIONS, max_size=20))
def test_pins_never_repeat_and_the_last_is_the_present_one(
    actions: list[tuple[bool | None, bool | None] | str],
) -> None:
    bridge = make_bridge()
    for action in actions:
        match action:
            case (dtr, rts):
                bridge.set_lines(dtr, rts)
            case "press flash":
                bridge.press("flash")
            case "press reset":
                bridge.press("reset")
            case "release flash":
                bridge.release("flash")
            case "release reset":
                bridge.release("reset")
            case _:
                bridge.tap_reset(flash=True)
    pins = [Pins(True, True), *bridge.take()]
    assert all(before != after for before, after in pairwise(pins))
    assert pins[-1] == bridge.pins
    bridge.set_lines(False, False)  # EN waits for its rise no more


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
