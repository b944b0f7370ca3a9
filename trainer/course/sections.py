"""The Markdown of a lesson, taken apart at its headings."""

from dataclasses import dataclass
from pathlib import Path

from trainer import prose
from trainer.course.block import Block, LessonError

__all__ = ["Section", "sections"]

MOST_STEPS = 60


@dataclass(frozen=True)
class Section:
    """The text under a heading: what stands before its TOML block, the block, and what stands after."""

    title: str
    line: int
    before: str
    after: str
    blocks: tuple[tuple[str, int, str], ...]
    """Info string, line of the first line inside, contents."""

    def only_block(self, info: str, file: Path) -> Block:
        """Its one block, which must be a `info` block. Raises `LessonError`."""
        if len(self.blocks) != 1 or self.blocks[0][0] != info:
            line = self.blocks[1][1] - 1 if len(self.blocks) > 1 else self.line
            problem = f"“{self.title}” needs exactly one block that begins with ```{info}"
            raise LessonError(file, line, problem, "docs/lessons.md shows one that you can copy.")
        return Block.parse(file, self.blocks[0][1], self.blocks[0][2])


def sections(source: str, file: Path) -> tuple[str, Section, list[Section]]:
    """The lesson's title, what stands under it, and a section for each `##` heading. Raises `LessonError`."""
    lines = source.split("\n")
    starts: list[tuple[int, int, str]] = []  # line index, level, title
    blocks: list[tuple[int, int, str, str]] = []  # first and last line index, info, contents
    tokens = prose.parse(source)
    for index, token in enumerate(tokens):
        if token.map is None:
            continue
        if token.type == "heading_open" and token.tag in ("h1", "h2") and token.level == 0:
            starts.append((token.map[0], int(token.tag[1]), tokens[index + 1].content))
        info = token.info.strip() if token.type == "fence" else ""
        if info in ("lesson", "step"):
            if token.level:
                cure = "Move it to the left margin, so that it stands under its heading."
                raise LessonError(file, token.map[0] + 1, f"a `{info}` block stands inside a list or quotation", cure)
            blocks.append((token.map[0], token.map[1], info, token.content))
    if not starts or starts[0][1] != 1 or [level for _, level, _ in starts].count(1) != 1:
        raise LessonError(file, 1, "the lesson needs one title", "Begin the file with one line `# The lesson's title`.")
    found = [
        _section(lines, start, end, title, [block for block in blocks if start <= block[0] < end])
        for (start, _, title), end in zip(starts, [*(start for start, _, _ in starts[1:]), len(lines)], strict=True)
    ]
    if len(found) - 1 > MOST_STEPS:
        raise LessonError(file, found[MOST_STEPS + 1].line, f"that is step {MOST_STEPS + 1}", "Split the lesson.")
    return found[0].title, found[0], found[1:]


def _section(lines: list[str], start: int, end: int, title: str, blocks: list[tuple[int, int, str, str]]) -> Section:
    first, last = (blocks[0][0], blocks[0][1]) if blocks else (end, end)
    return Section(
        title=title,
        line=start + 1,
        before="\n".join(lines[start + 1 : first]).strip("\n"),
        after="\n".join(lines[last:end]).strip("\n"),
        blocks=tuple((info, begin + 2, contents) for begin, _, info, contents in blocks),
    )
