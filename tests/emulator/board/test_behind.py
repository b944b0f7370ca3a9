"""A board whose thread had to wait for a processor: what was sent meanwhile reaches a chip that has caught up."""

import time

from emulator import Board

CHANGES_ITS_RATE = """
.literal uart, 0x60000000
.literal pin_enable, 0x60000310
.literal pause_us, 20000
.literal wait, ets_delay_us
.literal slow_divider, 5417     # 9600 of 52 MHz, twice the crystal
.align 4
start:
    l32r    a12, uart
first:
    l32i    a3, a12, 0x1c
    extui   a3, a3, 0, 8
    beqz    a3, first
    l32i    a3, a12, 0
    l32r    a4, pin_enable      # tells the test
    movi    a3, 4
    s32i    a3, a4, 0
    l32r    a2, pause_us
    l32r    a0, wait
    callx0  a0
    l32r    a3, slow_divider
    s32i    a3, a12, 0x14
echo:
    l32i    a3, a12, 0x1c
    extui   a3, a3, 0, 8
    beqz    a3, echo
    l32i    a3, a12, 0
    s32i    a3, a12, 0
    j       echo
"""


def test_bytes_at_a_new_rate_wait_for_the_chip_to_change_its_own(loader) -> None:
    """esptool waits 0.05 s after it has told the stub of a new rate; the stub needs 0.01 s of its own time."""
    with Board() as board:
        client = loader(board)
        client.connect()
        client.run(CHANGES_ITS_RATE)

        def hold_up(event: object) -> None:  # on the board's thread
            if getattr(event, "name", "") == "pin":
                client.port.baudrate = 9600
                client.port.write(b"hello")
                time.sleep(0.08)

        board.events.subscribe(hold_up)
        client.port.write(b"x")
        assert client.port.read(5) == b"hello"
