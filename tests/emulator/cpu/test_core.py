"""The core from outside: stops and their reasons, time, breakpoints, changing code, memory and hooks."""

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.cpu import memory
from emulator.cpu.accesses import HOOK_HOST, HOOK_PLAIN
from emulator.cpu.core import AddressError, Core, Host, Stop
from emulator.cpu.emit import Parts
from emulator.cpu.inside import a, inside
from emulator.cpu.isa import INSTRUCTIONS
from emulator.cpu.runtime import spend

CODE, DATA = 0x40100000, 0x3FFE8000


def test_a_budget_ends_a_run_and_the_next_goes_on(machine: Any) -> None:
    core = machine.core
    machine.load("again: addi.n a2, a2, 1\n j again")
    before = core.cycles
    assert machine.run(1000) is Stop.BUDGET
    assert 1000 <= core.cycles - before <= 1002
    assert machine.run(1000) is Stop.BUDGET
    assert core.a(2) == pytest.approx(1000, abs=2)


def test_single_steps(single: Any) -> None:
    single.load("movi.n a2, 1\n movi a3, 2\n j there\n .align\n .word 0\n there: movi.n a4, 4")
    places = []
    for _ in range(4):
        places.append(single.core.pc - CODE)
        single.step()
    assert places == [0, 2, 5, 12]
    assert [single.core.a(number) for number in (2, 3, 4)] == [1, 2, 4]


def test_break_stops_on_itself(machine: Any) -> None:
    machine.load("nop\n here: break 1, 2")
    assert machine.run() is Stop.BREAKPOINT
    assert machine.core.pc == machine.symbols["here"]
    assert machine.run() is Stop.BREAKPOINT


def test_breakpoint_stops_before_until_it_is_cleared(machine: Any) -> None:
    core = machine.core
    machine.load("top: addi.n a2, a2, 1\n here: addi.n a3, a3, 1\n j top")
    machine.run(100)
    core.set_a(3, 0)
    core.set_breakpoint(machine.symbols["here"])
    assert machine.run() is Stop.BREAKPOINT
    assert core.pc == machine.symbols["here"]
    assert core.a(3) == 0
    core.clear_breakpoint(machine.symbols["here"])
    assert machine.run(100) is Stop.BUDGET
    assert core.a(3) > 0


def test_simcall_asks_the_host_and_goes_on(machine: Any) -> None:
    machine.on_call = lambda: machine.core.set_a(2, machine.core.a(2) + 1)
    machine.load("simcall\n simcall\n break 0, 0")
    assert machine.run() is Stop.BREAKPOINT
    assert machine.core.a(2) == 2
    assert machine.calls == [CODE, CODE + 3], "the pc is the calling instruction's"


def test_the_host_can_stop_the_run_behind_its_call(machine: Any) -> None:
    machine.on_call = machine.core.request_stop
    machine.load("simcall\n movi.n a2, 7\n break 0, 0")
    assert machine.run() is Stop.HOST
    machine.on_call = lambda: None
    assert machine.run() is Stop.BREAKPOINT
    assert machine.core.a(2) == 7


def test_the_host_can_jump(machine: Any) -> None:
    machine.on_call = lambda: machine.core.jump(machine.symbols["there"])
    machine.load("simcall\n movi.n a2, 1\n break 0, 0\n there: movi.n a3, 1\n break 0, 0")
    assert machine.run() is Stop.BREAKPOINT
    assert (machine.core.a(2), machine.core.a(3)) == (0, 1)


def test_an_error_in_the_host_comes_out_of_run(machine: Any) -> None:
    def fail() -> None:
        raise ZeroDivisionError("from the host")

    machine.on_call = fail
    machine.load("simcall\n nop\n break 0, 0")
    with pytest.raises(ZeroDivisionError, match="from the host"):
        machine.run()
    machine.on_call = lambda: None
    assert machine.run() is Stop.BREAKPOINT


def test_skip_is_seen_as_time(machine: Any) -> None:
    core = machine.core
    machine.load("rsr a2, CCOUNT\n simcall\n rsr a3, CCOUNT\n break 0, 0")
    machine.on_call = lambda: core.skip(80_000)
    before = core.cycles
    machine.run()
    assert core.a(3) - core.a(2) == 80_002
    assert core.cycles - before >= 80_000


def test_cycles_never_wrap(machine: Any) -> None:
    core = machine.core
    before = core.cycles
    for _ in range(6):
        core.skip(0x40000000)
    assert core.cycles - before == 6 * 0x40000000


def test_a_program_may_change_its_code_in_instruction_ram(machine: Any) -> None:
    machine.load(
        """
        j start
        .literal other, 0xf03d520c
        .literal place, patch
start:  movi.n a4, 2
        l32r a3, other
        l32r a6, place
        .align
patch:  movi.n a2, 1
        nop.n
        add.n a5, a5, a2
        addi.n a4, a4, -1
        beqz a4, done
        s32i.n a3, a6, 0
        j patch
done:   break 0, 0
        """
    )
    assert machine.run() is Stop.BREAKPOINT
    assert machine.core.a(5) == 1 + 5


