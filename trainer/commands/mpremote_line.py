"""What an mpremote command line means: the chain of steps it would take, and the files on this computer it
would touch.

mpremote's definitions are private to it and change between releases, so the little that matters here is a
table. From mpremote's main.py and commands.py (1.22 to 1.29), and
https://docs.micropython.org/en/latest/reference/mpremote.html.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from trainer.commands.words import LineError, did_you_mean

Step = tuple[str, ...]
"""A command and its words: ``("connect", "COM4")``, ``("fs", "cp", "main.py", ":")``."""


@dataclass(frozen=True)
class MpremoteLine:
    """`steps` in order, shortcuts written out; `port` or None for mpremote's own choice; `paths` on this
    computer; `repl` when the chain ends at the board's prompt."""

    steps: tuple[Step, ...]
    port: str | None
    paths: tuple[str, ...]
    repl: bool


def _none(words: list[str]) -> list[str]:
    return []


def _all(words: list[str]) -> list[str]:
    return words


def _copied(words: list[str]) -> list[str]:
    """What `fs` reads or writes here: `cp`'s names without a colon. Everything else is on the board."""
    return [word for word in words[1:] if not word.startswith(":")] if words[:1] == ["cp"] else []


def _packages(words: list[str]) -> list[str]:
    """A package is a name or ``github:...``; with a dot, slash or backslash in front it is a file here."""
    return [word for word in words[1:] if word.startswith((".", "/", "~", "\\")) or word[1:2] == ":"]


@dataclass(frozen=True)
class Shape:
    """How many words a command takes (None: all up to ``+``), which of its options take a value, which of
    those name a file here, and which of its words do."""

    words: int | None
    valued: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    paths: Callable[[list[str]], list[str]] = _none
    acts: bool = True


SHAPES: Final[dict[str, Shape]] = {
    "connect": Shape(1, acts=False),
    "disconnect": Shape(0, acts=False),
    "resume": Shape(0, acts=False),
    "sleep": Shape(1, acts=False),
    "soft-reset": Shape(0),
    "mount": Shape(1, paths=_all, acts=False),
    "umount": Shape(0, acts=False),
    "repl": Shape(
        0,
        frozenset({"--capture", "--inject-code", "--inject-file"}),
        frozenset({"--capture", "--inject-file"}),
    ),
    "eval": Shape(1),
    "exec": Shape(1),
    "run": Shape(1, paths=_all),
    "fs": Shape(None, paths=_copied),
    "rtc": Shape(0),
    "mip": Shape(None, frozenset({"--target", "--index"}), paths=_packages),
    "romfs": Shape(
        None,
        frozenset({"--partition", "-p", "--output", "-o"}),
        frozenset({"--output", "-o"}),
        lambda words: words[1:],
    ),
    "help": Shape(0),
    "version": Shape(0),
}

SUBCOMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "fs": ("cat", "cp", "ls", "mkdir", "rm", "rmdir", "sha256sum", "touch", "tree"),
    "mip": ("install",),
    "romfs": ("query", "build", "deploy"),
}
"""What a command takes as its first word."""

SHORTCUTS: Final[dict[str, tuple[str, ...]]] = {
    "devs": ("connect", "list"),
    **{name: ("fs", name) for name in SUBCOMMANDS["fs"]},
    **{f"{letter}{n}": ("connect", f"{port}{n}") for letter, port in
       (("a", "/dev/ttyACM"), ("u", "/dev/ttyUSB"), ("c", "COM")) for n in range(4)},
    "--help": ("help",),
    "--version": ("version",),
}  # fmt: skip

FINDS: Final = ("list", "auto")
"""What `connect` takes instead of a port."""

ONLY_CONNECTS: Final = frozenset({"connect", "disconnect", "resume", "sleep", "soft-reset", "repl"})
"""Commands that leave nothing behind but an open prompt."""

ON_THE_BOARD: Final = frozenset({"df", "reset", "bootloader"})
"""Shortcuts that run a little program on the board; kept as they are."""


REPLACES: Final = frozenset({("fs", "rm"), ("fs", "rmdir"), ("mip", "install"), ("romfs", "deploy")})
"""Beginnings of steps that remove or overwrite files on the board; `fs cp` does when its last word is one there."""


def changing(steps: Iterable[Step]) -> str:
    """The first of `steps` that removes or overwrites files on the board, in two words; "" where none does.

    What a program does that `run`, `exec` and `eval` start is the program's own affair.
    """
    for step in steps:
        names = [word for word in step[2:] if not word.startswith("-")]
        if step[:2] in REPLACES or (step[:2] == ("fs", "cp") and names and names[-1].startswith(":")):
            return " ".join(step[:2])
    return ""


