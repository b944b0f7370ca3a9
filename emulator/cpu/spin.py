"""Notices that a program only waits: it polls, and changes nothing but what it knows of the time.

A prompt that polls its input buffer executes millions of instructions a second to no effect. To find that out, the
host picks an instruction that the program just came by, or where it was found waiting before, and lets the program go
on. When it comes by, a snapshot of registers and data RAM is taken. Each time it comes by again, its registers are
compared; when they have been the same often enough, but for words that moved by as much as the time did (or not
noticeably at all), so must be the data RAM, and nothing may have been done that the outside could see. Then the program
is spinning: the thread may sleep until a byte, a reset or the next timer. A program that counts or computes fails the
test, because each round leaves a trace, and so many rounds leave a larger one than the tolerance.

If the test errs, a program is slowed down for some milliseconds; nothing else can happen, as time passes all the
same.

A program that was found spinning may *doze*: it goes on as it does, but once a round, when it comes by that
instruction in the same call, some time passes at once. It polls more slowly and notices nothing else. Or it may
*catch up*: then all the time until the next event passes, but only after a round that changed nothing, because bytes
come meanwhile, and it may be busy with them and come by all the same.
"""

from emulator.cpu.inside import Cells, copy, inside, load64, m32, slt, wide
from emulator.cpu.memory import ADDRESS_REGISTERS, DATA_RAM_SIZE, SNAPSHOT, WINDOW
from emulator.cpu.runtime import STOP_HOST, STOP_SPINNING, Cpu, now, spend

PROGRAM_RAM = WINDOW + 0x8000
PROGRAM_RAM_SIZE = DATA_RAM_SIZE - 0x8000
"""3ffe8000 up: all that programs keep in data RAM."""
SNAPSHOT_RAM = SNAPSHOT + 64
LINE = 32

JITTER = 3
"""A word that depends on the time modulo a round may be off by this many microseconds."""
CYCLE_JITTER = 400
"""The same for words that hold CCOUNT."""

FIRST_ROUNDS = 23
"""How often the program must come by with the same registers before a verdict; prime, so that no inner loop's
length divides it."""
LATER_ROUNDS = 5
"""How often, once it was found spinning; still more than the tolerance."""
SETTLE_CYCLES = 4000
"""Rounds count from so long after the snapshot, when time and tolerance are far apart and a counter has left both; so
does the quiet of a program that catches up, unless nothing moved at all."""
RETAKES = 1
TO_EVENT = 1 << 30
"""As a step: rest until the next event, and let that time not count in the budget."""
ATTENTIVE_ROUNDS = 8
ATTENTIVE_CYCLES = 800
"""So many rounds after a pin changed are executed in full, and so much of the time before the next event, if it is
known: a program that measures for how long looks at the clock now and then, and at the pin."""
LONGEST_TRY = 2000
"""How often it may come by at all: a place in an inner loop is passed many times a round."""


class Spin(Cells):
    """The detector's words."""

    wanted: int
    """How often the registers must be the same; the host sets it."""
    rounds: int
    """How often they have yet to be."""
    retakes: int
    """How often the snapshot may yet be taken anew."""
    passes: int
    """How often the instruction may yet be passed."""
    cycle: int
    """When the snapshot was taken."""
    effects: int
    """`Cpu.effects` then."""
    pin_changes: int
    """`Cpu.pin_changes` when a dozing program last came by."""
    mhz: int
    """The processor's frequency, which the host has set."""
    visits: int
    """How often it came by in the same call (the same a0 and a1) in the rounds of a test."""
    period: int
    """How often it does in one round, by the last test; 0 if the program was not spinning."""
    visits_left: int
    """How often it has yet to, before a dozing program rests."""
    step: int
    """How long a dozing program rests each time; 0 while one is tested, `TO_EVENT` while it catches up. The host sets
    it."""
    rested_at: int
    """The cycle at which it last did."""


@inside
def remember() -> None:
    """Take the snapshot."""
    copy(SNAPSHOT, ADDRESS_REGISTERS, 64)
    copy(SNAPSHOT_RAM, PROGRAM_RAM, PROGRAM_RAM_SIZE)
    Spin.cycle = now()
    Spin.effects = Cpu.effects


@inside
def begin_test() -> None:
    """The first time it comes by, the snapshot is taken; the verdict comes `Spin.wanted` rounds later, which the host
    has set."""
    Spin.rounds = Spin.wanted
    Spin.passes = LONGEST_TRY
    Spin.retakes = RETAKES
    Spin.period = 0


@inside
def same_line(current: int, remembered: int) -> int:
    """Whether 32 bytes are the same; nearly all are, so this is what takes the time."""
    first = (load64(current) ^ load64(remembered)) | (load64(current + 8) ^ load64(remembered + 8)) == wide(0)
    if first:
        return (load64(current + 16) ^ load64(remembered + 16)) | (
            load64(current + 24) ^ load64(remembered + 24)
        ) == wide(0)
    return 0


@inside
def same(current: int, remembered: int, size: int) -> int:
    """Whether all words are."""
    end = current + size
    while current < end:
        if same_line(current, remembered) == 0:
            return 0
        current = current + LINE
        remembered = remembered + LINE
    return 1


