"""The pyserial driver, opened by its URL: a serial port like any other."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import serial
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import emulator  # noqa: F401  teaches pyserial esp8266://
from emulator.bridge_queue import Break, Bytes
from emulator.ports import driver
from emulator.reset_circuit import Pins
from emulator.startup.espdojo_port import protocol_esp8266, wire


@pytest.fixture
def url(chip) -> Iterator[str]:
    with driver.Server(chip.bridge) as server:
        yield server.url


@pytest.fixture
def port(url: str) -> Iterator[serial.SerialBase]:
    with serial.serial_for_url(url, baudrate=115200, timeout=60) as opened:
        yield opened


def test_bytes_go_both_ways(port) -> None:
    assert port.write(b"hello") == 5
    assert port.read(5) == b"HELLO"


def test_a_closed_port_is_free_at_once(url: str, chip) -> None:
    for _ in range(20):
        port = serial.serial_for_url(url)
        port.write(b"x" * 5000)  # echoed, and never read
        port.close()
        assert not chip.bridge.attached


@pytest.mark.parametrize("size", [1, 4096, 300_000])
def test_any_amount_arrives_whole(port, chip, size: int) -> None:
    data = bytes(index * 7 % 251 for index in range(size))
    writer = threading.Thread(target=port.write, args=(data,))
    writer.start()
    assert port.read(size) == data.upper()
    writer.join()
    assert bytes(chip.received) == data


def test_everything_reaches_the_board_in_order(port, chip) -> None:
    chip.answers = False
    port.write(b"1")
    port.baudrate = 460800
    port.write(b"2")
    port.rts = True
    port.dtr = False
    port.break_condition = True
    port.break_condition = False
    port.write(b"3")
    chip.wait_for(lambda chip: Bytes(b"3", 460800) in chip.items)
    assert chip.items == [
        Bytes(b"1", 115200),
        Bytes(b"2", 460800),
        Pins(en=False, gpio0=True),
        Break(True),
        Break(False),
        Bytes(b"3", 460800),
    ]


@pytest.mark.parametrize(
    ("preset", "pulse"),
    [
        ({"dtr": True, "rts": True}, []),
        ({"dtr": False, "rts": False}, [Pins(en=False, gpio0=True), Pins(en=True, gpio0=True)]),
        ({"dtr": False, "rts": False, "rtscts": True, "dsrdtr": True}, []),
    ],
    ids=["asserted", "released", "flow-control"],
)
@pytest.mark.parametrize("system", ["posix", "nt"])
def test_lines_preset_before_opening_are_set_as_the_system_does(
    url: str, chip, monkeypatch: pytest.MonkeyPatch, system: str, preset: dict[str, bool], pulse: list[Pins]
) -> None:
    """POSIX asserts both first, and then pyserial releases DTR before RTS, so that the board is reset."""
    monkeypatch.setattr(protocol_esp8266, "os", SimpleNamespace(name=system))
    port = serial.serial_for_url(url, do_not_open=True)
    for setting, value in preset.items():
        setattr(port, setting, value)
    with port:
        port.write(b".")
        chip.wait_for(lambda chip: Bytes(b".", 9600) in chip.items)
        assert [item for item in chip.items if isinstance(item, Pins)] == (pulse if system == "posix" else [])


def test_both_lines_in_one_step_with_ioctl(port, chip) -> None:
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    word = (termios.TIOCM_RTS | termios.TIOCM_DTR).to_bytes(4, "little")
    zero = bytes(4)
    assert fcntl.ioctl(port.fileno(), termios.TIOCMGET, zero) == word
    fcntl.ioctl(port.fileno(), termios.TIOCMSET, zero)
    assert (port.dtr, port.rts) == (False, False)
    fcntl.ioctl(port, termios.TIOCMBIS, termios.TIOCM_RTS.to_bytes(4, "little"))
    status = bytearray(4)
    assert fcntl.ioctl(port.fileno(), termios.TIOCMGET, status) == 0
    assert int.from_bytes(status, "little") == termios.TIOCM_RTS
    fcntl.ioctl(port.fileno(), termios.TIOCMBIC, termios.TIOCM_RTS.to_bytes(4, "little"))
    port.write(b".")
    chip.wait_for(lambda chip: any(isinstance(item, Bytes) for item in chip.items))
    assert chip.items[:2] == [Pins(en=False, gpio0=True), Pins(en=True, gpio0=True)]
    with socket.socket() as other, pytest.raises(OSError):
        fcntl.ioctl(other.fileno(), termios.TIOCMGET, zero)


def test_timeouts_return_what_has_come(port) -> None:
    port.write(b"ab")
    while port.in_waiting < 2:
        time.sleep(0.001)
    port.timeout = 0.1
    started = time.monotonic()
    assert port.read(10) == b"AB"
    assert 0.09 < time.monotonic() - started < 50
    port.timeout = 0
    assert port.read(10) == b""


def test_an_inter_byte_timeout_ends_a_read_after_a_pause(port) -> None:
    port.inter_byte_timeout = 0.05
    port.write(b"ab")
    started = time.monotonic()
    assert port.read(10) == b"AB"
    assert time.monotonic() - started < 50


def test_in_waiting_counts_and_select_agrees(port, chip) -> None:
    select = pytest.importorskip("select")
    assert port.in_waiting == 0
    assert not select.select([port], [], [], 0)[0]
    chip.say(b"12345")
    assert select.select([port.fileno()], [], [], 60)[0]
    assert port.in_waiting == 5
    assert port.read(2) == b"12"
    assert select.select([port], [], [], 0)[0], "what is left must still be readable"
    assert port.read_all() == b"345"
    assert not select.select([port], [], [], 0)[0]


def test_resetting_the_input_buffer_discards_all_that_was_sent_before(port, chip) -> None:
    chip.say(b"old" * 3_000_000)  # more than the system's buffers hold
    port.reset_input_buffer()
    chip.say(b"new")
    assert port.read(3) == b"new"


def test_a_reader_in_another_thread_never_sees_the_discarding(port, chip) -> None:
    seen = bytearray()
    port.timeout = None

    def read() -> None:
        while not seen.endswith(b"!"):
            seen.extend(port.read(1))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        chip.say(b"x" * 100)
        port.reset_input_buffer()
    chip.say(b"!")
    reader.join(60)
    assert not reader.is_alive()
    assert set(seen) <= set(b"x!")


def test_resetting_the_output_buffer_spares_what_comes_after(port, chip) -> None:
    port.reset_output_buffer()
    port.write(b"after")
    assert port.read(5) == b"AFTER"


def test_another_parity_than_the_chips_garbles_what_is_sent(port, chip) -> None:
    port.bytesize, port.parity = serial.SEVENBITS, serial.PARITY_EVEN
    port.write(b"AC")
    chip.wait_for(lambda chip: bytes(chip.received) == b"A\xc3")
    port.bytesize, port.parity = serial.EIGHTBITS, serial.PARITY_NONE
    port.write(b"AC")
    chip.wait_for(lambda chip: bytes(chip.received) == b"A\xc3AC")


def test_a_port_opens_with_its_own_framing_and_leaves_none_behind(url: str, chip) -> None:
    with serial.serial_for_url(url, bytesize=7, parity="O") as port:
        port.write(b"A")
        chip.wait_for(lambda chip: bytes(chip.received) == b"\xc1")
    with serial.serial_for_url(url) as port:
        port.write(b"A")
        chip.wait_for(lambda chip: bytes(chip.received) == b"\xc1A")


def test_what_was_flushed_arrives_whatever_is_reset_afterwards(port, chip) -> None:
    for count in range(20):
        port.write(b"flushed")
        port.flush()
        port.reset_output_buffer()
        chip.wait_for(lambda chip, count=count: bytes(chip.received) == b"flushed" * (count + 1))


def test_a_read_can_be_cancelled(port) -> None:
    port.timeout = None
    threading.Timer(0.05, port.cancel_read).start()
    assert port.read(1) == b""


def test_closing_ends_a_read_in_another_thread(port) -> None:
    port.timeout = None
    result: list[object] = []

    def read() -> None:
        try:
            result.append(port.read(1))
        except serial.SerialException as error:
            result.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.05)
    port.close()
    reader.join(60)
    assert not reader.is_alive()
    assert result


class Stuck:
    """A server that lets a client in and then reads nothing."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.url = f"esp8266://127.0.0.1:{self._listener.getsockname()[1]}/any"
        threading.Thread(target=self._let_in, daemon=True).start()

    def _let_in(self) -> None:
        self.connection, _ = self._listener.accept()
        self.connection.recv(4096)
        modem = b'{"status": "ok", "modem": {"cts": true, "dsr": false, "ri": false, "cd": false}}'
        self.connection.sendall(wire.frame(wire.HELLO, modem))


