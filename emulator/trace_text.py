"""The trace for people: one line an event, with runs of the same kind drawn together.

    0.326  reset     external, boot mode 1: download
    0.431  rom       SYNC magic=0x20120707 -> 0x20120707
    1.002  uploaded  FLASH_BEGIN erase_size=200000 packet_count=13 packet_size=16384 offset=0x0
    1.003  flash     erased 0x000000-0x030fff (200704 bytes)

`_FORMATS` has a row for each event that there is something better to say of than its name and its data.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.soc.unimplemented import register_name
from emulator.trace import Event

CYCLES_PER_SECOND = 80_000_000
ANYWHERE = -1
"""The start of a piece that follows on any other of its kind."""
QUIET_S = 0.5
"""A run to which nothing was added for so long has ended."""

Data = Mapping[str, Any]


class TraceText:
    """Takes events from any thread and writes lines.

    Erasing and programming make one line for a stretch of flash, *_DATA commands one line for all packets in a row,
    registers that nobody modelled one line with their number; these come when the next event of another kind does, or
    by `flush`.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        """`write` gets whole lines without their end. Times are seconds of `clock` since now."""
        self._write, self._clock = write, clock
        self._start_s = clock()
        self._lock = threading.RLock()
        self._runs: dict[tuple[str, ...], _Run] = {}

    def __call__(self, event: Event) -> None:
        """Take an event: a listener of `Trace.subscribe`."""
        with self._lock:
            now_s = self._clock()
            key, piece = _as_run(event, now_s)
            if key is None or piece is None:
                self.flush()
                self._print(now_s, *_as_line(event))
            elif key not in self._runs:
                self._runs[key] = piece
            elif not self._runs[key].extend(piece):
                self._end(key)
                self._runs[key] = piece

    def flush(self, quiet_s: float = 0.0) -> None:
        """Print the runs to which nothing was added for so long."""
        with self._lock:
            now_s = self._clock()
            ended = [key for key, run in self._runs.items() if now_s - run.last_s >= quiet_s]
            for key in sorted(ended, key=lambda key: self._runs[key].first_s):
                self._end(key)

    def _end(self, key: tuple[str, ...]) -> None:
        run = self._runs.pop(key)
        self._print(run.first_s, run.label, run.describe(run))

    def _print(self, at_s: float, label: str, text: str) -> None:
        self._write(f"{at_s - self._start_s:9.3f}  {label:9} {text}".rstrip())


def of_events(events: Iterable[Event]) -> list[str]:
    """The lines for what has happened already. Their times are virtual: seconds that the processor has run for."""
    lines: list[str] = []
    now_s = 0.0
    text = TraceText(lines.append, lambda: now_s)
    for event in tuple(events):
        now_s = event.cycle / CYCLES_PER_SECOND
        text(event)
    text.flush()
    return lines


# Runs


@dataclass
class _Run:
    """Several events of a kind in a row."""

    label: str
    describe: Callable[["_Run"], str]
    first_s: float
    last_s: float
    start: int
    stop: int
    """Flash offsets or packet numbers; what is only counted starts `ANYWHERE`."""
    byte_count: int = 0

    def extend(self, piece: "_Run") -> bool:
        """Add what follows directly; False if `piece` does not."""
        if piece.start not in (self.stop, ANYWHERE):
            return False
        self.stop += piece.stop - piece.start
        self.last_s = piece.last_s
        self.byte_count += piece.byte_count
        return True


def _stretch(done: str) -> Callable[[_Run], str]:
    return lambda run: f"{done} 0x{run.start:06x}-0x{run.stop - 1:06x} ({run.byte_count} bytes)"


def _packets(command: str) -> Callable[[_Run], str]:
    def describe(run: _Run) -> str:
        numbers = f"packet {run.start}" if run.stop == run.start + 1 else f"packets {run.start}-{run.stop - 1}"
        return f"{command} {numbers} ({run.byte_count} bytes) OK"

    return describe


def _unmodelled(run: _Run) -> str:
    return f"used registers that have no model, {run.stop - run.start} of them for the first time"


_DONE = {"erase": _stretch("erased"), "program": _stretch("written")}


def _as_run(event: Event, now_s: float) -> tuple[tuple[str, ...] | None, _Run | None]:
    """(kind, run of one) for an event that may be drawn together with others."""
    data = event.data
    if event.name in _DONE:
        start, length = data["offset"], data["length"]
        return (event.name,), _Run("flash", _DONE[event.name], now_s, now_s, start, start + length, length)
    if event.name == "download" and data.get("result") == "OK" and data.get("command", "").endswith("_DATA"):
        name, by, number = data["command"], _speaker(data), data["sequence"]
        return (name, by), _Run(by, _packets(name), now_s, now_s, number, number + 1, data["length"])
    if event.name == "register":
        return (event.name,), _Run("chip", _unmodelled, now_s, now_s, ANYWHERE, ANYWHERE + 1)
    return None, None


# Lines


