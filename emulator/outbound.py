"""Bytes on their way from a chip: what its UARTs sent, until the bridge has it."""

import time

from emulator.bridge import Bridge
from emulator.inbound import LineMode
from emulator.line import BITS_PER_BYTE, Framing, Pacer
from emulator.soc.chip import Chip


class Outbound:
    """The way out of one chip. Belongs to the board's thread."""

    def __init__(self, chip: Chip, bridge: Bridge, crystal_mhz: float, line: LineMode) -> None:
        self._chip, self._bridge, self._crystal_mhz, self._line = chip, bridge, crystal_mhz, line
        self._paced = Pacer()
        """With line=real, what has not had its time on the line."""
        chip.uart.on_divider = self._divider_changed
        chip.uart.on_framing = self._framing_changed

    def baud(self) -> int:
        """The rate of the chip's UART0, in which it sends and receives."""
        return self._baud_of(self._chip.uart.divider)

    def _baud_of(self, divider: int) -> int:
        return round(self._chip.phy.apb_hz(self._crystal_mhz) / divider)

    def _divider_changed(self, divider: int) -> None:
        self._chip.trace.emit("uart", baud=self._baud_of(divider))
        self.pace_transmitter()

    def _framing_changed(self) -> None:
        self._bridge.chip_framing = Framing(self._chip.uart.data_bits, self._chip.uart.parity)

    def pace_transmitter(self) -> None:
        """With line=real, sent bytes stay in the FIFO as long as the line takes, whatever the processor's clock."""
        if self._line == "real":
            cycles_per_second = self._chip.clock.mhz * 1_000_000
            self._chip.uart.cells.byte_cycles = round(BITS_PER_BYTE * cycles_per_second / self.baud())

    def pass_on(self) -> None:
        """What the program sent leaves the chip. What UART1 sent goes nowhere but into the trace."""
        if data := self._chip.uart1.take():
            baud = self._baud_of(self._chip.uart1.divider)
            self._chip.trace.emit("uart1", data=data.decode("latin-1"), baud=baud)
        self._chip.uart.flush()

    def send(self, data: bytes) -> None:
        """Bytes leave the transmit pin of UART0."""
        if self._line == "real":
            self._paced.push(data, self.baud(), time.monotonic())
        else:
            self._bridge.send(data, self.baud())

    @property
    def waiting(self) -> int:
        """How many bytes are on their way."""
        return self._paced.waiting

    def next_at(self, grain_s: float) -> float | None:
        """When to `deliver` next (see `Pacer.next_at`); None when nothing is on its way."""
        return self._paced.next_at(grain_s)

    def deliver(self, now: float) -> None:
        """The bridge gets what has had its time on the line by `now`, on time.monotonic's clock."""
        for data, baud in self._paced.pop(now):
            self._bridge.send(data, baud)

    def clear(self) -> None:
        """Nothing is on its way."""
        self._paced.clear()