def test_a_write_that_cannot_go_on_times_out_and_can_be_cancelled() -> None:
    board = Stuck()
    with serial.serial_for_url(board.url, write_timeout=0.05) as port:
        with pytest.raises(serial.SerialTimeoutException):
            port.write(bytes(1_000_000))  # systems would keep as much in their own buffers if they were let
        assert port.out_waiting > 0
        port.write_timeout = None
        threading.Timer(0.05, port.cancel_write).start()
        assert port.write(bytes(1_000_000)) < 1_000_000
        assert port.cts
        assert not port.dsr
        board.connection.close()


def test_resetting_the_output_buffer_of_a_port_that_takes_nothing_does_not_wait() -> None:
    board, decoder, frames = Stuck(), wire.Decoder(), list[wire.Frame]()
    with serial.serial_for_url(board.url, write_timeout=0.05) as port:
        with pytest.raises(serial.SerialTimeoutException):
            port.write(b"never" * 200_000)
        waiting = port.out_waiting
        port.reset_output_buffer()
        assert port.out_waiting <= waiting + len(wire.frame(wire.PURGE_OUTPUT))
        port.write_timeout = None
        writer = threading.Thread(target=port.write, args=(b"after",))
        writer.start()
        while wire.Frame(wire.BYTES, b"after") not in frames:
            frames += decoder.feed(board.connection.recv(1 << 16))
        writer.join(60)
        board.connection.close()
    assert {frame.payload[:1] for frame in frames[:-2]} <= set(map(bytes, zip(b"never", strict=True)))
    assert [frame.kind for frame in frames[-2:]] == [wire.PURGE_OUTPUT, wire.BYTES]


