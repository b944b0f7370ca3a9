"""A lesson made ready for a learner: their progress, the firmware, the board on the bench, the desk; for every
interface."""

import zlib
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from trainer.computer.child import Window
from trainer.console import program
from trainer.course.contents import find_lesson, load_course, own_course
from trainer.errors import describe
from trainer.images.transfer import Progress
from trainer.lesson import Lesson, LessonError, load_lesson, title_of
from trainer.progress import Progress as Kept
from trainer.progress import ProgressError
from trainer.session import Place, Session
from trainer.system import System, current, data_folder
from trainer.ui.resume import is_there, next_lesson
from trainer.ui.state import CourseEntry
from trainer.ui.tutor import Tutor
from trainer.ui.voice import Voice
from trainer.workplace.desk import Desk
from trainer.workplace.equipment import check_board, choose_firmware, lesson_values, open_bench

__all__ = ["Interface", "Opened", "Position", "Request", "course_entries", "open_lesson"]


@dataclass(frozen=True)
class Request:
    """What a learner asked for on the command line: a lesson (None: where they stopped), a port, a fake board (None:
    the one that the lesson is written for), a system."""

    lesson: str | None = None
    port: str = "fake"
    profile: str | None = None
    system: System | None = None

    @property
    def for_system(self) -> System:
        """The system whose commands are shown."""
        return self.system or current()


@dataclass(frozen=True)
class Interface:
    """What an interface gives a lesson: where to write text (`tell`), what is no line of the terminal's own (`note`),
    how to ask before a real board is changed, its window if it is one (see `Desk`), its voice, who is shown a lesson
    that begins as soon as it is loaded (`preview`), and who hears of a download and may stop it."""

    tell: Callable[[str], None]
    confirm: Callable[[str], bool]
    note: Callable[[str], None] | None = None
    window: Window | None = None
    voice: "Callable[[Session, Position], Voice] | None" = None
    preview: Callable[[Lesson], None] | None = None
    progress: Progress | None = None
    is_cancelled: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Position:
    """Where a lesson stands: its number in its course, from 1, of how many; 0 where it is in none. `lessons` are the
    course's, each as `find_lesson` knows it."""

    number: int = 0
    lessons: tuple[str, ...] = ()

    @property
    def following(self) -> str | None:
        """The lesson after it."""
        return self.lessons[self.number] if 0 < self.number < len(self.lessons) else None


@dataclass(frozen=True)
class Opened:
    """A lesson that is ready. `command` is what has to be typed to go on with it later."""

    tutor: Tutor
    position: Position
    command: str
    progress: Kept | None


def open_lesson(request: Request, interface: Interface, open_things: ExitStack) -> Opened:
    """Make the lesson ready; what has to be closed afterwards goes into `open_things`.

    Raises EspdojoError for a lesson that cannot be loaded and a board that cannot be had.
    """
    system = request.for_system
    progress = _open_progress(interface.tell)
    if progress is not None:
        open_things.callback(progress.close)
    folder = find_lesson(request.lesson) if request.lesson else _next_lesson(progress, interface.tell)
    loaded = load_lesson(folder)
    key = _key(folder)
    check_board(loaded, request.port)
    place = _place(progress, key)
    if interface.preview is not None and place is None:
        interface.preview(loaded)
    board = request.profile or loaded.board
    bench = open_things.enter_context(open_bench(request.port, system, board, _flash_file(folder, board)))
    firmware = choose_firmware(interface.tell, loaded, progress=interface.progress, is_cancelled=interface.is_cancelled)
    session = Session(loaded, system, lesson_values(loaded, system, bench, firmware), place)
    desk = Desk(session, bench, data_folder() / "workspace", firmware.path, interface.tell, interface.confirm,
                window=interface.window, note=interface.note)  # fmt: skip
    open_things.callback(desk.close)
    if progress is not None and session.begun:
        desk.restore(progress.desk(key))
        desk.open_again(progress.desk(key))
    position = _position(folder)
    voice = interface.voice(session, position) if interface.voice else None
    tutor = Tutor(session, desk, interface.tell, progress=progress, key=key, voice=voice)
    return Opened(tutor, position, _command(request, folder, loaded), progress)


def course_entries(opened: Opened) -> tuple[CourseEntry, ...]:
    """The lessons of the course, for a list of them. One that cannot be read is left out."""
    finished = opened.progress.finished() if opened.progress is not None else frozenset()
    here = opened.tutor.session.lesson.file.parent
    entries = []
    for name in opened.position.lessons:
        with suppress(LessonError):
            folder = find_lesson(name)
            entries.append(CourseEntry(name, title_of(folder), _key(folder) in finished, folder == here))
    return tuple(entries)


def _open_progress(tell: Callable[[str], None]) -> Kept | None:
    """The learner's progress. When the file cannot be used, the lesson goes on all the same; without any place to write
    there can be no lesson, and the error is raised."""
    try:
        progress = Kept()
    except ProgressError as error:
        if isinstance(error.__cause__, OSError):
            raise
        tell(f"{describe(error)}\nYou can learn all the same.\n\n")
        return None
    if progress.notice:
        tell(f"{progress.notice}\n\n")
    return progress


def _next_lesson(progress: Kept | None, tell: Callable[[str], None]) -> Path:
    """The lesson to go on with. Where the one that was done last has vanished, that is told."""
    records = progress.records() if progress is not None else []
    if records and not is_there(records[0].lesson):
        tell(f"The lesson that you did last is no longer there: {records[0].lesson}\nSo here is another one.\n\n")
    return find_lesson(next_lesson(records))


def _position(folder: Path) -> Position:
    """Where a lesson stands in the course whose folder it lies in."""
    try:
        names = load_course(folder.parent).lessons
    except LessonError:
        return Position()
    if folder.name not in names:
        return Position()
    own = folder.parent == own_course()
    return Position(names.index(folder.name) + 1, names if own else tuple(str(folder.parent / name) for name in names))


def _key(folder: Path) -> str:
    """The name under which a lesson's progress is kept."""
    folder = folder.resolve()
    return folder.name if folder.parent == own_course().resolve() else str(folder)


def _place(progress: Kept | None, key: str) -> Place | None:
    """Where the learner is; a finished lesson begins anew."""
    place = progress.place(key) if progress is not None else None
    if progress is not None and place is not None and place.step is None:
        progress.forget(key)
        return None
    return place


def _flash_file(lesson: Path, profile: str) -> Path:
    """The flash of the fake board that a lesson has for itself: what is written stays until it is begun anew."""
    folder = lesson.resolve()
    elsewhere = "" if folder.parent == own_course().resolve() else f"-{zlib.crc32(str(folder).encode()):08x}"
    file = data_folder() / "boards" / f"{folder.name}{elsewhere}-{profile}.flash"
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def _command(request: Request, folder: Path, lesson: Lesson) -> str:
    """What has to be typed to go on with this lesson."""
    name = request.lesson or _key(folder)
    words = ["learn", f'"{name}"' if " " in name else name]
    for option, value, default in (
        ("--port", request.port, "fake"),
        ("--board", request.profile or lesson.board, lesson.board),
        ("--system", request.for_system, current()),
    ):
        words += [option, value] if value != default else []
    return " ".join([program(), *words])
