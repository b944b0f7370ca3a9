"""What was done since a step was passed is undone: files, flash, terminal, and what Python on the board knows."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trainer.firmware import practice
from trainer.lesson import load_lesson
from trainer.validation.python_line import leaves_no_trace
from trainer.validation.recall import RecallingBench
from trainer.validation.stage import LONG_WAIT_S, Stage
from trainer.validation.tools import Tools

STEPS = """\
## Go

```step
id = "go"
run = "go to Downloads."
checks = [{ check = "folder", is = "Downloads" }]
solutions = ["cd Downloads"]
hints = ["Go.", "Type `cd Downloads`."]
```

## Open

```step
id = "open"
run = "open the terminal."
checks = [{ check = "baud", is = 115200 }]
solutions = ["espdojo monitor"]
hints = ["Open it.", "Type `espdojo monitor`."]
```

## Name

```step
id = "name"
type = "give it a name."
solutions = ["x = 1"]
hints = ["Name it.", "Type `x = 1`."]
```

## Ask

```step
id = "ask"
type = "ask for it."
solutions = ["x"]
hints = ["Ask.", "Type `x`."]
```
"""


@pytest.fixture
def stage(tmp_path: Path, write_lesson: Callable[..., Path]) -> Iterator[Stage]:
    lesson = load_lesson(write_lesson(STEPS, start='starts = ["firmware", "micropython", "plugged"]'))
    home = tmp_path / "home"
    home.mkdir()
    tools = Tools(tmp_path / "tools")
    with Stage(lesson, "linux", "nodemcu", practice(), home, tmp_path / "kept", tools) as stage:
        yield stage


def passes(stage: Stage, line: str) -> None:
    evidence = stage.act(line, patience_s=LONG_WAIT_S)
    assert evidence is not None
    assert stage.session.submit(evidence).passed, line
    stage.keep(line)


def test_folder_files_and_cable(stage: Stage) -> None:
    passes(stage, "cd Downloads")
    before = stage.desk.state
    stage.act("cd ..")
    stage.act("unplug")
    (file,) = (stage.desk.shell.places.home / "Downloads").iterdir()
    content = file.read_bytes()
    file.write_bytes(b"spoiled")
    stage.put_back()
    assert stage.desk.state == before
    assert file.read_bytes() == content


@pytest.mark.slow
def test_flash_and_terminal_and_what_was_typed(stage: Stage) -> None:
    passes(stage, "cd Downloads")
    passes(stage, "espdojo monitor")
    passes(stage, "x = 1")
    bench = stage.desk.bench
    assert bench.flash is not None
    image = bench.flash.read(0, 4096)
    stage.act("ctrl-d")
    stage.act("close terminal")
    bench.fill_flash({})
    stage.put_back()
    assert bench.flash.read(0, 4096) == image
    terminal = stage.desk.shell.terminal
    assert terminal is not None
    assert terminal.baud == 115200
    assert terminal.at_prompt
    assert stage.session.step is not None
    assert stage.session.step.id == "ask"
    evidence = stage.act("x", patience_s=LONG_WAIT_S)
    assert evidence is not None
    assert stage.session.judge(evidence).passed


@pytest.mark.slow
def test_a_held_button_is_let_go(stage: Stage) -> None:
    stage.act("press flash")
    stage.put_back()
    assert isinstance(stage.desk.bench, RecallingBench)
    assert stage.desk.bench.seen.at_rest
    passes(stage, "cd Downloads")
    passes(stage, "espdojo monitor")
    evidence = stage.act("enter", patience_s=LONG_WAIT_S)
    assert evidence is not None
    assert evidence.transcript.endswith(">>> ")


@pytest.mark.slow
def test_what_was_written_while_a_button_was_down_is_kept(stage: Stage) -> None:
    """With the button down there is no checkpoint; the next one holds what was written meanwhile."""
    bench = stage.desk.bench
    assert bench.flash is not None
    stage.act("unplug")
    bench.fill_flash({})
    stage.act("press flash")
    stage.act("plug in")
    passes(stage, "cd Downloads")
    stage.act("release flash")
    stage.act("press reset")
    stage.keep("press reset")
    stage.act("unplug")
    stage.put_back()
    assert bench.plugged
    assert bench.flash.read(0, bench.flash.size).count(0xFF) == bench.flash.size


def test_nothing_is_done_where_nothing_has_changed(stage: Stage) -> None:
    resets: list[str] = []
    board = stage.desk.bench.board
    assert board is not None
    board.events.subscribe(lambda event: resets.append(event.name))
    stage.act("pwd")
    stage.act("ls")
    stage.put_back()
    assert "power" not in resets


@pytest.mark.parametrize(
    ("line", "reply", "harmless"),
    [
        ("1 + 1", "2\n>>> ", True),
        ("print('x', len([1]))", "x 1\n>>> ", True),
        ("sys.platform", "'esp8266'\n", True),
        ("Print('x')", "Traceback ...\nNameError: name 'Print' isn't defined\n>>> ", True),
        ("import", "Traceback ...\nSyntaxError: invalid syntax\n", True),
        ("x = 1", ">>> ", False),
        ("import sys", ">>> ", False),
        ("led.on()", ">>> ", False),
        ("(x := y)", "NameError: name 'y' isn't defined", False),
        ("f()", ">>> ", False),
        ("while True: pass", "", False),
    ],
)
def test_which_lines_python_forgets(line: str, reply: str, harmless: bool) -> None:
    assert leaves_no_trace(line, reply) is harmless


@pytest.mark.slow
def test_what_python_learned_by_a_mistake_is_forgotten(stage: Stage) -> None:
    passes(stage, "cd Downloads")
    passes(stage, "espdojo monitor")
    passes(stage, "x = 1")
    stage.act("x = 'spoiled'")
    stage.put_back()
    evidence = stage.act("x", patience_s=LONG_WAIT_S)
    assert evidence is not None
    assert "spoiled" not in evidence.transcript
    assert stage.session.judge(evidence).passed
