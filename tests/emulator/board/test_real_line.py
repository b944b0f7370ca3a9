"""The line as it is: bytes take their time, a full FIFO loses them, a break is heard, and a flood drowns nobody."""

import time

import pytest

from emulator import Board

LISTENS_LATE = """
.literal uart, 0x60000000
.literal pause_us, 50000
.literal wait, ets_delay_us
.literal print, ets_printf
.literal format_at, format
.align 4
start:
    l32r    a12, uart
until_full:
    l32i    a3, a12, 0x1c       # UART_STATUS
    extui   a3, a3, 0, 8
    movi    a4, 128
    bltu    a3, a4, until_full
    l32r    a2, pause_us
    l32r    a0, wait
    callx0  a0
    l32i    a13, a12, 0x04      # UART_INT_RAW
    extui   a13, a13, 4, 1      # RXFIFO_OVF
    movi    a14, 0
drain:
    l32i    a3, a12, 0x1c
    extui   a3, a3, 0, 8
    beqz    a3, done
    l32i    a3, a12, 0x00       # UART_FIFO
    addi    a14, a14, 1
    j       drain
done:
    l32r    a2, format_at
    mov.n   a3, a13
    mov.n   a4, a14
    l32r    a0, print
    callx0  a0
forever:
    j       forever
.align 4
format: .asciz "overrun %d, read %d\\n"
"""

WAITS_FOR_A_BREAK = """
.literal uart, 0x60000000
.literal print, ets_printf
.literal format_at, format
.align 4
start:
    l32r    a12, uart
again:
    l32i    a3, a12, 0x04
    bbci    a3, 7, again        # BRK_DET
    l32i    a13, a12, 0x1c
    extui   a13, a13, 0, 8
    l32i    a4, a12, 0x00
    l32r    a2, format_at
    extui   a5, a3, 3, 1        # FRM_ERR
    mov.n   a3, a13
    l32r    a0, print
    callx0  a0
forever:
    j       forever
.align 4
format: .asciz "%d byte: %d, framing error %d\\n"
"""

HANGS = """
start:
    j       start
"""


@pytest.mark.parametrize(("line", "said"), [("real", b"overrun 1, read 128\r\n"), ("fast", b"overrun 0, read 200\r\n")])
def test_a_program_that_does_not_listen_loses_what_its_fifo_does_not_hold(loader, line: str, said: bytes) -> None:
    with Board(line=line) as board:
        client = loader(board)
        client.connect()
        client.run(LISTENS_LATE)
        client.port.write(bytes(200))
        assert client.port.read_until(b"\n").endswith(said)
        assert len(board.events.named("overrun")) == (line == "real")


def test_a_break_is_a_zero_without_a_stop_bit(loader) -> None:
    with Board() as board:
        client = loader(board)
        client.connect()
        client.run(WAITS_FOR_A_BREAK)
        client.port.break_condition = True
        client.port.write(b"is not heard")
        client.port.break_condition = False
        assert client.port.read_until(b"\n").endswith(b"1 byte: 0, framing error 1\r\n")


@pytest.mark.slow
@pytest.mark.parametrize("baud", [57_600, 115_200, 460_800])
def test_no_byte_comes_before_its_time(loader, baud: int) -> None:
    """What it takes more than its time is the computer's doing, and the benchmarks' concern."""
    with Board(line="real") as board:
        client = loader(board, baud)
        client.connect()
        content = bytes(range(256)) * 24  # 192 bytes of it are sent as two
        began = time.monotonic()
        client.load(0x3FFE8000, content)
        took_s = time.monotonic() - began
        assert board.chip.core.read(0x3FFE8000, len(content)) == content
    assert took_s >= (len(content) + 48) * 10 / baud


@pytest.mark.slow
@pytest.mark.parametrize("line", ["fast", "real"])
def test_a_program_that_hangs_does_not_hold_the_line(loader, line: str) -> None:
    """The flood before the reset is lost, as on a chip, and the board is as good as new."""
    with Board(line=line) as board:
        client = loader(board, baud=921_600)
        client.connect()
        client.run(HANGS)
        for _ in range(4):
            client.port.write(bytes(50_000))
            client.port.reset_output_buffer()
        if line == "fast":
            client.port.write(bytes(300_000))
        client.connect()
        client.load(0x3FFE8000, b"well")
        assert board.chip.core.read(0x3FFE8000, 4) == b"well"


@pytest.mark.slow
def test_a_rom_that_cannot_answer_as_fast_as_it_is_asked_loses_questions(loader, eventually) -> None:
    with Board(line="real") as board:
        client = loader(board)
        client.connect()
        client.port.write(client.request(client.SYNC, b"\x07\x07\x12\x20" + 32 * b"\x55") * 100)
        eventually(lambda: board.events.named("overrun"))
        client.port.timeout = 0.3
        while client.port.read(1000):
            pass
        assert len(board.events.named("download")) < 100
        client.connect()