def read(words: list[str]) -> MpremoteLine:
    """The meaning of mpremote's arguments `words`. Raises `LineError`."""
    steps: list[Step] = []
    paths: list[str] = []
    queue = list(words)
    while queue:
        name = queue.pop(0)
        if name == "+":
            continue
        if name in ON_THE_BOARD:
            steps.append((name,))
            continue
        if name in SHORTCUTS:
            name, *more = SHORTCUTS[name]
            queue[:0] = more
        if name == "edit":
            raise LineError("not-here", "mpremote edit opens an editor of your system; this shell has none.")
        if name not in SHAPES:
            answer = f"mpremote would answer: '{name}' is not a command. "
            raise LineError("usage", f"{answer}{did_you_mean(name, (*SHAPES, *SHORTCUTS))}".rstrip())
        steps.append((name, *_take(name, SHAPES[name], queue, paths)))
    devices = [step[1] for step in steps if step[0] == "connect"]
    named = [name for name in devices if name not in FINDS and not name.startswith("id:")]
    acted = any(step[0] in ON_THE_BOARD or SHAPES[step[0]].acts for step in steps)
    repl = any(step[0] == "repl" for step in steps) or not (acted or "list" in devices)
    return MpremoteLine(tuple(steps), named[-1].removeprefix("port:") if named else None, tuple(paths), repl)


def _take(name: str, shape: Shape, queue: list[str], paths: list[str]) -> list[str]:
    """Take the words of command `name` off the front of `queue`: its options, sorted, after its other
    words."""
    options: list[str] = []
    rest: list[str] = []
    while queue and queue[0] != "+" and (shape.words is None or len(rest) < shape.words or queue[0].startswith("-")):
        word = queue.pop(0)
        option, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            rest.append(word)
        elif option in shape.valued:
            if not equals and not queue:
                raise LineError("usage", f"mpremote would answer: argument {option}: expected one argument")
            value = value if equals else queue.pop(0)
            options.append(f"{option}={value}")
            if option in shape.files:
                paths.append(value)
        elif word in ("-l", "--unsafe-links"):
            raise LineError("outside", f"{word} would let the board see files outside the practice folder.")
        elif shape.valued and any(word.startswith(short) for short in shape.valued if len(short) == 2):
            raise LineError("usage", f"Leave a blank after {word[:2]}.")
        elif shape.valued and any(long.startswith(option) for long in shape.valued if len(option) > 2):
            raise LineError("usage", f"Write the option {option} out in full.")
        else:
            options.append(word)
    if shape.words is not None and len(rest) < shape.words:
        raise LineError("usage", f"mpremote would answer: {name} needs a word after it")
    choices = SUBCOMMANDS.get(name)
    if choices and (not rest or rest[0] not in choices):
        raise LineError("usage", f"mpremote would answer: {name} needs a command after it: {', '.join(choices)}")
    paths.extend(shape.paths(rest))
    return [*rest, *sorted(options)]


def fetched(steps: tuple[Step, ...]) -> dict[str, tuple[str, ...]]:
    """Where plain copies from the board go, as typed: {folder or file here: names that would appear in that folder}."""
    found: dict[str, tuple[str, ...]] = {}
    for step in steps:
        *words, last = [word for word in step if not word.startswith("-")]
        if words[:2] == ["fs", "cp"] and len(words) == len(step) - 1 and not last.startswith(":"):
            sources = words[2:]
            if sources and all(source.startswith(":") for source in sources):
                found[last] = tuple(source[1:].rpartition("/")[2] for source in sources)
    return found


def comparable(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """`steps` with file names that mean the same made equal: a colon counts for ``cp`` only, because all other commands
    are about the board's files; and a copy may name its folder or its file."""
    return tuple(_comparable(step) if step[:1] == ("fs",) else step for step in steps)


def _comparable(step: Step) -> Step:
    command, *words = step[1:]
    if command != "cp":
        names = (word.removeprefix(":").removeprefix("/") for word in words)
        return ("fs", command, *filter(None, names))
    words = [f":{word[1:].removeprefix('/')}" if word.startswith(":") else word for word in words]
    if len(words) == 2 and words[1] in (":", "."):
        words[1] = words[1].removesuffix(".") + words[0].removeprefix(":").rpartition("/")[2]
    return ("fs", "cp", *words)
