"""Wheels of the tools, kept for lessons without a network."""

import zipfile
from pathlib import Path

import pytest

from trainer.computer import wheels


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that pip knows, with a stand-in for each tool; an empty ESPDOJO_HOME."""
    folder = tmp_path / "index"
    folder.mkdir()
    for tool in wheels.TOOLS:
        record = f"{tool}-9.dist-info"
        with zipfile.ZipFile(folder / f"{tool}-9-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{record}/METADATA", f"Metadata-Version: 2.1\nName: {tool}\nVersion: 9\n")
            wheel.writestr(f"{record}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{record}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("ESPDOJO_HOME", str(tmp_path / "home"))
    return folder


@pytest.mark.slow
def test_wheels_are_kept_for_pip_to_find(index: Path) -> None:
    assert wheels.find_links() is None
    shown: list[str] = []
    folder = wheels.fill(output=shown.append)
    assert wheels.find_links() == folder
    assert {path.name for path in folder.iterdir()} == {path.name for path in index.iterdir()}
    assert any("esptool" in text for text in shown)
    shown.clear()
    assert wheels.fill(output=shown.append) == folder
    assert shown == []


@pytest.mark.slow
def test_nothing_is_left_when_pip_fails(index: Path, tmp_path: Path) -> None:
    next(index.glob("mpremote*")).unlink()
    with pytest.raises(wheels.WheelsError, match="pip could not") as caught:
        wheels.fill()
    assert caught.value.cause
    assert wheels.find_links() is None
    assert list((tmp_path / "home" / "cache" / "wheels").iterdir()) == []


def test_the_background_gives_up_when_its_time_is_over(index: Path, tmp_path: Path) -> None:
    with wheels.filling():
        pass
    kept = list((tmp_path / "home").rglob("filling-*"))
    assert kept == []


def test_the_background_fails_in_silence(index: Path, capfd: pytest.CaptureFixture[str]) -> None:
    next(index.glob("mpremote*")).unlink()
    with wheels.filling():
        pass
    assert capfd.readouterr() == ("", "")
    assert wheels.find_links() is None
