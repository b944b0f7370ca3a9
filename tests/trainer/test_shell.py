"""The learner's shell runs what it knows, inside the workspace, and nothing else."""

import ast
import os
import re
import sys
import threading
import venv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.board.workbench import Button, Workbench
from trainer.computer import child
from trainer.ports import Port
from trainer.shell import Result, Shell
from trainer.system import SYSTEMS, System

PRETEND_TOOL = """
import os, sys, time
print("argv", sys.argv[1:], flush=True)
print("plugged", os.environ.get("PLUGGED"), flush=True)
if "slow" in sys.argv[-1]:
    print("waiting", flush=True)
    time.sleep(600)
    print("never")
"""


class PretendBench(Workbench):
    """A bench without a board, that counts what it is asked."""

    def __init__(self, system: System, *, fake: bool = True, proven: bool = True) -> None:
        super().__init__(system)
        self._fake = fake
        self._proves = proven
        self.asked_for: list[Path] = []

    @property
    def is_fake(self) -> bool:
        return self._fake

    @property
    def port(self) -> str:
        return {"windows": "COM4", "macos": "/dev/cu.SLAB_USBtoUART", "linux": "/dev/ttyUSB0"}[self.system]

    @property
    def plugged(self) -> bool:
        return True

    def ports(self) -> list[Port]:
        return [Port(self.port, f"USB to UART Bridge ({self.port})", "Silicon Labs", 0x10C4, 0xEA60)]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        return {**base, "PLUGGED": "yes"}

    def proven(self, python: Path) -> bool:
        self.asked_for.append(python)
        return self._proves

    def description(self) -> str:
        return "a pretend board"

    def press(self, button: Button) -> None:
        raise NotImplementedError

    release = press

    def reset(self) -> None:
        raise NotImplementedError

    plug = unplug = reset

    def close(self) -> None:
        return None

    def _url(self) -> str:
        return "loop://"


@pytest.fixture
def make_shell(tmp_path: Path) -> Callable[..., Shell]:
    def make(system: System = "linux", bench: Workbench | None = None, **options: Any) -> Shell:
        workspace = tmp_path / "workspace"
        (workspace / "Downloads").mkdir(parents=True, exist_ok=True)
        (workspace / "Downloads" / "firmware.bin").write_bytes(b"\xe9" * 100)
        return Shell(workspace, system, bench or PretendBench(system), lambda text: None, **options)

    return make


@pytest.fixture
def with_tools(make_shell: Callable[..., Shell]) -> Callable[..., Shell]:
    """A shell in which the environment `esp8266` is active, with a pretend esptool and mpremote in it."""

    def make(*arguments: Any, **options: Any) -> Shell:
        shell = make_shell(*arguments, **options)
        path = shell.places.home / "esp8266"
        venv.create(path, with_pip=False, symlinks=os.name != "nt")
        (site,) = [*path.glob("lib/python*/site-packages"), *path.glob("Lib/site-packages")]
        for tool in ("esptool", "mpremote"):
            (site / tool).mkdir()
            (site / tool / "__init__.py").touch()
            (site / tool / "__main__.py").write_text(PRETEND_TOOL)
        assert shell.run("conda activate esp8266").exit_status == 0
        return shell

    return make


def refused(result: Result, kind: str) -> bool:
    return result.refusal is not None and result.refusal.kind == kind and result.exit_status == 2


# Folders


def test_walking_about(make_shell: Callable[..., Shell]) -> None:
    shell = make_shell()
    assert shell.folder == ""
    assert shell.run("cd Downloads").exit_status == 0
    assert shell.folder == "Downloads"
    assert "firmware.bin" in shell.run("ls").transcript
    assert shell.run("pwd").transcript.strip() == str(shell.places.home / "Downloads")
    assert shell.run("cd ..").exit_status == 0
    assert shell.run("cd ~/Downloads").exit_status == 0
    assert shell.run("cd").exit_status == 0
    assert shell.folder == ""


