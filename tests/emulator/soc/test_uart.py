"""UART0 as a program sees it: FIFOs, interrupts, divider, and bytes that take time (SDK `uart_register.h`)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.cpu.core import Stop
from emulator.soc.uart import BRK_DET_INT, Uart

UART = 0x60000000
FIFO, RAW, STATUS_OF_INTERRUPTS, ENABLE, CLEAR, CLKDIV, STATUS, CONF0, CONF1 = (
    UART + offset for offset in (0x00, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x1C, 0x20, 0x24)
)
UART_INTERRUPT = 1 << 5
RX_FULL, TX_EMPTY, RX_TIMEOUT = 1 << 0, 1 << 1, 1 << 8
RX_TOUT_EN = 1 << 31


@pytest.mark.slow
@given(st.lists(st.one_of(st.binary(max_size=100), st.integers(1, 80)), max_size=30))
@settings(deadline=None, max_examples=40)
def test_bytes_come_out_as_they_went_in(shared_rig: Any, steps: list[bytes | int]) -> None:
    """Bytes arrive, numbers of them are read; the status counts up to the FIFO's 128."""
    shared_rig.reset()
    core, waiting = shared_rig.core, b""
    for step in steps:
        if isinstance(step, bytes):
            assert shared_rig.chip.uart.receive(step) == len(step)
            waiting += step
        else:
            for _ in range(step):
                assert core.load(FIFO) == (waiting[0] if waiting else 0)
                waiting = waiting[1:]
        assert core.load(STATUS) & 0xFF == min(len(waiting), 128)


def test_the_ring_wraps_and_refuses_what_does_not_fit(rig: Any) -> None:
    uart = rig.chip.uart
    uart.cells.read = uart.cells.received = uart.cells.put = 0xFFFFFFF0
    content = bytes(range(256)) * 255
    assert uart.receive(content) == len(content)
    assert uart.receive(content) == 0x10000 - len(content)
    assert uart.receive(b"x") == 0
    assert bytes(rig.core.load(FIFO) for _ in range(300)) == content[:300]


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 128, 129, 1000])
def test_bytes_on_the_line_arrive_in_bursts(rig: Any, count: int) -> None:
    """A burst fills the FIFO; the next comes when the one before has had its time on the line."""
    uart, core, content = rig.chip.uart, rig.core, bytes(index % 251 for index in range(count))
    assert uart.put_on_line(content, 100) == count
    rig.load("loop: j loop")
    heard = b""
    while len(heard) < count:
        rig.run(10)
        burst = core.load(STATUS) & 0xFF
        assert burst == min(128, count - len(heard))
        begin = core.cycles
        heard += bytes(core.load(FIFO) for _ in range(burst))
        while uart.is_line_busy and not core.load(STATUS) & 0xFF:
            rig.run(10)
        if len(heard) < count:
            assert core.cycles - begin == pytest.approx(12_800, abs=50)
    assert heard == content
    assert uart.cells.line_cycles >= count * 100


def test_a_run_ends_when_all_has_arrived(rig: Any) -> None:
    """Then somebody outside may have more, or want to know what the program says to it."""
    rig.load("loop: j loop")
    rig.chip.uart.put_on_line(bytes(200), 100)
    begin = rig.core.cycles
    assert rig.run(10_000_000) is Stop.BUDGET
    assert rig.core.cycles - begin == pytest.approx(12_800, abs=50)
    assert not rig.chip.uart.is_line_busy


def test_what_is_purged_never_arrives(rig: Any) -> None:
    rig.load("loop: j loop")
    uart = rig.chip.uart
    uart.put_on_line(bytes(300), 100)
    rig.run(100)
    uart.purge(22)
    assert uart.cells.put - uart.cells.received == 150
    uart.purge(1000)
    rig.run(100_000)
    assert [rig.core.load(STATUS) & 0xFF, uart.is_line_busy] == [128, False]


def test_the_line_is_free_after_a_long_silence(rig: Any) -> None:
    """However long: the counter of cycles wraps."""
    rig.load("loop: j loop")
    rig.chip.uart.put_on_line(b"a", 100)
    rig.run(1000)
    rig.core.skip((1 << 31) - 1000)
    rig.run(100)
    rig.core.skip(1 << 20)
    rig.chip.uart.put_on_line(b"b", 100)
    rig.run(100)
    assert rig.core.load(STATUS) & 0xFF == 2


def test_sent_bytes_leave_in_order(rig: Any) -> None:
    for value in b"hello":
        rig.core.store(FIFO, value)
    assert rig.sent == b"hello"
    assert rig.sent == b"hello"


