"""A board: chip, flash, USB bridge, buttons, built from a profile, running on its own thread.

    with Board("nodemcu", flash_size="4MB", clock="max") as board:
        url = board.serve("driver")

`serve` opens a way in and returns its URL; `press`, `release`, `reset`, `unplug`, `plug` are what hands do; `attach`
connects something to the pins; `flash`, `gpio`, `chip` and `events` let tests and tutors look inside.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from emulator import profiles
from emulator.bridge import Bridge
from emulator.coverage import Coverage, coverage
from emulator.devices import KINDS, Device, DeviceError
from emulator.faults import FaultError, Mend, parse
from emulator.flash import Flash
from emulator.inbound import LineMode
from emulator.pace import ClockMode
from emulator.practice.semihosting import Semihosting
from emulator.reset_circuit import Button
from emulator.rom.image import with_flash_size
from emulator.rom.mask_rom import MaskRom, intrinsic_functions
from emulator.runner import Runner, State
from emulator.soc.chip import Chip
from emulator.soc.efuse import efuse_words
from emulator.soc.gpio import Gpio
from emulator.trace import Event, Trace
from emulator.wiring import Wiring

if TYPE_CHECKING:
    from emulator.ports import Server

Transport = Literal["driver", "rfc2217", "tcp", "pty"]


PULLED_UP = (0, 1, 2, 3)
"""GPIO0 and GPIO2 (strapping), and the serial lines, which idle high."""
PULLED_DOWN = (15,)

POWER_DOWN_TIMEOUT_S = 30.0
"""How long the board's thread may take to notice that the power is gone."""


class BoardError(Exception):
    """A board that cannot be built as asked; the text says what to do."""


