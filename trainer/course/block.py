"""The TOML blocks of a lesson: typed access to their values for one system, and the line of every mistake in them."""

import re
import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from trainer.checks import CHECKERS
from trainer.errors import EspdojoError
from trainer.system import SYSTEMS, System

__all__ = [
    "CONTROL",
    "FORMAT_VERSION",
    "LONGEST_TEXT",
    "MOST_ANSWERS",
    "SLUG",
    "SLUG_CURE",
    "Block",
    "LessonError",
    "Mistake",
]

FORMAT_VERSION = 1

LONGEST_TEXT = 2000
"""Characters of one text in a step block."""
MOST_ANSWERS = 20
"""Of solutions, of options to choose from, of tries of one mistake, and of checks."""
MOST_MISTAKES = 40
MISTAKE_KEYS = frozenset({"try", "answer", "sees"})

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
SLUG_CURE = "Use small letters, digits and hyphens, such as `find-the-port`."
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that reorder what is shown."""


class LessonError(EspdojoError):
    """Something is wrong with a course or lesson file.

    `line` counts from 1; 0 is the whole file. `cure` says what to write instead.
    """

    def __init__(self, file: Path, line: int, problem: str, cure: str) -> None:
        place = f"{file}:{line}" if line else str(file)
        super().__init__(f"{place}: {problem}", next_step=cure)
        self.file = file
        self.line = line
        self.problem = problem
        self.cure = cure


@dataclass(frozen=True)
class Mistake:
    """Something learners get wrong, and the answer it must get.

    It is recognised when a line means the same as one of `tries`, or when the transcript contains `sees`.
    """

    tries: tuple[str, ...]
    answer: str
    sees: str = ""
    line: int = field(default=0, compare=False)
    """Where its `try` stands in lesson.md."""


@dataclass
class Block:
    """A TOML block of a lesson, with typed access to its values for one system, and the line of each key.

    Wherever a text may stand, a table of systems may stand instead: `{ windows = "dir", other = "ls" }`.
    """

    file: Path
    line: int
    """Of the block's first line."""
    source: str
    values: dict[str, Any]
    system: System = "linux"

    @classmethod
    def parse(cls, file: Path, line: int, source: str) -> Self:
        try:
            return cls(file, line, source, tomllib.loads(source))
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"\(at line (\d+), column \d+\)", str(error))
            at = line + int(found[1]) - 1 if found else line + source.count("\n")
            problem = re.sub(r" \(at [^)]*\)$", "", str(error))
            raise LessonError(file, at, f"this is not TOML: {problem}", "See https://toml.io for its rules.") from None
        except (ValueError, RecursionError) as error:
            problem = f"this TOML cannot be read ({type(error).__name__})"
            raise LessonError(file, line, problem, "Use plain texts, numbers and short lists.") from None

    def error(self, key: str, problem: str, cure: str) -> LessonError:
        return LessonError(self.file, self._line_of(key), problem, cure)

    def line_of(self, key: str, text: str = "") -> int:
        """Where `key` stands in the file, or `text`, if that stands further down among its values."""
        first = self._line_of(key)
        lines = self.source.split("\n")[first - self.line :] if text else ()
        return next((number for number, line in enumerate(lines, first) if text in line), first)

    def _line_of(self, key: str) -> int:
        """Where `key` stands; `mistakes[2].answer` is the key `answer` of the third [[mistakes]]."""
        table, _, rest = key.partition("].")
        name, _, number = table.partition("[")
        if number and not rest:
            return self._line_of(name)
        within = 0
        for index, text in enumerate(self.source.split("\n")):
            if rest and re.match(rf"\s*\[\[\s*{re.escape(name)}\s*\]\]", text):
                within += 1
            wanted = rest or name
            inside = not rest or within == int(number) + 1
            if inside and re.match(rf"\s*(\[\[?\s*)?[\"']?{re.escape(wanted)}[\"']?\s*[\].=]", text):
                return self.line + index
        return self._line_of(name) if rest else self.line

    def only(self, known: Set[str], values: Mapping[str, Any] | None = None, prefix: str = "") -> None:
        """Refuse a key that is not in `known`."""
        for key in self.values if values is None else values:
            if key not in known:
                raise self.error(prefix + key, f"“{key}” is not known here", f"Known are {', '.join(sorted(known))}.")

    def format_version(self) -> None:
        version = self.values.get("format_version")
        if version != FORMAT_VERSION or isinstance(version, bool):
            cure = f"Write format_version = {FORMAT_VERSION}. A larger number needs a newer espdojo."
            raise self.error("format_version", "the format version is missing or unknown", cure)

    def number(self, key: str, least: int, most: int) -> int:
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.error(key, f"{key} is no number from {least} to {most}", f"Write, for example, {key} = 10.")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"{key} is neither true nor false", f"Write {key} = {str(not default).lower()}.")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        if key not in self.values and default is not None:
            return default
        text = self._for_system(key, self.values.get(key))
        if text is None:
            cure = f'Write {key} = "..."; with a table, give every system a text.'
            raise self.error(key, f"{key} is missing", cure)
        return text

    def texts(self, key: str, *, most: int, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts; an item that is a table without this system is left out."""
        if key not in self.values and default is not None:
            return default
        value = self.values.get(key)
        texts = self._list(key, [value] if isinstance(value, str) else value)
        if not texts:
            raise self.error(key, f"{key} is missing or empty", f'Write {key} = ["..."], with at least one text.')
        if len(texts) > most:
            raise self.error(key, f"{key} has {len(texts)} texts", f"Keep it to {most}.")
        return texts

    def mistakes(self) -> tuple[Mistake, ...]:
        tables = self.values.get("mistakes", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self.error("mistakes", "mistakes are not tables", "Begin each with a line [[mistakes]].")
        if len(tables) > MOST_MISTAKES:
            raise self.error("mistakes", f"there are {len(tables)} mistakes", f"Keep it to {MOST_MISTAKES}.")
        found = [self._mistake(f"mistakes[{index}].", table) for index, table in enumerate(tables)]
        return tuple(mistake for mistake in found if mistake.tries)

    def _mistake(self, prefix: str, table: Mapping[str, Any]) -> Mistake:
        self.only(MISTAKE_KEYS, table, prefix)
        tries = table.get("try")
        texts = self._list(prefix + "try", [tries] if isinstance(tries, str | dict) else tries)
        if len(texts) > MOST_ANSWERS or tries in (None, "", [], {}):
            raise self.error(prefix + "try", "the mistake's try is missing", 'Write try = "what a learner types".')
        answer = self._for_system(prefix + "answer", table.get("answer"))
        if answer is None:
            raise self.error(prefix + "answer", "the mistake has no answer", 'Write answer = "what it means ...".')
        sees = self._for_system(prefix + "sees", table.get("sees", "")) or ""
        return Mistake(texts, answer, sees, self._line_of(prefix + "try"))

    def checks(self, default: tuple[str, ...]) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        values = self.values.get("checks", list(default))
        if not isinstance(values, list) or len(values) > MOST_ANSWERS:
            raise self.error("checks", "checks is no list", 'Write checks = ["command", "exit-status"].')
        return tuple(self._check(value) for value in values)

    def _check(self, value: Any) -> tuple[str, Mapping[str, Any]]:
        """`"exit-status"` or `{ check = "output", contains = "..." }`."""
        parameters = dict(value) if isinstance(value, dict) else {"check": value}
        name = parameters.pop("check", None)
        checker = CHECKERS.get(name) if isinstance(name, str) else None
        if checker is None:
            cure = f"Use one of {', '.join(sorted(CHECKERS))}."
            raise self.error("checks", f"there is no checker “{name}”", cure)
        for key in checker.parameters.keys() - checker.optional - parameters.keys():
            cure = f'Write {{ check = "{name}", {key} = ... }}.'
            raise self.error("checks", f"the checker “{name}” needs “{key}”", cure)
        for key, given in parameters.items():
            wanted = checker.parameters.get(key)
            if wanted is None:
                cure = f"It knows {', '.join(checker.parameters) or 'none'}."
                raise self.error("checks", f"the checker “{name}” knows no “{key}”", cure)
            if wanted is str:
                parameters[key] = self._for_system("checks", given) or ""
            elif type(given) is not wanted:
                raise self.error("checks", f"“{key}” of “{name}” is no {wanted.__name__}", "Write a plain number.")
        return name, parameters

    def _list(self, key: str, value: Any) -> tuple[str, ...]:
        if isinstance(value, dict):
            value = value.get(self.system, value.get("other", []))
        if not isinstance(value, list):
            raise self.error(key, f"{key} is no list of texts", f'Write {key} = ["..."].')
        texts = (self._for_system(key, item) for item in value)
        return tuple(text for text in texts if text is not None)

    def _for_system(self, key: str, value: Any) -> str | None:
        """The text for this system; None when it is missing."""
        if isinstance(value, dict):
            self.only({*SYSTEMS, "other"}, value, f"{key}.")
            value = value.get(self.system, value.get("other"))
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.error(key, f"{key} is no text", f'Write {key} = "...".')
        if len(value) > LONGEST_TEXT:
            raise self.error(key, f"a text of {key} has {len(value)} characters", f"Keep it below {LONGEST_TEXT}.")
        if CONTROL.search(value):
            raise self.error(key, f"a text of {key} has a control character in it", "Take it out.")
        if not value.strip():
            return None if key.endswith("sees") else self._empty(key)
        return value.strip("\n").rstrip()  # a line of Python may begin with spaces

    def _empty(self, key: str) -> str:
        raise self.error(key, f"a text of {key} is empty", "Write it, or take it out.")
