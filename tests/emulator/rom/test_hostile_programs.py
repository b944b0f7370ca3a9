"""Programs that make no sense: whatever they do, the chip goes on, hangs or resets, and nothing of ours breaks."""

import random
import struct
from functools import reduce
from operator import xor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import Board, trace
from emulator.cpu.asm import assemble
from emulator.cpu.memory import DPORT, DPORT_SIZE, PERIPHERALS, PERIPHERALS_SIZE
from emulator.rom.symbols import SYMBOLS
from emulator.runner import State

CODE = 0x40100000
words = st.integers(0, 0xFFFFFFFF)
quick = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@given(seed=st.integers(0, 1 << 32), code=st.binary(min_size=4, max_size=300))
@quick
def test_random_code(shared_rig: Any, seed: int, code: bytes) -> None:
    """Also with registers that point into memory, registers and the ROM."""
    shared_rig.reset()
    choice = random.Random(seed)
    bases = (0x3FFE8000, 0x3FFFC000, 0x40000000, 0x40100000, 0x40200000, 0x60000000, 0x60000200, 0x3FF00000, 0)
    for number in range(16):
        shared_rig.core.set_a(number, choice.choice(bases) + choice.randrange(0x400))
    shared_rig.core.write(CODE, code)
    shared_rig.core.pc = CODE
    for _ in range(4):
        shared_rig.run(5000)


blocks = st.sampled_from([(PERIPHERALS, 0x1400), (PERIPHERALS, PERIPHERALS_SIZE), (DPORT, 0x100), (DPORT, DPORT_SIZE)])


@pytest.mark.slow
@given(st.lists(st.tuples(blocks, st.integers(0, 1 << 20), words), min_size=20, max_size=100))
@quick
def test_random_registers(shared_rig: Any, accesses: list[tuple[tuple[int, int], int, int]]) -> None:
    shared_rig.reset()
    for (base, size), place, value in accesses:
        address = base + place % size & ~3
        shared_rig.core.store(address, value)
        assert 0 <= shared_rig.core.load(address) <= 0xFFFFFFFF
    shared_rig.load("loop: j loop")
    shared_rig.run(10_000)
    assert shared_rig.rom.chip is shared_rig.chip


def image(name: str, arguments: tuple[int, ...]) -> bytes:
    """A firmware image whose program calls a routine with these arguments, in a2 and up, for ever."""
    code = "j start\n.literal routine, " + name + "\n"
    for number, value in enumerate(arguments):
        code += f".literal value{number}, {value}\n"
    code += "start:\n"
    for number in range(len(arguments)):
        code += f"l32r a{number + 2}, value{number}\n"
    code += "l32r a0, routine\n callx0 a0\n j start\n"
    [(address, content)] = assemble(code, origin=CODE, symbols=SYMBOLS).chunks
    content += bytes(-len(content) % 4)
    head = struct.pack("<BBBBIII", 0xE9, 1, 0, 0x40, CODE, address, len(content)) + content
    return head + bytes(15 - len(head) % 16) + bytes([reduce(xor, content, 0xEF)])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("SPIRead", (0, 0, 100)),
        ("SPIWrite", (0, 0x402FFFF0, 0x100)),
        ("SPIEraseArea", (0xFFFFFFFF, 0xFFFFFFFF)),
        ("ets_printf", (0xFFFFFFFF,)),
        ("memset", (0x3FFE8000, 0, 0xFFFFFFFF)),
        ("MD5Update", (0x3FFE8000, 0, 0xFFFFFFFF)),
        ("pbkdf2_sha1", (0x3FFE8000, 0x3FFE8000, 0, 0xFFFFFFFF, 0x3FFE8000, 32)),
        ("lldesc_build_chain", (0x3FFE8000, 0xFFFFFFFF, 0, 0xFFFFFFFF, 1, 1)),
        ("ets_delay_us", (0xFFFFFFFF,)),
        ("cmd_parse", ()),
        ("software_reset", ()),
        ("uart_div_modify", (0, 0)),
    ],
)
def test_a_board_survives_its_program(tmp_path: Path, name: str, arguments: tuple[int, ...]) -> None:
    firmware = tmp_path / "hostile.bin"
    firmware.write_bytes(image(name, arguments))
    board, booted, external = Board("nodemcu", clock="max", firmware=(firmware, 0)), Event(), Event()

    def hear(happened: trace.Event) -> None:
        if happened.name == "boot":
            booted.set()
        if happened.name == "reset" and happened.data["cause"] == "external":
            external.set()

    board.events.subscribe(hear)
    with board:
        assert booted.wait(60)
        board.reset()
        assert external.wait(60)
        assert board.failure is None
        assert board.state in (State.PROGRAM, State.HUNG, State.HELD)
