"""What a board costs that nobody uses: the share of a core that its process takes.

    python -m benchmarks.idle download|prompt

is that process: it prints the share, measured once the board has come to rest.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.boards import flashed, micropython
from benchmarks.figures import Bar, Figure, measure
from emulator.runner import State

BARS = {"download": Bar("at most", 1.0), "prompt": Bar("at most", 3.0)}
TITLES = {"download": "in download mode", "prompt": "at MicroPython's prompt, clock=real"}
REST_S = 6.0
"""By then the thread of a board that waits sleeps as long as it ever does (`emulator.watch`)."""
MEASURED_S = 5.0
TIMEOUT_S = 60.0


def run(rounds: int) -> Iterator[Figure]:
    """Per cent of a core, in each state."""
    micropython()
    probes: dict[str, Callable[[], float]] = {state: partial(_share, state) for state in BARS}
    samples = measure(rounds, probes)
    for state, bar in BARS.items():
        yield Figure(TITLES[state], samples.median(state), "% of a core", bar)


def _share(state: str) -> float:
    command = [sys.executable, "-m", "benchmarks.idle", state]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S).stdout)


def main(state: str) -> None:
    """Bring a board into that state, leave it alone, and print per cent of a core."""
    with flashed("real") as (board, terminal):
        board.serve("driver")
        if state == "download":
            board.press("flash")
        board.start()
        if state == "prompt":
            terminal.wait_for_prompt()
        time.sleep(REST_S)
        if (board.state is State.DOWNLOAD) != (state == "download"):
            raise RuntimeError(f"the board is {board.state}")
        before, began = time.process_time(), time.perf_counter()
        time.sleep(MEASURED_S)
        print(100 * (time.process_time() - before) / (time.perf_counter() - began))


if __name__ == "__main__":
    main(sys.argv[1])
