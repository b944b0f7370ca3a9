"""Several plays at once, each in a process of its own that lives as long as there is something to play.

A worker gets its plays one by one through a pipe, and tells through it which step it has done. One that dies takes its
play with it, which is a finding; another one takes its place. Ctrl-C ends them all, and what they have started.
"""

import multiprocessing
import signal
import sys
import tempfile
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

from trainer.errors import describe
from trainer.firmware import Firmware
from trainer.validation.findings import Finding
from trainer.validation.plays import Outcome, Play, Player

__all__ = ["Worker", "assign", "play_all"]

PATIENCE_S: Final = 5.0
"""How long a worker may take to end, before it is ended the hard way."""

StepTold = Callable[[Play, int], None]


def play_all(
    plays: Sequence[Play], firmware: Firmware, jobs: int, told: StepTold = lambda play, step: None
) -> Iterator[Outcome]:
    """Play all of them with that image, in at most `jobs` processes; yields what came of each, as they end.

    `told` hears of every step that is done.
    """
    with tempfile.TemporaryDirectory(prefix="espdojo-check-", ignore_cleanup_errors=True) as root:
        yield from _play_all(deque(plays), firmware, jobs, told, Path(root))


@dataclass
class Worker:
    """A process, its end of the pipe, and what it is playing."""

    process: SpawnProcess
    pipe: "Connection[object, object]"
    play: Play | None = None


def _play_all(waiting: deque[Play], firmware: Firmware, jobs: int, told: StepTold, root: Path) -> Iterator[Outcome]:
    workers: list[Worker] = []
    begun = 0
    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                begun += 1
                workers.append(_hire(root / f"worker-{begun}", firmware))
                assign(workers[-1], waiting, workers)
            ready = wait([worker.pipe for worker in workers])
            for worker in [worker for worker in workers if worker.pipe in ready]:
                if (outcome := _hear(worker, told)) is None:
                    continue
                yield outcome
                if worker.process.is_alive() and waiting:
                    assign(worker, waiting, workers)
                else:
                    workers.remove(worker)
                    _dismiss([worker])
    finally:
        _dismiss(workers)


def _hire(root: Path, firmware: Firmware) -> Worker:
    root.mkdir()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, root, firmware), name=root.name, daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours)


def assign(worker: Worker, waiting: deque[Play], workers: Sequence[Worker]) -> None:
    """Give a worker its next play: of the lesson that it has just played, as it knows what comes of the commands there;
    else one that shares something with it; else of a lesson that nobody is at; else any."""
    others = [other.play for other in workers if other is not worker and other.play is not None]
    folders, shared = {play.folder for play in others}, {play.shares for play in others} - {""}
    last = worker.play
    wishes: list[Callable[[Play], bool]] = [
        lambda play: play.folder not in folders and play.shares not in shared,
        lambda play: play.folder not in folders,
        lambda play: True,
    ]
    if last is not None:
        wishes[:0] = [
            lambda play: play.folder == last.folder,
            lambda play: bool(play.shares) and play.shares == last.shares,
        ]
    worker.play = next(play for wish in wishes for play in waiting if wish(play))
    waiting.remove(worker.play)
    with suppress(OSError):  # it has died meanwhile, which is told by its pipe
        worker.pipe.send(worker.play)


def _hear(worker: Worker, told: StepTold) -> Outcome | None:
    """What a worker has to say: an outcome, or None when it was but a step. Its death is an outcome, too."""
    play = worker.play
    assert play is not None
    try:
        message = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join(PATIENCE_S)
        problem = f"the play ended in the middle: its process was ended (exit status {worker.process.exitcode})"
        return Outcome(play, (_unfinished(play, problem),))
    if isinstance(message, Outcome):
        return message
    if isinstance(message, int):
        told(play, message)
    return None


def _dismiss(workers: list[Worker]) -> None:
    """End workers, and wait until they have ended what they had started."""
    for worker in workers:
        worker.pipe.close()
        worker.process.terminate()
    for worker in workers:
        worker.process.join(PATIENCE_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def _unfinished(play: Play, problem: str) -> Finding:
    cure = "Run espdojo check on this lesson alone. If it happens again, please report it."
    return Finding("finished", play.folder / "lesson.md", 0, problem, cure, plays=(play.circumstances,))


def _our_mistake(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"espdojo itself has failed: {error!r}, in {Path(place.filename).name}:{place.lineno}"


# In the worker's process


def _work(pipe: "Connection[object, object]", root: Path, firmware: Firmware) -> None:
    """Play what comes through the pipe until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal; the parent decides
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # so that what has been started is ended, too
    player = Player(root, firmware)
    with suppress(EOFError, OSError):
        while isinstance(play := pipe.recv(), Play):
            try:
                outcome = player.play(play, pipe.send)
            except Exception as error:
                words = describe(error) or _our_mistake(error)
                outcome = Outcome(play, (_unfinished(play, words),))
            pipe.send(outcome)
