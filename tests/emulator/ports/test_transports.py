"""RFC 2217, raw TCP and the pseudo-terminal: what each passes on, and the rules that stand in for missing lines."""

import os
import select
import socket
import time
from collections.abc import Iterator

import pytest
import serial

from emulator import ports
from emulator.bridge_queue import Break, Bytes
from emulator.ports import rfc2217, tcp
from emulator.ports.server import PortError
from emulator.reset_circuit import Pins

SYNC = bytes.fromhex("c0 00 08 2400 00000000 07071220") + b"\x55" * 32 + b"\xc0"


@pytest.fixture
def rfc2217_url(chip) -> Iterator[str]:
    with rfc2217.Server(chip.bridge) as server:
        yield server.url


@pytest.fixture
def tcp_url(chip) -> Iterator[str]:
    with tcp.Server(chip.bridge) as server:
        yield server.url


@pytest.fixture
def pty_path(chip) -> Iterator[str]:
    pytest.importorskip("termios")
    server = ports.serve("pty", chip.bridge)
    yield server.url
    server.close()


# RFC 2217


@pytest.mark.slow
def test_rfc2217_passes_bytes_rates_and_lines_in_order(rfc2217_url: str, chip) -> None:
    with serial.serial_for_url(rfc2217_url, baudrate=115200, timeout=60) as port:
        chip.items.clear()
        data = bytes(range(256)) * 4
        port.write(data)
        assert port.read(len(data)) == data.upper()
        port.baudrate = 9600
        port.dtr = False
        port.rts = True
        port.write(b"!")
        chip.wait_for(lambda chip: Bytes(b"!", 9600) in chip.items)
        *before, pins, last = chip.items
    assert b"".join(item.data for item in before if isinstance(item, Bytes)) == data
    assert (pins, last) == (Pins(en=False, gpio0=True), Bytes(b"!", 9600))


@pytest.mark.slow
def test_rfc2217_resets_into_download_mode_one_line_at_a_time(rfc2217_url: str, chip) -> None:
    """As often as needed, as clients do it: one that is held up between two lines comes too late (`EN_RISE_S`)."""
    with serial.serial_for_url(rfc2217_url) as port:
        for _ in range(20):
            port.dtr = False
            port.rts = True
            port.dtr = True
            port.rts = False
            port.write(b".")
            chip.wait_for(lambda chip: chip.items and isinstance(chip.items[-1], Bytes))
            if chip.running == "download":
                return
            chip.items.clear()
        pytest.fail("it never was in download mode")


@pytest.mark.parametrize("noise", [b"\xff\xf0", b"\xff\xfa\x2c\x01\x00\xff\xf0", b"\xff\xfa" + bytes(5000), b"\xff"])
def test_rfc2217_survives_what_is_no_telnet(rfc2217_url: str, chip, noise: bytes) -> None:
    host, _, number = rfc2217_url.removeprefix("rfc2217://").rpartition(":")
    with socket.create_connection((host, int(number))) as stranger:
        stranger.sendall(noise)
        stranger.shutdown(socket.SHUT_WR)
        while stranger.recv(4096):
            pass
    deadline = time.monotonic() + 60
    while chip.bridge.attached and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not chip.bridge.attached


@pytest.mark.slow
def test_a_second_rfc2217_client_is_told_why_and_pyserials_gets_its_own_error(rfc2217_url: str) -> None:
    host, _, number = rfc2217_url.removeprefix("rfc2217://").rpartition(":")
    with serial.serial_for_url(rfc2217_url, timeout=60) as port:
        with socket.create_connection((host, int(number)), timeout=60) as second:
            second.sendall(b"x" * 100_000)
            said = b""
            while chunk := second.recv(100):
                said += chunk
        assert said == b"espdojo: another program holds the port\r\n"
        with pytest.raises(serial.SerialException):
            serial.serial_for_url(rfc2217_url + "?timeout=0.2")
        port.write(b"still here")
        assert port.read(10) == b"STILL HERE"


@pytest.mark.slow
def test_rfc2217_purges_breaks_and_tells_the_state_of_the_lines(rfc2217_url: str, chip) -> None:
    with serial.serial_for_url(rfc2217_url, timeout=60) as port:
        port.write(b"old")
        chip.wait_for(lambda chip: bytes(chip.received) == b"old")
        port.reset_input_buffer()
        assert port.in_waiting == 0
        port.reset_output_buffer()
        port.send_break(0.01)
        port.write(b"new")
        assert port.read(3) == b"NEW"
        assert (port.cts, port.dsr, port.ri, port.cd) == (False, False, False, False)
    assert [item for item in chip.items if isinstance(item, Break)] == [Break(True), Break(False)]


@pytest.mark.slow
def test_rfc2217_passes_the_framing(rfc2217_url: str, chip) -> None:
    with serial.serial_for_url(rfc2217_url, timeout=60, bytesize=7, parity="E") as port:
        port.write(b"AC")
        chip.wait_for(lambda chip: bytes(chip.received) == b"A\xc3")  # the chip takes the parity for bit 7


@pytest.mark.slow
def test_rfc2217_clients_come_and_go(rfc2217_url: str, chip) -> None:
    for number in range(3):
        with serial.serial_for_url(rfc2217_url, timeout=60) as port:
            port.write(b"%d" % number)
            assert port.read(1) == b"%d" % number
    assert bytes(chip.received) == b"012"


# raw TCP


