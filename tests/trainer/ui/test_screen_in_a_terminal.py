"""The full-screen tutor in a real pseudo-terminal, with real tools: learners who do well, who err, who unplug and who
leave."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest

from trainer.course.contents import own_course
from trainer.firmware import practice
from trainer.lesson import Step, load_lesson
from trainer.prose import fill, paragraph

from ..pretend import lesson_text

pytest.importorskip("pexpect")

from benchmarks.window import Window

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are POSIX"),
]

FIRST_FLASH = load_lesson(own_course() / "first-flash")
STEPS = FIRST_FLASH.steps["linux"]

FLASHING = lesson_text(
    """\
Short.

## Write it

```step
id = "write"
run = "write `{firmware}`"
checks = ["command", "exit-status", "flash-firmware"]
solutions = ["esptool --port {port} write-flash --flash-size detect 0 {firmware}"]
hints = ["`esptool`, and so on", "the whole line"]
```

It is written.

## Open it

```step
id = "open"
run = "open the terminal"
solutions = ["screen {port} {baud}"]
hints = ["screen"]
```

## Ask it

```step
id = "ask"
type = "ask it"
checks = ["line", { check = "reply", is = "2" }]
solutions = ["1 + 1"]
hints = ["one and one"]
```
""",
    title="Flashing",
    start='starts = ["firmware", "environment", "plugged"]\nfolder = "Downloads"\n',
)

WRITE = "esptool --port /dev/ttyUSB0 write-flash --flash-size detect 0 {firmware}"

PRACTICE = practice().path.name

NOWHERE = "http://127.0.0.1:9"
NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE) | {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": f"{NOWHERE}/simple",
}
"""Then lessons run on the practice image."""

Start = Callable[..., Window]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of firmware, empty."""
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


@pytest.fixture
def flashing(tmp_path: Path) -> str:
    """The folder of a lesson that begins right before the writing."""
    folder = tmp_path / "flashing"
    folder.mkdir()
    (folder / "lesson.md").write_text(FLASHING, encoding="utf-8")
    return str(folder)


@pytest.fixture
def start(home: Path, images: Path) -> Iterator[Start]:
    """Starts the tutor in a window."""
    windows: list[Window] = []

    def begin(
        lesson: str = "first-flash", columns: int = 80, rows: int = 24, background: str = "", **environment: str
    ) -> Window:
        window = Window(
            ["-m", "trainer", "learn", lesson, "--system", "linux"],
            columns=columns,
            rows=rows,
            background=background,
            environment={"ESPDOJO_HOME": str(home), "ESPDOJO_FIRMWARE_DIR": str(images), **NO_NETWORK, **environment},
        )
        windows.append(window)
        return window

    yield begin
    for window in windows:
        window.process.close(force=True)


def values(firmware: str) -> dict[str, str]:
    return {"port": "/dev/ttyUSB0", "baud": "115200", "firmware": firmware}


GO_ON = "Press Enter to go on."
"""Below a page that has only to be turned. A screen may come in two pieces, with this of the page before."""


def do(window: Window, step: Step, firmware: str) -> None:
    """Do what a step asks for."""
    if step.kind == "read":
        window.turn_page()
    elif step.options:
        window.line(str(step.options.index(step.solutions[0]) + 1))
    else:
        window.line(fill(step.solutions[0], values(firmware)))


def do_everything_right(window: Window, firmware: str) -> None:
    """Play the first lesson to its end."""
    window.wait_for("Press Enter to begin")
    window.turn_page()
    for number, step in enumerate(STEPS, 1):
        window.wait_for(f"Step {number} of {len(STEPS)}: {step.title}")
        window.until(lambda: GO_ON not in window.flat, "the rest of that screen")
        do(window, step, firmware)
        if step.afterword:
            window.wait_for(GO_ON, 180)
            window.turn_page()
    window.wait_for("That was the lesson “A first flash”.")


def test_everything_right_with_micropython(start: Start, images: Path, real_image: Callable[[str], Path]) -> None:
    image = real_image("micropython-1.10.0.bin")
    (images / image.name).write_bytes(image.read_bytes())
    window = start(columns=120, rows=40)
    do_everything_right(window, image.name)
    window.wait_for("runs what is in its flash")
    window.type("F10")
    assert window.end() == 0
    assert b"\x1b[?1049l" in window.written, "the ordinary screen is back"


def test_every_declared_mistake_gets_its_answer(start: Start) -> None:
    window = start()
    window.wait_for("Press Enter to begin")
    window.turn_page()
    for number, step in enumerate(STEPS, 1):
        window.wait_for(f"Step {number} of {len(STEPS)}: {step.title}")
        window.until(lambda: GO_ON not in window.flat, "the rest of that screen")
        for mistake in step.mistakes:
            answer = " ".join(paragraph(fill(mistake.answer, values(PRACTICE)), 10_000).replace("`", "").split())
            for line in mistake.tries:
                typed = fill(line, values(PRACTICE))
                window.line(str(step.options.index(line) + 1) if line in step.options else typed)
                window.wait_for(f"✗ Not yet. {answer}")
                window.until(lambda: "Ctrl-C stops" not in window.flat, "the end of it")
                window.line("again")  # takes the remark away
                window.until(lambda: "✗" not in window.flat, "the page anew")
        do(window, step, PRACTICE)
        if step.afterword:
            window.wait_for(GO_ON, 180)
            window.turn_page()


