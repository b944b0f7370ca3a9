"""A line typed at a shell prompt, split into words: as bash and zsh split it, or as cmd and PowerShell do.

Nothing is expanded and nothing is run. What a real shell would act on (pipes, variables, wildcards ...) is
refused with a reason, and so is what beginners paste along with a command: the prompt, long dashes, curly
quotes.

POSIX quoting follows POSIX.1-2017 "Shell Command Language" 2.2. On Windows a backslash is an ordinary
character, so that ``Downloads\\firmware.bin`` stays whole; single quotes count, because PowerShell's do.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from trainer.system import System

LONGEST_LINE: Final = 2000
"""Characters; a longer line is a paste that went wrong."""


class LineError(Exception):
    """The line is not run. `kind` is a short fixed name for checks; the message is for the learner."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


NEARLY: Final = 0.75
"""How alike two words are of which one is a typo of the other, from 0 to 1 (difflib's ratio)."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The question, in a sentence, where `word` is nearly one of the words that are known; else ""."""
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=NEARLY)
    return f"Did you mean `{close[0]}`?" if close else ""


PYTHON_PROMPT = re.compile(r"^(>>>|\.\.\.)(\s|$)")

SHELL_PROMPTS = (
    re.compile(r"^(\([^()\s]+\)\s*)?PS\s[^>]*>"),
    re.compile(r"^(\([^()\s]+\)\s*)?[A-Za-z]:[\\/][^>]*>"),
    re.compile(r"^(\([^()\s]+\)\s*)?[\w.-]+@[\w.-]+[\s:][^$%#]*[$%#](\s|$)"),
    re.compile(r"^(\([^()\s]+\)\s*)?[>$%#❯](?!\()(\s|(?=\w)|$)"),
    re.compile(r"^\([^()\s]+\)\s"),
)

PYTHON_LINE = re.compile(
    r"""
    ^(import\s+\w|from\s+\w+\s+import\b|(sys|machine)\.\w
    |(print|help)\s*\(|[A-Za-z_][\w.]*\(  # a call
    |[A-Za-z_][\w.]*\s+=\s           # an assignment
    |(if|elif|else|for|while|def|class|try|except|finally|with)\b.*:\s*$
    )""",
    re.VERBOSE,
)
"""What is Python, and nothing that a shell would run."""

ENGLISH_DASHES = "‐‑‒–—―−"
CURLY_QUOTES = "‘’‚‛“”„«»"

META: Final[dict[str, str]] = {
    ";": "';' puts two commands on one line. Type them one after the other",
    "|": "'|' sends one program's output into another. Here each command stands alone",
    "&": "'&' joins commands or puts them into the background. Type one command at a time",
    ">": "'>' writes a program's output into a file. Nothing in this lesson needs that",
    "<": "'<' reads a program's input from a file. Nothing in this lesson needs that",
    "`": "a backtick has a meaning of its own. Leave it out",
    "$": "'$' asks for a variable. Type the value itself",
    "(": "brackets have a meaning of their own. Leave them out",
    ")": "brackets have a meaning of their own. Leave them out",
    "*": "'*' asks for matching files. Type the file's whole name; `ls` or `dir` shows it",
    "?": "'?' asks for matching files. Type the file's whole name; `ls` or `dir` shows it",
}
"""What a shell acts on outside quotes, and what to say. PowerShell and POSIX act on $ and ` inside double
quotes too."""

ACTIVE_IN_DOUBLE_QUOTES = "$`"

HOME = re.compile(r"^(~|\$HOME|\$\{HOME\}|\$env:USERPROFILE|\$env:HOME|%USERPROFILE%|%HOMEPATH%)(?=$|[/\\\s])", re.I)

WILDCARDS = "*?"


def split(line: str, system: System, wildcards: bool = False) -> list[str]:
    """The words of `line` in the shell language of `system`; `wildcards` lets ``*`` and ``?`` stand.

    A word that starts with a spelling of the home folder (``~``, ``$HOME``, ``%USERPROFILE%`` ...) starts
    with ``~`` in the result. Raises `LineError`.
    """
    line = line.strip()
    _check_characters(line)
    _check_prompt(line)
    if system != "windows" and re.search(r"\w\\\w", line) and not re.search(r"['\"]", line):
        raise LineError(
            "backslash",
            "On macOS and Linux folders are separated by '/', not by a backslash, as in Downloads/file.bin.",
        )
    words: list[str] = []
    rest = line
    while rest:
        word, rest = _word(rest, system, wildcards)
        words.append(word)
        rest = rest.lstrip()
    return words


