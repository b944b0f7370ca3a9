"""UART0: the FIFOs, their interrupts, and the line to the USB bridge.

The line is a pair of byte rings in the module's memory (`memory.UART_RING`): Python puts what comes into the first and
takes what was sent from the second. What was put there has arrived (`receive`), or is on its way (`put_on_line`): then
it arrives in bursts that fill the FIFO, each when the one before has had its time on the line. The receive FIFO is the
first 128 bytes that arrived; whoever fills the ring decides whether more is lost, as on a chip (`fifo_room`), or waits
there for the program. Source: SDK
`uart_register.h`; which bits matter: measured (facts: registers).
"""

from collections.abc import Callable, Sequence
from itertools import groupby

from emulator.cpu.core import Core
from emulator.cpu.inside import Cells, host_write, inside, m8, m32, slt
from emulator.cpu.memory import PERIPHERALS, REGISTERS, UART_RING, UART_RING_SIZE
from emulator.cpu.runtime import LONGEST_WAIT, Cpu, now, reschedule
from emulator.soc.peripheral import Peripheral

UART_FIFO = 0x00
UART_INT_RAW = 0x04
UART_INT_ST = 0x08
UART_INT_ENA = 0x0C
UART_INT_CLR = 0x10
UART_CLKDIV = 0x14
UART_AUTOBAUD = 0x18
UART_STATUS = 0x1C
UART_CONF0 = 0x20
UART_CONF1 = 0x24
UART_LOWPULSE = 0x28
UART_HIGHPULSE = 0x2C
UART_PULSE_NUM = 0x30
UART_DATE = 0x78
UART_ID = 0x7C

DATE = 0x00062000
"""What UART_DATE holds. Clients up to esptool 3.0, and miniesptool, know the ESP8266 by it (`DATE_REG_VALUE` there)."""

RXFIFO_FULL_INT = 1 << 0
TXFIFO_EMPTY_INT = 1 << 1
FRM_ERR_INT = 1 << 3
RXFIFO_OVF_INT = 1 << 4
BRK_DET_INT = 1 << 7
RXFIFO_TOUT_INT = 1 << 8
RXFIFO_CNT, TXFIFO_CNT_SHIFT = 0xFF, 16
"""In UART_STATUS: bytes waiting to be sent 23:16, bytes received 7:0."""
PARITY_ODD, PARITY_EN = 1 << 0, 1 << 1
BIT_NUM_SHIFT, BIT_NUM = 2, 0x3
"""In UART_CONF0, bits 3:2: how many data bits, less five."""
FRAMING = PARITY_ODD | PARITY_EN | BIT_NUM << BIT_NUM_SHIFT
FRAMING_8N1 = 3 << BIT_NUM_SHIFT
RXFIFO_RST = 1 << 17
RX_FULL_THRESHOLD = 0x7F
"""In UART_CONF1, bits 6:0: how many bytes raise RXFIFO_FULL."""
AUTOBAUD_EN = 1 << 0
"""In UART_AUTOBAUD: the pulses on the receive pin are measured."""
PULSE_COUNT, PULSE_WIDTH = 0x3FF, 0xFFFFF
"""UART_PULSE_NUM counts edges; UART_LOWPULSE and UART_HIGHPULSE hold the shortest pulse, in APB cycles."""
RX_TOUT_EN = 1 << 31
"""In UART_CONF1: bytes that nobody takes raise RXFIFO_TOUT. Arduino's core enables that interrupt, and not this."""
TX_EMPTY_SHIFT, TX_EMPTY_THRESHOLD = 8, 0x7F
"""In UART_CONF1, bits 14:8: with how many bytes or less TXFIFO_EMPTY is raised."""

FIFO_SIZE = 128
RING_MASK = UART_RING_SIZE - 1
TRANSMITTED = UART_RING + UART_RING_SIZE
BASE = PERIPHERALS
CONF1_WORD = REGISTERS + UART_CONF1
DIVIDER_MASK = 0xFFFFF

UART0_LINE = 1 << 5
"""The processor's interrupt 5."""


class Uart(Cells):
    """UART0's words."""

    put: int
    """Bytes that Python put into the ring so far; the ring index is this modulo its size."""
    received: int
    """Bytes that arrived so far, at most as many."""
    arrival_cycles: int
    """How long a byte takes to arrive."""
    line_free_at: int
    """The cycle at which the next burst may arrive."""
    line_cycles: int
    """How long the line was busy so far."""
    read: int
    """Bytes that the program read so far."""
    sent: int
    """Bytes that the program sent so far."""
    taken: int
    """How many of them Python has taken."""
    sticky: int
    """Raw interrupt bits that stay until cleared."""
    enable: int
    byte_cycles: int
    """How long a byte takes on the line, in processor cycles; 0 where bytes pass at once."""
    sent_until: int
    """The cycle at which the transmit FIFO runs empty, where bytes take time."""


