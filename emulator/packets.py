"""Reads along on the line while an uploaded program runs, and tells the trace the packets of the download protocol.

In the download mode the ROM itself emits the event ``"download"`` for each command. A program that a client uploaded,
such as esptool's stub, speaks a larger dialect of the same protocol, and is machine code that tells nobody. So here
both directions are listened to: a request and the answer to it make one event ``"download"``, with ``by="uploaded"``.
What is no such packet is passed over. Nothing is changed, and nobody else waits.

Source: esptool, docs "Serial Protocol", tables "Commands supported by" and "Error codes".
"""

import struct
import threading
from typing import TYPE_CHECKING

from emulator.rom import slip

if TYPE_CHECKING:
    from emulator.bridge import Bridge
    from emulator.trace import Trace

LONGEST_FRAME = 8 + 0xFFFF
MOST_PENDING = 64
"""Requests that may wait for an answer; an uploaded program that never answers is none of this protocol."""
STATUS_BYTES = 2
"""At the end of an answer on an ESP8266: 0 or 1, and an error code."""

_HEADER = struct.Struct("<BBHI")
_REQUEST, _ANSWER = 0, 1
_BLOCK = ("length", "sequence")

COMMANDS: dict[int, tuple[str, tuple[str, ...]]] = {
    0x02: ("FLASH_BEGIN", ("erase_size", "packet_count", "packet_size", "offset")),
    0x03: ("FLASH_DATA", _BLOCK),
    0x04: ("FLASH_END", ("stay",)),
    0x05: ("MEM_BEGIN", ("size", "packet_count", "packet_size", "address")),
    0x06: ("MEM_END", ("stay", "entry_point")),
    0x07: ("MEM_DATA", _BLOCK),
    0x08: ("SYNC", ("magic",)),
    0x09: ("WRITE_REG", ("address", "value", "mask", "delay_us")),
    0x0A: ("READ_REG", ("address",)),
    0x0B: ("SPI_SET_PARAMS", ("id", "size", "block_size", "sector_size", "page_size", "status_mask")),
    0x0D: ("SPI_ATTACH", ()),
    0x0F: ("CHANGE_BAUDRATE", ("baud", "old_baud")),
    0x10: ("FLASH_DEFL_BEGIN", ("size", "packet_count", "packet_size", "offset")),
    0x11: ("FLASH_DEFL_DATA", _BLOCK),
    0x12: ("FLASH_DEFL_END", ("stay",)),
    0x13: ("SPI_FLASH_MD5", ("offset", "size")),
    0x14: ("GET_SECURITY_INFO", ()),
    0xD0: ("ERASE_FLASH", ()),
    0xD1: ("ERASE_REGION", ("offset", "size")),
    0xD2: ("READ_FLASH", ("offset", "size", "packet_size", "most_in_flight")),
    0xD3: ("RUN_USER_CODE", ()),
}
"""Command byte to its name and the words that its data begin with."""
_WITH_VALUE = {0x08, 0x0A}
_MD5, _MD5_SIZE = 0x13, 16


class PacketReader:
    """Listens to a bridge's line until it is closed."""

    def __init__(self, bridge: "Bridge", trace: "Trace") -> None:
        self._bridge, self._trace = bridge, trace
        self._lock = threading.Lock()  # clients and the board have a thread each
        self._forget()
        bridge.to_chip.append(self._to_chip)
        bridge.to_client.append(self._to_client)

    def close(self) -> None:
        """Stop listening."""
        self._bridge.to_chip.remove(self._to_chip)
        self._bridge.to_client.remove(self._to_client)

    def _forget(self) -> None:
        self._requests, self._answers = slip.Decoder(LONGEST_FRAME), slip.Decoder(LONGEST_FRAME)
        self._pending: list[tuple[int, dict[str, int | str]]] = []

    def _is_concerned(self) -> bool:
        if self._bridge.running() == "uploaded":
            return True
        self._forget()
        return False

    def _to_chip(self, data: bytes) -> bytes:
        with self._lock:
            if self._is_concerned():
                self._requests.push(data)
                while (frame := self._requests.next()) is not None:
                    self._note_request(frame)
        return data

    def _to_client(self, data: bytes) -> bytes:
        found = []
        with self._lock:
            if self._is_concerned():
                self._answers.push(data)
                while (frame := self._answers.next()) is not None:
                    details = self._answered(frame)
                    if details is not None:
                        found.append(details)
        for details in found:
            self._trace.emit("download", **details)
        return data

    def _note_request(self, frame: bytes) -> None:
        if len(frame) < _HEADER.size or frame[0] != _REQUEST or frame[1] not in COMMANDS:
            return
        _, code, size, _ = _HEADER.unpack_from(frame)
        if size != len(frame) - _HEADER.size:
            return
        name, arguments = COMMANDS[code]
        count = min(len(arguments), size // 4)
        words = struct.unpack_from(f"<{count}I", frame, _HEADER.size)
        self._pending = self._pending[-MOST_PENDING:]
        self._pending.append((code, {"command": name, **dict(zip(arguments, words, strict=False))}))

    def _answered(self, frame: bytes) -> dict[str, int | str] | None:
        """The packet that this frame is the answer to, with its result."""
        if len(frame) < _HEADER.size + STATUS_BYTES or frame[0] != _ANSWER:
            return None
        _, code, size, value = _HEADER.unpack_from(frame)
        index = next((index for index, (pending, _) in enumerate(self._pending) if pending == code), None)
        if index is None or size != len(frame) - _HEADER.size:
            return None
        details = self._pending[index][1]
        del self._pending[: index + 1]  # those before were never answered
        if code in _WITH_VALUE:
            details["value"] = value
        body, status = frame[_HEADER.size : -STATUS_BYTES], frame[-STATUS_BYTES:]
        if code == _MD5 and len(body) == _MD5_SIZE:
            details["md5"] = body.hex()
        return {**details, "result": f"error {status[1]:#04x}" if status[0] else "OK", "by": "uploaded"}
