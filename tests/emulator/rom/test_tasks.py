"""The ROM's tasks: priorities, queues, the idle callback, and waiting."""

from typing import Any

import pytest

from emulator.cpu.core import Stop

NOTES, QUEUE = 0x3FFEA000, 0x3FFEB000
DONE = 0x40105000
IDLE, MASK, TABLE = 0x3FFFDAB0, 0x3FFFDAB8, 0x3FFFDAC0
"""Where the chip's ROM has the idle callback, the pending tasks and the tasks."""

# A task notes (signal << 8 | parameter); a task for signal 9 posts signal 1 to the priority in its parameter. The idle
# callback notes 0xff. Handlers of interrupt 7 post to priority 1.
TASKS = """
    .literal notes, 0x3ffea000
    .literal post, _ets_post
    .literal done, 0x40105000
    .align
    task:                           # (event *)
        mov.n a12, a0
        l32i a4, a2, 0
        l32i a5, a2, 4
        slli a3, a4, 8
        or a3, a3, a5
        call0 write_note
        movi a6, 9
        bne a4, a6, task_done
        mov.n a2, a5
        movi a3, 1
        movi a4, 7
        l32r a0, post
        callx0 a0
    task_done:
        mov.n a0, a12
        ret
    .align
    last:
        l32r a2, done
        jx a2
    .align
    idle:
        mov.n a3, a2
        j write_note
    .align
    handler:
        mov.n a12, a0
        movi a2, 1
        movi a3, 2
        movi a4, 3
        l32r a0, post
        callx0 a0
        mov.n a0, a12
        ret
    .align
    write_note:
        l32r a6, notes
        l32i a7, a6, 0
        addi a7, a7, 1
        s32i a7, a6, 0
        addx4 a7, a7, a6
        s32i a3, a7, 0
        ret
"""


@pytest.fixture
def labels(rig: Any) -> dict[str, int]:
    """The tasks above, loaded; the breakpoint at DONE ends a run."""
    found: dict[str, int] = rig.load(TASKS)
    rig.core.set_breakpoint(DONE)
    return found


def notes(rig: Any) -> list[int]:
    """What was noted so far."""
    return [rig.core.read32(NOTES + 4 + 4 * index) for index in range(rig.core.read32(NOTES))]


def make_task(rig: Any, function: int, priority: int, length: int = 4) -> None:
    """A task with a queue of its own."""
    rig.call("_ets_task", function, priority, QUEUE + 256 * priority, length)


def test_the_highest_priority_first_then_in_the_order_of_posting(rig: Any, labels: dict[str, int]) -> None:
    for priority in (1, 5, 32):
        make_task(rig, labels["task"], priority)
    for priority, signal in ((1, 1), (5, 2), (5, 3), (32, 4)):
        assert rig.call("_ets_post", priority, signal, 0x42) == 0
    assert rig.enter("_ets_run") is Stop.IDLE
    assert notes(rig) == [0x442, 0x242, 0x342, 0x142]


def test_a_full_queue_refuses_and_goes_round(rig: Any, labels: dict[str, int]) -> None:
    make_task(rig, labels["task"], 2, length=2)
    assert [rig.call("_ets_post", 2, signal, 0) for signal in (1, 2, 3)] == [0, 0, 1]
    rig.enter("_ets_run")
    assert [rig.call("_ets_post", 2, signal, 0) for signal in (4, 5, 6)] == [0, 0, 1]
    rig.enter("_ets_run")
    assert notes(rig) == [0x100, 0x200, 0x400, 0x500]


@pytest.mark.parametrize("priority", [0, 33, 0x80000001, 0xFFFFFFFF])
def test_there_is_no_such_priority(rig: Any, labels: dict[str, int], priority: int) -> None:
    before = rig.core.read(TABLE - 16, 16 * 34)
    rig.call("_ets_task", labels["task"], priority, QUEUE, 4)
    assert rig.call("_ets_post", priority, 1, 2) == 1
    assert rig.core.read(TABLE - 16, 16 * 34) == before


