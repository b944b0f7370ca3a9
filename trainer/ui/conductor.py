"""What the keys of the full-screen tutor do: lines go to the worker's thread, where the tutor hears them.

The screen never waits. Everything that may take its time (opening a lesson, a command, an answer of the board) is a job
of one worker thread; meanwhile the `State` says what is being done, and `interrupt` stops it.
"""

import os
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from trainer.board.terminal import KEYS
from trainer.board.workbench import Workbench
from trainer.commands.command import Command
from trainer.commands.meaning import parse
from trainer.errors import EspdojoError, describe
from trainer.lesson import Step
from trainer.session import Session
from trainer.ui import page
from trainer.ui.opening import Interface, Opened, Position, Request, course_entries, open_lesson
from trainer.ui.screen_voice import UNWRAPPED, ScreenVoice, preview
from trainer.ui.state import Remark, State
from trainer.ui.tutor import WORDS
from trainer.ui.watching import watch
from trainer.ui.work import Work
from trainer.workplace.desk import NOTHING_TO_TYPE
from trainer.workplace.equipment import amount
from trainer.workplace.hands import HANDS

if TYPE_CHECKING:
    from trainer.workplace.desk import Desk

__all__ = ["Conductor"]

LOOKING: Final = "Looking for MicroPython to practise with"
OPENING: Final = "Preparing the desk"
WORKING: Final = {"run": "running", "type": "waiting for the board"}
"""Kind of a step -> what is being done with a line."""


Opener = Callable[[Request, Interface, ExitStack], Opened]

MEANWHILE: Final[Mapping[str, Callable[[Workbench], object]]] = {
    "plug in": lambda bench: bench.plug(),
    "unplug": lambda bench: bench.unplug(),
    "press reset": lambda bench: bench.tap("reset"),
    "press flash": lambda bench: bench.press("flash"),
    "release flash": lambda bench: bench.release("flash"),
}
"""What hands can do to a fake board while a command runs. They see it at the board; the terminal is the command's."""

NO_COURSE: Final = Remark("note", "This lesson belongs to no course, so there is no list of lessons.")
FINISHED: Final = Remark("note", "The lesson is finished, so nothing is done with a line here. F3 lists the lessons.")


