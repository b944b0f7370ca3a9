"""The flash routines: offsets in bytes, sectors and blocks, the window, hostile arguments."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.soc import spi_flash

RAM, WINDOW = 0x3FFE8000, 0x40200000
SECTOR, BLOCK = 0x1000, 0x10000
OK, ERROR = 0, 1


def test_write_and_read_back(rig: Any) -> None:
    rig.core.write(RAM, b"hello, flash")
    assert rig.call("SPIWrite", 0x1234, RAM, 12) == OK
    assert rig.flash.read(0x1234, 12) == b"hello, flash"
    assert rig.core.read(WINDOW + 0x1234, 12) == b"hello, flash"
    assert rig.call("SPIRead", 0x1234, RAM + 0x100, 5) == OK
    assert rig.core.read(RAM + 0x100, 6) == b"hello\0"


@pytest.mark.parametrize(
    ("name", "arguments", "first", "stop"),
    [
        ("SPIEraseSector", (3,), 3 * SECTOR, 4 * SECTOR),
        ("SPIEraseBlock", (2,), 2 * BLOCK, 3 * BLOCK),
        ("SPIEraseArea", (0x5000, 0x3000), 0x5000, 0x8000),
        ("SPIEraseChip", (), 0, 1 << 20),
    ],
)
def test_erasing(rig: Any, name: str, arguments: tuple[int, ...], first: int, stop: int) -> None:
    size = rig.flash.size
    rig.flash.program(0, bytes(size))
    assert rig.call(name, *arguments) == OK
    assert rig.flash.read(0, size) == bytes(first) + b"\xff" * (stop - first) + bytes(size - stop)


def test_the_window_shows_what_the_flash_holds(rig: Any) -> None:
    rig.flash.program(0, b"\x12\x34")
    assert rig.core.read(WINDOW, 2) == b"\x12\x34"
    rig.call("Cache_Read_Enable", 1, 1, 1)
    assert rig.chip.window == (3, 1)
    rig.call("Cache_Read_Disable")
    assert rig.core.read(WINDOW, 2) == b"\x12\x34"  # a chip of 1 MiB repeats


def test_the_cache_is_mapped_by_its_register(rig: Any) -> None:
    """ESP8266_RTOS_SDK reads there what the ROM's routine has set (`spi_flash_cache2phys`)."""
    control = 0x3FF0000C
    rig.core.store(control, 1 << 25 | 2 << 16 | 1 << 8)
    assert rig.chip.window == (5, 1)
    rig.call("Cache_Read_Enable", 0, 3, 1)
    assert rig.core.load(control) == 3 << 16 | 1 << 8
    assert rig.chip.window == (6, 1)
    rig.call("Cache_Read_Disable")
    assert rig.core.load(control) == 3 << 16
    rig.call("Cache_Read_Enable", 2, 1, 1)
    assert rig.core.load(control) == 1 << 24 | 1 << 16 | 1 << 8
    assert rig.chip.window == (2, 2)
    rig.chip.reset()
    assert rig.chip.window == (0, 1)


def test_status_register(rig: Any) -> None:
    assert rig.call("SPI_write_status", 0x3FFFC718, 0x1C) == OK
    assert rig.call("SPI_read_status", 0x3FFFC718, RAM) == OK
    assert rig.core.read32(RAM) & 0x1C == 0x1C
    assert rig.call("SPIUnlock") == OK
    rig.call("SPI_read_status", 0x3FFFC718, RAM)
    assert rig.core.read32(RAM) & 0x1C == 0


def test_write_enable_sets_the_latch(rig: Any) -> None:
    rig.call("SPI_write_enable", 0x3FFFC718)
    assert rig.flash.status & 2
    rig.flash.power_cycle()


