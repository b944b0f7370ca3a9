"""`espdojo progress`: text, JSON, certificate, reset, and files that are not as they should be."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from trainer import cli, console
from trainer.course.contents import load_course, own_course
from trainer.progress import FILE_NAME, Progress
from trainer.session import Place
from trainer.subcommands.new import make

FIRST = load_course(own_course()).lessons[0]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ESPDOJO_HOME", str(tmp_path))
    return tmp_path


def save(lesson: str = FIRST, step: str | None = None, done: int = 3, skipped: int = 0) -> None:
    with Progress() as progress:
        passed = tuple((f"step-{number}", "line") for number in range(done))
        progress.save(lesson, Place(step, passed, tuple(f"other-{number}" for number in range(skipped))))


def shown(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> tuple[str, str]:
    assert cli.main(["progress", *arguments]) == status
    return capsys.readouterr()


def test_a_fresh_start(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = shown(capsys)
    assert ": 0 of " in out
    assert "A first flash" in out
    assert "not begun" in out


def test_a_lesson_on_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    save(step="erase", skipped=2)
    out, _ = shown(capsys)
    assert "at step 17 of 26, 2 passed over" in out


@pytest.mark.slow
def test_a_finished_lesson_stays_finished_when_it_is_begun_anew(capsys: pytest.CaptureFixture[str]) -> None:
    save()
    with Progress() as progress:
        progress.forget(FIRST)
    assert "done on 20" in shown(capsys)[0]
    save(step="erase")
    assert "now again at step 17" in shown(capsys)[0]


def test_json(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    save(step="erase", skipped=1)
    save("/elsewhere/my-lesson")
    about = json.loads(shown(capsys, "--json")[0])
    assert about["file"] == str(home / FILE_NAME)
    first, *_, last = about["lessons"]
    assert (first["lesson"], first["state"], first["number"], first["done"], first["skipped"]) == (
        FIRST, "begun", 17, 3, 1,
    )  # fmt: skip
    assert (last["lesson"], last["state"], last["steps"], last["title"]) == (
        "/elsewhere/my-lesson", "done", None, "my-lesson",
    )  # fmt: skip


@pytest.fixture
def other_course(home: Path) -> Path:
    """Of two lessons, the first of which is finished."""
    made = make(home / "bench-course")
    make(made.course / "second")
    save(str(made.lesson))
    return made.course


@pytest.mark.slow
def test_another_course_is_named_and_its_lessons_are_counted(
    capsys: pytest.CaptureFixture[str], other_course: Path
) -> None:
    out, err = shown(capsys)
    assert out.startswith("Bench course: 1 of 2 lessons done\n")
    assert "Second" in out
    assert "A first flash" not in out
    assert "learn NAME, or FOLDER/NAME" in err
    lessons = json.loads(shown(capsys, "--json")[0])["lessons"]
    assert [(row["course"], row["name"], row["state"]) for row in lessons[:2]] == [
        ("Bench course", "first-lesson", "done"),
        ("Bench course", "second", "new"),
    ]


@pytest.mark.slow
def test_each_course_has_its_own_certificate(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, other_course: Path
) -> None:
    file = tmp_path / "me.html"
    shown(capsys, "--html", str(file))
    assert "MicroPython on an ESP8266" not in file.read_text(encoding="utf-8")
    save()
    save(str(other_course / "second"))
    assert "2 certificates" in shown(capsys, "--html", str(file))[1]
    first, second = re.findall(r"<section>(.*?)</section>", file.read_text(encoding="utf-8"))
    assert "has finished the course" in first
    assert "Bench course" in first
    assert "has finished lessons of the course" in second
    assert "MicroPython on an ESP8266" in second


@pytest.mark.slow
def test_who_only_passed_over_a_lesson_gets_no_certificate_for_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    save(done=0, skipped=5)
    assert "5 passed over" in shown(capsys)[0]
    assert "nothing to certify" in shown(capsys, "--html", str(tmp_path / "me.html"), status=1)[1]


def test_a_lesson_that_vanished_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    save("/elsewhere/my-lesson", step="x")
    assert "the lesson is no longer there" in shown(capsys)[0]


def test_the_certificate(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save()
    file = tmp_path / "me.html"
    out, err = shown(capsys, "--html", str(file), "--name", "Ada <3")
    assert out == ""
    assert "me.html" in err
    assert "Ada &lt;3" in file.read_text(encoding="utf-8")


@pytest.mark.slow
def test_there_is_no_certificate_for_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save(step="erase")
    _, err = shown(capsys, "--html", str(tmp_path / "me.html"), status=1)
    assert "Next:" in err
    assert not list(tmp_path.glob("*.html*"))


def test_a_place_for_it_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save()
    _, err = shown(capsys, "--html", str(tmp_path / "no-folder" / "me.html"), status=1)
    assert "no-folder" in err
    assert "Traceback" not in err


def test_reset_asks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    save()
    _, err = shown(capsys, "--reset", status=1)
    assert "--yes" in err
    monkeypatch.setattr(console, "is_interactive", lambda: True)
    for answer, status, left in (("n", 1, True), ("y", 0, False)):
        monkeypatch.setattr("click.termui.visible_prompt_func", lambda prompt, answer=answer: answer)
        shown(capsys, "--reset", status=status)
        with Progress() as progress:
            assert bool(progress.records()) is left


def test_reset_with_yes_forgets_everything(capsys: pytest.CaptureFixture[str]) -> None:
    save()
    save("/elsewhere/x", step="y")
    assert "2 lessons" in shown(capsys, "--reset", "--yes")[1]
    with Progress() as progress:
        assert progress.records() == []
        assert progress.finished() == frozenset()
        assert progress.place(FIRST) is None
    assert "nothing to forget" in shown(capsys, "--reset", "--yes")[1]


@pytest.mark.parametrize(
    "arguments", [["--json", "--reset"], ["--html", "x", "--json"], ["--name", "x"], ["--yes"], ["more"]]
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    shown(capsys, *arguments, status=2)


def test_a_damaged_file_is_kept_aside_and_said_aloud(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    (home / FILE_NAME).write_bytes(b"not a database, but long enough to be looked at" * 10)
    out, err = shown(capsys)
    assert "damaged" in err
    assert "not begun" in out
    assert (home / f"{FILE_NAME}.damaged-1").exists()


def test_a_file_of_the_first_version_is_brought_up_to_date(home: Path) -> None:
    save()
    save("other", step="x")
    with sqlite3.connect(home / FILE_NAME) as database:
        database.execute("DROP TABLE finish")
        database.execute("PRAGMA user_version = 1")
    database.close()
    with Progress() as progress:
        assert progress.notice == ""
        assert progress.finished() == {FIRST}
        assert [(record.lesson, record.done) for record in progress.records()] == [("other", 3), (FIRST, 3)]


FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from trainer.cli import main
sys.exit(main(sys.argv[2:]))
"""
"""Runs espdojo where no file can grow over so many bytes: the writing fails as on a full disk."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX")
@pytest.mark.parametrize("arguments", [["progress"], ["progress", "--html", "me.html"]])
def test_a_full_disk_is_a_sentence_and_a_way_on(arguments: list[str], home: Path) -> None:
    if "--html" in arguments:
        save()
    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, "1000", *arguments], cwd=home, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "Next: " in result.stderr
    assert not list(home.glob("*.part"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_device_is_not_replaced_by_a_certificate(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "no file" in shown(capsys, "--html", str(pipe), status=1)[1]
    assert pipe.is_fifo()
