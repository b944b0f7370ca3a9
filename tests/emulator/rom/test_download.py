"""The download protocol: frame by frame, against hostile bytes, and driven by the real esptool."""

import functools
import hashlib
import struct

import pytest
from esptool.targets.esp8266 import ESP8266ROM
from esptool.util import FatalError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from emulator.flash import SECTOR_SIZE, Flash
from emulator.rom import slip
from emulator.rom.download import Downloader, rom_erase_size
from emulator.soc.spi_flash import SpiFlash
from emulator.trace import Trace

FLASH_BEGIN, FLASH_DATA, FLASH_END = 0x02, 0x03, 0x04
MEM_BEGIN, MEM_END, MEM_DATA = 0x05, 0x06, 0x07
SYNC, WRITE_REG, READ_REG = 0x08, 0x09, 0x0A

INVALID_MESSAGE, FAILED, BAD_CHECKSUM, FLASH_WRITE = b"\1\5", b"\1\6", b"\1\7", b"\1\x08"
OK = b"\0\0"

SYNC_DATA = b"\x07\x07\x12\x20" + 32 * b"\x55"
SYNC_VALUE = 0x20120707
RAM = 0x40100000


class Bus:
    """Memory without end, and the SPI controller where it belongs."""

    def __init__(self, flash: Flash) -> None:
        self.spi = SpiFlash(flash)
        self.bytes: dict[int, int] = {}

    def read32(self, address: int, /) -> int:
        if 0 <= address - SpiFlash.BASE < SpiFlash.SIZE:
            return self.spi.read(address - SpiFlash.BASE)
        return int.from_bytes((self.bytes.get(address + byte, 0) for byte in range(4)), "little")

    def write32(self, address: int, value: int, /) -> None:
        if 0 <= address - SpiFlash.BASE < SpiFlash.SIZE:
            self.spi.write(address - SpiFlash.BASE, value)
        else:
            self.write(address, value.to_bytes(4, "little"))

    def write(self, address: int, data: bytes, /) -> None:
        self.bytes.update(enumerate(data, address))

    def memory(self, address: int, length: int) -> bytes:
        return bytes(self.bytes.get(address + offset, 0) for offset in range(length))


class Chip:
    """A Downloader with what it needs, and the frames that it sent."""

    def __init__(self, flash_size: int = 1 << 20) -> None:
        self.flash = Flash(flash_size)
        self.bus = Bus(self.flash)
        self.trace = Trace()
        self.sent = bytearray()
        self.syncs = 0
        self.downloader = Downloader(self.bus, self.flash, self.sent.extend, self.trace, self.sync)

    def sync(self) -> None:
        assert not self.sent, "the baud rate must be known before the first answer"
        self.syncs += 1

    def answers(self) -> list[bytes]:
        decoder = slip.Decoder(limit=1 << 16)
        decoder.push(bytes(self.sent))
        self.sent.clear()
        return list(iter(decoder.next, None))

    def command(self, code: int, data: bytes = b"", checksum: int = 0) -> tuple[int, bytes]:
        """Send one command; its answer's value and status."""
        self.downloader.receive(request(code, data, checksum))
        (answer,) = self.answers()
        direction, answered, size, value = struct.unpack_from("<BBHI", answer)
        assert (direction, answered, size) == (1, code, 2)
        assert len(answer) == 10
        return value, answer[8:]

    def status(self, code: int, data: bytes = b"", checksum: int = 0) -> bytes:
        return self.command(code, data, checksum)[1]


def request(code: int, data: bytes = b"", checksum: int = 0) -> bytes:
    return slip.encode(struct.pack("<BBHI", 0, code, len(data), checksum) + data)


def words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def packet(sequence: int, payload: bytes) -> tuple[bytes, int]:
    checksum = functools.reduce(lambda state, byte: state ^ byte, payload, 0xEF)
    return words(len(payload), sequence, 0, 0) + payload, checksum


@pytest.fixture
def chip() -> Chip:
    return Chip()


# SYNC and registers


def test_sync_is_answered_eight_times_with_its_own_first_word(chip: Chip) -> None:
    chip.downloader.receive(request(SYNC, SYNC_DATA))
    assert chip.answers() == [bytes.fromhex("01080200070712200000")] * 8


def test_the_first_sync_settles_the_baud_rate(chip: Chip) -> None:
    for _ in range(3):
        chip.downloader.receive(request(SYNC, SYNC_DATA))
        assert len(chip.answers()) == 8
    assert chip.syncs == 1