def test_code_that_the_host_writes_is_decoded_anew(machine: Any) -> None:
    machine.load("movi.n a2, 1\n break 0, 0")
    machine.run()
    machine.load("movi.n a2, 5\n break 0, 0")
    machine.run()
    assert machine.core.a(2) == 5


def test_reset_registers(machine: Any) -> None:
    core = machine.core
    core.set_special("EPC1", 5)
    core.set_a(7, 7)
    core.cpu.latch = 0x80
    core.reset_registers()
    assert machine.registers_now() == [0] * 16
    assert core.special("PS") == 0x1F
    assert core.special("VECBASE") == 0x40000000
    assert core.special("EPC1") == core.special("INTERRUPT") == 0


def test_memory_from_outside(machine: Any) -> None:
    core = machine.core
    core.write(DATA, b"hello\0world")
    assert core.read(DATA + 6, 5) == b"world"
    assert core.read_string(DATA) == b"hello"
    assert core.read_string(DATA, limit=3) == b"hel"
    core.write32(DATA, 0x11223344)
    assert core.read32(DATA) == core.load(DATA) == 0x11223344
    core.store(DATA, 0x80000000)
    assert core.load(DATA) == 0x80000000


@pytest.mark.parametrize(("address", "length"), [(0x3FFDFFFF, 1), (0x402FFFFF, 2), (0, 4), (0x60000000, 4)])
def test_addresses_that_are_no_memory(machine: Any, address: int, length: int) -> None:
    with pytest.raises(AddressError, match=f"{address:#010x}"):
        machine.core.read(address, length)
    with pytest.raises(AddressError, match=f"{address:#010x}"):
        machine.core.write(address, bytes(length))


def test_register_hooks(machine: Any) -> None:
    core, address = machine.core, 0x60000600
    machine.registers[address] = 0x55
    machine.load("l32i a3, a2, 0\n s32i a4, a2, 0\n l32i a5, a2, 0\n break 0, 0")
    for hook, expected in ((HOOK_HOST, 0x55), (HOOK_PLAIN, 0xBEEF)):
        core.set_hooks(address, read=hook, write=hook)
        core.set_register_word(address, 0)
        core.set_a(2, address)
        core.set_a(4, 0xBEEF)
        core.pc = CODE
        machine.run()
        assert core.a(5) == expected
    core.set_hooks(address, read=HOOK_HOST, write=HOOK_HOST)
    assert machine.accesses == [("read", address, 0x55), ("write", address, 0xBEEF), ("read", address, 0x55)]
    assert core.register_word(address) == 0xBEEF
    with pytest.raises(AddressError, match="0x70000000 is no peripheral register"):
        core.register_word(0x70000000)


@inside
def read_twice(address: int) -> int:
    return address * 2


@inside
def double() -> None:
    a[2] = a[2] * 2
    spend(100)


def test_hooks_and_intrinsics_inside_the_module() -> None:
    core = Core(
        Parts(reads=[read_twice], intrinsics=[double]), Host(lambda _: 0, lambda *_: None, lambda: core.request_stop())
    )
    core.reset_registers()
    core.set_hooks(0x3FF20C00, read=2)
    assert core.load(0x3FF20C00) == 0x7FE41800
    core.write(memory.ROM + 0x100, bytes.fromhex("00 51 00 00 51 00"))  # simcall, twice
    core.set_intrinsic(memory.ROM + 0x100, 1)
    core.set_a(2, 21)
    core.pc = memory.ROM + 0x100
    before = core.cycles
    assert core.run(1000) is Stop.HOST
    assert core.a(2) == 42
    assert core.cycles - before == 102


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(min_size=3, max_size=3),
            st.tuples(st.sampled_from(INSTRUCTIONS), st.integers(0, 0xFFFFFF)).map(
                lambda drawn: (drawn[0].match | drawn[1] & ~drawn[0].mask & (1 << 8 * drawn[0].length) - 1).to_bytes(
                    drawn[0].length, "little"
                )
            ),
        ),
        min_size=1,
        max_size=60,
    ).map(b"".join),
    st.binary(min_size=64, max_size=64),
)
def test_no_program_harms_the_host(stepper: Any, code: bytes, registers: bytes) -> None:
    stepper.reset()
    core = stepper.core
    core.write(CODE, code)
    for number in range(16):
        core.set_a(number, int.from_bytes(registers[4 * number : 4 * number + 4], "little"))
    before = core.cycles
    for _ in range(4):
        assert core.run(500) in (Stop.BUDGET, Stop.IDLE, Stop.BREAKPOINT)
    assert core.cycles - before <= 4 * 502


def test_other_threads_are_told_the_time_and_do_not_count_it(machine: Any) -> None:
    """In the middle of a run there is no saying how late it is; whoever counts then counts twice, or 2**32 too much."""
    core, told = machine.core, list[int]()
    machine.load("nop\n simcall\n nop")
    reader = threading.Thread(target=lambda: told.append(core.cycles))
    machine.on_call = lambda: (reader.start(), reader.join())
    core.belong_to_this_thread()
    try:
        before = core.cycles
        machine.run(1000)
        assert told == [before]
        assert before < core.cycles <= before + 1002
    finally:
        core.belong_to_nobody()