def test_esptools_colours_and_bar_without_flicker(
    start: Start, flashing: str, images: Path, real_image: Callable[[str], Path]
) -> None:
    image = real_image("micropython-1.10.0.bin")
    (images / image.name).write_bytes(image.read_bytes())
    window = start(flashing, columns=120, rows=40)
    window.wait_for("Press Enter to begin")
    window.turn_page()
    window.wait_for("Step 1 of 3")
    window.line(fill(WRITE, values(image.name)))
    window.wait_for("Writing at")
    before = len(window.written)
    shares: list[float] = []
    broken: list[str] = []

    window.wait_for("It is written.")
    for row in chain.from_iterable(window.frames(before)):
        if row.startswith("Writing at"):
            percent = re.search(r"([\d.]+)%", row)
            if percent is None:
                broken.append(row)
            else:
                shares.append(float(percent[1]))
    assert not broken, "a bar was seen half drawn"
    assert shares == sorted(shares)
    assert len(set(shares)) > 2, "the bar moved"
    drawn = bytes(window.written[before:])
    assert b"\x1b[2J" not in drawn, "the whole screen is never cleared"
    assert b"\x1b[0;91m" in drawn or re.search(rb"\x1b\[[0-9;]*91m", drawn), "the bar has its colour"
    assert re.search(r"flash +6\d\d of 4096 KB written", window.text)


def test_interrupted_unplugged_and_done_all_the_same(start: Start, flashing: str) -> None:
    window = start(flashing, columns=80, rows=24)
    window.wait_for("Press Enter to begin")
    window.turn_page()
    window.wait_for("Step 1 of 3")
    line = fill(WRITE, values(PRACTICE))
    window.line("python3 -m venv another")
    window.wait_for("(Ctrl-C stops)")
    window.type("Ctrl-C")
    window.until(lambda: "Ctrl-C stops" not in window.flat, "its end")
    window.type("F5")
    window.wait_for("(You pull the cable out.)")
    window.wait_for("ttyUSB0 unplugged")
    window.line(line)
    window.wait_for("Could not open /dev/ttyUSB0")
    window.until(lambda: "Ctrl-C stops" not in window.flat, "its end")
    window.type("F5")
    window.wait_for("(You push the cable in.")
    window.line(line)
    window.wait_for("It is written.")
    window.turn_page()
    window.wait_for("Step 2 of 3")
    window.line("screen /dev/ttyUSB0 115200")
    window.wait_for("✓ Right. Step 3 of 3")
    window.line("1 + 1")
    window.wait_for("1 + 1 2 >>>")
    window.wait_for("That was the lesson “Flashing”.")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ended_by_a_signal_it_leaves_the_terminal_as_it_was(start: Start, number: signal.Signals) -> None:
    window = start()
    window.wait_for("Press Enter to begin")
    window.process.kill(number)
    assert window.end() == 128 + number
    assert window.written.rfind(b"\x1b[?1049l") > window.written.rfind(b"\x1b[?1049h"), "the ordinary screen is back"


def test_resized_left_killed_and_gone_on_with(start: Start, home: Path) -> None:
    window = start()
    window.wait_for("Press Enter to begin")
    for columns, rows in ((120, 40), (60, 16), (30, 8), (200, 50), (80, 24)):
        window.resize(columns, rows)
        window.wait_for("too small" if columns == 30 else "Press Enter to begin")
    window.turn_page()
    window.wait_for("Step 1 of 26")
    window.turn_page()
    window.wait_for("Step 2 of 26")
    window.line("pwd")
    window.wait_for("✓ Right.")
    window.process.kill(signal.SIGKILL)
    window = start()
    window.wait_for("Step 3 of 26")
    window.wait_for("you go on where you were")
    window.line("2")
    window.wait_for("✓ Right.")
    window.type("F10")
    assert window.end() == 0
    assert "Saved. Next is step 4" in window.flat
    window = start(TERM="dumb")
    window.wait_for("Step 4 of 26: Download it")
    assert b"\x1b" not in window.written


@pytest.mark.parametrize(
    ("background", "environment", "colour"),
    [
        ("rgb:ffff/ffff/ffff", {}, "blue"),
        ("rgb:1e1e/1e1e/1e1e", {}, "brightcyan"),
        ("", {"ESPDOJO_THEME": "light"}, "blue"),
        ("", {"COLORFGBG": "0;15"}, "blue"),
        ("", {}, "brightcyan"),
    ],
)
def test_light_and_dark(start: Start, background: str, environment: dict[str, str], colour: str) -> None:
    window = start(background=background, **environment)
    window.wait_for("Press Enter to begin")
    y = next(number for number, row in enumerate(window.rows) if row.startswith(" A first flash"))
    assert window.screen.buffer[y][1].fg == colour


def test_no_colour(start: Start) -> None:
    window = start(NO_COLOR="1")
    window.wait_for("Press Enter to begin")
    assert {cell.fg for row in window.screen.buffer.values() for cell in row.values()} == {"default"}


def test_too_small_a_window_goes_on_in_lines(start: Start) -> None:
    window = start(columns=40, rows=10)
    window.wait_for("too small")
    window.type("F9")
    window.wait_for("When you are ready: look at the list")
    window.line("quit")
    window.wait_for("Saved. Next is step 1")
    assert window.end() == 0