@pytest.mark.parametrize("data", [b"", b"\x07\x07\x12\x20", SYNC_DATA + b"\x55", bytes(36)])
def test_something_else_than_a_sync_frame_is_refused_once(chip: Chip, data: bytes) -> None:
    assert chip.status(SYNC, data) == INVALID_MESSAGE
    assert chip.syncs == 0


def test_registers_are_read_and_written(chip: Chip) -> None:
    assert chip.status(WRITE_REG, words(0x60000014, 0x12345678, 0xFFFFFFFF, 0)) == OK
    assert chip.command(READ_REG, words(0x60000014)) == (0x12345678, OK)


def test_a_mask_writes_some_bits(chip: Chip) -> None:
    chip.command(WRITE_REG, words(RAM, 0x12345678, 0xFFFFFFFF, 0))
    chip.command(WRITE_REG, words(RAM, 0xFFFF_FFFF, 0x0000_FF00, 10))
    assert chip.command(READ_REG, words(RAM)) == (0x1234FF78, OK)


def test_several_writes_in_one_command(chip: Chip) -> None:
    assert chip.status(WRITE_REG, words(RAM, 1, 0xFFFFFFFF, 0, RAM + 4, 2, 0xFFFFFFFF, 0)) == OK
    assert chip.bus.memory(RAM, 8) == words(1, 2)


def test_other_answers_repeat_the_last_value(chip: Chip) -> None:
    """Trace in esp8266/Arduino issue 5635: MEM_BEGIN after a READ_REG."""
    chip.command(WRITE_REG, words(0x3FF0005C, 0x00600194, 0xFFFFFFFF, 0))
    chip.command(READ_REG, words(0x3FF0005C))
    chip.downloader.receive(request(MEM_BEGIN, words(0x1F6C, 2, 0x1800, 0x4010E000)))
    assert chip.answers() == [bytes.fromhex("01050200940160000000")]


def test_an_unaligned_address_is_refused(chip: Chip) -> None:
    assert chip.status(READ_REG, words(RAM + 2)) == FAILED
    assert chip.status(WRITE_REG, words(RAM + 1, 0, 0xFFFFFFFF, 0)) == FAILED


# RAM


def upload(chip: Chip, address: int, data: bytes, size: int) -> None:
    blocks = [data[start : start + size] for start in range(0, len(data), size)]
    assert chip.status(MEM_BEGIN, words(len(data), len(blocks), size, address)) == OK
    for sequence, block in enumerate(blocks):
        assert chip.status(MEM_DATA, *packet(sequence, block)) == OK


def test_a_program_is_uploaded_and_run_after_the_answer(chip: Chip) -> None:
    program = bytes(range(256)) * 5
    upload(chip, 0x4010E000, program, 0x200)
    assert chip.bus.memory(0x4010E000, len(program)) == program
    entry_point = chip.downloader.receive(request(MEM_END, words(0, 0x4010E004)) + b"for the \xc0 program")
    assert entry_point == 0x4010E004
    assert chip.downloader.has_ended
    assert chip.downloader.unread == b"for the \xc0 program"
    assert [answer[1::7] for answer in chip.answers()] == [bytes([MEM_END, 0])]
    assert chip.downloader.receive(request(SYNC, SYNC_DATA)) is None
    assert chip.answers() == []


@pytest.mark.parametrize("data", [words(1, RAM), words(1, 0), words(0, 0)])
def test_a_program_may_be_uploaded_and_not_run(chip: Chip, data: bytes) -> None:
    upload(chip, RAM, b"data", 4)
    assert chip.status(MEM_END, data) == OK
    assert not chip.downloader.has_ended


def test_a_reset_begins_a_new_stay_in_download_mode(chip: Chip) -> None:
    for stay in (1, 2):
        chip.downloader.receive(request(SYNC, SYNC_DATA))
        assert len(chip.answers()) == 8
        assert chip.syncs == stay
        upload(chip, RAM, b"data", 4)
        chip.downloader.receive(request(MEM_END, words(0, RAM)) + b"rest")
        assert chip.downloader.unread == b"rest"
        chip.answers()
        chip.downloader.reset()
        assert not chip.downloader.has_ended
        assert chip.downloader.unread == b""


