"""ADC, UART1 and HSPI, used as drivers use them."""

from typing import Any

import pytest

from emulator.soc.adc import sample
from emulator.soc.iomux import PADS

IOMUX, UART1, HSPI = 0x60000800, 0x60000F00, 0x60000100
CMD, ADDR, CLOCK, USER, USER1, USER2, W0 = (HSPI + offset for offset in (0x00, 0x04, 0x18, 0x1C, 0x20, 0x24, 0x40))
USR, COMMAND, ADDRESS, MISO, MOSI = 1 << 18, 1 << 31, 1 << 30, 1 << 28, 1 << 27
BIG_OUT, BIG_IN, DUPLEX = 1 << 11, 1 << 10, 1


def system_adc_read(samples: list[int]) -> int:
    """What the SDK makes of the samples, as it was measured."""
    total = 0
    for word in samples:
        value = ~word & 0x7FF
        total += (value & 0x700) + max(0, (value & 0xFF) - 21) * 279 // 256
    return min(1024, (total * 279 // 256 + 8) // 16)


@pytest.mark.parametrize("reading", [0, 1, 100, 341, 512, 777, 1000, 1024])
def test_adc(rig: Any, reading: int) -> None:
    rig.chip.adc.volts = reading / 1024
    samples = [rig.core.load(0x60000D80 + 4 * index) for index in range(8)]
    assert abs(system_adc_read(samples) - reading) <= 1


def test_the_adc_takes_no_harm() -> None:
    assert sample(-1.0) == sample(0.0)
    assert sample(3.3) == sample(1.0)


def test_uart1_sends_where_its_pad_is_switched_to_it(rig: Any) -> None:
    rig.core.store(UART1, ord("x"))
    assert rig.chip.uart1.take() == b""
    rig.core.store(IOMUX + PADS[2].offset, 2 << 4)
    for byte in b"hello":
        rig.core.store(UART1, byte)
    assert rig.core.load(UART1 + 0x1C) >> 16 & 0xFF == 0
    assert (rig.chip.uart1.take(), rig.chip.uart1.take()) == (b"hello", b"")


@pytest.fixture
def bus(rig: Any) -> Any:
    """HSPI on its pads, 1 MHz; what was sent is in `bus.transfers`, and what comes back is its inverse."""
    for pin in (12, 13, 14, 15):
        rig.core.store(IOMUX + PADS[pin].offset, 2 << 4)
    rig.core.store(CLOCK, 1 << 18 | 39 << 12)
    rig.transfers = []

    def transfer(data: bytes) -> bytes:
        rig.transfers.append(data)
        return bytes(byte ^ 0xFF for byte in data)

    rig.chip.hspi.on_transfer = transfer
    return rig


def test_hspi_takes_its_time(bus: Any) -> None:
    bus.core.store(USER, MOSI | BIG_OUT)
    bus.core.store(USER1, 7 << 17)
    bus.core.store(W0, 0x42 << 24)
    bus.core.store(CMD, USR)
    assert bus.transfers == [b"\x42"]
    assert bus.core.load(CMD) == USR
    bus.core.skip(8 * 80 - 1)
    assert bus.core.load(CMD) == USR
    bus.core.skip(1)
    assert bus.core.load(CMD) == 0


def test_hspi_is_idle_however_long_ago_it_was_busy(bus: Any) -> None:
    """Half of the 32 bits of cycles are 26.8 s, after which what was is ahead."""
    bus.core.store(USER, MOSI)
    bus.core.store(CMD, USR)
    for _ in range(4):
        bus.chip.sleep(10 * 80_000_000)
        bus.core.run(10)
        assert bus.core.load(CMD) & USR == 0


def test_hspi_sends_command_address_and_data(bus: Any) -> None:
    bus.core.store(USER, COMMAND | ADDRESS | MOSI)
    bus.core.store(USER1, 23 << 26 | 23 << 17)
    bus.core.store(USER2, 7 << 28 | 0x9F)
    bus.core.store(ADDR, 0x123456 << 8)
    bus.core.store(W0, 0x00CCBBAA)
    bus.core.store(CMD, USR)
    assert bus.transfers == [bytes.fromhex("9f123456aabbcc")]


@pytest.mark.parametrize(("order", "word"), [(BIG_OUT | BIG_IN, 0xEDCB0000), (0, 0x0000EDCB)])
def test_hspi_reads_while_it_sends(bus: Any, order: int, word: int) -> None:
    bus.core.store(USER, MOSI | MISO | DUPLEX | order)
    bus.core.store(USER1, 15 << 17 | 15 << 8)
    bus.core.store(W0, 0x12340000 if order else 0x1234)
    bus.core.store(CMD, USR)
    assert bus.transfers == [b"\x12\x34" if order else b"\x34\x12"]
    assert bus.core.load(W0) == word


@pytest.mark.parametrize(
    ("user", "read"),
    [(COMMAND | MOSI | MISO | DUPLEX, 0x1234), (COMMAND | MOSI | MISO, 0xFFFF)],
    ids=["meanwhile", "afterwards"],
)
def test_a_wire_from_mosi_to_miso_brings_the_data_back(bus: Any, user: int, read: int) -> None:
    bus.chip.hspi.loops = True
    bus.core.store(USER, user)
    bus.core.store(USER1, 15 << 17 | 15 << 8)
    bus.core.store(USER2, 7 << 28 | 0x9F)
    bus.core.store(W0, 0x1234)
    bus.core.store(CMD, USR)
    bus.chip.hspi.loops = False
    assert bus.transfers == [b"\x9f\x34\x12"]
    assert bus.core.load(W0) == read


def test_hspi_with_nothing_there_reads_ones(bus: Any) -> None:
    bus.core.store(IOMUX + PADS[14].offset, 3 << 4)
    bus.core.store(USER, MISO)
    bus.core.store(USER1, 31 << 8)
    bus.core.store(CMD, USR)
    assert bus.transfers == []
    assert bus.core.load(W0) == 0xFFFFFFFF
