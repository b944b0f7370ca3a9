"""A program run for the learner: an argument list, never a shell; its output live; stopped by itself alone.

The child gets its own process group (POSIX: session), so that Ctrl-C at the keyboard reaches the tutor only, which
then stops the child and lives on. It reads no standard input: the keyboard belongs to the tutor.
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

from trainer.stream import TextStream, redrawn

__all__ = ["Finished", "Interrupter", "Run", "run"]

INTERRUPTED: Final = 130
"""Exit status of a program that Ctrl-C ended, as shells report it (128 + SIGINT)."""

PATIENCE_S: Final = 2.0
"""How long a child may take to end after an interrupt, before it is ended the hard way."""

CHUNK: Final = 4096


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
        """Stop the running child, if there is one."""
        self._asked.set()

    def clear(self) -> None:
        """Forget an interrupt that came between two programs."""
        self._asked.clear()

    def asked(self) -> bool:
        """Has `interrupt` been called?"""
        return self._asked.is_set()


class Run(Protocol):
    """`run`, or what stands in for it."""

    def __call__(
        self,
        arguments: Sequence[str | Path],
        *,
        folder: Path,
        environment: Mapping[str, str],
        output: Callable[[str], None],
        interrupter: Interrupter,
        encoding: str = "utf-8",
    ) -> Finished: ...


def run(
    arguments: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
    output: Callable[[str], None],
    interrupter: Interrupter,
    encoding: str = "utf-8",
) -> Finished:
    """Run a program in `folder` and pass what it prints to `output` as it comes.

    Standard output and error come as one stream. Ctrl-C (in the main thread) and `interrupter` stop the child; then
    the exit status is 130. Raises OSError where the program cannot be started.
    """
    child = subprocess.Popen(
        [str(argument) for argument in arguments],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        creationflags=OWN_GROUP_FLAG,
        start_new_session=sys.platform != "win32",
    )
    chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(child, chunks), daemon=True)
    reader.start()
    stream, shown, interrupted = TextStream(encoding), [], False

    def show(text: str) -> None:
        if text:
            shown.append(text)
            output(text)

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
                show(stream.feed(data))
            status = child.wait()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    show(stream.flush())
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


def _read(child: "subprocess.Popen[bytes]", chunks: "queue.SimpleQueue[bytes]") -> None:
    assert child.stdout is not None
    with child.stdout:
        while data := child.stdout.read(CHUNK):
            chunks.put(data)
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

    def _interrupt_group(child: "subprocess.Popen[bytes]") -> None:
        child.send_signal(signal.CTRL_BREAK_EVENT)

    def _kill_group(child: "subprocess.Popen[bytes]") -> None:
        child.kill()

else:
    OWN_GROUP_FLAG: Final = 0

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
