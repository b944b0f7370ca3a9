"""The SPI controller, driven as the SDK, esp-open-rtos, Arduino and esptool drive it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.flash import Flash
from emulator.soc import spi_flash as spi
from emulator.soc.spi_flash import SpiFlash

ADDRESS = 0x23456


@pytest.fixture
def controller() -> SpiFlash:
    return SpiFlash(Flash(4 << 20))


def start(controller: SpiFlash, command: int) -> None:
    controller.write(spi.SPI_CMD, command)
    assert controller.read(spi.SPI_CMD) == 0


def fill(controller: SpiFlash, data: bytes, first: int = spi.SPI_W0) -> None:
    padded = data.ljust(-(-len(data) // 4) * 4, b"\0")
    for offset, word in enumerate(struct.unpack(f"<{len(padded) // 4}I", padded)):
        controller.write(first + 4 * offset, word)


def buffer(controller: SpiFlash, length: int, first: int = spi.SPI_W0) -> bytes:
    words = (controller.read(first + offset) for offset in range(0, length, 4))
    return b"".join(struct.pack("<I", word) for word in words)[:length]


def user(
    controller: SpiFlash,
    command: int,
    *,
    address: int | None = None,
    address_bits: int = 24,
    dummy_bits: int = 0,
    out: bytes = b"",
    in_bits: int = 0,
    more: int = 0,
) -> None:
    """Set up and start a USR transaction; field positions from spi_register.h."""
    phases, lengths = spi.SPI_USR_COMMAND | more, 0
    if address is not None:
        phases |= spi.SPI_USR_ADDR
        lengths |= address_bits - 1 << 26
        controller.write(spi.SPI_ADDR, address << 32 - address_bits)
    if dummy_bits:
        phases |= spi.SPI_USR_DUMMY
        lengths |= dummy_bits - 1
    if out:
        phases |= spi.SPI_USR_MOSI
        lengths |= len(out) * 8 - 1 << 17
        fill(controller, out, spi.SPI_W0 + (32 if more & spi.SPI_USR_MOSI_HIGHPART else 0))
    if in_bits:
        phases |= spi.SPI_USR_MISO
        lengths |= in_bits - 1 << 8
    controller.write(spi.SPI_USER, phases)
    controller.write(spi.SPI_USER1, lengths)
    controller.write(spi.SPI_USER2, 7 << 28 | command)
    start(controller, spi.SPI_USR)


def test_registers_keep_what_is_written(controller: SpiFlash) -> None:
    controller.write(spi.SPI_CTRL, 0x1_2345_6789)
    assert controller.read(spi.SPI_CTRL) == 0x23456789
    controller.reset()
    assert controller.read(spi.SPI_CTRL) == 0
    assert controller.read(spi.SPI_USER2) == 0x70000000


def test_the_state_machine_is_always_idle(controller: SpiFlash) -> None:
    controller.write(spi.SPI_EXT2, 7)
    assert controller.read(spi.SPI_EXT2) == 0


def test_rdid(controller: SpiFlash) -> None:
    controller.write(spi.SPI_W0, 0xFFFFFFFF)
    start(controller, spi.SPI_FLASH_RDID)
    assert controller.read(spi.SPI_W0) == 0x1640EF


@pytest.mark.parametrize("length", [1, 4, 30, 64])
def test_read_takes_address_and_length_from_spi_addr(controller: SpiFlash, length: int) -> None:
    data = bytes(range(1, 65))
    controller.flash.program(ADDRESS, data)
    controller.write(spi.SPI_ADDR, length << 24 | ADDRESS)
    start(controller, spi.SPI_FLASH_READ)
    assert buffer(controller, length) == data[:length]


def test_read_of_more_than_the_buffer_fills_the_buffer(controller: SpiFlash) -> None:
    controller.flash.program(0, bytes(range(256)))
    controller.write(spi.SPI_ADDR, 0xFF << 24)
    start(controller, spi.SPI_FLASH_READ)
    assert buffer(controller, 64) == bytes(range(64))
    assert controller.read(0x80) == 0


def test_page_program_needs_write_enable_each_time(controller: SpiFlash) -> None:
    fill(controller, b"program!")
    controller.write(spi.SPI_ADDR, 8 << 24 | ADDRESS)
    start(controller, spi.SPI_FLASH_PP)
    assert controller.flash.read(ADDRESS, 8) == b"\xff" * 8
    start(controller, spi.SPI_FLASH_WREN)
    start(controller, spi.SPI_FLASH_PP)
    assert controller.flash.read(ADDRESS, 8) == b"program!"
    controller.write(spi.SPI_ADDR, 8 << 24)
    start(controller, spi.SPI_FLASH_PP)
    assert controller.flash.read(0, 8) == b"\xff" * 8


@pytest.mark.parametrize(
    ("command", "unit"), [(spi.SPI_FLASH_SE, 4096), (spi.SPI_FLASH_BE, 65536), (spi.SPI_FLASH_CE, 4 << 20)]
)
def test_erase(controller: SpiFlash, command: int, unit: int) -> None:
    flash = controller.flash
    flash.program(0, bytes(flash.size))
    controller.write(spi.SPI_ADDR, ADDRESS)
    start(controller, spi.SPI_FLASH_WREN)
    start(controller, command)
    first = ADDRESS // unit * unit
    assert flash.read(first, unit) == b"\xff" * unit
    assert flash.read(0, flash.size).count(0) == flash.size - unit


def test_status_goes_through_rd_status(controller: SpiFlash) -> None:
    start(controller, spi.SPI_FLASH_WREN)
    start(controller, spi.SPI_FLASH_RDSR)
    assert controller.read(spi.SPI_RD_STATUS) == 0x02
    start(controller, spi.SPI_FLASH_WRDI)
    start(controller, spi.SPI_FLASH_RDSR)
    assert controller.read(spi.SPI_RD_STATUS) == 0x00


@pytest.mark.parametrize(("control", "status"), [(0, 0x600204), (spi.SPI_WRSR_2B, 0x604004)])
def test_wrsr_writes_one_byte_or_two(controller: SpiFlash, control: int, status: int) -> None:
    controller.write(spi.SPI_CTRL, control)
    start(controller, spi.SPI_FLASH_WREN)
    controller.write(spi.SPI_RD_STATUS, 0x4004)
    start(controller, spi.SPI_FLASH_WRSR)
    assert controller.flash.status == status


def test_power_down_and_release(controller: SpiFlash) -> None:
    start(controller, spi.SPI_FLASH_DP)
    start(controller, spi.SPI_FLASH_RDID)
    assert controller.read(spi.SPI_W0) & 0xFFFFFF == 0xFFFFFF
    controller.write(spi.SPI_CTRL, spi.SPI_RESANDRES)
    start(controller, spi.SPI_FLASH_RES)
    assert controller.read(spi.SPI_RD_STATUS) == 0x15
    start(controller, spi.SPI_FLASH_RDID)
    assert controller.read(spi.SPI_W0) == 0x1640EF


# USR


def test_user_status_read_as_nonos_and_arduino_do(controller: SpiFlash) -> None:
    controller.write(spi.SPI_USER, spi.SPI_USR_COMMAND | spi.SPI_USR_MISO)
    controller.write(spi.SPI_USER1, 7 << 8)
    controller.write(spi.SPI_USER2, 0x70000035)
    start(controller, spi.SPI_USR)
    assert controller.read(spi.SPI_W0) & 0xFF == 0x02


def test_user_address_is_left_aligned(controller: SpiFlash) -> None:
    """en25q16x_read_sfdp of the RTOS SDK puts 0x00003000 into SPI_ADDR for SFDP address 0x30."""
    user(controller, 0x5A, address=0, dummy_bits=8, in_bits=32)
    assert buffer(controller, 4) == b"SFDP"
    controller.write(spi.SPI_ADDR, 0x00000100)
    start(controller, spi.SPI_USR)
    assert buffer(controller, 4) == b"FDP\0"


def test_user_address_may_be_sent_as_data(controller: SpiFlash) -> None:
    """Arduino's SPI0Command has no address phase."""
    user(controller, 0x5A, out=bytes(4), in_bits=32)
    assert buffer(controller, 4) == b"SFDP"


