"""What is on the screen of the full-screen tutor, as plain data. It knows no widget, no terminal and no thread of its
own.

The tutor's worker thread changes it (`trainer.ui.screen_voice`, `trainer.ui.conductor`), keys change what is looked at,
and `trainer.ui.layout` draws it. Every value is replaced as a whole, never changed in place, so that a drawing sees
either the old or the new one.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from emulator.observer import BoardState
from trainer.system import System
from trainer.ui.terminal_text import TerminalText

__all__ = [
    "VIEWS",
    "Activity",
    "Contents",
    "CourseEntry",
    "Page",
    "Part",
    "Popup",
    "Question",
    "Remark",
    "State",
    "Task",
    "View",
]

View = Literal["both", "text", "terminal"]
"""Which of the two big parts of the screen is shown."""

Popup = Literal["help", "course"]
"""What stands before everything else, until it is closed."""

VIEWS: Final[tuple[View, ...]] = ("both", "text", "terminal")

ROWS_ABOVE_CHOSEN: Final = 5

PartKind = Literal["heading", "markdown", "paragraph", "good"]


@dataclass(frozen=True)
class Part:
    """A part of a page: a heading, the lesson's Markdown, a paragraph of the tutor's own, or one that says "well
    done"."""

    kind: PartKind
    text: str


@dataclass(frozen=True)
class Page:
    """What is to be read. `turns` says that there is nothing to do here but to go on; `reads`, that reading is all
    there is to do, so that the terminal matters little."""

    parts: tuple[Part, ...] = ()
    turns: bool = False
    reads: bool = False


@dataclass(frozen=True)
class Task:
    """What is to be done: its label ("Your turn"), the sentence, the answers to choose from, and the hand that does it
    ("plug in"), where one does."""

    label: str = ""
    text: str = ""
    options: tuple[str, ...] = ()
    hand: str = ""


@dataclass(frozen=True)
class Remark:
    """Something that the tutor says to what was done: `right`, `wrong`, a `hint` or a `note`."""

    kind: Literal["right", "wrong", "hint", "note"]
    text: str


@dataclass(frozen=True)
class Activity:
    """Something that takes its time: what, since when, and how far it is, in words."""

    what: str
    since_s: float = field(default_factory=time.monotonic)
    progress: str = ""


@dataclass(frozen=True)
class Contents:
    """Where the learner is: the lesson, its steps (title, and whether done, passed over, here or ahead), the course."""

    title: str = ""
    steps: tuple[tuple[str, Literal["done", "skipped", "here", "ahead"]], ...] = ()
    number: int = 0
    """The current step's, from 1."""
    lesson: int = 0
    """The lesson's number in its course, from 1; 0 for one of no course."""
    lessons: int = 0

    @property
    def share(self) -> float:
        """How much of the lesson is behind the learner, from 0 to 1."""
        behind = sum(state in ("done", "skipped") for _, state in self.steps)
        return behind / len(self.steps) if self.steps else 0.0


@dataclass(frozen=True)
class CourseEntry:
    """A lesson in the list of the course: its folder's name, its title, whether it is finished, and whether it is this
    one."""

    name: str
    title: str
    finished: bool
    here: bool