def test_a_packet_sent_again_goes_to_the_same_place(chip: Chip) -> None:
    chip.command(MEM_BEGIN, words(8, 2, 4, RAM))
    for sequence, block in ((0, b"1st "), (0, b"1st "), (1, b"2nd!")):
        assert chip.status(MEM_DATA, *packet(sequence, block)) == OK
    assert chip.bus.memory(RAM, 8) == b"1st 2nd!"


def test_addresses_wrap_at_32_bits(chip: Chip) -> None:
    upload(chip, 0xFFFFFFFC, b"8 bytes!", 4)
    assert chip.bus.memory(0xFFFFFFFC, 4) == b"8 by"
    assert chip.bus.memory(0, 4) == b"tes!"


# Flash


def test_flash_is_erased_and_written(chip: Chip) -> None:
    chip.flash.program(0, bytes(0x8000))
    assert chip.status(FLASH_BEGIN, words(SECTOR_SIZE, 2, 0x400, 0x1000)) == OK
    assert chip.flash.read(0, 0x4000) == bytes(0x1000) + b"\xff" * 0x2000 + bytes(0x1000)
    for sequence in range(2):
        assert chip.status(FLASH_DATA, *packet(sequence, bytes([sequence]) * 0x400)) == OK
    assert chip.flash.read(0x1000, 0x801) == bytes(0x400) + b"\1" * 0x400 + b"\xff"


def test_what_does_not_read_back_is_a_write_error(chip: Chip) -> None:
    chip.flash.program(0, b"\x0f")
    chip.command(FLASH_BEGIN, words(0, 1, 4, 0))
    assert chip.status(FLASH_DATA, *packet(0, b"\xf0\xff\xff\xff")) == FLASH_WRITE


@pytest.mark.parametrize(("stay", "flag"), [(0, "reboot"), (1, "run_flash")])
def test_flash_end_leaves_download_mode(chip: Chip, stay: int, flag: str) -> None:
    chip.command(FLASH_BEGIN, words(0, 0, 0x400, 0))
    assert chip.downloader.receive(request(FLASH_END, words(stay)) + b"rest") is None
    assert chip.answers() == [bytes.fromhex("01040200000000000000")]
    assert {name for name in ("reboot", "run_flash") if getattr(chip.downloader, name)} == {flag}
    assert chip.downloader.has_ended
    assert chip.downloader.unread == b"rest"


def test_flash_begin_wakes_the_flash(chip: Chip) -> None:
    """esptool counts on it: "ROM has no flash_spi_attach command, but flash_begin will do it" (targets/esp8266.py)."""
    chip.flash.transfer(0xB9, None)
    assert chip.status(FLASH_BEGIN, words(0, 0, 0x400, 0)) == OK
    assert not chip.flash.is_powered_down


def test_flash_begin_at_the_end_of_the_flash_erases_no_further(chip: Chip) -> None:
    chip.flash.program(0, b"kept")
    assert chip.status(FLASH_BEGIN, words(SECTOR_SIZE, 1, 0x400, chip.flash.size - SECTOR_SIZE)) == OK
    assert chip.flash.read(0, 4) == b"kept"


@given(st.integers(0, 255), st.integers(0, 600_000))
def test_the_erase_bug_is_the_one_that_esptool_works_around(sector: int, size: int) -> None:
    offset = sector * SECTOR_SIZE
    asked = ESP8266ROM.get_erase_size(ESP8266ROM, offset, size)
    wanted = -(-size // SECTOR_SIZE) * SECTOR_SIZE
    assert wanted <= rom_erase_size(offset, asked) <= wanted + SECTOR_SIZE


# What is refused


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (0x00, b""),
        (0x0B, bytes(24)),  # SPI_SET_PARAMS
        (0x14, b""),  # GET_SECURITY_INFO
        (0xD0, b""),  # ERASE_FLASH of the stub
        (0xFF, bytes(100)),
        (FLASH_BEGIN, words(0, 0, 0, 0, 0)),
        (FLASH_BEGIN, words(0, 0, 0)),
        (FLASH_END, b""),
        (MEM_BEGIN, bytes(15)),
        (MEM_END, words(0)),
        (READ_REG, words(RAM, RAM)),
        (WRITE_REG, b""),
        (WRITE_REG, words(RAM, 1, 2, 3, 4)),
        (MEM_DATA, bytes(15)),
        (FLASH_DATA, words(5, 0, 0, 0) + b"four"),
    ],
)
def test_unknown_commands_and_wrong_sizes_are_invalid_messages(chip: Chip, code: int, data: bytes) -> None:
    assert chip.status(code, data) == INVALID_MESSAGE


