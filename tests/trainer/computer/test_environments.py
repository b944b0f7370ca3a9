"""Virtual environments are made and switched on by what a learner types, and only those that may be trusted."""

import os

import pytest

from trainer.system import System

from ..shells import MakeShell, refused


def test_pip_without_an_environment_does_not_touch_the_system(make_shell: MakeShell) -> None:
    result = make_shell().run("python -m pip install esptool")
    assert result.exit_status == 1
    assert "externally-managed-environment" in result.transcript


def test_an_environment_that_is_not_there(make_shell: MakeShell) -> None:
    result = make_shell().run("source esp8266/bin/activate")
    assert result.exit_status == 1
    assert "No such file or directory" in result.transcript
    assert "EnvironmentNameNotFound" in make_shell().run("conda activate esp8266").transcript


@pytest.mark.skipif(os.name == "nt", reason="Windows environments hold a copy of the interpreter")
def test_an_interpreter_that_came_with_a_lesson_is_not_run(make_shell: MakeShell) -> None:
    shell = make_shell()
    planted = shell.places.home / "esp8266" / "bin"
    planted.mkdir(parents=True)
    (planted / "python").write_text("#!/bin/sh\necho planted\n")
    (planted / "python").chmod(0o755)
    (planted.parent / "pyvenv.cfg").touch()
    assert shell.run("source esp8266/bin/activate").exit_status == 1
    assert shell.environment is None


def test_making_an_environment_does_not_spoil_a_folder(make_shell: MakeShell) -> None:
    assert refused(make_shell().run("python -m venv Downloads"), "usage")


def test_the_prompt_shows_the_active_environment(with_tools: MakeShell) -> None:
    shell = with_tools("windows")
    assert shell.prompt.startswith("(esp8266) ")
    assert shell.run("deactivate").exit_status == 0
    assert not shell.prompt.startswith("(")


@pytest.mark.parametrize(
    ("system", "folder", "line"),
    [
        ("linux", "~", "source esp8266/bin/activate"),
        ("macos", "Downloads", "source ../esp8266/bin/activate"),
        ("windows", "Downloads", r"..\esp8266\Scripts\activate"),
    ],
)
def test_a_forgotten_environment_is_told_with_the_line_that_switches_it_on(
    with_tools: MakeShell, system: System, folder: str, line: str
) -> None:
    shell = with_tools(system)
    shell.run("deactivate")
    shell.run(f"cd {folder}")
    assert f"Switch it on: {line})" in shell.run("esptool version").transcript.replace("\n", " ")
    assert shell.run(line).exit_status == 0
    assert shell.run("esptool version").exit_status == 0
