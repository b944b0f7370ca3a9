"""Progress survives everything, and says so when it did not."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from trainer.progress import Progress, ProgressError
from trainer.session import Place

PLACE = Place("erase", (("read", ""), ("ls", "ls Downloads")), ("skipped",), 2)


def test_a_place_is_kept_and_found_again(tmp_path: Path) -> None:
    with Progress(tmp_path) as progress:
        assert progress.place("first") is None
        assert progress.desk("first") == {}
        progress.save("first", PLACE, {"folder": "Downloads", "plugged": True})
    with Progress(tmp_path) as progress:
        assert progress.place("first") == PLACE
        assert progress.desk("first") == {"folder": "Downloads", "plugged": True}
        assert progress.notice == ""


def test_a_step_skipped_and_done_later_counts_as_done(tmp_path: Path) -> None:
    with Progress(tmp_path) as progress:
        progress.save("first", Place("b", (), ("a",)))
        progress.save("first", Place("b", (("a", "x"),), ()))
        assert progress.place("first") == Place("b", (("a", "x"),), ())


def test_what_is_finished_and_what_is_forgotten(tmp_path: Path) -> None:
    with Progress(tmp_path) as progress:
        progress.save("one", Place("a"))
        progress.save("two", Place("a"))
        progress.save("three", Place(None))
        assert [record.lesson for record in progress.records()] == ["three", "two", "one"]
        assert progress.finished() == {"three"}
        progress.forget("two")
        assert progress.place("two") is None
        assert [record.lesson for record in progress.records()] == ["three", "one"]


def test_espdojo_home_moves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESPDOJO_HOME", str(tmp_path / "elsewhere"))
    with Progress() as progress:
        assert progress.file.parent == tmp_path / "elsewhere"


@pytest.mark.parametrize("junk", [b"this is no database at all, only a text that is long enough", bytes(5000)])
def test_a_damaged_file_is_kept_aside_and_said(tmp_path: Path, junk: bytes) -> None:
    file = tmp_path / "progress.sqlite3"
    file.write_bytes(junk)
    with Progress(tmp_path) as progress:
        assert "progress.sqlite3.damaged-1" in progress.notice
        progress.save("first", PLACE)
    assert (tmp_path / "progress.sqlite3.damaged-1").read_bytes() == junk
    file.write_bytes(junk)
    with Progress(tmp_path) as progress:
        assert "damaged-2" in progress.notice


@pytest.mark.slow
def test_damage_in_the_middle_of_the_file(tmp_path: Path) -> None:
    with Progress(tmp_path) as progress:
        for number in range(200):
            progress.save(f"lesson-{number}", PLACE)
    file = tmp_path / "progress.sqlite3"
    data = bytearray(file.read_bytes())
    data[4096 : 4096 * 3] = b"\xa5" * 4096 * 2
    file.write_bytes(data)
    with Progress(tmp_path) as progress:
        assert progress.notice
        assert progress.place("lesson-1") is None


def test_a_file_from_the_future_is_kept_aside(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "progress.sqlite3")
    database.execute("PRAGMA user_version = 99")
    database.execute("CREATE TABLE x (y)")
    database.close()
    with Progress(tmp_path) as progress:
        assert "damaged-1" in progress.notice


def test_nothing_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\n"
        "from trainer.progress import Progress\n"
        "from trainer.session import Place\n"
        "Progress(pathlib.Path(sys.argv[1])).save('first', Place('x', (('a', 'b'),)))\n"
        "os.abort() if os.name == 'nt' else os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, capture_output=True)
    with Progress(tmp_path) as progress:
        assert progress.place("first") == Place("x", (("a", "b"),))


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProgressError) as caught:
        Progress(tmp_path / "file")
    assert "ESPDOJO_HOME" in caught.value.next_step
