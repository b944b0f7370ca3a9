"""The lesson format: what a lesson and a step are, and the loader that reads them.

A lesson is `lesson.md` in a folder of its own, Markdown that reads well on a web page. Its first block of code, marked
`lesson`, says what the lesson needs; each `##` heading begins a step, which has prose, one block marked `step`, and
whatever is to be read when the step is done. Both blocks hold TOML; docs/lessons.md shows them in full. A lesson holds
no code and loading one executes nothing.

Whatever is wrong with a file is a `LessonError` that names the file, the line and the cure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from trainer import prose
from trainer.course.block import CONTROL, FORMAT_VERSION, MOST_ANSWERS, SLUG, SLUG_CURE, Block, LessonError, Mistake
from trainer.course.contents import load_course
from trainer.course.files import read_text, too_large
from trainer.course.sections import Section, sections
from trainer.course.start import (
    MOST_FAULTS,
    START_KEYS,
    Start,
    check_board,
    check_repairs,
    fault_name,
    parse_faults,
    parse_start,
)
from trainer.system import SYSTEMS, System

__all__ = [
    "DEFAULT_BOARD",
    "DEFAULT_CHECKS",
    "FORMAT_VERSION",
    "PLACEHOLDERS",
    "Lesson",
    "LessonError",
    "Mistake",
    "Step",
    "TaskKind",
    "following",
    "load_lesson",
    "parse_lesson",
    "title_of",
]

TaskKind = Literal["run", "type", "find", "choose", "do", "read"]
"""run a command; type a line at the board's prompt; find a port; choose an answer; do something by hand; read."""

TASK_KINDS: tuple[TaskKind, ...] = get_args(TaskKind)

DEFAULT_CHECKS: Mapping[TaskKind, tuple[str, ...]] = {
    "run": ("command", "exit-status"),
    "type": ("line", "reply"),
    "find": ("port",),
    "choose": ("choice",),
    "do": ("said",),
    "read": (),
}
"""The checkers of a step that names none."""

PLACEHOLDERS: Mapping[str, str] = {
    "port": "the port that the learner's board is at, such as COM4",
    "other_port": "the port of another device, in a lesson that starts with one",
    "firmware": "the name of the firmware file in the learner's Downloads folder",
    "firmware_title": "what that file is, such as MicroPython v1.23.0",
    "baud": "the speed of MicroPython's serial line: 115200",
    "board": "the board in words, such as a fake NodeMCU",
    "system": "the learner's system: Windows, macOS or Linux",
}
"""What may stand between { and } in a lesson, and what it becomes."""

LESSON_KEYS = frozenset({"format_version", "summary", "minutes", "board", "practice_image", *START_KEYS})
STEP_KEYS = frozenset(
    {"id", "systems", "checks", "hints", "solutions", "options", "mistakes", "faults", "repairs", *TASK_KINDS}
)
"""What the two blocks may hold; `trainer.validation.schema` describes it for editors."""

LARGEST_LESSON_BYTES = 128 * 1024
MOST_HINTS = 8
MOST_MINUTES = 240
DEFAULT_BOARD = "nodemcu"