@inside
def receive_count() -> int:
    """Bytes in the receive FIFO."""
    count = Uart.received - Uart.read
    if count > FIFO_SIZE:
        return FIFO_SIZE
    return count


@inside
def transmit_count() -> int:
    """Bytes in the transmit FIFO."""
    if Uart.byte_cycles == 0:
        return 0
    cycles = Uart.sent_until - now()
    if slt(cycles, 1):
        return 0
    return cycles // Uart.byte_cycles


@inside
def transmit_threshold() -> int:
    """How many bytes in the transmit FIFO count as empty."""
    return (m32[CONF1_WORD] >> TX_EMPTY_SHIFT) & TX_EMPTY_THRESHOLD


@inside
def raw_interrupts() -> int:
    """UART_INT_RAW: conditions that last, and those that were noted."""
    raw = Uart.sticky
    count = receive_count()
    if count:
        if m32[CONF1_WORD] & RX_TOUT_EN:
            raw = raw | RXFIFO_TOUT_INT
        if count >= (m32[CONF1_WORD] & RX_FULL_THRESHOLD):
            raw = raw | RXFIFO_FULL_INT
    if transmit_count() <= transmit_threshold():
        raw = raw | TXFIFO_EMPTY_INT
    return raw


@inside
def update_line() -> None:
    """Raise or lower the UART's interrupt line."""
    if raw_interrupts() & Uart.enable:
        Cpu.lines = Cpu.lines | UART0_LINE
    else:
        Cpu.lines = Cpu.lines & ~UART0_LINE


@inside
def next_burst() -> int:
    """Let a burst arrive when it is time; returns how long the line is busy.

    Python has something to do, and the run ends, when that was the last, and when the program has sent something.
    """
    if Uart.put == Uart.received:
        return LONGEST_WAIT
    wait = Uart.line_free_at - now()
    if slt(wait, 1):
        count = Uart.put - Uart.received
        if count > FIFO_SIZE:
            count = FIFO_SIZE
        wait = count * Uart.arrival_cycles
        Uart.received = Uart.received + count
        Uart.line_free_at = now() + wait
        Uart.line_cycles = Uart.line_cycles + wait
        Cpu.effects = Cpu.effects + 1
        if Uart.put == Uart.received or Uart.sent != Uart.taken:
            Cpu.stop_at = now()
    return wait


@inside
def poll_uart() -> int:
    """Keep the line true to the FIFOs; wake for the next burst, and when a slow transmitter has become empty enough."""
    wait = next_burst()
    update_line()
    if transmit_count() > transmit_threshold():
        emptier = Uart.sent_until - now() - (transmit_threshold() + 1) * Uart.byte_cycles + 1
        if emptier < wait:
            return emptier
    elif slt(Uart.sent_until - now(), 0):
        Uart.sent_until = now()
    return wait


@inside
def read_fifo(address: int) -> int:
    """UART_FIFO: the oldest received byte, 0 if there is none."""
    if Uart.read == Uart.received:
        return 0
    value = m8[UART_RING + (Uart.read & RING_MASK)]
    Uart.read = Uart.read + 1
    Cpu.effects = Cpu.effects + 1
    update_line()
    return value


@inside
def read_raw(address: int) -> int:
    """UART_INT_RAW."""
    return raw_interrupts()


@inside
def read_status_of_interrupts(address: int) -> int:
    """UART_INT_ST: what is raised and enabled."""
    return raw_interrupts() & Uart.enable


@inside
def read_enable(address: int) -> int:
    """UART_INT_ENA."""
    return Uart.enable


@inside
def read_status(address: int) -> int:
    """UART_STATUS: how full the FIFOs are."""
    return receive_count() | (transmit_count() << TXFIFO_CNT_SHIFT)


@inside
def write_fifo(address: int, value: int) -> None:
    """UART_FIFO: send a byte."""
    m8[TRANSMITTED + (Uart.sent & RING_MASK)] = value
    Uart.sent = Uart.sent + 1
    Cpu.effects = Cpu.effects + 1
    if Uart.byte_cycles:
        if slt(Uart.sent_until - now(), 0):
            Uart.sent_until = now()
        Uart.sent_until = Uart.sent_until + Uart.byte_cycles
        update_line()
        reschedule()


