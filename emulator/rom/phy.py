"""The ROM's radio routines. Most of them set analogue parameters of a radio that is not there and return 0; the bus
to the analogue blocks is real, as programs set the PLL through it. Source: measured (facts: a mask ROM of our own).
"""

from emulator.rom.machine import Machine, Routine
from emulator.rom.symbols import ENTRY_POINTS

FUNCTION_TABLE = 0x3FFFC734
"""Where `phy_get_romfuncs` points: the radio routines in the order of their addresses, partly replaced by the SDK."""
TABLE_HOLES = (5, 23, 24)
FIRST_IN_TABLE, LAST_IN_TABLE = "rom_abs_temp", "rom_set_txiq_cal"
NOT_IN_TABLE = "phy_get_romfuncs"


def function_table() -> list[int]:
    """The table's 70 words."""
    first, last = ENTRY_POINTS[FIRST_IN_TABLE], ENTRY_POINTS[LAST_IN_TABLE]
    table = sorted(
        address for name, address in ENTRY_POINTS.items() if first <= address <= last and name != NOT_IN_TABLE
    )
    for hole in TABLE_HOLES:
        table.insert(hole, 0)
    return table


def phy_get_romfuncs(machine: Machine) -> int:
    """The table of radio routines."""
    return FUNCTION_TABLE


def _bits(high: int, low: int) -> tuple[int, int]:
    """Mask and shift of a bit field of a byte."""
    high, low = high & 7, low & 7
    return ((2 << high) - 1) & ~((1 << low) - 1), low


def rom_i2c_read_reg(machine: Machine, block: int, host: int, register: int) -> int:
    """rom_i2c_readReg(block, host, register)."""
    return machine.chip.phy.read_analogue(block & 0xFF, host & 0xF, register & 0xFF)


def rom_i2c_write_reg(machine: Machine, block: int, host: int, register: int, value: int) -> None:
    """rom_i2c_writeReg(block, host, register, value)."""
    machine.chip.phy.write_analogue(block & 0xFF, host & 0xF, register & 0xFF, value)


def rom_i2c_read_reg_mask(machine: Machine, block: int, host: int, register: int, high: int, low: int) -> int:
    """rom_i2c_readReg_Mask(block, host, register, high bit, low bit)."""
    mask, shift = _bits(high, low)
    return (rom_i2c_read_reg(machine, block, host, register) & mask) >> shift


def rom_i2c_write_reg_mask(machine: Machine, block: int, host: int, register: int, high: int, low: int) -> None:
    """rom_i2c_writeReg_Mask(block, host, register, high bit, low bit, value in a7)."""
    mask, shift = _bits(high, low)
    old = rom_i2c_read_reg(machine, block, host, register)
    new = old & ~mask | machine.core.a(7) << shift & mask
    rom_i2c_write_reg(machine, block, host, register, new)


def rom_mhz2ieee(machine: Machine, mhz: int) -> int:
    """rom_mhz2ieee(frequency): the Wi-Fi channel."""
    return 14 if mhz == 2484 else max(0, mhz - 2407) // 5


def nothing_there(machine: Machine) -> int:
    """Calibration and switching of the missing radio: done, with result 0."""
    return 0


WITHOUT_EFFECT = tuple(name for name in ENTRY_POINTS if name.startswith("rom_") and name not in ("rom_abs_temp",))

ROUTINES: dict[str, Routine] = {
    **dict.fromkeys(WITHOUT_EFFECT, nothing_there),
    "phy_get_romfuncs": phy_get_romfuncs,
    "rom_i2c_readReg": rom_i2c_read_reg,
    "rom_i2c_writeReg": rom_i2c_write_reg,
    "rom_i2c_readReg_Mask": rom_i2c_read_reg_mask,
    "rom_i2c_writeReg_Mask": rom_i2c_write_reg_mask,
    "rom_mhz2ieee": rom_mhz2ieee,
}