def test_a_program_with_a_loop_of_its_own_finds_the_tasks_where_the_chip_has_them(
    rig: Any, labels: dict[str, int]
) -> None:
    """{function, queue, length, put, get, pending, mask}, and the mask of those with something pending (RIOT)."""
    for priority in (1, 32):
        make_task(rig, labels["task"], priority, length=3)
    for parameter in (0x10, 0x20):
        rig.call("_ets_post", 32, 7, parameter)
    for priority, pending in ((1, 0), (32, 2)):
        entry = TABLE + 16 * (priority - 1)
        assert rig.core.read32(entry) == labels["task"]
        assert rig.core.read32(entry + 4) == QUEUE + 256 * priority
        assert rig.core.read(entry + 8, 4) == bytes((3, pending, 0, pending))
        assert rig.core.read32(entry + 12) == 1 << priority - 1
    assert rig.core.read32(MASK) == 1 << 31
    rig.enter("_ets_run")
    assert rig.core.read(TABLE + 16 * 31 + 8, 4) == bytes((3, 2, 2, 0))
    assert rig.core.read32(MASK) == 0
    rig.call("_ets_set_idle_cb", labels["idle"], 0xFF)
    assert [rig.core.read32(IDLE + offset) for offset in (0, 4)] == [labels["idle"], 0xFF]


def test_posting_leaves_the_interrupt_level_alone(rig: Any, labels: dict[str, int]) -> None:
    make_task(rig, labels["task"], 2, length=1)
    rig.call("_xtos_set_intlevel", 1)
    for result in (0, 1):
        assert rig.call("_ets_post", 2, 0, 0) == result
        assert rig.core.special("PS") == 0x21


def test_a_task_may_post_to_a_higher_one(rig: Any, labels: dict[str, int]) -> None:
    make_task(rig, labels["task"], 1)
    make_task(rig, labels["task"], 8)
    rig.call("_ets_post", 1, 9, 8)
    rig.call("_ets_post", 1, 3, 3)
    rig.enter("_ets_run")
    assert notes(rig) == [0x908, 0x107, 0x303]


def test_the_idle_callback_runs_when_there_is_nothing_to_do(rig: Any, labels: dict[str, int]) -> None:
    make_task(rig, labels["task"], 1)
    rig.call("_ets_set_idle_cb", labels["idle"], 0xFF)
    rig.call("_ets_post", 1, 3, 3)
    assert rig.enter("_ets_run") is Stop.IDLE
    assert notes(rig) == [0x303, 0xFF]


def test_an_interrupt_wakes_the_loop(rig: Any, labels: dict[str, int]) -> None:
    make_task(rig, labels["task"], 1)
    rig.call("ets_isr_attach", 7, labels["handler"], 0)
    rig.call("ets_isr_unmask", 1 << 7)
    assert rig.enter("_ets_run") is Stop.IDLE
    assert notes(rig) == []
    rig.core.cpu.latch = 1 << 7
    assert rig.run() is Stop.IDLE
    assert notes(rig) == [0x203]


@pytest.mark.parametrize("with_idle_callback", [False, True])
@pytest.mark.parametrize("steps", range(40))
def test_no_wake_up_is_lost(stepper: Any, steps: int, with_idle_callback: bool) -> None:
    """At whatever instruction of the loop the interrupt comes, the task runs before the processor waits."""
    labels = stepper.load(TASKS)
    make_task(stepper, labels["task"], 1)
    if with_idle_callback:
        stepper.call("_ets_set_idle_cb", labels["idle"], 0xFF)
    stepper.call("ets_isr_attach", 7, labels["handler"], 0)
    stepper.call("ets_isr_unmask", 1 << 7)
    stepper.enter("_ets_run", budget=1)
    for _ in range(steps):
        stepper.run(1)
    stepper.core.cpu.latch = 1 << 7
    assert stepper.run() is Stop.IDLE
    assert 0x203 in notes(stepper)


def test_a_task_runs_with_interrupts_open(rig: Any, labels: dict[str, int]) -> None:
    make_task(rig, labels["last"], 3)
    rig.call("_ets_post", 3, 0, 0)
    assert rig.enter("_ets_run") is Stop.BREAKPOINT
    assert rig.core.special("PS") & 0xF == 0
