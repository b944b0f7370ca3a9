"""A folder is put back as it was, whatever was done to it."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.validation.snapshot import Snapshot, contents

NAMES = ["a", "b", "sub/a", "sub/deep/b", "env/pyvenv.cfg", "env/lib/site-packages/tool/main.py"]


def texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def write(folder: Path, name: str, text: str) -> None:
    """As a program writes a file that is new to it: beside an environment's files, not into them."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    partial.write_text(text)
    partial.replace(path)


ACTIONS = st.lists(st.tuples(st.sampled_from(NAMES), st.one_of(st.none(), st.text("xyz", max_size=3))), max_size=6)
"""A file's new contents, or None: it is deleted."""


@pytest.mark.slow
@given(before=ACTIONS, after=ACTIONS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_was_changed_is_undone(
    tmp_path_factory, before: list[tuple[str, str | None]], after: list[tuple[str, str | None]]
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    for name, text in before:
        write(folder, name, text or "")
    kept, marks = texts(folder), contents(folder)
    snapshot = Snapshot.take(folder, tmp_path_factory.mktemp("store") / "kept")
    assert not snapshot.changed
    for name, text in after:
        if text is None:
            (folder / name).unlink(missing_ok=True)
        else:
            write(folder, name, text)
    snapshot.put_back()
    assert texts(folder) == kept
    assert contents(folder) == marks
    assert not snapshot.changed


def test_a_file_that_is_written_in_place_is_undone(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "readings.bin").write_bytes(b"first")
    snapshot = Snapshot.take(folder, tmp_path / "kept")
    with (folder / "readings.bin").open("r+b") as file:
        file.write(b"again, and longer")
    assert snapshot.changed
    snapshot.put_back()
    assert (folder / "readings.bin").read_bytes() == b"first"


def test_an_installed_package_shows(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    write(folder, "env/pyvenv.cfg", "")
    write(folder, "env/lib/site-packages/one/main.py", "")
    snapshot = Snapshot.take(folder, tmp_path / "kept")
    write(folder, "env/lib/site-packages/one/__pycache__/main.pyc", "")
    assert not snapshot.changed, "what Python makes by itself does not count"
    write(folder, "env/lib/site-packages/two/main.py", "")
    assert snapshot.changed
    snapshot.put_back()
    assert not (folder / "env/lib/site-packages/two").exists()


def test_links_are_kept_as_links(tmp_path: Path) -> None:
    if os.name == "nt":
        return
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "python").symlink_to("/usr/bin/python3")
    snapshot = Snapshot.take(folder, tmp_path / "kept")
    (folder / "python").unlink()
    snapshot.put_back()
    assert os.readlink(folder / "python") == "/usr/bin/python3"
