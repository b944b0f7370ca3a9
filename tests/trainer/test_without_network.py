"""The promise that the first lesson needs no network, kept by the program as it is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.slow
def test_the_whole_lesson_plays_on_a_fresh_computer_without_a_network(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("espdojo.exe" if os.name == "nt" else "espdojo")
    if not program.is_file():
        pytest.skip("espdojo is not installed beside this Python")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "ESPDOJO_"))}
    environment |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    environment |= {"PIP_INDEX_URL": f"{NOWHERE}/simple", "ESPDOJO_HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    demo = subprocess.run(
        [program, "demo", "--fast"], env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert demo.returncode == 0, demo.stdout[-2000:] + demo.stderr
    assert "espdojo practice image" in demo.stdout
    assert "Hash of data verified" in demo.stdout
    assert "\n'esp8266'\n" in demo.stdout
