"""What the interpreter does beside executing instructions: exceptions, interrupts, time.

All of this runs inside the module (see `inside`). Time is the cycle counter: ``Cpu.event - Cpu.left`` is now, and the
interpreter only counts ``left`` down; when a taken branch finds it used up, `on_event` looks who wants something.

Sources: Xtensa ISA Reference Manual, 4.4.1 (exceptions), 4.4.4 (interrupts), 4.4.6 (timer).
"""

from emulator.cpu import isa
from emulator.cpu.inside import Cells, inside, m32, poll_devices, slt
from emulator.cpu.memory import SAMPLES, SPECIAL_REGISTERS, WINDOW_BASE


def special(name: str) -> int:
    """The address in linear memory of a special register."""
    return SPECIAL_REGISTERS + 4 * isa.SPECIAL_REGISTERS[name]


PS, EPC1, DEPC, VECBASE = special("PS"), special("EPC1"), special("DEPC"), special("VECBASE")
EXCCAUSE, EXCVADDR, INTENABLE = special("EXCCAUSE"), special("EXCVADDR"), special("INTENABLE")
CCOMPARE0 = special("CCOMPARE0")
SAR_NUMBER, CCOUNT_NUMBER = isa.SPECIAL_REGISTERS["SAR"], isa.SPECIAL_REGISTERS["CCOUNT"]
INTERRUPT_NUMBER, INTCLEAR_NUMBER = isa.SPECIAL_REGISTERS["INTERRUPT"], isa.SPECIAL_REGISTERS["INTCLEAR"]
CCOMPARE_NUMBER = isa.SPECIAL_REGISTERS["CCOMPARE0"]

EPC3, EPS3 = special("EPC3"), special("EPS3")

NMI_VECTOR, KERNEL_VECTOR, USER_VECTOR, DOUBLE_VECTOR = 0x20, 0x30, 0x50, 0x70
"""Offsets from VECBASE (facts: processor)."""
PS_INTLEVEL, PS_EXCM, PS_UM = isa.PS_INTLEVEL, isa.PS_EXCM, isa.PS_UM
LEVEL1_INTERRUPTS = 0x3FFF
"""Interrupts 0-13 are level 1; 14 is the NMI."""
NMI_LEVEL = 3
"""EPC3 and EPS3 are the NMI's, and `rfi 3` ends it (esp-open-rtos, exception_vectors.S)."""
CCOMPARE_INTERRUPT = 1 << 6

STOP_REDIRECTED = 1
"""Not a stop: `Cpu.pc` was set (an exception was taken), and the interpreter goes on there."""
STOP_BUDGET, STOP_IDLE, STOP_BREAKPOINT, STOP_HOST, STOP_SPINNING = 2, 3, 4, 5, 6

SHORTEST_PERIOD = 100
"""Cycles between two events while a core hunts, at the least; at the most, 255 more: with any fixed number, some loops
would show the same few places always."""
GOLDEN_RATIO = 0x9E3779B1
"""Times this, numbers that follow each other have nothing to do with each other (Knuth, TAOCP 6.4)."""
LONGEST_WAIT = 1 << 22
"""Cycles after which events are looked at in any case, so that differences of 32-bit times stay small."""

ILLEGAL_INSTRUCTION, SYSCALL = isa.Cause.ILLEGAL_INSTRUCTION, isa.Cause.SYSCALL
LEVEL1_INTERRUPT = isa.Cause.LEVEL1_INTERRUPT
FETCH_PROHIBITED = isa.Cause.INSTRUCTION_FETCH_PROHIBITED


class Cpu(Cells):
    """The processor's own words, beside its registers."""

    pc: int
    """Offset in the window of the instruction to execute next; right only while the interpreter is left."""
    left: int
    """Cycles until `event`; likewise."""
    event: int
    """The cycle at which somebody wants something next (low 32 bits)."""
    due: int
    """The cycle at which a timer or device wants something, whatever the budget."""
    stop: int
    """Why to leave the interpreter (`STOP_...`), or 0."""
    budget: int
    """How many cycles the next run may take."""
    stop_at: int
    """The cycle at which the budget ends."""
    waiting: int
    """Length of the WAITI that the processor sits on, or 0."""
    latch: int
    """Edge-triggered and software interrupts that are pending."""
    nmi: int
    """1 when an NMI is pending; software cannot raise it by INTSET."""
    lines: int
    """Level-triggered interrupt lines that are high."""
    ccount_offset: int
    """CCOUNT minus the cycle counter; programs may set CCOUNT."""
    compare_seen: int
    """The cycle up to which CCOUNT was compared with CCOMPARE0."""
    skipped: int
    """Cycles that passed without instructions (idle, delays, routines of the host)."""
    effects: int
    """Counts what the outside world may notice; the idle detector wants it unchanged."""
    pin_changes: int
    """How often the level of any pin changed so far."""
    enters_regions: int
    """Whether the interpreter may go to compiled blocks."""
    code_changed: int
    """Compiled code was written to; the host lets the regions go."""
    flash_shown: int
    """Bytes of the flash that the window shows: one MiB, or two. Behind them is nothing."""
    samples_left: int
    """How many more events note their pc in `SAMPLES`, and are to come soon."""


@inside
def now() -> int:
    """The cycle counter's low 32 bits."""
    return Cpu.event - Cpu.left


@inside
def reschedule() -> None:
    """Look at events at the next taken branch."""
    Cpu.event = Cpu.event - Cpu.left
    Cpu.left = 0
    Cpu.due = Cpu.event


