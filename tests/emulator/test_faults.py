"""Faults: the table and its values, and what each does to a board that nobody talks to."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import Board, faults
from emulator.bridge import PortBusyError, PortForbiddenError, PortUnpluggedError
from emulator.faults import FaultError
from emulator.line import Loss, Noise
from emulator.reset_circuit import Pins

SECTOR = 4096
MIB = 1 << 20
TIMEOUT_S = 60


class Listener:
    """A client that keeps what it hears."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.is_unplugged = False

    def receive(self, data: bytes) -> None:
        self.heard += data

    def unplugged(self) -> None:
        self.is_unplugged = True


def wait_for(condition) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


def reset_causes(board: Board) -> list[str]:
    return [event.data["cause"] for event in board.events.named("reset")]


def reset_modes(board: Board) -> list[int]:
    return [event.data["mode"] for event in board.events.named("reset")]


# The table


@pytest.mark.parametrize("name", faults.FAULTS)
def test_every_fault_can_be_put_in_without_a_value_and_mended(name: str) -> None:
    with Board(clock="max", faults=[name]) as board:
        assert board.events.named("fault")[0].data["fault"] == name
        board.repair(name)
        assert board.events.named("repair")[0].data["fault"] == name
        board.flash.erase(0, 2 * SECTOR)
        board.flash.program(0, bytes(2 * SECTOR))
        assert board.flash.read(0, 2 * SECTOR) == bytes(2 * SECTOR)
        assert board.flash.cell_count == board.flash.size
        assert board.bridge.plugged
        assert not board.bridge.attached
        assert not board.bridge.refusals
        assert board.bridge.pins == Pins(en=True, gpio0=True)
        assert board.bridge.circuit.kind == "auto-reset"
        assert not board.bridge.to_chip
        assert not board.bridge.to_client


def test_an_unknown_fault_is_answered_with_all_there_are() -> None:
    with pytest.raises(FaultError, match="'gremlins'") as caught:
        Board(faults=["gremlins"])
    for fault in faults.FAULTS.values():
        assert fault.usage in str(caught.value)
        assert fault.help in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("noise=2", "between 0 and 1"),
        ("noise=", "no value for noise"),
        ("lost-bytes=much", "lost-bytes"),
        ("port-busy=1", "takes no value"),
        ("brownout=-1", "not negative"),
        ("worn-sectors=a-b", "worn-sectors"),
        ("worn-sectors=0-99999999", "names no sector"),
        ("worn-sectors=9-3", "9-3 names no sector"),
        ("worn-sectors=1024", "this flash chip has 1024"),
        ("fake-flash=3MB", "3MB"),
        ("fake-flash=4MB", "claims"),
        ("slow-erase=0", "between 0 and 1000"),
        ("slow-erase=nan", "between 0 and 1000"),
    ],
)
def test_values_that_make_no_sense_are_explained(text: str, words: str) -> None:
    with pytest.raises(FaultError, match=words):
        Board(faults=[text])


@given(st.sampled_from(sorted(faults.FAULTS)), st.text(max_size=20))
def test_any_value_is_taken_or_refused_with_words(name: str, value: str) -> None:
    complaint = ""
    try:
        fault, _ = faults.parse(f"{name}={value}")
    except FaultError as error:
        complaint = str(error)
    assert name in complaint if complaint else fault.name == name


def test_the_same_fault_again_takes_the_place_of_the_first() -> None:
    with Board(faults=["noise=0.5"]) as board:
        board.inject("noise=0.25")
        assert len(board.bridge.to_chip) == 1


# The line


@given(st.binary(max_size=200), st.integers(0, 1000), st.lists(st.integers(0, 50)))
def test_mishaps_depend_on_the_seed_and_not_on_how_the_bytes_are_cut(data: bytes, seed: int, cuts: list[int]) -> None:
    whole, cut, rest = Loss(0.1, seed)(data), b"", data
    loss = Loss(0.1, seed)
    for length in cuts:
        cut, rest = cut + loss(rest[:length]), rest[length:]
    assert cut + loss(rest) == whole


def test_a_loss_of_one_in_ten_loses_about_one_in_ten() -> None:
    assert 88_000 < len(Loss(0.1, 1)(bytes(100_000))) < 92_000


