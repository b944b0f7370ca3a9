"""A learner in a lesson: which step they are at, what counts as done, which hint comes next.

A state machine over evidence, with no terminal, board or file in it. An interface (`trainer.ui`) or the demo carries
out what the learner does and hands the evidence in; what comes back is plain data to show.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from trainer.board.repl import MORE
from trainer.checks import Expected, chosen, judge
from trainer.commands.command import Command, Refusal, same
from trainer.commands.meaning import parse
from trainer.evidence import Evidence
from trainer.lesson import Lesson, Mistake, Step
from trainer.prose import fill
from trainer.system import System

__all__ = ["Answer", "Hint", "Place", "Session"]


WAY_BACK: Final = (
    "(Python waits for the rest of it now: that is what `...` says. Ctrl-C, or the word `ctrl-c`, brings `>>>` back.)"
)
"""What is said to a wrong line of which Python on the board has made the beginning of a block."""


@dataclass(frozen=True)
class Answer:
    """What the tutor says to something that the learner did.

    `reason` says why it passed or not; for a declared mistake (`mistake`) it is the lesson's own answer.
    """

    passed: bool
    reason: str = ""
    mistake: bool = False
    way_back: str = field(default="", compare=False)
    """Beside the reason: how to leave Python's `...`, where a wrong line has led there and the reason does not tell."""


@dataclass(frozen=True)
class Hint:
    """A hint: the `number`-th of `count`."""

    number: int
    count: int
    text: str


@dataclass(frozen=True)
class Place:
    """Where a learner is in a lesson: all that has to be kept to go on later.

    `step` is the current step's id, None when the lesson is finished; `done` are the steps passed, in order, with the
    line that passed; `skipped` the steps passed over.
    """

    step: str | None = None
    done: tuple[tuple[str, str], ...] = ()
    skipped: tuple[str, ...] = ()
    hints_shown: int = 0