@inside
def explained(moved: int, expected: int, jitter: int) -> int:
    """Whether a word moved by about as much as something that it may stand for."""
    return moved - expected + jitter <= 2 * jitter


@inside
def unexplained(moved: int, cycles: int, micros: int) -> int:
    """Whether a word moved neither hardly nor as a time does."""
    if explained(moved, 0, JITTER) or explained(moved, micros, JITTER):
        return 0
    return explained(moved, cycles, CYCLE_JITTER) == 0


@inside
def differs(current: int, remembered: int, size: int, cycles: int, micros: int) -> int:
    """Whether any word moved otherwise than the time did."""
    offset = 0
    while offset < size:
        if same_line(current + offset, remembered + offset) == 0:
            end = offset + LINE
            while offset < end:
                moved = m32[current + offset] - m32[remembered + offset]
                if unexplained(moved, cycles, micros):
                    return 1
                offset = offset + 4
            offset = end
        else:
            offset = offset + LINE
    return 0


@inside
def in_the_same_call() -> int:
    """Whether a0 and a1 are as in the snapshot."""
    if m32[ADDRESS_REGISTERS] == m32[SNAPSHOT]:
        return m32[ADDRESS_REGISTERS + 4] == m32[SNAPSHOT + 4]
    return 0


@inside
def a_round_is_over() -> int:
    """Whether a dozing program has come by as often as in a round."""
    if Spin.period == 0 or in_the_same_call() == 0:
        return 0
    if Cpu.pin_changes != Spin.pin_changes:
        Spin.pin_changes = Cpu.pin_changes
        Spin.visits_left = Spin.period * ATTENTIVE_ROUNDS
    Spin.visits_left = Spin.visits_left - 1
    if Spin.visits_left:
        return 0
    Spin.visits_left = Spin.period
    return 1


@inside
def nothing_happened() -> int:
    """Whether a program that catches up is where it was a round ago. If it is not, it has something to do: it may read
    what it has stored, one byte each time it comes by. Then this is what the next round is compared with.

    Where nothing has moved, one round is enough. What moves as the time does must have done so for a while: a count of
    bytes that are taken one each microsecond looks like it."""
    if Cpu.effects == Spin.effects:
        if same(ADDRESS_REGISTERS, SNAPSHOT, 64) & same(PROGRAM_RAM, SNAPSHOT_RAM, PROGRAM_RAM_SIZE):
            return 1
        if Spin.retakes:  # what it did last may have stood in its registers still
            Spin.retakes = Spin.retakes - 1
            remember()
            return 0
        cycles = now() - Spin.cycle
        if cycles <= SETTLE_CYCLES:
            return 0
        micros = cycles // Spin.mhz
        moved = differs(ADDRESS_REGISTERS, SNAPSHOT, 64, cycles, micros)
        if moved | differs(PROGRAM_RAM, SNAPSHOT_RAM, PROGRAM_RAM_SIZE, cycles, micros) == 0:
            return 1
    Spin.retakes = RETAKES
    remember()
    return 0


@inside
def may_rest() -> int:
    """Whether a round is over in which the program only polled."""
    if a_round_is_over() == 0:
        return 0
    if Spin.step == TO_EVENT:
        return nothing_happened()
    return 1


@inside
def rest() -> None:
    """Once a round, let time pass: for a dozing program until shortly before the next event at most, for one that
    catches up until then."""
    if may_rest():
        Spin.rested_at = now()
        longest = Cpu.left - ATTENTIVE_CYCLES
        if Spin.step == TO_EVENT:
            longest = Cpu.due - now()  # the budget may end before, or a sample be due, but neither changes anything
        pause = Spin.step
        if slt(longest, pause):
            pause = longest
        if slt(0, pause):
            spend(pause)
            if Spin.step == TO_EVENT:
                Cpu.stop_at = Cpu.stop_at + pause


@inside
def compare() -> None:
    """One round of a test is over; after the last, stop with a verdict."""
    cycles = now() - Spin.cycle
    micros = cycles // Spin.mhz
    Spin.visits = Spin.visits + in_the_same_call()
    if Spin.passes == LONGEST_TRY:
        remember()
    elif Cpu.effects != Spin.effects and Spin.retakes:
        # A timer's interrupt came between: begin anew behind it.
        Spin.retakes = Spin.retakes - 1
        Spin.rounds = Spin.wanted
        remember()
    elif Spin.passes == 0 or Cpu.effects != Spin.effects:
        Cpu.stop = STOP_HOST
    elif cycles > SETTLE_CYCLES and differs(ADDRESS_REGISTERS, SNAPSHOT, 64, cycles, micros) == 0:
        if Spin.rounds == Spin.wanted:
            Spin.visits = 0
        Spin.rounds = Spin.rounds - 1
        if Spin.rounds == 0:
            if differs(PROGRAM_RAM, SNAPSHOT_RAM, PROGRAM_RAM_SIZE, cycles, micros):
                Cpu.stop = STOP_HOST
            else:
                Cpu.stop = STOP_SPINNING
                Spin.period = Spin.visits // (Spin.wanted - 1)
                Spin.visits_left = Spin.period
    Spin.passes = Spin.passes - 1


@inside
def pass_by() -> None:
    """The program comes by the chosen instruction."""
    if Spin.step:
        rest()
    else:
        compare()
