"""The C reference: an emulator compiled for this processor, where its sources are at hand.

$ESPDOJO_REFERENCE names their folder, else ../shared/reference is looked at. `emu -I FILE IMAGE` types a file at the
prompt, in which \\001 waits for `>>> ` and \\002 ends the run.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCES = ("cpu.c", "soc.c")
TIMEOUT_S = 120.0


class Reference:
    """The compiled program in a folder of its own, into which it writes its reports."""

    def __init__(self, program: Path, image: bytes) -> None:
        self._program, self._folder = program, program.parent
        self._image = self._folder / "image.bin"
        self._image.write_bytes(image)

    def run(self, *lines: str) -> tuple[float, float]:
        """Boot on a blank flash, enter some lines, and end at the prompt; returns (processor, wall) seconds."""
        import resource  # POSIX only, as is `compiled`

        typed = self._folder / "typed.txt"
        typed.write_bytes(b"".join(b"\1" + line.encode() + b"\r" for line in lines) + b"\1\2")
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [self._program, "-q", "-I", typed, self._image],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=TIMEOUT_S,
        )
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def sources() -> list[Path]:
    """The reference's C files, present or not."""
    named = os.environ.get("ESPDOJO_REFERENCE")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "reference"
    return [folder / name for name in SOURCES]


def is_available() -> bool:
    """Whether it can be compiled here."""
    return os.name == "posix" and bool(shutil.which("gcc")) and all(source.is_file() for source in sources())


@contextmanager
def compiled(image: bytes) -> Iterator[Reference | None]:
    """The reference emulator with `image` at the start of its flash; None where there is none."""
    if not is_available():
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "emu")
        subprocess.run(["gcc", "-O3", "-w", "-o", program, *sources(), "-lm"], check=True)
        yield Reference(program, image)