def test_tcp_passes_bytes_at_whatever_rate_the_board_has(tcp_url: str, chip) -> None:
    with serial.serial_for_url(tcp_url, timeout=60) as port:
        port.write(b"hello")
        assert port.read(5) == b"HELLO"
        chip.bridge.send(b"at any rate", 74880)
        assert port.read(11) == b"at any rate"
    chip.wait_for(lambda chip: chip.items[:1] == [Bytes(b"hello", None)])


def test_tcp_tells_a_second_client_why_it_is_turned_away(tcp_url: str) -> None:
    address = ("127.0.0.1", int(tcp_url.rpartition(":")[2]))
    with socket.create_connection(address) as first:
        first.sendall(b"x")
        assert first.recv(1) == b"X"
        with socket.create_connection(address, timeout=60) as second:
            assert b"another program" in second.recv(100)
            assert second.recv(100) == b""


def test_unplugging_hangs_up(tcp_url: str, chip) -> None:
    with socket.create_connection(("127.0.0.1", int(tcp_url.rpartition(":")[2])), timeout=60) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"X"
        chip.bridge.unplug()
        assert client.recv(1) == b""


def test_a_taken_port_is_said_to_be_taken(chip) -> None:
    with tcp.Server(chip.bridge) as server, pytest.raises(PortError, match=rf"{server.port}.*port 0"):
        tcp.Server(chip.bridge, port=server.port)


def test_an_unknown_transport_is_answered_with_the_known_ones(chip) -> None:
    with pytest.raises(PortError, match=r"driver, rfc2217, tcp, pty"):
        ports.serve("usb", chip.bridge)


# pty


def test_pty_passes_bytes_unchanged_both_ways(pty_path: str) -> None:
    data = bytes(range(256)) * 100
    with serial.Serial(pty_path, timeout=60) as port:
        port.write(data)
        assert port.read(len(data)) == data.upper()


@pytest.mark.parametrize("baud", [74880, 9600, 115200, 460800, 921600])
def test_pty_follows_the_programs_rate(pty_path: str, chip, baud: int) -> None:
    with serial.Serial(pty_path, 1200, timeout=60) as port:
        port.baudrate = baud
        port.write(b"x")
        assert port.read(1) == b"X"
    chip.wait_for(lambda chip: chip.items == [Bytes(b"x", baud)])


def test_pty_notices_a_new_rate_before_any_byte(pty_path: str, chip) -> None:
    with serial.Serial(pty_path, 115200) as port:
        port.baudrate = 74880
        deadline = time.monotonic() + 60
        while chip.bridge.baud != 74880:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def attached(chip, wanted: bool) -> None:
    deadline = time.monotonic() + 60
    while chip.bridge.attached != wanted:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_pty_is_attached_while_it_is_open_and_left_alone_afterwards(pty_path: str, chip) -> None:
    for _ in range(3):
        with serial.Serial(pty_path, timeout=60):
            attached(chip, True)
        attached(chip, False)
    time.sleep(0.2)
    assert not chip.bridge.attached


def test_pty_forgets_what_a_program_left_unread(pty_path: str, chip) -> None:
    with serial.Serial(pty_path, timeout=60) as port:
        port.write(b"unread")
        chip.wait_for(lambda chip: chip.items)
        while port.in_waiting < 6:
            time.sleep(0.01)
    attached(chip, False)
    descriptor = os.open(pty_path, os.O_RDWR | os.O_NOCTTY)
    try:
        attached(chip, True)
        os.write(descriptor, b"new")
        assert select.select([descriptor], [], [], 60)[0]
        assert os.read(descriptor, 100) == b"NEW"
    finally:
        os.close(descriptor)


def test_sync_as_the_first_bytes_resets_into_download_mode(pty_path: str, chip) -> None:
    with serial.Serial(pty_path, 115200, timeout=60) as port:
        for byte in SYNC:  # however slowly it comes
            port.write(bytes((byte,)))
        assert port.read(14).startswith(b"\xc0\x01\x08")
        assert chip.running == "download"
    chip.wait_for(lambda chip: chip.running == "program")


def test_sync_after_other_bytes_is_just_bytes(pty_path: str, chip) -> None:
    with serial.Serial(pty_path, timeout=60) as port:
        port.write(b"x" + SYNC)
        port.read(1 + len(SYNC))
    assert chip.running == "program"
    assert not any(isinstance(item, Pins) for item in chip.items)


def test_other_bytes_that_begin_like_sync_are_not_held_back(pty_path: str) -> None:
    with serial.Serial(pty_path, timeout=60) as port:
        port.write(SYNC[:5] + b"no")
        assert port.read(7) == SYNC[:5] + b"NO"


def test_closing_leaves_a_running_program_alone(pty_path: str, chip) -> None:
    with serial.Serial(pty_path, timeout=60) as port:
        port.write(b"x")
        port.read(1)
    attached(chip, False)
    assert not any(isinstance(item, Pins) for item in chip.items)


def test_closing_resets_an_upload_that_was_talked_to(pty_path: str, chip) -> None:
    chip.running = "uploaded"
    with serial.Serial(pty_path, timeout=60) as port:
        port.write(SYNC)
        assert port.read(14)[8:10] == b"\0\0"
    chip.wait_for(lambda chip: chip.running == "program")


def test_closing_leaves_an_upload_alone_that_nobody_talked_to(pty_path: str, chip) -> None:
    with serial.Serial(pty_path, timeout=60):
        attached(chip, True)
        chip.running = "uploaded"
    attached(chip, False)
    assert chip.running == "uploaded"


def test_unplugging_takes_the_device_from_the_program(pty_path: str, chip) -> None:
    with serial.Serial(pty_path, timeout=60) as port:
        attached(chip, True)
        chip.bridge.unplug()
        with pytest.raises(serial.SerialException):
            port.read(1)
