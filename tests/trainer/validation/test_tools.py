"""What takes long is done once, and is the same when it is put there the second time."""

import shutil
import sys
from pathlib import Path

import pytest

from trainer.computer import child
from trainer.computer.child import Finished, Interrupter, Program
from trainer.computer.environment import Environment, child_variables
from trainer.validation import tools as tools_module
from trainer.validation.snapshot import contents
from trainer.validation.tools import Tools


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was really run; an environment is made by hand, and a package is a file in it."""
    run: list[list[str]] = []

    def stand_in(program: Program, *_: object) -> Finished:
        words = [str(argument) for argument in program.arguments]
        run.append(words)
        if "venv" in words:
            Path(words[-1], "bin").mkdir(parents=True)
            Path(words[-1], "pyvenv.cfg").write_text("version = 3")
        if "pip" in words:
            Path(words[0]).parent.joinpath(words[-1]).write_text("a tool")
        return Finished(1 if "broken" in words else 0, f"made by {words[-1]}\n")

    monkeypatch.setattr(tools_module.child, "run", stand_in)
    return run


def test_an_environment_is_made_and_filled_once(tmp_path: Path, programs: list[list[str]]) -> None:
    tools = Tools(tmp_path / "tools")
    home = tmp_path / "home"
    seen: list[dict[str, tuple[str, int, int]]] = []
    for _ in range(3):
        home.mkdir()
        told: list[str] = []
        for words in ([sys.executable, "-m", "venv", home / "e"], [home / "e/bin/python", "-m", "pip", "install", "x"]):
            finished = tools.run(Program(words, home, {}), told.append, Interrupter())
            assert finished.exit_status == 0
        seen.append(contents(home))
        shutil.rmtree(home)
    assert len(programs) == 2
    assert seen[0] == seen[1] == seen[2]
    assert told == [f"made by {home / 'e'}\n", "made by x\n"]


def test_another_state_other_words_and_failures_are_run_again(tmp_path: Path, programs: list[list[str]]) -> None:
    tools = Tools(tmp_path / "tools")
    home = tmp_path / "home"
    home.mkdir()

    def run(*words: str | Path, variables: dict[str, str] | None = None) -> int:
        return tools.run(Program(words, home, variables or {}), lambda text: None, Interrupter()).exit_status

    python = home / "e/bin/python"
    run(sys.executable, "-m", "venv", home / "e")
    run(python, "-m", "pip", "install", "x")
    run(python, "-m", "pip", "install", "x")  # something is there now
    run(python, "-m", "pip", "install", "x", variables={"PIP_CONSTRAINT": "other"})
    assert len(programs) == 4
    assert run(python, "-m", "pip", "install", "broken") == 1
    assert run(python, "-m", "pip", "install", "broken") == 1
    assert len(programs) == 6


@pytest.mark.slow
def test_a_real_environment_works_where_it_is_put_back(tmp_path: Path) -> None:
    tools = Tools(tmp_path / "tools")
    home = tmp_path / "home"
    for _ in range(2):
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        tools.environment(home / "esp8266")
        environment = Environment(home / "esp8266")
        assert environment.exists()
        assert environment.has("mpremote")
        program = Program([environment.python, "-m", "esptool", "version"], home, child_variables(environment, "utf-8"))
        version = child.run(program, lambda text: None, Interrupter())
        assert version.exit_status == 0
