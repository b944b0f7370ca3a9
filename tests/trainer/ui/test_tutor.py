"""The tutor at a desk: what a line does in each kind of step, and what the learner reads."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trainer.progress import Progress
from trainer.session import Session
from trainer.ui import page
from trainer.ui.plain import farewell
from trainer.ui.tutor import WORDS, Tutor
from trainer.workplace.desk import Desk


def said(told: list[str]) -> str:
    """What has been shown since the last call."""
    text = "".join(told)
    told.clear()
    return text


def go_to(tutor: Tutor, step: str) -> None:
    """Skip to a step, with the board plugged in."""
    tutor.desk.bench.plug()
    while tutor.session.place.step != step:
        tutor.session.skip()


RIGHT = {
    "look": "pwd",
    "plug": "plug in",
    "find": "ttyUSB0",
    "open": "screen /dev/ttyUSB0 115200",
    "wake": "",
    "ask": "1 + 1",
    "end": "",
}


def test_a_learner_who_does_everything_right(tutor: Tutor, told: list[str]) -> None:
    tutor.begin()
    text = said(told)
    assert "SMALL LESSON" in text
    assert "Step 1 of 7: Look" in text
    assert "Your turn: ask where you are" in text
    for step, line in RIGHT.items():
        assert tutor.session.place.step == step
        tutor.hear(line)
    assert not tutor.running
    text = said(told)
    assert "You have looked." in text
    assert "That was the lesson" in text
    assert "\n2\n" in text


def test_it_is_said_which_board_lies_on_the_desk(tutor: Tutor, told: list[str], bench: Any) -> None:
    tutor.begin()
    assert "practice board" in said(told)
    bench.fake = False
    tutor.session.values |= {"port": bench.port, "board": bench.description()}
    for _ in range(2):  # at the beginning, and when the lesson goes on later
        tutor.begin()
        text = said(told)
        assert "your own board, at /dev/ttyUSB0 (a pretended board)" in text
        assert "practice board" not in text
        tutor.session.skip()


def test_what_went_wrong_is_said_and_the_step_stays(tutor: Tutor, told: list[str]) -> None:
    tutor.hear("ls")
    assert "Not yet. That lists." in said(told)
    tutor.hear("$ pwd")
    text = said(told)
    assert "prompt" in text
    assert text.count("prompt") == 1, "the shell's refusal is not said twice"
    assert tutor.session.place.step == "look"


def test_words_to_the_tutor(tutor: Tutor, told: list[str]) -> None:
    for line, words in {
        "hint": "Hint 1 of 2: three letters",
        "HINT ": "Hint 2 of 2: it is `pwd`",
        "where": "step 1 of 7: Look",
        "again": "Your turn",
        "back": "first step",
        "skip": "Step 2 of 7",
    }.items():
        tutor.hear(line)
        assert words in said(told)
    tutor.hear("help")
    text = said(told)
    assert all(word in text for word in WORDS)
    assert "`plug in`" in text
    tutor.hear("quit")
    assert not tutor.running


@pytest.mark.parametrize(
    ("line", "meant"),
    [("hitn", "hint"), ("help me", "help"), ("pres reset", "press reset"), ("plug", "plug in")],
)
def test_a_word_that_is_nearly_one_of_the_tutors(tutor: Tutor, told: list[str], line: str, meant: str) -> None:
    tutor.hear(line)
    text = said(told)
    assert f"Did you mean `{meant}`?" in text
    assert ("It is typed alone" in text) == line.startswith(f"{meant} ")
    assert text.count(line.split()[0]) <= 3, "it is not said twice that there is no such command"
    assert tutor.session.place.step == "look"


def test_a_hand_that_is_mistyped_is_asked_back(tutor: Tutor, told: list[str]) -> None:
    tutor.session.skip()
    for line in ("plug", "plugin", "plug it in"):
        tutor.hear(line)
        assert "Did you mean `plug in`?" in said(told)
    tutor.hear("done")
    assert "Is the cable in on both ends" in said(told)


def test_reading_is_no_place_for_a_command_but_for_a_look_around(tutor: Tutor, told: list[str]) -> None:
    go_to(tutor, "end")
    tutor.hear("esptool version")
    assert "There is nothing to type here" in said(told)
    tutor.hear("pwd")
    assert tutor.session.place.step == "end"
    tutor.hear("")
    assert tutor.session.finished


@pytest.mark.slow
def test_a_cable_pulled_at_the_prompt_is_told_how_to_go_on(tutor: Tutor, told: list[str]) -> None:
    go_to(tutor, "ask")
    tutor.hear("2 + 2")
    tutor.hear("unplug")
    assert "`plug in` puts the cable back" in said(told)
    tutor.hear("plug in")
    tutor.hear("1 + 1")
    assert tutor.session.place.step == "end"


def test_hands_work_in_every_step(tutor: Tutor, told: list[str], bench: Any) -> None:
    tutor.hear("plug in")
    assert bench.plugged
    assert tutor.session.place.step == "look"
    tutor.hear("press flash")
    tutor.hear("Release  Flash")
    assert bench.pressed == ["flash", "no flash"]
    tutor.hear("unplug")
    assert not bench.plugged
    assert "Not yet" not in said(told), "hands are no attempt at a step that asks for something else"


def test_the_boards_first_prompt_is_seen(tutor: Tutor, told: list[str], desk: Desk) -> None:
    go_to(tutor, "wake")
    assert desk.prompt == ""
    tutor.hear("")
    assert ">>>" in said(told).partition("Right.")[0]
    tutor.hear("1 + 2")
    assert ">>>" not in said(told), "from then on it stands before the line that is typed"


def test_our_own_words_are_wrapped_to_the_window(
    tutor: Tutor, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns in (40, 60):  # a window may be resized at any time
        monkeypatch.setenv("COLUMNS", str(columns))
        for line in ("$ pwd", "pip install esptool", "ls", "hint"):
            tutor.hear(line)
        assert max(len(line) for line in said(told).splitlines()) < columns


def test_looking_around_is_no_answer(tutor: Tutor, told: list[str]) -> None:
    go_to(tutor, "find")
    tutor.hear("ls /dev/tty*")
    text = said(told)
    assert "/dev/ttyUSB0" in text
    assert "Not yet" not in text
    tutor.hear("/dev/ttyS0")
    assert "Not yet. There is no port called /dev/ttyS0" in said(told)


def test_the_download_lies_in_downloads(tutor: Tutor, told: list[str], desk: Desk) -> None:
    tutor.hear("download")
    assert "fw.bin" in said(told)
    assert (desk.shell.places.home / "Downloads" / "fw.bin").read_bytes() == b"\xe9image"
    desk.firmware = None
    tutor.hear("download")
    assert "espdojo firmware get" in said(told)


def test_a_terminal_that_cannot_be_opened_is_explained(tutor: Tutor, told: list[str], bench: Any) -> None:
    go_to(tutor, "ask")
    bench.unplug()
    tutor.hear("1 + 1")
    text = said(told)
    assert "There is no port of that name" in text
    assert "Next: List the ports" in text
    assert tutor.session.place.step == "ask"


@pytest.mark.slow
def test_the_terminal_comes_back_by_itself_and_is_left_for_a_command(
    tutor: Tutor, told: list[str], bench: Any, desk: Desk
) -> None:
    go_to(tutor, "ask")
    tutor.hear("2 + 2")
    assert "opened again" in said(told)
    assert desk.prompt == ">>> "
    tutor.hear("reopen")
    assert bench.terminals == 2
    tutor.session.back()
    tutor.session.back()
    said(told)
    tutor.hear("pwd")
    assert "closed first" in said(told)
    assert desk.shell.terminal is None


def test_python_with_its_prompt_is_not_sent(tutor: Tutor, told: list[str]) -> None:
    go_to(tutor, "ask")
    tutor.hear(">>> 1 + 1")
    text = said(told)
    assert "Type only `1 + 1`" in text
    assert "\n2\n" not in text


def test_reset_shows_what_the_board_prints(tutor: Tutor, told: list[str]) -> None:
    go_to(tutor, "wake")
    tutor.hear("reopen")
    tutor.hear("press reset")
    assert "MicroPython v1" in said(told)
    assert tutor.session.place.step == "ask"


def test_the_wrong_speed_is_told(tutor: Tutor, told: list[str]) -> None:
    go_to(tutor, "open")
    tutor.hear("screen /dev/ttyUSB0 9600")
    text = said(told)
    assert "9600" in text
    assert "115200" in text
    assert tutor.session.place.step == "open"


def test_progress_is_kept_after_every_step(tutor: Tutor, desk: Desk, told: list[str], tmp_path: Path) -> None:
    with Progress(tmp_path) as progress:
        keeping = Tutor(tutor.session, desk, told.append, progress=progress, key="small")
        keeping.hear("pwd")
        keeping.hear("plug in")
        keeping.hear("hint")
        place = progress.place("small")
        assert place == tutor.session.place
        assert progress.desk("small") == {
            "folder": "", "environment": None, "plugged": True, "terminal": None,
        }  # fmt: skip


def test_a_desk_is_found_as_it_was_left(desk: Desk, bench: Any) -> None:
    desk.shell.run("cd Downloads")
    bench.plug()
    state = desk.state
    desk.shell.run("cd ..")
    bench.unplug()
    desk.restore(state)
    assert desk.shell.folder == "Downloads"
    assert bench.plugged


@pytest.mark.slow
def test_a_terminal_is_found_open_at_its_speed(desk: Desk, bench: Any) -> None:
    bench.plug()
    desk.shell.run("espdojo monitor --baud 74880")
    state = desk.state
    desk.close()
    desk.restore(state)
    assert desk.shell.terminal is None
    desk.open_again(state)
    assert desk.shell.terminal is not None
    assert desk.shell.terminal.baud == 74880
    desk.close()
    bench.unplug()
    desk.open_again(state)
    assert desk.shell.terminal is None, "there is no board at which it could be open"


def test_a_disk_that_is_full_is_mentioned_once(tutor: Tutor, desk: Desk, told: list[str], tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    keeping = Tutor(tutor.session, desk, told.append, progress=progress, key="small")
    keeping.hear("hint")
    assert keeping.kept
    progress.close()
    for _ in range(2):
        keeping.hear("hint")
    assert said(told).count("cannot be kept") == 1
    assert not keeping.kept
    assert "could not be kept" in farewell(keeping, "espdojo learn small")
    assert "Saved" not in farewell(keeping, "espdojo learn small")


@pytest.mark.parametrize("line", ["", "\x1b[2J", "x" * 5000, "\u202e", "'", "(" * 500, "plug", "\x00"])
def test_no_line_is_too_strange(tutor: Tutor, told: list[str], line: str) -> None:
    for step in RIGHT:
        go_to(tutor, step) if tutor.session.place.step != step else None
        tutor.hear(line)
        assert "\x1b" not in said(told)
        tutor.session = Session(tutor.session.lesson, "linux", tutor.session.values)
        tutor.desk.session = tutor.session


def test_indentation_reaches_the_board(tutor: Tutor, bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go_to(tutor, "ask")
    typed: list[bytes] = []
    monkeypatch.setattr(bench.connection, "write", lambda data: typed.append(data) or bench.connection.say(b">>> "))
    tutor.hear("    print(n)  ")
    tutor.hear("  ctrl-c")
    assert typed == [b"    print(n)\r", b"\x03"]


def test_a_look_at_a_real_board_is_left_to_eyes(tutor: Tutor, told: list[str], bench: Any) -> None:
    go_to(tutor, "ask")
    said(told)
    bench.fake = False
    tutor.hear("look")
    assert said(told) == "(Look at your board's LED.)\n"


def test_a_board_that_is_plugged_in_already_may_be_pulled_out_first(desk: Desk) -> None:
    assert "pull it out" in page.real_board(desk.session, 80)
    desk.session.values["port"] = "rfc2217://127.0.0.1:4000"
    assert "pull it out" not in page.real_board(desk.session, 80)


def test_the_steps_own_words_come_before_the_desks(tutor: Tutor, told: list[str]) -> None:
    tutor.session.skip()
    plug = tutor.session.step
    assert plug is not None
    tutor.session.steps = tuple(
        replace(step, checks=(("said", {}),), solutions=("close the window",)) if step is plug else step
        for step in tutor.session.steps
    )
    tutor.hear("close window")
    assert "Did you mean `close the window`?" in said(told)
