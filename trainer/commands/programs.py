"""The programs that a learner may call: a row for each name, with what reads the words after it.

A reader's docstring tells what stands in the `options` of the commands that it makes.
"""

import posixpath
import re
from collections.abc import Callable
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement

from trainer.commands import esptool_line, mpremote_line
from trainer.commands.command import Command, path_name, port_name
from trainer.commands.terminal_programs import MINITERM, MONITOR, TERMINALS
from trainer.commands.words import LineError, did_you_mean, take_options
from trainer.system import System

__all__ = ["LISTING", "MODULES", "PACKAGES", "PROGRAMS", "VENV_SCRIPT", "activate_by_path"]

PACKAGES: Final = ("esptool", "mpremote")
"""What the learner's shell installs; a course cannot widen it."""

LISTING: Final = ("ls", "dir", "gci", "get-childitem")
"""Names of the program that lists files, after which wildcards may stand."""

VENV_SCRIPT = re.compile(r"^(?P<name>.+?)[\\/](?P<folder>bin|Scripts)[\\/]activate(?P<suffix>\.\w+)?$", re.IGNORECASE)
"""A virtual environment's own script, which is called by its path."""

Reader = Callable[[list[str], System], Command]


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


def activate_by_path(program: str, words: list[str], system: System) -> Command:
    """What a `VENV_SCRIPT` that is called as a program does; options as those of ``source``."""
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
    **TERMINALS,
    "espdojo": _espdojo,
    **dict.fromkeys(
        ("mode", "devmgmt.msc", "devmgmt", "lsusb", "dmesg", "get-pnpdevice", "chgport", "ioreg",
         "system_profiler", "get-ciminstance", "get-wmiobject", "pyserial-ports", "list-ports"), _ports),
}  # fmt: skip
"""Program names, lower case and without suffix, and what reads the words after them."""
