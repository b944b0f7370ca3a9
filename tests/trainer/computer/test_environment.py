"""A learner's virtual environments."""

import os
import venv
from pathlib import Path

import pytest

from trainer.computer.environment import Environment


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An empty one."""
    venv.create(tmp_path / "esp8266", with_pip=False, symlinks=os.name != "nt")
    return Environment(tmp_path / "esp8266")


def test_the_tutors_own_tools_are_linked(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a script called esptool.py is found first, as beside the program `espdojo`."""
    (tmp_path / "esptool.py").write_text("raise SystemExit('the script, not the package')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert not environment.has("esptool")
    assert environment.link_own("esptool")
    assert environment.has("esptool")
    assert environment.link_own("mpremote")


def test_what_the_tutor_lacks_is_not_linked(environment: Environment) -> None:
    assert not environment.link_own("no-such-package")