@pytest.mark.parametrize(
    ("system", "prompt", "here"),
    [
        ("windows", r"C:\Users\you\Downloads>", r"C:\Users\you\Downloads"),
        ("macos", "you@mac Downloads % ", "/Users/you/Downloads"),
    ],
)
def test_another_system_is_played_with_its_own_paths(
    make_shell: Callable[..., Shell], system: System, prompt: str, here: str
) -> None:
    if system == {"win32": "windows", "darwin": "macos"}.get(sys.platform):
        pytest.skip("not another system here")
    shell = make_shell(system)
    assert shell.run(f"cd {here}").exit_status == 0
    assert (shell.prompt, shell.run("pwd").transcript) == (prompt, f"{here}\n")


def test_a_folder_that_is_not_there_is_said_in_the_systems_words(make_shell: Callable[..., Shell]) -> None:
    assert "cannot find the path" in make_shell("windows").run("cd Dowloads").transcript
    result = make_shell("linux").run("cd Dowloads")
    assert (result.exit_status, result.transcript) == (1, "bash: cd: Dowloads: No such file or directory\n")


def test_wildcards_in_a_listing(make_shell: Callable[..., Shell]) -> None:
    shell = make_shell("windows")
    assert "100 firmware.bin" in shell.run(r"dir Downloads\*.bin").transcript
    assert "firmware.bin" in shell.run("dir Downloads").transcript
    assert shell.run("dir *.uf2").exit_status == 1


def test_a_long_listing_has_sizes(make_shell: Callable[..., Shell]) -> None:
    shell = make_shell("macos")
    long = shell.run("ls -l Downloads").transcript
    assert re.fullmatch(r"-rw\S+ 1 you staff +100 \w+ +\d+ \d\d:\d\d firmware.bin\n", long)
    assert " 1K " in shell.run("ls -lh Downloads").transcript
    assert shell.run("ls Downloads").transcript == "firmware.bin\n"


def test_a_text_file_is_shown_and_nothing_else(make_shell: Callable[..., Shell]) -> None:
    shell = make_shell()
    (shell.places.home / "main.py").write_bytes(b"print('hi')\r\n\x1b]0;title\x07print(2)")
    assert shell.run("cat main.py").transcript == "print('hi')\nprint(2)\n"
    for name, content in {"junk": b"\xff\xfe", "nul": b"a\0b", "large": b"a" * 70_000}.items():
        (shell.places.home / name).write_bytes(content)
        result = shell.run(f"cat {name}")
        assert result.exit_status == 1
        assert "no text" in result.transcript
    (shell.places.home / "empty").touch()
    assert (shell.run("cat empty").exit_status, shell.run("cat empty").transcript) == (0, "")
    assert shell.run("cat mian.py").transcript == "cat: mian.py: No such file or directory\n"
    assert refused(shell.run("type main.py"), "other-system")
    assert "cannot find" in make_shell("windows").run("type mian.py").transcript


def test_a_word_that_is_no_command_is_said_in_the_systems_words(make_shell: Callable[..., Shell]) -> None:
    result = make_shell("macos").run("flsh")
    assert result.transcript.startswith("zsh: command not found: flsh\n")
    assert result.refusal is not None


def test_a_firmware_file_is_looked_into(make_shell: Callable[..., Shell], make_micropython: Any) -> None:
    shell = make_shell("windows")
    (shell.places.home / "Downloads" / "fw.bin").write_bytes(make_micropython())
    result = shell.run(r"espdojo firmware info Downloads\fw.bin")
    assert result.exit_status == 0
    assert "File:         Downloads/fw.bin\n" in result.transcript
    assert "MicroPython v1.23.0" in result.transcript
    (shell.places.home / "page.bin").write_bytes(b"<!DOCTYPE html><html></html>")
    result = shell.run("espdojo firmware info page.bin")
    assert result.exit_status == 1
    assert "web page" in result.transcript
    assert shell.run("espdojo firmware info nothing.bin").exit_status == 1
    assert refused(shell.run("espdojo firmware info"), "usage")


