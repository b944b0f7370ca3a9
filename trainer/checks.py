"""Named checkers: evidence of what a learner did goes in, a verdict with its reason comes out.

A lesson names checkers; it holds no code. Adding one is a function with a `@checker` line. A checker judges from
what any board can show (`Evidence`); one that looks inside a fake board says so (`inside=True`), passes where there is
no inside to look at, and must never disagree with the evidence.

A reason is written for a beginner: what is right already, what is not, and what it means. "Try again" is no reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from trainer.board import repl
from trainer.board.terminal import BAUD, KEYS
from trainer.commands.command import Command, same
from trainer.commands.diagnoses import diagnose
from trainer.commands.differences import explain_difference, explain_old_spelling, port_shape
from trainer.commands.meaning import parse
from trainer.computer.child import INTERRUPTED
from trainer.evidence import Evidence
from trainer.images.flashed import why_not_flashed
from trainer.images.identify import identify
from trainer.prose import fill
from trainer.system import System

__all__ = ["CHECKERS", "Checker", "Expected", "Verdict", "chosen", "judge"]

TOOLS: Final = frozenset({"esptool", "mpremote"})
"""Kinds of commands that are programs in the learner's virtual environment."""


@dataclass(frozen=True)
class Expected:
    """What a step asks for, with the learner's port and file filled in."""

    kind: str
    system: System
    solutions: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """The answers to choose from."""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """Whether it passed, and why. A passing verdict's reason may be empty, or something worth knowing."""

    passed: bool
    reason: str = ""


PASS = Verdict(True)

Judge = Callable[[Evidence, Expected, Mapping[str, Any]], Verdict]


@dataclass(frozen=True)
class Checker:
    """A named checker: its parameters (name -> type, all required unless in `optional`) and its function."""

    name: str
    judge: Judge
    parameters: Mapping[str, type]
    optional: frozenset[str]
    inside: bool
    """Whether it looks inside a fake board."""

    @property
    def summary(self) -> str:
        """What the checker is for, in one line."""
        return (self.judge.__doc__ or "").partition("\n")[0]


CHECKERS: dict[str, Checker] = {}
"""Every checker that a lesson can name."""


def checker(
    name: str, *, parameters: Mapping[str, type] | None = None, optional: Sequence[str] = (), inside: bool = False
) -> Callable[[Judge], Judge]:
    """Register a function as the checker `name`."""

    def register(judge: Judge) -> Judge:
        CHECKERS[name] = Checker(name, judge, dict(parameters or {}), frozenset(optional), inside)
        return judge

    return register


def judge(
    checks: Sequence[tuple[str, Mapping[str, Any]]], evidence: Evidence, expected: Expected, *, inside: bool = True
) -> Verdict:
    """The first check that fails, or a pass with all that the checks had to say. `inside=False` is evidence only."""
    remarks: list[str] = []
    for name, parameters in checks:
        if CHECKERS[name].inside and (not inside or evidence.flash is None):
            continue
        verdict = CHECKERS[name].judge(evidence, expected, parameters)
        if not verdict.passed:
            return verdict
        if verdict.reason:
            remarks.append(verdict.reason)
    return Verdict(True, " ".join(remarks))


# What was typed


@checker("command")
def check_command(evidence: Evidence, expected: Expected, _: Mapping[str, Any]) -> Verdict:
    """The line means the same as one of the solutions."""
    if evidence.refusal:
        return Verdict(False, evidence.refusal)
    if evidence.command is None:
        return Verdict(False, f"`{evidence.line}` is not a command that this terminal knows.")
    wanted = [command for line in expected.solutions if isinstance(command := parse(line, expected.system), Command)]
    if any(same(evidence.command, command) for command in wanted):
        return Verdict(True, explain_old_spelling(evidence.command))
    difference = explain_difference(evidence.command, wanted, worked=not evidence.exit_status)
    if evidence.exit_status and not _typed_port_remark(evidence) and (diagnosis := diagnose(evidence.transcript)):
        return Verdict(False, f"{difference} What was printed means: {diagnosis}")
    return Verdict(False, f"{difference} {_missing_environment(evidence)}".rstrip())


