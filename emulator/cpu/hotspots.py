"""Finds out what a processor executes most, has it compiled, and lets the interpreter go there.

Now and then a core *hunts*: events are made to come often, and at each of them the pc is noted, which is where a taken
branch has led. If a region (`blocks`) can be made of many of them that are not compiled yet, a thread does it, and
between two runs their entries in the table of handlers are set to its blocks. What was compiled once serves all cores
of this process that have the same instructions at the same place, and the same one after its code came back.

When code that was compiled changes, all regions are let go, and the hunt begins anew.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import wasmtime

from emulator.cpu import memory
from emulator.cpu.blocks import Block, Region, begins, build
from emulator.cpu.inside import BoundCells

__all__ = ["HotSpots"]

FIRST_REST = 500_000
"""Instructions before the first hunt. Each hunt doubles the rest."""
BOOT = 3_000_000
"""Nothing is compiled for what was executed before: most boots are over by then."""
LONGEST_REST = 1 << 26
ENOUGH = 0.97
"""The share of the samples that shall be in compiled blocks, or where no block can begin."""
WORTH = 0.02
"""A region is compiled for no smaller share of the samples."""
RARE = 3
"""A place that was seen less often is not worth compiling."""
MOST_KNOWN = 32
"""How many regions a process remembers; the one that was not used longest goes first."""


Extern = wasmtime.Func | wasmtime.Table | wasmtime.Memory | wasmtime.Global | wasmtime.SharedMemory | wasmtime.Tag

MOST_INSTANCES = 5000
"""A core can let regions go, but its store keeps them: that many are enough for one board's life."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A region, and its module for one engine; and where its program was found waiting before."""

    region: Region
    engine: wasmtime.Engine
    module: wasmtime.Module
    left_out: frozenset[int]


_known: list[Compiled] = []
"""What this process has compiled; the last one was used last."""


@lru_cache(maxsize=1)
def _worker() -> ThreadPoolExecutor:
    """Compiles for all boards, one region after the other: the other processors are for the boards."""
    return ThreadPoolExecutor(1, "compile")


def _compile(engine: wasmtime.Engine, region: Region, left_out: frozenset[int] = frozenset()) -> Compiled:
    return Compiled(region, engine, wasmtime.Module(engine, bytes(wasmtime.wat2wasm(region.text()))), left_out)


