"""The USB-UART bridge: what joins a client to the chip.

A transport (emulator/ports) attaches one client at a time and calls `write`, `set_baud`, `set_lines` from its
own thread. The board's thread collects what happened with `take`, in order, and answers with `send`.
Neither waits for the other, except that a client that outruns the board is held up (`bridge_queue`). What the lines do
to the chip is the circuit's affair (`reset_circuit`).
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from emulator.bridge_queue import QUEUE_LIMIT, Break, BridgeQueue, Bytes, Item, Purge
from emulator.line import FRAMING_8N1, Framing, reframe, resample
from emulator.reset_circuit import Circuit, Pins, ResetCircuit
from emulator.trace import Trace

LineEffect = Callable[[bytes], bytes]
"""Bytes as they are sent -> as they arrive."""
Running = Literal["download", "uploaded", "program"]
"""What a board runs: the ROM's download mode, what a client uploaded to RAM, or a program from flash."""

LEAVING_S, LEAVING_CHECK_S = 4.0, 0.05
"""How long the port is waited for where its last client is gone already, and how often that is looked at."""

IDLE_BAUD = 115200
"""The rate of a port nobody has opened yet."""


class BridgeError(Exception):
    """The port cannot be had now."""


class PortBusyError(BridgeError):
    """Another client holds the port."""


class PortForbiddenError(BridgeError):
    """The computer does not let this user open the port."""


class PortUnpluggedError(BridgeError):
    """The cable is out."""


class Client(Protocol):
    """What a transport attaches. Called from the board's thread, so both must return at once."""

    def receive(self, data: bytes) -> None:
        """Bytes from the board."""

    def unplugged(self) -> None:
        """The cable was pulled; the client is detached already."""


@dataclass(frozen=True, slots=True)
class UsbIdentity:
    """How the bridge introduces itself to the computer, and what systems with their own driver make of it."""

    vid: int
    pid: int
    manufacturer: str | None
    product: str
    serial_number: str | None
    windows_description: str
    windows_manufacturer: str
    macos_device: str
    """The name that its driver for macOS gives the first such port."""


