"""A desk is brought into the state that its lesson starts from: the board, the files, the shell."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator.bridge import PortBusyError
from emulator.rom.image import with_flash_size
from emulator.trace import Event
from trainer.board.real_board import RealBench
from trainer.board.workbench import FakeBench
from trainer.errors import EspdojoError
from trainer.firmware import practice
from trainer.lesson import parse_lesson
from trainer.session import Place, Session
from trainer.ui import page
from trainer.workplace.arrange import arrange
from trainer.workplace.desk import Desk
from trainer.workplace.equipment import check_board, choose_firmware, lesson_values

from ..pretend import lesson_text

STEPS = """\
## First

```step
id = "first"
run = "look"
solutions = ["pwd"]
hints = ["look"]
```

## Second

```step
id = "second"
run = "look"
solutions = ["pwd"]
hints = ["look"]
faults = ["port-busy"]
repairs = ["port-busy", "charge-only-cable"]
```

## Third

```step
id = "third"
read = "read"
```
"""
CABLE = 'faults = ["charge-only-cable"]\n'

MakeDesk = Callable[..., Desk]


@pytest.fixture(scope="module")
def bench() -> Iterator[FakeBench]:
    with FakeBench("linux", plugged=False) as bench:
        yield bench


@pytest.fixture
def desk_for(bench: FakeBench, tmp_path: Path) -> Iterator[MakeDesk]:
    """A function from what a lesson starts with to a desk for it. The board is as good as new before."""
    desks: list[Desk] = []

    def make(start: str, folder: Path | None = None) -> Desk:
        file = (folder or tmp_path) / "lesson.md"
        lesson = parse_lesson(lesson_text(STEPS, start=CABLE + start), name="lab", file=file)
        session = Session(lesson, "linux", lesson_values(lesson, "linux", bench, practice()))
        desks.append(Desk(session, bench, tmp_path / "home", practice().path, lambda text: None))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()
    for fault in ("charge-only-cable", "port-busy"):
        bench.board.repair(fault)
    bench.unplug()


def test_without_a_word_the_board_is_blank_and_unplugged(bench: FakeBench, desk_for: MakeDesk) -> None:
    bench.board.fill_flash({0: b"something"})
    bench.plug()
    arrange(desk_for(""))
    assert not bench.has_cable
    assert bench.board.flash.read(0, bench.board.flash.size).count(0xFF) == bench.board.flash.size


def test_micropython_stands_in_the_flash_as_detect_writes_it(bench: FakeBench, desk_for: MakeDesk) -> None:
    arrange(desk_for('starts = ["micropython"]\n'))
    image = practice().path.read_bytes()
    assert bench.board.flash.read(0, len(image)) == with_flash_size(image, bench.board.flash.size)


def test_other_parts_of_the_flash_are_filled_too(bench: FakeBench, desk_for: MakeDesk) -> None:
    arrange(desk_for('[[flash]]\noffset = 0x1000\nfrom = "firmware"\nbytes = 100\n'))
    assert bench.board.flash.read(0x1000, 101) == practice().path.read_bytes()[:100] + b"\xff"
    assert bench.board.flash.read(0, 0x1000) == b"\xff" * 0x1000


def test_files_lie_where_the_lesson_puts_them(desk_for: MakeDesk, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>")
    desk = desk_for(
        'folder = "Downloads"\n[[files]]\nname = "Downloads/{firmware}"\nfrom = "firmware"\nbytes = 700\n'
        '[[files]]\nname = "a/b.html"\nsource = "page.html"\n'
    )
    arrange(desk)
    home = desk.shell.places.home
    assert (home / "Downloads" / practice().path.name).stat().st_size == 700
    assert (home / "a" / "b.html").read_text() == "<html>"
    assert desk.shell.folder == "Downloads"
    desk.hands.download()
    assert (home / "Downloads" / practice().path.name).read_bytes() == practice().path.read_bytes()


def test_the_environment_is_there_at_once_and_has_the_tools(desk_for: MakeDesk) -> None:
    desk = desk_for('starts = ["environment", "firmware"]\n')
    arrange(desk)
    assert desk.shell.environment is not None
    assert desk.shell.environment.name == "esp8266"
    assert all(map(desk.shell.environment.has, ("esptool", "mpremote")))
    assert (desk.shell.places.home / "Downloads" / practice().path.name).is_file()
    arrange(desk)  # once more over what is there


def test_a_damaged_environment_is_named(desk_for: MakeDesk) -> None:
    desk = desk_for('starts = ["environment"]\n')
    sites = desk.shell.places.home / "esp8266" / "lib"
    arrange(desk)
    for site in sites.glob("python*/site-packages/*.pth"):
        site.unlink()
    (sites / "python9.9" / "site-packages").mkdir(parents=True)
    with pytest.raises(EspdojoError, match="esp8266") as caught:
        arrange(desk)
    assert "begin the lesson again" in caught.value.next_step


def test_faults_follow_the_learner(bench: FakeBench, desk_for: MakeDesk) -> None:
    desk = desk_for('starts = ["plugged"]\n')
    arrange(desk)
    assert (bench.has_cable, bench.plugged, bench.ports()) == (True, False, [])
    assert desk.state["plugged"]
    desk.session.skip()
    desk.act("pwd")
    assert bench.board.bridge.refusals == [PortBusyError]
    desk.session.skip()
    desk.act("")
    assert (bench.plugged, bench.board.bridge.refusals) == (True, [])
    desk.session.back()
    desk.act("pwd")
    assert (bench.plugged, bench.board.bridge.refusals) == (False, [PortBusyError])


def test_a_lesson_that_goes_on_has_its_faults_again(bench: FakeBench, desk_for: MakeDesk) -> None:
    before = desk_for("")
    lesson = before.session.lesson
    session = Session(
        lesson, "linux", before.session.values, Place("third", done=(("first", "pwd"), ("second", "pwd")))
    )
    desk = Desk(session, bench, before.shell.places.home, None, lambda text: None)
    desk.restore({"folder": "", "plugged": True})
    assert bench.plugged
    assert not bench.board.bridge.refusals


def test_a_terminal_is_open_when_the_lesson_wants_one(bench: FakeBench, desk_for: MakeDesk) -> None:
    desk = desk_for('starts = ["terminal", "micropython"]\n')
    bench.board.repair("charge-only-cable")
    desk._faults = {}
    desk.session.skip()
    desk.session.skip()
    arrange(desk)
    assert desk.shell.terminal is not None
    assert desk.shell.terminal.baud == 115200
    assert ">>>" in desk.shell.terminal.key("enter", timeout_s=60)


@pytest.mark.parametrize("fake", [True, False])
def test_what_lies_ready_is_told(desk_for: MakeDesk, fake: bool) -> None:
    session = desk_for('starts = ["environment", "micropython", "terminal"]\nfolder = "Downloads"\n').session
    text = page.ready(session, fake, 1000)
    done, _, by_hand = text.partition("See to it")
    for words in ("`esp8266` is active", "at 115200 baud", "in the folder Downloads"):
        assert words in done
    for words in ("espdojo practice image", f"plugged in, at {session.values['port']}"):
        assert words in (done if fake else by_hand)
    assert page.ready(desk_for("").session, True, 1000) == ""


def test_a_lesson_about_faults_is_not_for_a_real_board(desk_for: MakeDesk) -> None:
    lesson = desk_for("").session.lesson
    check_board(lesson, "fake")
    with pytest.raises(EspdojoError, match="practice board") as caught:
        check_board(lesson, "auto")
    assert "without --port" in caught.value.next_step


def test_on_a_real_board_only_the_computer_is_arranged(desk_for: MakeDesk, tmp_path: Path) -> None:
    session = desk_for('starts = ["firmware", "plugged", "micropython"]\nfolder = "Downloads"\n').session
    desk = Desk(session, RealBench("linux", "/dev/no-such-port"), tmp_path / "real", practice().path, lambda text: None)
    arrange(desk)
    assert desk.shell.folder == "Downloads"
    assert (desk.shell.places.here / practice().path.name).is_file()


def test_some_lessons_need_micropython_itself(
    desk_for: MakeDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.firmware.best", lambda **_: practice())
    with pytest.raises(EspdojoError, match="needs MicroPython itself"):
        choose_firmware(lambda text: None, desk_for("practice_image = false\n").session.lesson)
    assert choose_firmware(lambda text: None, desk_for("").session.lesson).origin == "practice"


def test_a_board_that_is_replugged_starts_anew(bench: FakeBench, desk_for: MakeDesk) -> None:
    desk = desk_for('starts = ["plugged"]\n')
    off, on = threading.Event(), threading.Event()

    def notice(event: Event) -> None:
        if event.name == "power":
            (on if event.data["on"] else off).set()

    leave = bench.board.events.subscribe(notice)
    arrange(desk)
    assert on.wait(60)
    on.clear()
    off.clear()
    desk.hands.replug()
    assert off.is_set()
    assert on.wait(60)
    leave()
