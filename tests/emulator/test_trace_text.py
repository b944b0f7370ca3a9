"""The trace for people: what each event's line says, and what is drawn together."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.trace import Event
from emulator.trace_text import QUIET_S, TraceText


class Reader:
    """A text, the lines that it wrote, and a clock to turn."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.lines: list[str] = []
        self.text = TraceText(self.lines.append, lambda: self.now_s)

    def tell(self, name: str, **data: Any) -> None:
        self.text(Event(name, 0, data))

    def line(self, name: str, **data: Any) -> str:
        """What one event says, without the time."""
        self.tell(name, **data)
        self.text.flush()
        return self.lines[-1][9:].strip()


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("reset", {"cause": "power_on", "mode": 3}, "reset     power on, boot mode 3: program from flash"),
        ("reset", {"cause": "external", "mode": 1}, "reset     external, boot mode 1: download"),
        ("lines", {"dtr": False, "rts": True}, "port      DTR released, RTS asserted"),
        ("baud", {"baud": 460_800}, "port      460800 baud"),
        ("baud", {"baud": None}, "port      follows the chip's rate"),
        ("pin", {"pin": 2, "level": 0, "driven": True}, "chip      GPIO2 low"),
        ("pin", {"pin": 0, "level": 1, "driven": False}, "chip      GPIO0 high, not driven by the chip"),
        ("boot", {"entry_point": 0x40100000, "segments": 3}, "boot      3 segments loaded, entry point 0x40100000"),
        (
            "rom-missing",
            {"routine": "gpio_pin_wakeup", "caller": 16},
            "rom-missing routine=gpio_pin_wakeup caller=0x10",
        ),
        ("power", {"on": False}, "power     off"),
        ("sleep", {"seconds": 2.0, "wakes": True}, "chip      sleeps deeply, for 2.000 s"),
        (
            "sleep",
            {"seconds": 2.0, "wakes": False},
            "chip      sleeps deeply, for 2.000 s and on: GPIO16 is not wired to RST, so only RESET wakes it",
        ),
        ("sleep", {"seconds": None, "wakes": True}, "chip      sleeps deeply, until something resets it"),
        ("line-break", {"on": True}, "port      break begins"),
        ("overrun", {}, "chip      UART lost bytes, its FIFO is full"),
    ],
)
def test_lines_say_what_happened(name: str, data: dict[str, Any], line: str) -> None:
    assert Reader().line(name, **data) == line


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"command": "SYNC", "magic": 0x20120707, "value": 0x20120707, "result": "OK"},
         "rom       SYNC magic=0x20120707 -> 0x20120707"),
        ({"command": "0x14", "result": "INVALID_MESSAGE"}, "rom       0x14 INVALID_MESSAGE"),
        ({"command": "READ_REG", "address": 0x60000014, "value": 0x1C3, "result": "OK"},
         "rom       READ_REG UART0+0x014 -> 0x000001c3"),
        ({"command": "WRITE_REG", "address": 0x60000200, "value": 1 << 18, "mask": 0xFFFFFFFF, "delay_us": 0,
          "result": "OK", "by": "uploaded"}, "uploaded  WRITE_REG SPI0+0x000 value=0x40000 OK"),
        ({"command": "FLASH_DATA", "length": 4, "sequence": 2, "unused_1": 0, "unused_2": 0, "result": "FLASH_WRITE"},
         "rom       FLASH_DATA length=4 sequence=2 FLASH_WRITE"),
        ({"command": "SPI_FLASH_MD5", "offset": 0, "size": 9, "md5": "0f", "result": "OK", "by": "uploaded"},
         "uploaded  SPI_FLASH_MD5 offset=0x0 size=9 -> 0f"),
    ],
)  # fmt: skip
def test_packets_show_command_arguments_and_result(data: dict[str, Any], line: str) -> None:
    assert Reader().line("download", **data) == line


def test_neighbouring_writes_packets_and_erases_are_one_line_each() -> None:
    reader = Reader()
    for number in range(4):
        reader.tell("erase", offset=number * 4096, length=4096)
        reader.tell("download", command="FLASH_DATA", length=4096, sequence=number, result="OK")
        reader.tell("program", offset=number * 4096, length=4096)
        reader.now_s += 0.1
    assert reader.lines == []
    reader.tell("detach")
    assert [line[11:] for line in reader.lines] == [
        "flash     erased 0x000000-0x003fff (16384 bytes)",
        "rom       FLASH_DATA packets 0-3 (16384 bytes) OK",
        "flash     written 0x000000-0x003fff (16384 bytes)",
        "port      closed",
    ]
    assert reader.lines[0].startswith("    0.000")
    assert reader.lines[-1].startswith("    0.400")


def test_a_write_elsewhere_begins_a_line_of_its_own() -> None:
    reader = Reader()
    reader.tell("program", offset=0, length=16)
    reader.tell("program", offset=64, length=16)
    reader.text.flush()
    assert [line.split()[3] for line in reader.lines] == ["0x000000-0x00000f", "0x000040-0x00004f"]


def test_registers_without_a_model_are_counted() -> None:
    reader = Reader()
    for address in (0x60000D48, 0x60009D74, 0x60009800):
        reader.tell("register", address=address, register="BASEBAND", access="read", pc=0x40100000)
    assert reader.line("detach") == "port      closed"
    assert reader.lines[0].endswith("chip      used registers that have no model, 3 of them for the first time")


def test_a_run_is_told_when_nothing_was_added_for_a_while() -> None:
    reader = Reader()
    reader.tell("erase", offset=0, length=4096)
    reader.text.flush(QUIET_S)
    assert reader.lines == []
    reader.now_s += QUIET_S
    reader.text.flush(QUIET_S)
    assert len(reader.lines) == 1


@given(st.lists(st.tuples(st.sampled_from(["erase", "program"]), st.integers(0, 5), st.integers(1, 3))))
def test_no_byte_is_lost_or_told_twice(operations: list[tuple[str, int, int]]) -> None:
    reader = Reader()
    for name, start, length in operations:
        reader.tell(name, offset=start, length=length)
    reader.text.flush()
    told = sum(int(line.split("(")[1].split()[0]) for line in reader.lines)
    assert told == sum(length for _, _, length in operations)