@dataclass(frozen=True)
class Step:
    """One step, for one system. Texts hold placeholders (`PLACEHOLDERS`); prose is Markdown."""

    id: str
    title: str
    prose: str
    """What is read before the step is done."""
    afterword: str
    """What is read when it is done."""
    kind: TaskKind
    task: str
    """What to do, in a sentence."""
    checks: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Names of checkers with their parameters; all must pass."""
    hints: tuple[str, ...] = ()
    """From a nudge to the whole answer."""
    solutions: tuple[str, ...] = ()
    """Lines that pass. The first is the one that is taught."""
    options: tuple[str, ...] = ()
    """The answers to choose from."""
    mistakes: tuple[Mistake, ...] = ()
    faults: tuple[str, ...] = ()
    """What breaks when the step begins: NAME or NAME=VALUE, of `emulator.faults.FAULTS`."""
    repairs: tuple[str, ...] = ()
    """Names of the faults that are mended when it is passed."""
    line: int = 0
    """Where the heading stands in lesson.md."""
    block: Block | None = field(default=None, compare=False, repr=False)
    """Its block, which knows the line of every key."""


@dataclass(frozen=True)
class Lesson:
    """A lesson: its introduction, and its steps as each system's learner meets them."""

    name: str
    title: str
    summary: str
    minutes: int
    board: str
    """The profile of the fake board that it is written for."""
    introduction: str
    steps: Mapping[System, tuple[Step, ...]]
    start: Start = field(default_factory=Start)
    """How desk and board are before the first step."""
    practice_image: bool = True
    """Whether the practice image will do where there is no MicroPython."""
    block: Block | None = field(default=None, compare=False, repr=False)
    """The `lesson` block, which knows the line of every key."""
    file: Path = field(compare=False, default=Path("lesson.md"))

    @property
    def needs_practice_board(self) -> bool:
        """Whether only a fake board can be brought into the state that the lesson is about."""
        step_faults = any(step.faults for steps in self.steps.values() for step in steps)
        staged = self.start.faults or self.start.flash or "other-device" in self.start.ready
        return bool(staged or step_faults) or self.board != DEFAULT_BOARD

    def faults_at(self, system: System, step: str | None) -> dict[str, str]:
        """What is broken while a learner is at `step` (None: at the end), as {name: NAME or NAME=VALUE}."""
        broken = {fault_name(fault): fault for fault in self.start.faults}
        for passed in self.steps[system]:
            broken |= {fault_name(fault): fault for fault in passed.faults}
            if passed.id == step:
                break
            for name in passed.repairs:
                broken.pop(name, None)
        return broken


def following(lesson: Lesson) -> Lesson | None:
    """The lesson that comes next in its course; None for the last one, and outside of a course."""
    folder = lesson.file.parent
    try:
        names = load_course(folder.parent).lessons
        after = names[names.index(folder.name) + 1 :]
        return load_lesson(folder.parent / after[0]) if after else None
    except (LessonError, ValueError):
        return None


def title_of(folder: Path) -> str:
    """A lesson's title, without reading the rest: for lists of them. Raises `LessonError`."""
    file = folder / "lesson.md"
    title = re.search(r"^# +(.+?)[ #]*$", read_text(folder, file, LARGEST_LESSON_BYTES), re.MULTILINE)
    if title is None:
        raise LessonError(file, 1, "the lesson needs one title", "Begin the file with one line `# The lesson's title`.")
    return prose.printable(title[1])


def load_lesson(folder: Path) -> Lesson:
    """Read `lesson.md` of a lesson's folder. Raises `LessonError`."""
    file = folder / "lesson.md"
    return parse_lesson(read_text(folder, file, LARGEST_LESSON_BYTES), name=folder.name, file=file)


def parse_lesson(source: str, *, name: str, file: Path = Path("lesson.md")) -> Lesson:
    """The lesson that `source` (the text of a lesson.md) holds. Raises `LessonError`, and nothing else."""
    if len(source) > LARGEST_LESSON_BYTES:
        raise too_large(file, LARGEST_LESSON_BYTES)
    if not SLUG.fullmatch(name):
        raise LessonError(file, 0, f"“{name}” cannot be a lesson's folder", SLUG_CURE)
    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    _check_text(source, file)
    title, head, below = sections(source, file)
    _check_links(source, file)
    block = head.only_block("lesson", file)
    block.only(LESSON_KEYS)
    block.format_version()
    start = parse_start(block)
    steps = {system: _steps(below, system, file, start) for system in SYSTEMS}
    for system, for_system in steps.items():
        if not for_system:
            raise LessonError(file, 1, f"no step is for {system}", "Give the lesson at least one step for each system.")
    return Lesson(
        name=name,
        title=title,
        summary=block.text("summary"),
        minutes=block.number("minutes", 1, MOST_MINUTES),
        board=check_board(block, block.text("board", default=DEFAULT_BOARD)),
        introduction=f"{head.before}\n\n{head.after}".strip("\n"),
        steps=steps,
        start=start,
        practice_image=block.flag("practice_image", default=True),
        block=block,
        file=file,
    )


# The text as a whole


