"""The tutor's voice on the full-screen application: what it says becomes pages, tasks and remarks of the `State`.

The words are those of the plain tutor (`trainer.ui.page`); here they are left unwrapped, for the screen wraps them as
wide as it is.
"""

from collections.abc import Mapping
from typing import Final, Literal

from trainer.evidence import Evidence
from trainer.lesson import Lesson, Step, following
from trainer.session import Answer, Hint, Session
from trainer.ui import page
from trainer.ui.state import Contents, Page, Part, Remark, State, Task
from trainer.workplace.hands import HANDS

__all__ = ["ScreenVoice"]

UNWRAPPED: Final = 1_000_000
"""Columns: paragraphs come as one line each."""

GO_ON: Final = Task("", "Press Enter to go on.")


BEGIN: Final = Task("", "Press Enter to begin.")


def preview(state: State, lesson: Lesson) -> None:
    """Show a lesson that is about to begin, while its desk is made ready."""
    state.show(Page(_opening(lesson), turns=True, reads=True), BEGIN, Contents(lesson.title))


def _opening(lesson: Lesson) -> tuple[Part, ...]:
    return Part("heading", lesson.title), Part("markdown", lesson.introduction)


class ScreenVoice:
    """Speaks through a `State`. `position` is the lesson's number in its course and the number of lessons, both 0 for a
    lesson of no course."""

    def __init__(
        self,
        state: State,
        session: Session,
        position: tuple[int, int] = (0, 0),
    ) -> None:
        self._state = state
        self._session = session
        self._position = position
        self._reads_on = False
        """What is shown next waits until the learner has read what is shown now."""
        self._said = ""
        """What was said to the last step, where there is nothing else to read: it stands above the next page."""

    def introduction(self, fake: bool) -> None:
        opening = _opening(self._session.lesson)
        about = tuple(Part("paragraph", text) for text in page.about(self._session, fake))
        scrolled = self._state.text_scroll if self._state.page.parts == opening else 0
        self._show(Page((*opening, *about), turns=True, reads=True), BEGIN)
        self._state.text_scroll = scrolled  # of what was seen before the desk was ready
        self._reads_on = True

    def ready(self, fake: bool) -> None:
        if text := page.ready(self._session, fake, UNWRAPPED):
            self._state.add(Part("paragraph", text))

    def goes_on(self, fake: bool) -> None:
        self._state.show(Page(), Task(), self._contents())
        self._reads_on = False
        self.remark(page.welcome_back(self._session))
        if not fake:
            self.remark(page.real_board(self._session, UNWRAPPED))

    def step(self) -> None:
        step = self._session.step
        assert step is not None
        heading = f"Step {self._session.number} of {len(self._session.steps)}: {step.title}"
        parts = (*self._just_said(), Part("heading", heading), Part("markdown", step.prose))
        task = Task(page.label(step), self._session.fill(step.task), tuple(map(self._session.fill, step.options)),
                    self._hand(step))  # fmt: skip
        feedback = None if self._state.page.parts else self._state.feedback
        self._show(Page(parts, reads=step.kind in ("read", "choose")), task)
        if feedback is not None:  # what was said on coming back belongs to the first page
            self._state.remark(feedback)

    def answer(self, answer: Answer, step: Step, evidence: Evidence) -> None:
        text = page.answer(answer, step, UNWRAPPED)
        if not answer.passed:
            if text:
                self._state.remark(Remark("wrong", text))
            return
        self._said = text
        if step.afterword:
            parts = (Part("heading", step.title), *self._just_said(), Part("markdown", step.afterword))
            self._show(Page(parts, turns=True), GO_ON, step)
            self._reads_on = True

    def finished(self) -> None:
        parts = [*self._just_said(), Part("heading", self._session.lesson.title)]
        parts.append(Part("good", page.finished(self._session, UNWRAPPED)))
        text = "F10 leaves."
        if after := following(self._session.lesson):
            text = f"Press Enter to go on with “{after.title}”. {text}"
        else:
            parts.append(Part("paragraph", page.next_steps("espdojo", UNWRAPPED)))
        self._show(Page(tuple(parts), reads=True), Task("What next", text))

    def hint(self, hint: Hint | None) -> None:
        self._state.remark(Remark("hint", page.hint(hint, UNWRAPPED)))

    def where(self) -> None:
        self._state.remark(Remark("note", page.where(self._session, UNWRAPPED)))

    def help(self, words: Mapping[str, str], fake: bool) -> None:
        self._state.help = tuple(words.items())
        self._state.fake_board = fake
        self._state.open_popup("help")

    def remark(self, text: str) -> None:
        self._state.remark(Remark("note", text))

    def _show(self, shown: Page, task: Task, step: Step | None = None) -> None:
        """Show a page of the current step, or of one that was just passed."""
        self._state.show(shown, task, self._contents(step), after=self._reads_on)
        self._reads_on = False

    def _just_said(self) -> tuple[Part, ...]:
        said, self._said = self._said, ""
        return (Part("good", said),) if said else ()

    def _hand(self, step: Step) -> str:
        """The hand that does what a step asks for."""
        line = self._session.fill(step.solutions[0]) if step.kind in ("do", "type") and step.solutions else ""
        return line if line in HANDS else ""

    def _contents(self, passed: Step | None = None) -> Contents:
        """Where the learner is now; while they read what follows a step that they `passed`, at that one still."""
        session, place = self._session, self._session.place
        done = {name for name, _ in place.done}

        def state(step: Step) -> Literal["done", "skipped", "here", "ahead"]:
            if passed is None and step.id == place.step:
                return "here"
            return "done" if step.id in done else "skipped" if step.id in place.skipped else "ahead"

        self._state.values = session.values
        return Contents(
            session.lesson.title,
            tuple((step.title, state(step)) for step in session.steps),
            session.number if passed is None else session.steps.index(passed) + 1,
            *self._position,
        )