OUTSIDE = [
    "cat ../secret",
    "espdojo firmware info ../secret",
    "cat link-to-root/etc/passwd",
    "cd ..",
    "cd /",
    "cd ../..",
    "ls /etc",
    "cd link-to-root",
    "cd Downloads/../..",
    "python -m venv /tmp/elsewhere",
    "python -m venv ../elsewhere",
    "esptool write-flash 0 /etc/passwd",
    "esptool write-flash 0 link-to-root/etc/passwd",
    "esptool write-flash 0 Downloads/firmware.bin 0x1000 ../secret",
    "esptool read-flash 0 0x100 ../out.bin",
    "esptool --chip esp8266 merge-bin --output=/tmp/out.bin 0 Downloads/firmware.bin",
    "esptool --chip esp8266 elf2image -o ../out Downloads/firmware.bin",
    "esptool image-info ~/../secret",
    "esptool write-flash --diff-with ../secret -- 0 Downloads/firmware.bin",
    "mpremote cp ../secret :",
    "mpremote fs cp :main.py /tmp/main.py",
    "mpremote run ../main.py",
    "mpremote cp :link-to-root .",
    "mpremote cp :a/link-to-root :b.py .",
    "mpremote cp -r :a .",
    "mpremote cp Downloads/firmware.bin .",
    "mpremote mount .. fs ls",
    "mpremote mount . fs ls",
    "mpremote mip install ../package.json",
    "mpremote romfs -o ../out build Downloads",
    "mpremote repl --capture ../log",
    "source ../env/bin/activate",
]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_file_is_fetched_into_a_folder_with_links_in_it(with_tools: Callable[..., Shell]) -> None:
    shell = with_tools()
    (shell.places.home / "link-to-root").symlink_to("/")
    assert shell.run("mpremote cp :boot.py .").refusal is None
    assert shell.run("mpremote cp :boot.py Downloads").refusal is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize("line", OUTSIDE)
def test_nothing_outside_the_workspace_is_reached(with_tools: Callable[..., Shell], tmp_path: Path, line: str) -> None:
    shell = with_tools()
    (shell.places.home / "link-to-root").symlink_to("/")
    (tmp_path / "secret").touch()
    result = shell.run(line)
    assert refused(result, "outside"), result
    assert "argv" not in result.transcript


@pytest.mark.parametrize(
    "line",
    [
        r"cd C:\Windows",
        r"cd \\server\share",
        r"cd C:",
        r"esptool read-flash 0 1 D:\out.bin",
        "esptool read-flash 0 1 NUL",
        "esptool read-flash 0 1 com4.bin",
        "esptool read-flash 0 1 Downloads/file.bin:stream",
        r"cd c:\users\you\..\me",
    ],
)
def test_windows_paths_out_of_the_workspace(with_tools: Callable[..., Shell], line: str) -> None:
    assert refused(with_tools("windows").run(line), "outside")


WORDS = st.sampled_from(
    ["esptool", "mpremote", "python -m esptool", "write-flash", "read-flash", "0", "0x10", "merge-bin", "image-info",
     "cp", "run", "-o", "--output", "--capture", "mount", "--port", "COM4", "/dev/ttyUSB0", "link/etc/passwd",
     "../secret", "/etc/passwd", "Downloads/firmware.bin", "~/../secret", "cd", "..", "Downloads", "link",
     "--chip esp8266", "fs", ":", "mip", "install", "romfs", "build", "deploy", "--", "..\\secret", "C:\\secret",
     "--output=../secret", "--diff-with", "verify-flash", "spy://x"]
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(words=st.lists(WORDS, min_size=1, max_size=8), system=st.sampled_from(SYSTEMS))
def test_no_line_hands_a_program_a_file_from_outside(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], system: System
) -> None:
    root = tmp_path_factory.getbasetemp() / "outside-test"
    workspace = root / "workspace"
    (workspace / "Downloads").mkdir(parents=True, exist_ok=True)
    (workspace / "Downloads" / "firmware.bin").touch()
    (root / "secret").touch()
    if not (workspace / "link").is_symlink():
        (workspace / "link").symlink_to("/")
        venv.create(workspace / "esp8266", with_pip=False, symlinks=True)
        (site,) = (workspace / "esp8266").glob("lib/python*/site-packages")
        for tool in ("esptool", "mpremote"):
            (site / tool).mkdir()
            (site / tool / "__init__.py").touch()
    started: list[tuple[Path, list[str]]] = []

    def pretend_run(arguments: Sequence[str | Path], *, folder: Path, **_: Any) -> child.Finished:
        started.append((folder, [str(argument) for argument in arguments]))
        return child.Finished(0, "")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "run", pretend_run)
        shell = Shell(workspace, system, PretendBench(system), lambda text: None)
        shell.run("conda activate esp8266")
        shell.run(" ".join(words))
    assert shell.places.here.is_relative_to(shell.places.home)
    for folder, arguments in started:
        assert Path(arguments[0]).parent.parent == shell.places.home / "esp8266"
        if arguments[2:4] == ["mpremote", "fs"] and arguments[4] != "cp":
            continue  # its names are those of files on the board
        for argument in arguments[1:]:
            for text in (argument, argument.partition("=")[2] or argument):
                reached = (folder / text).resolve()
                assert reached.is_relative_to(shell.places.home) or not reached.exists(), arguments


