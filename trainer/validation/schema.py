"""JSON Schemas of what lessons and courses hold, for editors that complete and underline: docs/schema.

They are made of the tables that the loader reads by. `python -m trainer.validation.schema FOLDER` writes them anew.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from emulator import profiles
from trainer.checks import CHECKERS, Checker
from trainer.course.block import LONGEST_TEXT, MOST_ANSWERS, MOST_MISTAKES, SLUG
from trainer.course.contents import MOST_LESSONS
from trainer.course.origins import LARGEST_CONTENT, ORIGINS
from trainer.course.start import MOST_FILES, READY
from trainer.lesson import FORMAT_VERSION, MOST_MINUTES, TASK_KINDS
from trainer.system import SYSTEMS

__all__ = ["SCHEMAS", "write"]

Schema = Mapping[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

TASKS: Final[Mapping[str, str]] = {
    "run": "What to do: the learner runs a command.",
    "type": "What to do: the learner types a line at the board's prompt.",
    "find": "What to do: the learner names the board's port.",
    "choose": "What to do: the learner chooses one of the options.",
    "do": "What to do: the learner does something with hands.",
    "read": "What to do: the learner reads, and presses Enter.",
}

NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "run": ("solutions", "hints"),
    "type": ("solutions", "hints"),
    "find": ("hints",),
    "choose": ("options", "solutions", "hints"),
    "do": ("solutions", "hints"),
    "read": (),
}
"""What a step with that task has to have besides."""


def _by_system(inner: Schema) -> Schema:
    """A table with a value for each system."""
    return {
        "type": "object",
        "properties": dict.fromkeys((*SYSTEMS, "other"), inner),
        "additionalProperties": False,
        "minProperties": 1,
    }


def _with(description: str, schema: Schema) -> Schema:
    return {"description": description, **schema}


PLAIN: Final[Schema] = {"$ref": "#/$defs/plain"}
TEXT: Final[Schema] = {"$ref": "#/$defs/text"}
TEXTS: Final[Schema] = {"$ref": "#/$defs/texts"}
DEFINITIONS: Final[Mapping[str, Schema]] = {
    "plain": {"type": "string", "pattern": r"\S", "maxLength": LONGEST_TEXT},
    "text": _with("A text, or a table with one for each system.", {"anyOf": [PLAIN, _by_system(PLAIN)]}),
    "texts": _with(
        "A text, a list of texts, or a table with a list for each system.",
        {
            "anyOf": [
                PLAIN,
                {"type": "array", "items": TEXT, "minItems": 1},
                _by_system({"type": "array", "items": TEXT}),
            ]
        },
    ),
}
NAME: Final[Schema] = {"type": "string", "pattern": f"^{SLUG.pattern}$"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": LARGEST_CONTENT}


def _some_of(names: Mapping[str, Any] | tuple[str, ...]) -> Schema:
    """One of the names, or a list of them."""
    one = {"enum": list(names)}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _object(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _table(properties: Mapping[str, Schema], required: str) -> Schema:
    """A table whose contents come from one origin."""
    origin = {
        "source": _with("A file of the lesson's own folder.", PLAIN),
        "from": _with("Where the bytes come from instead.", {"enum": list(ORIGINS)}),
        "bytes": _with("Only so many bytes; more are filled up with 0xFF.", COUNT),
    }
    one = {"oneOf": [{"required": ["source"]}, {"required": ["from"]}]}
    return {"type": "array", "maxItems": MOST_FILES, "items": {**_object({**properties, **origin}, (required,)), **one}}


def _check(checker: Checker) -> Schema:
    """A checker with parameters, as a table."""
    kinds: Mapping[type, Schema] = {str: TEXT, int: {"type": "integer"}}
    properties = {name: kinds[kind] for name, kind in checker.parameters.items()}
    required = tuple(name for name in properties if name not in checker.optional)
    return _with(checker.summary, _object({"check": {"const": checker.name}, **properties}, ("check", *required)))


def _checks() -> Schema:
    alone = [name for name, checker in CHECKERS.items() if not checker.parameters.keys() - checker.optional]
    return {
        "type": "array",
        "maxItems": MOST_ANSWERS,
        "items": {"anyOf": [{"enum": alone}, *map(_check, CHECKERS.values())]},
    }


FAULTS: Final = _with("What is broken: NAME or NAME=VALUE; docs/faults.md lists them.", TEXTS)

MISTAKES: Final[Schema] = {
    "type": "array",
    "maxItems": MOST_MISTAKES,
    "items": _object(
        {
            "try": _with("A line that learners get wrong, or several.", {"anyOf": [TEXT, TEXTS]}),
            "answer": _with("What a teacher would say to it.", TEXT),
            "sees": _with(
                "It is also recognised by this text in what was printed.", {"anyOf": [{"type": "string"}, TEXT]}
            ),
        },
        ("try", "answer"),
    ),
}

COURSE: Final[Schema] = _object(
    {
        "format_version": {"const": FORMAT_VERSION},
        "title": _with("What the course is called.", TEXT),
        "lessons": _with(
            "The folders of its lessons, in order.",
            {
                "anyOf": [
                    NAME,
                    {"type": "array", "items": NAME, "minItems": 1, "maxItems": MOST_LESSONS, "uniqueItems": True},
                ]
            },
        ),
    },
    ("format_version", "title", "lessons"),
)

LESSON: Final[Schema] = _object(
    {
        "format_version": {"const": FORMAT_VERSION},
        "summary": _with("One line on what is learned.", TEXT),
        "minutes": _with("How long it takes.", {"type": "integer", "minimum": 1, "maximum": MOST_MINUTES}),
        "board": _with("The fake board that it is written for.", {"enum": list(profiles.names())}),
        "practice_image": _with(
            "Whether the practice image will do where there is no MicroPython.", {"type": "boolean"}
        ),
        "starts": _with("What lies ready when the lesson begins.", _some_of(READY)),
        "folder": _with("Where the learner's terminal stands, below the home folder.", {"type": "string"}),
        "faults": FAULTS,
        "files": _table({"name": _with("Where the file lies, below the home folder.", PLAIN)}, "name"),
        "flash": _table(
            {
                "offset": _with("Where in the flash the bytes begin.", COUNT),
                "flash_size": _with("What an image's header then says.", {"enum": ["", *profiles.FLASH_SIZES]}),
            },
            "offset",
        ),
    },
    ("format_version", "summary", "minutes"),
)

STEP: Final[Schema] = {
    **_object(
        {
            "id": _with("The step's name. Progress is kept under it, so do not change it later.", NAME),
            **{kind: _with(meaning, TEXT) for kind, meaning in TASKS.items()},
            "solutions": _with("Lines that pass; the first is taught.", TEXTS),
            "hints": _with("From a nudge to the whole answer.", TEXTS),
            "checks": _with("All of these must pass.", _checks()),
            "options": _with("The answers to choose from.", TEXTS),
            "systems": _with("For which systems the step is, if not for all.", _some_of(SYSTEMS)),
            "mistakes": _with("What learners get wrong, and the answer that each must get.", MISTAKES),
            "faults": FAULTS,
            "repairs": _with("Names of faults that are mended when the step is passed.", TEXTS),
        },
        ("id",),
    ),
    "oneOf": [{"required": [kind]} for kind in TASK_KINDS],
    "allOf": [
        *({"if": {"required": [kind]}, "then": {"required": list(needs)}} for kind, needs in NEEDS.items() if needs),
        {"if": {"required": ["options"]}, "then": {"required": ["choose"]}},
    ],
}

SCHEMAS: Final[Mapping[str, Schema]] = {
    name: {"$schema": DIALECT, "title": title, **schema, "$defs": DEFINITIONS}
    for name, title, schema in (
        ("course.schema.json", "course.toml", COURSE),
        ("lesson.schema.json", "The lesson block of a lesson.md", LESSON),
        ("step.schema.json", "A step block of a lesson.md", STEP),
    )
}
"""By file name."""


def text_of(name: str) -> str:
    """A schema as its file holds it."""
    return json.dumps(SCHEMAS[name], indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write all of them into a folder."""
    for name in SCHEMAS:
        (folder / name).write_text(text_of(name), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