class Board:
    """A fake board, plugged in and running as soon as it is started (or entered as a context)."""

    def __init__(
        self,
        profile: str = profiles.DEFAULT,
        *,
        flash_size: int | str | None = None,
        flash: Path | None = None,
        firmware: tuple[Path, int] | None = None,
        clock: ClockMode = "real",
        line: LineMode = "fast",
        name: str | None = None,
        faults: Iterable[str] = (),
        attach: Iterable[str] = (),
        watch_registers: bool = False,
    ) -> None:
        """`flash_size` in bytes or as esptool names it ("4MB"); `flash` is a file to keep the contents in;
        `firmware` (file, offset) is written before the power comes, as ``write-flash --flash-size detect`` would.
        `faults` are put in as by `inject`, and things attached as by `attach`; with `watch_registers` `coverage` knows
        which registers were touched. Raises ProfileError, FlashFileError, FaultError, DeviceError or BoardError."""
        self.profile = profiles.load(profile)
        self.name = name
        self.events = Trace()
        size = profiles.parse_flash_size(flash_size) if isinstance(flash_size, str) else flash_size
        if flash is None or not flash.exists():
            size = size or self.profile.flash_size
        content = None if firmware is None else _firmware(*firmware, size)  # before a flash file is made for it
        self.flash = Flash(size or self.profile.flash_size) if flash is None else Flash.open(flash, size)
        try:
            if firmware is not None and content is not None:
                _check_fit(*firmware, len(content), self.flash.size)
                self._write_firmware(content, firmware[1])
            self._wake = threading.Event()
            self.bridge = Bridge(self.profile.circuit, self._wake.set, usb=self.profile.usb, trace=self.events)
            self.chip = Chip(self.flash, self.events, intrinsic_functions())
        except BaseException:
            self.flash.close()
            raise
        self.flash.on_event.append(self._flash_event)
        mac = bytes.fromhex(self.profile.mac.replace(":", ""))
        self.chip.efuse.fuses = efuse_words(mac, embedded_flash=self.profile.chip == "ESP8285")
        self._solder()
        self.rom = MaskRom(self.chip)
        self.rom.semihosting = Semihosting()
        self._runner = Runner(self.chip, self.rom, self.bridge, self._wake, self.profile.crystal_mhz, clock, line)
        self._runner.gpio16_to_rst = self.profile.gpio16_to_rst
        self.wiring = Wiring(self.chip, self._runner.pin_events.waves, self._runner.errands.add)
        self.devices: dict[str, Device] = {}
        """What is attached, by its specification."""
        self.events.subscribe(self._hear)
        self._servers: list[Server] = []
        self._started = False
        self._mends: dict[str, Mend] = {}
        if watch_registers:
            self.chip.watch_registers()
        try:
            for fault in faults:
                self.inject(fault)
            for specification in attach:
                self.attach(specification)
        except (FaultError, DeviceError):
            self.flash.close()
            raise

    def _write_firmware(self, content: bytes, offset: int) -> None:
        self.flash.erase(offset, len(content))
        self.flash.program(offset, with_flash_size(content, self.flash.size) if offset == 0 else content)

    def _flash_event(self, name: str, offset: int, length: int) -> None:
        self.events.emit(name, offset=offset, length=length)

    def _solder(self) -> None:
        """The resistors on the board, by which it starts from flash; the LED and the UART's lines pull up as well."""
        gpio = self.chip.gpio
        for pin in {*PULLED_UP, self.profile.led_gpio}:
            gpio.change("board_up", pin, True)
        for pin in PULLED_DOWN:
            gpio.change("board_down", pin, True)
        gpio.settle()

    def start(self) -> Self:
        """Give it power."""
        if not self._started:
            self._started = True
            self._runner.supply(True)
            self._runner.start()
        return self

    def close(self) -> None:
        """Close every way in, stop the chip, save the flash file."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        self._runner.stop()
        self.flash.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def serve(self, transport: Transport = "driver", host: str = "127.0.0.1", port: int = 0) -> str:
        """Open a way in; returns its URL. Raises `ports.PortError` where the port is taken."""
        from emulator import ports  # transports stand above the board, and are loaded only when wanted

        server = ports.serve(transport, self.bridge, host, port)
        self._servers.append(server)
        return server.url

    @property
    def gpio(self) -> Gpio:
        """The pins."""
        return self.chip.gpio

    @property
    def state(self) -> State:
        """What the board is doing."""
        return self._runner.state

    @property
    def on_state(self) -> list[Callable[[], None]]:
        """Listeners that are called on the board's thread when `state` has changed; they must be quick."""
        return self._runner.on_state

    @property
    def failure(self) -> BaseException | None:
        """The defect that stopped the board's thread, if one did."""
        return self._runner.failure

    def press(self, button: Button) -> None:
        """Press a button ("flash" or "reset") and hold it."""
        self.bridge.circuit.press(button)

    def release(self, button: Button) -> None:
        """Let it go."""
        self.bridge.circuit.release(button)

    def reset(self) -> None:
        """Tap RESET."""
        self.bridge.circuit.tap_reset(flash=False)

    def unplug(self) -> None:
        """Pull the cable: no port, no power."""
        self.bridge.unplug()
        self.power(False)

    def wait_until_off(self) -> bool:
        """After `unplug` or ``power(False)``: wait until the chip is off, and a new start is a new start. False if it
        was not off within some seconds. Not for the board's own thread."""
        return self._runner.while_off(lambda: None, POWER_DOWN_TIMEOUT_S)

    def plug(self) -> None:
        """Put it back."""
        self.bridge.plug()
        self.power(True)

    def power(self, on: bool) -> None:
        """Switch the supply."""
        self._runner.supply(on)

    @property
    def has_power(self) -> bool:
        """Whether the chip has a supply."""
        return self._runner.has_power

    @property
    def gpio16_to_rst(self) -> bool:
        """Whether a wire goes from GPIO16 to RST. Where a sleep is over without one, it wakes the chip when it is put
        in."""
        return self._runner.gpio16_to_rst

    @gpio16_to_rst.setter
    def gpio16_to_rst(self, wired: bool) -> None:
        self._runner.gpio16_to_rst = wired
        self._wake.set()

    def inject(self, fault: str) -> None:
        """Break something: NAME or NAME=VALUE, of `faults.FAULTS`; instead of what the same fault was before.

        Raises FaultError, which says what there is.
        """
        kind, value = parse(fault)
        self.repair(kind.name)
        self._mends[kind.name] = kind.install(self, value)
        self.events.emit("fault", fault=fault, help=kind.help)

    def repair(self, name: str) -> None:
        """Mend the fault of that name, if the board has it. Raises FaultError when there is no such fault."""
        name = parse(name)[0].name
        mend = self._mends.pop(name, None)
        if mend is not None:
            mend()
            self.events.emit("repair", fault=name)

    def attach(self, specification: str) -> Device:
        """Attach something of `devices.KINDS`, as in ``ssd1306@i2c:4,5``; it stays.

        Raises DeviceError, which says what there is.
        """
        if specification in self.devices:
            raise DeviceError(f"{specification} is attached already.")
        self._runner.errands.do(lambda: self.devices.update({specification: KINDS.make(specification, self.wiring)}))
        return self.devices[specification]

    def drive(self, pin: int, level: int | None) -> None:
        """Drive a pin from outside, as a wire would: low (0), high (1), or not at all any more (None). Where the chip
        drives it, the chip does; `gpio.level` tells what came of it."""
        self._runner.errands.do(lambda: self.gpio.drive(pin, level))

    def device(self, name: str) -> Device:
        """What is attached under that name: its specification, or the kind where there is one only. Raises
        DeviceError."""
        named = [device for key, device in self.devices.items() if name in (key, key.partition("@")[0])]
        if len(named) == 1:
            return named[0]
        attached = f"Attached are: {', '.join(self.devices)}." if self.devices else "Nothing is attached."
        raise DeviceError(f"Which '{name}'? {attached}" if named else f"There is no '{name}' here. {attached}")

    def _hear(self, event: Event) -> None:
        if event.name == "power" and not event.data["on"]:
            self.wiring.power_off()
            for device in self.devices.values():
                device.power_off()

    def flash_image(self, contents: Mapping[int, bytes]) -> bytes:
        """What the flash chip holds when it is blank but for `contents`, {offset: bytes}. Raises BoardError for what
        does not fit."""
        image = bytearray(b"\xff" * self.flash.size)
        for offset, content in contents.items():
            if not 0 <= offset <= self.flash.size - len(content):
                raise BoardError(f"{len(content)} bytes at {offset:#x} do not fit into {self.flash.size}.")
            image[offset : offset + len(content)] = content
        return bytes(image)

    def fill_flash(self, contents: Mapping[int, bytes]) -> None:
        """Fill the flash chip as a programmer does: blank but for `contents`, {offset: bytes}.

        The board must have been started, and its power taken away. Raises BoardError if not, and for what does not fit.
        """
        image = self.flash_image(contents)

        def fill() -> None:
            self.flash.power_cycle()
            self.flash.erase(0, self.flash.size)
            self.flash.program(0, image)

        if self._runner.powered or not self._runner.while_off(fill, POWER_DOWN_TIMEOUT_S):
            raise BoardError("The flash chip is filled only while the board has no power.")

    def coverage(self) -> Coverage:
        """What the programs used of the chip so far."""
        return coverage(self.rom)

    def let_pass(self, seconds: float) -> None:
        """On the board's thread: a ROM routine waits so long."""
        self._runner.let_pass(seconds)


def _firmware(path: Path, offset: int, flash_size: int | None) -> bytes:
    """An image's contents, if they fit into a flash of that size; None: into the largest there is."""
    size = flash_size or max(profiles.FLASH_SIZES.values())
    try:
        with path.open("rb") as file:
            content = file.read(size + 1)  # no more, as it may be a device
            length = max(len(content), path.stat().st_size)
    except OSError as error:
        raise BoardError(
            f"Cannot read the firmware {path}: {error.strerror}. Check the name, or leave --firmware out."
        ) from None
    _check_fit(path, offset, length, size)
    return content


def _check_fit(path: Path, offset: int, length: int, flash_size: int) -> None:
    if not 0 <= offset < flash_size or offset + length > flash_size:
        raise BoardError(
            f"{path} ({length} bytes) does not fit at {offset:#x} into a flash of {flash_size} bytes. "
            "Choose a larger --flash-size or another offset."
        )
