"""Plays a lesson as its author claims it works: what is not done fails, solutions pass, mistakes get their answers.

At each step, from the same state: nothing, something else, every mistake, every further solution; each is undone. Then
the first solution leads to the next step.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from trainer.board.terminal import KEYS
from trainer.checks import chosen, judge
from trainer.commands.command import Command, same
from trainer.commands.meaning import parse
from trainer.errors import describe
from trainer.evidence import Evidence
from trainer.lesson import Lesson, Mistake, Step
from trainer.session import Answer
from trainer.system import System
from trainer.validation.findings import Finding, about_lesson, about_step
from trainer.validation.spelling import old_spelling
from trainer.validation.stage import LONG_WAIT_S, SHORT_WAIT_S, ReplayError, Stage
from trainer.workplace.hands import HANDS

__all__ = ["Told", "rehearse"]

Told = Callable[[int], None]
"""Is told the number of each step that has been played."""

NONSENSE: Final = "xyzzy"
"""A word that no program, port or option is called by."""

OTHER_COMMANDS: Final = ("pwd", "ls", "python --version")
"""Commands that end well everywhere and change nothing; the first that a step does not want is tried there."""

OTHER_LINE: Final = f"'{NONSENSE}'"
"""What is typed to the board's Python in place of what a step asks for."""

NOT_SO: Final[Mapping[str, Callable[[int], bytes]]] = {
    "flash-blank": bytes,
    "flash-firmware": lambda size: b"",
}
"""Checkers that look into the flash, and what its whole contents, of so many bytes, are to be so that they fail."""

REACH: Final = ("port", "baud")
"""Options of a command that say how to reach the board, and change nothing of what is done there."""

LONGEST_QUOTE: Final = 300
"""Characters of a tool's words in a finding."""


@dataclass(frozen=True)
class Try:
    """What was typed in a step, and the tutor's answers: with a look inside the board, and without one.

    No evidence: the desk could not do it, and the tutor said nothing about it.
    """

    text: str
    """As the lesson has it, with placeholders."""
    line: str
    """As it was typed."""
    evidence: Evidence | None
    answer: Answer
    alone: Answer
    why: str
    """What a learner would have read as the reason that it did not pass; the port is a placeholder again."""


def rehearse(
    open_stage: Callable[[], Stage], lesson: Lesson, system: System, told: Told, *, old: bool
) -> list[Finding]:
    """All that is wrong with a lesson on one system's desk, which `open_stage` sets up.

    With `old`, esptool's commands are typed in the spelling of versions before 5.
    """
    found: list[Finding] = []
    try:
        with open_stage() as stage:
            rehearsal = Rehearsal(stage, lesson, old=old)
            for number, step in enumerate(lesson.steps[system], 1):
                found += rehearsal.step(step)
                told(number)
                if rehearsal.stuck:
                    break
    except ReplayError as error:
        problem = f"`{error.line}` has passed once, and not when it was done again from the same state"
        cure = "Let the step depend on what the learner did, not on chance or time."
        found.append(about_step("solution", lesson, error.step, "solutions", problem, cure, text=error.line))
    except Exception as error:
        if (words := describe(error)) is None:
            raise
        first, _, rest = words.partition("\n")
        cure = rest or "Mend what the lesson starts from: its board, files, flash and faults."
        found.append(about_lesson("start", lesson, "starts", f"the lesson cannot be played: {first}", cure))
    return found