_IN_HEX = {"address", "offset", "value", "mask", "magic", "entry_point", "pc", "id", "caller"}
_APART = {"command", "result", "by", "md5", "unused_1", "unused_2"}
WHOLE_WORD = 0xFFFFFFFF
_MODES = {1: "download", 3: "program from flash"}


def _as_line(event: Event) -> tuple[str, str]:
    """(label, text) of an event."""
    label, describe = _FORMATS.get(event.name, (event.name, _words))
    return (_speaker(event.data) if event.name == "download" else label), describe(event.data)


def _speaker(data: Data) -> str:
    return str(data.get("by", "rom"))


def _word(name: str, value: object) -> str:
    return f"{name}={value:#x}" if name in _IN_HEX and isinstance(value, int) else f"{name}={value}"


def _words(data: Data) -> str:
    return " ".join(_word(name, value) for name, value in data.items())


def _download(data: Data) -> str:
    name = data["command"]
    arguments = {word: value for word, value in data.items() if word not in _APART}
    register = ""
    if name in ("READ_REG", "WRITE_REG") and "address" in arguments:
        register = register_name(arguments.pop("address"))
    if arguments.get("mask") == WHOLE_WORD:
        del arguments["mask"]
    if not arguments.get("delay_us", 1):
        del arguments["delay_us"]
    answer = ""
    if name != "WRITE_REG" and "value" in arguments:
        answer = f"-> {arguments.pop('value'):#010x}"
    elif "md5" in data:
        answer = f"-> {data['md5']}"
    result = "" if data["result"] == "OK" and answer else data["result"]
    return " ".join(filter(None, (name, register, _words(arguments), answer, result)))


def _lines(data: Data) -> str:
    return ", ".join(f"{name.upper()} {'asserted' if data[name] else 'released'}" for name in ("dtr", "rts"))


def _reset(data: Data) -> str:
    cause, mode = data["cause"].replace("_", " "), data["mode"]
    return f"{cause}, boot mode {mode}: {_MODES.get(mode, 'not for programs')}"


def _sleep(data: Data) -> str:
    seconds = data["seconds"]
    if seconds is None:
        return "sleeps deeply, until something resets it"
    if not data["wakes"]:
        return f"sleeps deeply, for {seconds:.3f} s and on: GPIO16 is not wired to RST, so only RESET wakes it"
    return f"sleeps deeply, for {seconds:.3f} s"


def _pin(data: Data) -> str:
    return (
        f"GPIO{data['pin']} {'high' if data['level'] else 'low'}{'' if data['driven'] else ', not driven by the chip'}"
    )


def hertz(frequency: float) -> str:
    """A frequency in the unit that suits it."""
    for factor, unit in ((1e6, "MHz"), (1e3, "kHz")):
        if frequency >= factor:
            return f"{frequency / factor:.4g} {unit}"
    return f"{frequency:.4g} Hz"


def _wave(data: Data) -> str:
    seconds = data["seconds"]
    lasted = f"{data['edges']} edges in {seconds * 1000:.4g} ms"
    if data["frequency_hz"] is None:
        return f"GPIO{data['pin']} {lasted}"
    return f"GPIO{data['pin']} {hertz(data['frequency_hz'])}, high {data['duty']:.1%} of the time: {lasted}"


_FORMATS: dict[str, tuple[str, Callable[[Data], str]]] = {
    "power": ("power", lambda data: "on" if data["on"] else "off"),
    "attach": ("port", lambda data: "opened"),
    "detach": ("port", lambda data: "closed"),
    "baud": ("port", lambda data: f"{data['baud']} baud" if data["baud"] else "follows the chip's rate"),
    "lines": ("port", _lines),
    "line-break": ("port", lambda data: f"break {'begins' if data['on'] else 'ends'}"),
    "overrun": ("chip", lambda data: "UART lost bytes, its FIFO is full"),
    "uart": ("chip", lambda data: f"UART at {data['baud']} baud"),
    "pin": ("chip", _pin),
    "wave": ("chip", _wave),
    "uart1": ("chip", lambda data: f"UART1 sent {data['data']!a} at {data['baud']} baud"),
    "reset": ("reset", _reset),
    "boot": ("boot", lambda data: f"{data['segments']} segments loaded, entry point {data['entry_point']:#x}"),
    "sleep": ("chip", _sleep),
    "boot-failed": ("boot", lambda data: f"failed: {data['reason']}"),
    "run": ("run", lambda data: f"uploaded program, entry point {data['entry_point']:#x}"),
    "download": ("", _download),
    "power-down": ("flash", lambda data: "deep power-down"),
    "power-up": ("flash", lambda data: "awake again"),
    "status": ("flash", lambda data: f"status register {data['offset'] + 1} written"),
    "brownout": ("power", lambda data: "brown-out"),
    "fault": ("fault", lambda data: f"{data['fault']}: {data['help']}"),
    "repair": ("fault", lambda data: f"{data['fault']} is mended"),
}
"""Event name to the label of its line and what makes the text."""
