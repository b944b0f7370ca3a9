"""How long `esptool write-flash` takes on a board, and how long where nothing has to be done for it."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.boards import micropython
from benchmarks.figures import Bar, Figure, measure
from emulator import plug

IMAGE_SIZE = 633_048
"""MicroPython 1.23's. Another version's image is cut or filled up to it: only its bytes count here."""
BAR = Bar("at most", 1.5)
TIMEOUT_S = 120.0


def run(rounds: int) -> Iterator[Figure]:
    """Seconds for each way in, on a board and on canned replies, and the ratio of the two."""
    ways = ["driver", "pty"] if os.name == "posix" else ["driver"]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        image = Path(folder, "image.bin")
        image.write_bytes(micropython()[:IMAGE_SIZE].ljust(IMAGE_SIZE, b"\xff"))
        addresses = stack.enter_context(_board(with_pty="pty" in ways))
        probes: dict[str, Callable[[], float]] = {}
        for way in ways:
            probes[way] = partial(_write_s, way, addresses[way], image)
            probes[f"null {way}"] = partial(_write_s, way, stack.enter_context(_null_board(way)), image)
        samples = measure(rounds, probes)
    for way in ways:
        yield Figure(f"{way}", samples.median(way), "s")
        yield Figure(f"{way}, canned replies", samples.median(f"null {way}"), "s")
        yield Figure(f"{way}, times as long as that", samples.ratio(way, f"null {way}"), "", BAR)


def _write_s(way: str, address: str, image: Path) -> float:
    """Run esptool as a learner does; the whole command's time."""
    name = plug.default_name(plug.current_system(), ()) if way == "driver" else address
    environment: Mapping[str, str] = plug.environment(address, name) if way == "driver" else os.environ
    arguments = ["--port", name, "write-flash", "--flash-size", "detect", "0", str(image)]
    began = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-m", "esptool", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
    )
    took = time.perf_counter() - began
    if result.returncode or "Hash of data verified" not in result.stdout:
        raise RuntimeError(f"esptool failed over {way}:\n{result.stdout}{result.stderr}")
    return took


@contextmanager
def _board(with_pty: bool) -> Iterator[dict[str, str]]:
    """`espdojo board` in a process of its own; its addresses by way in."""
    command = [sys.executable, "-m", "emulator", "--json", *(["--pty"] if with_pty else [])]
    with _process(command) as line:
        yield json.loads(line)["ports"]


@contextmanager
def _null_board(way: str) -> Iterator[str]:
    with _process([sys.executable, "-m", "benchmarks.null_board", way]) as line:
        yield line.strip()


@contextmanager
def _process(command: list[str]) -> Iterator[str]:
    """A program that runs on; its first line of output. The rest is read as well, or the program would wait."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        try:
            yield first
        finally:
            process.terminate()
            reader.join()
