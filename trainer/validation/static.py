"""What can be told of a lesson by reading it: a table of rules, each a function from a step or lesson to findings.

A lesson is read once for each system, as its texts may differ; what shows for all of them is one finding.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from trainer import prose
from trainer.board.terminal import BAUD, KEYS
from trainer.checks import Expected, chosen, judge
from trainer.commands.command import Command, same
from trainer.commands.meaning import parse
from trainer.commands.words import did_you_mean
from trainer.computer.staged import STAGED
from trainer.evidence import Evidence
from trainer.lesson import Lesson, Step
from trainer.system import SYSTEMS, TITLES, System
from trainer.ui.tutor import WORDS
from trainer.validation.findings import Finding, about_lesson, about_step, together
from trainer.validation.python_line import is_python
from trainer.validation.spelling import spellings
from trainer.workplace.hands import HANDS

__all__ = ["read", "sample_values"]

WORDS_PER_MINUTE: Final = 200
"""An adult's reading speed in a text of instruction."""
SECONDS_PER_TASK: Final = 20
"""For typing a line and looking at what comes back."""
SHORTEST_SHARE: Final = 0.6
"""Of the time that a lesson takes by this reckoning, that its `minutes` may say."""
LONGEST_SHARE: Final = 6
LONGEST_EXTRA: Final = 10
"""Minutes that may be claimed beyond that: for waiting, and for looking at a real board."""

SAMPLE_PORTS: Final[Mapping[System, str]] = {
    "windows": "COM4",
    "macos": "/dev/cu.SLAB_USBtoUART",
    "linux": "/dev/ttyUSB0",
}

LIKE_A_LABEL: Final = re.compile(
    r"((microsoft\s+)?win(dows)?|mac(intosh)?|mac\s?os|os\s?x|gnu|linux|ubuntu|debian|fedora|unix|mac\s?os\s?x|"
    r"users?|on|for|and|or|[\d.,/&+\s])+",
    re.IGNORECASE,
)
"""A bold text that means systems."""

BY_MEANING: Final = frozenset({"command", "exit-status", "choice"})
"""Checkers to which two lines that mean the same are the same."""

StepRule = Callable[[Step, Lesson, System], Iterator[Finding]]
LessonRule = Callable[[Lesson], Iterator[Finding]]


def sample_values(system: System) -> dict[str, str]:
    """Values for the placeholders, to read a lesson with."""
    return {
        "port": SAMPLE_PORTS[system],
        "firmware": "ESP8266_GENERIC-20240602-v1.23.0.bin",
        "firmware_title": "MicroPython v1.23.0",
        "baud": str(BAUD),
        "board": "a fake NodeMCU",
        "system": TITLES[system],
    }


def _with_placeholder(text: str, system: System) -> str:
    """`text` with the sample port a placeholder again, so that it is the same finding for every system."""
    return text.replace(SAMPLE_PORTS[system], "{port}")


def read(lesson: Lesson) -> list[Finding]:
    """All that is wrong with a lesson as far as it can be read."""
    found = [finding for rule in LESSON_RULES for finding in rule(lesson)]
    for system in SYSTEMS:
        for step in lesson.steps[system]:
            found += [finding for rule in STEP_RULES for finding in rule(step, lesson, system)]
    return together(found)


# Hints


def hints(step: Step, lesson: Lesson, system: System) -> Iterator[Finding]:
    """From a nudge to the whole answer, and no hint twice. An answer that is before the learner's eyes needs no hiding,
    and no hint has to repeat it."""
    shown = step.kind == "read" or any(_gives_answer(text, step, system) for text in (step.task, step.prose))
    for number, hint in enumerate(step.hints, 1):
        last, gives = number == len(step.hints), _gives_answer(hint, step, system)
        if hint in step.hints[number:]:
            problem, cure = "a hint stands there twice", "Let each hint say more than the one before."
        elif gives and not last and not shown:
            problem = f"hint {number} of {len(step.hints)} gives the whole answer away: the solution “{gives}”"
            cure = "Keep the answer for the last hint; begin with a nudge."
        elif gives and last and number == 1 and not shown:
            problem, cure = "the only hint gives the whole answer at once", "Put a nudge before it."
        elif last and not gives and not shown:
            problem = "the last hint does not give the answer"
            cure = f"Let it end in words such as: {_told_plainly(step)}"
        else:
            continue
        yield about_step("hints", lesson, step, "hints", problem, cure, text=hint)


def _told_plainly(step: Step) -> str:
    """The answer, as the last hint may tell it."""
    solution = step.solutions[0]
    return f"It is number {step.options.index(solution) + 1}." if solution in step.options else f"Type `{solution}`."