class Conductor:
    """Carries out what the learner does. Its methods are called from the screen's thread and return at once.

    `size` is the learner's terminal on the screen, (columns, rows). From any thread `leave` is called when the tutor is
    left, with the error that ended it, if one did; and `give_back` with a line that was typed ahead and not done.
    """

    def __init__(
        self,
        state: State,
        request: Request,
        size: Callable[[], os.terminal_size],
        leave: Callable[[BaseException | None], None],
        opener: Opener = open_lesson,
        give_back: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.state = state
        self.opened: Opened | None = None
        state.help = tuple((word, meaning) for word, (_, meaning) in WORDS.items())
        self._request = request
        self._size = size
        self._leave = leave
        self._opener = opener
        self._give_back = give_back
        self._here: str | None = None
        """The name of the lesson that is open, or was."""
        self._open_things = ExitStack()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.work = Work(state, self._make_ready)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="tutor", daemon=True)

    def start(self) -> None:
        """Open the lesson."""
        self.work.begin(LOOKING)
        self._thread.start()
        self._jobs.put(self._open)

    def close(self, patience_s: float = 10.0) -> None:
        """Stop what runs, keep where the learner is, and clear the desk. Waits for that, but not for ever."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self.work.busy or self.state.question is not None:
            self.interrupt()
        self._jobs.put(None)
        self._thread.join(patience_s)

    @property
    def desk(self) -> "Desk | None":
        """The desk, when the lesson is open."""
        opened = self.opened  # the worker may close the lesson at any time
        return opened.tutor.desk if opened else None

    @property
    def at_board(self) -> bool:
        """Does what is typed go to the board?"""
        desk = self.desk
        return desk is not None and not self.state.waits_to_turn and desk.at_board

    @property
    def prompt(self) -> str:
        """What stands before the learner's line; empty where the board's own prompt does."""
        opened = self.opened
        if self.state.waits_to_turn or (opened is not None and opened.tutor.session.finished):
            return "(Enter) "
        return opened.tutor.desk.prompt if opened is not None else ""

    # What a learner does

    def submit(self, line: str) -> bool:
        """Enter. False if the line stays as it is: nothing can be done with it now, or it was typed before the step
        that it would be done for could be read."""
        self.state.terminal_scroll = 0
        if self.work.follows(lambda: self._submit_late(line), turns=not line.strip()):
            return True
        if self.work.busy:
            return self._type_ahead(line)
        if self.state.waits_to_turn:
            if self._is_by_the_way(line):
                self._do(_words(line), judged=False)
                return True
            self.state.turn()
            if _words(line) in ("", "skip"):
                return True
            if not self._is_meant(line):
                self.state.remark(_kept(line))
                return False
        if self.opened is not None and self.opened.tutor.session.finished:
            return self._submit_at_end(line)
        step = self.opened.tutor.session.step if self.opened is not None else None
        if step is not None and step.kind == "read" and not self._can_be_done(line):
            self.state.remark(Remark("note", NOTHING_TO_TYPE))
            return False
        self._do(line)
        return True

    def _submit_late(self, line: str) -> None:
        """Enter, which was pressed when nearly all was done."""
        if not self.submit(line):
            self._give_back(line)

    def _submit_at_end(self, line: str) -> bool:
        """Enter, when the lesson is finished."""
        assert self.opened is not None
        if _words(line) == "quit":
            self._leave(None)
        elif _words(line) == "help":
            self.state.open_popup("help")
        elif line.strip():
            self.state.remark(FINISHED)
            return False
        elif following := self.opened.position.following:
            self.go_to(following)
        return True

    def _is_meant(self, line: str) -> bool:
        """Is a line, typed before the step could be read, all the same one that is to be done now?"""
        assert self.opened is not None
        return _words(line) in (*WORDS, *HANDS) or self.opened.tutor.session.asks_for(line)

    def _is_by_the_way(self, line: str) -> bool:
        """Is a line a hand that the step, which could not be read yet, does not ask for? It is done, and passes
        nothing."""
        assert self.opened is not None
        return _words(line) in HANDS and not self.opened.tutor.session.asks_for(line)

    def _can_be_done(self, line: str) -> bool:
        """Is there something to do with a line where only reading is asked for?"""
        assert self.desk is not None
        return _words(line) in ("", *WORDS, *HANDS) or self.desk.is_look_around(line)

    def say(self, word: str) -> None:
        """A word to the tutor, or a hand, by a key. A hint can be had while something runs, too."""
        if self.opened is None:
            return
        tutor = self.opened.tutor
        if tutor.session.finished:
            return
        if word == "hint":
            self.state.turn()
            self.state.remark(Remark("hint", page.hint(tutor.session.hint(), UNWRAPPED)))
            self._jobs.put(tutor.save)
            return
        if self.work.follows(lambda: self.say(word)):
            return
        if self.work.busy:
            if word in MEANWHILE and tutor.desk.bench.is_fake:
                threading.Thread(target=MEANWHILE[word], args=(tutor.desk.bench,), name=word, daemon=True).start()
            return
        by_the_way = self.state.waits_to_turn and self._is_by_the_way(word)
        if not by_the_way:
            self.state.turn()
        self._do(word, judged=not by_the_way)

    def key(self, name: str) -> None:
        """A control key for the board ("ctrl-d")."""
        if not self.work.follows(lambda: self.key(name)) and not self.work.busy and self.at_board:
            self._do(name, aside=True)

    def interrupt(self) -> bool:
        """Ctrl-C: stops what runs; False if nothing does and nothing listens."""
        if question := self.state.question:
            question.answer(False)
            return True
        if self.work.cancel():
            if desk := self.desk:
                desk.stop()
            return True
        if self.at_board:
            self._do("ctrl-c", aside=True)
            return True
        return False

    def list_course(self) -> None:
        """Show the course's lessons."""
        if self.work.follows(self.list_course) or self.opened is None or self.work.busy:
            return
        if not self.state.course:
            self.state.remark(NO_COURSE)
        else:
            self.state.open_popup("course")
            self.state.choose(next((number for number, entry in enumerate(self.state.course) if entry.here), 0))

    def go_to(self, lesson: str) -> None:
        """Open another lesson; where the learner is in this one is kept."""
        if not self.work.follows(lambda: self.go_to(lesson)) and self.work.begin(OPENING):
            self._jobs.put(lambda: self._go_to(lesson))

    def _type_ahead(self, line: str) -> bool:
        """A line that is typed while something is done. At the board it goes there: a program may be waiting for it.
        Hands and words to the tutor are not for the board: what of them can be done now is done. All else waits."""
        desk = self.desk
        if desk is None:
            return False
        word = _words(line)
        is_for_tutor = word in WORDS or word in HANDS
        if word == "hint" or (word in MEANWHILE and desk.bench.is_fake):
            self.say(word)
            return True
        terminal = desk.shell.terminal
        if desk.at_board and terminal is not None and not is_for_tutor:
            terminal.press(KEYS.get(word) or f"{line}\r".encode())
            return True
        return self.work.type_ahead(line) or self.submit(line)  # it was done in this moment

    # The worker's thread

    def _work(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                job()
            if self.opened is not None:
                self.opened.tutor.save()
        except BaseException as error:
            self._leave(error)
        finally:
            self._open_things.close()

    def _do(self, line: str, *, aside: bool = False, judged: bool = True) -> None:
        """Let the tutor hear a line. One `aside`, such as a control key, may pass the step but is no failed attempt;
        one that is not `judged` is only done."""
        assert self.opened is not None or not line
        if self.opened is None:
            return
        tutor = self.opened.tutor
        step = tutor.session.step
        word = _words(line)
        what = WORKING.get(step.kind if step and word not in WORDS and word not in HANDS else "", "one moment")
        if not self.work.begin(what, otherwise=lambda: self._do(line, aside=aside, judged=judged)):
            return  # another thread was faster
        if word not in WORDS and word not in HANDS and step is not None:
            if line.strip() and self._is_command(step, line):
                self.state.print_line(f"{tutor.desk.shell.prompt}{line}")
            elif self.at_board and not self.state.terminal.last_line:
                self.state.print(self.prompt)  # below a remark the echo would have none before it
        self._jobs.put(lambda: self._hear(line, aside=aside, judged=judged))

    def _is_command(self, step: Step, line: str) -> bool:
        """Is a line one that stands in the terminal? The board echoes its own; an answer to a question is none."""
        command = parse(line, self.state.system)
        kind = command.kind if isinstance(command, Command) else ""
        return step.kind == "run" or (step.kind != "type" and kind != "") or kind == "terminal"

    def _hear(self, line: str, *, aside: bool, judged: bool) -> None:
        assert self.opened is not None
        tutor = self.opened.tutor
        step, feedback = tutor.session.step, self.state.feedback
        try:
            if judged:
                tutor.hear(line)
            else:
                tutor.desk.act(line)
            if aside and tutor.session.step is step:
                self.state.feedback = feedback
            if tutor.session.finished:
                self.state.course = course_entries(self.opened)
        finally:
            follow = self.work.finish()
        self._go_on(step, follow)
        if not tutor.running and not tutor.session.finished:
            self._leave(None)

    def _open(self) -> None:
        self.state.work(LOOKING)
        interface = Interface(
            tell=self.state.print,
            confirm=self.state.ask,
            note=self.state.print_line,
            window=self._size,
            voice=self._voice,
            preview=lambda lesson: preview(self.state, lesson),
            progress=lambda done, total: self.state.work(LOOKING, amount(done, total)),
            is_cancelled=lambda: self.work.cancelled or self._closing.is_set(),
        )
        try:
            opened = self._opener(self._request, interface, self._open_things)
            self._open_things.callback(watch(opened.tutor.desk.bench, self.state, lambda: self._noticed("plug in")))
            self.opened = opened
            self._here = opened.tutor.session.lesson.name
            opened.tutor.desk.on_start = lambda: self._noticed("press reset")
            opened.tutor.begin()
            self.state.course = course_entries(opened)
        finally:
            follow = self.work.finish()
        self._go_on(None, follow)

    def _go_on(self, step: Step | None, follow: Sequence[Callable[[], object]]) -> None:
        """Do the line that was typed ahead, as a shell does; but not for another step than `step`, which the learner
        saw. And what is to follow at once."""
        if self.opened is None or self._closing.is_set():
            return
        same = self.opened.tutor.session.step is step and not self.state.waits_to_turn
        waiting = self.work.take_typed_ahead(all_of_it=not same)
        if waiting and same:
            self._submit_late(waiting[0])
        for action in follow:
            action()
        if waiting and not same:
            self.state.remark(_kept(*waiting))
            self._give_back(waiting[0])

    def _go_to(self, lesson: str) -> None:
        """Close this lesson and open another; if that cannot be, this one again, and say why."""
        assert self.opened is not None
        self.opened.tutor.save()
        before, self._request = self._request, replace(self._request, lesson=lesson)
        try:
            self._reopen()
        except EspdojoError as error:
            self._request = replace(before, lesson=before.lesson or self._here)
            self._reopen()
            self.state.remark(Remark("wrong", describe(error) or ""))

    def _reopen(self) -> None:
        self.opened = None
        self.state.board, self.state.lively = lambda: None, lambda: False
        self._open_things.close()
        self._open_things = ExitStack()
        self._open()

    def _make_ready(self) -> None:
        """Something begins at the desk."""
        if desk := self.desk:
            desk.ready()

    def _voice(self, session: Session, position: Position) -> ScreenVoice:
        return ScreenVoice(self.state, session, (position.number, len(position.lessons)))

    def _noticed(self, hand: str) -> None:
        """Something was done with hands: if it is what the step asks for, it is done."""
        if self.work.follows(lambda: self._noticed(hand), unseen=True) or self.work.busy or self.state.waits_to_turn:
            return
        if self.state.task.hand == hand:
            self._do(hand)


def _words(line: str) -> str:
    """A line as words are compared: small letters, single blanks."""
    return " ".join(line.lower().split())


def _kept(*lines: str) -> Remark:
    """What is said of lines that were typed before what they would be done for could be read."""
    named = ", ".join(f"`{line.strip()}`" for line in lines)
    return Remark("note", f"{named} was typed before you could read this, and is not done yet. Enter sends it.")