@checker("line")
def check_line(evidence: Evidence, expected: Expected, _: Mapping[str, Any]) -> Verdict:
    """The line typed at the board's Python prompt is one of the solutions; spaces and the kind of quotes are free."""
    if prompt := repl.typed_prompt(evidence.line):
        return Verdict(False, _prompt_explained(prompt, evidence.line))
    if evidence.line.strip().lower() in KEYS:
        return Verdict(False, "That was only a key, and this step asks for another line: the one behind “Your turn”.")
    if evidence.astray:
        return Verdict(
            False,
            "Python took this line for the rest of the one before, for `...` stood there. Ctrl-C (or the word "
            "`ctrl-c`) gives both up; then type the line anew, at `>>>`.",
        )
    typed = repl.meaning(evidence.line)
    if solution := next((line for line in expected.solutions if repl.meaning(line) == typed), None):
        if (missing := repl.indent(solution) - repl.indent(evidence.line)) <= 0:
            return PASS
        return Verdict(
            False,
            f"The line is right, but it has to begin with {repl.indent(solution)} spaces, and {missing} are missing. "
            "What you typed is on the board already: Ctrl-C throws it away, and `back` leads to where the block "
            "begins.",
        )
    if typed.lower() in (repl.meaning(solution).lower() for solution in expected.solutions):
        return Verdict(False, "Nearly: Python tells capital and small letters apart. Compare them one by one.")
    if _letters(evidence.line) in map(_letters, expected.solutions):
        return Verdict(False, "The words are right. Compare the signs between them: brackets, quotation marks, dots.")
    if isinstance(parse(evidence.line, expected.system), Command):
        return Verdict(False, "That is a command for your computer. Here you are talking to Python on the board.")
    if error := repl.error(evidence.transcript):
        return Verdict(
            False,
            f"Python on the board could not do that: {error}. Compare your line with the one that this step asks for, "
            "sign by sign.",
        )
    return Verdict(False, f"The board has taken `{evidence.line}`, but this step asks for another line.")


# What came of it


@checker("exit-status", parameters={"status": int}, optional=["status"])
def check_exit_status(evidence: Evidence, expected: Expected, parameters: Mapping[str, Any]) -> Verdict:
    """The command ended with this exit status: 0, "it worked", unless another is given."""
    wanted = parameters.get("status", 0)
    if evidence.exit_status == wanted:
        return PASS
    if evidence.exit_status is None:
        return Verdict(False, "The command did not run to its end.")
    if evidence.exit_status == INTERRUPTED:
        how = " (The long report is only how it says so.)" if "Traceback" in evidence.transcript else ""
        return Verdict(False, f"You have stopped it with Ctrl-C.{how} Type the command once more when you are ready.")
    if evidence.command is not None and evidence.command.kind == "cd":
        here = evidence.folder or "your home folder"
        return Verdict(False, f"There is no such folder in the one that you are in, {here}. `cd ~` brings you home.")
    if evidence.command is not None and evidence.command.kind == "ports":
        return Verdict(False, f"No port has such a name now. Look at all of them: `{expected.solutions[0]}`.")
    if diagnosis := diagnose(evidence.transcript):
        return Verdict(False, f"{diagnosis}{_typed_port_remark(evidence)}")
    if missing := _missing_environment(evidence):
        return Verdict(False, missing)
    return Verdict(
        False,
        f"The command is right, but it ended with exit status {evidence.exit_status} instead of {wanted}: "
        "something went wrong on the way. The last lines it printed say what.",
    )


@checker("output", parameters={"contains": str})
def check_output(evidence: Evidence, expected: Expected, parameters: Mapping[str, Any]) -> Verdict:
    """The text was printed; letter case is free."""
    text = fill(parameters["contains"], expected.values)
    if text.lower() in evidence.transcript.lower():
        return PASS
    if diagnosis := diagnose(evidence.transcript):
        return Verdict(False, str(diagnosis))
    return Verdict(False, f"It should have printed `{text}` somewhere, and it did not.")


@checker("prompt", parameters={"is": str}, optional=["is"])
def check_prompt(evidence: Evidence, expected: Expected, parameters: Mapping[str, Any]) -> Verdict:
    """The board's Python waits: it shows `>>>`, or the prompt that is given, `...` or `===`."""
    wanted = parameters.get("is", ">>>")
    shown = next((prompt for prompt in repl.PROMPTS if evidence.transcript.rstrip(" \n").endswith(prompt)), "")
    if shown == wanted:
        return PASS
    if not evidence.plugged:
        return Verdict(False, "The board is not plugged in, so nothing can answer.")
    if evidence.terminal_baud not in (None, BAUD):
        return Verdict(False, _wrong_speed(evidence.terminal_baud, BAUD))
    if diagnosis := diagnose(evidence.transcript):
        return Verdict(False, str(diagnosis))
    if shown:
        cure = "Ctrl-C (or the word `ctrl-c`) leads to `>>>` from anywhere"
        cure += "." if wanted == ">>>" else ", and `back` to the step where the block begins."
        return Verdict(
            False,
            f"Now `{shown}` stands there, {repl.PROMPTS[shown]}; `{wanted}` is to be expected, {repl.PROMPTS[wanted]}. "
            f"{cure}",
        )
    if not evidence.transcript.strip():
        return Verdict(False, "Nothing came back. Press RESET on the board, or close the terminal and open it again.")
    return Verdict(False, f"Something came back, but not `{wanted}` yet. Try Enter, then Ctrl-D, then RESET.")


