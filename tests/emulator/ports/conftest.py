"""A chip of few words to hang on a bridge, where the subject of a test is the way to it and not the board."""

import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from hashlib import md5

import pytest

from emulator import profiles
from emulator.bridge import Bridge, Running
from emulator.bridge_queue import Bytes, Item
from emulator.reset_circuit import Pins

FRAME_END = b"\xc0"
UART_BAUD = 115200


class StandIn:
    """Answers esptool from memory in download mode; echoes in upper case when it runs its "program"."""

    def __init__(self) -> None:
        self._woken = threading.Event()
        self._changed = threading.Condition()
        self.bridge = Bridge("auto-reset", self._woken.set, usb=profiles.load().usb)
        self.bridge.running = lambda: self.running
        self.running: Running = "program"
        self.received = bytearray()
        self.items: list[Item] = []
        self.flash = bytearray(b"\xff" * (4 << 20))
        self.answers = True
        self._inflate: Callable[[bytes], bytes] = bytes
        self._at = 0
        self._reset_held = False
        self._frames = bytearray()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def say(self, data: bytes) -> None:
        """Send something unasked."""
        self.bridge.send(data, None)

    def wait_for(self, condition: Callable[["StandIn"], bool], timeout_s: float = 60.0) -> None:
        """Wait until something the client did has arrived here."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), timeout_s), self.items[-8:]

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            self._woken.wait()
            self._woken.clear()
            for item in self.bridge.take():
                self._happen(item)
                with self._changed:
                    self.items.append(item)
                    self._changed.notify_all()

    def _happen(self, item: Item) -> None:
        if isinstance(item, Pins):
            if item.en and self._reset_held:
                self.running = "program" if item.gpio0 else "download"
                self._frames.clear()
            self._reset_held = not item.en
        elif isinstance(item, Bytes) and not self._reset_held:
            self.received += item.data
            if self.running == "program":
                if self.answers:
                    self.bridge.send(item.data.upper(), item.baud)
            else:
                self._frames += item.data
                self._answer_frames()

    def _answer_frames(self) -> None:
        while True:
            start = self._frames.find(FRAME_END)
            end = self._frames.find(FRAME_END, start + 1)
            if start < 0 or end < 0:
                return
            packet = bytes(self._frames[start + 1 : end])
            if not packet:
                del self._frames[:end]
                continue
            del self._frames[: end + 1]
            packet = packet.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
            self._command(packet[1], packet[8:])

    def _reply(self, command: int, value: int = 0, data: bytes = b"\0\0") -> None:
        body = struct.pack("<BBHI", 1, command, len(data), value) + data
        self._send_frame(body)

    def _send_frame(self, body: bytes) -> None:
        escaped = body.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
        self.bridge.send(FRAME_END + escaped + FRAME_END, None)

    def _command(self, command: int, data: bytes) -> None:
        words = struct.unpack(f"<{min(len(data), 16) // 4}I", data[: min(len(data), 16) // 4 * 4])
        match command:
            case 0x08:  # SYNC
                for _ in range(8):
                    self._reply(command, 0 if self.running == "uploaded" else 0x20120707)
            case 0x0A:  # READ_REG
                registers = {
                    0x40001000: 0xFFF0C101,
                    0x3FF00050: 0x56000000,
                    0x3FF00054: 0x02001234,
                    0x3FF00058: 0x9000,
                    0x60000014: 450,
                    0x60000240: 0x1640EF,
                }
                self._reply(command, registers.get(words[0], 0))
            case 0x06:  # MEM_END
                self._reply(command)
                self.running = "uploaded"
                self._send_frame(b"OHAI")
            case 0x02:  # FLASH_BEGIN
                self._inflate, self._at = bytes, words[3]
                self._reply(command)
            case 0x10:  # FLASH_DEFL_BEGIN
                self._inflate, self._at = zlib.decompressobj().decompress, words[3]
                self._reply(command)
            case 0x03 | 0x11:  # FLASH_DATA, FLASH_DEFL_DATA
                plain = self._inflate(data[16:])
                self.flash[self._at : self._at + len(plain)] = plain
                self._at += len(plain)
                self._reply(command)
            case 0x13:  # FLASH_MD5
                self._reply(command, 0, md5(self.flash[words[0] : words[0] + words[1]]).digest() + b"\0\0")
            case _:
                self._reply(command)


@pytest.fixture
def chip() -> Iterator[StandIn]:
    stand_in = StandIn()
    yield stand_in
    stand_in.stop()