def test_a_second_client_is_told_that_the_port_is_taken(port, url: str) -> None:
    with pytest.raises(serial.SerialException, match="Could not exclusively lock port"):
        serial.serial_for_url(url, exclusive=True)
    port.write(b"still here")
    assert port.read(10) == b"STILL HERE"


def test_the_port_is_free_again_after_closing(url: str, chip) -> None:
    for _ in range(50):
        with serial.serial_for_url(url, timeout=60) as port:
            port.write(b"x")
            chip.say(b"not read")
        assert not chip.bridge.attached, "closed is closed"


def test_what_was_written_before_closing_arrives(url: str, chip) -> None:
    with serial.serial_for_url(url) as port:
        chip.say(b"unread" * 1000)
        port.write(b"last words")
    chip.wait_for(lambda chip: bytes(chip.received) == b"last words")


def test_a_client_that_died_leaves_the_port_to_the_next(url: str) -> None:
    port = serial.serial_for_url(url)
    port._socket.close()  # what the system does when a process ends
    with serial.serial_for_url(url, timeout=60) as after:
        after.write(b"x")
        assert after.read(1) == b"X"


def test_what_pyserial_has_for_the_systems_own_ports(port) -> None:
    port.nonblocking()
    port.set_low_latency_mode(True)
    port.set_buffer_size(rx_size=12800)
    port.set_input_flow_control(True)
    port.set_output_flow_control(True)
    port.write(b"x")
    assert port.read(1) == b"X"
    port.close()
    with pytest.raises(serial.PortNotOpenError):
        port.set_buffer_size()