@checker("busy")
def check_busy(evidence: Evidence, expected: Expected, _: Mapping[str, Any]) -> Verdict:
    """The board's Python runs something: no prompt has come back."""
    if not evidence.plugged:
        return Verdict(False, "The board is not plugged in, so nothing runs on it.")
    if not evidence.transcript.rstrip(" \n").endswith(tuple(repl.PROMPTS)):
        return PASS
    return Verdict(
        False, "The board waits for you: there is a prompt, so nothing runs. `back` leads to the step before."
    )


@checker("reply", parameters={"is": str}, optional=["is"])
def check_reply(evidence: Evidence, expected: Expected, parameters: Mapping[str, Any]) -> Verdict:
    """The board's Python answered without an error; with `is`, with exactly that line."""
    reply = repl.reply(evidence.transcript)
    if error := repl.error(evidence.transcript):
        cause = " It forgets what was imported when it restarts; a typo looks the same." if "NameError" in error else ""
        return Verdict(False, f"Python on the board reports a mistake: {error}.{cause}")
    if not evidence.transcript.rstrip().endswith(">>>"):
        return Verdict(
            False,
            "Python is still waiting for the rest of what was begun: a bracket or a quote that was not closed, or a "
            "block. Where `...` stands, Ctrl-C gives it up; then type the line anew.",
        )
    wanted = parameters.get("is")
    if wanted is None or reply.strip() == wanted:
        return PASS
    if not reply.strip():
        return Verdict(False, f"Nothing came after `>>>`. It should have answered `{wanted}`.")
    return Verdict(False, f"The board answered `{reply.strip()}`; `{wanted}` was to be expected.")


# Where the learner and the board are


@checker("port")
def check_port(evidence: Evidence, expected: Expected, _: Mapping[str, Any]) -> Verdict:
    """The answer is the port that the board is at."""
    answer = evidence.line.strip().strip("`'\"")
    if evidence.port is None:
        return Verdict(False, "The board is not plugged in, so it has no port yet.")
    if not answer:
        return Verdict(False, "Type the port's name, as it stands in the list of ports.")
    if port_shape(answer) == port_shape(evidence.port):
        return PASS
    if port_shape(answer) in [port_shape(port) for port in evidence.ports]:
        return Verdict(False, f"{answer} is another device's port. Unplug the board: the one that goes is yours.")
    remark = _not_run(evidence, expected) or f"There is no port called {answer}. "
    return Verdict(False, f"{remark}Take the name from the list of ports, letter by letter.")


def _not_run(evidence: Evidence, expected: Expected) -> str:
    """A sentence, where a command was typed instead of an answer."""
    if isinstance(parse(evidence.line, expected.system), Command):
        return "That is a command, and a question waits here: nothing was run. "
    return ""


@checker("choice")
def check_choice(evidence: Evidence, expected: Expected, _: Mapping[str, Any]) -> Verdict:
    """The answer that was chosen, by its number or its text, is one of the solutions."""
    option = chosen(evidence.line, expected.options)
    if option is None:
        remark = _not_run(evidence, expected)
        return Verdict(False, f"{remark}Please answer with a number from 1 to {len(expected.options)}.")
    return PASS if option in expected.solutions else Verdict(False, f"No, not “{option}”.")


def chosen(answer: str, options: Sequence[str]) -> str | None:
    """The option that an answer means: its number, counted from 1, or its text in any letter case."""
    answer = answer.strip().rstrip(".")
    if answer.isascii() and answer.isdecimal() and len(answer) < 4 and 1 <= int(answer) <= len(options):
        return options[int(answer) - 1]
    return next((option for option in options if option.lower().rstrip(".") == answer.lower()), None)


@checker("said")
def check_said(evidence: Evidence, expected: Expected, _: Mapping[str, Any]) -> Verdict:
    """The learner says that it is done, in one of the solutions' words."""
    words = " ".join(evidence.line.lower().split())
    if words in [solution.lower() for solution in expected.solutions]:
        return PASS
    if prompt := repl.typed_prompt(evidence.line):
        return Verdict(False, _prompt_explained(prompt, evidence.line))
    how = "At this desk, typing it is doing it" if evidence.by_typing else "When it is done, say so"
    return Verdict(False, f"{how}: type `{expected.solutions[0]}`.")


@checker("plugged")
def check_plugged(evidence: Evidence, expected: Expected, _: Mapping[str, Any]) -> Verdict:
    """The board is plugged in and the computer sees it."""
    if evidence.plugged and evidence.port is not None:
        return PASS
    return Verdict(False, "No board has turned up yet. Is the cable in on both ends, and does it carry data?")


