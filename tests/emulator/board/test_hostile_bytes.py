"""Bytes that no honest client sends: the board answers or ignores them, keeps its size, and can be flashed after."""

import os
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from functools import reduce

import pytest
import serial

from emulator import Board
from emulator.rom import slip
from emulator.rom.image import CHECKSUM_SEED, checksum
from emulator.startup.espdojo_port import wire

PACKETS = 10_000
FLASH_BEGIN, FLASH_DATA = 0x02, 0x03
PACKET_SIZE = 0x400
CONTENT = random.Random(3).randbytes(6 * PACKET_SIZE)
OFFSET = 0x10000
NUMBERS = (0, 1, 4, 0x400, 0x1000, 0x3FFE8000, 0x60000200)
MOST_GROWTH = 48 << 20
"""Bytes: the driver's and the bridge's limits for one client, and what allocators keep."""


@pytest.fixture
def board() -> Iterator[Board]:
    with Board() as board:
        yield board
        assert board.failure is None


def is_flashed_after_all(board: Board, loader: Callable[..., object]) -> None:
    """A whole flash in download mode succeeds, whatever was before; it waits for its turn."""
    deadline = time.monotonic() + 60
    while board.bridge.attached:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    client = loader(board)
    client.connect()  # type: ignore[attr-defined]
    for request in flash_requests():
        assert client.command(*request) == b"\0\0"  # type: ignore[attr-defined]
    assert board.flash.read(OFFSET, len(CONTENT)) == CONTENT
    client.port.close()  # type: ignore[attr-defined]


def flash_requests() -> Iterator[tuple[int, bytes, int]]:
    """(command, data, checksum) of each packet."""
    packets = [CONTENT[start : start + PACKET_SIZE] for start in range(0, len(CONTENT), PACKET_SIZE)]
    yield FLASH_BEGIN, struct.pack("<4I", len(CONTENT), len(packets), PACKET_SIZE, OFFSET), 0
    for number, packet in enumerate(packets):
        data = struct.pack("<4I", len(packet), number, 0, 0) + packet
        yield FLASH_DATA, data, reduce(checksum, [packet], CHECKSUM_SEED)


def frames(kind: str, seed: int) -> bytes:
    """A thousand packets with something wrong about them."""
    chance = random.Random(seed)
    made = bytearray()
    for _ in range(1000):
        code = chance.choice((*range(0x0C), chance.randrange(256)))
        words = [chance.choice((*NUMBERS, chance.getrandbits(32))) for _ in range(6)]
        data = struct.pack("<6I", *words)[: chance.choice((0, 4, 8, 16, 16, 20, 24))]
        data += chance.randbytes(chance.choice((0, 0, 4, 100)))
        size = chance.choice((len(data), len(data), len(data), 0, 0xFFFF))
        check = reduce(checksum, [data[16:]], CHECKSUM_SEED)
        frame = slip.encode(struct.pack("<BBHI", chance.choice((0, 0, 0, 0, 1, 0xFF)), code, size, check) + data)
        match kind:
            case "cut":
                frame = frame[: chance.randrange(len(frame))]
            case "flipped":
                at = chance.randrange(len(frame))
                frame = frame[:at] + bytes((frame[at] ^ 1 << chance.randrange(8),)) + frame[at + 1 :]
            case "random":
                frame = chance.randbytes(len(frame))
        made += frame
    return bytes(made)


