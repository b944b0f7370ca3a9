"""The USB-UART bridge and the auto-reset circuit: what joins a client to the chip.

A transport (emulator/ports) attaches one client at a time and calls `write`, `set_baud`, `set_lines` from its
own thread. The board's thread collects what happened with `take`, in order, and answers with `send`.
Neither waits for the other, except that a client that outruns the board by `QUEUE_LIMIT` bytes is held up.

The circuit of two transistors, as on NodeMCU and most others: EN is low when RTS is asserted and DTR is
not, GPIO0 is low when DTR is asserted and RTS is not. The buttons pull the same pins low (wired AND).
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from emulator.line import FRAMING_8N1, Framing, reframe, resample, without_last
from emulator.trace import Trace

Circuit = Literal["auto-reset", "none"]
Button = Literal["flash", "reset"]
Pin = Literal["en", "gpio0"]
LineEffect = Callable[[bytes], bytes]
"""Bytes as they are sent -> as they arrive."""
Running = Literal["download", "uploaded", "program"]
"""What a board runs: the ROM's download mode, what a client uploaded to RAM, or a program from flash."""

QUEUE_LIMIT = 1 << 17
"""Bytes that may wait for the board before a client is held up."""
ITEM_COST = 64
"""As how many bytes each change in the queue counts, so that many small ones hold a client up as well."""

LEAVING_S, LEAVING_CHECK_S = 4.0, 0.05
"""How long the port is waited for where its last client is gone already, and how often that is looked at."""

