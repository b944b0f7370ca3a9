"""A program that asks the ROM at what rate its client sends, as NodeMCU and Arduino sketches do."""

import time

import pytest

from emulator import Board

MEASURES_THE_RATE = """
.literal uart, 0x60000000
.literal detect, uart_baudrate_detect
.literal modify, uart_div_modify
.align 4
start:
    l32r    a12, uart
ask:
    movi    a2, 0
    movi    a3, 1
    l32r    a0, detect
    callx0  a0
    beqz    a2, ask
    mov.n   a3, a2
    movi    a2, 0
    l32r    a0, modify
    callx0  a0
forget:                         # what came at the wrong rate
    l32i    a3, a12, 0x1c
    extui   a3, a3, 0, 8
    beqz    a3, ready
    l32i    a3, a12, 0
    j       forget
ready:
    movi    a3, 0x21            # !
    s32i    a3, a12, 0
echo:
    l32i    a3, a12, 0x1c
    extui   a3, a3, 0, 8
    beqz    a3, echo
    l32i    a3, a12, 0
    s32i    a3, a12, 0
    j       echo
"""


@pytest.mark.slow
@pytest.mark.parametrize("baud", [9600, 57_600, 230_400])
def test_a_client_of_any_rate_is_understood(loader, baud: int) -> None:
    with Board() as board:
        client = loader(board)
        client.connect()
        client.run(MEASURES_THE_RATE)
        client.port.baudrate = baud
        client.port.timeout = 0.05
        heard = b""
        deadline = time.monotonic() + 60
        while not heard and time.monotonic() < deadline:
            client.port.write(b"\r")
            heard = client.port.read(1)
        assert heard == b"!"
        client.port.timeout = 60
        client.port.write(b"hello")
        assert client.port.read_until(b"hello").endswith(b"hello"), "after what came before"