def test_a_frame_whose_size_field_lies_is_an_invalid_message(chip: Chip) -> None:
    chip.downloader.receive(slip.encode(struct.pack("<BBHI", 0, READ_REG, 8, 0) + words(RAM)))
    (answer,) = chip.answers()
    assert answer[8:] == INVALID_MESSAGE


@pytest.mark.parametrize("code", [MEM_DATA, FLASH_DATA])
def test_a_wrong_checksum_is_told_and_writes_nothing(chip: Chip, code: int) -> None:
    begin = {MEM_DATA: MEM_BEGIN, FLASH_DATA: FLASH_BEGIN}[code]
    chip.command(begin, words(0, 1, 4, 0))
    before = dict(chip.bus.bytes)
    data, checksum = packet(0, b"data")
    assert chip.status(code, data, checksum ^ 1) == BAD_CHECKSUM
    assert chip.flash.read(0, 4) == b"\xff" * 4
    assert chip.bus.bytes == before


@pytest.mark.parametrize("code", [MEM_DATA, FLASH_DATA])
def test_packets_that_were_not_announced_fail(chip: Chip, code: int) -> None:
    begin = {MEM_DATA: MEM_BEGIN, FLASH_DATA: FLASH_BEGIN}[code]
    assert chip.status(code, *packet(0, b"data")) == FAILED
    chip.command(begin, words(0, 2, 4, 0))
    assert chip.status(code, *packet(2, b"data")) == FAILED
    assert chip.status(code, *packet(0, b"too long")) == FAILED


@pytest.mark.parametrize(("code", "data"), [(FLASH_END, words(0)), (MEM_END, words(0, RAM))])
def test_an_end_without_a_begin_fails(chip: Chip, code: int, data: bytes) -> None:
    assert chip.status(code, data) == FAILED
    assert not chip.downloader.has_ended


def test_flash_beyond_the_chip_fails(chip: Chip) -> None:
    assert chip.status(FLASH_BEGIN, words(0, 1, 4, chip.flash.size)) == FAILED
    chip.command(FLASH_BEGIN, words(0, 2, 4, chip.flash.size - 4))
    assert chip.status(FLASH_DATA, *packet(1, b"data")) == FLASH_WRITE


@pytest.mark.parametrize("frame", [b"\0", b"\0\x08\0\0\0\0\0", b"\1\x0a\4\0\0\0\0\0\0\0\0\0", b"OHAI"])
def test_what_is_no_request_is_ignored(chip: Chip, frame: bytes) -> None:
    chip.downloader.receive(slip.encode(frame))
    assert chip.answers() == []


def test_every_command_is_traced_with_arguments_and_result(chip: Chip) -> None:
    chip.downloader.receive(request(SYNC, SYNC_DATA))
    chip.answers()
    chip.command(WRITE_REG, words(RAM, 7, 0xFFFFFFFF, 0))
    chip.command(READ_REG, words(RAM))
    chip.command(FLASH_BEGIN, words(0x1000, 4, 0x400, 0x2000))
    chip.command(FLASH_DATA, packet(0, b"data")[0], 0)
    chip.command(0x14)
    assert [dict(event.data) for event in chip.trace.named("download")] == [
        {"command": "SYNC", "magic": SYNC_VALUE, "value": SYNC_VALUE, "result": "OK"},
        {"command": "WRITE_REG", "address": RAM, "value": 7, "mask": 0xFFFFFFFF, "delay_us": 0, "result": "OK"},
        {"command": "READ_REG", "address": RAM, "value": 7, "result": "OK"},
        {"command": "FLASH_BEGIN", "erase_size": 0x1000, "packet_count": 4, "packet_size": 0x400, "offset": 0x2000}
        | {"result": "OK"},
        {"command": "FLASH_DATA", "length": 4, "sequence": 0, "unused_1": 0, "unused_2": 0, "result": "BAD_CHECKSUM"},
        {"command": "0x14", "result": "INVALID_MESSAGE"},
    ]


# Hostile bytes

codes = st.sampled_from(range(0x0B)) | st.integers(0, 255)
numbers = st.sampled_from([0, 1, 4, 0x400, 0x1000, 0xFFFFF, 0x100000, RAM, SpiFlash.BASE, 0xFFFFFFFC, 0xFFFFFFFF])
bodies = st.lists(numbers, max_size=9).map(lambda values: words(*values)) | st.binary(max_size=80)
frames = st.builds(request, codes, bodies, st.integers(0, 0xFFFFFFFF))
streams = st.lists(frames | st.binary(max_size=40) | st.sampled_from([b"\xc0", b"\xdb"]), max_size=12).map(b"".join)


