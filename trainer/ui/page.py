"""What a learner reads, as plain text: one function for each thing that the tutor says.

Every interface shows the same words. Nothing here knows a terminal; a width is a number of columns.
"""

from collections.abc import Mapping
from typing import Final

from trainer.course.start import BY_HAND, READY
from trainer.lesson import Step, following
from trainer.prose import paragraph, render
from trainer.session import Answer, Hint, Session
from trainer.workplace.hands import HANDS

__all__ = [
    "about",
    "afterword",
    "answer",
    "finished",
    "help_text",
    "hint",
    "introduction",
    "label",
    "next_steps",
    "ready",
    "real_board",
    "saved",
    "step_page",
    "welcome_back",
    "where",
]


PRACTICE_BOARD: Final = (
    "On this desk lies a practice board. It is a fake, made of software, but your tools cannot tell: the commands, and "
    "what they print, are the real ones. With a real board you do exactly the same."
)
REAL_BOARD: Final = (
    "This time it is your own board, at {port} ({board}). The lesson erases what is on it; you are asked before."
)

UNPLUG_FIRST: Final = "If its cable is in, pull it out until the lesson asks for it: the board will be known again."


def introduction(session: Session, fake: bool, width: int) -> str:
    """The lesson's title and introduction, and which board lies on the desk: a `fake` one or the learner's own."""
    lesson = session.lesson
    text = render(lesson.introduction, session.system, session.values, width)
    parts = [lesson.title.upper(), text, *(paragraph(part, width) for part in about(session, fake))]
    return "\n\n".join(part for part in parts if part)


def about(session: Session, fake: bool) -> tuple[str, str]:
    """What every lesson begins with: which board lies on the desk, and what the learner can count on."""
    length = f"About {session.lesson.minutes} minutes, {len(session.steps)} steps."
    words = "`help` shows what you can say; `hint` helps when you are stuck; `quit` leaves."
    board = PRACTICE_BOARD if fake else session.fill(REAL_BOARD)
    return board, f"{length} You can stop at any time and go on later. {words}"


def welcome_back(session: Session) -> str:
    """The lesson goes on where the learner left it."""
    return f"{session.lesson.title}: you go on where you were."


def ready(session: Session, fake: bool, width: int) -> str:
    """What lies ready before the first step; on a real board, what the learner has to see to."""
    start = session.lesson.start
    arranged = [name for name in start.ready if fake or name not in BY_HAND]
    words = [session.fill(READY[name]) for name in arranged]
    if start.folder:
        words.append(f"you are in the folder {session.fill(start.folder)}")
    parts = [f"This lesson begins with some things done already: {'; '.join(words)}."] if words else []
    by_hand = [session.fill(READY[name]) for name in start.ready if name not in arranged]
    if by_hand:
        parts.append(f"See to it before you begin that this is so: {'; '.join(by_hand)}.")
    return paragraph(" ".join(parts), width) if parts else ""


def real_board(session: Session, width: int) -> str:
    """Which board lies on the desk, when it is the learner's own."""
    passed = {name for name, _ in session.place.done}
    plugs = any(name == "plugged" for step in session.steps if step.id not in passed for name, _ in step.checks)
    has_cable = "://" not in session.values.get("port", "")
    return paragraph(session.fill(f"{REAL_BOARD} {UNPLUG_FIRST if plugs and has_cable else ''}".strip()), width)


def step_page(session: Session, width: int) -> str:
    """The current step: heading, text, and what is to be done."""
    step = session.step
    assert step is not None
    title = paragraph(f"Step {session.number} of {len(session.steps)}: {step.title}", width)
    parts = [f"{title}\n{'-' * len(title)}", render(step.prose, session.system, session.values, width)]
    parts.append(task(session, step, width))
    return "\n\n".join(part for part in parts if part)


def task(session: Session, step: Step, width: int) -> str:
    """What is to be done in a step, with the answers to choose from."""
    lines = [paragraph(f"{label(step)}: {session.fill(step.task)}", width)]
    lines += [f"  {number}. {session.fill(option)}" for number, option in enumerate(step.options, 1)]
    return "\n".join(lines)


def label(step: Step) -> str:
    """What stands before a step's task."""
    return "When you are ready" if step.kind == "read" else "Your turn"


def answer(given: Answer, step: Step, width: int, said: str = "") -> str:
    """What the tutor says to something that was done. What was `said` already right above is not said again."""
    reason = "" if given.reason == said else given.reason
    if given.passed:
        if step.kind == "read":
            return ""
        return paragraph(f"Right. {reason}".rstrip(), width)
    words = " ".join(filter(None, (reason, given.way_back)))
    return paragraph(f"Not yet. {words}", width) if words else ""


def afterword(step: Step, session: Session, width: int) -> str:
    """What is to be read when a step is done."""
    return render(step.afterword, session.system, session.values, width)


def hint(given: Hint | None, width: int) -> str:
    """A hint, with its number."""
    if given is None:
        return "This step needs no hint: press Enter to go on."
    return paragraph(f"Hint {given.number} of {given.count}: {given.text}", width)


def where(session: Session, width: int) -> str:
    """Which step this is, and what it asks for."""
    step = session.step
    if step is None:
        return "The lesson is finished."
    heading = paragraph(f"{session.lesson.title}, step {session.number} of {len(session.steps)}: {step.title}", width)
    return f"{heading}\n{task(session, step, width)}"


def help_text(words: Mapping[str, str], fake: bool, width: int) -> str:
    """All that can be said to the tutor, in any step: `words` with their meanings."""
    longest = max(len(word) for word in words)
    lines = ["You can always type:", *(f"  {word:<{longest}}  {meaning}" for word, meaning in words.items())]
    if fake:
        hands = ", ".join(f"`{words}`" for words in HANDS)
        lines += ["", paragraph(f"The board on this desk is a fake one, so your hands are words too: {hands}.", width)]
    lines += ["", paragraph("Ctrl-C stops a command that runs. Anything else is for the step you are at.", width)]
    return "\n".join(lines)


def finished(session: Session, width: int) -> str:
    """The end of the lesson."""
    skipped = [step.title for step in session.steps if step.id in session.place.skipped]
    parts = [f"That was the lesson “{session.lesson.title}”."]
    if skipped:
        parts.append(f"Passed over: {', '.join(skipped)}.")
    if after := following(session.lesson):
        parts.append(f"Next in the course comes “{after.title}”.")
    return paragraph(" ".join(parts), width)


def next_steps(program: str, width: int) -> str:
    """What to do after a lesson; `program` is how espdojo is called here."""
    return paragraph(
        f"Where next? `{program} shell` is your own terminal with a practice board plugged in, to play in. And the day "
        f"your own board lies before you, `{program} learn --port auto` leads you through a lesson with it.",
        width,
    )


def saved(session: Session, command: str, width: int, *, kept: bool = True) -> str:
    """What is said on leaving: where the learner is, and how to go on; and whether that could be kept."""
    step = session.step
    assert step is not None
    if not kept:
        here = f"Your progress could not be kept. You are at step {session.number}, “{step.title}”."
        way = f"`{command}` begins where it was kept last, and `skip` passes over what you have done since."
        return paragraph(f"{here} {way}", width)
    return paragraph(f"Saved. Next is step {session.number}, “{step.title}”. `{command}` goes on there.", width)