def test_noise_spoils_about_as_many_bytes_as_it_is_told() -> None:
    data = bytes([0x55]) * 10_000
    spoiled = Noise(0.01, 1)(data)
    assert spoiled != data
    assert 9_000 < sum(a == 0x55 for a in spoiled) < 10_000


@given(st.binary(max_size=300), st.floats(0.001, 0.999), st.integers(0, 99))
def test_noise_never_makes_more_of_the_bytes_than_fit_on_the_line(data: bytes, rate: float, seed: int) -> None:
    assert len(Noise(rate, seed)(data)) <= len(data)


def test_noise_is_heard_in_the_banner_and_is_the_same_every_time() -> None:
    banners = []
    for fault in ((), ("noise=0.1:7",), ("noise=0.1:7",)):
        board, listener = Board(clock="max", faults=fault), Listener()
        board.bridge.set_baud(74880)
        board.bridge.attach(listener)
        with board:
            wait_for(lambda board=board: len(board.events.named("reset")) > 1)
            banners.append(bytes(listener.heard[:60]))
    clean, noisy, again = banners
    assert b"ets Jan  8 2013" in clean
    assert noisy != clean
    assert noisy == again


# Cable, port, pins


def test_a_charge_only_cable_gives_power_and_no_port() -> None:
    with Board(clock="max", faults=["charge-only-cable"]) as board:
        wait_for(lambda: board.events.named("reset"))
        with pytest.raises(PortUnpluggedError):
            board.bridge.attach(Listener())
        board.unplug()
        board.plug()
        assert not board.bridge.plugged
        board.repair("charge-only-cable")
        board.bridge.attach(Listener())


def test_a_cable_that_loses_its_data_wires_hangs_up() -> None:
    listener = Listener()
    with Board() as board:
        board.bridge.attach(listener)
        board.inject("charge-only-cable")
        assert listener.is_unplugged
        assert board.has_power


def test_a_cable_that_loses_its_data_wires_lets_go_of_the_chip() -> None:
    with Board(clock="max") as board:
        board.bridge.attach(Listener())
        board.bridge.set_break(True)
        board.bridge.set_lines(dtr=False, rts=True)
        wait_for(lambda: board.state.value == "held")
        board.inject("charge-only-cable")
        wait_for(lambda: "external" in reset_causes(board))


def test_a_busy_port_is_free_when_the_other_program_is_closed() -> None:
    with Board(faults=["port-busy"]) as board:
        with pytest.raises(PortBusyError):
            board.bridge.attach(Listener())
        board.repair("port-busy")
        board.bridge.attach(Listener())
        with pytest.raises(FaultError, match="already"):
            board.inject("port-busy")


def test_who_may_not_open_the_port_is_refused_even_where_nobody_holds_it() -> None:
    with Board(faults=["no-permission"]) as board:
        with pytest.raises(PortForbiddenError):
            board.bridge.attach(Listener())
        board.inject("port-busy")
        with pytest.raises(PortForbiddenError):  # as a system asks for rights first
            board.bridge.attach(Listener())
        board.repair("no-permission")
        with pytest.raises(PortBusyError):
            board.bridge.attach(Listener())


def test_with_gpio0_stuck_every_reset_ends_in_download_mode_whatever_the_button_does() -> None:
    with Board(clock="max", faults=["gpio0-low"]) as board:
        board.press("flash")
        board.release("flash")
        board.reset()
        wait_for(lambda: len(reset_modes(board)) == 2)
        assert reset_modes(board) == [1, 1]
        board.repair("gpio0-low")
        board.reset()
        wait_for(lambda: len(reset_modes(board)) > 2)
        assert reset_modes(board)[2] == 3


def test_with_a_dead_circuit_lines_do_nothing_and_buttons_still_work() -> None:
    with Board(clock="max", faults=["dead-auto-reset"]) as board:
        board.bridge.set_lines(dtr=False, rts=True)
        assert board.bridge.pins == Pins(en=True, gpio0=True)
        board.press("flash")
        assert board.bridge.pins == Pins(en=True, gpio0=False)


def test_a_board_without_that_wire_has_nothing_to_lose() -> None:
    with pytest.raises(FaultError, match="no wire from GPIO16"):
        Board("esp-01", faults=["no-wake-wire"])


