"""Programs that the reference emulator ran, state by state; ours must reproduce each step (see traces/README.md)."""

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from emulator.cpu.core import Stop
from emulator.cpu.disasm import disassemble

DATA = 0x3FFE8000
TRACES = sorted((Path(__file__).parent / "traces").glob("*.json.gz"))
COMPARED = ("SAR", "PS", "EPC1", "EXCCAUSE", "EXCVADDR", "DEPC", "EXCSAVE1", "EPC3")


def load(machine: Any, path: Path) -> tuple[list[list[int]], str]:
    """Set a machine up as the trace begins; gives its steps and the digest of data RAM after them."""
    trace = json.loads(gzip.decompress(path.read_bytes()))
    core = machine.core
    core.write(trace["start"], base64.b64decode(trace["code"]))
    core.write(DATA, base64.b64decode(trace["data"]))
    for name, value in trace["state"].items():
        if name.startswith("a"):
            core.set_a(int(name[1:]), value)
        else:
            core.set_special(name, value)
    core.pc = trace["start"]
    return trace["steps"], trace["data_after"]


def data_digest(machine: Any, path: Path) -> str:
    size = len(base64.b64decode(json.loads(gzip.decompress(path.read_bytes()))["data"]))
    return hashlib.sha256(machine.core.read(DATA, size)).hexdigest()


def state(machine: Any) -> list[int]:
    return [*machine.registers_now(), *(machine.core.special(name) for name in COMPARED)]


def test_there_are_traces() -> None:
    assert len(TRACES) >= 8


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name.partition(".")[0])
def test_every_step_is_reproduced(single: Any, path: Path) -> None:
    core = single.core
    steps, digest = load(single, path)
    expected, pc = state(single), core.pc
    for number, (distance, *changes) in enumerate(steps):
        line = disassemble(core.read(pc, 3), pc)
        single.step()
        for index, value in zip(changes[::2], changes[1::2], strict=True):
            expected[index] = value
        assert core.pc == pc + distance, f"step {number}, {line} at {pc:#x}"
        assert state(single) == expected, f"step {number}, {line} at {pc:#x}"
        pc += distance
    assert data_digest(single, path) == digest


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name.partition(".")[0])
def test_the_end_is_reached_at_full_speed(machine: Any, path: Path) -> None:
    steps, digest = load(machine, path)
    last = {index: value for _, *changes in steps for index, value in zip(changes[::2], changes[1::2], strict=True)}
    assert machine.run() is Stop.BREAKPOINT
    assert {index: state(machine)[index] for index in last} == last
    assert data_digest(machine, path) == digest