def test_a_transmit_ring_that_wraps(rig: Any) -> None:
    rig.chip.uart.cells.sent = 0xFFFE
    rig.chip.uart.cells.taken = 0xFFFE
    for value in b"wrap":
        rig.core.store(FIFO, value)
    assert rig.sent == b"wrap"


def test_the_reset_bit_empties_the_receive_fifo(rig: Any) -> None:
    rig.chip.uart.receive(b"old")
    rig.core.store(CONF0, 1 << 17 | 0x1C)
    rig.core.store(CONF0, 0x1C)
    rig.chip.uart.receive(b"n")
    assert rig.core.load(STATUS) & 0xFF == 1
    assert rig.core.load(FIFO) == ord("n")


def test_receive_interrupts(rig: Any) -> None:
    """RX_TIMEOUT with any byte, RX_FULL from CONF1's threshold; both go with the bytes, not with CLEAR."""
    core = rig.core
    core.store(CONF1, RX_TOUT_EN | 3)
    core.store(ENABLE, RX_FULL | RX_TIMEOUT)
    assert core.load(STATUS_OF_INTERRUPTS) == 0
    rig.chip.uart.receive(b"ab")
    assert core.load(STATUS_OF_INTERRUPTS) == RX_TIMEOUT
    rig.chip.uart.receive(b"c")
    core.store(CLEAR, 0xFFFFFFFF)
    assert core.load(STATUS_OF_INTERRUPTS) == RX_TIMEOUT | RX_FULL
    assert core.load(0x3FF00020) & 1 == 1
    assert core.cpu.lines & UART_INTERRUPT
    for _ in range(3):
        core.load(FIFO)
    assert core.load(STATUS_OF_INTERRUPTS) == 0
    assert core.load(0x3FF00020) & 1 == 0
    assert not core.cpu.lines & UART_INTERRUPT


def test_no_timeout_without_its_bit_in_conf1(rig: Any) -> None:
    """Arduino's core leaves it out and enables the interrupt, for which its handler does nothing."""
    rig.core.store(CONF1, 3)
    rig.core.store(ENABLE, RX_FULL | RX_TIMEOUT)
    rig.chip.uart.receive(b"ab")
    assert rig.core.load(STATUS_OF_INTERRUPTS) == 0
    assert not rig.core.cpu.lines & UART_INTERRUPT
    rig.chip.uart.receive(b"c")
    assert rig.core.load(STATUS_OF_INTERRUPTS) == RX_FULL


def test_another_threshold_counts_at_once(rig: Any) -> None:
    rig.core.store(CONF1, 3)
    rig.core.store(ENABLE, RX_FULL)
    rig.chip.uart.receive(b"ab")
    assert not rig.core.cpu.lines & UART_INTERRUPT
    rig.core.store(CONF1, 2)
    assert rig.core.cpu.lines & UART_INTERRUPT
    rig.core.store(CONF1, 3)
    assert not rig.core.cpu.lines & UART_INTERRUPT


def test_what_is_not_enabled_interrupts_nobody(rig: Any) -> None:
    rig.core.store(CONF1, RX_TOUT_EN | 3)
    rig.chip.uart.receive(b"a")
    assert rig.core.load(RAW) & RX_TIMEOUT
    assert rig.core.load(STATUS_OF_INTERRUPTS) == 0
    assert not rig.core.cpu.lines & UART_INTERRUPT


def test_the_transmitter_is_empty_unless_bytes_take_time(rig: Any) -> None:
    rig.core.store(ENABLE, TX_EMPTY)
    assert rig.core.load(ENABLE) == TX_EMPTY
    assert rig.core.load(STATUS_OF_INTERRUPTS) == TX_EMPTY
    rig.core.store(FIFO, 1)
    assert rig.core.load(STATUS_OF_INTERRUPTS) == TX_EMPTY


def test_a_break_stays_until_it_is_cleared(rig: Any) -> None:
    rig.core.store(ENABLE, BRK_DET_INT)
    rig.chip.uart.note(BRK_DET_INT)
    assert rig.core.load(STATUS_OF_INTERRUPTS) == BRK_DET_INT
    rig.core.store(CLEAR, BRK_DET_INT)
    assert rig.core.load(STATUS_OF_INTERRUPTS) == 0