def memory() -> int:
    """Bytes of this process's memory that are in use."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        pytest.skip("this system does not tell a process's memory in /proc")


@pytest.mark.slow
def test_ten_thousand_bad_packets(board: Board, loader) -> None:
    """Some of them start programs that nobody wrote; then the next thousand is for those, until a reset."""
    client = loader(board)
    for seed in range(PACKETS // 1000):
        client.connect()
        client.port.write(frames(("wrong", "cut", "flipped", "random")[seed % 4], seed))
        client.port.reset_input_buffer()
    client.port.close()
    is_flashed_after_all(board, loader)


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["driver", "tcp", "rfc2217"])
def test_a_client_that_floods_and_never_reads(board: Board, loader, transport: str) -> None:
    client = loader(board)
    client.connect()
    client.port.close()
    flood = client.request(client.SYNC, b"\x07\x07\x12\x20" + 32 * b"\x55") * 20_000
    url = board.serve(transport)
    before = memory()
    connection = connect(url)
    if transport == "driver":
        hello = b'{"token": "%s", "open": true}' % wire.parse_url(url)[2].encode()
        connection.sendall(wire.frame(wire.HELLO, hello))
        pieces = [wire.frame(wire.BYTES, flood[start : start + 10_000]) for start in range(0, len(flood), 10_000)]
        flood = b"".join(pieces)
    stop = time.monotonic() + 2
    connection.settimeout(0.2)
    sent = 0
    try:
        while time.monotonic() < stop:
            sent += connection.send(flood)
    except TimeoutError:
        pass  # held up: that is fine
    assert sent
    assert memory() - before < MOST_GROWTH
    connection.close()
    is_flashed_after_all(board, loader)


def connect(url: str) -> socket.socket:
    host, _, number = url.partition("://")[2].partition("/")[0].rpartition(":")
    return socket.create_connection((host, int(number)))


TELNET = {
    "options": bytes((255, 251, 44, 255, 253, 44, 255, 252, 3, 255, 254, 0)) * 5000,
    "unknown options": b"".join(bytes((255, verb, option)) for verb in range(251, 255) for option in range(256)) * 50,
    "rates": b"\xff\xfa\x2c\x01\x00\x01\xc2\x00\xff\xf0" * 5000,
    "resets": b"\xff\xfa\x2c\x05\x08\xff\xf0\xff\xfa\x2c\x05\x09\xff\xf0" * 5000,
    "a subnegotiation without end": b"\xff\xfa\x2c" + bytes(3_000_000),
    "empty subnegotiations": b"\xff\xfa\xff\xf0" * 5000,
    "commands": b"".join(bytes((255, command)) for command in range(240, 250)) * 5000,
    "escaped": b"\xff" * 1_000_000,
    "noise": random.Random(4).randbytes(1_000_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("storm", TELNET)
def test_a_storm_of_telnet_options(board: Board, loader, storm: str) -> None:
    url = board.serve("rfc2217")
    before = memory()
    with connect(url) as connection:
        answers = threading.Thread(target=_read_all, args=(connection,))
        answers.start()
        try:
            connection.sendall(TELNET[storm])
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it hung up on us: that is fine
        answers.join(60)
        assert not answers.is_alive()
    assert memory() - before < MOST_GROWTH
    is_flashed_after_all(board, loader)


def _read_all(connection: socket.socket) -> None:
    try:
        while connection.recv(1 << 16):
            pass
    except OSError:
        pass


@pytest.mark.parametrize("length", [wire.MAX_PAYLOAD + 1, 0xFFFFFFFF])
def test_a_frame_that_is_too_long_is_hung_up_on(board: Board, loader, length: int) -> None:
    url = board.serve("driver")
    for hello in (True, False):
        with connect(url) as connection:
            if hello:
                token = wire.parse_url(url)[2].encode()
                connection.sendall(wire.frame(wire.HELLO, b'{"token": "%s", "open": true}' % token))
                assert connection.recv(4096)
            connection.sendall(struct.pack(">BI", wire.BYTES if hello else wire.HELLO, length))
            _read_all(connection)
    is_flashed_after_all(board, loader)


def test_a_client_that_leaves_at_every_packet_of_a_flash(board: Board, loader) -> None:
    """In front of it, in the middle of it, and behind it without waiting for the answer."""
    requests = list(flash_requests())
    for count in range(len(requests)):
        for part in (0.0, 0.5, 1.0):
            client = loader(board)
            client.connect()
            for request in requests[:count]:
                assert client.command(*request) == b"\0\0"
            packet = client.request(*requests[count])
            client.port.write(packet[: round(part * len(packet))])
            leave_suddenly(client.port)
    is_flashed_after_all(board, loader)


def leave_suddenly(port: serial.SerialBase) -> None:
    """End a connection as a process that is killed does, with what it has not read."""
    port._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    port._socket.close()
    port.is_open = False
