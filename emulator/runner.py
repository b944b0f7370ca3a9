"""The thread of a board: brings what the bridge collected to the chip, and takes the chip from state to state.

A board is in one of six states. Only in `PROGRAM` does the processor execute (`execution`); the download mode is Python
that answers bytes, and a hung chip only waits for its watchdog. Whatever the state, the thread sleeps when there is
nothing to do: the bridge, the buttons and the power wake it.
"""

import threading
import time
from collections.abc import Callable
from enum import Enum

from emulator.bridge import Bridge, Running
from emulator.bridge_queue import Break, Bytes, Item, Purge
from emulator.errands import Errands
from emulator.execution import Execution
from emulator.inbound import Inbound, LineMode
from emulator.line import Pacer, resample
from emulator.outbound import Outbound
from emulator.pace import ClockMode, Pace
from emulator.pin_events import PinEvents
from emulator.reset_circuit import Pins
from emulator.rom.boot import boot, load_program, strapping
from emulator.rom.chip_bus import ChipBus
from emulator.rom.download import Downloader
from emulator.rom.machine import Next, ResetCause
from emulator.rom.mask_rom import MaskRom
from emulator.soc.chip import Chip
from emulator.soc.uart import BRK_DET_INT, FIFO_SIZE, FRM_ERR_INT

WATCHDOG_S = 1.6
"""After this time a hung chip resets itself (the ROM's default period, measured on boards as 1 to 2 s)."""
COLD_RESETS = (ResetCause.POWER_ON, ResetCause.EXTERNAL, ResetCause.DEEP_SLEEP)
"""Those by EN, which GPIO16 pulls when a sleeping chip wakes. The PLL begins anew, and the banner comes at 74880 baud.

Only these look at GPIO0. After any other the chip starts as it last did: what was put into download mode comes
back to it after a software reset (esptool, `soft_reset`: "will re-load the ROM bootloader")."""
BACKLOG_LIMIT = 1 << 16
"""Bytes that may wait for the chip here; the rest waits in the bridge, and a client that sends on is held up."""
LINE_GRAIN_S = 0.001
"""With line=real the thread looks for bytes no more often than this, which is how often a full-speed USB bridge hands
them over. No byte comes too early, and the last of a burst comes in time."""
RESTARTS_AT_ONCE, RESTART_REST_S = 3, WATCHDOG_S / 4
"""With clock=max: a chip that has restarted so often, and nothing came from outside meanwhile, gets nowhere. From then
on it rests so long before each restart, or it would keep a core busy."""


class State(Enum):
    """What a board is doing."""

    OFF = "off"
    HELD = "held"
    """EN is low."""
    DOWNLOAD = "download"
    PROGRAM = "program"
    HUNG = "hung"
    ASLEEP = "asleep"
    """In deep sleep."""


