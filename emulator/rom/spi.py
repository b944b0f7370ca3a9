"""The ROM's flash routines: `SPIRead` and its relatives, and the switching of the flash window.

Flash offsets are bytes except where the name says sector or block. Each returns 0 for success, as SpiFlashOpResult
has it. Source: SDK `spi_flash.h`; behaviour measured (facts: a mask ROM of our own).
"""

from collections.abc import Callable

from emulator.flash import Flash
from emulator.flash_datasheet import BLOCK_SIZE, SECTOR_SIZE
from emulator.rom.machine import Machine, Routine
from emulator.soc.dport import (
    CACHE_FLASH_CTRL,
    CACHE_MAP_1M_HIGH,
    CACHE_MAP_2M,
    CACHE_MAP_SEGMENT,
    CACHE_MAP_SEGMENT_SHIFT,
    CACHE_MAPPING,
    CACHE_READ_ENABLE,
)
from emulator.soc.spi_flash import FLASH_PADS, PAD_FUNCTION_SPI

OK, ERROR = 0, 1
PAGE_SIZE = 0x100
FLASHCHIP = 0x3FFFC718
"""{device id, chip size, block size, sector size, page size, status mask}, six words."""
LARGEST_READ = 1 << 20

READ_STATUS, WRITE_STATUS, WRITE_ENABLE, RELEASE_POWER_DOWN = 0x05, 0x01, 0x06, 0xAB


def attach_flash(store: Callable[[int, int], None], flash: Flash) -> None:
    """What the ROM does before it uses the flash: switch the pads to SPI, and wake a chip that a program had put into
    deep power-down, from which no reset of the processor wakes it (esptool issue 351). `store` writes a register."""
    for pad in FLASH_PADS:
        store(pad, PAD_FUNCTION_SPI)
    flash.transfer(RELEASE_POWER_DOWN, None)


def spi_flash_attach(machine: Machine) -> int:
    """spi_flash_attach() and SelectSpiFunction()."""
    attach_flash(machine.core.store, machine.chip.flash)
    return OK


def spi_read(machine: Machine, source: int, target: int, length: int) -> int:
    """SPIRead(source, target, length)."""
    if length > LARGEST_READ:
        return ERROR
    machine.write(target, machine.chip.flash.read(source, length))
    return OK


def spi_write(machine: Machine, target: int, source: int, length: int) -> int:
    """SPIWrite(target, source, length)."""
    if length > LARGEST_READ or target + length > chip_size(machine):
        return ERROR
    machine.chip.flash.program(target, machine.read(source, length))
    return OK


def chip_size(machine: Machine) -> int:
    """The flash's size as the program has configured it; what lies behind is refused (esp-open-rtos, `SPIWrite` and
    `SPIEraseSector` of its `spi_flash.c`, as in the SDK)."""
    return machine.core.read32(FLASHCHIP + 4)


def spi_erase_sector(machine: Machine, sector: int) -> int:
    """SPIEraseSector(sector)."""
    if sector >= chip_size(machine) // SECTOR_SIZE:
        return ERROR
    machine.chip.flash.erase(sector * SECTOR_SIZE, SECTOR_SIZE)
    return OK


def spi_erase_block(machine: Machine, block: int) -> int:
    """SPIEraseBlock(block)."""
    if block >= chip_size(machine) // BLOCK_SIZE:
        return ERROR
    machine.chip.flash.erase(block * BLOCK_SIZE, BLOCK_SIZE)
    return OK


def spi_erase_area(machine: Machine, start: int, length: int) -> int:
    """SPIEraseArea(start, length)."""
    machine.chip.flash.erase(start, length)
    return OK


def spi_erase_chip(machine: Machine) -> int:
    """SPIEraseChip()."""
    machine.chip.flash.erase(0, machine.chip.flash.size)
    return OK


def spi_read_data(machine: Machine, chip: int, source: int, target: int, length: int) -> int:
    """SPI_read_data(chip, source, target, length): what SPIRead is made of."""
    return spi_read(machine, source, target, length)


def spi_page_program(machine: Machine, chip: int, target: int, source: int, length: int) -> int:
    """SPI_page_program(chip, target, source, length): all within one page, or nothing is done."""
    if target % PAGE_SIZE + length > PAGE_SIZE:
        return ERROR
    machine.chip.flash.program(target, machine.read(source, length))
    return OK


