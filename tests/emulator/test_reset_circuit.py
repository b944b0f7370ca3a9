"""What the lines, the buttons and a hand do to EN and GPIO0."""

import threading
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.reset_circuit import Circuit, Pins, ResetCircuit


def make_circuit(kind: Circuit = "auto-reset") -> tuple[ResetCircuit, list[Pins]]:
    """A circuit, and the levels that it tells of."""
    told: list[Pins] = []
    return ResetCircuit(kind, told.append, threading.RLock()), told


# The table that esptool's documentation and the boards' schematics agree on; EN, GPIO0 for DTR, RTS.
CIRCUIT = {
    (False, False): Pins(en=True, gpio0=True),
    (True, True): Pins(en=True, gpio0=True),
    (False, True): Pins(en=False, gpio0=True),
    (True, False): Pins(en=True, gpio0=False),
}


@pytest.mark.parametrize(("lines", "pins"), CIRCUIT.items())
def test_lines_drive_the_pins_as_the_circuit_does(lines: tuple[bool, bool], pins: Pins) -> None:
    circuit, _ = make_circuit()
    circuit.drive(*lines)
    assert circuit.pins == pins


def test_a_change_that_leaves_the_pins_alone_is_not_told() -> None:
    circuit, told = make_circuit()
    circuit.drive(True, True)
    circuit.drive(False, False)
    assert told == []


def test_without_a_circuit_lines_do_nothing() -> None:
    circuit, told = make_circuit("none")
    circuit.drive(False, True)
    assert told == []


def test_a_circuit_that_is_taken_out_lets_go_of_the_pins() -> None:
    circuit, told = make_circuit()
    circuit.drive(True, False)
    circuit.set_kind("none")
    circuit.drive(False, True)
    assert told == [Pins(True, False), Pins(True, True)]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """EN does not rise by itself, however long a test is held up."""
    monkeypatch.setattr("emulator.reset_circuit.EN_RISE_S", 1000.0)


@pytest.mark.usefixtures("patient")
def test_esptools_classic_sequence_ends_in_gpio0_low_when_en_rises() -> None:
    circuit, told = make_circuit()
    for dtr, rts in ((False, False), (False, True), (True, True), (True, False), (False, False)):
        circuit.drive(dtr, rts)
    assert told == [Pins(False, True), Pins(True, False), Pins(True, True)]


def test_en_rises_by_itself_when_both_lines_stay_asserted() -> None:
    risen = threading.Event()
    circuit = ResetCircuit("auto-reset", lambda pins: risen.set() if pins.en else None, threading.RLock())
    circuit.drive(False, True)
    circuit.drive(True, True)
    assert risen.wait(60)
    assert circuit.pins == Pins(True, True)


def test_buttons_and_lines_pull_the_same_pins() -> None:
    circuit, told = make_circuit()
    circuit.press("flash")
    circuit.drive(True, False)
    circuit.drive(False, False)
    assert circuit.held == {"flash"}
    assert told == [Pins(True, False)]
    circuit.release("flash")
    assert told[1:] == [Pins(True, True)]
    assert not circuit.held


def test_a_tap_on_reset_with_flash_held() -> None:
    circuit, told = make_circuit("none")
    circuit.tap_reset(flash=True)
    assert told == [Pins(True, False), Pins(False, False), Pins(True, False), Pins(True, True)]


ACTIONS: st.SearchStrategy[tuple[bool, bool] | str] = st.one_of(
    st.tuples(st.booleans(), st.booleans()),
    st.sampled_from(["press flash", "press reset", "release flash", "release reset", "tap"]),
)


@pytest.mark.usefixtures("patient")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTIONS, max_size=20))
def test_pins_never_repeat_and_the_last_is_the_present_one(actions: list[tuple[bool, bool] | str]) -> None:
    circuit, told = make_circuit()
    for action in actions:
        match action:
            case (dtr, rts):
                circuit.drive(dtr, rts)
            case "press flash":
                circuit.press("flash")
            case "press reset":
                circuit.press("reset")
            case "release flash":
                circuit.release("flash")
            case "release reset":
                circuit.release("reset")
            case _:
                circuit.tap_reset(flash=True)
    pins = [Pins(True, True), *told]
    assert all(before != after for before, after in pairwise(pins))
    assert pins[-1] == circuit.pins
    circuit.drive(False, False)  # EN waits for its rise no more
