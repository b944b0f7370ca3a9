"""The plain tutor in a real pseudo-terminal that is dumb: lines only, Ctrl-C, kill -9, going on."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from trainer.firmware import practice

pexpect = pytest.importorskip("pexpect")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are POSIX"),
]


@contextmanager
def tutor(home: Path, *options: str, terminal: str = "dumb") -> Iterator[Any]:
    """A learner's terminal with the tutor in it, on the practice image."""
    image = home / "images"
    image.mkdir(parents=True, exist_ok=True)
    (image / "practice.bin").write_bytes(practice().path.read_bytes())
    environment = {**os.environ, "ESPDOJO_HOME": str(home), "ESPDOJO_FIRMWARE_DIR": str(image), "TERM": terminal}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "trainer", "learn", "first-flash", "--system", "linux", *options],
        env=environment,
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=60,
    )
    try:
        yield child
    finally:
        child.close(force=True)


ASKS = r"(Your turn|When you are ready): [^\x1b]*(\$|Answer:|You:|Port:|>>>|\(Enter\))"
"""What has to be done, and the prompt below it."""


def wait_for(child: Any, step: str) -> None:
    """Wait until a step is shown and its line is asked for."""
    child.expect_exact(f": {step}\r\n---")
    child.expect(ASKS)


def do(child: Any, step: str, line: str) -> None:
    """Wait for a step, and type `line`."""
    wait_for(child, step)
    child.sendline(line)


BEFORE_THE_BOARD = [
    ("What you need", ""),
    ("Open a terminal", "pwd"),
    ("Choose the right firmware", "2"),
    ("Download it", "download"),
    ("See that it is there", "ls Downloads"),
]


@pytest.mark.parametrize(("options", "terminal"), [((), "dumb"), (("--plain",), "xterm-256color")])
def test_leave_and_go_on(tmp_path: Path, options: tuple[str, ...], terminal: str) -> None:
    with tutor(tmp_path, *options, terminal=terminal) as child:
        for step, line in BEFORE_THE_BOARD:
            do(child, step, line)
        wait_for(child, "Make a virtual environment")
        child.sendcontrol("c")
        child.expect_exact("`quit` leaves")
        child.sendline("quit")
        child.expect_exact("Saved. Next is step 6")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
    with tutor(tmp_path, *options, terminal=terminal) as child:
        do(child, "Make a virtual environment", "hint")
        child.expect_exact("Hint 1 of 2")
        child.kill(9)
    with tutor(tmp_path, *options, terminal=terminal) as child:
        do(child, "Make a virtual environment", "hint")
        child.expect_exact("Hint 2 of 2")


@pytest.mark.parametrize(("options", "terminal"), [((), "dumb"), (("--plain",), "xterm-256color")])
def test_it_gets_no_control_sequence(tmp_path: Path, options: tuple[str, ...], terminal: str) -> None:
    with tutor(tmp_path, *options, terminal=terminal) as child:
        for step, line in BEFORE_THE_BOARD[:2]:
            do(child, step, line)
        child.expect_exact("Choose the right firmware")
        assert "\x1b" not in child.before


def test_ctrl_d_ends_the_input(tmp_path: Path) -> None:
    with tutor(tmp_path) as child:
        child.expect_exact("(Enter) ")
        child.sendeof()
        child.expect_exact("Saved. Next is step 1")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 1
