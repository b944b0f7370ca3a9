"""Whatever is typed, the shell reaches no file outside the workspace, and opens nothing that is no port."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.computer import child
from trainer.shell import Shell
from trainer.system import SYSTEMS, System

from .pretend import PretendBench
from .shells import MakeShell, environment_with_tools, refused

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
@pytest.mark.parametrize("line", OUTSIDE)
def test_nothing_outside_the_workspace_is_reached(with_tools: MakeShell, tmp_path: Path, line: str) -> None:
    shell = with_tools()
    (shell.places.home / "link-to-root").symlink_to("/")
    (tmp_path / "secret").touch()
    result = shell.run(line)
    assert refused(result, "outside"), result
    assert "argv" not in result.transcript


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_file_is_fetched_into_a_folder_with_links_in_it(with_tools: MakeShell) -> None:
    shell = with_tools()
    (shell.places.home / "link-to-root").symlink_to("/")
    assert shell.run("mpremote cp :boot.py .").refusal is None
    assert shell.run("mpremote cp :boot.py Downloads").refusal is None


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
def test_windows_paths_out_of_the_workspace(with_tools: MakeShell, line: str) -> None:
    assert refused(with_tools("windows").run(line), "outside")


WORDS = st.sampled_from(
    ["esptool", "mpremote", "python -m esptool", "write-flash", "read-flash", "0", "0x10", "merge-bin", "image-info",
     "cp", "run", "-o", "--output", "--capture", "mount", "--port", "COM4", "/dev/ttyUSB0", "link/etc/passwd",
     "../secret", "/etc/passwd", "Downloads/firmware.bin", "~/../secret", "cd", "..", "Downloads", "link",
     "--chip esp8266", "fs", ":", "mip", "install", "romfs", "build", "deploy", "--", "..\\secret", "C:\\secret",
     "--output=../secret", "--diff-with", "verify-flash", "spy://x"]
)  # fmt: skip

BEGINNINGS = st.sampled_from(
    ["", "esptool image-info", "esptool write-flash 0", "python -m esptool read-flash 0 0x10", "esptool verify-flash 0",
     "esptool --chip esp8266 merge-bin -o", "mpremote cp", "mpremote run", "mpremote fs", "mpremote mip install"]
)  # fmt: skip
"""Of lines that are run, if what follows is allowed."""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(beginning=BEGINNINGS, words=st.lists(WORDS, min_size=1, max_size=8), system=st.sampled_from(SYSTEMS))
def test_no_line_hands_a_program_a_file_from_outside(
    tmp_path_factory: pytest.TempPathFactory, beginning: str, words: list[str], system: System
) -> None:
    root = tmp_path_factory.getbasetemp() / "outside-test"
    workspace = root / "workspace"
    (workspace / "Downloads").mkdir(parents=True, exist_ok=True)
    (workspace / "Downloads" / "firmware.bin").touch()
    (root / "secret").touch()
    if not (workspace / "link").is_symlink():
        (workspace / "link").symlink_to("/")
        environment_with_tools(workspace / "esp8266")
    started: list[tuple[Path, list[str]]] = []

    def pretend_run(program: child.Program, *_: Any, **__: Any) -> child.Finished:
        started.append((program.folder, [str(argument) for argument in program.arguments]))
        return child.Finished(0, "")

    shell = Shell(workspace, system, PretendBench(system, plugged=True), lambda text: None, run_program=pretend_run)
    shell.run("conda activate esp8266")
    shell.run(" ".join([beginning, *words]))
    assert shell.places.here.is_relative_to(shell.places.home)
    for folder, arguments in started:
        assert Path(arguments[0]).parent.parent == shell.places.home / "esp8266"
        if arguments[2:4] == ["mpremote", "fs"] and arguments[4] != "cp":
            continue  # its names are those of files on the board
        if arguments[2:4] == ["mpremote", "mip"]:
            continue  # its names are those of packages at an index, as none of them ends with .json
        for argument in arguments[1:]:
            if arguments[2] == "mpremote" and argument.startswith("--output"):
                continue  # which it refuses: none of its options in these lines is called so
            for text in (argument, argument.partition("=")[2] or argument):
                reached = (folder / text).resolve()
                assert reached.is_relative_to(shell.places.home) or not reached.exists(), arguments


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
def test_what_is_no_port_is_not_opened(with_tools: MakeShell, port: str) -> None:
    assert refused(with_tools().run(f"esptool --port '{port}' flash-id"), "no-port-name")


def test_puttys_window_opens_nothing_that_is_no_port(make_shell: MakeShell) -> None:
    shell = make_shell()
    for line in ("putty", "line /etc/passwd"):
        shell.run(line)
    assert refused(shell.run("open"), "no-port-name")
    assert shell.terminal is None


def test_a_file_called_like_a_module_is_not_imported(with_tools: MakeShell) -> None:
    shell = with_tools()
    (shell.places.home / "time.py").write_text("print('hijacked')")
    (shell.places.home / "esptool.py").write_text("print('hijacked')")
    assert "hijacked" not in shell.run("python -m esptool version").transcript
