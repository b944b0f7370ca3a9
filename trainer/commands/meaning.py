"""A learner's command line, compared by meaning: what it is for, not how it is spelled.

``parse("esptool.py --port COM4 erase_flash", "windows")`` and ``python -m esptool erase-flash -p COM4``
(well, with the option where esptool takes it) are the same `Command`. Nothing is run here; `trainer.shell`
does that. Programs are rows of `PROGRAMS`: a name, and a function that reads the words after it.
"""

import dataclasses
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement

from trainer.commands import esptool_line, mpremote_line
from trainer.commands.words import LineError, did_you_mean, split, take_options
from trainer.system import System

KINDS: Final = frozenset({
    "cd", "pwd", "ls", "cat", "venv", "activate", "deactivate", "conda-create", "pip-install", "pip-info",
    "python-version", "esptool", "mpremote", "terminal", "settings", "ports", "firmware-info",
})  # fmt: skip
"""Every `Command.kind`."""

PACKAGES: Final = ("esptool", "mpremote")
"""What the learner's shell installs; a course cannot widen it."""


@dataclass(frozen=True)
class Command:
    """What a line asks for.

    `kind` is one of `KINDS`. `options` is what counts when two commands are compared; which names it has
    depends on the kind (see the functions of `PROGRAMS`). `manner` is how it was said, and does not count.
    `paths` are the files and folders of this computer that it would touch, as typed but with ``/``.
    `arguments` are the words for the real program, where there is one. `text` is the line.
    """

    kind: str
    options: Mapping[str, Any]
    text: str = ""
    program: str = ""
    manner: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    arguments: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Why a line is not run. `kind` is a fixed name (``"prompt-character"``, ``"shell-syntax"``, ``"usage"``
    ...); `message` is one or two sentences for the learner."""

    kind: str
    message: str
    text: str = ""


def parse(line: str, system: System) -> Command | Refusal:
    """The meaning of a learner's line on `system`. Takes any text; never raises."""
    try:
        command = _read(line.strip(), system)
    except LineError as error:
        return Refusal(error.kind, str(error), line.strip())
    return command


def same(a: Command, b: Command) -> bool:
    """Do both ask for the same thing?"""
    return a.kind == b.kind and _comparable(a.options) == _comparable(b.options)


