"""The worked examples of docs/: applied to a copy of the emulator as a reader would, and their own tests run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"`([\w/]+\.py)`:\n\n```(python|diff)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LONGEST = 40
"""Lines of a worked example."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what an example may add to."""
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "emulator", tmp_path / "emulator", ignore=without)
    tests = Path("tests", "emulator")
    for folder in ("soc", "rom", "devices"):
        (tmp_path / tests / folder).mkdir(parents=True)
    for fixtures in (tests / "conftest.py", tests / "devices" / "conftest.py"):
        shutil.copy(ROOT / fixtures, tmp_path / fixtures)
    return tmp_path


def patched(text: str, diff: str) -> str:
    """`text` with a page's changes in it, which stand between blank lines. Each has lines that go, or a line that
    stays and follows the new ones; these must be there exactly once."""
    for removed, added, context in re.findall(r"((?:^-.*\n)*)((?:^\+.*\n)+)((?:^ .*\n)?)", diff, re.MULTILINE):
        old, new, anchor = (
            re.sub(r"^.", "", lines, flags=re.MULTILINE).rstrip("\n") for lines in (removed, added, context)
        )
        target = old or anchor
        assert text.count(target) == 1, f"{target!r} is there {text.count(target)} times"
        text = text.replace(target, new if old else f"{new}\n{anchor}")
    return text


@pytest.mark.slow
@pytest.mark.parametrize("page", ["adding-a-peripheral.md", "adding-a-rom-routine.md", "adding-a-device.md"])
def test_worked_example(page: str, project: Path) -> None:
    tests = []
    blocks = BLOCK.findall((ROOT / "docs" / page).read_text("utf-8"))
    assert [kind for _, kind, _ in blocks] == ["python", "diff", "python"]
    for name, kind, code in blocks:
        assert code.count("\n") < LONGEST
        file = project / name
        file.write_text(patched(file.read_text("utf-8"), code) if kind == "diff" else code, "utf-8")
        if name.startswith("tests/"):
            tests.append(name)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", *tests],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert " passed" in result.stdout