@inside
def spend(cycles: int) -> None:
    """Let time pass without instructions."""
    Cpu.left = Cpu.left - cycles
    Cpu.skipped = Cpu.skipped + cycles


@inside
def enter_vector(cause: int) -> None:
    """Save the pc and go on at the exception vector; a second exception in a handler goes to the double one."""
    address = Cpu.pc + WINDOW_BASE
    vector = KERNEL_VECTOR
    if m32[PS] & PS_EXCM:
        m32[DEPC] = address
        vector = DOUBLE_VECTOR
    else:
        m32[EPC1] = address
        if m32[PS] & PS_UM:
            vector = USER_VECTOR
    m32[EXCCAUSE] = cause
    m32[PS] = m32[PS] | PS_EXCM
    Cpu.pc = m32[VECBASE] + vector - WINDOW_BASE
    Cpu.stop = STOP_REDIRECTED


@inside
def raise_exception(cause: int, address: int) -> None:
    """Take a synchronous exception of the instruction at ``Cpu.pc``."""
    m32[EXCVADDR] = address
    enter_vector(cause)


@inside
def fetch_error() -> None:
    """The pc left memory that holds code."""
    raise_exception(FETCH_PROHIBITED, Cpu.pc + WINDOW_BASE)


@inside
def pending() -> int:
    """Level-1 interrupts that are pending and enabled."""
    return (Cpu.latch | Cpu.lines) & m32[INTENABLE] & LEVEL1_INTERRUPTS


@inside
def enter_nmi() -> None:
    """Take the NMI, whatever is masked."""
    Cpu.nmi = 0
    Cpu.pc = Cpu.pc + Cpu.waiting
    Cpu.waiting = 0
    m32[EPC3] = Cpu.pc + WINDOW_BASE
    m32[EPS3] = m32[PS]
    m32[PS] = (m32[PS] & ~PS_INTLEVEL) | PS_EXCM | NMI_LEVEL
    Cpu.pc = m32[VECBASE] + NMI_VECTOR - WINDOW_BASE


@inside
def poll_compare() -> int:
    """Whether CCOUNT has reached CCOMPARE0 since the last look; returns cycles until it will."""
    cycles = m32[CCOMPARE0] - Cpu.ccount_offset - Cpu.compare_seen
    passed = now() - Cpu.compare_seen
    Cpu.compare_seen = now()
    if cycles - 1 < passed:
        Cpu.latch = Cpu.latch | CCOMPARE_INTERRUPT
    if cycles == passed:
        return LONGEST_WAIT
    return cycles - passed


@inside
def note_sample(wait: int) -> int:
    """Note where the program is; returns how long to wait for the next event, `wait` at most."""
    Cpu.samples_left = Cpu.samples_left - 1
    m32[SAMPLES + (Cpu.samples_left << 2)] = Cpu.pc
    period = SHORTEST_PERIOD + (now() * GOLDEN_RATIO >> 24)
    if wait < period:
        return wait
    return period


@inside
def on_event() -> None:
    """Let timers and devices catch up, take a pending interrupt, and set out for the next event or the budget's
    end."""
    cycle = now()
    wait = poll_devices()
    Cpu.due = cycle + wait
    remaining = Cpu.stop_at - cycle
    if slt(remaining, 1):
        Cpu.stop = STOP_BUDGET
        remaining = 1
    if remaining < wait:
        wait = remaining
    if Cpu.samples_left:
        wait = note_sample(wait)
    Cpu.event = cycle + wait
    Cpu.left = wait
    if Cpu.nmi:
        enter_nmi()
    elif pending() and (m32[PS] & (PS_INTLEVEL | PS_EXCM)) == 0:
        stop = Cpu.stop
        Cpu.pc = Cpu.pc + Cpu.waiting
        Cpu.waiting = 0
        enter_vector(LEVEL1_INTERRUPT)
        Cpu.stop = stop


@inside
def wait_for_interrupt() -> int:
    """WAITI: how far the pc moves; 0 and a stop where there is something to wait for."""
    if pending() or Cpu.nmi:
        Cpu.waiting = 0
        reschedule()
        return 3
    Cpu.waiting = 3
    Cpu.stop = STOP_IDLE
    return 0


@inside
def read_special(number: int) -> int:
    """RSR."""
    if number == CCOUNT_NUMBER:
        return now() + Cpu.ccount_offset
    if number == INTERRUPT_NUMBER:
        return Cpu.latch | Cpu.lines
    return m32[SPECIAL_REGISTERS + (number << 2)]


@inside
def write_special(number: int, value: int) -> None:
    """WSR. A write to INTERRUPT is INTSET."""
    if number == INTERRUPT_NUMBER:
        Cpu.latch = Cpu.latch | value
    elif number == INTCLEAR_NUMBER:
        Cpu.latch = Cpu.latch & ~value
    elif number == SAR_NUMBER:
        m32[SPECIAL_REGISTERS + SAR_NUMBER * 4] = value & 63
    elif number == CCOUNT_NUMBER:
        Cpu.ccount_offset = value - now()
        Cpu.compare_seen = now()
        reschedule()
    else:
        m32[SPECIAL_REGISTERS + (number << 2)] = value
    if number == CCOMPARE_NUMBER:
        Cpu.latch = Cpu.latch & ~CCOMPARE_INTERRUPT
        Cpu.compare_seen = now()
        reschedule()