def test_user_address_of_32_bits_carries_the_dummy_byte(controller: SpiFlash) -> None:
    controller.flash.program(ADDRESS, b"fast")
    user(controller, 0x0B, address=ADDRESS << 8, address_bits=32, in_bits=32)
    assert buffer(controller, 4) == b"fast"


def test_user_program_and_read_through_the_high_half(controller: SpiFlash) -> None:
    start(controller, spi.SPI_FLASH_WREN)
    user(controller, 0x02, address=ADDRESS, out=b"high half", more=spi.SPI_USR_MOSI_HIGHPART)
    assert controller.flash.read(ADDRESS, 9) == b"high half"
    user(controller, 0x03, address=ADDRESS, in_bits=72, more=spi.SPI_USR_MISO_HIGHPART)
    assert buffer(controller, 9, spi.SPI_W0 + 32) == b"high half"


def test_user_without_command_phase_sends_the_data_alone(controller: SpiFlash) -> None:
    controller.write(spi.SPI_USER, spi.SPI_USR_MOSI | spi.SPI_USR_MISO)
    controller.write(spi.SPI_USER1, 7 << 17 | 23 << 8)
    controller.write(spi.SPI_W0, 0x9F)
    start(controller, spi.SPI_USR)
    assert controller.read(spi.SPI_W0) == 0x1640EF


def test_user_with_nothing_to_send_does_nothing(controller: SpiFlash) -> None:
    controller.write(spi.SPI_USER, spi.SPI_USR_MISO)
    controller.write(spi.SPI_W0, 0x12345678)
    start(controller, spi.SPI_USR)
    assert controller.read(spi.SPI_W0) == 0x12345678


def test_a_reply_leaves_later_words_alone(controller: SpiFlash) -> None:
    controller.write(spi.SPI_W0 + 4, 0x12345678)
    user(controller, 0x9F, in_bits=24)
    assert controller.read(spi.SPI_W0) == 0x1640EF
    assert controller.read(spi.SPI_W0 + 4) == 0x12345678


@given(st.lists(st.tuples(st.integers(0, 63).map(lambda word: word * 4), st.integers(0, 2**32 - 1)), max_size=30))
def test_any_writes_leave_words_in_all_registers(writes: list[tuple[int, int]]) -> None:
    controller = SpiFlash(Flash(256 << 10))
    for offset, value in writes:
        controller.write(offset, value)
        start(controller, value)
    assert all(0 <= controller.read(offset) < 2**32 for offset in range(0, SpiFlash.SIZE, 4))
    assert controller.read(spi.SPI_CMD) == 0
