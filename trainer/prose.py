"""A lesson's Markdown, made ready for one learner: their system's variants, their port and file, wrapped; plain or
styled.

Two rules beyond ordinary Markdown, both chosen so that the source still reads well on a web page:

- A paragraph, or a list item with everything in it, that begins with a bold system name and a colon
  (`**Windows:**`, `**macOS and Linux:**`) is for those systems only. The label is taken off.
- `{port}` and its like are placeholders; `{{port}}` is how to write one that stays as it is.

Markdown is parsed by markdown-it (CommonMark) and placeholders are filled after parsing, so a file name with an
underscore stays a file name.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from trainer.stream import ControlFilter
from trainer.system import SYSTEMS, TITLES, System

__all__ = [
    "PLAIN",
    "STYLED",
    "Line",
    "Look",
    "fill",
    "hanging",
    "labels",
    "links",
    "paragraph",
    "parse",
    "placeholders",
    "plain",
    "printable",
    "render",
    "render_styled",
    "styled_paragraph",
    "systems_named",
]

_PLACEHOLDER = re.compile(r"\{\{([a-z][a-z_]*)\}\}|\{([a-z][a-z_]*)\}")
_CODE = re.compile(r"`[^`\n]+`")
_UNBROKEN_SPACE = "\ue000"
"""Stands for a space while lines are broken; a private character, which no text has a use for."""
Line = list[tuple[str, str]]
"""(style, text), ... Styles: "" for ordinary text, "heading", "strong", "em", "code", "block" for a line of a block of
code, "link" for where a link leads, and "mark" for bullets and rules."""

INDENT: Final = "    "
"""Before each line of a block of code."""
_LABEL_WORDS: dict[str, System] = {TITLES[system].lower(): system for system in SYSTEMS}


def printable(text: str) -> str:
    """`text` without control characters and sequences; newline and tab stay."""
    return ControlFilter(keep="\n\t").feed(text)


def placeholders(text: str) -> list[str]:
    """The names of the placeholders in `text`, in order, with repeats."""
    return [match[2] for match in _PLACEHOLDER.finditer(text) if match[2]]


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders replaced by `values`; one without a value stays as it is."""
    return _PLACEHOLDER.sub(lambda match: f"{{{match[1]}}}" if match[1] else values.get(match[2], match[0]), text)


def parse(markdown: str) -> list[Token]:
    """CommonMark tokens, each block with the lines it came from."""
    return MarkdownIt("commonmark", {"html": False}).parse(markdown)


def links(markdown: str) -> Iterator[tuple[int, str]]:
    """Line number (from 1) and target of each link and picture; the line is where its block begins."""
    line = 1
    for token in parse(markdown):
        line = token.map[0] + 1 if token.map else line
        for child in token.children or ():
            target = child.attrs.get("href") or child.attrs.get("src")
            if target is not None:
                yield line, str(target)


def labels(markdown: str) -> Iterator[tuple[int, str]]:
    """Line number (from 1) and words of each bold beginning of a paragraph that ends with a colon."""
    for node in SyntaxTreeNode(parse(markdown)).walk():
        if node.type == "paragraph" and node.map and (words := _label_words(node)):
            yield node.map[0] + 1, words


def systems_named(label: str) -> frozenset[System]:
    """The systems that a label such as "macOS and Linux" names; none if there is another word in it."""
    named = re.split(r",\s*|\s+and\s+", label.strip().lower())
    return frozenset(_LABEL_WORDS[name] for name in named) if _LABEL_WORDS.keys() >= set(named) else frozenset()


def paragraph(text: str, width: int = 78) -> str:
    """One paragraph of plain text, wrapped. What stands in backticks, and words such as a path, are never broken."""
    return plain(styled_paragraph(text, width, PLAIN))


def hanging(start: str, text: str, width: int = 78) -> str:
    """A paragraph behind `start`, whose later lines begin below its first word."""
    first, *rest = paragraph(text, max(width - len(start), 20)).split("\n")
    return "\n".join([start + first, *(" " * len(start) + line for line in rest)])


def render(markdown: str, system: System, values: Mapping[str, str], width: int = 78) -> str:
    """Plain text for a terminal: no control sequences, no colour, lines of at most `width` columns.

    Only text that must not be broken, such as a command or a link, may be longer.
    """
    return plain(render_styled(markdown, system, values, width, PLAIN))


def plain(lines: Iterable[Line]) -> str:
    """Lines without their styles, as one text."""
    return "\n".join("".join(text for _, text in line) for line in lines)