def _word(text: str, system: System, wildcards: bool) -> tuple[str, str]:
    """The first word of `text`, which does not begin with a blank, and what follows it."""
    word: list[str] = []
    at = 0
    if home := HOME.match(text):
        word.append("~")
        at = home.end()
    elif text.startswith("#") and system != "windows":
        raise LineError("shell-syntax", "'#' begins a comment in a shell. Leave it and what follows out.")
    while at < len(text) and not text[at].isspace():
        character = text[at]
        if character in "'\"":
            inside, at = _quoted(text, at, system)
            word.append(inside)
        elif character == "\\" and system != "windows":
            if at + 1 == len(text):
                raise LineError("shell-syntax", "A backslash at the end waits for more. Type the command on one line.")
            word.append(text[at + 1])
            at += 2
        elif character in META and not (wildcards and character in WILDCARDS):
            raise LineError("shell-syntax", f"In a shell {META[character]}.")
        elif system == "windows" and re.match(r"%\w+%", text[at:]):
            raise LineError("shell-syntax", "%NAME% asks the shell for a variable. Type the value itself.")
        else:
            word.append(character)
            at += 1
    return "".join(word), text[at:]


def _quoted(text: str, at: int, system: System) -> tuple[str, int]:
    """What stands between the quote at `at` and its partner, and the position after that."""
    quote = text[at]
    inside: list[str] = []
    at += 1
    while at < len(text) and text[at] != quote:
        character = text[at]
        if quote == '"' and character in ACTIVE_IN_DOUBLE_QUOTES:
            raise LineError("shell-syntax", f"In a shell {META[character]}.")
        if quote == '"' and system != "windows" and text[at : at + 2] in ('\\"', "\\\\"):
            at += 1
            character = text[at]
        inside.append(character)
        at += 1
    if at == len(text):
        raise LineError("quoting", f"A quote ({quote}) is opened and never closed. Add the one that is missing.")
    return "".join(inside), at + 1


def _check_characters(line: str) -> None:
    if not line:
        raise LineError("empty", "Type a command, then press Enter.")
    if len(line) > LONGEST_LINE:
        raise LineError("too-long", "That is far longer than any command here. Something else was pasted by mistake.")
    for character in line:
        if character in ENGLISH_DASHES:
            raise LineError(
                "typography",
                f"There is a long dash ({character}) where the command needs plain hyphens: -- is the minus "
                "key, twice. Web pages and word processors replace them.",
            )
        if character in CURLY_QUOTES:
            raise LineError("typography", f"{character} is a printer's quotation mark. Use the plain one, ' or \".")
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character != "\t":
            raise LineError(
                "control-character",
                f"The line holds a character (U+{ord(character):04X}) that no command has.",
            )
        if character not in " \t" and character.isspace():
            raise LineError(
                "typography", "The line holds an unusual kind of space. Type the blanks with the space bar."
            )


def _check_prompt(line: str) -> None:
    if PYTHON_PROMPT.match(line):
        raise LineError(
            "prompt-character",
            "The >>> is Python's prompt, not part of what you type. And this is your computer's own prompt: "
            "Python on the board is reached through the serial terminal.",
        )
    for prompt in SHELL_PROMPTS:
        if found := prompt.match(line):
            raise LineError(
                "prompt-character",
                f"The {found.group().strip()} at the start is the prompt: the computer writes it to show that "
                "it is ready. Type only what comes after.",
            )
    if PYTHON_LINE.match(line):
        raise LineError(
            "python-line",
            "That is Python. It belongs at the board's >>> prompt; open the serial terminal first. "
            "This is your computer's own prompt.",
        )


def take_options(
    words: list[str], valued: dict[str, str], flags: dict[str, str]
) -> tuple[dict[str, str | bool], list[str]]:
    """Sort `words` into options and the rest.

    `valued` maps each spelling of an option that takes a value (``"-b"``, ``"--baud"``) to its name, `flags`
    likewise for those that take none. Values may be glued on: ``--baud=9600``, ``-b9600``. Raises `LineError`
    for an option that is in neither.
    """
    options: dict[str, str | bool] = {}
    rest: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        name, equals, value = word.partition("=")
        if word in flags:
            options[flags[word]] = True
        elif word in valued:
            if not queue:
                raise LineError("usage", f"{word} needs a value after it.")
            options[valued[word]] = queue.pop(0)
        elif equals and name in valued:
            options[valued[name]] = value
        elif len(word) > 2 and word[:2] in valued and word[0] == "-" and word[1] != "-":
            options[valued[word[:2]]] = word[2:]
        elif word.startswith("-") and len(word) > 1:
            raise LineError("usage", f"The option {word} is not one that this lesson's shell knows. Try without it.")
        else:
            rest.append(word)
    return options, rest
