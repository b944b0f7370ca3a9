"""Lines that mean the same are the same command; what a shell would act on, and what is pasted by mistake,
is refused."""

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trainer.commands.command import KINDS, Command, Refusal, same
from trainer.commands.meaning import parse
from trainer.commands.programs import PROGRAMS
from trainer.commands.words import META
from trainer.system import SYSTEMS, System

FIRMWARE = "esp8266-20210202-v1.14.bin"

SEED_COMMANDS = [
    "conda create -y -n esp8266 python=3.8",
    "conda activate esp8266",
    "python -m pip install esptool",
    "esptool -h",
    "cd Downloads",
    "pwd",
    "esptool --port COM4 erase_flash",
    f"esptool --port COM4 --baud 115200 write_flash --flash_size=detect 0 {FIRMWARE}",
]


def command(line: str, system: System = "linux") -> Command:
    read = parse(line, system)
    assert isinstance(read, Command), read
    return read


def refusal(line: str, system: System = "linux") -> Refusal:
    read = parse(line, system)
    assert isinstance(read, Refusal), read
    return read


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("line", SEED_COMMANDS)
def test_commands_of_the_article_are_understood_as_printed(line: str, system: System) -> None:
    assert command(line, system).text == line


@pytest.mark.parametrize("line", SEED_COMMANDS)
def test_its_prompt_character_is_refused_and_named(line: str) -> None:
    answer = refusal(f"> {line}", "windows")
    assert answer.kind == "prompt-character"
    assert "Type only what" in answer.message


