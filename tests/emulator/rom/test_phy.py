"""The radio's ROM routines: bit fields on the analogue bus, the function table, channels."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.rom.symbols import ENTRY_POINTS

bytes_ = st.integers(0, 255)
bits = st.integers(0, 7)


@given(old=bytes_, new=st.integers(0, 0xFFFFFFFF), first=bits, second=bits)
@settings(deadline=None)
def test_bit_fields(shared_rig: Any, old: int, new: int, first: int, second: int) -> None:
    low, high = sorted((first, second))
    field = (1 << high - low + 1) - 1
    shared_rig.call("rom_i2c_writeReg", 0x61, 1, 3, old)
    shared_rig.call("rom_i2c_writeReg_Mask", 0x61, 1, 3, high, low, new)
    expected = old & ~(field << low) | (new & field) << low
    assert shared_rig.call("rom_i2c_readReg", 0x61, 1, 3) == expected
    assert shared_rig.call("rom_i2c_readReg_Mask", 0x61, 1, 3, high, low) == new & field


def test_registers_are_apart(rig: Any) -> None:
    rig.call("rom_i2c_writeReg", 0x61, 1, 3, 0x5A)
    assert rig.call("rom_i2c_readReg", 0x61, 1, 4) == 0
    assert rig.call("rom_i2c_readReg", 0x61, 2, 3) == 0
    assert rig.call("rom_i2c_readReg", 0x62, 1, 3) == 0


def test_the_pll_says_that_it_is_ready(rig: Any) -> None:
    assert rig.call("rom_i2c_readReg_Mask", 0x62, 1, 7, 7, 7) == 1


def test_the_function_table(rig: Any) -> None:
    table = rig.call("phy_get_romfuncs")
    assert rig.core.read32(0x3FFFC730) == table == 0x3FFFC734
    words = [rig.core.read32(table + 4 * index) for index in range(70)]
    assert words[0] == ENTRY_POINTS["rom_abs_temp"]
    assert words[69] == ENTRY_POINTS["rom_set_txiq_cal"]
    assert [index for index, word in enumerate(words) if word == 0] == [5, 23, 24]


@pytest.mark.parametrize(("mhz", "channel"), [(2412, 1), (2437, 6), (2472, 13), (2484, 14), (0, 0)])
def test_channels(rig: Any, mhz: int, channel: int) -> None:
    assert rig.call("rom_mhz2ieee", mhz) == channel


def test_absolute_temperature(rig: Any) -> None:
    assert rig.call("rom_abs_temp", -5 & 0xFFFFFFFF) == 5


def test_the_rest_of_the_radio_is_not_missing(rig: Any) -> None:
    assert rig.call("rom_set_channel_freq", 2412) == 0
    assert not rig.trace.named("rom-missing")


def test_the_analogue_bus_by_its_registers(rig: Any) -> None:
    """As Punyforth's SDK uses it: block, register << 8, data << 16, bit 24 to write, bit 25 while it is busy."""
    host2 = 0x60000D08
    rig.core.store(host2, 1 << 24 | 0x5A << 16 | 3 << 8 | 0x61)
    assert rig.call("rom_i2c_readReg", 0x61, 2, 3) == 0x5A
    rig.core.store(host2, 3 << 8 | 0x61)
    assert rig.core.load(host2) == 0x5A << 16 | 3 << 8 | 0x61


def test_an_estimate_of_the_receiver_is_done_at_once(rig: Any) -> None:
    rig.core.store(0x6000057C, 0x123)
    assert rig.core.load(0x6000057C) == 1 << 31 | 0x123