@given(streams, st.lists(st.integers(0, 30), max_size=20))
@settings(max_examples=150, deadline=None)
def test_hostile_bytes_are_answered_or_ignored_however_cut(stream: bytes, sizes: list[int]) -> None:
    whole, pieces = Chip(256 << 10), Chip(256 << 10)
    entry_point = whole.downloader.receive(stream)
    found = None
    rest = stream
    for size in [*sizes, len(stream)]:
        found = pieces.downloader.receive(rest[:size]) or found
        rest = rest[size:]
        if pieces.downloader.has_ended:
            break
    assert found == entry_point
    assert pieces.downloader.unread + rest == whole.downloader.unread
    assert pieces.sent == whole.sent
    for answer in whole.answers():
        assert len(answer) == 10
        assert answer[0] == 1
        assert answer[8:] in (OK, INVALID_MESSAGE, FAILED, BAD_CHECKSUM, FLASH_WRITE)


class Session(RuleBasedStateMachine):
    """Well-formed commands in any order and noise between them, against a model of what may happen."""

    def __init__(self) -> None:
        super().__init__()
        self.chip = Chip(256 << 10)
        self.open: dict[int, tuple[int, int, int] | None] = {MEM_DATA: None, FLASH_DATA: None}

    @rule(junk=st.binary(max_size=50).map(lambda data: data.replace(b"\xc0", b"")))
    def noise(self, junk: bytes) -> None:
        self.chip.downloader.receive(b"\xc0\xdb" + junk + b"\xdb\xc0")
        assert self.chip.answers() == []

    @rule()
    def sync(self) -> None:
        self.chip.downloader.receive(request(SYNC, SYNC_DATA))
        assert len(self.chip.answers()) == 8

    @rule(kind=st.sampled_from([MEM_DATA, FLASH_DATA]), count=st.integers(0, 4), page=st.integers(0, 1200))
    def begin(self, kind: int, count: int, page: int) -> None:
        code = MEM_BEGIN if kind == MEM_DATA else FLASH_BEGIN
        size, offset = 64, page * 256
        fits = kind == MEM_DATA or offset < self.chip.flash.size
        assert self.chip.status(code, words(count * size, count, size, offset)) == (OK if fits else FAILED)
        if fits:
            self.open[kind] = (count, size, offset)

    @rule(kind=st.sampled_from([MEM_DATA, FLASH_DATA]), sequence=st.integers(0, 5), payload=st.binary(max_size=80))
    def data(self, kind: int, sequence: int, payload: bytes) -> None:
        opened = self.open[kind]
        status = self.chip.status(kind, *packet(sequence, payload))
        if opened is None or sequence >= opened[0] or len(payload) > opened[1]:
            assert status == FAILED
        elif kind == MEM_DATA:
            assert status == OK
            assert self.chip.bus.memory(opened[2] + sequence * opened[1], len(payload)) == payload
        else:
            written = self.chip.flash.read(opened[2] + sequence * opened[1], len(payload))
            assert status == (FLASH_WRITE if checksum_of(written) != checksum_of(payload) else OK)

    @rule()
    def stay(self) -> None:
        assert self.chip.status(MEM_END, words(1, 0)) == (OK if self.open[MEM_DATA] else FAILED)
        self.open[MEM_DATA] = None

    @invariant()
    def still_in_download_mode(self) -> None:
        assert not self.chip.downloader.has_ended


def checksum_of(data: bytes) -> int:
    return functools.reduce(lambda state, byte: state ^ byte, data, 0xEF)


Session.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestSession = Session.TestCase


# The real esptool