def test_the_chip_description(rig: Any) -> None:
    assert rig.core.read32(0x3FFFC714) == 0x3FFFC718
    words = [rig.core.read32(0x3FFFC718 + 4 * index) for index in range(6)]
    assert words == [rig.flash.jedec_id, rig.flash.size, 0x10000, 0x1000, 0x100, 0xFFFF]
    rig.call("SPIParamCfg", 1, 2, 3, 4, 5, 6)
    assert [rig.core.read32(0x3FFFC718 + 4 * index) for index in range(6)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("name", ["SPILock", "SPIReadModeCnfig", "Wait_SPI_Idle", "SelectSpiFunction"])
def test_settings_succeed(rig: Any, name: str) -> None:
    assert rig.call(name, 0, 0, 0) == OK


def test_a_size_larger_than_any_chip_is_an_error(rig: Any) -> None:
    assert rig.call("SPIRead", 0, RAM, 0xFFFFFFFF) == ERROR
    assert rig.call("SPIWrite", 0, RAM, 0xFFFFFFFF) == ERROR


@pytest.mark.parametrize("target", [0, 0x40000000, WINDOW, 0x60000000, 0x3FFFFFFE])
def test_reading_into_what_is_no_ram_is_an_exception(rig: Any, target: int) -> None:
    before = rig.core.read(0x40000000, 64)
    rig.enter("SPIRead", 0, target, 16)
    assert rig.trace.named("rom-fault")[0].data["routine"] == "SPIRead"
    assert rig.trace.named("exception")
    assert rig.core.read(0x40000000, 64) == before


huge = st.one_of(st.integers(0, 0xFFFFFFFF), st.sampled_from([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFF000]))


@given(
    name=st.sampled_from(["SPIEraseSector", "SPIEraseBlock", "SPIEraseArea", "SPIRead", "SPIWrite"]),
    first=huge,
    second=huge,
    third=huge,
)
@settings(deadline=None, max_examples=60)
def test_hostile_arguments_end_soon(shared_rig: Any, name: str, first: int, second: int, third: int) -> None:
    shared_rig.reset()
    shared_rig.enter(name, first, second, third)
    assert shared_rig.flash.size == 1 << 20


@pytest.mark.parametrize("routine", ["spi_flash_attach", "SelectSpiFunction"])
def test_attaching_gives_the_flash_its_pins_and_wakes_it(rig: Any, routine: str) -> None:
    rig.flash.transfer(0xB9, None)
    spi = rig.chip.spi
    spi.write(spi_flash.SPI_CMD, spi_flash.SPI_FLASH_RDID)
    assert spi.read(spi_flash.SPI_W0) == 0xFFFFFF
    assert rig.call(routine) == OK
    assert not rig.flash.is_powered_down
    spi.write(spi_flash.SPI_CMD, spi_flash.SPI_FLASH_RDID)
    assert spi.read(spi_flash.SPI_W0) == 0x1440EF


def test_a_reset_takes_the_pins_away(rig: Any) -> None:
    rig.call("spi_flash_attach")
    rig.reset()
    rig.chip.spi.write(spi_flash.SPI_CMD, spi_flash.SPI_FLASH_RDID)
    assert rig.chip.spi.read(spi_flash.SPI_W0) == 0xFFFFFF


def test_the_routines_that_the_others_are_made_of(rig: Any) -> None:
    """ESP8266_RTOS_SDK and esp-open-rtos have SPIRead and its relatives of their own, and call these."""
    rig.core.write(RAM, bytes(range(64)))
    assert rig.call("SPI_page_program", 0, 0x2010, RAM, 64) == 0
    assert rig.call("SPI_read_data", 0, 0x2012, RAM + 0x100, 8) == 0
    assert rig.core.read(RAM + 0x100, 8) == bytes(range(2, 10))
    assert rig.call("SPI_page_program", 0, 0x20F0, RAM, 17) == 1
    assert rig.call("SPI_sector_erase", 0, 0x2FFF) == 0
    assert rig.flash.read(0x2000, 0x100) == b"\xff" * 0x100


def test_what_lies_behind_the_chip_is_refused(rig: Any) -> None:
    """NodeMCU 1.5 erases the sector whose number is an address, by mistake, and a chip lets that pass."""
    rig.core.write(RAM, b"1234")
    assert rig.call("SPIEraseSector", 0x100) == ERROR
    assert rig.call("SPIEraseBlock", 0x10) == ERROR
    assert rig.call("SPIWrite", (1 << 20) - 2, RAM, 4) == ERROR
    assert rig.call("SPIWrite", (1 << 20) - 4, RAM, 4) == OK
