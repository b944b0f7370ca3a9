"""Sixteen boards in one process: flashed at the same time, what each costs in memory, and in processor time when idle.

    python -m benchmarks.many

is that process. It flashes them all with esptool, exits with status 1 unless every flash holds what was written, and
prints three numbers: seconds for all, bytes for each further board, per cent of a core for an idle one.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.boards import micropython
from benchmarks.figures import Bar, Figure, Samples, Unavailable
from benchmarks.idle import MEASURED_S, REST_S
from emulator import Board, plug

BOARDS = 16
MEMORY_BAR = Bar("at most", 40)
IDLE_BAR = Bar("at most", 3.0)
TIMEOUT_S = 300.0


def run(rounds: int) -> Iterator[Figure]:
    """Memory and idle share with their bars, and how long flashing takes."""
    micropython()
    if not Path("/proc/self/statm").exists():
        raise Unavailable("this system does not tell a process's memory in /proc")
    samples = Samples({"seconds": [], "bytes": [], "share": []})
    for _ in range(rounds):
        for name, value in zip(samples, _measured(), strict=True):
            samples[name].append(value)
    yield Figure(f"{BOARDS} boards flashed at once, and all right", samples.median("seconds"), "s")
    yield Figure("memory of a further board", samples.median("bytes") / 1e6, "MB", MEMORY_BAR)
    yield Figure(f"one of {BOARDS} idle boards, clock=real", samples.median("share"), "% of a core", IDLE_BAR)


def _measured() -> list[float]:
    command = [sys.executable, "-m", "benchmarks.many"]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S).stdout
    return [float(word) for word in printed.split()]


def main() -> None:
    """Make one board, then fifteen more; flash all, and leave them alone."""
    content = micropython()
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder, "image.bin")
        image.write_bytes(content)
        boards = [Board().start()]
        _flash(boards, image)
        one = _memory()
        boards += [Board().start() for _ in range(BOARDS - 1)]
        seconds = _flash(boards, image)
        each = (_memory() - one) / (BOARDS - 1)
    if any(board.flash.read(0, len(content)) != content for board in boards):
        sys.exit("a flash does not hold what was written")
    time.sleep(REST_S)
    before, began = time.process_time(), time.perf_counter()
    time.sleep(MEASURED_S)
    share = 100 * (time.process_time() - before) / (time.perf_counter() - began) / BOARDS
    print(seconds, each, share)
    for board in boards:
        board.close()


def _flash(boards: list[Board], image: Path) -> float:
    """Start an esptool for each board, and wait for all of them; seconds."""
    name = plug.default_name(plug.current_system(), ())
    command = [sys.executable, "-m", "esptool", "--port", name, "--baud", "921600", "write-flash", "0", str(image)]
    began = time.perf_counter()
    running = [
        subprocess.Popen(command, env=plug.environment(board.serve("driver"), name), stdout=subprocess.DEVNULL)
        for board in boards
    ]
    statuses = [process.wait(TIMEOUT_S) for process in running]
    if any(statuses):
        sys.exit("an esptool failed")
    return time.perf_counter() - began


def _memory() -> float:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


if __name__ == "__main__":
    main()
