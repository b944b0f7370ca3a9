"""Reading along while an uploaded program speaks: which packets are told, and that nothing is disturbed."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from emulator import profiles
from emulator.bridge import Bridge, Running
from emulator.packets import PacketReader
from emulator.rom import slip
from emulator.trace import Trace


class Line:
    """A bridge, a client on it, and a program that a client uploaded."""

    def __init__(self, running: Running = "uploaded") -> None:
        self.trace = Trace()
        self.bridge = Bridge(usb=profiles.load().usb)
        self.bridge.running = lambda: running
        self.reader = PacketReader(self.bridge, self.trace)
        self.received = bytearray()
        self.bridge.attach(self)

    def receive(self, data: bytes) -> None:
        self.received += data

    def unplugged(self) -> None:
        pass

    def request(self, code: int, *words: int, payload: bytes = b"") -> None:
        data = struct.pack(f"<{len(words)}I", *words) + payload
        self.bridge.write(slip.encode(struct.pack("<BBHI", 0, code, len(data), 0) + data))

    def answer(self, code: int, value: int = 0, body: bytes = b"", error: int = 0) -> None:
        data = body + bytes([1 if error else 0, error])
        self.bridge.send(slip.encode(struct.pack("<BBHI", 1, code, len(data), value) + data), None)

    @property
    def told(self) -> list[dict[str, object]]:
        return [dict(event.data) for event in self.trace.named("download")]


def test_a_request_and_its_answer_are_one_event() -> None:
    line = Line()
    line.request(0x10, 60_000, 4, 16_384, 0x1000)
    assert line.told == []
    line.answer(0x10)
    assert line.told == [
        {
            "command": "FLASH_DEFL_BEGIN",
            "size": 60_000,
            "packet_count": 4,
            "packet_size": 16_384,
            "offset": 0x1000,
            "result": "OK",
            "by": "uploaded",
        }
    ]


def test_payload_is_not_told_and_values_sums_and_errors_are() -> None:
    line = Line()
    line.request(0x03, 4, 0, 0, 0, payload=b"\xc0\xdb\x00\x01")
    line.answer(0x03, error=0x07)
    line.request(0x0A, 0x60000078)
    line.answer(0x0A, value=0x62000)
    line.request(0x13, 0, 100, 0, 0)
    line.answer(0x13, body=bytes(range(16)))
    assert [event["result"] for event in line.told] == ["error 0x07", "OK", "OK"]
    assert line.told[0] == {
        "command": "FLASH_DATA", "length": 4, "sequence": 0, "result": "error 0x07", "by": "uploaded"
    }  # fmt: skip
    assert line.told[1]["value"] == 0x62000
    assert line.told[2]["md5"] == bytes(range(16)).hex()


def test_a_request_that_was_repeated_is_told_once_per_answer() -> None:
    line = Line()
    line.request(0x0D)
    line.request(0x08, 0x20120707, payload=bytes(32))
    line.answer(0x08, value=0x20120707)
    line.answer(0x08, value=0x20120707)
    assert [event["command"] for event in line.told] == ["SYNC"]


def test_data_that_looks_like_an_answer_to_nothing_is_passed_over() -> None:
    line = Line()
    line.answer(0x0A, value=7)
    line.bridge.send(slip.encode(b"\x01\xd2" + bytes(4094)), None)
    assert line.told == []


def test_the_rom_speaks_for_itself_and_programs_from_flash_are_not_listened_to() -> None:
    for running in ("download", "program"):
        line = Line(running)
        line.request(0x0A, 0x60000078)
        line.answer(0x0A)
        assert line.told == []


def test_a_reader_that_was_closed_is_quiet() -> None:
    line = Line()
    line.reader.close()
    line.request(0x0D)
    line.answer(0x0D)
    assert line.told == []


@given(
    st.lists(st.tuples(st.booleans(), st.binary(max_size=60) | st.sampled_from([b"\xc0", b"\xc0\x00\x08", b"\xdb"])))
)
def test_any_bytes_pass_unchanged(pieces: list[tuple[bool, bytes]]) -> None:
    line = Line()
    for is_to_chip, data in pieces:
        if is_to_chip:
            line.bridge.write(data)
        else:
            line.bridge.send(data, None)
    assert b"".join(item.data for item in line.bridge.take()) == b"".join(data for to_chip, data in pieces if to_chip)
    assert line.received == b"".join(data for to_chip, data in pieces if not to_chip)
