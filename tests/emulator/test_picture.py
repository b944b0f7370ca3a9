"""A board in characters: what is known is said, what finds no room is left out, and colour is never the only sign."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.observer import BoardState, ChipClock, DeviceState, FlashContents, PinState
from emulator.picture import ASCII, NARROWEST_PANEL, STYLES, UNICODE, Glyphs, Line, devices, flash_cells, line, panel
from emulator.pin_events import Wave

MIB = 1 << 20
EMPTY = FlashContents(4 * MIB, bytes(1024))
WRITTEN = FlashContents(4 * MIB, b"\1" * 160 + bytes(864), frozenset({158, 159}))
RUNNING = BoardState(
    "NodeMCU 1.0 (ESP-12E)",
    "/dev/ttyUSB0",
    plugged=True,
    mode="program",
    led=True,
    last_reset="external",
    baud=115200,
    flash=WRITTEN,
    has_buttons=True,
)
UNPLUGGED = replace(RUNNING, plugged=False, mode="off", led=False, last_reset="", baud=None)
REAL = BoardState("CP2102 USB to UART Bridge Controller", "COM4", plugged=True)

PINS = st.builds(
    PinState,
    pin=st.integers(0, 16),
    level=st.booleans(),
    driven=st.booleans(),
    wave=st.sampled_from([None, Wave(20, 998.5, 0.25, 0.1), Wave(900, 1.25e6, 0.5, 0.1), Wave(12, None, None, 0.0)]),
)
BUTTON = DeviceState("button@14", ("pressed",), pressed=True)
DISPLAY = DeviceState("ssd1306@i2c:4,5", ("#" * 64,) * 16)
STATES = st.builds(
    BoardState,
    title=st.sampled_from(["NodeMCU", "CP2102N USB to UART Bridge Controller"]),
    port=st.sampled_from(["COM4", "/dev/ttyUSB0", "/dev/cu.SLAB_USBtoUART", "rfc2217://192.168.100.200:4000?logging"]),
    plugged=st.booleans(),
    mode=st.sampled_from(["off", "held", "download", "uploaded", "program", "hung", None]),
    led=st.sampled_from([None, True, False]),
    last_reset=st.sampled_from(["", "power on", "external", "software", "watchdog"]),
    baud=st.sampled_from([None, 74880, 115200]),
    held=st.frozensets(st.sampled_from(["flash", "reset"])),
    flash=st.sampled_from([None, EMPTY, WRITTEN, FlashContents(512 * 1024, bytes(128))]),
    has_buttons=st.booleans(),
    clock=st.sampled_from([None, ChipClock(3.25, 80), ChipClock(86_400.0, 160)]),
    pins=st.lists(PINS, max_size=17).map(tuple),
    devices=st.lists(st.sampled_from([BUTTON, DISPLAY]), max_size=3).map(tuple),
)


def text(drawn: Line) -> str:
    return "".join(piece.text for piece in drawn)


def whole(lines: list[Line]) -> str:
    return "\n".join(map(text, lines))


def test_one_line_says_all_that_matters_on_80_columns() -> None:
    shown = text(line(RUNNING, 78))
    for part in ("ttyUSB0", "power ●", "LED ●", "running", "reset external", "640K/4M"):
        assert part in shown
    assert "█" in shown


def test_an_unplugged_board_says_so() -> None:
    assert "ttyUSB0 unplugged" in text(line(UNPLUGGED, 78))
    assert "the cable is out" in whole(panel(UNPLUGGED, 36))
    assert "no port" in text(line(replace(RUNNING, plugged=False), 78)), "power, but a cable without data wires"


def test_of_a_real_board_only_the_port_is_known() -> None:
    assert text(line(REAL, 78)) == "COM4"
    assert text(line(replace(REAL, plugged=False), 78)) == "COM4 unplugged"
    shown = whole(panel(REAL, 36))
    assert "only its port can be seen" in shown
    assert "flash" not in shown
    assert "[" not in shown.replace("[ESP8266]", ""), "and no buttons"


def test_buttons_can_be_clicked() -> None:
    def actions(state: BoardState) -> set[str]:
        return {piece.action for drawn in panel(state, 36) for piece in drawn if piece.action}

    assert actions(RUNNING) == {"unplug", "press reset", "press flash"}
    assert actions(replace(UNPLUGGED, held=frozenset({"flash"}))) == {"plug in", "press reset", "release flash"}


@given(STATES, st.integers(30, 140), st.sampled_from([UNICODE, ASCII]))
def test_a_line_fits_and_begins_with_the_port(state: BoardState, width: int, glyphs: Glyphs) -> None:
    drawn = line(state, width, glyphs)
    assert len(text(drawn)) <= width
    port = state.port.removeprefix("/dev/")
    assert {"port", port, f"{port[:15]}..."} & set(text(drawn).split())
    assert {piece.style for piece in drawn} <= STYLES.keys()


@given(STATES, st.integers(NARROWEST_PANEL, 60), st.booleans())
def test_a_panel_fits_its_column_and_cuts_nothing(state: BoardState, width: int, picture: bool) -> None:
    drawn = panel(state, width, picture=picture)
    assert all(len(text(row)) <= width for row in drawn)
    assert {piece.style for row in drawn for piece in row} <= STYLES.keys()
    said = "".join(text(row).replace(" ", "") for row in drawn)
    assert state.title.replace(" ", "") in said
    assert state.port in said or not state.plugged


def test_pins_and_waves() -> None:
    high, wave = PinState(2, level=True, driven=True), Wave(9, 498.9, 0.25, 0.1)
    pins = (high, PinState(15, level=False, driven=True, wave=wave))
    shown = whole(panel(replace(RUNNING, pins=pins, clock=ChipClock(12.34, 160)), 36))
    assert "pins   2● 15~498.9 Hz 25%" in shown
    assert "clock  12.3 s at 160 MHz" in shown


@pytest.mark.slow
@given(STATES, st.integers(20, 100))
def test_devices_fit_their_column(state: BoardState, width: int) -> None:
    drawn = devices(state, width)
    assert all(len(text(row)) <= max(width, 30) for row in drawn)
    assert {piece.style for row in drawn for piece in row} <= STYLES.keys()


def test_an_attached_button_can_be_clicked() -> None:
    title, _, *_ = devices(replace(RUNNING, devices=(DISPLAY, BUTTON)), 64)[17:]
    assert text(title) == "button@14 [2 let go]"
    assert title[-1].action == "device button@14"


@given(STATES)
def test_an_ascii_terminal_gets_ascii(state: BoardState) -> None:
    assert whole([line(state, 80, ASCII), *panel(state, 40, ASCII)]).isascii()


@pytest.mark.parametrize("count", [8, 24, 144, 1024, 2000])
def test_the_map_shows_where_something_is_written(count: int) -> None:
    cells = flash_cells(WRITTEN, count)
    assert len(cells) == count
    assert sum(share for share, _ in cells) / count == pytest.approx(160 / 1024, abs=0.01)
    assert [number for number, (_, recent) in enumerate(cells) if recent][-1] == 159 * count // 1024
    assert not any(share or recent for share, recent in flash_cells(EMPTY, count))
