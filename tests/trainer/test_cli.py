"""The `espdojo` command as a whole: help, versions, exit statuses, messages."""

import os
import subprocess
import sys

import click
import pytest

from trainer import cli
from trainer.errors import EspdojoError


def espdojo(*arguments: str, stdout: int = subprocess.PIPE) -> "subprocess.CompletedProcess[str]":
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "trainer", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Row "fail" of the table: a command that raises what is put into this list."""
    errors: list[BaseException] = []

    @click.command()
    def fail() -> None:
        raise errors[0]

    monkeypatch.setattr(cli, "failing_command", fail, raising=False)
    monkeypatch.setitem(cli.COMMANDS, "fail", ("trainer.cli:failing_command", "Fails."))
    return errors


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_row_of_the_table_is_a_command_with_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: espdojo {name}")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in cli.COMMANDS)


def test_help_imports_no_command() -> None:
    code = (
        "import sys; from trainer import cli; cli.main(['--help']);"
        "print(sys.modules.keys() & {'wasmtime', 'requests', 'serial', 'esptool', 'prompt_toolkit'})"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.splitlines()[-1] == "set()"


def test_python_m_trainer_is_the_same_command() -> None:
    answer = espdojo("--version")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("espdojo, version ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["firmware", "get", "x y"],
        ["learn", "--system", "amiga"],
        ["learn", "--board", "no-board"],
    ],
)
def test_wrong_usage_is_status_2_and_says_what_to_do(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--help" in shown.err


def test_an_error_for_people_is_shown_without_traceback(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(EspdojoError("It broke.\x1b[2J", next_step="Mend it."))
    assert cli.main(["fail"]) == 1
    assert capsys.readouterr().err == "It broke.\nNext: Mend it.\n"


def test_a_mistake_of_ours_keeps_its_traceback(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        cli.main(["fail"])
    assert "mistake in espdojo" in capsys.readouterr().err


def test_ctrl_c_ends_with_one_word(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(KeyboardInterrupt())
    assert cli.main(["fail"]) == 1
    assert capsys.readouterr().err.strip() == "Stopped."


def test_a_reader_that_goes_away_is_no_error() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        answer = espdojo("--help", stdout=write_end)
    finally:
        os.close(write_end)
    assert (answer.returncode, answer.stderr) == (1, "")


def test_without_a_terminal_the_demo_is_played_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    played: list[bool] = []
    monkeypatch.setattr("trainer.subcommands.demo.play", lambda lesson, fast, system: played.append(fast) or 0)
    assert cli.main([]) == 0
    assert played == [True]
    assert "no terminal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("lern", "Did you mean `learn`?"),
        ("first-flash", "Did you mean `espdojo learn first-flash`?"),
        ("certificate", "Did you mean `espdojo progress --html FILE`?"),
        ("xyzzy", "Try 'espdojo --help'"),
    ],
)
def test_a_word_that_is_no_command_is_answered_with_one(
    word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([word]) == 2
    said = capsys.readouterr().err
    assert f"There is no command `{word}`." in said
    assert meant in said


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="descriptors are closed by a POSIX shell here")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_standard_stream_that_is_closed_does_no_harm(closed: str) -> None:
    ran = subprocess.run(
        ["sh", "-c", f'"$0" -m trainer --version {closed}', sys.executable],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
