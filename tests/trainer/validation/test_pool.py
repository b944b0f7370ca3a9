"""Plays in processes of their own: their outcomes come, a death is told, and Ctrl-C ends all of them."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from trainer.firmware import practice
from trainer.validation.plays import Play
from trainer.validation.pool import Worker, assign, play_all

LOOK = """\
## Look

```step
id = "look"
run = "ask where you are."
solutions = [{ windows = "cd", other = "pwd" }]
hints = ["It is short.", { windows = "Type `cd`.", other = "Type `pwd`." }]
```
"""


def many_looks() -> str:
    """More steps than are done in a moment."""
    return "".join(LOOK.replace("Look", f"Look {n}").replace('"look"', f'"look-{n}"') for n in range(59))


@pytest.mark.slow
def test_every_play_has_its_outcome_and_steps_are_told(write_lesson: Callable[..., Path]) -> None:
    folder = write_lesson(LOOK)
    plays = [Play(folder, system, "nodemcu") for system in ("linux", "windows")]
    told: list[tuple[Play, int]] = []
    outcomes = list(play_all(plays, practice(), 2, lambda play, step: told.append((play, step))))
    assert {outcome.play for outcome in outcomes} == set(plays)
    assert [outcome.findings for outcome in outcomes] == [(), ()]
    assert sorted(told, key=str) == sorted([(play, 1) for play in plays], key=str)
    assert not multiprocessing.active_children()


def test_lessons_that_share_something_are_played_by_one_worker(tmp_path: Path) -> None:
    """Two workers who ask in turn; the second one is given what has nothing to do with the first one's."""
    plays = [
        Play(tmp_path / name, system, "nodemcu", "", shares)
        for name, shares in (("first", "tools"), ("second", "tools"), ("third", ""), ("fourth", "tools"))
        for system in ("linux", "windows")
    ]
    given: list[list[str]] = [[], []]
    workers = [Worker(MagicMock(), MagicMock()), Worker(MagicMock(), MagicMock())]
    waiting = deque(plays)
    for turn in range(len(plays)):
        assign(workers[turn % 2], waiting, workers)
        played = workers[turn % 2].play
        assert played is not None
        given[turn % 2].append(f"{played.folder.name} {played.system}")
    assert given[0] == ["first linux", "first windows", "second linux", "second windows"]
    assert given[1] == ["third linux", "third windows", "fourth linux", "fourth windows"]


@pytest.mark.slow
def test_a_process_that_dies_is_a_finding_and_the_rest_is_played(write_lesson: Callable[..., Path]) -> None:
    """The first worker is killed when it has done the first of many steps; another one does the rest."""
    folders = write_lesson(many_looks(), name="long"), write_lesson(LOOK, name="short")
    plays = [Play(folder, "linux", "nodemcu") for folder in folders]
    killed: list[Play] = []

    def kill(play: Play, step: int) -> None:
        if not killed:
            killed.append(play)
            for child in multiprocessing.active_children():
                child.kill()

    outcomes = {outcome.play: outcome for outcome in play_all(plays, practice(), 1, kill)}
    assert outcomes.keys() == set(plays)
    assert killed == [plays[0]]
    assert [finding.rule for finding in outcomes[plays[0]].findings] == ["finished"]
    assert not outcomes[plays[1]].findings


@pytest.mark.slow
def test_a_lesson_that_does_not_load_any_more_is_a_finding(write_lesson: Callable[..., Path]) -> None:
    folder = write_lesson(LOOK.replace("run =", "run"))
    (outcome,) = play_all([Play(folder, "linux", "nodemcu")], practice(), 1)
    assert "TOML" in outcome.findings[0].problem


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(os.name == "nt", reason="another Ctrl-C")
def test_ctrl_c_ends_a_check_and_all_that_it_started(write_lesson: Callable[..., Path], tmp_path: Path) -> None:
    folder = write_lesson(many_looks())
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "trainer", "check", str(folder), "--system", "linux"]
    check = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    begun = next(tmp_path.glob("espdojo-check-*/worker-*/home"), None)
    deadline = time.monotonic() + 60
    while begun is None and time.monotonic() < deadline:
        time.sleep(0.05)
        begun = next(tmp_path.glob("espdojo-check-*/worker-*/home"), None)
    assert begun is not None
    os.killpg(check.pid, signal.SIGINT)
    _, messages = check.communicate(timeout=60)
    assert check.returncode == 1
    assert "Stopped." in messages
    assert "Traceback" not in messages
    assert not list(tmp_path.glob("espdojo-check-*"))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:  # multiprocessing's own helper ends a moment after its parent
        try:
            os.killpg(check.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("something that the check started is still there")