def _comparable(options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` with values that mean the same made equal: on this board esptool's ``auto`` finds an
    ESP8266."""
    equal: dict[str, Any] = {"chip": "auto"} if options.get("chip") == "esp8266" else {}
    if "steps" in options:
        equal["steps"] = mpremote_line.comparable(options["steps"])
    return {**options, **equal}


# How a line is taken apart

LISTING: Final = ("ls", "dir", "gci", "get-childitem")

SPOKEN_PORTS = re.compile(
    r"^(device\s*manager|\[System\.IO\.Ports\.SerialPort\]::GetPortNames\(\))$", re.IGNORECASE
)  # fmt: skip

VENV_SCRIPT = re.compile(r"^(?P<name>.+?)[\\/](?P<folder>bin|Scripts)[\\/]activate(?P<suffix>\.\w+)?$", re.IGNORECASE)


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
        return _typed(_activate_by_path(program, arguments, system), line, program)
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


# What each program's words mean

Reader = Callable[[list[str], System], Command]


def path_name(text: str, system: System) -> str:
    """A path as typed, with ``/`` and without ``.`` steps and a slash at its end. (``..`` stays: what it means
    depends on links.)"""
    text = text.replace("\\", "/") if system == "windows" else text
    root = "//" if text.startswith("//") else "/" if text.startswith("/") else ""
    return root + "/".join(part for part in text.split("/") if part not in ("", ".")) or "."


def port_name(text: str) -> str:
    """A port as typed; Windows does not mind the case of ``COM4``."""
    return text.upper() if re.fullmatch(r"com\d+", text, re.IGNORECASE) else text


def _one_word(words: list[str], what: str) -> str:
    if len(words) > 1:
        raise LineError("usage", f"That is more than one {what}. A name with a blank in it needs quotes around it.")
    return words[0]


def _cd(words: list[str], system: System) -> Command:
    """options: ``path``, relative to the current folder; ``~`` is the practice folder."""
    words = [word for word in words if word.lower() not in ("/d", "--", "-path")]
    if not words:
        return Command("pwd", {}) if system == "windows" else Command("cd", {"path": "~"})
    path = path_name(_one_word(words, "folder"), system)
    return Command("cd", {"path": path}, paths=(path,))


def _pwd(words: list[str], system: System) -> Command:
    if words:
        raise LineError("usage", "pwd stands alone: it prints the folder you are in.")
    return Command("pwd", {})


def _ls(words: list[str], system: System) -> Command:
    """options: ``path``; its last part may hold wildcards. A listing of /dev asks for ports. manner: ``flags``, the
    letters of ls's options."""
    flags = "".join(word[1:] for word in words if re.fullmatch(r"-[a-zA-Z1]+", word))
    words = [word for word in words if not (word.startswith("-") or (system == "windows" and word.startswith("/")))]
    if words and all(word.startswith("/dev") for word in words):
        return Command("ports", {}, manner={"pattern": None if words == ["/dev"] else words[0]})
    path = path_name(_one_word(words, "folder"), system) if words else "."
    paths = (posixpath.dirname(path) or "." if re.search(r"[*?]", path) else path,)
    return Command("ls", {"path": path}, manner={"flags": flags}, paths=paths)


def _cat(words: list[str], system: System) -> Command:
    """options: ``path`` of the text file to show."""
    words = [word for word in words if word.lower() not in ("-path", "--")]
    if not words:
        raise LineError("usage", "Which file? Type its name after it.")
    path = path_name(_one_word(words, "file"), system)
    return Command("cat", {"path": path}, paths=(path,))


def _type(words: list[str], system: System) -> Command:
    if system != "windows":
        raise LineError("other-system", "That is how it is done on Windows. Here it is: cat FILE")
    return _cat(words, system)


def _python(words: list[str], system: System) -> Command:
    if words and re.fullmatch(r"-\d(\.\d+)?(-\d+)?", words[0]):  # `py -3.12` picks a version
        words = words[1:]
    if not words:
        raise LineError(
            "not-here", "That would start Python on this computer. You will meet Python on the board instead."
        )
    first, rest = words[0], words[1:]
    if first in ("-V", "--version", "-VV"):
        return Command("python-version", {}, arguments=("--version",))
    if first.startswith("-m"):
        module, rest = (first[2:], rest) if len(first) > 2 else ("".join(rest[:1]), rest[1:])
        if module not in MODULES:
            only = f"python -m {module}: only {', '.join(sorted(MODULES))} are run here. "
            raise LineError("not-here", f"{only}{did_you_mean(module, MODULES)}".rstrip())
        command = MODULES[module](rest, system)
        return Command(
            command.kind, command.options, program=f"python -m {module}", manner=command.manner,
            arguments=command.arguments, paths=command.paths,
        )  # fmt: skip
    if first == "-c":
        raise LineError("not-here", "python -c runs a program from the command line. No step needs one.")
    if first.startswith("-"):
        raise LineError("usage", f"python's option {first} is not needed here. Try without it.")
    raise LineError("not-here", "This practice shell runs no Python scripts of your computer.")


def _venv(words: list[str], system: System) -> Command:
    """options: ``path`` of the new environment."""
    if not words:
        raise LineError("usage", "The environment needs a name, as in: python -m venv esp8266")
    if option := next((word for word in words if word.startswith("-")), None):
        raise LineError("usage", f"venv's option {option} is not needed here. Try without it.")
    path = path_name(_one_word(words, "name"), system)
    return Command("venv", {"path": path}, paths=(path,))


def _conda(words: list[str], system: System) -> Command:
    """options: ``name`` (of the environment), for conda-create also ``packages``."""
    match words:
        case ["create", *rest] | ["env", "create", *rest]:
            options, packages = take_options(
                rest,
                {"-n": "name", "--name": "name", "-c": "channel"},
                {"-y": "yes", "--yes": "yes", "-q": "quiet"},
            )
            name = options.get("name")
            if not isinstance(name, str) or not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
                raise LineError("usage", "The environment needs a plain name, as in: conda create -n esp8266 python")
            unknown = [word for word in packages if re.split(r"[=<>!]", word)[0] not in ("python", "pip", *PACKAGES)]
            if unknown:
                raise LineError("usage", f"Only python is needed in the new environment, not {unknown[0]}.")
            return Command("conda-create", {"name": name}, manner={"packages": tuple(packages)})
        case ["activate", name]:
            return _activate_by_name([name], system)
        case ["activate"]:
            raise LineError("usage", "Which environment? Type its name after it: conda activate esp8266")
        case ["deactivate"]:
            return Command("deactivate", {}, manner={"conda": True})
        case _:
            raise LineError(
                "not-here", "Of conda, only `conda create`, `conda activate` and `conda deactivate` are here."
            )


def _activate_by_name(words: list[str], system: System) -> Command:
    """options: ``environment``, the folder's name or path."""
    if not words:
        raise LineError("usage", "Which environment? Its name is missing.")
    name = path_name(_one_word(words, "environment"), system)
    return Command("activate", {"environment": name}, manner={"conda": True}, paths=(name,))


def _activate_by_path(program: str, words: list[str], system: System) -> Command:
    if system != "windows":
        raise LineError(
            "usage",
            f"Activating changes this very shell, so it needs the word source before it: source {program}",
        )
    return _source([program, *words], system)


def _source(words: list[str], system: System) -> Command:
    """options: ``environment``, the folder that holds it."""
    if not words:
        raise LineError("usage", "source needs the environment's activate file after it.")
    if words[0] == "activate":
        return _activate_by_name(words[1:], system)
    found = VENV_SCRIPT.match(_one_word(words, "file"))
    if found is None:
        raise LineError(
            "not-here",
            "Only an environment's activate file can be read in here, as in: source esp8266/bin/activate",
        )
    name = path_name(found["name"], system)
    return Command("activate", {"environment": name}, manner={"conda": False}, paths=(name,))


def _deactivate(words: list[str], system: System) -> Command:
    return Command("deactivate", {}, manner={"conda": False})


def _pip(words: list[str], system: System) -> Command:
    """options of pip-install: ``packages``, a frozenset of names in lower case."""
    if not words or words[0] in ("-V", "--version", "list", "freeze", "show"):
        if any(not re.fullmatch(r"-V|--version|[\w.]+", word) for word in words):
            raise LineError("usage", "pip's further options are not needed here. Try without them.")
        return Command("pip-info", {}, arguments=tuple(words or ("--version",)))
    if words[0] != "install":
        nearly = did_you_mean(words[0], ("install", "list", "show", "freeze"))
        raise LineError("not-here", nearly or f"pip {words[0]} is not needed here; `pip install` is.")
    flags = {"-U": "upgrade", "--upgrade": "upgrade", "-q": "quiet", "--quiet": "quiet", "-v": "verbose"}
    options, packages = take_options(words[1:], {}, flags)
    if not packages:
        raise LineError("usage", "Which package? As in: python -m pip install esptool")
    names = frozenset(_package(word) for word in packages)
    spelled = [flag for flag in ("-U", "-q", "-v") if flags[flag] in options]
    return Command("pip-install", {"packages": names}, arguments=("install", *spelled, *packages))


def _package(word: str) -> str:
    try:
        wanted = Requirement(word)
    except InvalidRequirement:
        wanted = None
    if wanted is None or wanted.url or wanted.name.lower() not in PACKAGES:
        only = f"{word}: this shell installs {' and '.join(PACKAGES)}, by name. "
        raise LineError("not-here", f"{only}{did_you_mean(word, PACKAGES)}".rstrip())
    return wanted.name.lower()


def _esptool(words: list[str], system: System) -> Command:
    """options: esptool's own parameters by name, see `trainer.commands.esptool_line.EsptoolLine`."""
    line = esptool_line.read(words)
    options = dict(line.options)
    if options.get("port"):
        options["port"] = port_name(options["port"])
    paths = {text: path_name(text, system) for text in line.paths}
    for name in ("addr_filename", "encrypt_files"):
        if options.get(name):
            options[name] = tuple((address, paths[file]) for address, file in options[name])
    for name in ("filename", "output"):
        if isinstance(options.get(name), str):
            options[name] = paths.get(options[name], options[name])
    return Command("esptool", options, program="esptool", manner=line.manner, arguments=tuple(words),
                   paths=tuple(paths.values()))  # fmt: skip


def _mpremote(words: list[str], system: System) -> Command:
    """options: ``steps``, ``port``; manner: ``fetched``, the names of files that are put into a folder here. A line
    that ends at the board's prompt is a terminal instead."""
    line = mpremote_line.read(words)
    port = port_name(line.port) if line.port else None
    paths = tuple(path_name(path, system) for path in line.paths)
    fetched = {path_name(path, system): names for path, names in mpremote_line.fetched(line.steps).items()}
    if line.repl:
        if mixed := [step[0] for step in line.steps if step[0] not in mpremote_line.ONLY_CONNECTS]:
            raise LineError("not-here", f"Here mpremote does {mixed[0]} or opens the board's prompt, one at a time.")
        return Command("terminal", {"port": port, "baud": 115200}, paths=paths)
    return Command("mpremote", {"steps": line.steps, "port": port}, manner={"fetched": fetched},
                   arguments=tuple(words), paths=paths)  # fmt: skip


@dataclass(frozen=True)
class TerminalProgram:
    """How a serial terminal is called: option spellings, and the baud rate it uses when none is given."""

    baud: int
    port_options: tuple[str, ...] = ()
    baud_options: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    needs_port: bool = True
    has_window: bool = False
    """Does it open a window for its settings when it is told nothing?"""
    speeds: frozenset[int] = frozenset()
    """The only speeds that it knows, if it does not know all: for another it takes `baud`, without a word."""

    def __call__(self, words: list[str], system: System) -> Command:
        """options: ``port`` (None: the program finds it) and ``baud``; or ``said``, to a window for settings."""
        if self.has_window and not words:
            return Command("settings", {"said": ""})
        valued = dict.fromkeys(self.port_options, "port") | dict.fromkeys(self.baud_options, "baud")
        options, rest = take_options(words, valued, dict.fromkeys(self.flags, "flag"))
        if "port" not in options and rest:
            options["port"] = rest.pop(0)
        if "baud" not in options and rest:
            options["baud"] = rest.pop(0)
        if rest:
            raise LineError("usage", f"{rest[0]!r} is one word too many: a port and a baud rate are enough.")
        port, baud = options.get("port"), str(options.get("baud", self.baud)).partition(",")[0]
        if not port and self.needs_port:
            raise LineError(
                "incomplete",
                "A serial terminal has to know the port (in PuTTY: connection type Serial, serial line) and "
                "the speed. Type both after the program's name.",
            )
        if not re.fullmatch(r"[1-9][0-9]{0,6}", baud):
            raise LineError("usage", f"{baud!r} is no baud rate. MicroPython speaks at 115200.")
        speed = int(baud) if not self.speeds or int(baud) in self.speeds else self.baud
        return Command("terminal", {"port": port_name(str(port)) if port else None, "baud": speed})


MINITERM: Final = TerminalProgram(9600)
"""pyserial's miniterm: port and baud rate are plain words, 9600 unless told otherwise."""

PLINK: Final = TerminalProgram(9600, ("-serial",), ("-sercfg",))
PUTTY: Final = dataclasses.replace(PLINK, has_window=True)

SCREEN: Final = TerminalProgram(9600, speeds=frozenset({
    300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 500000, 576000, 921600,
    1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
}))  # fmt: skip
"""GNU screen takes the speeds that termios has a constant for. Measured with screen 4.9.0: told 74880, it opens the
port at 9600 and says nothing."""

MONITOR: Final = TerminalProgram(115200, (), ("--baud", "-b"), needs_port=False)


def _espdojo(words: list[str], system: System) -> Command:
    match words:
        case ["monitor", "--settings"]:
            return Command("settings", {"said": ""})
        case ["monitor", *rest]:
            return MONITOR(rest, system)
        case ["ports", *_]:
            return Command("ports", {}, manner={"pattern": None})
        case ["firmware", "info", *rest]:
            path = path_name(_one_word(rest, "file"), system) if rest else ""
            if not path:
                raise LineError("usage", "Which file? As in: espdojo firmware info FILE")
            return Command("firmware-info", {"path": path}, paths=(path,))
        case _:
            raise LineError(
                "not-here",
                "You are in espdojo already. Only `espdojo monitor`, `espdojo ports` and `espdojo firmware info` work "
                "in here.",
            )


def _ports(words: list[str], system: System) -> Command:
    return Command("ports", {}, manner={"pattern": None})


MODULES: Final[dict[str, Reader]] = {
    "esptool": _esptool,
    "mpremote": _mpremote,
    "pip": _pip,
    "venv": _venv,
    "serial.tools.miniterm": MINITERM,
    "serial.tools.list_ports": _ports,
}

PROGRAMS: Final[dict[str, Reader]] = {
    **dict.fromkeys(("cd", "chdir", "set-location", "sl"), _cd),
    **dict.fromkeys(("pwd", "get-location", "gl"), _pwd),
    **dict.fromkeys(LISTING, _ls),
    **dict.fromkeys(("cat", "more", "less", "gc", "get-content"), _cat),
    "type": _type,
    **dict.fromkeys(("python", "py"), _python),
    "pip": _pip,
    **dict.fromkeys(("conda", "mamba", "micromamba"), _conda),
    **dict.fromkeys(("source", "."), _source),
    "activate": _activate_by_name,
    "deactivate": _deactivate,
    "esptool": _esptool,
    "mpremote": _mpremote,
    "putty": PUTTY,
    "plink": PLINK,
    "screen": SCREEN,
    "picocom": TerminalProgram(9600, (), ("-b", "--baud")),
    "minicom": TerminalProgram(115200, ("-D", "--device"), ("-b", "--baudrate"), ("-o", "--noinit")),
    "cu": TerminalProgram(9600, ("-l", "--line"), ("-s", "--speed")),
    "tio": TerminalProgram(115200, (), ("-b", "--baudrate")),
    **dict.fromkeys(("miniterm", "pyserial-miniterm"), MINITERM),
    "espdojo": _espdojo,
    **dict.fromkeys(
        ("mode", "devmgmt.msc", "devmgmt", "lsusb", "dmesg", "get-pnpdevice", "chgport", "ioreg",
         "system_profiler", "get-ciminstance", "get-wmiobject", "pyserial-ports", "list-ports"), _ports),
}  # fmt: skip
"""Program names, lower case and without suffix, and what reads the words after them."""