@checker("folder", parameters={"is": str})
def check_folder(evidence: Evidence, expected: Expected, parameters: Mapping[str, Any]) -> Verdict:
    """The learner is in this folder, seen from their home folder; `~` is home itself."""
    wanted = fill(parameters["is"], expected.values)
    if evidence.folder == wanted.removeprefix("~"):
        return PASS
    here, there = (folder or "your home folder" for folder in (evidence.folder, wanted.removeprefix("~")))
    return Verdict(False, f"You are in {here}; this step wants you in {there}.")


@checker("environment", parameters={"is": str})
def check_environment(evidence: Evidence, expected: Expected, parameters: Mapping[str, Any]) -> Verdict:
    """The virtual environment of this name is active."""
    if evidence.environment == parameters["is"]:
        return PASS
    if evidence.environment:
        return Verdict(False, f"({evidence.environment}) is active; this step wants ({parameters['is']}).")
    return Verdict(False, f"No virtual environment is active: ({parameters['is']}) should stand before the prompt.")


@checker("baud", parameters={"is": int})
def check_baud(evidence: Evidence, expected: Expected, parameters: Mapping[str, Any]) -> Verdict:
    """A serial terminal is open at this speed."""
    if evidence.terminal_baud == parameters["is"]:
        return PASS
    if evidence.terminal_baud is None:
        return Verdict(False, "No serial terminal is open.")
    return Verdict(False, _wrong_speed(evidence.terminal_baud, parameters["is"]))


@checker("firmware-file")
def check_firmware_file(evidence: Evidence, expected: Expected, _: Mapping[str, Any]) -> Verdict:
    """The lesson's firmware file is there, whole, and for the ESP8266."""
    if evidence.firmware is None:
        return Verdict(False, "The firmware file is not there yet.")
    firmware = identify(evidence.firmware)
    return PASS if firmware.is_bootable else Verdict(False, f"{firmware.problem} {firmware.next_step}")


# Inside a fake board


@checker("flash-blank", inside=True)
def check_flash_blank(evidence: Evidence, expected: Expected, _: Mapping[str, Any]) -> Verdict:
    """The flash chip holds nothing but 0xFF."""
    assert evidence.flash is not None
    contents = evidence.flash.read(0, evidence.flash.size)
    if contents.count(0xFF) == len(contents):
        return PASS
    return Verdict(False, "The flash memory is not empty: something is still in it.")


@checker("flash-firmware", inside=True)
def check_flash_firmware(evidence: Evidence, expected: Expected, _: Mapping[str, Any]) -> Verdict:
    """The flash chip holds the lesson's firmware from address 0 on, with a flash size in its header that works."""
    assert evidence.flash is not None
    image = evidence.firmware.read_bytes() if evidence.firmware else b""
    problem = why_not_flashed(image, evidence.flash.read(0, min(len(image), evidence.flash.size)))
    return Verdict(False, problem) if problem else PASS


@checker("led", parameters={"is": str}, inside=True)
def check_led(evidence: Evidence, expected: Expected, parameters: Mapping[str, Any]) -> Verdict:
    """The board's LED was seen "on", "off" or "blinking"."""
    if evidence.led == parameters["is"]:
        return PASS
    if not evidence.led:
        return Verdict(False, "Have a look at the board first: type `look`.")
    return Verdict(False, f"The LED is {evidence.led}; it should be {parameters['is']}.")


# Wording


def _prompt_explained(prompt: str, line: str) -> str:
    rest = line.strip().removeprefix(prompt).strip()
    return (
        f"The `{prompt}` in front is the prompt: Python prints it to say that it is listening, and you do not type it. "
        f"Type only `{rest}`."
    )


def _wrong_speed(baud: int | None, wanted: int) -> str:
    whose = {BAUD: "MicroPython talks at 115200", 74880: "The chip's own start program talks at 74880"}
    talks = whose.get(wanted, f"This step wants {wanted}")
    return f"The terminal is open, but at {baud} baud. {talks}; at any other speed you see junk characters, or nothing."


def _missing_environment(evidence: Evidence) -> str:
    """Why a tool that lives in a virtual environment was not found; "" where it was, or one is active."""
    command = evidence.command
    if command is None or command.kind not in TOOLS or evidence.environment or not evidence.exit_status:
        return ""
    return (
        f"No virtual environment is active, and {command.kind} lives in yours: its name in brackets should stand "
        "before the prompt. How to switch it on stands in the terminal; then type the command once more."
    )


def _typed_port_remark(evidence: Evidence) -> str:
    typed = evidence.command.options.get("port") if evidence.command else None
    if typed is None or evidence.port is None or port_shape(str(typed)) == port_shape(evidence.port):
        return ""
    return f" You wrote {typed}, and your board is at {evidence.port}."


def _letters(line: str) -> str:
    return "".join(filter(str.isalnum, line))
