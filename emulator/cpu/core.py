"""A processor that runs: the emitted module, instantiated, with its registers and memory open to Python.

`Core` knows nothing of the chip around it. Whoever builds one gives the `Parts` that run inside and three functions
that are called from inside: a register's read hook, its write hook, and a SIMCALL that nothing inside answers.
"""

import ctypes
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache, partial
from types import SimpleNamespace

import wasmtime

from emulator.cpu import blocks, emit, kept, memory, runtime
from emulator.cpu.emit import Check, Parts
from emulator.cpu.hotspots import HotSpots
from emulator.cpu.inside import BoundCells, Cells
from emulator.cpu.isa import PS_EXCM, PS_INTLEVEL, SPECIAL_REGISTERS
from emulator.cpu.runtime import Cpu
from emulator.cpu.sequences import LOOK_BACK
from emulator.cpu.spin import TO_EVENT, Spin

MASK = 0xFFFFFFFF
DEBUG_LEVEL, DEBUG_VECTOR = 2, 0x10
FIRST_NARROW = 8
"""Instructions whose lowest four bits are at least that are two bytes long."""


class Stop(IntEnum):
    """Why `Core.run` came back."""

    BUDGET = runtime.STOP_BUDGET
    """The cycles that were asked for have passed."""
    IDLE = runtime.STOP_IDLE
    """WAITI, and no interrupt is pending: nothing happens before the next event."""
    BREAKPOINT = runtime.STOP_BREAKPOINT
    """A BREAK instruction or a breakpoint; the pc stands on it."""
    HOST = runtime.STOP_HOST
    """A function of the host asked for it with `Core.request_stop`."""
    SPINNING = runtime.STOP_SPINNING
    """The program waits for something that it polls, see `spin`."""


@dataclass(frozen=True)
class Host:
    """What the module calls in Python: register hooks that asked for it, and SIMCALLs."""

    read: Callable[[int], int]
    write: Callable[[int, int], None]
    call: Callable[[], None]


class AddressError(Exception):
    """An address that is no memory of the kind asked for."""


@lru_cache(maxsize=8)
def _compiled(text: str) -> tuple[wasmtime.Engine, wasmtime.Module]:
    """The module for a text; boards of one process share it."""
    engine = wasmtime.Engine(wasmtime.Config())
    return engine, kept.compiled(engine, text)


def _quick(function: wasmtime.Func, store: wasmtime.Store) -> Callable[..., int | None]:
    """A function of the module, to be called with its arguments alone. `Func.__call__` asks for its type every time,
    which takes as long as a short call does; it never changes."""
    kind = function.type(store)
    known = SimpleNamespace(params=kind.params, results=kind.results)
    function.type = lambda store: known  # type: ignore[method-assign, assignment, return-value]
    return partial(function, store)


