"""One learner, one lesson, one desk: what every interface does with a line, and what is kept of it.

`Tutor.hear` takes a line as typed and says what is to be read through its `Voice`. Reading lines and showing text is
the interface's part; judging is the session's, doing is the desk's.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from trainer.commands.words import did_you_mean
from trainer.lesson import Step
from trainer.progress import Progress, ProgressError
from trainer.session import Session
from trainer.ui.voice import PlainVoice, Voice
from trainer.workplace.arrange import arrange
from trainer.workplace.desk import Desk
from trainer.workplace.hands import HANDS

__all__ = ["WORDS", "Tutor"]


class Tutor:
    """Leads a learner through a lesson. `tell` shows text, unless there is a `voice` for it; `running` turns False when
    the learner leaves."""

    def __init__(
        self,
        session: Session,
        desk: Desk,
        tell: Callable[[str], None],
        *,
        progress: Progress | None = None,
        key: str = "",
        voice: Voice | None = None,
    ) -> None:
        self.session = session
        self.desk = desk
        self.running = True
        self.tell = tell
        self.voice: Voice = voice or PlainVoice(session, lambda text: self.tell(text))
        self._progress = progress
        self._key = key
        self._not_kept: ProgressError | None = None
        self._told_not_kept = False

    @property
    def kept(self) -> bool:
        """Is it on disk where the learner is?"""
        return self._progress is not None and self._not_kept is None

    def begin(self) -> None:
        """Show the lesson's introduction, or that it goes on, and the current step."""
        fake = self.desk.bench.is_fake
        if self.session.begun:
            self.voice.goes_on(fake)
        else:
            self.voice.introduction(fake)
            arrange(self.desk)
            self.voice.ready(fake)
        self._show_step()

    def hear(self, line: str) -> None:
        """Do what a line says: a word to the tutor, or something for the current step."""
        word = " ".join(line.lower().split())
        if word in WORDS:
            WORDS[word][0](self)
        elif self.session.step is not None:
            self._do(line)
        if self._not_kept is not None and not self._told_not_kept:  # after all else, which would take its place
            self.voice.remark(f"{self._not_kept} {self._not_kept.next_step}")
            self._told_not_kept = True

    def save(self) -> None:
        """Keep where the learner is. A disk that cannot is mentioned once; the lesson goes on."""
        if self._progress is None:
            return
        try:
            self._progress.save(self._key, self.session.place, self.desk.state)
            self._not_kept = None
        except ProgressError as error:
            self._not_kept = error

    def _do(self, line: str) -> None:
        step = self.session.step
        assert step is not None
        evidence = self.desk.act(line)
        if evidence is None:
            return
        answer = self.session.submit(evidence)
        if answer.passed:
            self.save()  # before it is said: what a learner has seen to be done stays done
        elif not answer.mistake and _is_aside(line, step):
            return
        elif not answer.mistake and evidence.command is None and step.kind in SPOKEN and (meant := _meant(line, step)):
            answer = replace(answer, reason=meant)
        self.voice.answer(answer, step, evidence)
        if answer.passed:
            self._show_step()

    def _show_step(self) -> None:
        if self.session.finished:
            self.voice.finished()
            self.running = False
        else:
            self.voice.step()

    # What a learner can say to the tutor

    def hint(self) -> None:
        hint = self.session.hint()
        self.save()
        self.voice.hint(hint)

    def where(self) -> None:
        self.voice.where()

    def again(self) -> None:
        self._show_step()

    def back(self) -> None:
        if self.session.back():
            self.save()
            self._show_step()
        else:
            self.voice.remark("This is the first step.")

    def skip(self) -> None:
        self.session.skip()
        self.save()
        self._show_step()

    def help(self) -> None:
        words = {word: meaning for word, (_, meaning) in WORDS.items()}
        self.voice.help(words, self.desk.bench.is_fake)

    def quit(self) -> None:
        self.running = False


SPOKEN: Final = ("run", "do")
"""Kinds of steps in which a line that means nothing may have been meant as a word to the tutor, or as a hand."""


def _is_aside(line: str, step: Step) -> bool:
    """Is `line` something done with hands that the step does not ask for? It is no attempt, and may not fail."""
    word = " ".join(line.lower().split())
    return word in HANDS and word not in step.solutions


def _meant(line: str, step: Step) -> str:
    """A sentence: whether what is to be done with hands, or one of the tutor's words, was meant by a line that no shell
    understands."""
    typed = " ".join(line.lower().split())
    words = (*(step.solutions if step.kind == "do" else ()), *WORDS, *HANDS)
    for word in words:
        if typed.startswith(f"{word} "):
            return f"Did you mean `{word}`? It is typed alone, with nothing behind it."
        if f" {word} ".startswith(f" {typed} ") or word.endswith(f" {typed}"):
            return f"Did you mean `{word}`?"
    return did_you_mean(typed, words)


WORDS: Final[dict[str, tuple[Callable[[Tutor], None], str]]] = {
    "hint": (Tutor.hint, "a hint for this step; once more gives the next one"),
    "where": (Tutor.where, "which step this is, and what it asks for"),
    "again": (Tutor.again, "the step's text once more"),
    "back": (Tutor.back, "to the step before"),
    "skip": (Tutor.skip, "on to the next step without doing this one"),
    "help": (Tutor.help, "this list"),
    "quit": (Tutor.quit, "leave; the next time you go on where you are"),
}
"""Words to the tutor, in every step, and what they do."""
