"""RFC 2217: a serial port over Telnet, with its rate and lines, for other machines and whatever speaks it.

The protocol is pyserial's (`serial.rfc2217.PortManager`); here is only the port that it manages. DTR and RTS come one
at a time, and pyserial's client waits 50 ms for each: see EN_RISE_S in emulator/reset_circuit.py.
"""

import socket
import struct
from dataclasses import replace

from serial import rfc2217

from emulator.bridge import IDLE_BAUD, Bridge, BridgeError
from emulator.ports.server import Outbox, SocketClient, SocketServer, chunks, refuse

IAC = b"\xff"
LONGEST_SUBNEGOTIATION = 1024
"""Bytes; RFC 2217's longest, a signature, is shorter."""


class Server(SocketServer):
    """Serves a bridge to RFC 2217 clients, one at a time; a second one is told why not."""

    @property
    def url(self) -> str:
        """What pyserial opens."""
        return f"rfc2217://{self.address}"

    def handle(self, connection: socket.socket) -> None:
        """Pass bytes and settings until the client leaves."""
        client = _Client(connection)
        try:
            with client.attached(self.bridge):
                self.bridge.set_baud(IDLE_BAUD)
                port = _Port(self.bridge)
                # pyserial's stubs ask for two Serials; it uses of them what our two classes have.
                manager = rfc2217.PortManager(port, _Connection(client.outbox))  # type: ignore[arg-type]
                for data in chunks(connection):
                    for byte in manager.filter(data):
                        port.unwritten += byte
                    port.write_out()
                    if len(manager.suboption or b"") > LONGEST_SUBNEGOTIATION:
                        return
        except BridgeError as refusal:
            refuse(connection, refusal)
        except (TypeError, ValueError, LookupError, struct.error):
            return  # PortManager's ways to fail on what is not Telnet: hang up


class _Client(SocketClient):
    def receive(self, data: bytes) -> None:
        super().receive(data.replace(IAC, IAC + IAC))


class _Connection:
    """Where PortManager writes its answers."""

    def __init__(self, outbox: Outbox) -> None:
        self.write = outbox.send


class _Port:
    """A bridge as the pyserial object that PortManager sets. Bytes collect until a setting changes or a read ends."""

    stopbits = 1
    rtscts = xonxoff = False

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._break = False
        self.unwritten = bytearray()

    def write_out(self) -> None:
        """Pass on the bytes that came before what comes now."""
        if self.unwritten:
            self._bridge.write(bytes(self.unwritten))
            self.unwritten.clear()

    @property
    def baudrate(self) -> int:
        return self._bridge.baud or IDLE_BAUD

    @baudrate.setter
    def baudrate(self, baud: int) -> None:
        self.write_out()
        self._bridge.set_baud(baud)

    @property
    def bytesize(self) -> int:
        return self._bridge.framing.data_bits

    @bytesize.setter
    def bytesize(self, data_bits: int) -> None:
        self.write_out()
        self._bridge.set_framing(replace(self._bridge.framing, data_bits=data_bits))

    @property
    def parity(self) -> str:
        return self._bridge.framing.parity

    @parity.setter
    def parity(self, parity: str) -> None:
        self.write_out()
        self._bridge.set_framing(replace(self._bridge.framing, parity=parity))

    @property
    def dtr(self) -> bool:
        return self._bridge.lines[0]

    @dtr.setter
    def dtr(self, asserted: bool) -> None:
        self.write_out()
        self._bridge.set_lines(dtr=asserted)

    @property
    def rts(self) -> bool:
        return self._bridge.lines[1]

    @rts.setter
    def rts(self, asserted: bool) -> None:
        self.write_out()
        self._bridge.set_lines(rts=asserted)

    @property
    def break_condition(self) -> bool:
        return self._break

    @break_condition.setter
    def break_condition(self, on: bool) -> None:
        self.write_out()
        self._break = on
        self._bridge.set_break(on)

    @property
    def cts(self) -> bool:
        return self._bridge.cts

    @property
    def dsr(self) -> bool:
        return self._bridge.dsr

    @property
    def ri(self) -> bool:
        return self._bridge.ri

    @property
    def cd(self) -> bool:
        return self._bridge.cd

    def reset_input_buffer(self) -> None:
        """Nothing waits on this side; the client empties its own buffer."""

    def reset_output_buffer(self) -> None:
        self.unwritten.clear()
        self._bridge.purge_output()
