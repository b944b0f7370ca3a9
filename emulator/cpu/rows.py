"""What the interpreter and compiled blocks have in common: words at fixed places, and how loads and stores become
WebAssembly."""

import ast

from emulator.cpu import memory, runtime
from emulator.cpu.lower import Lowerer, Name, const
from emulator.cpu.runtime import Cpu

__all__ = ["IS_PENDING", "RowLowerer", "load", "memory_word", "store"]


def load(address: int) -> str:
    """The word at an address in linear memory."""
    return f"(i32.load offset={address} {const(0)})"


def store(address: int, value: str) -> str:
    """Set it."""
    return f"(i32.store offset={address} {const(0)} {value})"


def memory_word(address: int) -> Name:
    """A name for it."""
    return Name(lambda: load(address), lambda value: store(address, value))


IS_PENDING = (
    f"(i32.and (i32.or {load(Cpu.addresses['latch'])} {load(Cpu.addresses['lines'])}) {load(runtime.INTENABLE)})"
)
"""Whether an enabled interrupt is pending, whatever the level."""

SLOW_ADDRESS = f"(i32.add (local.get $offset) {const(memory.WINDOW_BASE)})"


class RowLowerer(Lowerer):
    """Lowers a row's semantics. Plain memory is reached at once; all else by a function of `accesses`, whose name
    begins with `slow`, between what is given: `before`, and behind a load or a store."""

    def __init__(self, slow: str, before: str, after_load: str, after_store: str) -> None:
        super().__init__(constants=vars(runtime))
        self._slow, self._before, self._after_load, self._after_store = slow, before, after_load, after_store
        self.macros = {
            "load32": lambda at: self._read("load32", at, memory.WINDOW_SIZE, 2, "i32.load"),
            "load16": lambda at: self._read("load16", at, memory.DATA_RAM_SIZE, 1, "i32.load16_u"),
            "load8": lambda at: self._read("load8", at, memory.DATA_RAM_SIZE, 0, "i32.load8_u"),
            "store32": lambda at, value: self._write("store32", at, value, 2, "i32.store"),
            "store16": lambda at, value: self._write("store16", at, value, 1, "i32.store16"),
            "store8": lambda at, value: self._write("store8", at, value, 0, "i32.store8"),
        }

    def _in_window(self, at: ast.expr, size: int, alignment: int) -> str:
        """Set `$offset`, and test range and alignment at once: rotating moves misaligned bits to the top."""
        offset = f"(local.tee $offset (i32.sub {self.expression(at)} {const(memory.WINDOW_BASE)}))"
        tested = f"(i32.rotr {offset} {const(alignment)})" if alignment else offset
        return f"(i32.lt_u {tested} {const(size >> alignment)})"

    def _read(self, name: str, at: ast.expr, size: int, alignment: int, instruction: str) -> str:
        quick = f"({instruction} offset={memory.WINDOW} (local.get $offset))"
        other = f"{self._before}(call {self._slow}{name} {SLOW_ADDRESS}){self._after_load}"
        return f"(if (result i32) {self._in_window(at, size, alignment)} (then {quick}) (else {other}))"

    def _write(self, name: str, at: ast.expr, value: ast.expr, alignment: int, instruction: str) -> str:
        stored = self.expression(value)
        quick = f"({instruction} offset={memory.WINDOW} (local.get $offset) {stored})"
        other = f"{self._before}(call {self._slow}{name} {SLOW_ADDRESS} {stored}){self._after_store}"
        return f"(if {self._in_window(at, memory.DATA_RAM_SIZE, alignment)} (then {quick}) (else {other}))"
