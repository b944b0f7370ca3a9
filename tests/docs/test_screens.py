"""The pictures of the tutor: well-formed, all in use, and what the tutor looks like now."""

import os
import re
import runpy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are POSIX")


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    """The names in docs/screens.py."""
    pytest.importorskip("pexpect")
    return runpy.run_path(str(DOCS / "screens.py"))


def words(picture: str) -> list[str]:
    """What stands in a picture, row by row; the rule below the title and above the keys left out."""
    rows: dict[str, str] = {}
    for text in ElementTree.fromstring(picture).iter(f"{SVG}text"):
        rows[text.attrib["y"]] = rows.get(text.attrib["y"], "") + (text.text or "")
    return [" ".join(row.split()) for row in rows.values()]


def test_every_picture_is_made_by_the_script_and_shown(script: dict[str, Any]) -> None:
    made = {f"{scene.name}.svg" for scene in script["SCENES"]}
    assert {path.name for path in (DOCS / "screens").iterdir()} == made
    pages = "".join(path.read_text(encoding="utf-8") for path in (DOCS.parent / "README.md", DOCS / "application.md"))
    assert set(re.findall(r"screens/(\w+\.svg)\)", pages)) == made


def test_pictures_are_well_formed_and_say_something(script: dict[str, Any]) -> None:
    for scene in script["SCENES"]:
        shown = words((DOCS / "screens" / f"{scene.name}.svg").read_text(encoding="utf-8"))
        assert any("espdojo" in row for row in shown)
        assert any("F1" in row for row in shown)


def test_a_screen_becomes_a_picture(script: dict[str, Any]) -> None:
    pyte = pytest.importorskip("pyte")
    screen = pyte.Screen(20, 2)
    pyte.Stream(screen).feed("\x1b[1;31m<red>\x1b[0m \x1b[7mback\x1b[0m\r\n& \x1b[38;5;208mmore")
    picture = script["svg"](screen, "dark")
    assert words(picture) == ["<red>back", "& more"]
    assert "#ff8700" in picture
    assert 'font-weight="bold"' in picture


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_tutor_still_looks_like_its_picture(script: dict[str, Any]) -> None:
    scene = next(scene for scene in script["SCENES"] if scene.name == "hint")
    before = words((DOCS / "screens" / "hint.svg").read_text(encoding="utf-8"))
    assert tutors_part(words(script["take"](scene))) == tutors_part(before), "run .venv/bin/python docs/screens.py"


def tutors_part(rows: list[str]) -> list[str]:
    """The rows that do not depend on this computer: the step and its task."""
    end = next(number for number, row in enumerate(rows) if "Your terminal" in row)
    assert end > 5
    return rows[1:end]