def test_an_interrupt_reaches_a_waiting_program(rig: Any) -> None:
    labels = rig.load(
        """
        .literal uart, 0x60000000
        .literal attach, ets_isr_attach
        .literal handler_at, handler
        .align
        handler:
            l32r a4, uart
            l32i a13, a4, 0
            ret
        start:
            movi a2, 5
            l32r a3, handler_at
            l32r a0, attach
            callx0 a0
            movi a5, 0x20
            wsr a5, INTENABLE
            movi a13, 0
            waiti 0
            break 0, 0
        """
    )
    rig.core.store(CONF1, RX_TOUT_EN | 0x60)
    rig.core.store(ENABLE, RX_TIMEOUT)
    rig.core.pc = labels["start"]
    assert rig.run().name == "IDLE"
    rig.chip.uart.receive(b"k")
    assert rig.run().name == "BREAKPOINT"
    assert rig.core.load(STATUS) & 0xFF == 0


@pytest.mark.parametrize(("divider", "read"), [(694, 694), (0x123456, 0x23456), (0, 1)])
def test_the_divider(rig: Any, divider: int, read: int) -> None:
    heard: list[int] = []
    rig.chip.uart.on_divider = heard.append
    rig.core.store(CLKDIV, divider)
    rig.chip.uart.on_divider = lambda divider: None
    assert heard == [read]
    assert rig.chip.uart.divider == read


def test_what_was_sent_leaves_before_the_divider_changes(rig: Any) -> None:
    order: list[bytes | int] = []
    uart = rig.chip.uart
    before = uart.on_send
    uart.on_send, uart.on_divider = order.append, order.append
    rig.core.store(FIFO, ord("a"))
    rig.core.store(CLKDIV, 100)
    uart.on_send, uart.on_divider = before, lambda divider: None
    assert order == [b"a", 100]


@pytest.mark.parametrize(("conf0", "framing"), [(0x1C, (8, "N")), (0x1A, (7, "E")), (0x1B, (7, "O")), (0x11, (5, "N"))])
def test_the_framing(rig: Any, conf0: int, framing: tuple[int, str]) -> None:
    """UART_CONF0, as in the ESP8266 technical reference: 0 odd, 1 with parity, 3:2 data bits less five."""
    heard: list[bytes | str] = []
    uart = rig.chip.uart
    before = uart.on_send, uart.on_framing
    rig.core.store(CONF0, 0x18)
    uart.on_send, uart.on_framing = heard.append, lambda: heard.append("changed")
    rig.core.store(FIFO, ord("a"))
    rig.core.store(CONF0, conf0)
    rig.core.store(CONF0, conf0 | 1 << 17)
    uart.on_send, uart.on_framing = before
    assert (uart.data_bits, uart.parity) == framing
    assert heard == [b"a", "changed"], "what was sent leaves first, and only a change is told"


@pytest.fixture
def slow(rig: Any) -> Any:
    """The rig with a line on which a byte takes 1000 cycles."""
    rig.core.cells(Uart).byte_cycles = 1000
    rig.load("loop: j loop")
    yield rig
    rig.core.cells(Uart).byte_cycles = 0


@pytest.mark.parametrize("threshold", [0, 2])
def test_bytes_that_take_time(slow: Any, threshold: int) -> None:
    """The FIFO counts down, and TX_EMPTY comes when no more bytes than CONF1's threshold are left."""
    core = slow.core
    core.store(CONF1, threshold << 8 | 0x60)
    core.store(ENABLE, TX_EMPTY)
    for value in b"abcdef":
        core.store(FIFO, value)
    slow.run(100)  # the first leaves the FIFO for the line at once
    for left in (5, 4, 3, 2, 1, 0):
        assert core.load(STATUS) >> 16 == left
        assert bool(core.cpu.lines & UART_INTERRUPT) == (left <= threshold)
        slow.run(1000)
    assert slow.sent == b"abcdef"


def test_silence_does_not_fill_the_transmit_fifo(slow: Any) -> None:
    """Time has 32 bits: after half a round, "until" must not look like the future."""
    slow.core.store(FIFO, ord("a"))
    for _ in range(50):
        slow.run(1000)
        slow.core.skip(100_000_000)
    assert slow.core.load(STATUS) >> 16 == 0
    slow.chip.reset()
    assert slow.core.load(STATUS) >> 16 == 0


def test_a_reset_drops_what_was_received(rig: Any) -> None:
    rig.chip.uart.receive(b"old")
    rig.core.store(CONF1, RX_TOUT_EN | 0x60)
    rig.core.store(ENABLE, RX_TIMEOUT)
    rig.chip.reset()
    assert rig.core.load(STATUS) & 0xFF == 0
    assert rig.core.load(ENABLE) == 0
    assert rig.chip.uart.divider == 694


def test_the_date_register_tells_which_chip_it_is(rig: Any) -> None:
    assert rig.core.load(UART + 0x78) == 0x00062000