def spi_sector_erase(machine: Machine, chip: int, start: int) -> int:
    """SPI_sector_erase(chip, start): as the command itself, it erases the sector around `start`."""
    machine.chip.flash.erase(start // SECTOR_SIZE * SECTOR_SIZE, SECTOR_SIZE)
    return OK


def spi_param_cfg(machine: Machine, *geometry: int) -> int:
    """SPIParamCfg(id, chip size, block size, sector size, page size, status mask)."""
    for index, value in enumerate(geometry):
        machine.write32(FLASHCHIP + 4 * index, value)
    return OK


def spi_read_status(machine: Machine, chip: int, target: int) -> int:
    """SPI_read_status(chip, status *)."""
    machine.write32(target, machine.chip.flash.transfer(READ_STATUS, None, b"", 1)[0])
    return OK


def spi_write_status(machine: Machine, chip: int, status: int) -> int:
    """SPI_write_status(chip, status)."""
    machine.chip.flash.wait()
    machine.chip.flash.transfer(WRITE_ENABLE, None, b"", 0)
    machine.chip.flash.transfer(WRITE_STATUS, None, bytes([status & 0xFF]), 0)
    return OK


def spi_write_enable(machine: Machine, chip: int) -> int:
    """SPI_write_enable(chip)."""
    machine.chip.flash.wait()
    machine.chip.flash.transfer(WRITE_ENABLE, None, b"", 0)
    return OK


def spi_unlock(machine: Machine) -> int:
    """SPIUnlock(): clear the block protection."""
    return spi_write_status(machine, 0, 0)


def wait_spi_idle(machine: Machine, chip: int) -> int:
    """Wait_SPI_Idle(chip)."""
    machine.chip.flash.wait()
    return OK


def succeed(machine: Machine) -> int:
    """Modes: nothing to do here."""
    return OK


MAPPINGS = {0: 0, 1: CACHE_MAP_1M_HIGH}
"""Cache_Read_Enable's first argument, and what it sets; all others want both MiB."""


def cache_read_enable(machine: Machine, odd: int, two_mib: int, mode: int) -> None:
    """Cache_Read_Enable(odd, two_mib, mode): the window shows MiB odd + 2 * two_mib, or, where `odd` is neither 0 nor
    1, that and the next. Source: R. Burton, "ESP8266 Cache_Read_Enable", for the bits; `soc.dport` for what they do."""
    dport = machine.chip.dport
    control = dport.word(CACHE_FLASH_CTRL) & ~CACHE_MAPPING | CACHE_READ_ENABLE
    mapping = MAPPINGS.get(odd & 0xFF, CACHE_MAP_2M) | two_mib << CACHE_MAP_SEGMENT_SHIFT & CACHE_MAP_SEGMENT
    dport.write(CACHE_FLASH_CTRL, control | mapping)


def cache_read_disable(machine: Machine) -> None:
    """Cache_Read_Disable(): programs only do so around flash accesses, so the window may stay."""
    dport = machine.chip.dport
    dport.set_word(CACHE_FLASH_CTRL, dport.word(CACHE_FLASH_CTRL) & ~CACHE_READ_ENABLE)


ROUTINES: dict[str, Routine] = {
    "SPIRead": spi_read,
    "SPIWrite": spi_write,
    "SPIEraseSector": spi_erase_sector,
    "SPIEraseBlock": spi_erase_block,
    "SPIEraseArea": spi_erase_area,
    "SPIEraseChip": spi_erase_chip,
    "SPIParamCfg": spi_param_cfg,
    "SPI_read_data": spi_read_data,
    "SPI_page_program": spi_page_program,
    "SPI_sector_erase": spi_sector_erase,
    "SPI_read_status": spi_read_status,
    "SPI_write_status": spi_write_status,
    "SPI_write_enable": spi_write_enable,
    "SPIUnlock": spi_unlock,
    "SPILock": succeed,
    "SPIReadModeCnfig": succeed,
    "Wait_SPI_Idle": wait_spi_idle,
    "Enable_QMode": succeed,
    "Disable_QMode": succeed,
    "SelectSpiFunction": spi_flash_attach,
    "spi_flash_attach": spi_flash_attach,
    "Cache_Read_Enable": cache_read_enable,
    "Cache_Read_Disable": cache_read_disable,
}
