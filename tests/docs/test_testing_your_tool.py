"""docs/testing-your-tool.md: its script and its tests, run by a pytest of their own as a reader would."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "testing-your-tool.md"
FILE = re.compile(r"`(\w+\.py)`:\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_example_works_as_printed(tmp_path: Path) -> None:
    files = dict(FILE.findall(PAGE.read_text("utf-8")))
    assert set(files) == {"flash_unit.py", "test_flash_unit.py"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    pytest_alone = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--strict-markers"]
    result = subprocess.run(pytest_alone, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "3 passed" in result.stdout
