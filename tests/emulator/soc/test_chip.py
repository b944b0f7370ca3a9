"""The chip as a whole: clocks, fuses, memory that stays, the flash window, and registers that nobody models."""

import re
from typing import Any

import pytest
from esptool.targets.esp8266 import ESP8266ROM
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.soc.chip import PERIPHERALS
from emulator.soc.efuse import efuse_words

CPU_CLOCK, MICROSECONDS, RANDOM, RTC_COUNTER = 0x3FF00014, 0x3FF20C00, 0x3FF20E44, 0x6000071C
RTC_MEMORY, RTC_STORE0, SYSTEM_RAM = 0x60001000, 0x60000730, 0x3FFFF000
WINDOW, MIB = 0x40200000, 1 << 20


def spin(rig: Any, cycles: int) -> None:
    """Let time pass."""
    rig.load("loop: j loop")
    rig.run(cycles)


# Clocks.


@pytest.mark.parametrize(("clock", "mhz"), [(0, 80), (1, 160)])
def test_the_microsecond_counter_follows_the_wall_not_the_processor(rig: Any, clock: int, mhz: int) -> None:
    rig.core.store(CPU_CLOCK, clock)
    start = rig.core.load(MICROSECONDS)
    spin(rig, mhz * 1000)
    assert rig.core.load(MICROSECONDS) - start == pytest.approx(1000, abs=2)
    assert rig.core.load(CPU_CLOCK) == clock


def test_changing_the_clock_never_turns_time_back(rig: Any) -> None:
    last = rig.core.load(MICROSECONDS)
    for clock in (1, 0, 1, 1, 0):
        spin(rig, 8000)
        rig.core.store(CPU_CLOCK, clock)
        now = rig.core.load(MICROSECONDS)
        assert 49 <= now - last <= 101
        last = now


@pytest.mark.parametrize("cold", [False, True])
def test_microseconds_begin_anew_with_any_reset(rig: Any, cold: bool) -> None:
    """SDK API Reference, `system_get_rtc_time`: "system time will return to zero"."""
    spin(rig, 80_000)
    assert rig.core.load(MICROSECONDS) >= 1000
    rig.chip.reset(cold=cold)
    assert rig.core.load(MICROSECONDS) <= 1


@pytest.mark.parametrize("cold", [False, True])
def test_the_slow_counter_goes_on_but_over_cold_resets(rig: Any, cold: bool) -> None:
    """The same place: software and watchdog let it go on; power, the reset pin, and waking from sleep do not."""
    rig.chip.sleep(80 * 1_000_000)
    before = rig.core.load(RTC_COUNTER)
    assert before >= 173_913
    rig.chip.reset(cold=cold)
    assert rig.core.load(RTC_COUNTER) == pytest.approx(0 if cold else before, abs=4)
    spin(rig, 80 * 2300)
    assert rig.core.load(RTC_COUNTER) == pytest.approx(400 if cold else before + 400, abs=5)


def test_the_slow_counter_counts_for_hours(rig: Any) -> None:
    """It has 32 bits, and does not wrap where the microseconds do, or a hundred times earlier."""
    for seconds in (60, 3600, 4000):
        before = rig.core.load(RTC_COUNTER)
        rig.chip.sleep(80 * 1_000_000 * seconds)
        passed = rig.core.load(RTC_COUNTER) - before & 0xFFFFFFFF
        assert passed == pytest.approx(seconds * 1_000_000 / 5.75, rel=1e-6)


def test_a_reset_slows_down_to_80_mhz(rig: Any) -> None:
    rig.chip.set_frequency(160)
    assert rig.chip.clock.mhz == 160
    rig.chip.reset()
    assert rig.chip.clock.mhz == 80
    assert rig.core.load(CPU_CLOCK) == 0


def test_the_slow_counter(rig: Any) -> None:
    """About 5.75 us a count (facts: registers)."""
    start = rig.core.load(RTC_COUNTER)
    spin(rig, 80 * 57_500)
    assert rig.core.load(RTC_COUNTER) - start == pytest.approx(10_000, rel=0.001)


def test_random_words_differ(rig: Any) -> None:
    words = {rig.core.load(RANDOM) for _ in range(100)}
    assert len(words) == 100
    assert sum(word.bit_count() for word in words) == pytest.approx(1600, rel=0.1)


# What stays.


def test_rtc_memory_survives_resets_but_not_the_power(rig: Any) -> None:
    for offset in (0, 0x200, 0x3FC):
        rig.core.store(RTC_MEMORY + offset, 0xCAFE0000 + offset)
    rig.chip.reset()
    assert [rig.core.load(RTC_MEMORY + offset) & 0xFFFF for offset in (0, 0x200, 0x3FC)] == [0, 0x200, 0x3FC]
    rig.chip.power_on()
    assert rig.core.load(RTC_MEMORY) == 0


@pytest.mark.parametrize("cold", [False, True])
def test_what_software_stored_for_its_own_reset_is_not_there_after_others(rig: Any, cold: bool) -> None:
    rig.core.store(RTC_STORE0, 1)
    rig.chip.reset(cold=cold)
    assert rig.core.load(RTC_STORE0) == (0 if cold else 1)


def test_ram_survives_resets_but_not_the_power(rig: Any) -> None:
    rig.core.write(0x3FFE8000, b"kept")
    rig.core.write(0x40104000, b"kept")
    rig.chip.reset()
    assert rig.core.read(0x3FFE8000, 4) == rig.core.read(0x40104000, 4) == b"kept"
    rig.chip.power_on()
    assert rig.core.read(0x3FFE8000, 4) == rig.core.read(0x40104000, 4) == bytes(4)


