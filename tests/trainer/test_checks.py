"""Each checker passes what is right and says of what is wrong what is wrong with it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.checks import CHECKERS, Expected, Verdict, chosen, judge
from trainer.commands.command import Command
from trainer.commands.diagnoses import diagnose
from trainer.commands.meaning import parse
from trainer.computer.child import INTERRUPTED
from trainer.evidence import Evidence
from trainer.system import System

WRITE = "esptool --port COM4 --baud 115200 write-flash --flash-size detect 0 fw.bin"


def check(name: str, evidence: Evidence, expected: Expected | None = None, **parameters: Any) -> Verdict:
    return judge([(name, parameters)], evidence, expected or Expected("run", "windows"))


def ran(line: str, system: System = "windows", exit_status: int = 0, transcript: str = "") -> Evidence:
    command = parse(line, system)
    known = isinstance(command, Command)
    return Evidence(
        line=line,
        command=command if isinstance(command, Command) else None,
        refusal="" if isinstance(command, Command) else command.message,
        exit_status=exit_status if known else 2,
        transcript=transcript,
        port="COM4",
        ports=("COM1", "COM4"),
        plugged=True,
    )


def test_every_checker_explains_itself() -> None:
    assert all(checker.summary for checker in CHECKERS.values())


@pytest.mark.parametrize(
    "line",
    [
        WRITE,
        "esptool.py --port COM4 --baud 115200 write_flash --flash_size=detect 0 fw.bin",
        "python -m esptool -p com4 -b 115200 write-flash -fs detect 0x0 fw.bin",
        "esptool --chip esp8266 -p COM4 write-flash --flash-size=detect 0x00000 fw.bin",
    ],
)
def test_a_command_is_compared_by_meaning(line: str) -> None:
    assert check("command", ran(line), Expected("run", "windows", (WRITE,))).passed


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (WRITE.replace("COM4", "COM3"), "your board is at COM4"),
        ("dir", "fine command"),
        ("> " + WRITE, "prompt"),
        ("$ " + WRITE, "prompt"),
    ],
)
def test_another_command_is_told_what_is_other_about_it(line: str, word: str) -> None:
    verdict = check("command", ran(line), Expected("run", "windows", (WRITE,)))
    assert not verdict.passed
    assert word in verdict.reason


@pytest.mark.parametrize("old", ["esptool.py -p COM4 erase_flash", "esptool --port COM4 erase_flash"])
def test_old_spellings_pass_with_a_word_on_the_new_ones(old: str) -> None:
    verdict = check("command", ran(old), Expected("run", "windows", ("esptool --port COM4 erase-flash",)))
    assert verdict.passed
    assert "older spelling" in verdict.reason
    assert "`erase_flash` is now `erase-flash`" in verdict.reason


def test_the_taught_spelling_passes_without_a_word() -> None:
    line = "esptool --port /dev/cu.SLAB_USBtoUART erase-flash"
    assert check("command", ran(line, "macos"), Expected("run", "macos", (line,))) == Verdict(True)


@pytest.mark.parametrize(
    ("line", "transcript", "said", "unsaid"),
    [
        ("esptool flash-id", "no-answer", ["Tell it the port too", "What was printed means: Nothing answered"], []),
        ("mpremote fs ls", "no-raw-repl", ["has failed", "there is no MicroPython on it"], []),
        ("esptool --port COM3 flash-id", "no-such-port", ["you wrote COM3"], ["What was printed"]),
    ],
)
def test_another_command_that_failed_is_diagnosed_too(
    line: str, transcript: str, said: list[str], unsaid: list[str]
) -> None:
    evidence = ran(line, exit_status=1, transcript=TRANSCRIPTS[transcript])
    reason = check("command", evidence, Expected("run", "windows", ("esptool --port COM4 flash-id",))).reason
    assert [words for words in said if words not in reason] == []
    assert [words for words in unsaid if words in reason] == []
    worked = replace(evidence, exit_status=0)
    assert "What was printed" not in check("command", worked, Expected("run", "windows", ("pwd",))).reason


def test_a_tool_that_was_not_found_wants_the_environment_switched_on() -> None:
    unfound = ran("esptool --port COM4 flash-id", exit_status=9009, transcript="'esptool' is not recognized")
    assert "No virtual environment is active" in check("exit-status", unfound).reason
    asked = Expected("run", "windows", ("pwd",))
    assert "No virtual environment is active" in check("command", unfound, asked).reason
    assert "environment" not in check("exit-status", replace(unfound, environment="esp8266")).reason


TRANSCRIPTS = {
    "no-such-port": "A fatal error occurred: Could not open COM3, the port is busy or doesn't exist.\n"
    "([Errno 2] could not open port COM3: [Errno 2] No such file or directory: 'COM3')",
    "no-permission": "Could not open /dev/ttyUSB0, the port is busy or doesn't exist.\n[Errno 13] Permission denied",
    "port-busy": "Could not open /dev/ttyUSB0, ...\n[Errno 11] Could not exclusively lock port /dev/ttyUSB0",
    "no-answer": "A fatal error occurred: Failed to connect to ESP8266: No serial data received.",
    "wrong-chip": "A fatal error occurred: This chip is ESP8266, not ESP32. Wrong chip argument?",
    "no-raw-repl": "mpremote.transport.TransportError: could not enter raw repl",
    "externally-managed": "error: externally-managed-environment",
    "blank-flash": " ets Jan  8 2013,rst cause:1, boot mode:(3,7)\n\nets_main.c 181 ",
    "too-large": "File 'x.bin' (length 9) at offset 0x00000000 will not fit in 4 bytes of flash.",
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_tools_message_is_diagnosed(name: str) -> None:
    diagnosis = diagnose(TRANSCRIPTS[name])
    assert diagnosis is not None
    assert diagnosis.name == name
    verdict = check("exit-status", ran(WRITE, exit_status=2, transcript=TRANSCRIPTS[name]))
    assert not verdict.passed
    assert diagnosis.cure in verdict.reason


def test_a_failure_at_another_port_names_the_boards() -> None:
    evidence = ran("esptool --port COM3 flash-id", exit_status=2, transcript=TRANSCRIPTS["no-such-port"])
    assert "your board is at COM4" in check("exit-status", evidence).reason


def test_a_list_of_ports_that_shows_none_is_no_list() -> None:
    failed = ran("ls /dev/ttyUSB*", "linux", exit_status=1, transcript="ls: cannot access '/dev/ttyUSB*'")
    verdict = check("exit-status", failed, Expected("run", "linux", ("ls /dev/tty*",)))
    assert "Look at all of them: `ls /dev/tty*`" in verdict.reason


def test_an_exit_status_without_a_known_message() -> None:
    assert check("exit-status", ran("dir")).passed
    assert check("exit-status", ran("dir", exit_status=3), status=3).passed
    assert "exit status 7" in check("exit-status", ran("dir", exit_status=7)).reason


def test_what_the_learner_stopped_is_no_fault() -> None:
    reason = check("exit-status", ran(WRITE, exit_status=130, transcript="ERROR: Operation cancelled by user\n")).reason
    assert "Ctrl-C" in reason
    assert "went wrong" not in reason


def test_output_is_looked_for_with_placeholders() -> None:
    expected = Expected("run", "linux", values={"firmware": "Fw.bin"})
    assert check("output", ran("ls", transcript="fw.bin\n"), expected, contains="{firmware}").passed
    assert "`Fw.bin`" in check("output", ran("ls", transcript="x\n"), expected, contains="{firmware}").reason


@pytest.mark.parametrize(
    ("line", "passed", "word"),
    [
        ("print('Hi there')", True, ""),
        ('print( "Hi there" )', True, ""),
        ("print('hi there')", False, "capital"),
        ("Print('Hi there')", False, "capital"),
        ("print 'Hi there'", False, "brackets, quotation marks"),
        (">>> print('Hi there')", False, "prompt"),
        ("esptool -h", False, "for your computer"),
        ("print(1)", False, "another line"),
        ("ctrl-c", False, "only a key"),
        ("(" * 5000, False, "another line"),
    ],
)
def test_a_line_of_python(line: str, passed: bool, word: str) -> None:
    verdict = check("line", Evidence(line=line), Expected("type", "linux", ("print('Hi there')",)))
    assert verdict.passed is passed
    assert word in verdict.reason


@pytest.mark.parametrize(
    ("line", "answer", "words"),
    [
        ("impot sys", "Traceback (most recent call last):\n  ...\nSyntaxError: invalid syntax\n", "SyntaxError"),
        ("ctrl-d", "PYB: soft reboot\nOSError: [Errno 2] ENOENT\nMicroPython v1.10\n", "another line"),
        ("import os", "", "another line"),
    ],
)
def test_what_the_board_said_to_another_line_is_not_passed_over(line: str, answer: str, words: str) -> None:
    verdict = check("line", Evidence(line=line, transcript=f"{line}\n{answer}>>> "), Expected("type", "linux", ("x",)))
    assert not verdict.passed
    assert words in verdict.reason


@pytest.mark.parametrize(
    ("transcript", "passed", "word"),
    [
        ("sys.platform\n'esp8266'\n>>> ", True, ""),
        ("sys.platform\n'linux'\n>>> ", False, "`'linux'`"),
        ("sys.platform\n>>> ", False, "Nothing came"),
        ("sys.platform(\n... ", False, "bracket"),
        (
            "sys.platform\nTraceback (most recent call last):\nNameError: name 'sys' isn't defined\n>>> ",
            False,
            "NameErr",
        ),
    ],
)
def test_the_boards_reply(transcript: str, passed: bool, word: str) -> None:
    verdict = check("reply", Evidence(line="sys.platform", transcript=transcript), **{"is": "'esp8266'"})
    assert verdict.passed is passed
    assert word in verdict.reason


@pytest.mark.parametrize(
    ("evidence", "word"),
    [
        (Evidence(plugged=True), "Nothing came back"),
        (Evidence(plugged=False), "not plugged in"),
        (Evidence(plugged=True, transcript="\ufffd\ufffdx"), "not `>>>` yet"),
        (Evidence(plugged=True, transcript=TRANSCRIPTS["blank-flash"]), "Write the firmware"),
    ],
)
def test_no_prompt_is_explained(evidence: Evidence, word: str) -> None:
    verdict = check("prompt", evidence)
    assert not verdict.passed
    assert word in verdict.reason


def test_the_prompt() -> None:
    assert check("prompt", Evidence(plugged=True, transcript="MicroPython v1\n>>> ")).passed


@pytest.mark.parametrize("shown", [">>>", "...", "==="])
@pytest.mark.parametrize("wanted", [">>>", "...", "==="])
def test_another_prompt_is_named(shown: str, wanted: str) -> None:
    verdict = check("prompt", Evidence(plugged=True, transcript=f"for n in range(3):\n{shown} "), **{"is": wanted})
    assert verdict.passed is (shown == wanted)
    assert verdict.passed or (f"`{shown}`" in verdict.reason and "ctrl-c" in verdict.reason)


def test_a_board_that_is_busy() -> None:
    assert check("busy", Evidence(plugged=True, transcript="\n")).passed
    assert "prompt" in check("busy", Evidence(plugged=True, transcript="\n>>> ")).reason
    assert "plugged in" in check("busy", Evidence()).reason


def test_a_folder_that_is_not_here_is_told_with_the_one_that_is() -> None:
    verdict = check("exit-status", replace(ran("cd Documents", exit_status=1), folder="Downloads"))
    assert "Downloads" in verdict.reason
    assert "cd ~" in verdict.reason


@pytest.mark.parametrize(
    ("typed", "option"), [("1", "0"), ("0", "0"), ("2", "0x1000"), ("0x1000", "0x1000"), ("3", None)]
)
def test_a_choice_by_number_or_by_text_that_is_a_number(typed: str, option: str | None) -> None:
    assert chosen(typed, ["0", "0x1000"]) == option


@pytest.mark.parametrize(("typed", "was_command"), [("esptool flash-id", True), ("7", False), ("the first", False)])
def test_a_command_at_a_question_is_told_that_it_was_not_run(typed: str, was_command: bool) -> None:
    verdict = check("choice", Evidence(line=typed), Expected("choose", "linux", ("0",), ("0", "0x1000")))
    assert not verdict.passed
    assert ("nothing was run" in verdict.reason) == was_command
    assert "a number from 1 to 2" in verdict.reason
    verdict = check("port", Evidence(line=typed, port="/dev/ttyUSB0"), Expected("find", "linux"))
    assert not verdict.passed
    assert ("nothing was run" in verdict.reason) == was_command
    assert (f"no port called {typed}" in verdict.reason) != was_command


def test_home_is_a_folder_too() -> None:
    assert check("folder", Evidence(), **{"is": "~"}).passed
    assert "your home folder" in check("folder", Evidence(folder="Downloads"), **{"is": "~"}).reason


def test_the_led_is_judged_after_a_look_at_it() -> None:
    inside = Evidence(flash=Chip(b""))
    assert "look" in check("led", inside, **{"is": "on"}).reason
    assert "off" in check("led", replace(inside, led="off"), **{"is": "on"}).reason
    assert check("led", replace(inside, led="on"), **{"is": "on"}).passed
    assert check("led", Evidence(), **{"is": "on"}).passed


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("com4", ""),
        ("", "Type the port's name"),
        (r"\\.\COM4", ""),
        ("COM1", "another device"),
        ("COM9", "no port called"),
    ],
)
def test_the_port(answer: str, word: str) -> None:
    verdict = check("port", replace(ran("dir"), line=answer))
    assert verdict.passed is not bool(word)
    assert word in verdict.reason


def test_the_port_on_linux_with_and_without_dev() -> None:
    for answer in ("/dev/ttyUSB0", "ttyUSB0", "`/dev/ttyUSB0`"):
        assert check("port", Evidence(line=answer, port="/dev/ttyUSB0", plugged=True)).passed


STATE_CHECKS: Mapping[str, tuple[Evidence, Evidence, dict[str, Any]]] = {
    "plugged": (Evidence(plugged=True, port="COM4"), Evidence(), {}),
    "folder": (Evidence(folder="Downloads"), Evidence(folder=""), {"is": "Downloads"}),
    "environment": (Evidence(environment="esp8266"), Evidence(environment="other"), {"is": "esp8266"}),
    "baud": (Evidence(terminal_baud=115200), Evidence(terminal_baud=9600), {"is": 115200}),
    "said": (Evidence(line=" Plug  in "), Evidence(line="no"), {}),
}


@pytest.mark.parametrize("name", STATE_CHECKS)
def test_where_learner_and_board_are(name: str) -> None:
    right, wrong, parameters = STATE_CHECKS[name]
    expected = Expected("do", "linux", ("plug in",))
    assert check(name, right, expected, **parameters) == Verdict(True)
    verdict = check(name, wrong, expected, **parameters)
    assert not verdict.passed
    assert verdict.reason


class Chip:
    """A flash chip with something in it."""

    def __init__(self, contents: bytes, size: int = 64) -> None:
        self.contents = contents.ljust(size, b"\xff")
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        return self.contents[offset : offset + length]


def test_the_inside_of_the_flash(tmp_path: Path) -> None:
    image = tmp_path / "fw.bin"
    image.write_bytes(b"\xe9\x01\x00\x00program")
    patched = b"\xe9\x01\x02\x40program"
    assert check("flash-blank", Evidence(flash=Chip(b""))).passed
    assert not check("flash-blank", Evidence(flash=Chip(b"\x00"))).passed
    assert check("flash-firmware", Evidence(flash=Chip(patched), firmware=image)).passed
    assert not check("flash-firmware", Evidence(flash=Chip(b"\xff" + patched), firmware=image)).passed
    assert not check("flash-firmware", Evidence(flash=Chip(patched))).passed


def test_without_an_inside_only_evidence_counts() -> None:
    assert check("flash-blank", Evidence()).passed


def test_a_firmware_file_is_looked_into(tmp_path: Path) -> None:
    page = tmp_path / "fw.bin"
    page.write_bytes(b"<!DOCTYPE html><html>not found</html>")
    assert "web page" in check("firmware-file", Evidence(firmware=page)).reason
    assert "not there" in check("firmware-file", Evidence()).reason


@given(
    st.sampled_from(sorted(CHECKERS)),
    st.text(),
    st.text(st.sampled_from("> .Traceback\nError:'esp8266'\ufffd")),
    st.sampled_from([None, "COM4"]),
    st.lists(st.text(max_size=5), min_size=1, max_size=3).map(tuple),
)
def test_no_evidence_is_too_strange(
    name: str, line: str, transcript: str, port: str | None, texts: tuple[str, ...]
) -> None:
    """Every checker comes to a verdict, and a failure has a reason."""
    evidence = replace(ran(line), line=line, transcript=transcript, port=port)
    parameters = {key: texts[0] if kind is str else 0 for key, kind in CHECKERS[name].parameters.items()}
    verdict = check(name, evidence, Expected("run", "linux", texts, texts), **parameters)
    assert verdict.passed or verdict.reason


def test_a_prompt_typed_before_a_line_is_named_also_where_hands_are_asked_for() -> None:
    evidence = Evidence(line=">>> print(5)")
    reason = check("said", evidence, Expected("do", "linux", ("press reset",))).reason
    assert "`>>>` in front is the prompt" in reason


def test_who_does_it_by_typing_is_not_asked_to_say_so_when_it_is_done() -> None:
    expected = Expected("do", "linux", ("press reset",))
    typed = check("said", Evidence(line="reset", by_typing=True), expected).reason
    assert typed == "At this desk, typing it is doing it: type `press reset`."
    said = check("said", Evidence(line="yes"), Expected("do", "linux", ("done",))).reason
    assert said == "When it is done, say so: type `done`."


def test_the_long_report_of_a_program_that_was_stopped_is_no_alarm() -> None:
    stopped = ran(WRITE, exit_status=INTERRUPTED, transcript="Traceback (most recent call last):\nKeyboardInterrupt\n")
    assert "long report" in check("exit-status", stopped).reason
    assert "report" not in check("exit-status", replace(stopped, transcript="")).reason