@pytest.mark.parametrize("token", ["", "wrong", "x" * 22, "é"])
def test_without_the_token_nobody_gets_in(url: str, chip, token: str) -> None:
    with pytest.raises(serial.SerialException, match="token"):
        serial.serial_for_url(url.rsplit("/", 1)[0] + "/" + token)
    assert wire.ask(url.rsplit("/", 1)[0] + "/" + token) == {"status": wire.DENIED}
    assert not chip.bridge.attached


def test_a_question_opens_nothing_and_answers_who_it_is(url: str, chip) -> None:
    answer = wire.ask(url)
    assert answer is not None
    assert answer["status"] == wire.OK
    assert (answer["usb"]["vid"], answer["usb"]["pid"]) == (0x10C4, 0xEA60)
    chip.bridge.unplug()
    assert wire.ask(url) == answer | {"status": wire.UNPLUGGED}


@pytest.mark.parametrize(
    "use", [lambda port: port.read(1), lambda port: port.in_waiting, lambda port: port.reset_input_buffer()]
)
def test_unplugging_is_an_error_for_whoever_uses_the_port(port, url: str, chip, use) -> None:
    chip.bridge.unplug()
    with pytest.raises(serial.SerialException, match="disconnected"):
        use(port)
    with pytest.raises(serial.SerialException, match="No such file"):
        serial.serial_for_url(url)
    chip.bridge.plug()
    with serial.serial_for_url(url, timeout=60) as again:
        again.write(b"back")
        assert again.read(4) == b"BACK"


def test_a_read_that_waits_learns_of_unplugging(port, chip) -> None:
    threading.Timer(0.05, chip.bridge.unplug).start()
    port.timeout = None
    with pytest.raises(serial.SerialException, match="disconnected"):
        port.read(1)


def test_a_board_that_is_not_there_is_a_missing_port() -> None:
    with socket.socket() as deaf:  # holds its port, so that nobody else's server gets it, and does not listen
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(serial.SerialException, match="No such file"):
            serial.serial_for_url(f"esp8266://127.0.0.1:{deaf.getsockname()[1]}/token")


def test_a_closed_port_says_so(port) -> None:
    port.close()
    port.close()
    for use in (port.read, port.fileno, port.flush, port.reset_input_buffer, lambda: port.write(b"x")):
        with pytest.raises(serial.SerialException, match="not open"):
            use()
    port.open()
    port.write(b"again")
    assert port.read(5) == b"AGAIN"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_noise_on_the_socket_harms_nobody(url: str, chip, noise: bytes) -> None:
    host, number, _ = wire.parse_url(url)
    with socket.create_connection((host, number)) as stranger:
        stranger.sendall(noise)
    assert wire.ask(url) is not None
    assert not chip.bridge.attached


HELLO_FIELDS = {"token": st.text(max_size=5), "open": st.booleans(), "baud": st.integers(-1, 10), "dtr": st.none()}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({}, optional=HELLO_FIELDS) | st.lists(st.integers(), max_size=2))
def test_a_hello_that_is_not_one_is_hung_up_on(url: str, hello: object) -> None:
    host, number, _ = wire.parse_url(url)
    with socket.create_connection((host, number)) as stranger:
        stranger.sendall(wire.frame(wire.HELLO, json.dumps(hello).encode()))
        stranger.shutdown(socket.SHUT_WR)
        while stranger.recv(4096):
            pass
    assert wire.ask(url) is not None