class Runner:
    """Runs one chip. `start` and `stop` belong to the owner; everything else happens on the runner's thread."""

    def __init__(
        self,
        chip: Chip,
        rom: MaskRom,
        bridge: Bridge,
        wake: threading.Event,
        crystal_mhz: float,
        clock: ClockMode,
        line: LineMode,
    ) -> None:
        self.chip, self.rom, self.bridge = chip, rom, bridge
        self.crystal_mhz, self.clock, self.line = crystal_mhz, clock, line
        self.on_state: list[Callable[[], None]] = []
        """Called on the board's thread when `state` has changed."""
        self._state = State.OFF
        self.powered = False
        """What the owner wants, see `supply`; the thread follows."""
        self._was_interrupted = False
        self.uploaded = False
        """Whether the program that runs came through the download mode."""
        self.gpio16_to_rst = True
        """Whether a wire goes from GPIO16 to RST: it falls when a deep sleep is over."""
        self.failure: BaseException | None = None
        self.pin_events = PinEvents(chip)
        self._wake = wake
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)
        self.errands, self._off_errands = (Errands(wake.set, self._thread) for _ in range(2))
        self._downloader = Downloader(ChipBus(chip.core), chip.flash, chip.uart.transmit, chip.trace, self._synchronise)
        self._host_baud: int | None = None
        self._in_break = False
        self._to_chip = Pacer()
        self._gpio0 = True
        self._pace = Pace(chip)
        self._outbound = Outbound(chip, bridge, crystal_mhz, line)
        self._inbound = Inbound(chip, self._pace, line, self._outbound.baud)
        self._deadline_s = 0.0
        self._sleep_s: float | None = None
        """How long the chip sleeps deeply, in its own time; None: for ever."""
        self._execution = Execution(chip, clock, self._pace, self._inbound, self._pass_on, self._sleep)
        self._restarts = 0
        """By itself, since anything last came from outside."""
        chip.uart.on_send = self._sent
        chip.rtc.on_sleep = self._falls_asleep
        bridge.running = self.running

    @property
    def state(self) -> State:
        """What the board is doing."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state
        for listener in tuple(self.on_state):
            listener()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def supply(self, on: bool) -> None:
        """Give the chip its supply, or take it away. However short it is gone, the chip starts anew."""
        if not on:
            self._was_interrupted = True
        self.powered = on
        self._wake.set()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def while_off(self, errand: Callable[[], None], timeout_s: float) -> bool:
        """Have the board's thread do `errand` while there is no power, and wait; False if it did not come to it."""
        return self._off_errands.wait_for(errand, timeout_s)

    @property
    def has_power(self) -> bool:
        """Whether the chip has a supply, and will have it until somebody takes it away."""
        return self.powered and not self._stopping

    def let_pass(self, seconds: float) -> None:
        """On the board's thread: a ROM routine waited so long for something, and the processor's time goes on."""
        if self.state is State.PROGRAM:
            self.chip.core.skip(int(seconds * self._pace.hertz))

    def running(self) -> Running:
        """What a pty needs to know, as it has no reset lines."""
        if self.state is State.DOWNLOAD:
            return "download"
        return "uploaded" if self.state is State.PROGRAM and self.uploaded else "program"

    # The loop.

    def _run(self) -> None:
        self.chip.core.belong_to_this_thread()
        try:
            while True:
                self._wake.clear()  # before all questions: what happens after one of them wakes the thread again
                if self._stopping:
                    break
                self._follow_power()
                if self.state is State.OFF:
                    self._off_errands.carry_out()
                if self.errands.carry_out():
                    self._execution.note_activity()
                for item in self.bridge.take(self._room):
                    self._take(item)
                self._move_paced_bytes()
                self._step()
        except BaseException as error:  # a defect of ours: clients must not wait for ever
            self.failure = error
            self.chip.trace.emit("failure", error=repr(error))
            self.bridge.unplug()
            raise
        finally:
            self.chip.core.belong_to_nobody()

    def _step(self) -> None:
        if self.state is State.PROGRAM:
            self._run_program()
        elif self.state is State.HUNG:
            remaining = self._deadline_s - time.monotonic()
            if remaining <= 0 or self.clock == "max":
                self._reset(ResetCause.WATCHDOG)
            else:
                self._sleep(remaining)
        elif self.state is State.ASLEEP and self._sleep_s is not None and self.gpio16_to_rst:
            remaining = self._deadline_s - time.monotonic()
            if remaining <= 0 or self.clock == "max":
                self._wake_up(self._sleep_s)
            else:
                self._sleep(remaining)
        else:
            self._sleep(None)

    def _sleep(self, seconds: float | None) -> None:
        """Wait for something from outside, for a byte on the paced line, or for at most `seconds`."""
        lines = (self._to_chip.next_at(LINE_GRAIN_S), self._outbound.next_at(LINE_GRAIN_S))
        due = min(filter(None, lines), default=None)
        if due is not None:
            until_due = max(0.0, due - time.monotonic())
            seconds = until_due if seconds is None else min(seconds, until_due)
        self._wake.wait(seconds)

    # Power, pins, bytes.

    def _follow_power(self) -> None:
        was_interrupted, self._was_interrupted = self._was_interrupted, False
        if self.state is not State.OFF and (was_interrupted or not self.powered):
            self.state = State.OFF
            self._drop_bytes()
            self.chip.trace.emit("power", on=False)
        if self.state is not State.OFF or not self.powered:
            return
        self.chip.trace.emit("power", on=True)
        self._restarts = 0
        self.chip.flash.power_cycle()
        self.chip.power_on()
        pins = self.bridge.pins
        self._pull_gpio0(pins.gpio0)
        self.state = State.HELD
        if pins.en:
            self._reset(ResetCause.POWER_ON)

    @property
    def _room(self) -> int:
        """How many bytes may be taken from the bridge now."""
        return BACKLOG_LIMIT - self._inbound.waiting - self._to_chip.waiting

    def _take(self, item: Item) -> None:
        if self.state is State.OFF:
            return
        self._restarts = 0
        match item:
            case Pins(en=en, gpio0=gpio0):
                self._pull_gpio0(gpio0)
                if not en and self.state is not State.HELD:
                    self._hold()
                elif en and self.state is State.HELD:
                    self._reset(ResetCause.EXTERNAL)
            case Bytes(data=data, baud=baud):
                if self._in_break:
                    return
                if self.line == "real":
                    self._to_chip.push(data, baud or self._outbound.baud(), time.monotonic())
                else:
                    self._receive(data, baud)
            case Break(on=on):
                self._in_break = on
                if on and self.state is State.PROGRAM:  # the receiver reads zeros, and no stop bit
                    self.chip.uart.receive(b"\0")
                    self.chip.uart.note(BRK_DET_INT | FRM_ERR_INT)
                elif on:
                    self._receive(b"\0", None)
            case Purge(count=count):
                self._inbound.drop(self._to_chip.drop(count))

    def _pull_gpio0(self, high: bool) -> None:
        """The bridge's circuit or the FLASH button pulls GPIO0 low, or leaves it to its resistor."""
        self._gpio0 = high
        self.chip.gpio.drive(0, None if high else 0, "bridge")
        self.pin_events.drain()

    def _move_paced_bytes(self) -> None:
        if self.line != "real":
            return
        now = time.monotonic()
        for data, baud in self._to_chip.pop(now):
            self._receive(data, baud)
        self._outbound.deliver(now)
        if self._inbound.backlog and self.state is State.DOWNLOAD:
            self._download()

    def _receive(self, data: bytes, baud: int | None) -> None:
        """Bytes reach the chip's receive pin."""
        if self.state is State.PROGRAM:
            behind_s = max(0.0, -self._pace.ahead_s()) if self.clock == "real" else 0.0
            self._inbound.expect(behind_s, data, baud)
            self._inbound.let_arrive(waits=self._execution.waits)
        elif self.state is State.DOWNLOAD:
            if not self._downloader.is_synchronised:
                self._host_baud = baud
            else:
                data = resample(data, baud, self._outbound.baud())
            self._inbound.backlog += data
            self._download()

    def _download(self) -> None:
        """The ROM handles what came, unless its transmit FIFO is full: then it waits, and what comes is soon too
        much."""
        if self._outbound.waiting > FIFO_SIZE:
            self._inbound.keep(FIFO_SIZE)
            return
        self._after_download(self._downloader.receive(self._inbound.take()))

    def _sent(self, data: bytes) -> None:
        """Bytes leave the chip's transmit pin, unless its supply is gone already."""
        if self.powered:
            self._outbound.send(data)

    def _drop_bytes(self) -> None:
        self._inbound.clear()
        self._in_break = False
        self._to_chip.clear()
        self._outbound.clear()

    # Resets.

    def _hold(self) -> None:
        """EN went low: everything stands still."""
        self.chip.uart.flush()
        self.state = State.HELD
        self._inbound.clear()

    def _reset(self, cause: ResetCause | None) -> None:
        """A reset ended (or, without a cause, a program jumped to the reset vector): the ROM starts."""
        if cause not in COLD_RESETS:
            self._restarts += 1
            if self.clock == "max" and self._restarts > RESTARTS_AT_ONCE:
                self._sleep(RESTART_REST_S)
        self.chip.reset(cold=cause in COLD_RESETS)
        self.rom.reset(cause)
        self.pin_events.drain()
        self._pace.restart()
        if cause in COLD_RESETS:
            self.chip.gpio.strapping = strapping(self._gpio0)
        self._enter(boot(self.rom, self.chip.gpio.strapping))

    def _enter(self, following: Next | None) -> None:
        """Do what the ROM decided."""
        self.uploaded = False
        match following:
            case None:
                self._start_program(uploaded=False)
            case Next.DOWNLOAD:
                self._downloader.reset()
                self.state = State.DOWNLOAD
            case Next.HANG:
                self.state = State.HUNG
                self._deadline_s = time.monotonic() + WATCHDOG_S
            case Next.SLEEP:
                self.state = State.ASLEEP
                self._deadline_s = time.monotonic() + (self._sleep_s or 0.0)
                self.chip.trace.emit("sleep", seconds=self._sleep_s, wakes=self.gpio16_to_rst)
            case Next.RESTART:
                self._reset(None)
            case Next.PROGRAM:
                self.chip.reset(cold=False)
                self.rom.reset()
                self._enter(None if load_program(self.rom) else Next.HANG)

    def _falls_asleep(self, seconds: float | None) -> None:
        self._sleep_s = seconds
        self.rom.ask(Next.SLEEP)

    def _wake_up(self, seconds: float) -> None:
        """The sleep is over: time has passed, and GPIO16 resets the chip."""
        self.chip.sleep(int(seconds * self._pace.hertz))
        self._reset(ResetCause.DEEP_SLEEP)

    def _synchronise(self) -> None:
        """The ROM measures the host's rate from the first SYNC and sets its divider."""
        hz = self.chip.phy.apb_hz(self.crystal_mhz)
        self.chip.uart.set_divider(round(hz / (self._host_baud or 115_200)))

    def _after_download(self, entry_point: int | None) -> None:
        downloader = self._downloader
        if entry_point is not None:
            unread = downloader.unread
            self.rom.reset()
            self.chip.core.pc = entry_point
            self.chip.trace.emit("run", entry_point=entry_point)
            self._start_program(uploaded=True)
            self._inbound.backlog = unread
        elif downloader.reboot:
            self._reset(None)
        elif downloader.run_flash:
            self._enter(Next.PROGRAM)

    def _start_program(self, *, uploaded: bool) -> None:
        self.uploaded = uploaded
        self.state = State.PROGRAM
        self._execution.begin()
        self._inbound.clear()
        self._pace.restart()

    # The program.

    def _run_program(self) -> None:
        self._outbound.pace_transmitter()
        finished = self._execution.run_slice()
        if self.chip.watchdog.has_bitten:
            self.rom.next = None
            self._reset(ResetCause.WATCHDOG)
        elif self.rom.next is not None:
            following, self.rom.next = self.rom.next, None
            self._enter(following)
        else:
            self._execution.rest(finished)

    def _pass_on(self) -> None:
        """Tell what the program did to its pins, then what it said: who hears the one knows the other."""
        self.pin_events.drain()
        self._outbound.pass_on()
