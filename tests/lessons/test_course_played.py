"""What the lessons of the course quote has been printed, for each system; and they work with other firmware, too.

`espdojo check` proves solutions, mistakes and their answers. In a lesson a block of code marked `text` is a quotation
of a tool, and so is *“Hash of data verified”*: emphasis that begins with a capital letter. (Emphasis that begins with
a small one is just that.) Numbers, versions and sizes differ from board to board and do not count.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from markdown_it.tree import SyntaxTreeNode

from trainer import prose
from trainer.course.contents import load_course, own_course
from trainer.firmware import Firmware, practice
from trainer.images.identify import identify
from trainer.lesson import Lesson, load_lesson
from trainer.prose import fill
from trainer.session import Answer, Session
from trainer.stream import redrawn
from trainer.subcommands import demo
from trainer.system import SYSTEMS, TITLES, System, current
from trainer.workplace.arrange import arrange
from trainer.workplace.desk import Desk
from trainer.workplace.equipment import lesson_values, open_bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

REAL_IMAGE = "esp8266-20220117-v1.18.bin"
OLD_IMAGE = "micropython-1.10.0.bin"
"""What comes from the package index where micropython.org cannot be reached."""

LESSONS = [name for name in load_course(own_course()).lessons if not name.startswith("lab-")]


ShowOn = Callable[[Lesson, Path, tuple[System, ...]], list[Any]]


class Player:
    """Somebody at a desk, all that they see, and what the tutor answers."""

    def __init__(self, desk: Desk, told: list[str]) -> None:
        self.desk = desk
        self.session = desk.session
        self._told = told

    @property
    def screen(self) -> str:
        return redrawn("".join(self._told))

    def submit(self, line: str) -> Answer:
        """Do what `line` says and hand it in. With and without a look inside the board the verdict is the same."""
        evidence = self.desk.act(line)
        if evidence is None:
            return Answer(False)
        if evidence.transcript not in "".join(self._told):
            self._told.append(f"{evidence.transcript}\n")  # what was swallowed, such as the prompt at its end
        alone = self.session.judge(evidence, inside=False)
        answer = self.session.submit(evidence)
        assert answer.passed == alone.passed, evidence
        return answer


Play = Callable[[str, System, Path], Player]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """A function that sits down before a lesson of the course, with an image to flash."""
    closing: list[Callable[[], None]] = []

    def sit_down(name: str, system: System, image: Path) -> Player:
        lesson = load_lesson(own_course() / name)
        firmware = Firmware(image, identify(image), "folder")
        bench = open_bench("fake", system, lesson.board, None)
        closing.append(bench.close)
        told: list[str] = []
        session = Session(lesson, system, lesson_values(lesson, system, bench, firmware))
        desk = Desk(session, bench, tmp_path / "home", firmware.path, told.append)
        closing.append(desk.close)
        arrange(desk)
        return Player(desk, told)

    yield sit_down
    for close in reversed(closing):
        close()


@pytest.mark.parametrize("name", LESSONS)
def test_what_a_lesson_quotes_has_been_printed(show_on: ShowOn, real_image: Callable[[str], Path], name: str) -> None:
    lesson = load_lesson(own_course() / name)
    for shown in show_on(lesson, real_image(REAL_IMAGE), SYSTEMS):
        screen = redrawn(shown.text)
        for block in blocks(lesson, shown.system, shown.values):
            assert printed(block, screen), (shown.system, block)
        for phrase in phrases(lesson, shown.system, shown.values):
            assert printed(phrase, screen), (shown.system, phrase)


@pytest.mark.parametrize("name", LESSONS)
def test_an_old_micropython_will_do(play: Play, real_image: Callable[[str], Path], name: str) -> None:
    solve(play(name, current(), real_image(OLD_IMAGE)))


@pytest.mark.parametrize("name", [name for name in LESSONS if load_lesson(own_course() / name).practice_image])
def test_so_will_the_practice_image_where_a_lesson_says_so(play: Play, name: str) -> None:
    solve(play(name, current(), practice().path))


def solve(player: Player) -> None:
    """Type the first solution of each step."""
    while (step := player.session.step) is not None:
        answer = player.submit(demo.solution(player.session, step))
        assert answer.passed, (step.id, answer.reason, player.screen[-2000:])


# Quotations

NUMBER = re.compile(r"0x[0-9a-f]+|(?<![a-z])[0-9a-f:]*\d[0-9a-f:]*", re.IGNORECASE)
"""A number, also in sixteens, an address, a version's parts."""


def blocks(lesson: Lesson, system: System, values: dict[str, str]) -> Iterator[str]:
    """The `text` blocks that a learner on `system` reads."""
    for node in _shown(lesson, system):
        if node.type == "fence" and node.info.strip() == "text":
            yield fill(node.content, values).rstrip("\n")


def phrases(lesson: Lesson, system: System, values: dict[str, str]) -> Iterator[str]:
    """The emphasised words that begin with a capital letter."""
    for node in _shown(lesson, system):
        if node.type == "em":
            text = fill(_text(node), values).strip("“”")
            if text[:1].isupper():
                yield text


def printed(block: str, transcript: str) -> bool:
    """Whether each line of `block` is part of a line of `transcript`, one below the other; empty lines do not count."""
    wanted = [_comparable(line) for line in block.split("\n") if line.strip()]
    lines = [_comparable(line) for line in transcript.split("\n") if line.strip()]
    return any(
        all(text in line for text, line in zip(wanted, lines[start:], strict=False))
        for start in range(len(lines) - len(wanted) + 1)
    )


def _comparable(line: str) -> str:
    return NUMBER.sub("#", " ".join(line.split())).lower()


def _shown(lesson: Lesson, system: System) -> Iterator[SyntaxTreeNode]:
    steps = lesson.steps[system]
    for text in (lesson.introduction, *(part for step in steps for part in (step.prose, step.afterword))):
        yield from _of(SyntaxTreeNode(prose.parse(text)), system)


def _of(node: SyntaxTreeNode, system: System) -> Iterator[SyntaxTreeNode]:
    """`node` and all that is below it, without the list items and paragraphs for other systems."""
    label = _text(node).partition(":")[0]
    named = set(re.split(r",\s*|\s+and\s+", label))
    titles = {TITLES[name]: name for name in SYSTEMS}
    if node.type in ("list_item", "paragraph") and named <= set(titles) and system not in {titles[n] for n in named}:
        return
    yield node
    for child in node.children:
        yield from _of(child, system)


def _text(node: SyntaxTreeNode) -> str:
    leaves = (child for child in node.walk() if child.type in ("text", "code_inline", "softbreak"))
    return "".join(" " if child.type == "softbreak" else child.content for child in leaves)
