"""espdojo board, run and shell as a user runs them: processes, their output and their exit statuses."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import serial
from click.testing import CliRunner

from emulator import cli
from emulator.startup.espdojo_port import wire
from emulator.trace import Event

TIMEOUT_S = 100


class BoardProcess:
    """A running `espdojo board --json`."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "emulator", "--json", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._watchdog = threading.Timer(TIMEOUT_S, self.process.kill)
        self._watchdog.start()
        self.ready = self.event("ready")

    def event(self, name: str) -> dict[str, Any]:
        """The next event of that name."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event: dict[str, Any] = json.loads(line)
            if event["event"] == name:
                return event
        raise AssertionError(self.process.stderr.read() if self.process.stderr else name)

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stop(self) -> int:
        self.process.terminate()
        status = self.process.wait(TIMEOUT_S)
        self._watchdog.cancel()
        return status


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """A command that runs in this process leaves its handlers of signals to no other test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def start_board() -> Iterator[Callable[..., BoardProcess]]:
    started: list[BoardProcess] = []

    def start(*options: str) -> BoardProcess:
        started.append(BoardProcess(*options))
        return started[-1]

    yield start
    for board in started:
        board.stop()


def run_command(name: str, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """espdojo run or shell, in a process of its own."""
    code = f"import sys; from emulator import cli; sys.exit(cli.{name}.main(standalone_mode=False))"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


@pytest.mark.slow
def test_board_announces_itself_and_its_ways_in_first(start_board) -> None:
    board = start_board("--tcp", "0", "--rfc2217", "0", "--name", "COM7")
    ports = board.ready["ports"]
    assert wire.parse_url(ports["driver"])[0] == "127.0.0.1"
    assert ports["tcp"].startswith("socket://127.0.0.1:")
    assert ports["rfc2217"].startswith("rfc2217://127.0.0.1:")
    assert board.ready["name"] == "COM7"
    assert board.ready["mac"] == "18:fe:34:0d:0e:01"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without asking them")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_board_ends_on_signals_with_status_0(start_board, number: str) -> None:
    board = start_board()
    board.process.send_signal(getattr(signal, number))
    assert board.process.wait(TIMEOUT_S) == 0


@pytest.mark.slow
def test_board_ends_on_quit_and_lives_on_when_its_input_ends(start_board) -> None:
    quitting, deaf = start_board(), start_board("--tcp", "0")
    quitting.type("quit")
    assert quitting.process.wait(TIMEOUT_S) == 0
    deaf.process.stdin.close()
    with serial.serial_for_url(deaf.ready["ports"]["tcp"]):
        assert deaf.process.poll() is None


@pytest.mark.slow
def test_boards_buttons_bring_it_into_download_mode_without_lines(start_board) -> None:
    board = start_board("--tcp", "0")
    for line in ("press flash", "reset", "release flash"):
        board.type(line)
    while board.event("reset").get("mode") != 1:
        pass


@pytest.mark.slow
def test_boards_cable_can_be_pulled_and_put_back(start_board) -> None:
    board = start_board()
    with serial.serial_for_url(board.ready["ports"]["driver"], timeout=60) as port:
        port.rts = False
        board.event("attach")
        board.type("unplug")
        port.timeout = None
        with pytest.raises(serial.SerialException, match="disconnected"):  # noqa: PT012  the first read may end with bytes
            port.read(1 << 20)
            port.read(1)
    board.type("plug")
    while wire.ask(board.ready["ports"]["driver"])["status"] != wire.OK:
        pass


@pytest.mark.slow
def test_what_is_attached_is_moved_and_shown_by_commands(start_board) -> None:
    board = start_board("--attach", "dht22@13", "--attach", "button@14")
    for line in ("set dht22 -4.5 88", "press button", "show"):
        board.type(line)
    shown = [board.event("device") for _ in range(2)]
    assert shown == [
        {"event": "device", "device": "dht22@13", "temperature": -4.5, "humidity": 88.0},
        {"event": "device", "device": "button@14", "pressed": True},
    ]
    for wrong in ("set button", "set dht22 hot", "show lamp", "press"):
        board.type(wrong)
    board.type("quit")
    _, messages = board.process.communicate(timeout=TIMEOUT_S)
    for said in ("press or release", "two numbers", "There is no 'lamp' here", "Write press BUTTON"):
        assert said in messages


@pytest.mark.slow
def test_a_mistyped_command_is_answered_with_the_commands_there_are(start_board) -> None:
    board = start_board()
    board.type("push flash")
    board.type("press  flash")
    board.type("fault gremlins")
    board.type("repair gremlins")
    board.type("quit")
    assert board.process.wait(TIMEOUT_S) == 0
    assert "'push flash'" in (complaint := board.process.stderr.read())
    assert "press flash, release flash" in complaint
    assert "push flash: done" not in complaint
    assert "press flash: done" in complaint.splitlines()
    assert complaint.count("There is no fault 'gremlins'") == 2


@pytest.mark.slow
def test_a_running_board_can_be_broken_and_mended(start_board) -> None:
    board = start_board()
    board.type("fault charge-only-cable")
    assert board.event("fault")["fault"] == "charge-only-cable"
    assert wire.ask(board.ready["ports"]["driver"])["status"] == wire.UNPLUGGED
    board.type("repair charge-only-cable")
    board.event("repair")
    assert wire.ask(board.ready["ports"]["driver"])["status"] == wire.OK


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--live"], "there is none here"),
        (["--live", "--trace"], "choose one of them"),
    ],
)
def test_a_picture_needs_a_terminal_for_itself(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(cli.board, arguments)
    assert result.exit_code == 2
    assert complaint in result.output


def test_a_taken_port_fails_with_one_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = CliRunner().invoke(cli.board, ["--tcp", str(taken.getsockname()[1])])
    assert result.exit_code == 1
    assert "port 0 takes a free one" in result.output


@pytest.mark.slow
def test_firmware_that_is_none_is_written_with_a_warning(tmp_path: Path) -> None:
    page = tmp_path / "page.bin"
    page.write_text("<!DOCTYPE html>")
    board = subprocess.run(
        [sys.executable, "-m", "emulator", "--firmware", str(page)],
        input="quit\n",
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert board.returncode == 0
    assert "the board cannot start from it" in board.stderr
    assert "NodeMCU" in board.stderr + board.stdout


def test_firmware_that_is_not_there_fails_with_one_message(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.board, ["--firmware", f"{tmp_path / 'me@home.bin'}@0x1000"])
    assert result.exit_code == 1
    assert "me@home.bin" in result.output


@pytest.mark.slow
def test_run_plugs_a_board_into_a_program_and_passes_on_its_status() -> None:
    code = "import sys; from serial.tools.list_ports import comports; print(*comports()); sys.exit(7)"
    result = run_command("run", "--profile", "d1-mini", "--name", "COM9", "--", sys.executable, "-c", code)
    assert result.stdout.strip() == "COM9 - USB-SERIAL CH340 (COM9)"
    assert result.returncode == 7


@pytest.mark.slow
def test_run_finds_programs_installed_next_to_it() -> None:
    result = run_command("run", "--", "esptool", "flash-id", PATH="")
    assert "Detected flash size: 4MB" in result.stdout, result.stderr
    assert result.returncode == 0


@pytest.mark.slow
def test_run_uses_a_board_that_runs_already(start_board) -> None:
    board = start_board("--profile", "esp-01s")
    list_ports = (sys.executable, "-m", "serial.tools.list_ports", "-v")
    result = run_command("run", "--on", board.ready["ports"]["driver"], "--", *list_ports)
    assert result.returncode == 0, result.stderr
    assert "1A86:7523" in result.stdout
    assert "1 ports found" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["no-such-program"], "There is no command 'no-such-program'"),
        (["--on", "esp8266://127.0.0.1:9/x", "esptool"], "No board answers"),
        (["--on", "/dev/ttyUSB0", "esptool"], "No board answers"),
        ([sys.executable, "-I", "-m", "esptool", "flash-id"], "was not run"),
    ],
)
def test_what_run_cannot_do_it_says(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(cli.run, arguments)
    assert result.exit_code == 1
    assert complaint in result.output


@pytest.mark.slow
def test_run_with_a_wrong_token_says_so(start_board) -> None:
    url = start_board().ready["ports"]["driver"]
    result = CliRunner().invoke(cli.run, ["--on", url[:-1], "esptool"])
    assert result.exit_code == 1
    assert "token" in result.output


def test_options_of_a_new_board_do_not_go_with_a_running_one() -> None:
    result = CliRunner().invoke(cli.run, ["--on", "esp8266://127.0.0.1:9/x", "--flash-size", "1MB", "esptool"])
    assert result.exit_code == 2
    assert "--flash-size" in result.output


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_run_says_of_other_programs_that_they_see_real_ports() -> None:
    result = run_command("run", "--name", "COM9", "--", "sh", "-c", "kill -TERM $$")
    assert "others see this computer's real ports" in result.stderr
    assert result.returncode == 128 + signal.SIGTERM


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_shell_is_the_users_own_with_the_board_in_it(tmp_path: Path) -> None:
    own = tmp_path / "mysh"
    own.write_text(f"#!/bin/sh\n{sys.executable} -m serial.tools.list_ports -q\nexit 3\n")
    own.chmod(0o755)
    result = run_command("shell", "--name", "/dev/ttyUSB5", SHELL=str(own))
    assert result.stdout.strip() == "/dev/ttyUSB5"
    assert "/dev/ttyUSB5" in result.stderr
    assert result.returncode == 3


@pytest.mark.slow
def test_trace_prints_what_happens_for_people() -> None:
    command = [sys.executable, "-m", "emulator", "--trace", "--clock", "max", "--fault", "gpio0-low"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(TIMEOUT_S, process.kill)
        watchdog.start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("reset\n")
        process.stdin.flush()
        assert any("reset     power on, boot mode 1: download" in line for line in process.stdout)
        assert any("reset     external, boot mode 1: download" in line for line in process.stdout)
        process.stdin.write("quit\n")
        process.stdin.flush()
        assert process.wait(TIMEOUT_S) == 0
        watchdog.cancel()


def test_trace_and_json_exclude_each_other() -> None:
    result = CliRunner().invoke(cli.board, ["--trace", "--json"])
    assert result.exit_code == 2
    assert "choose one" in result.output


def test_a_fault_that_does_not_fit_the_board_fails_with_one_message() -> None:
    result = CliRunner().invoke(cli.board, ["--fault", "worn-sectors=1024"])
    assert result.exit_code == 1
    assert "this flash chip has 1024" in result.output


@pytest.mark.slow
def test_run_shows_no_port_to_a_program_when_the_cable_is_for_charging_only() -> None:
    result = run_command("run", "--fault", "charge-only-cable", "--", sys.executable, "-m", "serial.tools.list_ports")
    assert result.returncode == 0, result.stderr
    assert "no ports found" in result.stderr


@pytest.mark.slow
def test_coverage_is_told_when_asked_and_at_the_end(start_board) -> None:
    board = start_board("--coverage", "--clock", "max")
    board.event("boot-failed")
    board.type("coverage")
    assert "UART_FIFO" not in board.event("coverage")["registers"]
    board.type("quit")
    used = board.event("coverage")
    assert used["missing"] == used["unmodelled"] == []
    assert board.process.wait(TIMEOUT_S) == 0


def test_a_routine_that_is_missing_is_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    where = {"routine": "cmd_parse", "address": 0x40000814, "caller": 0x40201234}
    cli._name_what_is_missing(Event("rom-missing", data=where))
    cli._name_what_is_missing(Event("reset"))
    out, err = capsys.readouterr()
    assert out == ""
    assert "cmd_parse (0x40000814) of the ROM, from 0x40201234, which espdojo does not have" in err
    assert err.count("\n") == 1