# Environments and packages


def test_pip_without_an_environment_does_not_touch_the_system(make_shell: Callable[..., Shell]) -> None:
    result = make_shell().run("python -m pip install esptool")
    assert result.exit_status == 1
    assert "externally-managed-environment" in result.transcript


def test_an_environment_that_is_not_there(make_shell: Callable[..., Shell]) -> None:
    result = make_shell().run("source esp8266/bin/activate")
    assert result.exit_status == 1
    assert "No such file or directory" in result.transcript
    assert "EnvironmentNameNotFound" in make_shell().run("conda activate esp8266").transcript


@pytest.mark.skipif(os.name == "nt", reason="Windows environments hold a copy of the interpreter")
def test_an_interpreter_that_came_with_a_lesson_is_not_run(make_shell: Callable[..., Shell]) -> None:
    shell = make_shell()
    planted = shell.places.home / "esp8266" / "bin"
    planted.mkdir(parents=True)
    (planted / "python").write_text("#!/bin/sh\necho planted\n")
    (planted / "python").chmod(0o755)
    (planted.parent / "pyvenv.cfg").touch()
    assert shell.run("source esp8266/bin/activate").exit_status == 1
    assert shell.environment is None


def test_making_an_environment_does_not_spoil_a_folder(make_shell: Callable[..., Shell]) -> None:
    assert refused(make_shell().run("python -m venv Downloads"), "usage")


def test_the_prompt_shows_the_active_environment(with_tools: Callable[..., Shell]) -> None:
    shell = with_tools("windows")
    assert shell.prompt.startswith("(esp8266) ")
    assert shell.run("deactivate").exit_status == 0
    assert not shell.prompt.startswith("(")


def test_where_the_learner_was_is_kept(with_tools: Callable[..., Shell], make_shell: Callable[..., Shell]) -> None:
    shell = with_tools()
    shell.run("cd Downloads")
    again = make_shell()
    again.restore(shell.state)
    assert (again.folder, again.prompt) == (shell.folder, shell.prompt)
    again.restore({"folder": "", "environment": None})
    assert (again.folder, again.environment) == ("", None)
    again.restore({"folder": "../..", "environment": "../x"})
    assert again.folder == ""


# Tools


@pytest.mark.parametrize(
    ("system", "line", "words", "status"),
    [
        ("linux", "esptool -h", "esptool: command not found", 127),
        ("macos", "esptool -h", "zsh: command not found: esptool", 127),
        ("windows", "esptool -h", "'esptool' is not recognized as an internal or external command", 9009),
        ("linux", "python -m esptool -h", "No module named esptool", 1),
    ],
)
def test_a_tool_that_is_not_there(
    make_shell: Callable[..., Shell], system: System, line: str, words: str, status: int
) -> None:
    result = make_shell(system).run(line)
    assert (result.exit_status, result.refusal) == (status, None)
    assert words in result.transcript
    assert "virtual environment" in result.transcript


@pytest.mark.parametrize(
    ("system", "folder", "line"),
    [
        ("linux", "~", "source esp8266/bin/activate"),
        ("macos", "Downloads", "source ../esp8266/bin/activate"),
        ("windows", "Downloads", r"..\esp8266\Scripts\activate"),
    ],
)
def test_a_forgotten_environment_is_told_with_the_line_that_switches_it_on(
    with_tools: Callable[..., Shell], system: System, folder: str, line: str
) -> None:
    shell = with_tools(system)
    shell.run("deactivate")
    shell.run(f"cd {folder}")
    assert f"Switch it on: {line})" in shell.run("esptool version").transcript.replace("\n", " ")
    assert shell.run(line).exit_status == 0
    assert shell.run("esptool version").exit_status == 0