class Question:
    """A question that the worker waits for: `answer` is called by a key, `wait` by the worker."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._answered = threading.Event()
        self._yes = False

    def answer(self, yes: bool) -> None:
        """Yes or no."""
        self._yes = yes
        self._answered.set()

    def wait(self) -> bool:
        """Until it is answered."""
        self._answered.wait()
        return self._yes


class State:
    """All that the screen shows. `on_change` is called, from any thread, when there is something new."""

    def __init__(self, system: System, on_change: Callable[[], None] = lambda: None) -> None:
        self.system = system
        self.on_change = on_change
        self.page = Page()
        self.task = Task()
        self.feedback: Remark | None = None
        self.hint: Remark | None = None
        self.contents = Contents()
        self.values: dict[str, str] = {}
        """What the lesson's placeholders become."""
        self.terminal = TerminalText()
        self.activity: Activity | None = None
        self.typed_ahead: tuple[str, ...] = ()
        """Lines that wait until what is done now is done."""
        self.question: Question | None = None
        self.view: View = "both"
        self.help: tuple[tuple[str, str], ...] = ()
        """Words to the tutor, with their meanings; shown while `popup` is "help"."""
        self.popup: Popup | None = None
        self.popup_scroll = 0
        self.course: tuple[CourseEntry, ...] = ()
        """The course's lessons, for the list of them."""
        self.chosen = 0
        """Which of them is chosen there."""
        self.fake_board = True
        self.text_scroll = 0
        """Rows of the page above the window."""
        self.terminal_scroll = 0
        """Rows of the terminal below the window."""
        self.board: Callable[[], BoardState | None] = lambda: None
        self.lively: Callable[[], bool] = lambda: False
        """Does the board's picture change although nothing happens?"""
        self._following: tuple[Page, Task, Contents] | None = None

    def show(self, page: Page, task: Task, contents: Contents, *, after: bool = False) -> None:
        """Show a page, what is to be done there, and where in the lesson that is; with `after`, not before the learner
        turns this one."""
        if after and self.page.turns:
            self._following = (page, task, contents)
        else:
            self._following = None
            self.page, self.task, self.contents = page, task, contents
            self.feedback = self.hint = None
            self.text_scroll = 0
        self.on_change()

    def add(self, part: Part) -> None:
        """Add something to the page that is shown."""
        self.page = replace(self.page, parts=(*self.page.parts, part))
        self.on_change()

    def turn(self) -> bool:
        """Go on to the page that follows; False where none waits."""
        following, self._following = self._following, None  # at once: two threads may turn
        if following is None:
            return False
        self.show(*following)
        return True

    @property
    def only_reads(self) -> bool:
        """Is there nothing to do here but to read, and to press Enter?"""
        return self.page.turns or (self.page.reads and not self.task.options)

    @property
    def waits_to_turn(self) -> bool:
        """Is there a page that follows this one?"""
        return self._following is not None

    def remark(self, remark: Remark) -> None:
        """Say something below the task: a hint stays beside what was said to the last try."""
        if remark.kind == "hint":
            self.hint = remark
        else:
            self.feedback = remark
        self.on_change()

    def remarks(self) -> Sequence[Remark]:
        """What stands below the task."""
        return [remark for remark in (self.feedback, self.hint) if remark is not None]

    def open_popup(self, popup: Popup | None) -> None:
        """Show one, or close it."""
        self.popup, self.popup_scroll = popup, 0
        self.on_change()

    def choose(self, number: int) -> None:
        """Choose a lesson in the list of the course, from 0, and bring it into view."""
        self.chosen = max(min(number, len(self.course) - 1), 0)
        self.popup_scroll = max(self.chosen - ROWS_ABOVE_CHOSEN, 0)
        self.on_change()

    def next_view(self) -> None:
        """Both parts, the text alone, the terminal alone, and round again."""
        self.view = VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]
        self.on_change()

    def print(self, text: str) -> None:
        """Show what a program or the board prints."""
        self.terminal.feed(text)
        self.on_change()

    def print_line(self, text: str) -> None:
        """Show something that is no program's, on a line of its own."""
        self.terminal.begin_line()
        self.print(text if text.endswith("\n") else f"{text}\n")

    def work(self, what: str | None, progress: str = "") -> None:
        """Say what is being done now, and how far it is; None: nothing more."""
        if what is None:
            self.activity = None
        elif self.activity is not None and self.activity.what == what:
            self.activity = Activity(what, self.activity.since_s, progress)
        else:
            self.activity = Activity(what, progress=progress)
        self.on_change()

    def ask(self, text: str) -> bool:
        """Ask before something is done, and wait for the answer. For the worker's thread."""
        self.question = question = Question(text)
        self.on_change()
        try:
            return question.wait()
        finally:
            self.question = None
            self.on_change()
