"""What the level of each pin is, inside the module: who drives it, what pulls at it, and what its changes set off.

Pins are numbered as everywhere: 0 to 15 are the GPIO block's, 16 is the RTC's. A pin's level is

- what the chip drives it to, if its pad is switched to GPIO, its output is enabled, and it is not an open drain at 1,
  or if its pad sends I2S's bits;
- else what something outside drives it to, low before high;
- else high if a resistor on the board or the pad's own pull-up pulls it up, the board's pull-down being the stronger;
- else low: nothing holds it. (On a chip that would be anything; a program that needs a pull-up should notice.)

Each change is measured (`METER`) and, unless the pin is `hushed`, logged with its cycle as long as there is room.
Whoever must answer at once has the pin in `watched`: then Python is called in the middle of the program's store, and
may drive other pins meanwhile.
"""

from typing import Final

from emulator.cpu.inside import Cells, ctz, host_write, inside, m32, slt
from emulator.cpu.memory import PIN_LOG, PIN_LOG_SIZE, PIN_METERS, REGISTERS
from emulator.cpu.runtime import LONGEST_WAIT, Cpu, now, reschedule
from emulator.soc.i2c_lines import I2c, hear_busses
from emulator.soc.ws2812_lines import Ws2812, hear_strips

PINS: Final = 17
GPIO16: Final = 16
PIN_MASK: Final = (1 << PINS) - 1
BLOCK_PINS: Final = 16
BLOCK_MASK: Final = (1 << BLOCK_PINS) - 1
"""The GPIO block's pins."""

GPIO_STATUS_WORD: Final = REGISTERS + 0x31C
GPIO_INTERRUPT: Final = 1 << 4
"""The processor's interrupt 4."""

WATCHED_MAILBOX: Final = 4
ALARM_MAILBOX: Final = 8
"""Addresses at which a chip has nothing: a write there calls Python (`Gpio`)."""

MOST_ANSWERS: Final = 16
"""So often what is outside may answer to its own answers before the program goes on."""

LOG_ENTRY: Final = 8
"""Bytes: the cycle, and `LOG_PIN`, `LOG_LEVEL`, `LOG_DRIVEN`."""
LOG_LENGTH: Final = PIN_LOG_SIZE // LOG_ENTRY
LOG_PIN, LOG_LEVEL, LOG_DRIVEN = 0xFF, 1 << 8, 1 << 9

METER: Final = 32
"""Bytes of a pin's meter, words at these offsets; Python sets EDGES and RISES to 0 to begin anew."""
EDGES, RISES = 0, 4
FIRST_EDGE, LAST_EDGE = 8, 12
FIRST_RISE, LAST_RISE = 16, 20
"""Cycles."""
HIGH, HIGH_AT_LAST_RISE = 24, 28
"""For how many cycles the pin was high since its first rise, up to its last fall; and up to its last rise."""


class Pins(Cells):
    """The pins' words, a bit for each pin if nothing else is said."""

    out: int
    """What the output registers hold."""
    enable: int
    """Outputs that are enabled."""
    open_drain: int
    generated: int
    """Pins whose output is the sigma-delta generator's, as long as it runs (`soc.sigma_delta`)."""
    as_gpio: int
    """Pads whose function is GPIO."""
    as_stream: int
    """Pads that send I2S's bits."""
    stream: int
    """These bits."""
    pull_up: int
    """Pads whose pull-up is on."""
    board_up: int
    """Pins with a resistor to 3.3 V on the board."""
    board_down: int
    """Pins with a resistor to ground."""
    outside_low: int
    """Pins that something outside holds low."""
    outside_high: int
    levels: int
    driven: int
    """Pins that the chip drives now."""
    on_rise: int
    """Pins whose interrupt comes when they rise, fall, are low, are high."""
    on_fall: int
    on_low: int
    on_high: int
    watched: int
    heard: int
    """The watched pins that just changed."""
    logged: int
    """Changes since the log was last emptied; those beyond `LOG_LENGTH` are only measured (a number)."""
    hushed: int
    """Pins whose changes are only measured anyway."""
    alarm: int
    """The cycle at which something outside wants to act."""
    alarm_set: int
    strapping: int
    """{GPIO15, GPIO0, GPIO2}, as sampled when a reset ended."""


