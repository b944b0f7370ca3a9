"""The full-screen tutor in this process, on a screen that can be looked at: keys in, rows out."""

import io
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from trainer.computer import child
from trainer.errors import EspdojoError
from trainer.lesson import Lesson
from trainer.progress import Progress, ProgressError
from trainer.session import Session
from trainer.ui.app import FullScreen
from trainer.ui.opening import Interface, Opened, Position, Request
from trainer.ui.tutor import Tutor
from trainer.workplace.desk import Desk

from .screens import Looking

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the keyboard of these tests is a POSIX pipe")

PATIENCE_S = 60.0

F1, F2, F3, F4, F5, F6, F7, F8, F9, F10 = (
    "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[19~", "\x1b[20~", "\x1b[21~",
)  # fmt: skip
CTRL_C, ESCAPE, PAGE_UP, PAGE_DOWN = "\x03", "\x1b", "\x1b[5~", "\x1b[6~"


class Window(io.StringIO):
    """Where the application writes."""

    def __init__(self, looking: Looking) -> None:
        super().__init__()
        self.looking = looking
        self.size = Size(rows=looking.screen.lines, columns=looking.screen.columns)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def write(self, text: str) -> int:
        self.looking.feed(text)
        return len(text)


class Learner:
    """Somebody at the keyboard, who looks at the screen."""

    def __init__(self, keyboard: Any, window: Window, opener: Any) -> None:
        self._keyboard = keyboard
        self.window = window
        self.looking = window.looking
        output = Vt100_Output(window, lambda: window.size, term="xterm-256color", enable_cpr=False)
        self.app = FullScreen(Request(system="linux"), input=keyboard, output=output, opener=opener)
        self._result: list[Any] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result.append(self.app.run())
        except BaseException as error:
            self._result.append(error)

    def press(self, keys: str) -> None:
        self._keyboard.send_text(keys)

    def types(self, keys: str) -> None:
        """Press keys once nothing is being done any more, so that a line is not one that was typed ahead."""
        self.until(lambda: not self.app.conductor.work.busy, "that nothing is being done")
        self.press(keys)

    def sees(self, words: str) -> None:
        """Wait until the words are on the screen."""
        self.until(lambda: words in self.looking.flat, words)

    def sees_no(self, words: str) -> None:
        """Wait until they are gone."""
        self.until(lambda: words not in self.looking.flat, f"no {words}")

    def until(self, condition: Callable[[], bool], what: str = "it") -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with self.looking.lock:
                if condition():
                    return
            assert time.monotonic() < deadline, f"never saw {what}:\n{self.looking.text}"
            assert not self._result, f"it ended with {self._result} before {what}:\n{self.looking.text}"
            time.sleep(0.01)

    def resize(self, columns: int, rows: int) -> None:
        with self.looking.lock:
            self.looking.resize(columns, rows)
            self.window.size = Size(rows=rows, columns=columns)
        application = self.app._app
        assert application is not None
        assert application.loop is not None
        application.loop.call_soon_threadsafe(application._on_resize)

    @property
    def end(self) -> Any:
        """What the application returned, or raised."""
        self._thread.join(PATIENCE_S)
        assert self._result, f"it did not end:\n{self.looking.text}"
        return self._result[0]


def endless(program: child.Program, *arguments: Any, **options: Any) -> child.Finished:
    """In place of any program one that goes on until it is stopped."""
    sleep = (sys.executable, "-c", "import time; time.sleep(600)")
    return child.run(replace(program, arguments=sleep), *arguments, **options)


Start = Callable[..., Learner]