class Core:
    """One processor. All methods belong to the thread that runs it, unless they say otherwise."""

    def __init__(self, parts: Parts, host: Host, check: Check = "branch") -> None:
        engine, module = _compiled(emit.module_text(parts, check))
        self._store = wasmtime.Store(engine)
        word = wasmtime.ValType.i32()
        imports = [
            wasmtime.Func(self._store, wasmtime.FuncType([word], [word]), self._host_read),
            wasmtime.Func(self._store, wasmtime.FuncType([word, word], []), self._host_write),
            wasmtime.Func(self._store, wasmtime.FuncType([], []), self._host_call),
        ]
        self._host = host
        self._error: BaseException | None = None
        exports = wasmtime.Instance(self._store, module, imports).exports(self._store)
        linear = exports["memory"]
        assert isinstance(linear, wasmtime.Memory)
        self._linear = linear  # keeps the memory alive that the views below look into
        pointer = ctypes.cast(linear.data_ptr(self._store), ctypes.c_void_p).value
        assert pointer is not None
        self.memory = memoryview((ctypes.c_ubyte * memory.MEMORY_SIZE).from_address(pointer)).cast("B")
        """All linear memory, by bytes."""
        self.words = self.memory.cast("I")
        """All linear memory, by words (index = address / 4)."""
        self._functions = {
            name: _quick(export, self._store) for name, export in exports.items() if isinstance(export, wasmtime.Func)
        }
        self._run = self._functions["run"]
        self.cpu = self.cells(Cpu)
        self._spin = self.cells(Spin)
        shared = [exports[name] for name in blocks.IMPORTS]
        self._hot = HotSpots(engine, self._store, shared, self.cpu, self.memory)
        self._compiles = check == "branch"
        self._polls_at = 0
        self._found_at: int | None = None
        """Where the last test that succeeded found the program waiting."""
        self._looks_where_it_was = True
        """The next test begins there; if it fails, the one after it where the program is. Mostly it is the same place
        again, and what is compiled leaves it out."""
        self._cycles = 0
        self._seen = 0
        self._skipped = self._skipped_seen = 0
        self._thread: int | None = None
        for address, content in emit.value_table_bytes().items():
            self.memory[address : address + len(content)] = content
        self.cpu.flash_shown = memory.MIB
        guard = memory.HANDLERS + 2 * memory.WINDOW_SIZE
        self.memory[guard : guard + 2 * memory.WINDOW_GUARD] = (
            memory.HANDLER_FETCH_ERROR.to_bytes(2, "little") * memory.WINDOW_GUARD
        )

    # Calls from inside. A Python exception must not unwind through native frames unnoticed: `run` raises it.

    def _host_read(self, address: int) -> int:
        value = self._guard(self._host.read, address & MASK) or 0
        return value - 0x100000000 if value & 0x80000000 else value

    def _host_write(self, address: int, value: int) -> None:
        self._guard(self._host.write, address & MASK, value & MASK)

    def _host_call(self) -> None:
        self._guard(self._host.call)

    def _guard(self, function: Callable[..., int | None], *arguments: int) -> int | None:
        try:
            return function(*arguments)
        except BaseException as error:
            self._error = error
            self.request_stop()
            return None

    def call(self, name: str, *arguments: int) -> int:
        """Call a function that the module exports (`Parts.exports`)."""
        signed = (value - 0x100000000 if value & 0x80000000 else value for value in arguments)
        return int(self._functions[name](*signed) or 0) & MASK

    def run(self, budget: int) -> Stop:
        """Execute until `budget` cycles have passed or something else stops the processor."""
        self._hot.watch(None)
        return self._execute(budget)

    def _execute(self, budget: int) -> Stop:
        self.cpu.budget = budget
        self._run()
        self._note_time()
        if self._compiles:
            self._hot.after_run(self.executed, waiting=self._spin.step not in (0, TO_EVENT))
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return Stop(self.cpu.stop)

    def request_stop(self) -> None:
        """From a host function: leave `run` with `Stop.HOST` after the instruction that called it."""
        self.cpu.stop = runtime.STOP_HOST

    def is_spinning(self, rounds: int, mhz: int, budget: int) -> bool:
        """Whether the program only waits (see `spin`); runs it for at most `budget` cycles to find out."""
        where_it_was = self._found_at if self._looks_where_it_was else None
        self._polls_at = self.pc if where_it_was is None else where_it_was
        self._spin.wanted, self._spin.mhz = rounds, mhz
        self.call("begin_test")
        self._hot.pause()
        is_spinning = self._run_past_polling(budget, step=0) is Stop.SPINNING
        self._hot.resume()
        self._looks_where_it_was = is_spinning or where_it_was is None
        if is_spinning:
            self._found_at = self._polls_at
            self._hot.leave_out(self._polls_at - memory.WINDOW_BASE)
        return is_spinning

    def doze(self, budget: int, step: int) -> Stop:
        """Execute until `budget` cycles have passed, of which `step` at once whenever the program comes by where
        `is_spinning` found it waiting; `Stop.SPINNING` if it does so to the end."""
        reason, rested = self._run_rested(budget, step)
        since = self.cpu.event - self.cpu.left - self._spin.rested_at & MASK
        return Stop.SPINNING if reason is Stop.BUDGET and rested and since < 2 * step else reason

    def catch_up(self, budget: int) -> tuple[Stop, bool]:
        """Execute `budget` cycles; whenever the program comes by where `is_spinning` found it waiting, the time to the
        next event passes at once and for nothing. Also whether that happened."""
        return self._run_rested(budget, TO_EVENT)

    @property
    def compiled(self) -> frozenset[int]:
        """The addresses where compiled blocks begin (see `blocks`) that the interpreter goes to."""
        return frozenset(offset + memory.WINDOW_BASE for offset in self._hot.leaders)

    def compile(self, addresses: Sequence[int]) -> None:
        """Compile what begins at these addresses (see `blocks`) at once, rather than when it was found to be worth
        it."""
        self._hot.compile([address - memory.WINDOW_BASE for address in addresses])

    def _run_rested(self, budget: int, step: int) -> tuple[Stop, bool]:
        self._hot.watch(self._polls_at - memory.WINDOW_BASE)
        begin = self.cpu.event - self.cpu.left & MASK
        self._spin.rested_at = begin - 1
        reason = self._run_past_polling(budget, step)
        return reason, self._spin.rested_at != begin - 1 & MASK

    def _run_past_polling(self, budget: int, step: int) -> Stop:
        self._spin.step = step
        self._set_handler(self._polls_at, memory.HANDLER_PASS_BY)
        reason = self._execute(budget)
        self._spin.step = 0
        self.clear_breakpoint(self._polls_at)
        return reason

    def take_break(self) -> None:
        """After `Stop.BREAKPOINT`: do what BREAK does on a chip without a debugger, which is an exception at the debug
        vector, or nothing where the interrupt level masks it. Source: Xtensa ISA Reference Manual, 4.7.6."""
        ps, pc = self.special("PS"), self.pc
        is_narrow = self.memory[self._window(pc, 1)][0] & 0xF >= FIRST_NARROW
        if ps & PS_INTLEVEL >= DEBUG_LEVEL:
            self.pc = pc + (2 if is_narrow else 3)
            return
        self.set_special("EPC2", pc)
        self.set_special("EPS2", ps)
        self.set_special("DEBUGCAUSE", 1 << 4 if is_narrow else 1 << 3)
        self.set_special("PS", ps & ~PS_INTLEVEL | PS_EXCM | DEBUG_LEVEL)
        self.pc = self.special("VECBASE") + DEBUG_VECTOR

    def belong_to_this_thread(self) -> None:
        """From now on this thread alone looks what time it is; the others are told what it last saw. What the time is
        computed from changes while the module runs, and is no number between two of its instructions."""
        self._thread = threading.get_ident()

    def belong_to_nobody(self) -> None:
        """The processor does not run any more, and everybody may look."""
        self._thread = None

    def _note_time(self) -> None:
        if self._thread not in (None, threading.get_ident()):
            return
        now = (self.cpu.event - self.cpu.left) & MASK
        self._cycles += (now - self._seen) & MASK
        self._seen = now
        skipped = self.cpu.skipped
        self._skipped += (skipped - self._skipped_seen) & MASK
        self._skipped_seen = skipped

    @property
    def cycles(self) -> int:
        """Cycles since the core was made; never wraps, and goes on over resets. From any thread."""
        self._note_time()
        return self._cycles

    @property
    def executed(self) -> int:
        """Instructions since the core was made: cycles without those that passed by themselves."""
        self._note_time()
        return self._cycles - self._skipped

    @property
    def cycles_to_event(self) -> int:
        """How long no timer or device wants anything; 0 where one does already."""
        wait = self.cpu.due - self.cpu.event + self.cpu.left & MASK
        return 0 if wait & 0x80000000 else wait

    def skip(self, cycles: int) -> None:
        """Let time pass without executing; call it in steps of less than 2**31 cycles."""
        cpu = self.cpu
        cpu.left -= cycles
        cpu.skipped += cycles
        self._note_time()

    # Registers and memory.

    def cells(self, group: type[Cells]) -> BoundCells:
        """A group of words that functions inside the module share with Python."""
        return BoundCells(group, self.words)

    @property
    def pc(self) -> int:
        """The address of the next instruction; during a host function, of the one that called it."""
        return (self.cpu.pc + memory.WINDOW_BASE) & MASK

    @pc.setter
    def pc(self, address: int) -> None:
        self.cpu.pc = address - memory.WINDOW_BASE

    def jump(self, address: int) -> None:
        """From a host function: go on at `address` instead of behind the calling instruction."""
        self.pc = address
        if self.cpu.stop == 0:
            self.cpu.stop = runtime.STOP_REDIRECTED

    def a(self, number: int) -> int:
        """Address register a0 to a15."""
        return int(self.words[(memory.ADDRESS_REGISTERS >> 2) + number])

    def set_a(self, number: int, value: int) -> None:
        """Set an address register."""
        self.words[(memory.ADDRESS_REGISTERS >> 2) + number] = value & MASK

    def special(self, name: str) -> int:
        """A special register by its name in `isa.SPECIAL_REGISTERS`."""
        if name == "CCOUNT":
            return (self.cpu.event - self.cpu.left + self.cpu.ccount_offset) & MASK
        if name == "INTERRUPT":
            return self.cpu.latch | self.cpu.lines
        return int(self.words[(memory.SPECIAL_REGISTERS >> 2) + SPECIAL_REGISTERS[name]])

    def set_special(self, name: str, value: int) -> None:
        """Set a special register's word, without what a WSR would do beside."""
        self.words[(memory.SPECIAL_REGISTERS >> 2) + SPECIAL_REGISTERS[name]] = value & MASK

    def reset_registers(self) -> None:
        """All registers as after a reset: PS masks everything, vectors lie in the ROM; time goes on. Where a program
        waited does not count any more."""
        self._found_at, self._looks_where_it_was = None, True
        start = memory.ADDRESS_REGISTERS
        self.memory[start : memory.CELLS] = bytes(memory.CELLS - start)
        self.set_special("PS", 0x1F)
        self.set_special("VECBASE", memory.ROM)
        for name in ("waiting", "latch", "nmi", "lines", "ccount_offset"):
            setattr(self.cpu, name, 0)
        self.cpu.compare_seen = self.cpu.event - self.cpu.left

    @property
    def _shown(self) -> int:
        return memory.FLASH_WINDOW - memory.WINDOW_BASE + self.cpu.flash_shown

    def show_flash(self, content: bytes) -> None:
        """Let the flash window hold that: one MiB, or two, behind which is nothing."""
        shown = max(self.cpu.flash_shown, len(content))
        self.cpu.flash_shown = shown
        self.write(memory.FLASH_WINDOW, content.ljust(shown, b"\0"))
        self.cpu.flash_shown = len(content)

    def _window(self, address: int, length: int) -> slice:
        offset = address - memory.WINDOW_BASE
        if not 0 <= offset <= offset + length <= self._shown:
            raise AddressError(f"{address:#010x} (+{length}) is not in RAM, ROM or mapped flash")
        return slice(memory.WINDOW + offset, memory.WINDOW + offset + length)

    def read(self, address: int, length: int) -> bytes:
        """Bytes of RAM, ROM or mapped flash."""
        return bytes(self.memory[self._window(address, length)])

    def write(self, address: int, content: bytes) -> None:
        """Set bytes of RAM, ROM or mapped flash; code there is decoded anew."""
        place = self._window(address, len(content))
        self.memory[place] = content
        if address + len(content) > memory.CODE_BASE:
            first = max(place.start - LOOK_BACK, memory.WINDOW)
            start = memory.HANDLERS + 2 * (first - memory.WINDOW)
            count = 2 * (place.stop - first)
            self.memory[start : start + count] = bytes(count)
            self._hot.forget(first - memory.WINDOW, place.stop - first)

    def read32(self, address: int) -> int:
        """A word of RAM, ROM or mapped flash."""
        return int.from_bytes(self.read(address, 4), "little")

    def write32(self, address: int, value: int) -> None:
        """Set a word likewise."""
        self.write(address, (value & MASK).to_bytes(4, "little"))

    def read_string(self, address: int, limit: int = 1024) -> bytes:
        """A zero-terminated string, without the zero; cut at `limit` bytes or where memory ends."""
        limit = min(limit, memory.WINDOW_BASE + self._shown - address)
        return self.read(address, limit).partition(b"\0")[0]

    def load(self, address: int) -> int:
        """A 32-bit load as the processor would do it, register hooks included."""
        return self.call("load32", address)

    def store(self, address: int, value: int) -> None:
        """A 32-bit store as the processor would do it, register hooks included."""
        self.call("store32", address, value)

    def register_word(self, address: int) -> int:
        """What is stored for a peripheral register, without its read hook."""
        return int(self.words[self._register(address)])

    def set_register_word(self, address: int, value: int) -> None:
        """Set what is stored for a peripheral register, without its write hook."""
        self.words[self._register(address)] = value & MASK

    @staticmethod
    def _register(address: int) -> int:
        index = memory.register_index(address)
        if index is None:
            raise AddressError(f"{address:#010x} is no peripheral register")
        return (memory.REGISTERS >> 2) + index

    def set_hooks(self, address: int, read: int | None = None, write: int | None = None) -> None:
        """Choose what a register's reads and writes do: `accesses.HOOK_HOST`, `HOOK_PLAIN`, or 2 and up inside."""
        index = self._register(address) - (memory.REGISTERS >> 2)
        if read is not None:
            self.memory[memory.READ_HOOKS + index] = read
        if write is not None:
            self.memory[memory.WRITE_HOOKS + index] = write

    def set_intrinsic(self, address: int, number: int) -> None:
        """Let a SIMCALL at a ROM address call intrinsic `number` (from 1; 0 calls the host)."""
        self.memory[memory.INTRINSICS + address - memory.ROM] = number

    def set_breakpoint(self, address: int) -> None:
        """Stop before the instruction at `address`, until its memory is written or `clear_breakpoint`."""
        self._hot.keep_off(address - memory.WINDOW_BASE)
        self._set_handler(address, memory.HANDLER_BREAKPOINT)

    def clear_breakpoint(self, address: int) -> None:
        """Let the instruction at `address` be executed again."""
        self._hot.go_back_on(address - memory.WINDOW_BASE)
        self._set_handler(address, self._hot.handler(address - memory.WINDOW_BASE))

    def has_decoded(self, address: int) -> bool:
        """Whether the instruction at `address` was executed since its memory was written."""
        offset = memory.HANDLERS + 2 * (address - memory.WINDOW_BASE)
        return any(self.memory[offset : offset + 2])

    def _set_handler(self, address: int, number: int) -> None:
        """Set an entry of the predecoded program; sequences that would pass over it are decoded anew."""
        handlers = self.memory[memory.HANDLERS :].cast("H")
        offset = self._window(address, 1).start - memory.WINDOW
        for before in range(max(0, offset - LOOK_BACK), offset):
            if handlers[before] < memory.HANDLER_ILLEGAL:
                handlers[before] = memory.HANDLER_DECODE
        handlers[offset] = number