@dataclass(frozen=True, slots=True)
class Look:
    """How what is no plain word is written."""

    code: str
    """Stands on both sides of code inside a sentence."""
    bullet: str
    quote: str
    rule: str
    shouts: bool
    """A first heading is written in capitals."""
    must_fit: bool
    """Code and long words are broken where a line would be longer than the width."""


PLAIN: Final = Look("`", "-", "|", "-", shouts=True, must_fit=False)
"""For lines of text alone."""

STYLED: Final = Look("", "•", "│", "─", shouts=False, must_fit=True)
"""For a screen with styles, where a row has so many columns and no more."""


def styled_paragraph(text: str, width: int, look: Look = STYLED) -> list[Line]:
    """One paragraph, wrapped; what stands in backticks is code."""
    spans: Line = []
    at = 0
    text = printable(text)
    for code in _CODE.finditer(text):
        spans += [("", text[at : code.start()]), ("code", f"{look.code}{code[0][1:-1]}{look.code}")]
        at = code.end()
    return _wrapped([*spans, ("", text[at:])], width, look)


def render_styled(
    markdown: str, system: System, values: Mapping[str, str], width: int, look: Look = STYLED
) -> list[Line]:
    """A lesson's Markdown as lines of styled text, at most `width` columns wide; blocks have an empty line between
    them."""
    root = SyntaxTreeNode(parse(markdown))
    return _joined(_blocks(root.children, _Page(system, values, max(width, 20), look)))


@dataclass(frozen=True)
class _Page:
    """What every block of one rendering has in common."""

    system: System
    values: Mapping[str, str]
    width: int
    look: Look

    def text(self, text: str) -> str:
        return printable(fill(text, self.values))

    def narrower(self, columns: int) -> "_Page":
        return replace(self, width=max(self.width - columns, 20))


Block = list[Line]


def _joined(blocks: Iterable[Block]) -> Block:
    lines: Block = []
    for block in blocks:
        lines += [*([[]] if lines else []), *block]
    return lines


def _blocks(nodes: list[SyntaxTreeNode], page: _Page) -> list[Block]:
    shown = (node for node in nodes if page.system in _systems_of(node))
    return [block for node in shown for block in _block(node, page) if plain(block).strip()]


def _block(node: SyntaxTreeNode, page: _Page) -> list[Block]:
    look = page.look
    match node.type:
        case "heading":
            text = plain([_inline(node, page)])
            shown = text.upper() if look.shouts and node.tag == "h1" else text
            return [_wrapped([("heading", shown)], page.width, look)]
        case "paragraph":
            return [_wrapped(_inline(node, page), page.width, look)]
        case "fence" | "code_block":
            lines = page.text(node.content).rstrip("\n").split("\n")
            width = page.width - len(INDENT) if look.must_fit else 0
            rows = [
                row for line in lines for row in (_chopped([("block", line)], width) if width else [[("block", line)]])
            ]
            return [_indented(rows, ("", INDENT), ("", INDENT))]
        case "bullet_list":
            return _list(node, page, first=None)
        case "ordered_list":
            return _list(node, page, first=int(str(node.attrs.get("start", 1))))
        case "blockquote":
            bar = ("mark", f"{look.quote} ")
            body = _joined(_blocks(node.children, page.narrower(2)))
            return [_indented(body, bar, bar, blank_too=True)]
        case "hr":
            return [[[("mark", look.rule * 10)]]]
        case _:
            return [[[("", line)] for line in page.text(node.content).split("\n")]]


def _list(node: SyntaxTreeNode, page: _Page, first: int | None) -> list[Block]:
    """A list; one that only tells the systems apart is shown without its bullets, as there is one item left."""
    if all(len(_systems_of(item)) < len(SYSTEMS) for item in node.children):
        return [
            block
            for item in node.children
            if page.system in _systems_of(item)
            for block in _blocks(item.children, page)
        ]
    lines: Block = []
    shown = [item for item in node.children if page.system in _systems_of(item)]
    for number, item in enumerate(shown, first or 0):
        bullet = f"{page.look.bullet} " if first is None else f"{number}. "
        body = _joined(_blocks(item.children, page.narrower(len(bullet)))) or [[]]
        lines += _indented(body, ("mark", bullet), ("", " " * len(bullet)))
    return [lines]


def _indented(lines: Block, first: tuple[str, str], rest: tuple[str, str], *, blank_too: bool = False) -> Block:
    """Lines with something before them; before an empty line only where `blank_too`."""
    return [
        [first if number == 0 else rest, *line] if number == 0 or blank_too or plain([line]).strip() else line
        for number, line in enumerate(lines)
    ]


