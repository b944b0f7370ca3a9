"""A lesson's text is taken apart at its headings, and nowhere else."""

from pathlib import Path

import pytest

from trainer.course.block import LessonError
from trainer.course.sections import Section, sections

TEXT = """\
# The title #

```lesson
minutes = 1
```

Welcome.

## One

Before, with a word.

### A heading inside

> ## A quoted one

```text
## Nor is this one
```

```step
id = "one"
```

After.

## Two
"""


def taken_apart(text: str) -> list[Section]:
    _, head, below = sections(text, Path("lesson.md"))
    return [head, *below]


def test_each_heading_of_the_second_level_begins_a_section() -> None:
    head, one, two = taken_apart(TEXT)
    assert [(section.title, section.line) for section in (head, one, two)] == [
        ("The title", 1), ("One", 9), ("Two", 27)
    ]  # fmt: skip
    assert (head.before, head.after) == ("", "Welcome.")
    assert one.before.startswith("Before, with a word.\n\n### A heading inside")
    assert one.before.endswith("## Nor is this one\n```")
    assert one.after == "After."
    assert (two.before, two.after, two.blocks) == ("", "", ())


def test_a_block_knows_its_line() -> None:
    _, one, two = taken_apart(TEXT)
    block = one.only_block("step", Path("lesson.md"))
    assert (block.line, block.values) == (22, {"id": "one"})
    with pytest.raises(LessonError, match=r"lesson\.md:27: “Two” needs exactly one block"):
        two.only_block("step", Path("lesson.md"))
    with pytest.raises(LessonError, match=r"lesson\.md:9: “One” needs exactly one block"):
        one.only_block("lesson", Path("lesson.md"))


@pytest.mark.parametrize("text", ["", "## First\n", "# One\n\n# Two\n", "Text\n\n## One\n\n# Late\n"])
def test_the_title_is_one_and_comes_first(text: str) -> None:
    with pytest.raises(LessonError, match="one title"):
        taken_apart(text)