@inside
def write_enable(address: int, value: int) -> None:
    """UART_INT_ENA."""
    if value != Uart.enable:
        Cpu.effects = Cpu.effects + 1
        Uart.enable = value
        update_line()
        reschedule()


@inside
def write_clear(address: int, value: int) -> None:
    """UART_INT_CLR: forget noted conditions; those that last come back."""
    Uart.sticky = Uart.sticky & ~value
    update_line()
    reschedule()


@inside
def write_conf1(address: int, value: int) -> None:
    """UART_CONF1: other thresholds may raise or lower the line at once."""
    m32[CONF1_WORD] = value
    update_line()
    reschedule()


@inside
def write_conf0(address: int, value: int) -> None:
    """UART_CONF0: its reset bit empties the receive FIFO; for another framing Python is called."""
    if value & RXFIFO_RST:
        Uart.read = Uart.received
        Cpu.effects = Cpu.effects + 1
        update_line()
    if (m32[REGISTERS + UART_CONF0] ^ value) & FRAMING:
        host_write(address, value)
    m32[REGISTERS + UART_CONF0] = value


@inside
def interrupt_state(address: int) -> int:
    """DPORT's view (3ff00020): bit 0, UART0 wants service."""
    return (raw_interrupts() & Uart.enable) != 0


