"""UART1, which can only send: on GPIO2, where that pad is switched to it. What it sends is heard at once.

Source: SDK `uart_register.h`.
"""

from collections.abc import Callable
from typing import Final

from emulator.cpu.core import Core
from emulator.cpu.memory import PERIPHERALS
from emulator.soc.peripheral import Peripheral
from emulator.soc.uart import (
    DIVIDER_MASK,
    TXFIFO_EMPTY_INT,
    UART_CLKDIV,
    UART_CONF0,
    UART_CONF1,
    UART_FIFO,
    UART_INT_CLR,
    UART_INT_ENA,
    UART_INT_RAW,
    UART_INT_ST,
    UART_STATUS,
)

BASE: Final = PERIPHERALS + 0xF00
PAD: Final = 2
"""The pin whose function U1TXD is."""


class Uart1(Peripheral):
    """The registers. Its FIFO is always empty, so it has no interrupt but that one, which nobody asks for."""

    name = "UART1"
    base = BASE
    registers = {
        UART_FIFO: "UART1_FIFO", UART_INT_RAW: "UART1_INT_RAW", UART_INT_ST: "UART1_INT_ST",
        UART_INT_ENA: "UART1_INT_ENA", UART_INT_CLR: "UART1_INT_CLR", UART_CLKDIV: "UART1_CLKDIV",
        UART_STATUS: "UART1_STATUS", UART_CONF0: "UART1_CONF0", UART_CONF1: "UART1_CONF1",
    }  # fmt: skip
    host_writes = frozenset({UART_FIFO, UART_STATUS})

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.is_connected: Callable[[], bool] = lambda: True
        """Whether the pad is switched to it; the chip knows."""
        self._sent = bytearray()

    def reset(self) -> None:
        """The divider that 115200 needs at 80 MHz."""
        self.set_word(UART_CLKDIV, 80_000_000 // 115_200)
        self.set_word(UART_INT_RAW, TXFIFO_EMPTY_INT)

    @property
    def divider(self) -> int:
        """UART_CLKDIV: APB cycles per bit."""
        return self.word(UART_CLKDIV) & DIVIDER_MASK or 1

    def write(self, offset: int, value: int) -> None:
        """UART_FIFO sends; UART_STATUS cannot be written."""
        if offset == UART_FIFO and self.is_connected():
            self._sent.append(value & 0xFF)

    def take(self) -> bytes:
        """What was sent since the last time."""
        sent = bytes(self._sent)
        self._sent.clear()
        return sent