def _gives_answer(text: str, step: Step, system: System) -> str:
    """Which of the step's solutions stands in `text`, in words, as an option's number, or in backticks by its meaning;
    "" if none does."""
    words = " ".join(text.casefold().split())
    values = sample_values(system)
    numbers = set(re.findall(r"\d+", words)) if step.options else set()
    shown = [parse(prose.fill(code, values), system) for code in re.findall(r"`([^`]+)`", text)]
    for solution in step.solutions:
        if _stands_in(" ".join(solution.casefold().split()), words):
            return solution
        if step.options:
            if solution in step.options and str(step.options.index(solution) + 1) in numbers:
                return solution
        elif step.kind == "run":
            wanted = parse(prose.fill(solution, values), system)
            if any(isinstance(one, Command) and isinstance(wanted, Command) and same(one, wanted) for one in shown):
                return solution
    return ""


def _stands_in(solution: str, text: str) -> bool:
    return re.search(rf"(?<![\w/\\-]){re.escape(solution)}(?![\w/\\-])", text) is not None


# Solutions and mistakes


def commands(step: Step, lesson: Lesson, system: System) -> Iterator[Finding]:
    """Every solution is a line that the desk takes in a step of this kind."""
    for solution in step.solutions:
        if problem := _not_taken(prose.fill(solution, sample_values(system)), step, system):
            cure = "Let it be a line that the learner's practice terminal takes: docs/lessons.md has them in a table."
            problem = _with_placeholder(problem, system)
            yield about_step("commands", lesson, step, "solutions", problem, cure, text=_first_line(solution))
    for mistake in step.mistakes:
        for line in mistake.tries:
            if " ".join(line.lower().split()) in WORDS:
                problem = f"“{line}” is a word to the tutor, so this mistake cannot be made"
                yield about_step("commands", lesson, step, "mistakes", problem, "Take it out.", line=mistake.line)


def hands(step: Step, lesson: Lesson, system: System) -> Iterator[Finding]:
    """What is done with hands is done in words that the desk knows.

    Where something is mended in play (`repairs`, or a trouble of the computer itself), the words are the author's own.
    """
    known = ", ".join(f"`{hand}`" for hand in HANDS)
    own_words = step.kind == "do" and (step.repairs or STAGED.keys() & lesson.faults_at(system, step.id).keys())
    for solution in step.solutions:
        line = prose.fill(solution, sample_values(system))
        word = " ".join(line.lower().split())
        if word in HANDS or word in WORDS or step.kind in ("find", "choose"):
            continue
        if meant := _nearly_hands(line, step, system):
            problem, cure = f"“{solution}” is no word for hands", f"{meant} These are known: {known}."
        elif step.kind == "do" and not own_words:
            problem = f"“{solution}” is no word for hands, so the tutor would say that it is right, and do nothing"
            cure = f"Take one of {known}. A word of your own is for a step that mends something, with `repairs`."
        else:
            continue
        yield about_step("commands", lesson, step, "solutions", problem, cure, text=_first_line(solution))


def _nearly_hands(line: str, step: Step, system: System) -> str:
    """The question whether a word for hands, or a key, was meant by a line that means nothing else; else ""."""
    if step.kind == "run" and isinstance(parse(line, system), Command):
        return ""
    if step.kind == "type" and is_python(line):
        return ""
    return did_you_mean(" ".join(line.split()), HANDS if step.kind == "do" else (*HANDS, *KEYS))


def _not_taken(line: str, step: Step, system: System) -> str:
    """Why the desk would not take `line` in this step; "" if it does.

    A word that no terminal knows may be asked for: the practice terminal says so as a real one does.
    """
    word = " ".join(line.lower().split())
    if word in WORDS:
        return f"“{line}” is a word to the tutor and never reaches the desk"
    if word in HANDS or step.kind in ("find", "choose", "do"):
        return ""
    read = parse(line, system)
    if step.kind == "run":
        may_be_unknown = not any(name == "command" for name, _ in step.checks)
        if isinstance(read, Command) or (read.kind == "unknown-command" and may_be_unknown):
            return ""
        return f"the practice terminal does not run `{line}`: {read.message}"
    if line.startswith((">>>", "...")):
        return "the solution begins with Python's prompt, which learners must not type"
    if isinstance(read, Command) and read.kind in ("esptool", "mpremote", "pip-install", "venv"):
        return f"`{line}` is a command for the computer, and this step types at the board's prompt"
    return ""


