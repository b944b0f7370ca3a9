"""The Wi-Fi MAC's block (3ff20000), as programs see it that hear nobody: frames leave, none arrive, and its timers run.

What a program sends is on the air for a while, and then it is told that it was sent; so scans end, beacons go out, and
nobody answers. Beside that there are the microsecond counter, which the SDK's `system_get_time` reads and which any
reset sets to 0, and the random number register. The other registers store and read back.

Sources: measured (facts: Wi-Fi MAC); that the counter begins anew: ESP8266 Non-OS SDK API Reference,
`system_get_rtc_time`; the first timer: ESP8266_RTOS_SDK `eagle_soc.h` and `task_wdt.c`; the second: measured with
Punyforth.
"""

from emulator.cpu.core import Core
from emulator.cpu.inside import Cells, ctz, inside, m32, slt
from emulator.cpu.memory import DPORT, PERIPHERALS_SIZE, REGISTERS
from emulator.cpu.runtime import LONGEST_WAIT, Cpu, now, reschedule
from emulator.soc.clock import Clock, microseconds, settle_microseconds
from emulator.soc.interrupts import NMI_MAC, drop_nmi, want_nmi
from emulator.soc.peripheral import Peripheral

WDEV_MICROSECONDS = 0xC00
WDEV_INT_ENABLE = 0xC18
WDEV_INT_RAW = 0xC1C
WDEV_INT_STATUS = 0xC20
WDEV_INT_CLEAR = 0xC24
WDEV_SENT = 0xC84
WDEV_RANDOM = 0xE44
TSF0_TIME, TSF0_SET, TSF0_ARM, TSF0_ALARM = 0x1004, 0x1018, 0x1098, 0x109C
TSF1_TIME, TSF1_SET, TSF1_ARM, TSF1_ALARM = 0x1048, 0x105C, 0x10C8, 0x10CC
"""The two timers: time now, time to be, bit 31 to arm it, and when; the low words."""

SEND_QUEUE0, QUEUE_STEP, QUEUES = 0xDC4, 0x18, 8
"""The sending queues' registers, downwards: descriptor 17:0, and bits 31:30 while it is sent."""
SENDING = 3 << 30
SENT_QUEUE_SHIFTS = (8, 12)
"""Where WDEV_SENT says which queue it was."""
AIR_US = 500
"""How long a frame is on the air."""

SENT_INT = 1 << 18 | 1 << 19
"""Sending has begun, and has ended."""
TSF1_INT, TSF0_INT = 1 << 26, 1 << 27
ARMED = 1 << 31
MAC_LINE = 1 << 0
"""The processor's interrupt 0."""

BASE = DPORT + 0x20000
WORDS = REGISTERS + PERIPHERALS_SIZE + 0x20000
SEED = 0x2545F491


class Random(Cells):
    """The state of the generator, xorshift32; never 0."""

    state: int


class Mac(Cells):
    """What the MAC does."""

    raw: int
    """Interrupts that have come."""
    enable: int
    sending: int
    """A bit for each queue whose frame is on the air or waits for it."""
    sent_at: int
    """The cycle at which the frame that is on the air has left."""
    tsf0_offset: int
    """What a timer's time is ahead of the microsecond counter."""
    tsf1_offset: int


@inside
def next_random() -> int:
    """The next random word (Marsaglia, "Xorshift RNGs", 2003)."""
    Random.state = Random.state ^ (Random.state << 13)
    Random.state = Random.state ^ (Random.state >> 17)
    Random.state = Random.state ^ (Random.state << 5)
    return Random.state


@inside
def read_microseconds(address: int) -> int:
    """The free-running counter."""
    return microseconds()


@inside
def read_random(address: int) -> int:
    """WDEV_RND: hardware noise on the chip."""
    return next_random()


@inside
def update_mac() -> None:
    """Raise or lower the MAC's interrupt line."""
    if Mac.raw & Mac.enable:
        Cpu.lines = Cpu.lines | MAC_LINE
        want_nmi(NMI_MAC)
    else:
        Cpu.lines = Cpu.lines & ~MAC_LINE
        drop_nmi(NMI_MAC)


@inside
def poll_sending() -> int:
    """Let a frame leave when it is time."""
    if Mac.sending == 0:
        return LONGEST_WAIT
    wait = Mac.sent_at - now()
    if slt(wait, 1):
        queue = ctz(Mac.sending)
        Mac.sending = Mac.sending & ~(1 << queue)
        register = WORDS + SEND_QUEUE0 - queue * QUEUE_STEP
        m32[register] = m32[register] & ~SENDING
        m32[WORDS + WDEV_SENT] = queue << 8 | queue << 12
        Mac.raw = Mac.raw | SENT_INT
        Cpu.effects = Cpu.effects + 1
        update_mac()
        wait = AIR_US * Clock.mhz
        Mac.sent_at = now() + wait
        if Mac.sending == 0:
            return LONGEST_WAIT
    return wait


@inside
def poll_timer(arm: int, left_us: int, interrupt: int) -> int:
    """Let a timer come when it is time; `arm` is the word that arms it."""
    if (m32[arm] & ARMED) == 0:
        return LONGEST_WAIT
    if slt(left_us, 1):
        m32[arm] = m32[arm] & ~ARMED
        Mac.raw = Mac.raw | interrupt
        update_mac()
        return LONGEST_WAIT
    if left_us > LONGEST_WAIT // Clock.mhz:
        return LONGEST_WAIT
    return left_us * Clock.mhz


