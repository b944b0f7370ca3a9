"""The Wi-Fi MAC that nobody hears: sending ends, timers come (facts: Wi-Fi MAC; `eagle_soc.h` of ESP8266_RTOS_SDK)."""

from typing import Any

WDEV = 0x3FF20000
ENABLE, RAW, STATUS, CLEAR, SENT = (WDEV + offset for offset in (0xC18, 0xC1C, 0xC20, 0xC24, 0xC84))
QUEUE0, QUEUE2 = WDEV + 0xDC4, WDEV + 0xDC4 - 2 * 0x18
START = 3 << 30
SENT_INT, TSF0_INT, TSF1_INT = 1 << 18 | 1 << 19, 1 << 27, 1 << 26
NMI_INT_ENABLE = 0x3FF00000
CYCLES_PER_US = 80


def wait(rig: Any, microseconds: int) -> None:
    """Let a program spin so long."""
    rig.load("loop: j loop")
    rig.run(microseconds * CYCLES_PER_US)


def test_frames_leave_one_after_the_other(rig: Any) -> None:
    core = rig.core
    core.store(ENABLE, SENT_INT)
    core.store(QUEUE0, START | 0x1234)
    core.store(QUEUE2, START | 0x5678)
    wait(rig, 450)
    assert core.load(RAW) == 0
    wait(rig, 100)
    assert core.load(STATUS) == SENT_INT
    assert core.cpu.lines & 1
    assert (core.load(QUEUE0), core.load(SENT)) == (0x1234, 0)
    core.store(CLEAR, SENT_INT)
    assert core.load(STATUS) == 0
    assert not core.cpu.lines & 1
    wait(rig, 500)
    assert (core.load(QUEUE2), core.load(SENT)) == (0x5678, 2 << 8 | 2 << 12)
    core.store(CLEAR, SENT_INT)
    wait(rig, 2000)
    assert core.load(RAW) == 0


def test_timers(rig: Any) -> None:
    core = rig.core
    for now, at, arm, interrupt in ((0x1004, 0x109C, 0x1098, TSF0_INT), (0x1048, 0x10CC, 0x10C8, TSF1_INT)):
        core.store(WDEV + at, core.load(WDEV + now) + 300)
        core.store(WDEV + arm, 1 << 31)
        wait(rig, 290)
        assert core.load(RAW) == 0
        wait(rig, 20)
        assert core.load(RAW) == interrupt
        assert core.load(WDEV + arm) == 0
        core.store(CLEAR, interrupt)


def test_a_timer_can_be_set(rig: Any) -> None:
    """As `nmi_set_wd_time` does."""
    rig.core.store(WDEV + 0x1018, 0)
    wait(rig, 100)
    assert 95 < rig.core.load(WDEV + 0x1004) < 105


def test_its_interrupt_may_be_the_nmi(rig: Any) -> None:
    """As with esp-open-rtos, which writes 1."""
    core = rig.core
    core.store(ENABLE, SENT_INT)
    core.store(QUEUE0, START)
    core.set_special("PS", 0x3F)
    core.store(NMI_INT_ENABLE, 1)
    labels = rig.load(".org 0x40100020\n nmi: break 0, 0\n .org 0x40100100\n loop: j loop")
    core.set_special("VECBASE", 0x40100000)
    core.pc = labels["loop"]
    rig.run(600 * CYCLES_PER_US)
    assert core.pc == labels["nmi"]
    assert core.special("EPC3") == labels["loop"]
    assert core.special("EPS3") == 0x3F