def spelled(step: Step, lesson: Lesson, system: System) -> Iterator[Finding]:
    """esptool's other spellings pass whatever checker looks at what was typed."""
    if step.kind != "run":
        return
    values = sample_values(system)
    typed = [check for check in step.checks if check[0] in ("command", "line", "said")]
    expected = Expected(step.kind, system, tuple(prose.fill(line, values) for line in step.solutions), (), values)
    for solution, line in zip(step.solutions, expected.solutions, strict=True):
        for spelling in spellings(line, system):
            command = parse(spelling, system)
            evidence = Evidence(line=spelling, command=command if isinstance(command, Command) else None)
            if not judge(typed, evidence, expected).passed:
                other = _with_placeholder(spelling, system)
                problem = f"`{solution}` passes, but not `{other}`, which means the same"
                cure = 'Judge commands by their meaning, with the checker "command".'
                yield about_step("spellings", lesson, step, "solutions", problem, cure, text=_first_line(solution))
                break


def mistakes(step: Step, lesson: Lesson, system: System) -> Iterator[Finding]:
    """No mistake is a solution, and each gets its own answer."""
    seen: list[tuple[str, int]] = []
    by_meaning = {name for name, _ in step.checks} <= BY_MEANING
    for mistake in step.mistakes:
        for line in mistake.tries:
            if line in step.solutions or (
                by_meaning and any(_alike(line, solution, step, system) for solution in step.solutions)
            ):
                problem = f"the mistake “{line}” means the same as a solution, so it passes"
                cure = "Take it out, or declare what learners really get wrong."
                yield about_step("mistakes", lesson, step, "mistakes", problem, cure, line=mistake.line)
            elif hidden := next((at for other, at in seen if line.split() == other.split()), 0):
                problem = f"“{line}” is declared in line {hidden} already, so this answer is never given"
                yield about_step("mistakes", lesson, step, "mistakes", problem, "Keep one.", line=mistake.line)
            if step.options and chosen(line, step.options) is None:
                problem, cure = f"“{line}” is none of the options", "Copy an option, letter by letter."
                yield about_step("mistakes", lesson, step, "mistakes", problem, cure, line=mistake.line)
        seen += [(line, mistake.line) for line in mistake.tries]


def choices(step: Step, lesson: Lesson, system: System) -> Iterator[Finding]:
    """At least two options, all different, one of them wrong."""
    if step.kind != "choose":
        return
    wrong = [option for option in step.options if option not in step.solutions]
    if not wrong:
        problem, cure = "every option is a solution, so there is nothing to choose", "Add an option that is wrong."
        yield about_step("choices", lesson, step, "options", problem, cure)
    for one, other in combinations(step.options, 2):
        if one.casefold().rstrip(".") == other.casefold().rstrip("."):
            problem, cure = f"the option “{other}” stands there twice", "Let every option be another one."
            yield about_step("choices", lesson, step, "options", problem, cure, text=other)


def _alike(one: str, other: str, step: Step, system: System) -> bool:
    """Whether two lines are the same to this step."""
    values = sample_values(system)
    one, other = prose.fill(one, values), prose.fill(other, values)
    if one.split() == other.split():
        return True
    if step.options:
        return chosen(one, step.options) == chosen(other, step.options) is not None
    if step.kind != "run":
        return False
    read, also_read = parse(one, system), parse(other, system)
    return isinstance(read, Command) and isinstance(also_read, Command) and same(read, also_read)


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


# The lesson as a whole


def solutions(lesson: Lesson) -> Iterator[Finding]:
    """No solution stands there twice for every system. (Two that mean the same may: both are worth showing.)"""
    twice: dict[tuple[str, str], set[System]] = {}
    for system, steps in lesson.steps.items():
        for step in steps:
            for solution in {one for one in step.solutions if step.solutions.count(one) > 1}:
                twice.setdefault((step.id, solution), set()).add(system)
    for step in {step.id: step for steps in lesson.steps.values() for step in steps}.values():
        systems = {system for system, steps in lesson.steps.items() if any(one.id == step.id for one in steps)}
        for solution in step.solutions:
            if twice.pop((step.id, solution), None) == systems:
                problem, cure = f"the solution “{solution}” stands there twice", "Take one out."
                yield about_step("solutions", lesson, step, "solutions", problem, cure, text=_first_line(solution))


def names(lesson: Lesson) -> Iterator[Finding]:
    """No two steps that a learner meets have the same title."""
    for system in SYSTEMS:
        seen: dict[str, int] = {}
        for step in lesson.steps[system]:
            title = " ".join(step.title.casefold().split())
            if title in seen:
                problem = f"a step is called “{step.title}” in line {seen[title]} already"
                yield Finding("names", lesson.file, step.line, problem, "Give each step a title of its own.", step.id)
            seen.setdefault(title, step.line)


