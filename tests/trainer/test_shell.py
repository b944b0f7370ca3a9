"""The learner's shell runs what it knows, with the board plugged in, and says why it does not run the rest."""

import ast
import os
import threading
from collections.abc import Callable

import pytest

from trainer.shell import Result, Shell
from trainer.system import System

from .pretend import PretendBench
from .shells import MakeShell, refused


def test_a_word_that_is_no_command_is_said_in_the_systems_words(make_shell: MakeShell) -> None:
    result = make_shell("macos").run("flsh")
    assert result.transcript.startswith("zsh: command not found: flsh\n")
    assert result.refusal is not None


def test_where_the_learner_was_is_kept(with_tools: MakeShell, make_shell: MakeShell) -> None:
    shell = with_tools()
    shell.run("cd Downloads")
    again = make_shell()
    again.restore(shell.state)
    assert (again.folder, again.prompt) == (shell.folder, shell.prompt)
    again.restore({"folder": "", "environment": None})
    assert (again.folder, again.environment) == ("", None)
    again.restore({"folder": "../..", "environment": "../x"})
    assert again.folder == ""


@pytest.mark.parametrize(
    ("system", "line", "words", "status"),
    [
        ("linux", "esptool -h", "esptool: command not found", 127),
        ("macos", "esptool -h", "zsh: command not found: esptool", 127),
        ("windows", "esptool -h", "'esptool' is not recognized as an internal or external command", 9009),
        ("linux", "python -m esptool -h", "No module named esptool", 1),
    ],
)
def test_a_tool_that_is_not_there(make_shell: MakeShell, system: System, line: str, words: str, status: int) -> None:
    result = make_shell(system).run(line)
    assert (result.exit_status, result.refusal) == (status, None)
    assert words in result.transcript
    assert "virtual environment" in result.transcript


def test_a_tool_runs_with_the_board_plugged_in_and_the_learners_words(with_tools: MakeShell) -> None:
    shell = with_tools()
    result = shell.run("esptool --port /dev/ttyUSB0 write_flash --flash_size=detect 0 Downloads/firmware.bin")
    expected = ["--port", "/dev/ttyUSB0", "write_flash", "--flash_size=detect", "0", "Downloads/firmware.bin"]
    assert f"argv {expected}" in result.transcript
    assert "plugged yes" in result.transcript
    assert result.exit_status == 0


def test_windows_paths_reach_the_program_as_this_computer_writes_them(with_tools: MakeShell) -> None:
    shell = with_tools("windows")
    below = os.path.join("Downloads", "firmware.bin")
    assert arguments_of(shell.run(r"esptool write-flash 0 Downloads\firmware.bin")) == ["write-flash", "0", below]
    shell.run("cd Downloads")
    assert "firmware.bin" in arguments_of(shell.run(r"esptool write-flash 0 %USERPROFILE%\Downloads\firmware.bin"))
    merged = shell.run(r"esptool --chip esp8266 merge-bin --output=.\out.bin 0 firmware.bin")
    assert "--output=out.bin" in arguments_of(merged)


def arguments_of(result: Result) -> list[str]:
    line = next(line for line in result.transcript.splitlines() if line.startswith("argv "))
    words: list[str] = ast.literal_eval(line.removeprefix("argv "))
    return words


def test_the_driver_is_proven_before_a_board_is_touched(with_tools: MakeShell) -> None:
    bench = PretendBench(plugged=True)
    shell = with_tools(bench=bench)
    shell.run("esptool version")
    assert bench.asked_for == []
    shell.run("esptool erase-flash")
    assert [python.parent.parent.name for python in bench.asked_for] == ["esp8266"]


@pytest.mark.parametrize("line", ["esptool erase-flash", "esptool flash-id", "mpremote fs ls", "mpremote reset"])
def test_without_that_proof_nothing_runs(with_tools: MakeShell, line: str) -> None:
    result = with_tools(bench=PretendBench(plugged=True, proves=False)).run(line)
    assert refused(result, "unproven")
    assert "argv" not in result.transcript


def test_another_ports_name_is_left_to_the_tool(with_tools: MakeShell) -> None:
    assert "argv" in with_tools().run("esptool --port /dev/ttyUSB7 flash-id").transcript


def test_ctrl_c_stops_the_program_and_not_the_shell(with_tools: MakeShell) -> None:
    shell = with_tools()
    seen = threading.Event()
    shell = with_tools_output(shell, lambda text: seen.set() if "waiting" in text else None)

    def press() -> None:
        seen.wait(60)
        shell.interrupt()

    thread = threading.Thread(target=press)
    thread.start()
    result = shell.run("esptool image-info slow")
    thread.join()
    assert result.exit_status == 130
    assert "never" not in result.transcript
    assert shell.run("pwd").exit_status == 0


def test_ctrl_c_before_the_program_runs_is_for_it_and_for_no_other(with_tools: MakeShell) -> None:
    shell = with_tools()
    shell.interrupt()
    assert shell.run("esptool image-info slow").exit_status == 130
    assert shell.run("esptool version").exit_status == 0
    shell.interrupt()
    shell.ready()
    assert shell.run("esptool version").exit_status == 0


def with_tools_output(shell: Shell, output: Callable[[str], None]) -> Shell:
    other = Shell(shell.places.home, shell.system, shell.bench, output)
    other.restore(shell.state)
    return other


def test_ports_are_shown_as_the_system_shows_them_and_called_staged(make_shell: MakeShell) -> None:
    result = make_shell("windows").run("device manager")
    assert "Silicon Labs USB to UART Bridge (COM4)" in result.transcript
    assert "ports of the practice computer" in result.transcript
    assert "/dev/ttyUSB0" in make_shell("linux").run("ls /dev/ttyUSB*").transcript
    missing = make_shell("linux").run("ls /dev/ttyACM*")
    assert "cannot access '/dev/ttyACM*'" in missing.transcript
    assert missing.exit_status == 1


def test_where_there_is_no_port_a_list_of_all_is_no_error(
    make_shell: MakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = make_shell("linux")
    monkeypatch.setattr(shell.bench, "ports_view", lambda: "")
    result = shell.run("ls /dev/tty*")
    assert "no serial port is there now" in result.transcript
    assert result.exit_status == 0


def test_a_terminal_on_another_port_does_not_open(make_shell: MakeShell) -> None:
    result = make_shell().run("screen /dev/ttyUSB3 115200")
    assert result.exit_status == 1
    assert "no port of that name" in result.transcript


def test_what_is_refused_says_why(make_shell: MakeShell) -> None:
    result = make_shell().run("esptool flash-id | less")
    assert refused(result, "shell-syntax")
    said = " ".join(result.transcript.split())  # it is wrapped to the window
    assert said == (result.refusal.message if result.refusal else "")


def test_puttys_window_is_filled_in_and_opens_the_terminal(make_shell: MakeShell) -> None:
    shell = make_shell("windows")
    assert refused(shell.run("speed 115200"), "unknown-command"), "there is no window yet"
    assert "(*) SSH" in shell.run("putty").transcript
    assert "cable" in shell.run("open").transcript
    for line in ("type serial", "serial line com4"):
        assert shell.run(line).exit_status == 0
    assert "115200" in shell.run("speed 115200").transcript
    assert shell.run("cd").exit_status == 0, "the window is no cage"
    opened = shell.run("open")
    assert opened.command is not None
    assert opened.command.options == {"port": "COM4", "baud": 115200}
    assert shell.terminal is not None
    assert shell.terminal.baud == 115200
    shell.close_terminal()
    assert refused(shell.run("open"), "unknown-command"), "the window is gone"