class Session:
    """One learner, one lesson, one system. `values` fills the placeholders; the caller may change it at any time."""

    def __init__(
        self, lesson: Lesson, system: System, values: Mapping[str, str] | None = None, place: Place | None = None
    ) -> None:
        self.lesson = lesson
        self.system = system
        self.values: dict[str, str] = dict(values or {})
        self.steps = lesson.steps[system]
        self._place = self._valid(place)

    @property
    def place(self) -> Place:
        """Where the learner is now."""
        return self._place

    @property
    def step(self) -> Step | None:
        """The current step; None when the lesson is finished."""
        return next((step for step in self.steps if step.id == self._place.step), None)

    @property
    def begun(self) -> bool:
        """A step is passed, or was passed over."""
        return bool(self._place.done or self._place.skipped)

    @property
    def finished(self) -> bool:
        """Every step is passed or was passed over."""
        return self.step is None

    @property
    def number(self) -> int:
        """The current step's number, from 1; when the lesson is finished, the number of steps."""
        return next((index for index, step in enumerate(self.steps, 1) if step.id == self._place.step), len(self.steps))

    @property
    def continues_block(self) -> bool:
        """Has the step before left a block of Python open, for the current one to go on with?"""
        before = self.steps[self.number - 2] if self.number > 1 and not self.finished else None
        return before is not None and ("prompt", {"is": MORE}) in [(name, dict(given)) for name, given in before.checks]

    def fill(self, text: str) -> str:
        """`text` with this learner's port, file and so on filled in."""
        return fill(text, self.values)

    def expected(self) -> Expected:
        """What the current step asks for. Raises LookupError when the lesson is finished."""
        step = self._current()
        return Expected(
            kind=step.kind,
            system=self.system,
            solutions=tuple(map(self.fill, step.solutions)),
            options=tuple(map(self.fill, step.options)),
            values=self.values,
        )

    def asks_for(self, line: str) -> bool:
        """Is `line`, by its meaning, what the current step asks to be typed? Never of a question, which has to be read
        before there is an answer."""
        step, words = self.step, " ".join(line.lower().split())
        if step is None or not words:
            return False
        expected = self.expected()
        match step.kind:
            case "run":
                return self.wants(parse(line, self.system))
            case "type":
                typed = judge([("line", {})], Evidence(line=line), expected)
                return typed.passed or words in expected.solutions
            case _:
                return words in expected.solutions and step.kind == "do"

    def wants(self, read: Command | Refusal) -> bool:
        """Does a command mean the same as one of the current step's solutions?"""
        wanted = (parse(line, self.system) for line in self.expected().solutions)
        return isinstance(read, Command) and any(isinstance(one, Command) and same(one, read) for one in wanted)

    def submit(self, evidence: Evidence, *, inside: bool = True) -> Answer:
        """Judge what the learner did; when it passes, the next step becomes the current one.

        With `inside=False` no checker looks inside a fake board. Raises LookupError when the lesson is finished.
        """
        answer = self.judge(evidence, inside=inside)
        if answer.passed:
            step = self._current()
            done = tuple(pair for pair in self._place.done if pair[0] != step.id)
            skipped = tuple(name for name in self._place.skipped if name != step.id)
            self._move(1, replace(self._place, done=(*done, (step.id, evidence.line)), skipped=skipped))
        return answer

    def judge(self, evidence: Evidence, *, inside: bool = True) -> Answer:
        """What `submit` would answer; nothing changes."""
        step = self._current()
        verdict = judge(step.checks, evidence, self.expected(), inside=inside)
        if verdict.passed:
            return Answer(True, verdict.reason)
        for recognised in (self._typed, self._made):  # a mistake's very words tell more than their meaning
            if mistake := next((mistake for mistake in step.mistakes if recognised(mistake, evidence)), None):
                reason = self.fill(mistake.answer)
                return Answer(False, reason, mistake=True, way_back=_way_back(reason, evidence))
        return Answer(False, verdict.reason, way_back=_way_back(verdict.reason, evidence))

    def hint(self) -> Hint | None:
        """The next hint; after the last one, the last one again. None where a step has no hints."""
        hints = self._current().hints
        if not hints:
            return None
        number = min(self._place.hints_shown + 1, len(hints))
        self._place = replace(self._place, hints_shown=number)
        return Hint(number, len(hints), self.fill(hints[number - 1]))

    def back(self) -> bool:
        """Go to the step before; False at the first one."""
        if self.number == 1 and not self.finished:
            return False
        self._move(0 if self.finished else -1, self._place)
        return True

    def skip(self) -> bool:
        """Pass over the current step; False when the lesson is finished."""
        if self.finished:
            return False
        step = self._current()
        known = {*self._place.skipped, *(name for name, _ in self._place.done)}
        skipped = self._place.skipped if step.id in known else (*self._place.skipped, step.id)
        self._move(1, replace(self._place, skipped=skipped))
        return True

    def _current(self) -> Step:
        if self.step is None:
            raise LookupError("the lesson is finished")
        return self.step

    def _move(self, by: int, place: Place) -> None:
        index = self.number - 1 + by
        step = self.steps[index].id if index < len(self.steps) else None
        self._place = replace(place, step=step, hints_shown=0)

    def _valid(self, place: Place | None) -> Place:
        """`place` without what this lesson, which may have changed since, does not know."""
        if place is None:
            return Place(step=self.steps[0].id)
        known = [step.id for step in self.steps]
        done = tuple(pair for pair in place.done if pair[0] in known)
        skipped = tuple(name for name in place.skipped if name in known)
        if place.step is None or place.step in known:
            return replace(place, done=done, skipped=skipped, hints_shown=max(place.hints_shown, 0))
        passed = {*skipped, *(name for name, _ in done)}
        return Place(next((name for name in known if name not in passed), None), done, skipped)

    def _typed(self, mistake: Mistake, evidence: Evidence) -> bool:
        """Whether the learner's line is word by word one that the mistake declares."""
        return any(self.fill(line).split() == evidence.line.split() for line in mistake.tries)

    def _made(self, mistake: Mistake, evidence: Evidence) -> bool:
        """Whether the evidence shows this mistake."""
        if mistake.sees and self.fill(mistake.sees).lower() in evidence.transcript.lower():
            return True
        return any(self._alike(self.fill(line), evidence) for line in mistake.tries)

    def _alike(self, line: str, evidence: Evidence) -> bool:
        """Whether the learner's line is, or means, `line`."""
        if line.split() == evidence.line.split():
            return True
        if options := self.expected().options:
            return chosen(line, options) == chosen(evidence.line, options) is not None
        if evidence.command is None:
            return False
        tried = parse(line, self.system)
        return isinstance(tried, Command) and same(tried, evidence.command)


def _way_back(reason: str, evidence: Evidence) -> str:
    return WAY_BACK if evidence.unfinished and "ctrl-c" not in reason.lower() else ""