@pytest.fixture
def start(tmp_path: Path, lesson: Lesson, bench: Any) -> Iterator[Start]:
    """Starts the tutor on the small lesson; `columns` and `rows` of its window."""
    image = tmp_path / "fw.bin"
    image.write_bytes(b"\xe9image")

    def opener(request: Request, interface: Interface, open_things: ExitStack) -> Opened:
        if request.lesson == "write":
            raise EspdojoError("The lesson has vanished.", next_step="Choose another.")
        progress = Progress(tmp_path)
        open_things.callback(progress.close)
        session = Session(lesson, "linux", {"port": "/dev/ttyUSB0", "baud": "115200"}, progress.place("small"))
        desk = Desk(
            session, bench, tmp_path / "home", image, interface.tell, interface.confirm,
            run_program=endless, window=interface.window, note=interface.note,
        )  # fmt: skip
        open_things.callback(desk.close)
        assert interface.voice is not None
        position = Position(1, ("first-flash", "erase", "write"))
        voice = interface.voice(session, position)
        tutor = Tutor(session, desk, interface.tell, progress=progress, key="small", voice=voice)
        return Opened(tutor, position, f"espdojo learn {request.lesson or 'small'}", progress)

    with ExitStack() as stack:
        learners: list[Learner] = []

        def begin(columns: int = 80, rows: int = 24) -> Learner:
            keyboard = stack.enter_context(create_pipe_input())
            learner = Learner(keyboard, Window(Looking(columns, rows)), opener)
            learners.append(learner)
            return learner

        yield begin
        for learner in learners:
            if not learner._result:
                learner.press(F10)
            learner._thread.join(PATIENCE_S)


def at(learner: Learner, step: int) -> None:
    """Wait for a step's page."""
    learner.sees(f"Step {step} of 7")


def go_to(learner: Learner, step: int) -> None:
    """Begin, and pass over the steps before `step`."""
    learner.sees("Press Enter to begin")
    learner.press("\r")
    for number in range(1, step):
        at(learner, number)
        learner.types("skip\r")
    at(learner, step)


def test_enter_shows_the_rest_of_a_page_before_it_is_turned(start: Start) -> None:
    learner = start(50, 15)
    learner.sees("Enter: ")
    learner.until(lambda: not learner.app.conductor.work.busy, "that the desk is ready")
    state, end = learner.app.state, "quit leaves."
    learner.until(lambda: learner.app.screen.reads_on, "a page that is longer than the window")
    assert end not in learner.looking.flat
    while learner.app.screen.reads_on:
        rows = state.text_scroll
        learner.press("\r")
        learner.until(lambda rows=rows: state.text_scroll > rows, "more of the page")  # type: ignore[misc]
    learner.sees(end)
    learner.press("\r")
    learner.until(lambda: not state.page.turns, "the next page")
    at(learner, 1)


