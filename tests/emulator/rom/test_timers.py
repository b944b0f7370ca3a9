"""The ROM's timers, as early SDKs use them (SDK `ets_sys.h`, ETSTimer). A millisecond is 312.5 counts of FRC2."""

from typing import Any

import pytest

FIRST, SECOND, NOTES = 0x3FFE9000, 0x3FFE9100, 0x3FFE9200
CYCLES_PER_MS = 80_000

HANDLER = """
    .literal notes_at, 0x3ffe9200
    .literal clock_at, 0x3ff20c00
    handler:                        # notes {argument, microseconds}
        l32r a3, notes_at
        l32i a4, a3, 0
        addi a5, a4, 1
        s32i a5, a3, 0
        addx8 a3, a4, a3
        s32i a2, a3, 8
        l32r a4, clock_at
        l32i a4, a4, 0
        s32i a4, a3, 12
        ret
    .align
    loop: j loop
"""


@pytest.fixture
def labels(rig: Any) -> dict[str, int]:
    """The handler is loaded, the timers are ready, and level 1 interrupts are not masked."""
    loaded = rig.load(HANDLER)
    rig.core.write(NOTES, bytes(256))
    rig.call("_ets_timer_init")
    rig.core.set_special("PS", 0x20)
    rig.core.set_special("VECBASE", 0x40000000)
    for timer, argument in ((FIRST, 1), (SECOND, 2)):
        rig.call("ets_timer_setfn", timer, loaded["handler"], argument)
    return dict(loaded)


def notes(rig: Any, labels: dict[str, int], milliseconds: float) -> list[tuple[int, int]]:
    """Let so much time pass; (argument, milliseconds) for each call so far."""
    rig.core.pc = labels["loop"]
    rig.run(int(milliseconds * CYCLES_PER_MS))
    count = rig.core.read32(NOTES)
    words = [rig.core.read32(NOTES + 8 + 4 * index) for index in range(2 * count)]
    return [(words[2 * index], words[2 * index + 1]) for index in range(count)]


def test_the_soonest_comes_first(rig: Any, labels: dict[str, int]) -> None:
    start = rig.core.load(0x3FF20C00)
    rig.call("ets_timer_arm", FIRST, 30, 0)
    rig.call("ets_timer_arm", SECOND, 10, 0)
    assert notes(rig, labels, 5) == []
    called = notes(rig, labels, 30)
    assert [argument for argument, _ in called] == [2, 1]
    assert [(at - start) / 1000 for _, at in called] == pytest.approx([10, 30], abs=0.1)
    assert rig.core.read32(FIRST) == rig.core.read32(SECOND) == 0xFFFFFFFF


def test_one_that_repeats_keeps_time(rig: Any, labels: dict[str, int]) -> None:
    start = rig.core.load(0x3FF20C00)
    rig.call("ets_timer_arm", FIRST, 10, 1)
    called = notes(rig, labels, 55)
    assert [(at - start) / 1000 for _, at in called] == pytest.approx([10, 20, 30, 40, 50], abs=0.1)
    rig.call("ets_timer_disarm", FIRST)
    assert len(notes(rig, labels, 30)) == 5


def test_arming_again_moves_it(rig: Any, labels: dict[str, int]) -> None:
    rig.call("ets_timer_arm", FIRST, 5, 0)
    rig.call("ets_timer_arm", SECOND, 6, 0)
    rig.call("ets_timer_arm", FIRST, 20, 0)
    assert [argument for argument, _ in notes(rig, labels, 30)] == [2, 1]


def test_what_has_expired_already_comes_at_once(rig: Any, labels: dict[str, int]) -> None:
    notes(rig, labels, 10)
    rig.call("timer_insert", 1, FIRST)
    assert len(notes(rig, labels, 1)) == 1


@pytest.mark.parametrize("routine", ["ets_timer_disarm", "ets_timer_done"])
def test_one_that_was_disarmed_does_not_come(rig: Any, labels: dict[str, int], routine: str) -> None:
    rig.call("ets_timer_arm", FIRST, 5, 1)
    rig.call("ets_timer_arm", SECOND, 6, 0)
    rig.call(routine, FIRST)
    assert [argument for argument, _ in notes(rig, labels, 30)] == [2]