class HotSpots:
    """One core's compiled regions. All methods belong to the thread that runs the core."""

    def __init__(
        self,
        engine: wasmtime.Engine,
        store: wasmtime.Store,
        imports: Sequence[Extern],
        cpu: BoundCells,
        linear: memoryview,
    ) -> None:
        self._engine, self._store, self._imports, self._cpu = engine, store, imports, cpu
        self._memory = linear
        self._handlers = linear[memory.HANDLERS :].cast("H")
        self._regions: list[tuple[Region, int]] = []
        """With the handler number of each one's first block, in the order in which they were compiled."""
        self._entries: dict[int, int] = {}
        """Leader -> handler number, of all that the interpreter may go to."""
        self._instances = 0
        self._breakpoints: frozenset[int] = frozenset()
        self._watched: int | None = None
        self._left_out: frozenset[int] = frozenset()
        self._seen: Counter[int] = Counter()
        """How often a place was seen in the last hunt, half as often in the one before, and so on."""
        self._job: Future[Compiled] | None = None
        self._hunting = False
        self._hopeless: frozenset[int] = frozenset()
        """Where no block could begin, as where the program is found waiting."""
        self._rest = FIRST_REST
        self._instructions = 0
        self._hunt_at = FIRST_REST
        self._compile_from = BOOT

    @property
    def leaders(self) -> frozenset[int]:
        """Where the interpreter goes to compiled blocks."""
        return frozenset(self._entries)

    def after_run(self, instructions: int, *, waiting: bool) -> None:
        """The core has executed so many since it was made. For what a program does while it is only `waiting`, nothing
        is compiled: that costs more than it saves."""
        if waiting:
            self._hunt_at += instructions - self._instructions
            self._compile_from += instructions - self._instructions
        self._instructions = instructions
        if self._cpu.code_changed:
            self._let_go()
        if self._job is not None:
            if self._job.done():
                job, self._job = self._job, None
                self._add(job.result())
        elif self._hunting:
            if not self._cpu.samples_left:
                self._hunting = False
                self._judge()
        elif self._instructions >= self._hunt_at and self._instances < MOST_INSTANCES:
            self._hunting = True
            self._cpu.samples_left = memory.SAMPLES_COUNT

    def compile(self, leaders: Sequence[int]) -> None:
        """Compile, at once, what begins at these offsets in the window, and use it."""
        region = build(leaders, self._fetch, self._intrinsic, self._avoided)
        if region is not None:
            self._add(_compile(self._engine, region))

    def keep_off(self, offset: int) -> None:
        """The interpreter must see this instruction each time it is executed, from now on."""
        self._breakpoints |= {offset}
        self._enter()

    def go_back_on(self, offset: int) -> None:
        """No longer, see `keep_off`."""
        if offset in self._breakpoints:
            self._breakpoints -= {offset}
            self._enter()

    def watch(self, offset: int | None) -> None:
        """The same until another is watched, or none."""
        if offset != self._watched:
            before, self._watched = self._watched, offset
            if any(before in region.offsets or offset in region.offsets for region, _ in self._regions):
                self._enter()

    def leave_out(self, offset: int) -> None:
        """What is compiled from now on shall not contain this instruction, which may be watched again."""
        self._left_out |= {offset}

    def forget(self, offset: int, length: int) -> None:
        """The host changed this memory."""
        if self._regions:
            first, last = offset // memory.LINE, (offset + length - 1) // memory.LINE
            if any(self._memory[memory.COMPILED_LINES + first : memory.COMPILED_LINES + last + 1]):
                self._let_go()

    def handler(self, offset: int) -> int:
        """What the table of handlers shall have there, unless the interpreter must stop there."""
        return self._entries.get(offset, memory.HANDLER_DECODE)

    def pause(self) -> None:
        """Until `resume`, the interpreter does everything by itself."""
        self._cpu.enters_regions = 0

    def resume(self) -> None:
        """The contrary."""
        self._cpu.enters_regions = 1

    @property
    def _avoided(self) -> frozenset[int]:
        return self._breakpoints if self._watched is None else self._breakpoints | {self._watched}

    def _samples(self) -> Iterable[int]:
        return self._memory[memory.SAMPLES : memory.SAMPLES + 4 * memory.SAMPLES_COUNT].cast("I")

    def _fetch(self, offset: int) -> int:
        return int.from_bytes(self._memory[memory.WINDOW + offset : memory.WINDOW + offset + 4], "little")

    def _intrinsic(self, offset: int) -> int:
        place = offset - memory.CODE_OFFSET
        return self._memory[memory.INTRINSICS + place] if place < memory.ROM_SIZE else 0

    def _judge(self) -> None:
        counts = Counter(self._samples())
        total, covered = counts.total(), sum(counts[pc] for pc in self._entries)
        self._seen = Counter({pc: n // 2 for pc, n in self._seen.items() if n >= 2}) + counts
        self._hunt_at = self._instructions + self._rest
        self._rest = min(2 * self._rest, LONGEST_REST)
        if covered + sum(counts[pc] for pc in self._hopeless - self._entries.keys()) >= ENOUGH * total:
            return
        leaders = [pc for pc, n in self._seen.most_common() if n >= RARE]
        leaders += sorted(self._entries.keys() - set(leaders))  # in one region, or each way there leads outside
        known = [known for known in tuple(_known) if known.engine is self._engine and self._fits(known.region)]
        self._left_out = self._left_out.union(*(compiled.left_out for compiled in known))
        avoided = self._avoided | self._left_out
        region = build(leaders, self._fetch, self._intrinsic, avoided)
        others = frozenset(leaders) - (region.leaders if region is not None else frozenset())
        self._hopeless = frozenset(pc for pc in others if not begins(pc, self._fetch, self._intrinsic, avoided))
        if region is None or (wanted := region.seen(counts) - WORTH * total) <= covered:
            return
        for compiled in reversed(known):
            if compiled.region.seen(counts) >= wanted and compiled.region.offsets.isdisjoint(avoided):
                self._add(compiled)
                return
        if self._instructions < self._compile_from:
            self._rest = FIRST_REST
        else:
            self._job = _worker().submit(_compile, self._engine, region, self._left_out)

    def _fits(self, region: Region) -> bool:
        """Whether these very instructions stand in memory."""
        return all(
            self._memory[memory.WINDOW + block.leader : memory.WINDOW + block.end] == block.code
            for block in region.blocks
        )

    def _add(self, compiled: Compiled) -> None:
        """Let the interpreter go there, if all is still as it was when the compiler began."""
        region = compiled.region
        # In one step, as other boards' threads do it too; if one forgets what another remembers, it is compiled again.
        _known[:] = [*(other for other in tuple(_known) if other is not compiled), compiled][-MOST_KNOWN:]
        if self._instances >= MOST_INSTANCES or not self._fits(region):
            return
        if len(self._regions) == memory.REGIONS:
            self._let_go()
        number = len(self._regions)
        first = memory.HANDLER_COMPILED + number * memory.REGION_BLOCKS
        words = [
            wasmtime.Global(self._store, wasmtime.GlobalType(wasmtime.ValType.i32(), False), wasmtime.Val.i32(value))
            for value in (number, first)
        ]
        wasmtime.Instance(self._store, compiled.module, [*self._imports, *words])
        self._instances += 1
        self._regions.append((region, first))
        for block in region.blocks:
            self._mark(block, 1)
        self._enter()

    def _let_go(self) -> None:
        """Code changed: the interpreter executes all by itself, until a hunt finds what is worth compiling now."""
        self._leave()
        for region, _ in self._regions:
            for block in region.blocks:
                self._mark(block, 0)
        self._regions.clear()
        self._cpu.code_changed = 0
        self._seen.clear()
        self._left_out = frozenset()
        self._hopeless = frozenset()
        self._rest = FIRST_REST
        self._hunt_at = self._instructions + FIRST_REST
        self._compile_from = self._instructions + BOOT
        self.resume()

    def _mark(self, block: Block, mark: int) -> None:
        """Note whether something is compiled from there."""
        first, last = block.leader // memory.LINE, (block.end - 1) // memory.LINE
        start = memory.COMPILED_LINES
        self._memory[start + first : start + last + 1] = bytes([mark]) * (last + 1 - first)

    def _enter(self) -> None:
        """Let the interpreter go to all regions that have no instruction that it must see; to the newest, if there are
        several for a place."""
        self._leave()
        for region, first in self._regions:
            if region.offsets.isdisjoint(self._avoided):
                self._entries |= {block.leader: handler for handler, block in enumerate(region.blocks, first)}
        for leader, handler in self._entries.items():
            self._handlers[leader] = handler

    def _leave(self) -> None:
        """Let it go to none."""
        for leader in self._entries:
            self._handlers[leader] = memory.HANDLER_DECODE
        self._entries.clear()