def _check_text(source: str, file: Path) -> None:
    """No control characters anywhere, and no placeholder that nobody fills."""
    unknown: list[tuple[int, str]] = []
    for number, line in enumerate(source.split("\n"), 1):
        if found := CONTROL.search(line):
            problem = f"the control character U+{ord(found[0]):04X} stands in column {found.start() + 1}"
            raise LessonError(file, number, problem, "Take it out.")
        unknown += [(number, name) for name in prose.placeholders(line) if name not in PLACEHOLDERS]
    if unknown:
        (number, name), *others = unknown
        known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
        cure = f"Use one of {known}, or write {{{{{name}}}}} if you mean the braces."
        more = "".join(f", and no {{{other}}} in line {at}" for at, other in others)
        raise LessonError(file, number, f"there is no placeholder {{{name}}}{more}", cure)


def _check_links(source: str, file: Path) -> None:
    """Links go to the web or to a file inside the lesson's folder."""
    folder = file.parent.resolve()
    for line, target in prose.links(source):
        if re.match(r"https?://|#", target, re.IGNORECASE):
            continue
        path = target.partition("#")[0]
        try:
            inside = (folder / path).resolve().is_relative_to(folder) and not re.match(r"[a-zA-Z][\w+.-]*:", path)
        except (OSError, ValueError, RuntimeError):
            inside = False
        if not inside or "\\" in path or path.startswith("/"):
            cure = "Link to https:// addresses, or to files in the lesson's own folder."
            raise LessonError(file, line, f"the link to {target} leads out of the lesson", cure)


# Steps


def _steps(below: list[Section], system: System, file: Path, start: Start) -> tuple[Step, ...]:
    steps: dict[str, Step] = {}
    broken = set(map(fault_name, start.faults))
    for section in below:
        block = section.only_block("step", file)
        block.system = system
        systems = block.texts("systems", most=len(SYSTEMS), default=SYSTEMS)
        if unknown := [name for name in systems if name not in SYSTEMS]:
            raise block.error("systems", f"there is no system “{unknown[0]}”", f"Use {', '.join(SYSTEMS)}.")
        step = _step(section, block)
        if step.id in steps:
            raise block.error("id", f"two steps are called “{step.id}”", "Give each step an id of its own.")
        if system in systems:
            steps[step.id] = step
            broken |= set(map(fault_name, step.faults))
            check_repairs(block, step.repairs, broken)
            broken -= set(step.repairs)
    return tuple(steps.values())


def _step(section: Section, block: Block) -> Step:
    block.only(STEP_KEYS)
    kinds = [kind for kind in TASK_KINDS if kind in block.values]
    if len(kinds) != 1:
        cure = f"Give it exactly one of {', '.join(TASK_KINDS)}, with what the learner has to do as its text."
        raise block.error(kinds[1] if kinds else "", f"the step has {len(kinds) or 'no'} tasks", cure)
    kind = kinds[0]
    asks = kind != "read"
    step_id = block.text("id")
    if not SLUG.fullmatch(step_id):
        raise block.error("id", f"“{step_id}” is no id", SLUG_CURE)
    options = block.texts("options", most=MOST_ANSWERS, default=None if kind == "choose" else ())
    solutions = block.texts("solutions", most=MOST_ANSWERS, default=None if asks and kind != "find" else ())
    if kind != "choose" and options:
        raise block.error("options", f"a `{kind}` step has no options", "Take them out, or use `choose`.")
    if kind == "choose" and (wrong := [text for text in solutions if text not in options]):
        raise block.error("solutions", f"“{wrong[0]}” is not among the options", "Copy one of them, letter by letter.")
    return Step(
        id=step_id,
        title=section.title,
        prose=section.before,
        afterword=section.after,
        kind=kind,
        task=block.text(kind),
        checks=block.checks(DEFAULT_CHECKS[kind]),
        hints=block.texts("hints", most=MOST_HINTS, default=None if asks else ()),
        solutions=solutions or (("{port}",) if kind == "find" else ()),
        options=options,
        mistakes=block.mistakes(),
        faults=parse_faults(block),
        repairs=block.texts("repairs", most=MOST_FAULTS, default=()),
        line=section.line,
        block=block,
    )
