"""The NOR chip, against the W25Q32JV datasheet and JESD216."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from emulator.flash import PAGE_SIZE, SECTOR_SIZE, SIZES, Flash

KIB = 1024
MIB = 1024 * KIB

WRITE_ENABLE, WRITE_DISABLE = 0x06, 0x04
READ_STATUS = (0x05, 0x35, 0x15)
WRITE_STATUS = (0x01, 0x31, 0x11)
READ, FAST_READ, PAGE_PROGRAM = 0x03, 0x0B, 0x02
ERASE = {4 * KIB: 0x20, 32 * KIB: 0x52, 64 * KIB: 0xD8}
ERASE_CHIP = 0xC7
JEDEC_ID, MANUFACTURER, UNIQUE_ID, SFDP = 0x9F, 0x90, 0x4B, 0x5A
POWER_DOWN, RELEASE = 0xB9, 0xAB


@pytest.fixture
def flash() -> Flash:
    return Flash(1 * MIB)


def write(flash: Flash, command: int, address: int | None = None, data: bytes = b"") -> None:
    flash.transfer(WRITE_ENABLE, None)
    flash.transfer(command, address, data)


def status(flash: Flash, register: int = 0) -> int:
    return flash.transfer(READ_STATUS[register], None, b"", 1)[0]


# Cells


def test_a_new_chip_is_blank_all_over(flash: Flash) -> None:
    assert flash.read(0, flash.size) == b"\xff" * flash.size


def test_programming_only_clears_bits(flash: Flash) -> None:
    flash.program(0x1234, b"\xf0\x0f")
    flash.program(0x1234, b"\x3c\xff")
    assert flash.read(0x1233, 4) == b"\xff\x30\x0f\xff"


def test_erase_rounds_out_to_sectors(flash: Flash) -> None:
    flash.program(0, bytes(4 * SECTOR_SIZE))
    flash.erase(SECTOR_SIZE + 1, SECTOR_SIZE)
    kept = bytes(SECTOR_SIZE)
    assert flash.read(0, 4 * SECTOR_SIZE) == kept + b"\xff" * 2 * SECTOR_SIZE + kept


def test_erase_of_nothing_changes_nothing(flash: Flash) -> None:
    flash.program(0, b"\0")
    flash.erase(0, 0)
    assert flash.read(0, 1) == b"\0"


def test_addresses_wrap_at_the_end_of_the_chip(flash: Flash) -> None:
    flash.program(flash.size - 2, b"\x11\x22\x33\x44")
    assert flash.read(0, 2) == b"\x33\x44"
    assert flash.read(2 * flash.size - 2, 4) == b"\x11\x22\x33\x44"
    flash.erase(flash.size - SECTOR_SIZE, 2 * SECTOR_SIZE)
    assert flash.read(flash.size - 2, 4) == b"\xff" * 4


@pytest.mark.parametrize("size", [0, 1, 3 * MIB, 128 * KIB, 32 * MIB])
def test_a_size_that_no_chip_has_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=str(size)):
        Flash(size)


def test_listeners_hear_of_every_change(flash: Flash) -> None:
    changes: list[tuple[int, int]] = []
    events: list[tuple[str, int, int]] = []
    flash.on_change.append(lambda offset, length: changes.append((offset, length)))
    flash.on_event.append(lambda *event: events.append(event))
    flash.program(flash.size - 1, b"\0\0")
    write(flash, ERASE[4 * KIB], 0x2345)
    flash.transfer(POWER_DOWN, None)
    assert changes == [(flash.size - 1, 1), (0, 1), (0x2000, SECTOR_SIZE)]
    assert [name for name, *_ in events] == ["program", "program", "erase", "power-down"]


def test_durations_add_up(flash: Flash) -> None:
    flash.program(0, bytes(PAGE_SIZE))
    one_page_us = flash.busy_us
    flash.program(0x80, bytes(PAGE_SIZE))  # touches two pages
    assert flash.busy_us == 3 * one_page_us > 0
    before_us = flash.busy_us
    flash.erase(0, 64 * KIB)
    one_block_us = flash.busy_us - before_us
    flash.erase(0, 16)
    assert 0 < flash.busy_us - before_us - one_block_us < one_block_us


# Write enable and page program


def test_nothing_is_written_without_write_enable(flash: Flash) -> None:
    flash.program(0, b"\x55")
    for command, data in ((PAGE_PROGRAM, b"\0"), (ERASE[4 * KIB], b"")):
        flash.transfer(command, 0, data)
    flash.transfer(ERASE_CHIP, None)
    flash.transfer(WRITE_STATUS[0], None, b"\x1c")
    assert flash.read(0, 1) == b"\x55"
    assert status(flash) == 0


def test_the_write_enable_latch_shows_and_goes_with_the_write(flash: Flash) -> None:
    flash.transfer(WRITE_ENABLE, None)
    assert status(flash) == 0x02
    flash.transfer(PAGE_PROGRAM, 0, b"\0")
    assert status(flash) == 0
    flash.transfer(PAGE_PROGRAM, 1, b"\0")
    assert flash.read(0, 2) == b"\x00\xff"


def test_write_disable_resets_the_latch(flash: Flash) -> None:
    flash.transfer(WRITE_ENABLE, None)
    flash.transfer(WRITE_DISABLE, None)
    flash.transfer(PAGE_PROGRAM, 0, b"\0")
    assert flash.read(0, 1) == b"\xff"


def test_page_program_wraps_within_its_page(flash: Flash) -> None:
    write(flash, PAGE_PROGRAM, 0x1FE, b"\x01\x02\x03\x04")
    assert flash.read(0x1FE, 2) == b"\x01\x02"
    assert flash.read(0x100, 3) == b"\x03\x04\xff"
    assert flash.read(0x200, 2) == b"\xff\xff"


def test_of_more_than_a_page_the_last_bytes_count(flash: Flash) -> None:
    data = bytes(range(256)) + b"\xa5\x5a"
    write(flash, PAGE_PROGRAM, 0x300, data)
    assert flash.read(0x300, PAGE_SIZE) == b"\xa5\x5a" + data[2:256]


@pytest.mark.parametrize(
    ("command", "address", "data"),
    [(PAGE_PROGRAM, 0, b""), (PAGE_PROGRAM, None, b"\0\0"), (0x20, None, b"\0\0"), (0x20, 0, b"\0")],
)
def test_a_command_cut_short_or_too_long_is_cancelled(
    flash: Flash, command: int, address: int | None, data: bytes
) -> None:
    flash.program(0, bytes(8))
    write(flash, command, address, data)
    assert flash.read(0, 8) == bytes(8)
    assert status(flash) & 0x02


@pytest.mark.parametrize("unit", ERASE)
def test_each_erase_instruction_erases_its_unit(flash: Flash, unit: int) -> None:
    flash.program(0, bytes(4 * unit))
    write(flash, ERASE[unit], unit + unit // 2)
    assert flash.read(0, 4 * unit) == bytes(unit) + b"\xff" * unit + bytes(2 * unit)


@pytest.mark.parametrize("command", [0xC7, 0x60])
def test_chip_erase(flash: Flash, command: int) -> None:
    flash.program(0, bytes(flash.size))
    write(flash, command)
    assert flash.read(0, flash.size) == b"\xff" * flash.size


# Reading


@pytest.mark.parametrize(("command", "dummies"), [(0x03, 0), (0x0B, 1), (0x3B, 1), (0xBB, 1), (0x6B, 1), (0xEB, 3)])
def test_every_read_instruction_reads(flash: Flash, command: int, dummies: int) -> None:
    flash.program(0x10000, b"ESP8266")
    assert flash.transfer(command, 0x10000, bytes(dummies), 7) == b"ESP8266"
    assert flash.transfer(command, None, b"\x01\x00\x00" + bytes(dummies), 7) == b"ESP8266"


def test_missing_dummy_bytes_delay_the_reply_and_extra_ones_cost_it(flash: Flash) -> None:
    flash.program(0, b"abcdef")
    assert flash.transfer(FAST_READ, 0, b"", 4) == b"\xffabc"
    assert flash.transfer(FAST_READ, 0, bytes(3), 4) == b"cdef"


def test_quad_reads_want_quad_enable(flash: Flash) -> None:
    flash.program(0, b"quad")
    write(flash, WRITE_STATUS[1], None, b"\x00")
    assert flash.transfer(0x6B, 0, b"\0", 4) == b"\xff" * 4
    write(flash, WRITE_STATUS[1], None, b"\x02")
    assert flash.transfer(0x6B, 0, b"\0", 4) == b"quad"


@given(st.integers(0, 255), st.none() | st.integers(0, 2**24 - 1), st.binary(max_size=300), st.integers(0, 80))
def test_any_transaction_gets_an_answer_of_the_length_asked_for(
    command: int, address: int | None, data: bytes, reply_length: int
) -> None:
    flash = Flash(256 * KIB)
    flash.transfer(WRITE_ENABLE, None)
    assert len(flash.transfer(command, address, data, reply_length)) == reply_length


# Identity


@pytest.mark.parametrize("size", SIZES)
def test_the_jedec_id_names_the_capacity(size: int) -> None:
    manufacturer, kind, capacity = Flash(size).transfer(JEDEC_ID, None, b"", 3)
    assert (manufacturer, kind, 1 << capacity) == (0xEF, 0x40, size)


def test_the_identity_can_be_another_makers() -> None:
    flash = Flash(4 * MIB, jedec_id=0x1640C8)
    assert flash.transfer(JEDEC_ID, None, b"", 4) == b"\xc8\x40\x16\xc8"
    assert flash.transfer(MANUFACTURER, 0, b"", 2) == b"\xc8\x15"


def test_older_identities() -> None:
    flash = Flash(4 * MIB)
    assert flash.jedec_id == 0x1640EF
    assert flash.transfer(MANUFACTURER, 0, b"", 4) == b"\xef\x15\xef\x15"
    assert flash.transfer(MANUFACTURER, 1, b"", 2) == b"\x15\xef"
    assert flash.transfer(RELEASE, None, bytes(3), 1) == b"\x15"
    assert flash.transfer(UNIQUE_ID, None, bytes(4), 8) == flash.unique_id


@pytest.mark.parametrize("size", SIZES)
def test_sfdp_describes_the_chip(size: int) -> None:
    def read(address: int, length: int) -> bytes:
        return Flash(size).transfer(SFDP, address, b"\0", length)

    signature, _minor, major, last_header, _ = struct.unpack("<4sBBBB", read(0, 8))
    assert (signature, major, last_header) == (b"SFDP", 1, 0)
    low_id, _minor, major, word_count = read(8, 4)
    pointer = int.from_bytes(read(12, 3), "little")
    assert (low_id, major, word_count) == (0, 1, 9)
    words = struct.unpack("<9I", read(pointer, 36))
    assert words[1] + 1 == size * 8  # density
    assert (words[0] & 0b11, words[0] >> 8 & 0xFF) == (0b01, ERASE[4 * KIB])
    units = words[7].to_bytes(4, "little") + words[8].to_bytes(4, "little")
    erase_types = {1 << exponent: opcode for exponent, opcode in zip(units[::2], units[1::2], strict=True) if exponent}
    assert erase_types == ERASE
    assert read(pointer + 36, 4) == b"\xff" * 4


# Status registers and protection


def test_factory_status_protects_nothing_and_enables_quad_mode(flash: Flash) -> None:
    assert [status(flash, register) for register in range(3)] == [0x00, 0x02, 0x60]
    assert flash.status == 0x600200


def test_one_byte_of_status_leaves_the_second_register_alone(flash: Flash) -> None:
    write(flash, WRITE_STATUS[0], None, b"\x04")
    assert (status(flash, 0), status(flash, 1)) == (0x04, 0x02)
    write(flash, WRITE_STATUS[0], None, b"\x08\x42")
    assert (status(flash, 0), status(flash, 1)) == (0x08, 0x42)


def test_busy_and_latch_cannot_be_written(flash: Flash) -> None:
    write(flash, WRITE_STATUS[0], None, b"\xff")
    assert status(flash) == 0xFC


def test_volatile_status_bits_end_with_the_power(flash: Flash) -> None:
    flash.transfer(0x50, None)
    flash.transfer(WRITE_STATUS[0], None, b"\x1c")
    assert status(flash) == 0x1C
    flash.power_cycle()
    assert status(flash) == 0
    write(flash, WRITE_STATUS[0], None, b"\x1c")
    flash.power_cycle()
    assert status(flash) == 0x1C


def test_volatile_write_enable_holds_for_the_next_command_only(flash: Flash) -> None:
    flash.transfer(0x50, None)
    status(flash)
    flash.transfer(WRITE_STATUS[0], None, b"\x1c")
    assert status(flash) == 0


def test_status_lock_down_holds_until_power_off(flash: Flash) -> None:
    write(flash, WRITE_STATUS[1], None, b"\x03")
    write(flash, WRITE_STATUS[0], None, b"\x1c")
    assert status(flash) & 0x1C == 0
    flash.power_cycle()
    write(flash, WRITE_STATUS[0], None, b"\x1c")
    assert status(flash) & 0x1C == 0x1C


def test_erase_instructions_refuse_units_that_are_partly_protected(flash: Flash) -> None:
    flash.program(0, bytes(64 * KIB))
    write(flash, WRITE_STATUS[0], None, b"\x64")  # the first sector
    write(flash, ERASE[64 * KIB], 0)
    write(flash, ERASE_CHIP)
    assert flash.read(0, 64 * KIB) == bytes(64 * KIB)
    flash.erase(0, 64 * KIB)
    assert flash.read(0, 64 * KIB) == bytes(4 * KIB) + b"\xff" * 60 * KIB


def test_program_leaves_protected_cells_alone(flash: Flash) -> None:
    write(flash, WRITE_STATUS[0], None, b"\x64")
    flash.program(SECTOR_SIZE - 2, b"\1\2\3\4")
    assert flash.read(SECTOR_SIZE - 2, 4) == b"\xff\xff\3\4"


# Deep power-down and software reset


def test_power_down_ignores_everything_but_release(flash: Flash) -> None:
    flash.program(0, b"\x12")
    flash.transfer(POWER_DOWN, None)
    for command in set(range(256)) - {RELEASE}:
        assert flash.transfer(command, 0, b"\0", 4) == b"\xff" * 4
    flash.program(0, b"\0")
    flash.erase(0, 1)
    assert flash.is_powered_down
    flash.transfer(RELEASE, None)
    assert flash.transfer(READ, 0, b"", 1) == b"\x12"


def test_software_reset_needs_its_enable_right_before(flash: Flash) -> None:
    flash.transfer(WRITE_ENABLE, None)
    flash.transfer(0x99, None)
    assert status(flash) == 0x02
    flash.transfer(0x66, None)
    flash.transfer(0x99, None)
    assert status(flash) == 0


class Model(RuleBasedStateMachine):
    """The chip against a plain bytearray that knows nothing but AND and fill."""

    def __init__(self) -> None:
        super().__init__()
        self.flash = Flash(256 * KIB)
        self.cells = bytearray(b"\xff" * self.flash.size)
        self.changed = bytearray(self.cells)
        self.flash.on_change.append(self.mirror)

    def mirror(self, offset: int, length: int) -> None:
        self.changed[offset : offset + length] = self.flash.read(offset, length)

    @rule(offset=st.integers(0, 300 * KIB), data=st.binary(max_size=700))
    def program(self, offset: int, data: bytes) -> None:
        self.flash.program(offset, data)
        for position, value in enumerate(data, offset):
            self.cells[position % len(self.cells)] &= value

    @rule(address=st.integers(0, 2**24 - 1), data=st.binary(min_size=1, max_size=256))
    def page_program(self, address: int, data: bytes) -> None:
        write(self.flash, PAGE_PROGRAM, address, data)
        page = address // PAGE_SIZE * PAGE_SIZE
        for position, value in enumerate(data, address):
            self.cells[(page + position % PAGE_SIZE) % len(self.cells)] &= value

    @rule(unit=st.sampled_from(list(ERASE)), address=st.integers(0, 2**24 - 1))
    def erase(self, unit: int, address: int) -> None:
        write(self.flash, ERASE[unit], address)
        start = address % len(self.cells) // unit * unit
        self.cells[start : start + unit] = b"\xff" * unit

    @invariant()
    def same_contents(self) -> None:
        assert self.flash.read(0, self.flash.size) == self.cells == self.changed


Model.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestAgainstModel = Model.TestCase