def test_a_tool_runs_with_the_board_plugged_in_and_the_learners_words(with_tools: Callable[..., Shell]) -> None:
    shell = with_tools()
    result = shell.run("esptool --port /dev/ttyUSB0 write_flash --flash_size=detect 0 Downloads/firmware.bin")
    expected = ["--port", "/dev/ttyUSB0", "write_flash", "--flash_size=detect", "0", "Downloads/firmware.bin"]
    assert f"argv {expected}" in result.transcript
    assert "plugged yes" in result.transcript
    assert result.exit_status == 0


def test_windows_paths_reach_the_program_as_this_computer_writes_them(with_tools: Callable[..., Shell]) -> None:
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


def test_the_driver_is_proven_before_a_board_is_touched(with_tools: Callable[..., Shell]) -> None:
    bench = PretendBench("linux")
    shell = with_tools(bench=bench)
    shell.run("esptool version")
    assert bench.asked_for == []
    shell.run("esptool erase-flash")
    assert [python.parent.parent.name for python in bench.asked_for] == ["esp8266"]


@pytest.mark.parametrize("line", ["esptool erase-flash", "esptool flash-id", "mpremote fs ls", "mpremote reset"])
def test_without_that_proof_nothing_runs(with_tools: Callable[..., Shell], line: str) -> None:
    result = with_tools(bench=PretendBench("linux", proven=False)).run(line)
    assert refused(result, "unproven")
    assert "argv" not in result.transcript


@pytest.mark.parametrize("line", ["esptool erase-flash", "esptool --port /dev/ttyUSB1 erase-flash"])
def test_a_real_board_is_not_erased_unnamed(with_tools: Callable[..., Shell], line: str) -> None:
    def confirm(question: str) -> bool:
        pytest.fail("asked although the port was not named")

    shell = with_tools(bench=PretendBench("linux", fake=False), confirm=confirm)
    assert refused(shell.run(line), "unnamed-port")


@pytest.mark.parametrize(("answer", "ran"), [(True, True), (False, False)])
def test_a_real_board_is_erased_only_when_the_learner_agrees(
    with_tools: Callable[..., Shell], answer: bool, ran: bool
) -> None:
    questions: list[str] = []

    def confirm(question: str) -> bool:
        questions.append(question)
        return answer

    shell = with_tools(bench=PretendBench("linux", fake=False), confirm=confirm)
    result = shell.run("esptool --port /dev/ttyUSB0 erase-flash")
    assert ("argv" in result.transcript) is ran
    (question,) = questions
    assert "/dev/ttyUSB0" in question
    assert "a pretend board" in question


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("esptool flash-id", ["--port", "/dev/ttyUSB0", "flash-id"]),
        ("mpremote fs ls", ["connect", "/dev/ttyUSB0", "fs", "ls"]),
        ("mpremote connect list", ["connect", "list"]),
        ("esptool version", ["version"]),
        ("mpremote fs rm main.py", ["connect", "/dev/ttyUSB0", "fs", "rm", "main.py"]),
    ],
)
def test_on_a_real_board_no_tool_tries_other_ports(
    with_tools: Callable[..., Shell], line: str, words: list[str]
) -> None:
    shell = with_tools(bench=PretendBench("linux", fake=False), confirm=lambda question: True)
    assert f"argv {words}" in shell.run(line).transcript


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("mpremote fs rm main.py", True),
        ("mpremote cp Downloads/firmware.bin :", True),
        ("mpremote cp :main.py Downloads", False),
        ("mpremote fs ls", False),
        ("mpremote exec 'print(1)'", False),
        ("mpremote mip install umqtt.simple", True),
    ],
)
def test_files_on_a_real_board_are_replaced_only_when_the_learner_agrees(
    with_tools: Callable[..., Shell], line: str, asked: bool
) -> None:
    questions: list[str] = []

    def confirm(question: str) -> bool:
        questions.append(question)
        return False

    result = with_tools(bench=PretendBench("linux", fake=False), confirm=confirm).run(line)
    assert bool(questions) is asked
    assert ("argv" in result.transcript) is not asked