def test_a_circuit_that_dies_lets_go_of_the_pins() -> None:
    board = Board()
    board.bridge.set_lines(dtr=False, rts=True)
    assert not board.bridge.pins.en
    board.inject("dead-auto-reset")
    assert board.bridge.pins.en
    board.close()


# The flash and the supply


def test_stuck_sectors_keep_what_they_hold_and_their_neighbours_do_not() -> None:
    board = Board(faults=["stuck-sectors=1,3-4"])
    board.flash.program(0, bytes(6 * SECTOR))
    kept = [board.flash.read(sector * SECTOR, SECTOR) == b"\xff" * SECTOR for sector in range(6)]
    assert kept == [False, True, False, True, True, False]
    board.close()


def test_worn_sectors_keep_some_bits_through_programming_and_erasing() -> None:
    board = Board()
    board.flash.program(0, bytes(SECTOR))
    board.inject("worn-sectors=0-1")
    board.flash.erase(0, 2 * SECTOR)
    never_erased = sum((~value & 0xFF).bit_count() for value in board.flash.read(0, SECTOR))
    assert 20 < never_erased < 100
    board.flash.program(SECTOR, bytes(SECTOR))
    never_programmed = sum(value.bit_count() for value in board.flash.read(SECTOR, SECTOR))
    assert 20 < never_programmed < 100
    board.close()


def test_a_fake_chip_says_one_size_and_wraps_at_another() -> None:
    board = Board(flash_size="4MB", faults=["fake-flash=1MB"])
    flash = board.flash
    flash.program(0x100, b"first")
    assert flash.jedec_id >> 16 == 22
    assert [flash.read(0x100 + mib * MIB, 5) for mib in range(4)] == [b"first"] * 4
    flash.erase(3 * MIB, SECTOR)
    assert flash.read(0x100, 5) == b"\xff" * 5
    flash.transfer(0x06, None)
    flash.transfer(0x02, 2 * MIB, b"by pins")
    assert flash.read(0, 7) == b"by pins"
    board.close()


def test_the_window_of_a_program_shows_what_another_address_changed() -> None:
    board = Board(flash_size="4MB", faults=["fake-flash=1MB"])
    board.chip.map_flash(2)
    board.flash.program(0, b"mirrored")
    assert board.chip.core.read(0x40200000, 8) == b"mirrored"
    board.close()


@pytest.mark.parametrize("fault", ["brownout", "unplug-while-writing"])
def test_an_operation_in_which_the_power_goes_stays_half_done(fault: str) -> None:
    board = Board(faults=[f"{fault}=0x1800"])
    board.flash.program(0, bytes(SECTOR))
    board.flash.program(SECTOR, bytes(SECTOR))
    board.flash.program(3 * SECTOR, bytes(16))
    assert board.flash.read(SECTOR, SECTOR) == bytes(0x800) + b"\xff" * 0x800
    assert board.flash.read(3 * SECTOR, 16) == b"\xff" * 16, "a chip without supply takes nothing"
    assert board.flash.transfer(0x9F, None, b"", 3) == b"\xff" * 3
    board.close()


def test_after_a_brownout_the_chip_starts_again_and_gives_in_again() -> None:
    with Board(clock="max", faults=["brownout=4K", "gpio0-low"]) as board:
        for count in (1, 2):
            wait_for(lambda count=count: len(reset_modes(board)) == count)
            board.flash.erase(0, 2 * SECTOR)
            assert len(board.events.named("brownout")) == count
        wait_for(lambda: len(reset_modes(board)) == 3)
        assert {event.data["cause"] for event in board.events.named("reset")} == {"power_on"}


def test_a_cable_comes_off_once() -> None:
    listener = Listener()
    with Board(clock="max", faults=["unplug-while-writing=4K", "gpio0-low"]) as board:
        board.bridge.attach(listener)
        wait_for(lambda: reset_modes(board))
        board.flash.erase(0, 2 * SECTOR)
        assert listener.is_unplugged
        assert not board.has_power
        wait_for(lambda: not board.events.named("power")[-1].data["on"])
        board.plug()
        wait_for(lambda: len(reset_modes(board)) == 2)
        board.flash.program(0, bytes(4 * SECTOR))
        assert board.bridge.plugged
        assert board.flash.read(0, 4 * SECTOR) == bytes(4 * SECTOR)