class Uart0(Peripheral):
    """The registers of UART0, and the line as Python sees it."""

    name = "UART0"
    base = BASE
    registers = {
        UART_FIFO: "UART_FIFO", UART_INT_RAW: "UART_INT_RAW", UART_INT_ST: "UART_INT_ST",
        UART_INT_ENA: "UART_INT_ENA", UART_INT_CLR: "UART_INT_CLR", UART_CLKDIV: "UART_CLKDIV",
        UART_AUTOBAUD: "UART_AUTOBAUD", UART_STATUS: "UART_STATUS", UART_CONF0: "UART_CONF0",
        UART_CONF1: "UART_CONF1", UART_LOWPULSE: "UART_LOWPULSE", UART_HIGHPULSE: "UART_HIGHPULSE",
        UART_PULSE_NUM: "UART_PULSE_NUM", UART_DATE: "UART_DATE", UART_ID: "UART_ID",
    }  # fmt: skip
    reads = {
        UART_FIFO: read_fifo,
        UART_INT_RAW: read_raw,
        UART_INT_ST: read_status_of_interrupts,
        UART_INT_ENA: read_enable,
        UART_STATUS: read_status,
    }
    writes = {
        UART_FIFO: write_fifo,
        UART_INT_ENA: write_enable,
        UART_INT_CLR: write_clear,
        UART_CONF0: write_conf0,
        UART_CONF1: write_conf1,
    }
    host_writes = frozenset({UART_CLKDIV, UART_CONF0, UART_AUTOBAUD})
    polls = (poll_uart,)

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.cells = core.cells(Uart)
        self.on_send: Callable[[bytes], None] = lambda data: None
        self.on_divider: Callable[[int], None] = lambda divider: None
        self.on_framing: Callable[[], None] = lambda: None

    def reset(self) -> None:
        """Registers as after a reset: the divider that 115200 needs at 80 MHz, FIFOs empty."""
        self.flush()
        cells = self.cells
        cells.read = cells.received = cells.put
        cells.enable = cells.sticky = 0
        cells.sent_until = cells.line_free_at = self._now
        self.set_conf0(1 << 4 | FRAMING_8N1)
        self.set_word(UART_CONF1, 0x60 << 8 | 0x60)
        self.set_word(UART_DATE, DATE)
        self.set_divider(80_000_000 // 115_200)

    @property
    def divider(self) -> int:
        """UART_CLKDIV: APB cycles per bit."""
        return self.word(UART_CLKDIV) & DIVIDER_MASK or 1

    def set_divider(self, divider: int) -> None:
        """Set UART_CLKDIV, as the ROM's autobaud and `write` do. What was sent so far leaves at the old rate."""
        self.flush()
        self.set_word(UART_CLKDIV, divider & DIVIDER_MASK)
        self.on_divider(self.divider)

    @property
    def data_bits(self) -> int:
        """5 to 8."""
        return 5 + (self.word(UART_CONF0) >> BIT_NUM_SHIFT & BIT_NUM)

    @property
    def parity(self) -> str:
        """None, even or odd, by the first letter."""
        conf0 = self.word(UART_CONF0)
        return ("O" if conf0 & PARITY_ODD else "E") if conf0 & PARITY_EN else "N"

    def set_conf0(self, value: int) -> None:
        """Set UART_CONF0. What was sent so far leaves with the old framing."""
        self.flush()
        self.set_word(UART_CONF0, value)
        self.on_framing()

    def set_autobaud(self, value: int) -> None:
        """Set UART_AUTOBAUD. What is switched on begins anew."""
        if value & AUTOBAUD_EN and not self.measures_pulses:
            self.set_word(UART_PULSE_NUM, 0)
            self.set_word(UART_LOWPULSE, PULSE_WIDTH)
            self.set_word(UART_HIGHPULSE, PULSE_WIDTH)
        self.set_word(UART_AUTOBAUD, value)

    def write(self, offset: int, value: int) -> None:
        """UART_CLKDIV, UART_CONF0 with another framing, or UART_AUTOBAUD."""
        setters = {UART_CLKDIV: self.set_divider, UART_CONF0: self.set_conf0, UART_AUTOBAUD: self.set_autobaud}
        setters[offset](value)

    @property
    def measures_pulses(self) -> bool:
        """Whether a program wants to know how long the bits of what comes are."""
        return bool(self.word(UART_AUTOBAUD) & AUTOBAUD_EN)

    def measure(self, levels: Sequence[int], bit_cycles: float) -> None:
        """The receive pin, which was high, has these levels for so many APB cycles each."""
        runs = [(level, len(list(run))) for level, run in groupby(levels)]
        self.set_word(UART_PULSE_NUM, self.word(UART_PULSE_NUM) + len(runs) & PULSE_COUNT)
        for offset, wanted in ((UART_LOWPULSE, 0), (UART_HIGHPULSE, 1)):
            pulses = [min(round(length * bit_cycles), PULSE_WIDTH) for level, length in runs if level == wanted]
            self.set_word(offset, min([self.word(offset), *pulses]))

    def receive(self, data: bytes) -> int:
        """Bytes arrive; returns how many found room in the ring. What was on its way arrives with them."""
        count = self._put(data)
        self.cells.received = self.cells.put
        return count

    def put_on_line(self, data: bytes, byte_cycles: int) -> int:
        """Let bytes arrive in bursts, `byte_cycles` for each byte; returns how many found room in the ring."""
        cells = self.cells
        if not self.is_line_busy and (cells.line_free_at - self._now) & 0xFFFFFFFF > FIFO_SIZE * byte_cycles:
            cells.line_free_at = self._now  # free, perhaps for so long that the distance has wrapped
        cells.arrival_cycles = byte_cycles
        return self._put(data)

    def purge(self, count: int) -> None:
        """The last `count` bytes that are on their way never arrive."""
        cells = self.cells
        cells.put = cells.put - min(count, cells.put - cells.received & 0xFFFFFFFF)

    @property
    def is_line_busy(self) -> bool:
        """Whether bytes are on their way."""
        return self.cells.put != self.cells.received

    def _put(self, data: bytes) -> int:
        cells = self.cells
        start = cells.put
        data = data[: UART_RING_SIZE - (start - cells.read & 0xFFFFFFFF)]
        _copy_in(self.core.memory, UART_RING, start, data)
        cells.put = start + len(data)
        return len(data)

    @property
    def _now(self) -> int:
        return self.core.cpu.event - self.core.cpu.left

    @property
    def fifo_room(self) -> int:
        """How many bytes the receive FIFO still takes."""
        return max(0, FIFO_SIZE - (self.cells.received - self.cells.read & 0xFFFFFFFF))

    def note(self, interrupts: int) -> None:
        """Something happened on the line: a break (`BRK_DET_INT`), or a byte too many (`RXFIFO_OVF_INT`)."""
        self.cells.sticky |= interrupts

    def transmit(self, data: bytes) -> None:
        """Send bytes at the current rate, as ROM code does that is not Xtensa code here."""
        self.flush()
        self.on_send(data)

    def flush(self) -> None:
        """Pass what the program sent to `on_send`."""
        cells = self.cells
        start, count = cells.taken, cells.sent - cells.taken & 0xFFFFFFFF
        if count:
            data = _copy_out(self.core.memory, TRANSMITTED, start, count)
            cells.taken = start + count
            self.on_send(data)


def _copy_in(memory: memoryview, ring: int, position: int, data: bytes) -> None:
    index = position & RING_MASK
    first = data[: UART_RING_SIZE - index]
    memory[ring + index : ring + index + len(first)] = first
    memory[ring : ring + len(data) - len(first)] = data[len(first) :]


def _copy_out(memory: memoryview, ring: int, position: int, count: int) -> bytes:
    index = position & RING_MASK
    first = bytes(memory[ring + index : ring + min(index + count, UART_RING_SIZE)])
    return first + bytes(memory[ring : ring + count - len(first)])