@inside
def poll_tsf0() -> int:
    """The first timer."""
    return poll_timer(WORDS + TSF0_ARM, m32[WORDS + TSF0_ALARM] - microseconds() - Mac.tsf0_offset, TSF0_INT)


@inside
def poll_tsf1() -> int:
    """The second timer."""
    return poll_timer(WORDS + TSF1_ARM, m32[WORDS + TSF1_ALARM] - microseconds() - Mac.tsf1_offset, TSF1_INT)


@inside
def read_enable(address: int) -> int:
    """WDEV_INT_ENABLE."""
    return Mac.enable


@inside
def read_raw(address: int) -> int:
    """WDEV_INT_RAW."""
    return Mac.raw


@inside
def read_status(address: int) -> int:
    """WDEV_INT_STATUS: what has come and is enabled."""
    return Mac.raw & Mac.enable


@inside
def write_enable(address: int, value: int) -> None:
    """WDEV_INT_ENABLE."""
    Mac.enable = value
    update_mac()
    reschedule()


@inside
def write_clear(address: int, value: int) -> None:
    """WDEV_INT_CLEAR."""
    Mac.raw = Mac.raw & ~value
    update_mac()


@inside
def write_queue(address: int, value: int) -> None:
    """A sending queue's register: SENDING starts it."""
    offset = address - BASE
    m32[WORDS + offset] = value
    if (value & SENDING) == SENDING:
        if Mac.sending == 0:
            Mac.sent_at = now() + AIR_US * Clock.mhz
        Mac.sending = Mac.sending | (1 << ((SEND_QUEUE0 - offset) // QUEUE_STEP))
        Cpu.effects = Cpu.effects + 1
        reschedule()


@inside
def read_tsf0_time(address: int) -> int:
    """The first timer's time."""
    return microseconds() + Mac.tsf0_offset


@inside
def read_tsf1_time(address: int) -> int:
    """The second timer's time."""
    return microseconds() + Mac.tsf1_offset


@inside
def write_tsf0_time(address: int, value: int) -> None:
    """Set the first timer's time."""
    Mac.tsf0_offset = value - microseconds()
    reschedule()


@inside
def write_tsf1_time(address: int, value: int) -> None:
    """Set the second timer's time."""
    Mac.tsf1_offset = value - microseconds()
    reschedule()


@inside
def write_timer(address: int, value: int) -> None:
    """What arms a timer, and its alarm."""
    m32[WORDS + (address - BASE)] = value
    reschedule()


class Wdev(Peripheral):
    """The registers."""

    name = "WDEV"
    base = BASE
    registers = {
        WDEV_MICROSECONDS: "WDEV_MICROSECONDS", WDEV_INT_ENABLE: "WDEV_INT_ENABLE", WDEV_INT_RAW: "WDEV_INT_RAW",
        WDEV_INT_STATUS: "WDEV_INT_STATUS", WDEV_INT_CLEAR: "WDEV_INT_CLEAR", WDEV_SENT: "WDEV_SENT",
        WDEV_RANDOM: "WDEV_RND",
        TSF0_TIME: "WDEVTSF0_TIME_LO", TSF0_TIME + 4: "WDEVTSF0_TIME_HI",
        TSF0_SET: "WDEVTSFSW0_LO", TSF0_SET + 4: "WDEVTSFSW0_HI",
        TSF0_ARM: "WDEVTSF0TIMER_ENA", TSF0_ALARM: "WDEVTSF0_TIMER_LO", TSF0_ALARM + 4: "WDEVTSF0_TIMER_HI",
        TSF1_TIME: "WDEVTSF1_TIME_LO", TSF1_TIME + 4: "WDEVTSF1_TIME_HI",
        TSF1_SET: "WDEVTSFSW1_LO", TSF1_SET + 4: "WDEVTSFSW1_HI",
        TSF1_ARM: "WDEVTSF1TIMER_ENA", TSF1_ALARM: "WDEVTSF1_TIMER_LO", TSF1_ALARM + 4: "WDEVTSF1_TIMER_HI",
        **{SEND_QUEUE0 - QUEUE_STEP * queue: f"WDEV_SEND{queue}" for queue in range(QUEUES)},
    }  # fmt: skip
    reads = {
        WDEV_MICROSECONDS: read_microseconds,
        WDEV_RANDOM: read_random,
        WDEV_INT_ENABLE: read_enable,
        WDEV_INT_RAW: read_raw,
        WDEV_INT_STATUS: read_status,
        TSF0_TIME: read_tsf0_time,
        TSF1_TIME: read_tsf1_time,
    }
    writes = {
        WDEV_INT_ENABLE: write_enable,
        WDEV_INT_CLEAR: write_clear,
        TSF0_SET: write_tsf0_time,
        TSF1_SET: write_tsf1_time,
        TSF0_ARM: write_timer,
        TSF0_ALARM: write_timer,
        TSF1_ARM: write_timer,
        TSF1_ALARM: write_timer,
        **{SEND_QUEUE0 - QUEUE_STEP * queue: write_queue for queue in range(QUEUES)},
    }
    polls = (settle_microseconds, poll_sending, poll_tsf0, poll_tsf1)

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._random = core.cells(Random)
        self._mac = core.cells(Mac)
        self._clock = core.cells(Clock)
        self._random.state = SEED
        self._clock.mhz = 80

    def reset(self) -> None:
        """Nothing is sent, no timer is armed, and all of them begin at 0, as the microseconds do."""
        mac = self._mac
        mac.raw = mac.enable = mac.sending = mac.tsf0_offset = mac.tsf1_offset = 0
        self._clock.micros = 0
        self._clock.micros_cycle = self.core.cycles