SAME = [
    ("esptool erase-flash", "esptool.py erase_flash"),
    ("esptool erase-flash", "python -m esptool erase_flash"),
    ("esptool erase-flash", "python3 -m esptool erase-flash"),
    ("esptool erase-flash", "py -m esptool erase-flash"),
    ("esptool erase-flash", "py -3.11 -m esptool erase-flash"),
    ("esptool erase-flash", "python3.12 -mesptool erase-flash"),
    ("esptool -p COM4 flash-id", "esptool --port=COM4 flash_id"),
    ("esptool --port COM4 flash-id", "ESPTOOL.EXE --port com4 flash-id"),
    ("esptool --port COM4 --baud 115200 flash-id", "esptool -b 115200 -p COM4 flash-id"),
    ("esptool flash-id", "esptool --baud 115200 flash-id"),
    ("esptool flash-id", "esptool --chip esp8266 flash-id"),
    ("esptool flash-id", "esptool -v flash-id"),
    ("esptool --before no-reset flash-id", "esptool --before no_reset flash_id"),
    ("esptool write-flash --flash-size detect 0 a.bin", "esptool write_flash --flash_size=detect 0x0 a.bin"),
    ("esptool write-flash --flash-size detect 0 a.bin", "esptool write-flash -fs detect 0x00000 ./a.bin"),
    ("esptool write-flash -fm dio -fs detect 0 a.bin", "esptool write_flash -fs detect -fm dio 0 a.bin"),
    ("esptool write-flash 0 a.bin 0x1000 b.bin", "esptool write-flash 0 a.bin 4096 b.bin"),
    ("esptool read-flash 0 4194304 out.bin", "esptool read_flash 0x0 4M out.bin"),
    ("esptool read-flash 0 0x400 out.bin", "esptool read-flash 0 1k out.bin"),
    ("pip install esptool", "python -m pip install esptool"),
    ("pip install esptool", "pip3 install --upgrade 'esptool>=5'"),
    ("pip install esptool mpremote", "pip install mpremote esptool"),
    ("python -m venv esp8266", "python3 -m venv ./esp8266/"),
    ("source esp8266/bin/activate", ". ./esp8266/bin/activate.fish"),
    ("source esp8266/bin/activate", "conda activate esp8266"),
    ("deactivate", "conda deactivate"),
    ("conda create -y -n esp8266 python=3.8", "conda create --name esp8266 python"),
    ("cd Downloads", "cd ./Downloads/"),
    ("cd Downloads", "cd 'Downloads'"),
    ("cd ~/Downloads", "cd $HOME/Downloads"),
    ("ls", "ls -la ."),
    ("screen /dev/ttyUSB0 115200", "espdojo monitor /dev/ttyUSB0"),
    ("screen /dev/ttyUSB0 115200", "espdojo monitor --baud=115200 /dev/ttyUSB0"),
    ("screen /dev/ttyUSB0 115200", "mpremote connect /dev/ttyUSB0 repl"),
    ("espdojo monitor", "mpremote"),
    ("ls /dev/ttyUSB*", "ls /dev"),
    ("espdojo ports", "lsusb"),
    ("mpremote connect COM3 fs ls", "mpremote c3 ls"),
    ("mpremote connect /dev/ttyUSB0 fs cp main.py :", "mpremote u0 cp main.py :"),
    ("mpremote cp main.py :", "mpremote cp main.py :main.py"),
    ("mpremote cp main.py :", "mpremote cp main.py :/"),
    ("mpremote cp :boot.py .", "mpremote cp :boot.py boot.py"),
    ("mpremote ls", "mpremote ls :"),
    ("mpremote rm main.py", "mpremote fs rm :/main.py"),
    ("cat main.py", "less ./main.py"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_meaning(one: str, other: str) -> None:
    assert same(command(one), command(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mpremote cp main.py :", "mpremote cp main.py"),
        ("mpremote cp main.py :", "mpremote cp main.py :boot.py"),
        ("mpremote cp main.py :", "mpremote cp :main.py ."),
        ("mpremote rm main.py", "mpremote rm boot.py"),
    ],
)
def test_other_files_are_another_meaning(one: str, other: str) -> None:
    assert not same(command(one), command(other))


WINDOWS_SAME = [
    (r"esp8266\Scripts\activate", r".\esp8266\Scripts\Activate.ps1"),
    (r"esp8266\Scripts\activate", r"& .\esp8266\Scripts\Activate.ps1"),
    (r"esp8266\Scripts\activate", r"esp8266\Scripts\activate.bat"),
    (r"esp8266\Scripts\activate", "activate esp8266"),
    (r"esp8266\Scripts\activate", "source esp8266/Scripts/activate"),
    (r"cd %USERPROFILE%\Downloads", r"cd $env:USERPROFILE\Downloads"),
    (r"cd %USERPROFILE%\Downloads", r"Set-Location ~\Downloads"),
    ("cd", "pwd"),
    ("cd..", "cd .."),
    ("dir", "Get-ChildItem"),
    ("dir /b", "ls"),
    ("type main.py", "Get-Content -Path main.py"),
    ("dir *.bin", "gci *.bin"),
    ("mode", "device manager"),
    ("devmgmt.msc", "[System.IO.Ports.SerialPort]::GetPortNames()"),
    (r"esptool write-flash 0 Downloads\a.bin", "esptool write-flash 0 Downloads/a.bin"),
    (r'esptool write-flash 0 "My Files\a.bin"', r"esptool write-flash 0 'My Files\a.bin'"),
]


@pytest.mark.parametrize(("one", "other"), WINDOWS_SAME)
def test_two_windows_spellings_of_one_meaning(one: str, other: str) -> None:
    assert same(command(one, "windows"), command(other, "windows"))


DIFFERENT = [
    ("esptool erase-flash", "esptool flash-id"),
    ("esptool --port COM3 erase-flash", "esptool --port COM4 erase-flash"),
    ("esptool write-flash 0 a.bin", "esptool write-flash 0x1000 a.bin"),
    ("esptool write-flash 0 a.bin", "esptool write-flash 0 b.bin"),
    ("esptool write-flash 0 a.bin", "esptool write-flash -fs detect 0 a.bin"),
    ("esptool write-flash 0 a.bin", "esptool --no-stub write-flash 0 a.bin"),
    ("esptool --chip esp32 flash-id", "esptool flash-id"),
    ("pip install esptool", "pip install mpremote"),
    ("cd Downloads", "cd downloads"),
    ("python -m venv a", "python -m venv b"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_meanings_are_told_apart(one: str, other: str) -> None:
    assert not same(command(one), command(other))


def test_addresses_and_files_are_read_as_numbers_and_names() -> None:
    read = command(r"esptool write-flash 0x1000 Downloads\a.bin", "windows")
    assert read.options["addr_filename"] == ((0x1000, "Downloads/a.bin"),)
    assert read.paths == ("Downloads/a.bin",)


REFUSED = [
    ("", "empty"),
    ("   ", "empty"),
    ("$ esptool -h", "prompt-character"),
    ("(esp8266) $ esptool -h", "prompt-character"),
    ("me@laptop:~/Downloads$ esptool -h", "prompt-character"),
    ("% ls", "prompt-character"),
    (">>> print('x')", "prompt-character"),
    ("print('x')", "python-line"),
    ("import sys", "python-line"),
    ("sys.platform", "python-line"),
    ('nameplate.save("x")', "python-line"),
    ("f.read()", "python-line"),
    ("quit()", "python-line"),
    ("led = machine.Pin(2, machine.Pin.OUT)", "python-line"),
    ("for i in range(3):", "python-line"),
    ("esptool (flash-id)", "shell-syntax"),
    ("esptool –-port COM4 flash-id", "typography"),
    ("esptool —port COM4 flash-id", "typography"),
    ("cd “Downloads”", "typography"),
    ("cd\u00a0Downloads", "typography"),
    ("pwd\x00", "control-character"),
    ("pwd\x1b[2J", "control-character"),
    ("esptool flash-id; ls", "shell-syntax"),
    ("esptool flash-id && ls", "shell-syntax"),
    ("esptool flash-id | cat", "shell-syntax"),
    ("esptool flash-id > log.txt", "shell-syntax"),
    ("esptool write-flash 0 $(ls)", "shell-syntax"),
    ("esptool write-flash 0 `ls`", "shell-syntax"),
    ("esptool write-flash 0 $FILE", "shell-syntax"),
    ('esptool write-flash 0 "$FILE"', "shell-syntax"),
    ("esptool write-flash 0 *.bin", "shell-syntax"),
    ("esptool flash-id # look", "shell-syntax"),
    ("cd 'Downloads", "quoting"),
    ("esptool write-flash 0 Downloads\\a.bin", "backslash"),
    ("esp8266\\Scripts\\activate", "other-system"),
    ("esp8266/bin/activate", "usage"),
    ("esptool --prt COM4 flash-id", "usage"),
    ("esptool write-flash 0", "usage"),
    ("esptool write-flash zero a.bin", "usage"),
    ("esptool frobnicate", "usage"),
    ("esptool @arguments", "usage"),
    ("esptool --baud fast flash-id", "usage"),
    ("python", "not-here"),
    ("python main.py", "not-here"),
    ("python -c 'print(1)'", "not-here"),
    ("python -m http.server", "not-here"),
    ("pip install requests", "not-here"),
    ("pip install git+https://example.org/esptool", "not-here"),
    ("pip install 'esptool @ https://example.org/x.whl'", "not-here"),
    ("pip install --index-url https://example.org esptool", "usage"),
    ("pip install -r requirements.txt", "usage"),
    ("python -m venv --clear Downloads", "usage"),
    ("sudo esptool flash-id", "not-here"),
    ("./esptool flash-id", "not-here"),
    ("rm -rf Downloads", "not-here"),
    ("mpremote edit main.py", "not-here"),
    ("mpremote mount -l .", "outside"),
    ("esptol flash-id", "unknown-command"),
    ("xyzzy", "unknown-command"),
    ("PWD", "unknown-command"),
    ("x" * 3000, "too-long"),
]


@pytest.mark.parametrize(("line", "kind"), REFUSED)
def test_what_is_not_run_is_refused_with_a_reason(line: str, kind: str) -> None:
    answer = refusal(line)
    assert answer.kind == kind
    assert answer.message
    assert answer.text == line.strip()


def test_capital_letters_are_told_apart_where_the_system_does() -> None:
    assert "`esptool`" in refusal("Esptool version").message
    assert isinstance(parse("PWD", "macos"), Command)
    assert isinstance(parse("Esptool.EXE version", "windows"), Command)


@pytest.mark.parametrize("sign", META)
def test_what_a_shell_acts_on_is_said_in_one_plain_sentence(sign: str) -> None:
    message = refusal(f"cd x{sign}y").message
    assert message.startswith("In a shell ")
    assert message.count("shell") == 1


def test_a_near_miss_is_pointed_out() -> None:
    for line in ("esptol flash-id", "pip install esptol", "python -m esptol flash-id"):
        assert "Did you mean `esptool`?" in refusal(line).message
    assert "Did you mean `install`?" in refusal("pip instal esptool").message
    assert "Did you mean `connect`?" in refusal("mpremote conect list").message
    assert "--port" in refusal("esptool --prt COM4 flash-id").message


def test_a_message_never_quotes_the_prompt_with_doubled_backslashes() -> None:
    assert r"C:\Users\me>" in refusal(r"C:\Users\me> esptool -h", "windows").message


def test_parsing_opens_no_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes on this system")
    os.mkfifo(pipe)  # opening it would wait for ever
    assert command(f"esptool image-info {pipe}").paths == (str(pipe),)
    assert command(f"esptool write-flash --diff-with {pipe} -- 0 {pipe}").paths == (str(pipe),)


def test_parsing_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    command("esptool --before default_reset write_flash --flash_size=detect 0 a.bin")
    command("esptool -h")
    assert capfd.readouterr() == ("", "")


def test_the_environment_does_not_change_what_a_line_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESPTOOL_PORT", "COM9")
    assert command("esptool flash-id").options["port"] is None


WORDS = [
    *PROGRAMS, "-m", "--port", "COM4", "write-flash", "0", "../../etc/passwd", "/etc/passwd", "~", "-o", "merge-bin",
    "read-flash", "install", "venv", "cp", "run", "mount", "romfs", "--capture", "C:\\Windows", "\\\\server\\share",
    "'", '"', "\\", "..", "--output=/x", "image-info", "fs", "=", "@x", "-", "--",
]  # fmt: skip

LINES = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=9).map(" ".join),
)


@given(LINES, st.sampled_from(SYSTEMS))
@example("\\", "linux")
@example("esptool --port-filter", "linux")
@example("esptool write-flash --encrypt-files", "linux")
@example("mpremote repl --capture", "linux")
@example("py -3", "windows")
@example("&", "windows")
@example("esptool read-flash 0 -- x", "linux")
@example("esptool read-flash 9" + "9" * 5000 + " 1 x", "linux")
def test_any_text_is_a_command_or_a_refusal(line: str, system: System) -> None:
    read = parse(line, system)
    if isinstance(read, Command):
        assert read.kind in KINDS
        assert same(read, read)
    else:
        assert read.message
