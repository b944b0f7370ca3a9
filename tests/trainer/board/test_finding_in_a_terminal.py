"""`espdojo learn --port auto` in a real terminal: the board that is plugged in while it watches is the learner's."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pexpect = pytest.importorskip("pexpect")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are POSIX"),
]


def test_a_board_is_plugged_in_and_pulled_out(
    start_process: Callable[..., Any], tmp_path: Path, make_micropython: Callable[..., bytes]
) -> None:
    (tmp_path / "firmware.bin").write_bytes(make_micropython())
    board = start_process("emulator", "--json")
    board.wait_for("ready")
    url = json.loads(board.heard[0])["ports"]["driver"]
    board.say("unplug")
    board.wait_for('"on": false')
    espdojo = [sys.executable, "-m", "trainer"]
    child = pexpect.spawn(
        sys.executable,
        ["-m", "trainer", "run", "--on", url, "--name", "/dev/ttyUSB77", "--", *espdojo, "learn", "--plain",
         "--system", "linux", "--port", "auto"],
        env={**os.environ, "ESPDOJO_HOME": str(tmp_path), "ESPDOJO_FIRMWARE_DIR": str(tmp_path), "TERM": "dumb"},
        encoding="utf-8",
        timeout=60,
    )  # fmt: skip
    try:
        child.expect("Plug it in now")
        board.say("plug")
        child.expect("There it is: /dev/ttyUSB77.*CP210x.*NodeMCU")
        child.expect("your own board, at /dev/ttyUSB77")
        child.expect("When you are ready")
        child.sendline("")
        child.expect("Your turn")
        child.sendline("unplug")
        child.expect("Pull your board's cable out")
        board.say("unplug")
        child.sendline("where")
        child.expect("Your turn")
        child.sendline("plug in")
        child.expect("Push your board's cable in")
        board.say("plug")
        child.sendline("quit")
        child.expect("Saved")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