EN_RISE_S = 0.2
"""How long EN stays low while both lines are asserted right after a reset.

esptool's classic sequence passes from "EN low" to "GPIO0 low" through "both asserted". On a board the
capacitor at EN bridges that moment; here it is long enough for an RFC 2217 client, which needs 0.1 s for
each line.
"""

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


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes from the client, sent at `baud`; None: at the rate the board listens to (raw TCP has none)."""

    data: bytes
    baud: int | None


@dataclass(frozen=True, slots=True)
class Pins:
    """New levels of EN and GPIO0; True is high."""

    en: bool
    gpio0: bool


@dataclass(frozen=True, slots=True)
class Break:
    """The client holds its transmit line low (True) or lets go (False)."""

    on: bool


@dataclass(frozen=True, slots=True)
class Purge:
    """Of the bytes before, the last `count` shall not arrive, as far as they have not yet."""

    count: int


Item = Bytes | Pins | Break | Purge


class Bridge:
    """The bridge chip with its reset circuit and the board's two buttons. All methods are thread-safe."""

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
        self.circuit = circuit
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
        self._changed = threading.Condition(threading.RLock())
        self._client: Client | None = None
        self._has_left: Callable[[], bool] = lambda: False
        self._plugged = self._has_data_wires = True
        self._items: list[Item] = []
        self._queued = 0
        self._unflushed = 0
        """Bytes that can be purged."""
        self._baud: int | None = IDLE_BAUD
        self._framing = FRAMING_8N1
        self.chip_framing = FRAMING_8N1
        """The chip's data bits and parity, which its owner sets."""
        self._dtr = self._rts = self._break = False
        self._en_low: set[str] = set()
        self._gpio0_low: set[str] = set()
        self._pins = Pins(True, True)
        self._en_rise: threading.Timer | None = None

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
            if self.circuit == "auto-reset":
                self._drive_circuit()
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
            kept: list[Item] = []
            for item in reversed(self._items):
                if isinstance(item, Bytes):
                    data, count = without_last(item.data, count)
                    kept += [Bytes(data, item.baud)] if data else []
                else:
                    kept.append(item)
            self._items = kept[::-1]
            self._queued = sum(map(_cost, self._items))
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
        return self._pins

    def take(self, room: int = QUEUE_LIMIT) -> list[Item]:
        """What happened since the last call, oldest first: up to `room` bytes, and what else came before the next one.

        What is left is for the next call, and holds the client up meanwhile.
        """
        with self._changed:
            count = self._count_within(room)
            items, self._items = self._items[:count], self._items[count:]
            if items:
                self._queued -= sum(map(_cost, items))
                self._changed.notify_all()
            if items and self._items:
                self._on_wake()
            return items

    def _count_within(self, room: int) -> int:
        """How many items from the first on bring no more than `room` bytes; the last of them may, if there is room."""
        if self._queued <= room:
            return len(self._items)
        for index, item in enumerate(self._items):
            if isinstance(item, Bytes):
                if room <= 0:
                    return index
                room -= len(item.data)
        return len(self._items)

    def send(self, data: bytes, baud: int | None) -> None:
        """Bytes that the chip sent at `baud`. Without a client they are lost, as on a real port."""
        for listener in tuple(self.on_sent):
            listener(data)
        client = self._client
        if client is not None and data:
            for effect in tuple(self.to_client):
                data = effect(data)
            client.receive(reframe(resample(data, baud, self._baud), self.chip_framing, self._framing))

    def press(self, button: Button) -> None:
        """Press a button and keep it down."""
        with self._changed:
            self._button_pulls(button).add(button)
            self._update_pins()

    @property
    def held(self) -> frozenset[Button]:
        """The buttons that are held down."""
        buttons: tuple[Button, ...] = ("flash", "reset")
        return frozenset(button for button in buttons if button in self._button_pulls(button))

    def release(self, button: Button) -> None:
        """Let a button go."""
        with self._changed:
            self._button_pulls(button).discard(button)
            self._update_pins()

    def tap_reset(self, *, flash: bool) -> None:
        """Someone taps RESET, with FLASH held down meanwhile or not."""
        with self._changed:
            if flash:
                self._gpio0_low.add("hand")
                self._update_pins()
            self._en_low.add("hand")
            self._update_pins()
            self._en_low.discard("hand")
            self._update_pins()
            self._gpio0_low.discard("hand")
            self._update_pins()

    def unplug(self) -> None:
        """Pull the cable: the client learns of it and nobody can attach. What was under way is lost with the power."""
        with self._changed:
            self._plugged = False
            self._hang_up()
            self._items.clear()
            self._queued = 0

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
        while self._queued > QUEUE_LIMIT and self._client is not None:
            self._changed.wait()

    def _hang_up(self) -> None:
        with self._changed:
            client, self._client = self._client, None
            self._release_lines()
            self._items = [item for item in self._items if not isinstance(item, Bytes | Purge)]
            self._queued = sum(map(_cost, self._items))
            self._changed.notify_all()
        if client is not None:
            client.unplugged()

    def pull(self, pin: Pin, source: str, low: bool) -> None:
        """Let something, which `source` names, pull a pin low, or let it go; whoever pulls, wins."""
        with self._changed:
            _pull({"en": self._en_low, "gpio0": self._gpio0_low}[pin], source, low)
            self._update_pins()

    # the circuit

    def set_circuit(self, circuit: Circuit) -> None:
        """Put in another circuit, in the course of which DTR and RTS let go of the pins."""
        with self._changed:
            self._stop_en_rise()
            self.circuit = circuit
            self.pull("en", "lines", False)
            self.pull("gpio0", "lines", False)

    def _button_pulls(self, button: Button) -> set[str]:
        return {"flash": self._gpio0_low, "reset": self._en_low}[button]

    def _drive_circuit(self) -> None:
        """What the two transistors make of the lines."""
        self._stop_en_rise()
        en_was_low = "lines" in self._en_low
        if en_was_low and self._dtr and self._rts:
            self._en_rise = threading.Timer(EN_RISE_S, self._en_has_risen)
            self._en_rise.daemon = True
            self._en_rise.start()
            return
        _pull(self._en_low, "lines", self._rts and not self._dtr)
        _pull(self._gpio0_low, "lines", self._dtr and not self._rts)
        self._update_pins()

    def _en_has_risen(self) -> None:
        with self._changed:
            if self._en_rise is not None and self._dtr and self._rts:
                self._stop_en_rise()
                self._en_low.discard("lines")
                self._update_pins()

    def _stop_en_rise(self) -> None:
        if self._en_rise is not None:
            self._en_rise.cancel()
            self._en_rise = None

    def _update_pins(self) -> None:
        pins = Pins(en=not self._en_low, gpio0=not self._gpio0_low)
        if pins != self._pins:
            self._pins = pins
            self._queue(pins)

    def _queue(self, item: Item) -> None:
        with self._changed:
            self._items.append(item)
            self._queued += _cost(item)
        self._on_wake()


def _cost(item: Item) -> int:
    """What an item counts in the queue, in bytes."""
    return ITEM_COST + (len(item.data) if isinstance(item, Bytes) else 0)


def _pull(pulling: set[str], source: str, low: bool) -> None:
    """Let `source` pull a pin low, or let it go."""
    if low:
        pulling.add(source)
    else:
        pulling.discard(source)
