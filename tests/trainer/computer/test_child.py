"""A learner's program runs by itself, is heard live, and is stopped without stopping the tutor."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from trainer.computer import child
from trainer.computer.child import HAS_WINDOWS, Finished, Interrupter, Program, run

PATIENT = """
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    os.write(1, b'ready\\n')
    time.sleep(60)
except KeyboardInterrupt:
    print('stopped by hand')
"""
"""Says that it is ready once it can be stopped, also where the tests were started in the background of a shell, whose
programs ignore Ctrl-C."""


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy computer's program may need its time to end."""
    monkeypatch.setattr(child, "PATIENCE_S", 60.0)


def play(
    code: str, folder: Path, output: Callable[[str], None] = lambda text: None, interrupter: Interrupter | None = None
) -> Finished:
    return run(python(code, folder), output, interrupter or Interrupter())


def python(code: str, folder: Path) -> Program:
    return Program([sys.executable, "-u", "-c", code], folder, dict(os.environ))


def test_both_streams_and_the_exit_status_come_back(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert play(code, tmp_path) == Finished(3, "out\nerr\n")


def test_it_runs_in_its_folder_and_has_no_keyboard(tmp_path: Path) -> None:
    finished = play("import os, sys; print(os.getcwd()); print(repr(sys.stdin.read()))", tmp_path)
    assert finished.transcript == f"{tmp_path.resolve()}\n''\n"


def test_output_comes_live(tmp_path: Path) -> None:
    """The program goes on only when its first line has been seen."""
    seen = tmp_path / "seen"

    def output(text: str) -> None:
        if "ready" in text:
            seen.touch()

    code = f"import os, time\nprint('ready')\nwhile not os.path.exists({str(seen)!r}): time.sleep(0.01)\nprint('done')"
    assert play(code, tmp_path, output).transcript == "ready\ndone\n"


def test_progress_is_redrawn_in_the_output_and_final_in_the_transcript(tmp_path: Path) -> None:
    shown: list[str] = []
    finished = play(
        "for n in (1, 50, 100): print(f'Writing at {n:#x} {n}.0% of it')\nprint('Done')", tmp_path, shown.append
    )
    assert "".join(shown).count("\r") == 2
    assert finished.transcript == "Writing at 0x64 100.0% of it\nDone\n"


@pytest.mark.usefixtures("patient")
def test_a_stop_asked_for_by_another_thread(tmp_path: Path) -> None:
    interrupter = Interrupter()
    finished = play(PATIENT, tmp_path, lambda text: interrupter.interrupt(), interrupter)
    assert finished.exit_status == 130
    if os.name != "nt":
        assert finished.transcript == "ready\nstopped by hand\n"


@pytest.mark.usefixtures("patient")
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_at_the_tutors_keyboard_reaches_the_program_alone(tmp_path: Path) -> None:
    def press(text: str) -> None:
        if "ready" in text:
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()

    assert play(PATIENT, tmp_path, press) == Finished(130, "ready\nstopped by hand\n")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_program_that_ignores_ctrl_c_is_ended_the_hard_way(tmp_path: Path) -> None:
    interrupter = Interrupter()
    code = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('ready')\ntime.sleep(60)"
    assert play(code, tmp_path, lambda text: interrupter.interrupt(), interrupter).exit_status == 130


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        run(Program([tmp_path / "nothing"], tmp_path, {}), print, Interrupter())


needs_windows = pytest.mark.skipif(not HAS_WINDOWS, reason="pseudo-terminals are POSIX")


@needs_windows
def test_for_a_window_it_prints_what_it_prints_in_a_terminal(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "print(sys.stdout.isatty(), sys.stdin.isatty(), *os.get_terminal_size(1))\n"
        r"sys.stdout.write('\x1b[31mred\x1b[0m 50%\r\x1b[2Kred 100%\n\x1b]0;title\x07\x1b[?25l')"
    )
    shown: list[str] = []
    finished = run(python(code, tmp_path), shown.append, Interrupter(), lambda: os.terminal_size((70, 20)))
    assert finished == Finished(0, "True False 70 20\nred 100%\n")
    assert "".join(shown) == "True False 70 20\n\x1b[31mred\x1b[0m 50%\r\x1b[2Kred 100%\n"


@pytest.mark.usefixtures("patient")
def test_one_asked_for_too_early_stops_it_as_soon_as_it_runs(tmp_path: Path) -> None:
    interrupter = Interrupter()
    interrupter.interrupt()
    assert play("import time; time.sleep(600)", tmp_path, interrupter=interrupter).exit_status == 130


@pytest.mark.usefixtures("patient")
@needs_windows
def test_what_runs_in_a_window_is_stopped_as_well(tmp_path: Path) -> None:
    interrupter = Interrupter()
    finished = run(
        python(PATIENT, tmp_path), lambda text: interrupter.interrupt(), interrupter, lambda: os.terminal_size((70, 20))
    )
    assert finished == Finished(130, "ready\nstopped by hand\n")
