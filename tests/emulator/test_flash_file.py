"""Flash contents in a file: in place, locked, and never half-written."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.flash import Flash, FlashFileError

MIB = 1024 * 1024


def test_a_missing_file_is_created_blank(tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    Flash.open(path, MIB).close()
    assert path.read_bytes() == b"\xff" * MIB
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_size_an_existing_file_tells_it(tmp_path: Path) -> None:
    Flash.open(tmp_path / "one", MIB).close()
    for name, size in (("one", MIB), ("default", 4 * MIB)):
        flash = Flash.open(tmp_path / name)
        assert flash.size == size
        flash.close()


def test_what_was_written_is_in_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    flash = Flash.open(path, MIB)
    flash.program(0x1000, b"kept")
    with path.open("rb") as file:
        file.seek(0x1000)
        assert file.read(4) == b"kept"
    flash.close()
    flash.close()


def test_contents_survive_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    script = (
        "import os, sys; from pathlib import Path; from emulator.flash import Flash;"
        "flash = Flash.open(Path(sys.argv[1]), 1 << 20); flash.program(7, b'kept'); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", script, path], check=False).returncode == 9
    flash = Flash.open(path)
    assert flash.read(7, 4) == b"kept"
    flash.close()


def test_a_file_in_use_is_refused_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    first = Flash.open(path, MIB)
    with pytest.raises(FlashFileError, match="in use by another board"):
        Flash.open(path, MIB)
    first.close()
    Flash.open(path, MIB).close()


@pytest.mark.parametrize("length", [0, 1, MIB - 1, MIB + 1])
def test_a_file_of_the_wrong_size_is_refused_and_left_alone(tmp_path: Path, length: int) -> None:
    path = tmp_path / "flash.bin"
    path.write_bytes(b"x" * length)
    for size in (MIB, None):
        with pytest.raises(FlashFileError, match=str(path)):
            Flash.open(path, size)
    assert path.read_bytes() == b"x" * length


def test_the_wrong_size_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    Flash.open(path, MIB).close()
    with pytest.raises(FlashFileError, match=r"1048576 bytes.*4194304.*--flash-size"):
        Flash.open(path, 4 * MIB)


def test_no_file_is_made_for_a_size_that_no_chip_has(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no flash chip has 3145728 bytes"):
        Flash.open(tmp_path / "flash.bin", 3 * MIB)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FlashFileError, match="is a folder"):
        Flash.open(tmp_path, MIB)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FlashFileError, match="its folder does not exist"):
        Flash.open(tmp_path / "nowhere" / "flash.bin", MIB)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FlashFileError, match="not a file"):
        Flash.open(tmp_path / "pipe", MIB)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    Flash.open(path, MIB).close()
    path.chmod(0o400)
    with pytest.raises(FlashFileError, match="permissions"):
        Flash.open(path, MIB)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(FlashFileError, match="Make room on the disk"):
        Flash.open(tmp_path / "flash.bin", MIB)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_appears_while_ours_is_made_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "flash.bin"
    fsync = os.fsync

    def another_board(descriptor: int) -> None:
        fsync(descriptor)
        path.write_bytes(bytes(MIB))

    monkeypatch.setattr(os, "fsync", another_board)
    flash = Flash.open(path, MIB)
    assert flash.read(0, 4) == bytes(4)
    flash.close()
    assert list(tmp_path.iterdir()) == [path]
