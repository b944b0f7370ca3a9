"""A lesson's Markdown, made ready for one learner: their system's variants, their port and file, plain wrapped text.

Two rules beyond ordinary Markdown, both chosen so that the source still reads well on a web page:

- A paragraph, or a list item with everything in it, that begins with a bold system name and a colon
  (`**Windows:**`, `**macOS and Linux:**`) is for those systems only. The label is taken off.
- `{port}` and its like are placeholders; `{{port}}` is how to write one that stays as it is.

Markdown is parsed by markdown-it (CommonMark) and placeholders are filled after parsing, so a file name with an
underscore stays a file name.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from trainer.stream import ControlFilter
from trainer.system import SYSTEMS, TITLES, System

__all__ = [
    "fill",
    "hanging",
    "labels",
    "links",
    "paragraph",
    "parse",
    "placeholders",
    "printable",
    "render",
    "systems_named",
]

_PLACEHOLDER = re.compile(r"\{\{([a-z][a-z_]*)\}\}|\{([a-z][a-z_]*)\}")
_CODE = re.compile(r"`[^`\n]+`")
_UNBROKEN_SPACE = "\ue000"
"""Stands for a space while lines are broken; a private character, which no text has a use for."""
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
    whole = _CODE.sub(lambda code: code[0].replace(" ", _UNBROKEN_SPACE), printable(text))
    lines = (
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in whole.split("\n")
    )
    return "\n".join(lines).replace(_UNBROKEN_SPACE, " ")


def hanging(start: str, text: str, width: int = 78) -> str:
    """A paragraph behind `start`, whose later lines begin below its first word."""
    first, *rest = paragraph(text, max(width - len(start), 20)).split("\n")
    return "\n".join([start + first, *(" " * len(start) + line for line in rest)])


def render(markdown: str, system: System, values: Mapping[str, str], width: int = 78) -> str:
    """Plain text for a terminal: no control sequences, no colour, lines of at most `width` columns.

    Only text that must not be broken, such as a command or a link, may be longer.
    """
    root = SyntaxTreeNode(parse(markdown))
    return "\n\n".join(_blocks(root.children, _Page(system, values, max(width, 20))))


class _Page:
    """What every block of one rendering has in common."""

    def __init__(self, system: System, values: Mapping[str, str], width: int):
        self.system = system
        self.values = values
        self.width = width

    def text(self, text: str) -> str:
        return printable(fill(text, self.values))

    def narrower(self, columns: int) -> "_Page":
        return _Page(self.system, self.values, max(self.width - columns, 20))

    def wrapped(self, text: str) -> str:
        return paragraph(text, self.width)


def _blocks(nodes: list[SyntaxTreeNode], page: _Page) -> list[str]:
    shown = (node for node in nodes if page.system in _systems_of(node))
    return [text for node in shown for text in _block(node, page) if text.strip()]


def _block(node: SyntaxTreeNode, page: _Page) -> list[str]:
    match node.type:
        case "heading":
            return [page.wrapped(_inline(node, page).upper() if node.tag == "h1" else _inline(node, page))]
        case "paragraph":
            return [page.wrapped(_inline(node, page))]
        case "fence" | "code_block":
            return [textwrap.indent(page.text(node.content).rstrip("\n"), "    ")]
        case "bullet_list":
            return _list(node, page, bullets=None)
        case "ordered_list":
            return _list(node, page, bullets=int(str(node.attrs.get("start", 1))))
        case "blockquote":
            inner = "\n\n".join(_blocks(node.children, page.narrower(2)))
            return [textwrap.indent(inner, "| ", predicate=lambda _: True)]
        case "hr":
            return ["-" * 10]
        case _:
            return [page.text(node.content)]


def _list(node: SyntaxTreeNode, page: _Page, bullets: int | None) -> list[str]:
    """A list; one that only tells the systems apart is shown without its bullets, as there is one item left."""
    if all(len(_systems_of(item)) < len(SYSTEMS) for item in node.children):
        return [
            text for item in node.children if page.system in _systems_of(item) for text in _blocks(item.children, page)
        ]
    items: list[str] = []
    for item in node.children:
        if page.system not in _systems_of(item):
            continue
        bullet = "- " if bullets is None else f"{bullets + len(items)}. "
        body = "\n\n".join(_blocks(item.children, page.narrower(len(bullet))))
        items.append(bullet + textwrap.indent(body, " " * len(bullet)).lstrip(" "))
    return ["\n".join(items)]


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


def _inline(block: SyntaxTreeNode, page: _Page) -> str:
    """The text of a paragraph or heading, its label taken off."""
    if not block.children:
        return ""
    labelled = block.type == "paragraph" and _label(block)[1]
    text = "".join(_spans(block.children[0].children, page, skip_strong=labelled))
    return text.removeprefix(":").lstrip(" ") if labelled else text


def _spans(nodes: list[SyntaxTreeNode], page: _Page, skip_strong: bool = False) -> Iterator[str]:
    for node in nodes:
        match node.type:
            case "strong" if skip_strong:
                skip_strong = False
            case "text":
                yield page.text(node.content)
            case "code_inline":
                yield f"`{page.text(node.content)}`"
            case "softbreak":
                yield " "
            case "hardbreak":
                yield "\n"
            case "link" | "image":
                yield _link("".join(_spans(node.children, page)), str(node.attrs.get("href") or node.attrs.get("src")))
            case _:
                yield "".join(_spans(node.children, page)) or page.text(node.content)


def _link(label: str, target: str) -> str:
    target = printable(target)
    return label if label == target else f"{label} ({target})"