def test_registers_do_not_survive_resets(rig: Any) -> None:
    rig.core.store(0x60000804, 0x55)
    rig.chip.reset()
    assert rig.core.load(0x60000804) == 0


# Fuses.


class Reader:
    """What esptool's own functions need of a chip: its registers."""

    EFUSE_ADDR_MAC0, EFUSE_ADDR_MAC1 = 0x3FF00050, 0x3FF00054

    def __init__(self, words: tuple[int, ...]) -> None:
        self._words = words

    def read_reg(self, address: int) -> int:
        """A word."""
        return self._words[(address - 0x3FF00050) // 4]

    def __getattr__(self, name: str) -> Any:
        """Everything else as esptool has it."""
        value = getattr(ESP8266ROM, name)
        return value.__get__(self) if callable(value) else value


@given(
    mac=st.one_of(
        st.binary(min_size=6, max_size=6),
        st.binary(min_size=3, max_size=3).map(b"\x18\xfe\x34".__add__),
        st.binary(min_size=3, max_size=3).map(b"\xac\xd0\x74".__add__),
    )
)
def test_esptool_reads_the_mac_address(mac: bytes) -> None:
    if mac[:3] == bytes(3):
        mac = b"\x01" + mac[1:]  # no vendor has 00:00:00
    assert bytes(Reader(efuse_words(mac)).read_mac()) == mac


@pytest.mark.parametrize(("embedded", "name"), [(False, "ESP8266EX"), (True, "ESP8285")])
def test_esptool_tells_the_chips_apart(embedded: bool, name: str) -> None:
    reader = Reader(efuse_words(bytes.fromhex("18fe34000001"), embedded_flash=embedded))
    assert reader.get_chip_description().startswith(name)


def test_the_fuses_can_be_read_and_always_have_bit_15(rig: Any) -> None:
    rig.chip.efuse.fuses = efuse_words(bytes.fromhex("18fe34123456"))
    rig.chip.reset()
    words = [rig.core.load(0x3FF00050 + 4 * index) for index in range(4)]
    assert words == list(rig.chip.efuse.fuses)
    assert words[2] & 0x8000
    assert words[0] >> 24 == 0x56


# The flash window.


@given(offset=st.integers(0, MIB - 16), data=st.binary(min_size=1, max_size=16))
@settings(deadline=None, max_examples=20)
def test_the_window_follows_the_flash(shared_rig: Any, offset: int, data: bytes) -> None:
    shared_rig.flash.program(offset, data)
    assert shared_rig.core.read(WINDOW + offset, len(data)) == shared_rig.flash.read(offset, len(data))
    shared_rig.flash.erase(offset, 1)
    assert shared_rig.core.read(WINDOW + offset, 1) == b"\xff"


def test_the_window_cannot_be_written(rig: Any) -> None:
    rig.load("s32i a3, a2, 0")
    rig.core.set_a(2, WINDOW)
    rig.core.set_a(3, 0)
    rig.run()
    assert rig.trace.named("exception")
    assert rig.core.read(WINDOW, 4) == b"\xff" * 4


def test_code_in_flash_is_decoded_anew_when_the_flash_changes(rig: Any) -> None:
    for number in (1, 2):
        rig.flash.erase(0, 1)
        rig.load(f"movi a2, {number}\n break 0, 0")
        rig.flash.program(0, rig.core.read(0x40100000, 6))
        rig.core.pc = WINDOW
        rig.run()
        assert rig.core.a(2) == number


# Registers.


def test_every_register_has_a_name_of_its_own() -> None:
    addresses = [part.base + offset for part in PERIPHERALS for offset in part.registers]
    assert len(addresses) == len(set(addresses))
    names = [name for part in PERIPHERALS for name in part.registers.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[A-Z0-9_]+(\[\d+\])?", name) for name in names)


def test_behaviour_belongs_to_named_registers() -> None:
    for part in PERIPHERALS:
        assert {*part.reads, *part.writes, *part.host_reads, *part.host_writes} <= set(part.registers)


def test_the_first_use_of_an_unknown_register_is_told_and_from_then_it_stores(rig: Any) -> None:
    address = 0x60000D50
    rig.core.store(address, 0x1234)
    assert rig.core.load(address) == 0x1234
    rig.core.store(address, 0x5678)
    assert rig.core.load(address) == 0x5678
    [event] = rig.trace.named("register")
    assert (event.data["address"], event.data["register"], event.data["access"]) == (address, "SAR_CTRL+0x050", "write")


def test_a_first_read_is_told_as_such(rig: Any) -> None:
    assert rig.core.load(0x60000E38) == 0
    assert rig.trace.named("register")[0].data["access"] == "read"


def test_narrow_writes_merge(rig: Any) -> None:
    rig.load("s8i a3, a2, 1\n s16i a4, a2, 2\n l8ui a5, a2, 1\n l16ui a6, a2, 2\n break 0, 0")
    for number, value in ((2, 0x3FF21408), (3, 0xAB), (4, 0x1234)):
        rig.core.set_a(number, value)
    rig.run()
    assert rig.core.load(0x3FF21408) == 0x1234AB00
    assert (rig.core.a(5), rig.core.a(6)) == (0xAB, 0x1234)


def test_registers_that_a_boot_waits_for(rig: Any) -> None:
    """Facts: registers that need behaviour."""
    rig.core.store(0x60000370, 0)
    rig.core.store(0x60000728, 0)
    assert rig.core.load(0x60000370) == 1 << 31 | 38272
    assert rig.core.load(0x60000728) & 3
