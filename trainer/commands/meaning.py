"""From a learner's line to what it means: what it is for, not how it is spelled.

``parse("esptool.py --port COM4 erase_flash", "windows")`` and ``python -m esptool erase-flash -p COM4``
(well, with the option where esptool takes it) are the same `Command`. Nothing is run here; `trainer.shell`
does that. What a line begins with is looked up in `trainer.commands.programs.PROGRAMS`.
"""

import re
from typing import Final

from trainer.commands.command import Command, Refusal
from trainer.commands.programs import LISTING, PROGRAMS, VENV_SCRIPT, activate_by_path
from trainer.commands.words import LineError, did_you_mean, split
from trainer.system import System

__all__ = ["ONLY_LESSONS", "parse"]

SPOKEN_PORTS = re.compile(
    r"^(device\s*manager|\[System\.IO\.Ports\.SerialPort\]::GetPortNames\(\))$", re.IGNORECASE
)  # fmt: skip


def parse(line: str, system: System) -> Command | Refusal:
    """The meaning of a learner's line on `system`. Takes any text; never raises."""
    try:
        command = _read(line.strip(), system)
    except LineError as error:
        return Refusal(error.kind, str(error), line.strip())
    return command


def _read(line: str, system: System) -> Command:
    if SPOKEN_PORTS.match(line):
        return Command("ports", {}, line, manner={"pattern": None})
    if system == "windows":
        # PowerShell's call operator, and cmd's: `& .\esp8266\Scripts\Activate.ps1`.
        line = re.sub(r"^(&|call)\s+(?=\S*activate)", "", line, flags=re.IGNORECASE)
    elif re.search(r"[\\/]Scripts[\\/]activate", line, re.IGNORECASE):
        raise LineError("other-system", "That is how it is done on Windows. Here it is: source NAME/bin/activate")
    words = split(line, system, wildcards=line.split(maxsplit=1)[:1] != [] and _name(line.split()[0]) in LISTING)
    program, arguments = words[0], words[1:]
    if re.fullmatch(r"cd[./\\]+", program, re.IGNORECASE):
        program, arguments = "cd", [program[2:], *arguments]
    if VENV_SCRIPT.match(program):
        return _typed(activate_by_path(program, arguments, system), line, program)
    if system == "windows" and program.lower() == "source" and arguments[:1] and "/bin/" in arguments[0]:
        raise LineError("other-system", r"That is how it is done on macOS and Linux. Here it is: NAME\Scripts\activate")
    reader = PROGRAMS.get(_name(program))
    if reader is None:
        raise _unknown(program)
    if system == "linux" and program.isalnum() and program != program.lower():
        raise LineError("unknown-command", f"Linux tells capital and small letters apart. Type `{program.lower()}`.")
    return _typed(reader(arguments, system), line, program)


def _typed(command: Command, line: str, program: str) -> Command:
    return Command(
        command.kind,
        command.options,
        line,
        command.program or program,
        command.manner,
        command.arguments,
        command.paths,
    )


def _name(program: str) -> str:
    """The key of `PROGRAMS` for a program as typed: ``Esptool.EXE`` is ``esptool``, ``python3.12`` is
    ``python``."""
    name = re.sub(r"\.(exe|bat|cmd|com|py)$", "", program.lower())
    return re.sub(r"^(python|pip)3?(\.\d+)?$", r"\1", name)


def _unknown(program: str) -> LineError:
    name = _name(program)
    if name in EXPLAINED:
        return LineError("not-here", EXPLAINED[name])
    if re.search(r"[/\\]", program):
        return LineError(
            "not-here",
            "This shell runs no program by its path. Activate the environment, then type the name alone.",
        )
    return LineError("unknown-command", did_you_mean(name, PROGRAMS) or ONLY_LESSONS)


ONLY_LESSONS: Final = "This practice shell has only the commands that lessons use."


EXPLAINED: Final = {
    **dict.fromkeys(("sudo", "doas", "runas", "su"),
                    "No administrator rights are needed. Type the command alone."),
    **dict.fromkeys(("apt", "apt-get", "brew", "dnf", "pacman", "winget", "choco", "pipx", "uv"),
                    "That installs programs for the whole computer. Here pip installs into a virtual "
                    "environment: python -m pip install esptool"),
    **dict.fromkeys(("curl", "wget", "invoke-webrequest"),
                    "The tutor fetches the firmware for you; no download command is needed."),
    **dict.fromkeys(("rm", "del", "erase", "remove-item", "mv", "move", "ren", "rename", "cp", "copy",
                     "mkdir", "md", "touch", "nano", "vi", "vim", "emacs", "notepad", "edit"),
                    "This practice shell changes no files by itself."),
    **dict.fromkeys(("exit", "logout", "bye"), "This terminal stays open; the word `quit` leaves the tutor."),
    **dict.fromkeys(("clear", "cls"), "What stands here is kept, so that you can look back."),
    **dict.fromkeys(("man", "info", "apropos"), "`hint` helps with the step you are at, `help` with everything else."),
    **dict.fromkeys(("sh", "bash", "zsh", "fish", "cmd", "powershell", "pwsh"),
                    "You are at a prompt already; no other shell is needed."),
    "esp_rfc2217_server": "Nothing in these lessons shares a port over the network.",
}  # fmt: skip