def test_files_on_another_real_board_are_left_alone(with_tools: Callable[..., Shell]) -> None:
    shell = with_tools(bench=PretendBench("linux", fake=False), confirm=lambda question: True)
    for port in ("auto", "/dev/ttyUSB5"):
        assert refused(shell.run(f"mpremote connect {port} fs rm main.py"), "unnamed-port")


def test_which_chip_a_real_port_has_is_said(with_tools: Callable[..., Shell]) -> None:
    transcript = with_tools(bench=PretendBench("linux", fake=False)).run("ls /dev/ttyUSB*").transcript
    assert "Silicon Labs CP210x: NodeMCU" in " ".join(transcript.split())


@pytest.mark.parametrize(
    "port",
    [
        "spy:///dev/ttyUSB0?file=/tmp/x",
        "/etc/passwd",
        "/dev/../etc/passwd",
        "socket://example.org:23",
        "../x",
        "/dev/sda",
    ],
)
def test_what_is_no_port_is_not_opened(with_tools: Callable[..., Shell], port: str) -> None:
    assert refused(with_tools().run(f"esptool --port '{port}' flash-id"), "no-port-name")


def test_another_ports_name_is_left_to_the_tool(with_tools: Callable[..., Shell]) -> None:
    assert "argv" in with_tools().run("esptool --port /dev/ttyUSB7 flash-id").transcript


def test_ctrl_c_stops_the_program_and_not_the_shell(with_tools: Callable[..., Shell]) -> None:
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


def test_ctrl_c_before_the_program_runs_is_for_it_and_for_no_other(with_tools: Callable[..., Shell]) -> None:
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


def test_a_file_called_like_a_module_is_not_imported(with_tools: Callable[..., Shell]) -> None:
    shell = with_tools()
    (shell.places.home / "time.py").write_text("print('hijacked')")
    (shell.places.home / "esptool.py").write_text("print('hijacked')")
    assert "hijacked" not in shell.run("python -m esptool version").transcript


# Ports


def test_ports_are_shown_as_the_system_shows_them_and_called_staged(make_shell: Callable[..., Shell]) -> None:
    result = make_shell("windows").run("device manager")
    assert "Silicon Labs USB to UART Bridge (COM4)" in result.transcript
    assert "ports of the practice computer" in result.transcript
    assert "/dev/ttyUSB0" in make_shell("linux").run("ls /dev/ttyUSB*").transcript
    missing = make_shell("linux").run("ls /dev/ttyACM*")
    assert "cannot access '/dev/ttyACM*'" in missing.transcript
    assert missing.exit_status == 1


def test_where_there_is_no_port_a_list_of_all_is_no_error(
    make_shell: Callable[..., Shell], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = make_shell("linux")
    monkeypatch.setattr(shell.bench, "ports_view", lambda: "")
    result = shell.run("ls /dev/tty*")
    assert "no serial port is there now" in result.transcript
    assert result.exit_status == 0


def test_a_terminal_on_another_port_does_not_open(make_shell: Callable[..., Shell]) -> None:
    result = make_shell().run("screen /dev/ttyUSB3 115200")
    assert result.exit_status == 1
    assert "no port of that name" in result.transcript


def test_what_is_refused_says_why(make_shell: Callable[..., Shell]) -> None:
    result = make_shell().run("esptool flash-id | less")
    assert refused(result, "shell-syntax")
    said = " ".join(result.transcript.split())  # it is wrapped to the window
    assert said == (result.refusal.message if result.refusal else "")


def test_puttys_window_is_filled_in_and_opens_the_terminal(make_shell: Callable[..., Shell]) -> None:
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


def test_puttys_window_opens_nothing_that_is_no_port(make_shell: Callable[..., Shell]) -> None:
    shell = make_shell()
    for line in ("putty", "line /etc/passwd"):
        shell.run(line)
    assert refused(shell.run("open"), "no-port-name")
    assert shell.terminal is None
