"""A program run for the learner: an argument list, never a shell; its output live; stopped by itself alone.

The child gets its own process group (POSIX: session), so that Ctrl-C at the keyboard reaches the tutor only, which
then stops the child and lives on. It reads no standard input: the keyboard belongs to the tutor.

Where the output is shown in a window that understands colours and redrawn lines, the child is given a pseudo-terminal
of that size (POSIX), so that it prints what it prints in any terminal; elsewhere a pipe.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from trainer.stream import TextStream, redrawn, window_filter

if sys.platform != "win32":
    import fcntl
    import pty
    import struct
    import termios

__all__ = ["HAS_WINDOWS", "Finished", "Interrupter", "Output", "Program", "Run", "Window", "run"]

HAS_WINDOWS: Final = sys.platform != "win32"
"""Are there pseudo-terminals?"""

Window = Callable[[], os.terminal_size]
"""The size of the window that a program's output is shown in, now."""

INTERRUPTED: Final = 130
"""Exit status of a program that Ctrl-C ended, as shells report it (128 + SIGINT)."""

PATIENCE_S: Final = 2.0
"""How long a child may take to end after an interrupt, before it is ended the hard way."""

CHUNK: Final = 4096


Output = Callable[[str], None]
"""Where text goes as it comes."""


@dataclass(frozen=True)
class Program:
    """What is to be started: its arguments, the program itself first; the folder and the variables that it gets; in
    which encoding it prints."""

    arguments: Sequence[str | Path]
    folder: Path
    environment: Mapping[str, str]
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Finished:
    """How a program ended: its exit status, and all that it printed, redrawn lines in their last state."""

    exit_status: int
    transcript: str


class Interrupter:
    """Lets any thread stop the running child."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def interrupt(self) -> None:
        """Stop the running child, or the next one, as soon as it runs."""
        self._asked.set()

    def clear(self) -> None:
        """Forget an interrupt: the next child is not meant by it."""
        self._asked.clear()

    def asked(self) -> bool:
        """Has `interrupt` been called?"""
        return self._asked.is_set()


class Run(Protocol):
    """`run`, or what stands in for it."""

    def __call__(
        self, program: Program, output: Output, interrupter: Interrupter, window: Window | None = None
    ) -> Finished: ...


def run(program: Program, output: Output, interrupter: Interrupter, window: Window | None = None) -> Finished:
    """Run a program and pass what it prints to `output` as it comes.

    Standard output and error come as one stream, as plain text; for a `window` (where there are pseudo-terminals) with
    colours and movements. Ctrl-C (in the main thread) and `interrupter` stop the child; then the exit status is 130.
    Raises OSError where the program cannot be started.
    """
    in_window = window is not None and HAS_WINDOWS
    read_end, write_end = _terminal(window()) if window is not None and in_window else os.pipe()
    try:
        child = subprocess.Popen(
            [str(argument) for argument in program.arguments],
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=write_end,
            stderr=write_end,
            creationflags=OWN_GROUP_FLAG,
            start_new_session=sys.platform != "win32",
        )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(read_end, chunks), daemon=True)
    reader.start()
    stream, shown, interrupted = TextStream(program.encoding, fold=not in_window), [], False
    coloured = TextStream(program.encoding, fold=False, controls=window_filter()) if in_window else None

    def show(text: str, in_colour: str) -> None:
        if text:
            shown.append(text)
        if shown_now := in_colour if coloured else text:
            output(shown_now)

    try:
        with _ctrl_c_calls(interrupter.interrupt):
            while True:
                if interrupter.asked() and not interrupted:
                    interrupted = True
                    _stop(child)
                try:
                    data = chunks.get(timeout=0.1)
                except queue.Empty:
                    continue
                if not data:
                    break
                show(stream.feed(data), coloured.feed(data) if coloured else "")
            status = child.wait()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    show(stream.flush(), coloured.flush() if coloured else "")
    return Finished(INTERRUPTED if interrupted else status, redrawn("".join(shown)))


@contextlib.contextmanager
def _ctrl_c_calls(action: Callable[[], None]) -> Iterator[None]:
    """While it lasts, Ctrl-C calls `action` instead of raising KeyboardInterrupt, which may strike anywhere and be
    lost there. Only the main thread can choose so; in another, Ctrl-C is not ours."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: action())
    try:
        yield
    finally:
        if before is not None:  # None: whoever set it is not Python
            signal.signal(signal.SIGINT, before)


def _read(descriptor: int, chunks: "queue.SimpleQueue[bytes]") -> None:
    """Until nobody writes any more, which Linux reports as an error where the descriptor is a pseudo-terminal's."""
    with contextlib.suppress(OSError):
        while data := os.read(descriptor, CHUNK):
            chunks.put(data)
    os.close(descriptor)
    chunks.put(b"")


def _stop(child: "subprocess.Popen[bytes]") -> None:
    """Ctrl-C, then the harder ways. The pipe ends when the child and what it started have ended."""
    threading.Thread(target=_insist, args=(child,), daemon=True).start()


def _insist(child: "subprocess.Popen[bytes]") -> None:
    for stop in (_interrupt_group, _kill_group):
        stop(child)
        try:
            child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            continue
        return


if sys.platform == "win32":
    OWN_GROUP_FLAG: Final = subprocess.CREATE_NEW_PROCESS_GROUP

    def _terminal(size: os.terminal_size) -> tuple[int, int]:
        raise NotImplementedError("pseudo-terminals are POSIX")

    def _interrupt_group(child: "subprocess.Popen[bytes]") -> None:
        child.send_signal(signal.CTRL_BREAK_EVENT)

    def _kill_group(child: "subprocess.Popen[bytes]") -> None:
        child.kill()

else:
    OWN_GROUP_FLAG: Final = 0

    def _terminal(size: os.terminal_size) -> tuple[int, int]:
        """A pseudo-terminal of that size: the end to read from, and the program's end."""
        read_end, write_end = pty.openpty()
        fcntl.ioctl(write_end, termios.TIOCSWINSZ, struct.pack("HHHH", max(size.lines, 1), max(size.columns, 1), 0, 0))
        return read_end, write_end

    def _interrupt_group(child: "subprocess.Popen[bytes]") -> None:
        _signal_group(child, signal.SIGINT)

    def _kill_group(child: "subprocess.Popen[bytes]") -> None:
        _signal_group(child, signal.SIGKILL)

    def _signal_group(child: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
        """The child leads its session's only process group, whose number is the child's."""
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            return