def test_progress_that_cannot_be_kept_is_seen_and_not_called_saved(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(*_: Any) -> None:
        raise ProgressError("No room for your progress.", next_step="Make some.")

    monkeypatch.setattr(Progress, "save", save)
    learner = start()
    learner.sees("Press Enter to begin")
    learner.types("\r")
    at(learner, 1)
    learner.types("pwd\r")
    learner.sees("✓ Right.")
    learner.sees("No room for your progress. Make some.")
    assert "could not be kept" in learner.app.farewell()[0]


@pytest.mark.slow
def test_below_a_remark_the_boards_prompt_stands_anew(start: Start) -> None:
    learner = start()
    go_to(learner, 3)
    learner.types("plug in\r")
    learner.sees("(You push the cable in.")
    learner.types("/dev/ttyUSB0\r")
    at(learner, 4)
    learner.types("screen /dev/ttyUSB0 115200\r")
    at(learner, 5)
    learner.types("\r")
    at(learner, 6)
    learner.types("look\r")
    learner.sees("(You look at the board.")
    learner.types("2 + 3\r")
    learner.sees(">>> 2 + 3")


def test_ctrl_z_takes_back_what_was_typed(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.types("pwdx")
    learner.sees("$ pwdx")
    learner.press("\x1a")
    learner.until(lambda: "pwdx" not in learner.looking.flat, "the line without its last letters")
    assert "^Z" not in learner.looking.flat


def test_a_learner_who_does_everything_right(start: Start, bench: Any) -> None:
    learner = start()
    learner.sees("Small lesson Welcome.")
    learner.sees("Press Enter to begin")
    learner.press("\r")
    at(learner, 1)
    learner.sees("Your turn: ask where you are")
    learner.types("pwd\r")
    learner.sees("✓ Right. You have looked.")
    learner.sees("step 1 of 7")
    learner.sees("you@pc:~$ pwd")
    learner.press("\r")
    at(learner, 2)
    learner.sees("step 2 of 7")
    learner.sees("F8: plug in")
    learner.press(F8)
    learner.sees("(You push the cable in.")
    learner.sees("✓ Right. Step 3 of 7")
    learner.types("/dev/ttyUSB0\r")
    learner.sees("✓ Right. Step 4 of 7")
    learner.types("screen /dev/ttyUSB0 115200\r")
    learner.sees("Serial terminal: /dev/ttyUSB0, 115200 baud")
    learner.sees("✓ Right. Step 5 of 7")
    learner.press("\r")
    learner.sees(">>>")
    learner.sees("✓ Right. Step 6 of 7")
    learner.types("1 + 1\r")
    learner.sees(">>> 1 + 1 2")
    learner.sees("✓ Right. Step 7 of 7")
    learner.press("\r")
    learner.sees("That was the lesson “Small lesson”.")
    learner.press(F10)
    assert learner.end is False
    assert "Where next?" in learner.app.farewell()[0]


def test_a_mistake_gets_its_answer_and_the_page_stays(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.types("ls\r")
    learner.sees("✗ Not yet. That lists.")
    learner.types("$ pwd\r")
    learner.sees("is the prompt")
    at(learner, 1)


def test_a_line_typed_on_a_page_is_for_no_step_that_was_not_read(start: Start) -> None:
    learner = start()
    learner.sees("Press Enter to begin")
    learner.types("ls\r")
    at(learner, 1)
    learner.sees("ls was typed before you could read this, and is not done yet.")
    learner.sees("you@pc:~$ ls")
    assert "✗" not in learner.looking.text
    learner.types("\x15pwd\r")
    learner.sees("✓ Right. You have looked.")
    learner.types("plug in\r")  # which the next step does ask for
    learner.sees("Step 3 of 7")


def test_a_hand_on_a_page_passes_no_step_that_was_not_read(start: Start, bench: Any) -> None:
    learner = start()
    go_to(learner, 1)
    learner.types("pwd\r")
    learner.sees("✓ Right. You have looked.")
    learner.types(F6)  # RESET, which nobody has asked for
    learner.sees("(You press RESET and let it go.)")
    learner.press("press flash\r")
    learner.until(lambda: "flash" in bench.pressed, "FLASH")
    learner.sees("✓ Right. You have looked.")
    learner.press("\r")
    at(learner, 2)


def test_a_command_in_place_of_reading_is_not_taken_for_it(start: Start) -> None:
    learner = start()
    go_to(learner, 7)
    learner.types("esptool version\r")
    learner.sees("There is nothing to type here")
    at(learner, 7)
    learner.types("\x15\r")
    learner.sees("That was the lesson")
    learner.types("pwd\r")
    learner.sees("The lesson is finished, so nothing is done with a line here.")


def test_a_line_that_is_typed_ahead_waits_and_goes_to_no_other_step(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    hear = learner.app.conductor.opened.tutor.hear  # type: ignore[union-attr]
    goes_on = threading.Event()

    def slow(line: str) -> None:
        goes_on.wait(PATIENCE_S)
        hear(line)

    learner.app.conductor.opened.tutor.hear = slow  # type: ignore[union-attr, method-assign]
    learner.types("ls\r")
    learner.sees("(Ctrl-C stops)")
    learner.press("pwd\rcd Downloads\r")
    learner.sees("(Ctrl-C stops), then: pwd, cd Downloads")
    goes_on.set()
    learner.sees("✓ Right. You have looked.")
    learner.sees("(Enter) cd Downloads")
    learner.sees("cd Downloads was typed before you could read this")
    assert "Downloads$" not in learner.looking.text


def test_who_sees_the_next_page_need_not_wait_until_the_last_step_is_done_with(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    conductor = learner.app.conductor
    assert conductor.opened is not None
    tutor = conductor.opened.tutor
    hear, done_with = tutor.hear, threading.Event()

    def slow(line: str) -> None:
        hear(line)
        done_with.wait(PATIENCE_S)

    tutor.hear = slow  # type: ignore[method-assign]
    for step, keys in enumerate(
        ("skip\r", F8, "/dev/ttyUSB0\r", "screen /dev/ttyUSB0 115200\r", "\r", "1 + 1\r", "\r"), 1
    ):
        before = learner.app.state.page
        learner.until(lambda before=before: conductor.work.page_seen is before, "the page")  # type: ignore[misc]
        learner.types("again\r")
        learner.until(lambda before=before: conductor.work.page_seen is not before, "the page anew")  # type: ignore[misc]
        assert conductor.work.busy
        learner.press(keys)
        done_with.set()
        learner.sees(f"Step {step + 1} of 7" if step < 7 else "That was the lesson")
        learner.until(lambda: not conductor.work.busy, "that it is done with")
        done_with.clear()
    assert "✗" not in learner.looking.text


def test_hints_come_one_at_a_time(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.press(F2)
    learner.sees("Hint 1 of 2: three letters")
    learner.press(F2)
    learner.sees("Hint 2 of 2: it is pwd")
    assert learner.looking.style_of("pwd").fg == "brightbrown", "code has a colour"
    learner.types("skip\r")
    at(learner, 2)
    assert "Hint" not in learner.looking.text.replace("F2 Hint", "")


@pytest.mark.slow
def test_a_refused_line_has_its_sign_and_its_reason_beside_the_task(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.types("esptol flash-id\r")
    learner.sees("✗ Not yet. Did you mean esptool?")


@pytest.mark.slow
def test_the_panes_title_says_where_the_line_goes(start: Start, bench: Any) -> None:
    learner = start()
    bench.plug()
    go_to(learner, 4)
    learner.types("screen /dev/ttyUSB0 9600\r")
    learner.sees("✗ Not yet.")
    learner.sees("Your terminal (open beside it: /dev/ttyUSB0, 9600 baud)")
    learner.sees("you@pc:~$")


def test_going_back_and_the_words(start: Start) -> None:
    learner = start()
    go_to(learner, 2)
    learner.types("back\r")
    at(learner, 1)
    learner.types("where\r")
    learner.sees("Small lesson, step 1 of 7: Look")
    learner.types("help\r")
    learner.sees("Keys")
    learner.press(ESCAPE)
    learner.sees_no("Keys")
    learner.types("quit\r")
    assert learner.end is False
    assert "Next is step 1" in learner.app.farewell()[0]
    assert "espdojo learn small" in learner.app.farewell()[0]


def test_help_scrolls_and_nothing_is_typed_behind_it(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.press(F1)
    learner.sees("Keys Enter do the line")
    learner.sees("▼ more")
    learner.press("abc" + PAGE_DOWN * 5)
    learner.sees("--plain")
    learner.press(F1)
    learner.sees_no("--plain")
    assert "abc" not in learner.looking.text


def test_the_boards_hands_have_keys(start: Start, bench: Any) -> None:
    learner = start()
    go_to(learner, 1)
    learner.types("plug in\r")
    learner.sees("(You push the cable in.")
    assert bench.plugged
    learner.types("press flash\r")
    learner.sees("You hold FLASH down")
    assert bench.pressed == ["flash"]
    at(learner, 1)


def test_ctrl_c_never_ends_the_tutor(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.press("half a li")
    learner.sees("half a li")
    learner.press(CTRL_C)
    learner.sees_no("half a li")
    learner.press(CTRL_C)
    learner.sees("F10 leaves; the next time you go on here")
    at(learner, 1)


def test_ctrl_c_stops_a_program(start: Start, tmp_path: Path) -> None:
    learner = start()
    go_to(learner, 1)
    learner.types("python3 -m venv x\r")
    learner.sees("(Ctrl-C stops)")
    learner.press("typed meanwhile")
    learner.sees("typed meanwhile")
    learner.press(CTRL_C)
    learner.sees_no("(Ctrl-C stops)")
    at(learner, 1)


def test_hands_reach_the_board_while_something_runs(start: Start, bench: Any) -> None:
    """A word to the tutor that can wait stays in the line, and neither goes to the board as bytes."""
    learner = start()
    bench.plug()
    go_to(learner, 1)
    learner.types("python3 -m venv x\r")
    learner.sees("(Ctrl-C stops)")
    learner.press("press flash\r")
    learner.until(lambda: bench.pressed == ["flash"], "FLASH")
    learner.press("where\r")
    learner.sees("where")
    learner.press(CTRL_C)
    learner.sees_no("(Ctrl-C stops)")
    at(learner, 1)


@pytest.mark.slow
def test_a_key_that_is_typed_as_a_word_reaches_a_board_that_is_busy(
    start: Start, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = start()
    bench.plug()
    go_to(learner, 6)
    sent: list[bytes] = []

    def write(data: bytes) -> int:
        sent.append(data)
        if data == b"\x03":
            bench.connection.say(b"KeyboardInterrupt\r\n>>> ")
        return len(data)

    monkeypatch.setattr(bench.connection, "write", write)
    learner.types("while True: pass\r")
    learner.until(lambda: b"while True: pass\r" in sent, "the line")
    learner.press("ctrl-c\r")
    learner.sees("KeyboardInterrupt")
    assert sent[-1] == b"\x03"


@pytest.mark.slow
def test_the_board_is_interrupted_and_gets_its_keys(start: Start, bench: Any) -> None:
    learner = start()
    bench.plug()
    go_to(learner, 5)
    learner.types("\r")
    at(learner, 6)
    sent: list[bytes] = []
    real_write = bench.connection.write

    def write(data: bytes) -> int:
        sent.append(data)
        return real_write(b"\r" if data < b" " else data)  # type: ignore[no-any-return]

    bench.connection.write = write
    learner.types("\x04")
    learner.until(lambda: b"\x04" in sent, "Ctrl-D")
    learner.sees_no("(Ctrl-C stops)")
    learner.press(CTRL_C)
    learner.until(lambda: b"\x03" in sent, "Ctrl-C")
    learner.sees_no("(Ctrl-C stops)")
    assert "Not yet" not in learner.looking.text, "a key is no attempt"


@pytest.mark.slow
@pytest.mark.parametrize(("system", "scrolls"), [("linux", "▲ Ctrl-Up"), ("macos", "▲ wheel")])
def test_views_and_scrolling(start: Start, monkeypatch: pytest.MonkeyPatch, system: str, scrolls: str) -> None:
    monkeypatch.setattr("trainer.ui.drawing.current", lambda: system)
    learner = start(80, 24)
    go_to(learner, 1)
    for number in range(30):
        learner.app.state.print(f"line {number}\n")
    learner.sees("line 29")
    learner.sees(scrolls)
    learner.press("\x1b[1;5A" * 20)  # Ctrl-Up
    learner.sees("lines below")
    learner.sees_no("line 29")
    learner.press("\x1b[1;5B" * 40)
    learner.sees("line 29")
    learner.press(F4)
    learner.sees_no("line 29")
    learner.press(F4)
    learner.sees("line 13 ")
    learner.press(PAGE_UP)
    learner.sees("line 0 ")
    learner.press(F4)
    at(learner, 1)


def test_resizing_loses_nothing(start: Start) -> None:
    keys = re.compile("F1 Help.*F10 Leave")  # the row is looked at once: between two looks it may be drawn anew
    learner = start(80, 24)
    go_to(learner, 1)
    learner.press("ls\rhalf a line")
    learner.sees("Not yet. That lists.")
    for columns, rows in ((120, 40), (60, 18), (50, 15), (200, 60), (80, 24)):
        learner.resize(columns, rows)
        learner.sees("Not yet. That lists.")
        learner.sees("half a line")
        at(learner, 1)
        learner.until(lambda: bool(keys.fullmatch(learner.looking.rows[-1])), "the keys in the last row")
        assert max(map(len, learner.looking.rows)) <= columns
    learner.resize(30, 10)
    learner.sees("too small")
    learner.resize(80, 24)
    at(learner, 1)
    learner.sees("half a line")


def test_a_window_that_is_too_small_has_a_way_on(start: Start) -> None:
    learner = start(40, 10)
    learner.sees("This window is too small for the tutor: 40 x 10.")
    learner.press(F9)
    assert learner.end is True


def test_leaving_and_going_on(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.types("pwd\r")
    learner.sees("✓ Right")
    learner.press(F10)
    assert learner.end is False
    again = start()
    again.sees("you go on where you were")
    at(again, 2)


def test_themes(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    assert learner.looking.style_of("Step 1").fg == "brightcyan"
    learner.press(F9)
    learner.until(lambda: learner.looking.style_of("Step 1").fg == "blue", "blue")


def test_no_colour_and_no_unicode(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("trainer.ui.app.speaks_unicode", lambda: False)
    learner = start(120, 40)
    go_to(learner, 1)
    learner.press(F2 + F2)
    learner.sees("Hint 2 of 2: it is `pwd`")
    assert learner.looking.colours == {"default"}
    assert learner.looking.text.replace("“", "").replace("”", "").isascii()


def test_a_question_waits_for_a_key(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    answers: list[bool] = []
    for key in ("y", "n", CTRL_C):
        asking = threading.Thread(target=lambda: answers.append(learner.app.state.ask("Erase /dev/ttyUSB0?")))
        asking.start()
        learner.sees("Erase /dev/ttyUSB0? y: yes n: no")
        learner.press(key)
        asking.join(PATIENCE_S)
        learner.sees_no("Erase /dev")
    assert answers == [True, False, False]


def test_paste_takes_one_line(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.press("\x1b[200~pwd\nls\n\x1b[201~")
    learner.sees("Only the first of the lines was pasted")
    learner.sees("you@pc:~$ pwd")


def test_completion(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.press("cd Down\t")
    learner.sees("cd Downloads/")
    learner.press("\x15plug\t")
    learner.sees("$ plug in")


def test_the_mouse(start: Start, bench: Any) -> None:
    learner = start()
    go_to(learner, 1)
    rows = learner.looking.rows
    row = next(number for number, row in enumerate(rows, 1) if "F2 Hint" in row)
    column = rows[row - 1].index("F2") + 1
    learner.press(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
    learner.sees("Hint 1 of 2")


def test_a_mistake_of_ours_ends_it_with_its_error(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = start()
    go_to(learner, 1)

    def broken(line: str) -> None:
        raise ZeroDivisionError

    assert learner.app.conductor.opened is not None
    monkeypatch.setattr(learner.app.conductor.opened.tutor, "hear", broken)
    learner.types("pwd\r")
    assert isinstance(learner.end, ZeroDivisionError)


def test_the_list_of_lessons(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.press(F3)
    learner.sees("Lessons")
    learner.sees("1 A first flash")
    learner.sees("3 Write")
    learner.sees("Up, Down choose, Enter opens, Esc closes.")
    learner.types("\x1b[B\r")
    learner.sees_no("1 A first flash")
    learner.sees("Press Enter to begin")
    opened = learner.app.conductor.opened
    assert opened is not None
    assert opened.command == "espdojo learn erase"


def test_a_lesson_that_vanishes_is_said_and_this_one_goes_on(start: Start) -> None:
    learner = start()
    go_to(learner, 1)
    learner.types("pwd\r")
    learner.sees("✓ Right")
    learner.types(F3)
    learner.sees("3 Write")
    learner.types("\x1b[B\x1b[B\r")
    learner.sees("The lesson has vanished. Next: Choose another.")
    at(learner, 2)


def test_a_real_board_is_noticed_by_itself(start: Start, bench: Any) -> None:
    bench.fake = False
    learner = start()
    go_to(learner, 2)
    assert "F8" not in learner.looking.text
    bench.plug()
    learner.sees("✓ Right. Step 3 of 7")
