"""The least that satisfies `esptool write-flash`: answers that cost next to nothing, and no machine behind them.

    python -m benchmarks.null_board driver|pty

prints a URL and serves it until it is stopped. How long a command takes here is what esptool and the way in take by
themselves. Frames and commands are as in esptool's docs, "Serial Protocol"; of the flash there is what the MD5 at the
end wants.
"""

import contextlib
import hashlib
import json
import os
import socket
import struct
import sys
import threading
import zlib
from dataclasses import asdict
from enum import IntEnum

from emulator import profiles
from emulator.rom import slip
from emulator.startup.espdojo_port import wire

ROM_SYNC_VALUE = 0x20120707
SYNC_ANSWERS = 8
STUB_GREETING = b"OHAI"
REGISTERS = {
    0x40001000: 0xFFF0C101,  # by which esptool tells an ESP8266
    0x3FF00050: 0x56000000, 0x3FF00054: 0x02001234, 0x3FF00058: 0x9000,  # eFuse: a MAC address
    0x60000014: 450,  # the UART's divider: a crystal of 26 MHz
    0x60000240: 0x1640EF,  # SPI_W0: the JEDEC ID of a flash with 4 MB
}  # fmt: skip
FLASH_SIZE = 4 << 20

LARGEST_FRAME = 0x10000
RECEIVE_SIZE = 1 << 16
HEADER_SIZE = 8
DATA_HEADER_SIZE = 16


class Command(IntEnum):
    """The requests whose answer is more than "done"."""

    MEM_END = 0x06
    SYNC = 0x08
    READ_REG = 0x0A
    FLASH_DEFL_BEGIN = 0x10
    FLASH_DEFL_DATA = 0x11
    SPI_FLASH_MD5 = 0x13


class NullChip:
    """Takes what esptool sends, gives what it must hear."""

    def __init__(self) -> None:
        self._frames = slip.Decoder(LARGEST_FRAME)
        self._flash = bytearray(b"\xff" * FLASH_SIZE)
        self._inflate = zlib.decompressobj()
        self._position = 0

    def answer(self, data: bytes) -> bytes:
        """The answers to all requests that `data` completes."""
        self._frames.push(data)
        answers = b""
        while (frame := self._frames.next()) is not None:
            answers += self._carry_out(frame[1], frame[HEADER_SIZE:])
        return answers

    def _carry_out(self, command: int, data: bytes) -> bytes:
        words = struct.unpack_from(f"<{min(len(data), DATA_HEADER_SIZE) // 4}I", data)
        match command:
            case Command.SYNC:
                return _reply(command, ROM_SYNC_VALUE) * SYNC_ANSWERS
            case Command.READ_REG:
                return _reply(command, REGISTERS.get(words[0], 0))
            case Command.MEM_END:
                return _reply(command) + slip.encode(STUB_GREETING)
            case Command.FLASH_DEFL_BEGIN:
                self._inflate, self._position = zlib.decompressobj(), words[3]
            case Command.FLASH_DEFL_DATA:
                self._store(self._inflate.decompress(data[DATA_HEADER_SIZE:]))
            case Command.SPI_FLASH_MD5:
                address, length = words[:2]
                return _reply(command, data=hashlib.md5(self._flash[address : address + length]).digest())
        return _reply(command)

    def _store(self, content: bytes) -> None:
        self._flash[self._position : self._position + len(content)] = content
        self._position += len(content)


def _reply(command: int, value: int = 0, data: bytes = b"") -> bytes:
    content = data + bytes(2)  # status: fine
    return slip.encode(struct.pack("<BBHI", 1, command, len(content), value) + content)


def serve_driver() -> None:
    """Speak the pyserial driver's protocol. Clients come two at a time: one asks who is here while one flashes."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"esp8266://127.0.0.1:{listener.getsockname()[1]}/null", flush=True)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve_client, args=(connection,), daemon=True).start()


def _serve_client(connection: socket.socket) -> None:
    chip, decoder = NullChip(), wire.Decoder()
    with connection, contextlib.suppress(ConnectionError):
        while data := connection.recv(RECEIVE_SIZE):
            for frame in decoder.feed(data):
                connection.sendall(_answer_frame(chip, frame))


def _answer_frame(chip: NullChip, frame: wire.Frame) -> bytes:
    if frame.kind == wire.HELLO:
        modem = dict.fromkeys(wire.MODEM_INPUTS, False)
        answer = {"status": wire.OK, "usb": asdict(profiles.load().usb), "modem": modem}
        return wire.frame(wire.HELLO, json.dumps(answer).encode())
    if frame.kind == wire.PURGE_INPUT:
        return frame.payload
    return chip.answer(frame.payload) if frame.kind == wire.BYTES else b""


def serve_pty() -> None:
    """Answer on a pseudo-terminal, which stays open here while programs come and go."""
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    print(os.ttyname(slave), flush=True)
    chip = NullChip()
    while True:
        os.write(master, chip.answer(os.read(master, RECEIVE_SIZE)))


if __name__ == "__main__":
    {"driver": serve_driver, "pty": serve_pty}[sys.argv[1]]()