class Rehearsal:
    """One play. `stuck` tells that a step's first solution has failed, so that the rest cannot be played."""

    def __init__(self, stage: Stage, lesson: Lesson, *, old: bool) -> None:
        self.stuck = False
        self._stage = stage
        self._lesson = lesson
        self._old = old

    def step(self, step: Step) -> Iterator[Finding]:
        """Play one step, the current one."""
        for play in (self._unsolved, self._mistakes, self._further_solutions, self._first_solution):
            yield from play(step)

    def _unsolved(self, step: Step) -> Iterator[Finding]:
        """Nothing done must not pass, nor something else; where there is nothing that could be seen, both may."""
        if step.kind == "read" or (step.kind == "do" and not step.checks):
            return
        session = self._stage.session
        nothing = self._stage.nothing_done()
        if session.judge(nothing).passed:
            yield self._finding(
                "unsolved", step, "checks", "the step passes before anything is done",
                "Add a checker for what the learner has to do, such as command, line or output.",
            )  # fmt: skip
            return
        for line in self._something_else(step):
            tried = self._try(line, lambda tried: not tried.answer.passed)
            if tried.answer.passed:
                yield self._finding(
                    "unsolved", step, "checks", f"the step passes for “{line}”, which is not what it asks for",
                    "Add a checker that tells the right line from others, such as command or line.",
                )  # fmt: skip
                return

    def _something_else(self, step: Step) -> Iterator[str]:
        """Lines that a step of this kind must not pass for."""
        expected = self._stage.session.expected()
        match step.kind:
            case "run":
                yield NONSENSE
                wanted = [parse(line, expected.system) for line in expected.solutions]
                for line in OTHER_COMMANDS:
                    other = parse(line, expected.system)
                    if isinstance(other, Command) and not any(
                        isinstance(command, Command) and same(command, other) for command in wanted
                    ):
                        yield line
                        return
            case "type":
                if not all(line.lower() in HANDS or line.lower() in KEYS for line in expected.solutions):
                    yield OTHER_LINE
            case "choose":
                right = [chosen(line, expected.options) for line in expected.solutions]
                yield from (option for option in expected.options if option not in right)
            case "find" | "do":
                yield NONSENSE

    def _mistakes(self, step: Step) -> Iterator[Finding]:
        """Every mistake fails, and its answer is what the learner reads."""
        for mistake in step.mistakes:
            for line in mistake.tries:
                tried = self._try(line, self._gets_answer_of(mistake))
                yield from self._disagreement(step, tried)
                yield from self._unanswered(step, mistake, tried)

    def _gets_answer_of(self, mistake: Mistake) -> Callable[[Try], bool]:
        wanted = Answer(False, self._stage.session.fill(mistake.answer), mistake=True)
        return lambda tried: tried.answer == wanted

    def _unanswered(self, step: Step, mistake: Mistake, tried: Try) -> Iterator[Finding]:
        if tried.answer.passed:
            problem = f"the mistake “{tried.text}” passes"
            cure = "Take it out, or add a checker that tells it from a solution."
        elif tried.evidence is None:
            problem = f"the mistake “{tried.text}” gets no answer, for the desk takes it for a look around: {tried.why}"
            cure = "Take it out: the tutor does not judge such lines."
        elif not self._gets_answer_of(mistake)(tried):
            problem = f"the mistake “{tried.text}” gets another answer than its own: {tried.why}"
            cure = "Another mistake recognises it first, by its `try` or `sees`: put this one before that."
        else:
            return
        yield about_step("mistake", self._lesson, step, "mistakes", problem, cure, line=mistake.line)

    def _further_solutions(self, step: Step) -> Iterator[Finding]:
        passing = []
        for solution in step.solutions[1:]:
            tried = self._try(solution, _passes)
            yield from self._failure(step, solution, tried)
            passing += [solution] if _passes(tried) else []
        yield from self._passing_by_chance(step, passing)

    def _passing_by_chance(self, step: Step, solutions: Sequence[str]) -> Iterator[Finding]:
        """What holds in the flash before a step is begun proves nothing of its further solutions. So those that do
        something else than the first are tried where it does not hold: if that brings it about, they have to."""
        further = [one for one in solutions if not self._do_the_same(one, step.solutions[0])]
        system = self._stage.session.system
        if not further or step.kind != "run" or self._lesson.faults_at(system, step.id):
            return
        nothing = self._stage.nothing_done()
        flash, expected = nothing.flash, self._stage.session.expected()
        looks = [check for check in step.checks if check[0] in NOT_SO]
        holding = [check[0] for check in looks if judge([check], nothing, expected).passed]
        if not holding or flash is None:
            return
        contents = NOT_SO[holding[0]](flash.size)
        if not _passes(self._tried_with(contents, step.solutions[0])):
            return  # it is not this step that brings it about
        for solution in further:
            if _passes(tried := self._tried_with(contents, solution)):
                continue
            problem = f"the solution “{solution}” passes only as {holding[0]} holds before the step begins: {tried.why}"
            cure = "Take it out; or let the lesson start from a board on which the step has something to do."
            text = solution.partition("\n")[0]
            yield about_step("solution", self._lesson, step, "solutions", problem, cure, text=text)

    def _do_the_same(self, one: str, other: str) -> bool:
        """Whether two lines differ at most in how they reach the board."""
        read, also_read = (parse(self._line(line), self._stage.session.system) for line in (one, other))
        if not isinstance(read, Command) or not isinstance(also_read, Command):
            return False
        reach = {name: also_read.options[name] for name in REACH if name in also_read.options}
        return same(replace(read, options={**read.options, **reach}), also_read)

    def _tried_with(self, contents: bytes, text: str) -> Try:
        """Type a line where the flash has other contents, and undo it."""
        self._stage.fill_flash(contents)
        tried = self._judged(text, self._line(text), LONG_WAIT_S)
        self._stage.put_back()
        return tried

    def _first_solution(self, step: Step) -> Iterator[Finding]:
        """What is taught must pass; it leads on to the next step."""
        stage = self._stage
        solution = step.solutions[0] if step.solutions else ""
        number = step.options.index(solution) + 1 if solution in step.options else None
        line = str(number) if number else self._line(solution)
        patience_s = SHORT_WAIT_S
        tried = self._judged(solution, line, patience_s)
        if not _passes(tried):
            stage.put_back()
            patience_s = LONG_WAIT_S
            tried = self._judged(solution, line, patience_s)
        yield from self._failure(step, solution, tried)
        if tried.evidence is None or not _passes(tried):
            self.stuck = True
            return
        stage.session.submit(tried.evidence)
        stage.keep(tried.line, patience_s)

    def _failure(self, step: Step, solution: str, tried: Try) -> Iterator[Finding]:
        yield from self._disagreement(step, tried)
        if _passes(tried):
            return
        problem = f"the solution “{tried.text}” does not pass: {tried.why}"
        cure = "Mend the solution, the checks, or a step before it; `espdojo learn` shows what a learner sees."
        text = solution.partition("\n")[0]
        yield about_step("solution", self._lesson, step, "solutions", problem, cure, text=text)

    def _disagreement(self, step: Step, tried: Try) -> Iterator[Finding]:
        if tried.evidence is None or tried.answer.passed == tried.alone.passed:
            return
        problem = (
            f"after “{tried.text}” any board would pass, but the look inside the fake one says: {tried.why}"
            if tried.alone.passed
            else f"after “{tried.text}” the look inside passes, but not what a real board shows: {tried.alone.reason}"
        )
        cure = "Add a checker that tells it from what any board shows, such as output."
        yield self._finding("agreement", step, "checks", problem, cure)

    def _try(self, text: str, is_good: Callable[[Try], bool]) -> Try:
        """Type a line, judge it, and undo it; what is not good is tried again with patience."""
        line = self._line(text)
        tried = self._judged(text, line)
        self._stage.put_back()
        if not is_good(tried):
            tried = self._judged(text, line, LONG_WAIT_S)
            self._stage.put_back()
        return tried

    def _line(self, text: str) -> str:
        """What is typed for a line of the lesson."""
        session = self._stage.session
        line = session.fill(text)
        return old_spelling(line) if self._old and isinstance(parse(line, session.system), Command) else line

    def _judged(self, text: str, line: str, patience_s: float = SHORT_WAIT_S) -> Try:
        evidence = self._stage.act(line, patience_s=patience_s)
        session = self._stage.session
        if evidence is None:
            answer = alone = Answer(False, "".join(self._stage.told))
        else:
            answer, alone = session.judge(evidence), session.judge(evidence, inside=False)
        why = " ".join(answer.reason.split()).replace(session.values["port"], "{port}")
        if len(why) > LONGEST_QUOTE:
            why = f"{why[:LONGEST_QUOTE]} ..."
        return Try(text, line, evidence, answer, alone, why)

    def _finding(self, rule: str, step: Step, key: str, problem: str, cure: str) -> Finding:
        return about_step(rule, self._lesson, step, key, problem, cure)


def _passes(tried: Try) -> bool:
    return tried.evidence is not None and tried.answer.passed
