"""What is wrong with a lesson: a rule that it breaks, where, and what to do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from trainer.lesson import Lesson, LessonError, Step

__all__ = ["PLAYED", "READ", "RULES", "Finding", "about_lesson", "about_step", "not_loaded", "together"]

READ: Final[Mapping[str, str]] = MappingProxyType({
    "format": "every file loads: its format, its texts, its placeholders, its links stay in its folder",
    "course-list": "every lesson of the folder stands in course.toml",
    "stray-files": "a lesson's folder holds nothing but what the lesson uses",
    "names": "no two lessons, and no two steps of a lesson, have the same title",
    "links": "what is linked to is there",
    "labels": "texts for one system begin with its name as espdojo knows it",
    "hints": "hints lead from a nudge to the whole answer",
    "commands": "every solution is a line that the learner's desk takes",
    "spellings": "esptool's older spellings are taken as its new ones are",
    "solutions": "no solution stands there twice",
    "mistakes": "no mistake is a solution, and none hides behind another one",
    "choices": "there is a choice, and no option stands there twice",
    "reading-time": "the lesson's minutes are about what reading and doing take",
})  # fmt: skip
"""Rules that are kept or broken by a lesson's text: their names, and what they demand."""

PLAYED: Final[Mapping[str, str]] = MappingProxyType({
    "start": "the lesson can be begun",
    "unsolved": "no step passes before it is done, or for something else than what it asks for",
    "solution": "every solution passes, and not only because the flash was so before",
    "mistake": "every mistake fails, and gets the answer that is declared for it",
    "agreement": "a look inside the board and what any board can show never disagree",
    "finished": "the play comes to its end",
})  # fmt: skip
"""Rules that show when a lesson is played."""

RULES: Final[Mapping[str, str]] = {**READ, **PLAYED}


@dataclass(frozen=True)
class Finding:
    """A rule that is broken. `line` counts from 1; 0 is the whole file."""

    rule: str
    file: Path
    line: int
    problem: str
    cure: str
    step: str = ""
    """The step's id."""
    plays: tuple[str, ...] = ()
    """In which plays it showed, such as "windows on nodemcu"; none if it shows in every one, or in the text alone."""

    def in_play(self, circumstances: str) -> "Finding":
        """The same, found in that play."""
        return replace(self, plays=(circumstances,))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.problem}"


def not_loaded(error: LessonError) -> Finding:
    """What a loader's complaint is as a finding."""
    return Finding("format", error.file, error.line, error.problem, error.cure)


def about_lesson(rule: str, lesson: Lesson, key: str, problem: str, cure: str) -> Finding:
    """A finding at `key` of the `lesson` block."""
    line = lesson.block.line_of(key) if lesson.block else 1
    return Finding(rule, lesson.file, line, problem, cure)


def about_step(
    rule: str, lesson: Lesson, step: Step, key: str, problem: str, cure: str, *, text: str = "", line: int = 0
) -> Finding:
    """A finding at `key` of a step's block, at `text` among its values if that is given; or at `line`."""
    line = line or (step.block.line_of(key, text) if step.block else step.line)
    return Finding(rule, lesson.file, line, problem, cure, step.id)


def together(findings: Iterable[Finding], all_plays: Iterable[str] = ()) -> list[Finding]:
    """The findings in the order of the text, each once, with all the plays it showed in; no plays if it was in all."""
    everywhere = set(all_plays)
    found: dict[Finding, list[str]] = {}
    for finding in findings:
        key = replace(finding, plays=())
        plays = found.setdefault(key, [])
        plays += [play for play in finding.plays if play not in plays]
    merged = [
        replace(key, plays=tuple(plays) if set(plays) < everywhere or not everywhere else ())
        for key, plays in found.items()
    ]
    return sorted(merged, key=lambda finding: (str(finding.file), finding.line))