@inside
def measure(meter: int, level: int) -> None:
    """One change of a pin to `level` goes into its meter."""
    if m32[meter + EDGES] == 0:
        m32[meter + FIRST_EDGE] = now()
    m32[meter + EDGES] = m32[meter + EDGES] + 1
    m32[meter + LAST_EDGE] = now()
    if level:
        if m32[meter + RISES] == 0:
            m32[meter + FIRST_RISE] = now()
            m32[meter + HIGH] = 0
        m32[meter + RISES] = m32[meter + RISES] + 1
        m32[meter + LAST_RISE] = now()
        m32[meter + HIGH_AT_LAST_RISE] = m32[meter + HIGH]
    elif m32[meter + RISES]:
        m32[meter + HIGH] = m32[meter + HIGH] + now() - m32[meter + LAST_RISE]


@inside
def note_changes(changed: int) -> None:
    """Measure and log the pins in `changed`."""
    Cpu.effects = Cpu.effects + 1
    Cpu.pin_changes = Cpu.pin_changes + 1
    while changed:
        pin = ctz(changed)
        changed = changed & (changed - 1)
        level = (Pins.levels >> pin) & 1
        measure(PIN_METERS + pin * METER, level)
        if ((Pins.hushed >> pin) & 1) == 0:
            if Pins.logged < LOG_LENGTH:
                entry = PIN_LOG + Pins.logged * LOG_ENTRY
                m32[entry] = now()
                m32[entry + 4] = pin | (level << 8) | (((Pins.driven >> pin) & 1) << 9)
            Pins.logged = Pins.logged + 1


@inside
def raise_interrupts(changed: int) -> None:
    """Set GPIO_STATUS by levels and changes, and the processor's line by GPIO_STATUS."""
    raised = (changed & Pins.levels & Pins.on_rise) | (changed & ~Pins.levels & Pins.on_fall)
    raised = raised | (Pins.levels & Pins.on_high) | (~Pins.levels & Pins.on_low)
    m32[GPIO_STATUS_WORD] = m32[GPIO_STATUS_WORD] | raised
    if m32[GPIO_STATUS_WORD]:
        if (Cpu.lines & GPIO_INTERRUPT) == 0:
            Cpu.lines = Cpu.lines | GPIO_INTERRUPT
            reschedule()
    else:
        Cpu.lines = Cpu.lines & ~GPIO_INTERRUPT


@inside
def update_levels() -> int:
    """Work out all levels; the pins that changed."""
    driven = Pins.enable & Pins.as_gpio & ~(Pins.open_drain & Pins.out) | Pins.as_stream
    outside = Pins.outside_high | Pins.board_up | (Pins.pull_up & ~Pins.board_down)
    outside = outside & ~(Pins.outside_low | I2c.low)
    out = (Pins.out & ~Pins.as_stream) | (Pins.stream & Pins.as_stream)
    levels = (out & driven) | (outside & ~driven)
    changed = levels ^ Pins.levels
    Pins.driven = driven
    Pins.levels = levels
    if changed:
        note_changes(changed)
    raise_interrupts(changed)
    return changed


@inside
def settle_pins() -> None:
    """After anything changed that decides a level: work it out, and let what is outside answer."""
    answers = 0
    changed = update_levels()
    while changed and answers < MOST_ANSWERS:
        answered = 0
        if changed & Ws2812.pins:
            hear_strips(changed & Ws2812.pins, Pins.levels)
        if I2c.count:
            answered = hear_busses(changed, Pins.levels)
        if changed & Pins.watched:
            Pins.heard = changed & Pins.watched
            host_write(WATCHED_MAILBOX, 0)
            answered = 1
        changed = 0
        if answered:
            answers = answers + 1
            changed = update_levels()
    if answers:
        reschedule()


@inside
def poll_alarm() -> int:
    """Let what is outside act when it is time; cycles until the next time."""
    if Pins.alarm_set == 0:
        return LONGEST_WAIT
    wait = Pins.alarm - now()
    if slt(wait, 1):
        host_write(ALARM_MAILBOX, 0)
        settle_pins()
        if Pins.alarm_set == 0:
            return LONGEST_WAIT
        wait = Pins.alarm - now()
        if slt(wait, 1):
            return 1
    if wait > LONGEST_WAIT:
        return LONGEST_WAIT
    return wait


@inside
def levels_now() -> int:
    """The levels, exact in time."""
    if Pins.alarm_set and slt(Pins.alarm - now(), 1):
        poll_alarm()
        reschedule()  # there may be a new alarm, before the next event
    return Pins.levels


@inside
def drive(out: int, enable: int) -> None:
    """The output registers changed, GPIO16's included."""
    Pins.out = out
    Pins.enable = enable
    settle_pins()