def links(lesson: Lesson) -> Iterator[Finding]:
    """Files that are linked to are there, and so are headings."""
    source = lesson.file.read_text("utf-8-sig")
    tokens = prose.parse(source)
    anchors = {_anchor(tokens[index + 1].content) for index, token in enumerate(tokens) if token.type == "heading_open"}
    for line, target in prose.links(source):
        if re.match(r"https?://", target, re.IGNORECASE):
            continue
        path, _, anchor = unquote(target).partition("#")
        if path and not (lesson.file.parent / path).is_file():
            problem, cure = f"there is no file {path} to link to", "Put it beside lesson.md, or mend the link."
            yield Finding("links", lesson.file, line, problem, cure)
        elif not path and anchor not in anchors:
            problem, cure = f"there is no heading #{anchor} to link to", "Link to a heading as its words, with hyphens."
            yield Finding("links", lesson.file, line, problem, cure)


def _anchor(heading: str) -> str:
    """What web pages make of a heading's words for links: small letters, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-")


def labels(lesson: Lesson) -> Iterator[Finding]:
    """A bold beginning that looks like the name of a system is one."""
    for line, label in prose.labels(lesson.file.read_text("utf-8-sig")):
        if LIKE_A_LABEL.fullmatch(label) and not prose.systems_named(label):
            problem = f"“{label}:” is shown to everybody: it is not the name of a system"
            cure = f"Write {', '.join(TITLES.values())}, or several with “and” between them."
            yield Finding("labels", lesson.file, line, problem, cure)


def reading_time(lesson: Lesson) -> Iterator[Finding]:
    """`minutes` is about right for the system whose learner reads most."""
    needed = max(minutes_needed(lesson, system) for system in SYSTEMS)
    least, most = needed * SHORTEST_SHARE, needed * LONGEST_SHARE + LONGEST_EXTRA
    if not least <= lesson.minutes <= most:
        few = "few" if lesson.minutes < least else "many"
        problem = f"{lesson.minutes} minutes are too {few}: reading and doing takes about {max(1, round(needed))}"
        cure = f"Write minutes = {max(1, round(needed))}, or {'shorten' if few == 'few' else 'lengthen'} the lesson."
        yield about_lesson("reading-time", lesson, "minutes", problem, cure)


def minutes_needed(lesson: Lesson, system: System) -> float:
    """How long a learner takes for reading a lesson and typing what it asks for, without any waiting."""
    steps = lesson.steps[system]
    texts = [lesson.introduction, *(text for step in steps for text in (step.prose, step.task, step.afterword))]
    words = sum(len(prose.render(text, system, sample_values(system)).split()) for text in texts)
    tasks = sum(step.kind != "read" for step in steps)
    return words / WORDS_PER_MINUTE + tasks * SECONDS_PER_TASK / 60


def stray_files(lesson: Lesson) -> Iterator[Finding]:
    """Nothing lies in the folder that the lesson does not use, and nothing leads out of it."""
    folder = lesson.file.parent
    used = {lesson.file.resolve(), *(path.resolve() for path in _files_used(lesson))}
    for path in sorted(_contents(folder)):
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            problem, cure = f"{path.name} is a link out of the lesson's folder", "Put the file itself there."
            yield Finding("stray-files", path, 0, problem, cure)
        elif path.resolve() not in used:
            problem, cure = f"{path.name} is used by nothing in lesson.md", "Link to it in the text, or take it away."
            yield Finding("stray-files", path, 0, problem, cure)


def _contents(folder: Path) -> Iterator[Path]:
    """Files and links anywhere in a folder; links are not followed."""
    for place, folders, files in os.walk(folder):
        yield from (Path(place, name) for name in files)
        yield from (path for name in folders if (path := Path(place, name)).is_symlink())


def _files_used(lesson: Lesson) -> Iterator[Path]:
    """Files that the text links to, or that lie ready when the lesson begins."""
    for _, target in prose.links(lesson.file.read_text("utf-8-sig")):
        if not re.match(r"https?://|#", target, re.IGNORECASE):
            yield lesson.file.parent / unquote(target).partition("#")[0]
    contents = [file.content for file in lesson.start.files] + [part.content for part in lesson.start.flash]
    yield from (content.source for content in contents if content.source is not None)


STEP_RULES: Final[tuple[StepRule, ...]] = (hints, commands, hands, spelled, mistakes, choices)
LESSON_RULES: Final[tuple[LessonRule, ...]] = (names, solutions, links, labels, reading_time, stray_files)