class Bridge:
    """The bridge chip, with the circuit that its lines drive. All methods are thread-safe."""

    cts = dsr = ri = cd = False
    """Inputs of the bridge; nothing is wired to them on these boards."""

    def __init__(
        self,
        circuit: Circuit = "auto-reset",
        on_wake: Callable[[], None] = lambda: None,
        *,
        usb: UsbIdentity,
        trace: Trace | None = None,
    ) -> None:
        """`on_wake` is called from a transport's thread when `take` has something new; it may only set a
        flag."""
        self.usb = usb
        self.running: Callable[[], Running] = lambda: "program"
        """Supplied by the board. Only the pty asks, for want of reset lines."""
        self.to_chip: list[LineEffect] = []
        self.to_client: list[LineEffect] = []
        """What the bytes of each direction go through on the line."""
        self.on_sent: list[Callable[[bytes], None]] = []
        """Called on the board's thread with what the chip sends, whether anybody has the port open or not."""
        self.refusals: list[type[BridgeError]] = []
        """Why the computer lets nobody open the port, although it is there; the first counts."""
        self._on_wake = on_wake
        self._trace = trace or Trace()
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self.circuit = ResetCircuit(circuit, self._queue, lock)
        """What the lines and the board's buttons do to EN and GPIO0."""
        self._client: Client | None = None
        self._has_left: Callable[[], bool] = lambda: False
        self._plugged = self._has_data_wires = True
        self._waiting = BridgeQueue()
        self._unflushed = 0
        """Bytes that can be purged."""
        self._baud: int | None = IDLE_BAUD
        self._framing = FRAMING_8N1
        self.chip_framing = FRAMING_8N1
        """The chip's data bits and parity, which its owner sets."""
        self._dtr = self._rts = self._break = False

    # what a transport sees

    def attach(self, client: Client, patience_s: float = 0.0, has_left: Callable[[], bool] = lambda: False) -> None:
        """Give `client` the port, for which it waits so long.

        Raises PortUnpluggedError, PortBusyError, or what is among the `refusals`.

        `has_left` tells others, while it holds the port, that nobody is at the client's other end any more: what it
        said last is on its way to the board, and then it detaches. That is worth waiting for, `LEAVING_S` at the most.
        """
        begin = time.monotonic()
        with self._changed:
            while self._client is not None and self.plugged:
                waited_s = time.monotonic() - begin
                if waited_s >= (LEAVING_S if self._has_left() else patience_s):
                    break
                self._changed.wait(LEAVING_CHECK_S)
            if not self.plugged:
                raise PortUnpluggedError("the board is unplugged")
            if self.refusals:
                raise self.refusals[0]("the computer refuses to open the port")
            if self._client is not None:
                raise PortBusyError("another program holds the port")
            self._client, self._has_left = client, has_left
            self._unflushed, self._framing = 0, FRAMING_8N1
        self._trace.emit("attach")

    def detach(self, client: Client) -> None:
        """Take the port back; the lines are released together, as when a port is closed.

        So they are, too, for a client that has lost the port already: it may have moved them after that.
        """
        with self._changed:
            if self._client not in (client, None):
                return
            had_port, self._client = self._client is client, None
            self._release_lines()
            self._changed.notify_all()
        if had_port:
            self._trace.emit("detach")

    def write(self, data: bytes) -> None:
        """Send bytes to the chip, at the current rate."""
        with self._changed:
            self._hold_up()
            data = reframe(data, self._framing, self.chip_framing)
            for effect in tuple(self.to_chip):
                data = effect(data)
            self._unflushed += len(data)
            self._queue(Bytes(data, self._baud))

    @property
    def baud(self) -> int | None:
        """The client's rate, in baud; None means that it follows the board's."""
        return self._baud

    def set_baud(self, baud: int | None) -> None:
        """Change the client's rate, for what is sent and received from now on."""
        with self._changed:
            changed = baud != self._baud
            self._baud = baud
        if changed:
            self._trace.emit("baud", baud=baud)

    @property
    def framing(self) -> Framing:
        """The client's data bits and parity; a new client begins with 8N1."""
        return self._framing

    def set_framing(self, framing: Framing) -> None:
        """Change the client's framing, for what is sent and received from now on."""
        self._framing = framing

    @property
    def lines(self) -> tuple[bool, bool]:
        """(DTR, RTS), True when asserted."""
        return self._dtr, self._rts

    def set_lines(self, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Assert (True) or release (False) DTR and RTS, both in one step; None leaves a line as it is."""
        with self._changed:
            before = self.lines
            self._dtr = self._dtr if dtr is None else dtr
            self._rts = self._rts if rts is None else rts
            if self.lines == before:
                return
            self.circuit.drive(self._dtr, self._rts)
        self._trace.emit("lines", dtr=self._dtr, rts=self._rts)

    def set_break(self, on: bool) -> None:
        """Hold the line to the chip low, or let it go."""
        with self._changed:
            if on != self._break:
                self._hold_up()
                self._break = on
                self._queue(Break(on))
                self._trace.emit("line-break", on=on)

    def flush(self) -> None:
        """The client waits until what it sent has gone out: from then on it cannot be purged."""
        self._unflushed = 0

    def purge_output(self) -> None:
        """Forget bytes that were written after the last `flush` and have not reached the chip yet; other changes
        stay."""
        with self._changed:
            count, self._unflushed = self._unflushed, 0
            count = self._waiting.drop_last(count)
            if count:
                self._queue(Purge(count))
            self._changed.notify_all()

    # what the board sees

    @property
    def has_cable(self) -> bool:
        """Whether a cable is in, which is where the power comes from."""
        return self._plugged

    @property
    def plugged(self) -> bool:
        """Whether the computer sees a port: the cable is in, and not one for charging only."""
        return self._plugged and self._has_data_wires

    @property
    def attached(self) -> bool:
        """Whether a client holds the port."""
        return self._client is not None

    @property
    def pins(self) -> Pins:
        """The levels that lines and buttons give EN and GPIO0 now; a board that gets power starts from
        them."""
        return self.circuit.pins

    def take(self, room: int = QUEUE_LIMIT) -> list[Item]:
        """What happened since the last call, oldest first: up to `room` bytes, and what else came before the next one.

        What is left is for the next call, and holds the client up meanwhile.
        """
        with self._changed:
            items = self._waiting.take(room)
            if items:
                self._changed.notify_all()
            if items and self._waiting:
                self._on_wake()
            return items

    def send(self, data: bytes, baud: int | None) -> None:
        """Bytes that the chip sent at `baud`. Without a client they are lost, as on a real port."""
        for listener in tuple(self.on_sent):
            listener(data)
        client = self._client
        if client is not None and data:
            for effect in tuple(self.to_client):
                data = effect(data)
            client.receive(reframe(resample(data, baud, self._baud), self.chip_framing, self._framing))

    def unplug(self) -> None:
        """Pull the cable: the client learns of it and nobody can attach. What was under way is lost with the power."""
        with self._changed:
            self._plugged = False
            self._hang_up()
            self._waiting.clear()

    def plug(self) -> None:
        """Put the cable back."""
        self._plugged = True

    def set_data_wires(self, there: bool) -> None:
        """Whether the cable has data wires, or is one for charging only: then there is no port."""
        self._has_data_wires = there
        if not there:
            self._hang_up()

    def _release_lines(self) -> None:
        """As when a port is closed: both lines together, and no break any more."""
        self.set_lines(False, False)
        self.set_break(False)

    def _hold_up(self) -> None:
        """Let the client wait while there is too much before it, unless it has left."""
        while self._waiting.is_too_long and self._client is not None:
            self._changed.wait()

    def _hang_up(self) -> None:
        with self._changed:
            client, self._client = self._client, None
            self._release_lines()
            self._waiting.drop_bytes()
            self._changed.notify_all()
        if client is not None:
            client.unplugged()

    def _queue(self, item: Item) -> None:
        with self._changed:
            self._waiting.put(item)
        self._on_wake()
