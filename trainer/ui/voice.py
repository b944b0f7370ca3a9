"""How the tutor speaks: what it has to say, as one method each, and the plain way of saying it.

`trainer.ui.tutor.Tutor` decides what is said and when; a `Voice` shows it. `PlainVoice` writes it as lines of text.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from trainer.console import text_width
from trainer.evidence import Evidence
from trainer.lesson import Step
from trainer.session import Answer, Hint, Session
from trainer.ui import page

__all__ = ["PlainVoice", "Voice"]


class Voice(Protocol):
    """What the tutor has to say. `fake` tells whether the board is one of ours."""

    def introduction(self, fake: bool) -> None:
        """The lesson begins."""

    def ready(self, fake: bool) -> None:
        """What lies ready before the first step, if anything does."""

    def goes_on(self, fake: bool) -> None:
        """The lesson goes on where the learner left it."""

    def step(self) -> None:
        """The current step is to be read."""

    def answer(self, answer: Answer, step: Step, evidence: Evidence) -> None:
        """What is to be said to something that was done in `step`; when it passed, with what follows."""

    def finished(self) -> None:
        """The lesson is finished."""

    def hint(self, hint: Hint | None) -> None:
        """A hint, or that there is none."""

    def where(self) -> None:
        """Which step this is, and what it asks for."""

    def help(self, words: Mapping[str, str], fake: bool) -> None:
        """All that can be said to the tutor: words with their meanings."""

    def remark(self, text: str) -> None:
        """A sentence by the way."""


class PlainVoice:
    """Paragraphs of plain text, a blank line after each."""

    def __init__(self, session: Session, tell: Callable[[str], None]) -> None:
        self._session = session
        self._tell = tell

    def introduction(self, fake: bool) -> None:
        self.remark(page.introduction(self._session, fake, text_width()))

    def ready(self, fake: bool) -> None:
        self.remark(page.ready(self._session, fake, text_width()))

    def goes_on(self, fake: bool) -> None:
        self.remark(page.welcome_back(self._session))
        if not fake:
            self.remark(page.real_board(self._session, text_width()))

    def step(self) -> None:
        self._tell("\n")
        self.remark(page.step_page(self._session, text_width()))

    def answer(self, answer: Answer, step: Step, evidence: Evidence) -> None:
        self.remark(page.answer(answer, step, text_width(), evidence.refusal))
        if answer.passed:
            self.remark(page.afterword(step, self._session, text_width()))

    def finished(self) -> None:
        self.remark(page.finished(self._session, text_width()))

    def hint(self, hint: Hint | None) -> None:
        self.remark(page.hint(hint, text_width()))

    def where(self) -> None:
        self.remark(page.where(self._session, text_width()))

    def help(self, words: Mapping[str, str], fake: bool) -> None:
        self.remark(page.help_text(words, fake, text_width()))

    def remark(self, text: str) -> None:
        if text:
            self._tell(f"{text}\n\n")