class Wire:
    """As much of a serial port as esptool needs, with the chip at its other end."""

    port = "fake"
    name = "fake"
    timeout: float | None = 1
    write_timeout: float | None = 1
    baudrate = 115200
    dtr = rts = False

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self.left: list[int] = []

    def write(self, data: bytes) -> int:
        entry_point = self.chip.downloader.receive(data)
        if entry_point is not None:
            self.left.append(entry_point)
        return len(data)

    def read(self, size: int = 1) -> bytes:
        data = bytes(self.chip.sent[:size])
        del self.chip.sent[:size]
        return data

    def inWaiting(self) -> int:  # noqa: N802, pyserial's name
        return len(self.chip.sent)

    def flushInput(self) -> None:  # noqa: N802
        self.chip.sent.clear()

    def flushOutput(self) -> None:  # noqa: N802
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def esptool() -> ESP8266ROM:
    chip = Chip(4 << 20)
    chip.bus.write32(0x40001000, 0xFFF0C101)
    chip.bus.write32(0x3FF00050, 0x56000000)
    chip.bus.write32(0x3FF00054, 0x02001234)
    esp = ESP8266ROM(Wire(chip))
    esp.connect("no-reset", attempts=1)
    return esp


def chip_of(esp: ESP8266ROM) -> Chip:
    wire = esp._port
    assert isinstance(wire, Wire)
    return wire.chip


def test_esptool_connects_to_a_rom_and_not_to_a_stub(esptool: ESP8266ROM) -> None:
    assert not esptool.sync_stub_detected
    assert esptool.read_mac() == (0x18, 0xFE, 0x34, 0x12, 0x34, 0x56)


def test_esptool_identifies_the_flash(esptool: ESP8266ROM) -> None:
    assert esptool.flash_id() == 0x1640EF
    assert esptool.read_spiflash_sfdp(0, 32).to_bytes(4, "little") == b"SFDP"
    pointer = esptool.read_spiflash_sfdp(12, 24)
    assert esptool.read_spiflash_sfdp(pointer + 4, 32) + 1 == 8 * (4 << 20)


def test_esptool_reads_and_writes_the_flash_status(esptool: ESP8266ROM) -> None:
    assert esptool.read_status(3) == 0x600200
    esptool.write_status(0x021C, num_bytes=2, set_non_volatile=True)
    assert esptool.read_status(2) == 0x021C
    chip_of(esptool).flash.power_cycle()
    assert esptool.read_status(1) == 0x1C
    esptool.write_status(0x00, num_bytes=1)
    assert esptool.read_status(1) == 0x00


@pytest.mark.parametrize("offset", [0, 0x3000, 0x10000, 0x3FB000])
def test_esptool_writes_to_flash_and_erases_no_more_than_a_sector_too_many(esptool: ESP8266ROM, offset: int) -> None:
    flash = chip_of(esptool).flash
    flash.program(0, bytes(flash.size))
    image = hashlib.shake_128(b"image").digest(0x4C00)
    blocks = esptool.flash_begin(len(image), offset)
    for sequence in range(blocks):
        esptool.flash_block(image[sequence * 0x400 : (sequence + 1) * 0x400], sequence)
    end = offset + 0x5000
    assert flash.read(offset, len(image)) == image
    assert flash.read(offset + len(image), 0x400) == b"\xff" * 0x400
    assert flash.read(0, offset).count(0) == offset
    assert flash.read(end + SECTOR_SIZE, flash.size - end - SECTOR_SIZE).count(0) == max(
        flash.size - end - SECTOR_SIZE, 0
    )


def test_esptool_reboots_the_chip(esptool: ESP8266ROM) -> None:
    esptool.flash_begin(0, 0)
    esptool.flash_finish(reboot=True)
    assert chip_of(esptool).downloader.reboot


def test_esptool_starts_the_program_in_the_flash(esptool: ESP8266ROM) -> None:
    esptool.run()
    assert chip_of(esptool).downloader.run_flash


def test_esptool_uploads_a_stub_sized_program_and_runs_it(esptool: ESP8266ROM) -> None:
    program = hashlib.shake_128(b"program").digest(0x1F6C)
    size = esptool.ESP_RAM_BLOCK
    blocks = -(-len(program) // size)
    esptool.mem_begin(len(program), blocks, size, 0x4010E000)
    for sequence in range(blocks):
        esptool.mem_block(program[sequence * size : (sequence + 1) * size], sequence)
    esptool.mem_finish(0x4010E004)
    assert chip_of(esptool).bus.memory(0x4010E000, len(program)) == program
    wire = esptool._port
    assert isinstance(wire, Wire)
    assert wire.left == [0x4010E004]


def test_esptool_is_told_why_a_command_fails(esptool: ESP8266ROM) -> None:
    with pytest.raises(FatalError, match="0106"):
        esptool.mem_block(b"data", 0)
    with pytest.raises(FatalError, match="0105"):
        esptool.check_command("erase flash", 0xD0)
