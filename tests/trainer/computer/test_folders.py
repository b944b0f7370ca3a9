"""A learner walks through folders and looks at files, in the words of their system."""

import re
import sys
from typing import Any

import pytest

from trainer.system import System

from ..shells import MakeShell, refused


def test_walking_about(make_shell: MakeShell) -> None:
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
    make_shell: MakeShell, system: System, prompt: str, here: str
) -> None:
    if system == {"win32": "windows", "darwin": "macos"}.get(sys.platform):
        pytest.skip("not another system here")
    shell = make_shell(system)
    assert shell.run(f"cd {here}").exit_status == 0
    assert (shell.prompt, shell.run("pwd").transcript) == (prompt, f"{here}\n")


def test_a_folder_that_is_not_there_is_said_in_the_systems_words(make_shell: MakeShell) -> None:
    assert "cannot find the path" in make_shell("windows").run("cd Dowloads").transcript
    result = make_shell("linux").run("cd Dowloads")
    assert (result.exit_status, result.transcript) == (1, "bash: cd: Dowloads: No such file or directory\n")


def test_wildcards_in_a_listing(make_shell: MakeShell) -> None:
    shell = make_shell("windows")
    assert "100 firmware.bin" in shell.run(r"dir Downloads\*.bin").transcript
    assert "firmware.bin" in shell.run("dir Downloads").transcript
    assert shell.run("dir *.uf2").exit_status == 1


def test_a_long_listing_has_sizes(make_shell: MakeShell) -> None:
    shell = make_shell("macos")
    long = shell.run("ls -l Downloads").transcript
    assert re.fullmatch(r"-rw\S+ 1 you staff +100 \w+ +\d+ \d\d:\d\d firmware.bin\n", long)
    assert " 1K " in shell.run("ls -lh Downloads").transcript
    assert shell.run("ls Downloads").transcript == "firmware.bin\n"


def test_a_text_file_is_shown_and_nothing_else(make_shell: MakeShell) -> None:
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


def test_a_firmware_file_is_looked_into(make_shell: MakeShell, make_micropython: Any) -> None:
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