def _systems_of(node: SyntaxTreeNode) -> frozenset[System]:
    """The systems that a block is for: all, unless it begins with a label."""
    if node.type == "list_item" and node.children:
        return _systems_of(node.children[0])
    if node.type != "paragraph":
        return frozenset(SYSTEMS)
    return _label(node)[0]


def _label(paragraph: SyntaxTreeNode) -> tuple[frozenset[System], bool]:
    """The systems that a paragraph's label names, and whether there is a label."""
    named = systems_named(_label_words(paragraph))
    return (named, True) if named else (frozenset(SYSTEMS), False)


def _label_words(paragraph: SyntaxTreeNode) -> str:
    """What stands in bold at a paragraph's beginning, before a colon; "" where nothing does."""
    inline = paragraph.children[0].children if paragraph.children else []
    inline = inline[1:] if inline and inline[0].type == "text" and not inline[0].content else inline
    if not inline or inline[0].type != "strong":
        return ""
    words = "".join(child.content for child in inline[0].children).strip()
    colon = words.endswith(":") or (len(inline) > 1 and inline[1].content.startswith(":"))
    return words.removesuffix(":").strip() if colon else ""


def _inline(block: SyntaxTreeNode, page: _Page) -> Line:
    """The text of a paragraph or heading, its label taken off."""
    if not block.children:
        return []
    labelled = block.type == "paragraph" and _label(block)[1]
    spans = [span for span in _spans(block.children[0].children, page, "", skip_strong=labelled) if span[1]]
    if labelled and spans:
        style, text = spans[0]
        spans[0] = (style, text.removeprefix(":").lstrip(" "))
    return spans


def _spans(
    nodes: list[SyntaxTreeNode], page: _Page, style: str, skip_strong: bool = False
) -> Iterator[tuple[str, str]]:
    """What stands in a paragraph, in pieces; `style` is that of what is around it."""
    for node in nodes:
        match node.type:
            case "strong" if skip_strong:
                skip_strong = False
            case "text":
                yield style, page.text(node.content)
            case "code_inline":
                yield "code", f"{page.look.code}{page.text(node.content)}{page.look.code}"
            case "softbreak":
                yield style, " "
            case "hardbreak":
                yield style, "\n"
            case "link" | "image":
                label = list(_spans(node.children, page, style))
                target = printable(str(node.attrs.get("href") or node.attrs.get("src")))
                alone = plain([label]) == target
                yield from [("link", target)] if alone else [*label, (style, " ("), ("link", target), (style, ")")]
            case "strong" | "em":
                yield from _spans(node.children, page, style or node.type)
            case _:
                yield from list(_spans(node.children, page, style)) or [(style, page.text(node.content))]


# Lines


def _wrapped(spans: Line, width: int, look: Look) -> Block:
    """Spans as lines of at most `width` columns. Code is broken only where the look says that everything must fit."""
    text, styles = "", list[str]()
    for style, part in spans:
        part = (part.replace(" ", _UNBROKEN_SPACE) if style == "code" else part).expandtabs()
        text += part
        styles += [style] * len(part)
    lines: Block = []
    at = 0
    for source in text.split("\n"):
        for shown in textwrap.wrap(source, width, break_long_words=False, break_on_hyphens=False) or [""]:
            line: Line = []
            for character in shown:
                while text[at] != character and not (text[at].isspace() and character == " "):
                    at += 1  # a space that stood where the line was broken
                line.append((styles[at], character.replace(_UNBROKEN_SPACE, " ")))
                at += 1
            lines += _chopped(line, width) if look.must_fit else [_merged(line)]
        at = len(text) if text.find("\n", at) < 0 else text.find("\n", at) + 1
    return lines


def _chopped(line: Line, width: int) -> Block:
    """A line as rows of at most `width` columns, broken after a space if there is one in the latter half."""
    cells = [(style, character) for style, text in line for character in text]
    rows: Block = []
    while len(cells) > width:
        spaces = [index for index in range(width // 2, width) if cells[index][1] == " "]
        end = spaces[-1] + 1 if spaces else width
        rows.append(_merged(cells[:end]))
        cells = cells[end:]
    return [*rows, _merged(cells)]


def _merged(cells: Line) -> Line:
    """Neighbours in one style together."""
    line: Line = []
    for style, text in cells:
        if line and line[-1][0] == style:
            line[-1] = (style, line[-1][1] + text)
        else:
            line.append((style, text))
    return line
