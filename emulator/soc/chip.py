"""The chip: a processor, its peripherals and its flash, wired together. What the ROM does is not known here."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

from emulator.cpu import memory
from emulator.cpu.accesses import HOOK_HOST, HOOK_PLAIN
from emulator.cpu.core import Core, Host
from emulator.cpu.emit import Check, Parts
from emulator.cpu.inside import Inside
from emulator.cpu.runtime import raise_exception
from emulator.flash import Flash
from emulator.soc.adc import Adc
from emulator.soc.clock import Clock, settle_microseconds
from emulator.soc.dport import Dport
from emulator.soc.efuse import Efuse
from emulator.soc.gpio import GPIO_EXPORTS, Gpio
from emulator.soc.hspi import PADS as HSPI_PADS
from emulator.soc.hspi import Hspi
from emulator.soc.i2s import I2s
from emulator.soc.iomux import Gpio16, Iomux
from emulator.soc.peripheral import Peripheral
from emulator.soc.phy import Phy
from emulator.soc.rtc import KEPT, MEMORY_BASE, MEMORY_SIZE, Rtc, RtcMemory, settle_slow_counter
from emulator.soc.sigma_delta import SigmaDelta
from emulator.soc.slc import SlcDma
from emulator.soc.spi_flash import FLASH_PADS, PAD_FUNCTION, PAD_FUNCTION_SPI, SpiFlash
from emulator.soc.timers import Timers
from emulator.soc.uart import Uart0
from emulator.soc.uart1 import PAD as UART1_PAD
from emulator.soc.uart1 import Uart1
from emulator.soc.unimplemented import KNOWN_TO_STORE, register_name
from emulator.soc.watchdog import Watchdog
from emulator.soc.wdev import Wdev
from emulator.trace import Trace

PERIPHERALS: tuple[type[Peripheral], ...] = (
    Phy, Uart0, Uart1, Gpio, Iomux, Gpio16, Hspi, Adc, Timers, Rtc, RtcMemory, Dport, Efuse, Wdev, Watchdog,
    SigmaDelta, SlcDma, I2s,
)  # fmt: skip
"""All peripherals whose registers live in the module's memory, in the order of their reset: the PLL first, as the
rates of the others follow from it. `SpiFlash` stands beside them, as a driver of the flash chip; its registers lie
there, too."""

RTC_MEMORY = tuple(range(MEMORY_BASE, MEMORY_BASE + MEMORY_SIZE, 4))
"""Words that a reset leaves alone, and only a loss of power does not."""
RTC_STORE = tuple(Rtc.base + offset for offset in KEPT)
"""Words that a reset by software or by the watchdog leaves alone."""

LONGEST_SKIP = 1 << 30
"""Cycles that may pass before clocks must catch up."""

P = TypeVar("P", bound=Peripheral)


@cache
def _parts(intrinsics: tuple[Inside, ...]) -> Parts:
    """What all peripherals, and those intrinsics, put into the module."""
    return Parts(
        reads=[function for part in PERIPHERALS for function in part.reads.values()],
        writes=[function for part in PERIPHERALS for function in part.writes.values()],
        intrinsics=list(intrinsics),
        polls=[function for part in PERIPHERALS for function in part.polls],
        exports={
            "raise_exception": raise_exception,
            "settle_microseconds": settle_microseconds,
            "settle_slow_counter": settle_slow_counter,
            **GPIO_EXPORTS,
        },
    )


class Chip:
    """An ESP8266 without a ROM. `intrinsics` are the `@inside` functions that ROM routines use; `on_simcall` is
    called for every SIMCALL that none of them answers."""

    def __init__(
        self,
        flash: Flash,
        trace: Trace,
        intrinsics: Sequence[Inside] = (),
        check: Check = "branch",
    ) -> None:
        self.flash = flash
        self.trace = trace
        self.on_simcall: Callable[[], None] = lambda: None
        parts = _parts(tuple(intrinsics))
        self.core = Core(parts, Host(self._read, self._write, self._call), check)
        self.peripherals = [kind(self.core) for kind in PERIPHERALS]
        self.uart, self.gpio = self.part(Uart0), self.part(Gpio)
        self.phy, self.efuse = self.part(Phy), self.part(Efuse)
        self.iomux = self.part(Iomux)
        self.iomux.gpio = self.gpio
        self.uart1, self.hspi, self.adc = self.part(Uart1), self.part(Hspi), self.part(Adc)
        self.sigma_delta = self.part(SigmaDelta)
        self.uart1.is_connected = lambda: self.iomux.function(UART1_PAD) == "U1TXD"
        self.hspi.is_connected = lambda: all(self.iomux.function(pin) == name for pin, name in HSPI_PADS.items())
        self.rtc, self.watchdog, self.dport = self.part(Rtc), self.part(Watchdog), self.part(Dport)
        start = memory.REGISTERS + SpiFlash.BASE - memory.PERIPHERALS
        self.spi = SpiFlash(flash, self._flash_is_connected, self.core.memory[start : start + SpiFlash.SIZE])
        self._host_reads: dict[int, Callable[[], int]] = {}
        self._host_writes: dict[int, Callable[[int], None]] = {}
        self._hooks: dict[int, tuple[int, int]] = {}
        """What reads and writes of each modelled register do, as `Core.set_hooks` has it."""
        self._unseen: set[int] = set()
        self.seen: set[int] = set()
        """Modelled registers that were touched, since `watch_registers`."""
        self.unmodelled: dict[int, tuple[str, int]] = {}
        """Other registers that were touched: how first, and by which instruction."""
        self._connect(parts)
        self.clock = self.core.cells(Clock)
        self.window = 0, 1
        """Which MiB of the flash the window shows: the first, and how many."""
        self.dport.on_map = self._show_flash
        flash.on_change.append(self._flash_changed)
        trace.clock = lambda: self.core.cycles

    def part(self, kind: type[P]) -> P:
        """The chip's peripheral of that class."""
        return next(part for part in self.peripherals if isinstance(part, kind))

    def _connect(self, parts: Parts) -> None:
        """Set every register's hooks: inside, host, or storing."""
        read_number = {function: 2 + index for index, function in enumerate(parts.reads)}
        write_number = {function: 2 + index for index, function in enumerate(parts.writes)}
        for part in self.peripherals:
            for offset in part.registers:
                address = part.base + offset
                read = read_number[part.reads[offset]] if offset in part.reads else HOOK_PLAIN
                write = write_number[part.writes[offset]] if offset in part.writes else HOOK_PLAIN
                if offset in part.host_reads:
                    read = HOOK_HOST
                    self._host_reads[address] = lambda part=part, offset=offset: part.read(offset)  # type: ignore[misc]
                if offset in part.host_writes:
                    write = write if offset in part.writes else HOOK_HOST
                    self._host_writes[address] = lambda value, part=part, offset=offset: part.write(offset, value)  # type: ignore[misc]
                self._hooks[address] = read, write
        for offset in range(0, self.spi.SIZE, 4):
            self._hooks[self.spi.BASE + offset] = HOOK_PLAIN, HOOK_PLAIN
        for offset in self.spi.ACTING:
            self._hooks[self.spi.BASE + offset] = HOOK_PLAIN, HOOK_HOST
            self._host_writes[self.spi.BASE + offset] = lambda value, offset=offset: self.spi.write(offset, value)  # type: ignore[misc]
        for address, act in self.gpio.mailboxes.items():
            self._host_writes[address] = act
        for address in KNOWN_TO_STORE:
            self._hooks[address] = HOOK_PLAIN, HOOK_PLAIN
        for address, hooks in self._hooks.items():
            self.core.set_hooks(address, *hooks)

    def watch_registers(self) -> None:
        """From now on, `seen` has the modelled registers that are touched. Each one's first access comes by here, and
        costs some microseconds; the next ones do not."""
        self.seen.clear()
        self._unseen = set(self._hooks)
        for address in self._unseen:
            self.core.set_hooks(address, HOOK_HOST, HOOK_HOST)

    def _see(self, address: int) -> bool:
        """Whether that is the first access of a watched register; the next ones are its own again."""
        if address not in self._unseen:
            return False
        self._unseen.discard(address)
        self.seen.add(address)
        self.core.set_hooks(address, *self._hooks[address])
        return True

    def register_name(self, address: int) -> str:
        """A register's name, by its peripheral, or by its block where nobody modelled it."""
        for part in self.peripherals:
            if address - part.base in part.registers:
                return part.registers[address - part.base]
        return register_name(address)

    def _read(self, address: int) -> int:
        address &= ~3
        if self._see(address):
            return self.core.load(address)
        hook = self._host_reads.get(address)
        if hook is not None:
            return hook()
        self._report(address, "read")
        return self.core.register_word(address)

    def _write(self, address: int, value: int) -> None:
        if self._see(address):
            self.core.store(address, value)
            return
        hook = self._host_writes.get(address)
        if hook is not None:
            hook(value)
            return
        self._report(address, "write")
        self.core.set_register_word(address, value)

    def _report(self, address: int, access: str) -> None:
        """An unmodelled register's first use: say so, and let it store and read back from now on."""
        self.core.set_hooks(address, *(None if a in self._hooked(address) else HOOK_PLAIN for a in ("read", "write")))
        self.unmodelled.setdefault(address, (access, self.core.pc))
        self.trace.emit("register", address=address, register=register_name(address), access=access, pc=self.core.pc)

    def _hooked(self, address: int) -> set[str]:
        """Which accesses of a register have a host function."""
        return {a for a, hooks in (("read", self._host_reads), ("write", self._host_writes)) if address in hooks}

    def _call(self) -> None:
        self.core.cpu.effects += 1
        self.on_simcall()

    def reset(self, *, cold: bool = True) -> None:
        """A system reset: registers and peripherals begin anew; RAM, RTC memory and cycles go on. One that is not
        `cold`, which the program or the watchdog begins, leaves the RTC's counter and store and the analogue parts as
        they are, and with them the PLL."""
        self.uart.flush()
        core = self.core
        kept = {address: core.register_word(address) for address in (*RTC_MEMORY, *(() if cold else RTC_STORE))}
        size = memory.REGISTER_WORDS * 4
        core.memory[memory.REGISTERS : memory.REGISTERS + size] = bytes(size)
        for address, word in kept.items():
            core.set_register_word(address, word)
        core.reset_registers()
        if cold:
            self.phy.lose_settings()
        for part in self.peripherals:
            part.reset()
        if cold:
            self.rtc.begin_anew()
        self.spi.reset()
        self.map_flash(0)

    def sleep(self, cycles: int) -> None:
        """Let any time pass, as in deep sleep: clocks go on, and nobody looks at them meanwhile."""
        while cycles > 0:
            self.core.skip(min(cycles, LONGEST_SKIP))
            self.core.call("settle_microseconds")
            self.core.call("settle_slow_counter")
            cycles -= LONGEST_SKIP

    def power_on(self) -> None:
        """The power comes: RAM and RTC memory hold nothing that anybody wrote."""
        core = self.core
        for start, size in (
            (memory.DATA_RAM, memory.DATA_RAM_SIZE),
            (memory.INSTRUCTION_RAM, memory.INSTRUCTION_RAM_SIZE),
        ):
            core.write(start, bytes(size))
        for address in (*RTC_MEMORY, *RTC_STORE):
            core.set_register_word(address, 0)

    def _flash_is_connected(self) -> bool:
        return all(self.core.register_word(pad) & PAD_FUNCTION == PAD_FUNCTION_SPI for pad in FLASH_PADS)

    def _show_flash(self, mib: int, count: int) -> None:
        if (mib, count) != self.window:
            self.map_flash(mib, count)

    def map_flash(self, mib: int, count: int = 1) -> None:
        """Show one MiB of the flash at 40200000, or two; chips smaller than that repeat."""
        self.window = mib, count
        size = count * memory.MIB
        start = mib * memory.MIB % self.flash.size
        content = self.flash.read(start, min(size, self.flash.size - start))
        self.core.show_flash(content * (size // len(content)))

    def _flash_changed(self, offset: int, length: int) -> None:
        """Keep the window in step with the flash."""
        mib, count = self.window
        size = count * memory.MIB
        if self.flash.size < size:
            self.map_flash(mib, count)
            return
        start = mib * memory.MIB % self.flash.size
        first, last = max(offset, start), min(offset + length, start + size)
        if first < last:
            self.core.write(memory.FLASH_WINDOW + first - start, self.flash.read(first, last - first))

    def set_frequency(self, mhz: int) -> None:
        """80 or 160 MHz, as a write to DPORT would."""
        self.core.store(memory.DPORT + 0x14, int(mhz == 160))
