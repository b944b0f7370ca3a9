"""A lesson's Markdown becomes plain text for one system, with the learner's own names in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.prose import (
    STYLED,
    fill,
    paragraph,
    placeholders,
    plain,
    printable,
    render,
    render_styled,
    styled_paragraph,
)
from trainer.system import SYSTEMS

VALUES = {"port": "/dev/tty_USB_0", "firmware": "a*b*.bin"}


def test_a_paragraph_for_one_system_is_shown_there_alone_and_without_its_label() -> None:
    text = "All.\n\n**Windows:** Look in the Device Manager.\n\n**macOS and Linux:** Look in /dev."
    assert render(text, "windows", {}) == "All.\n\nLook in the Device Manager."
    assert render(text, "linux", {}) == "All.\n\nLook in /dev."


def test_a_list_that_tells_systems_apart_loses_its_bullets() -> None:
    text = "- **Windows:** cmd\n\n  twice\n- **macOS:** zsh\n- **Linux:** bash"
    assert [render(text, system, {}) for system in SYSTEMS] == ["cmd\n\ntwice", "zsh", "bash"]


def test_bold_words_that_name_no_system_stay() -> None:
    assert render("**Beware:** hot.\n\n**Windows** is large.", "linux", {}) == "Beware: hot.\n\nWindows is large."


def test_an_item_for_one_system_among_others() -> None:
    assert render("1. one\n2. **Windows:** two\n3. three", "linux", {}) == "1. one\n2. three"


def test_placeholders_are_filled_after_markdown_is_read() -> None:
    assert render("At {port} and `{firmware}`, but {{port}}.", "linux", VALUES) == (
        "At /dev/tty_USB_0 and `a*b*.bin`, but {port}."
    )


def test_braces_of_other_kinds_stay() -> None:
    assert fill('{} {"a": 1} {Port} {unknown} {{x}}', VALUES) == '{} {"a": 1} {Port} {unknown} {x}'
    assert placeholders("{a} {{b}} {c}") == ["a", "c"]


def test_code_is_indented_and_never_broken() -> None:
    command = "esptool --port /dev/ttyUSB0 --baud 115200 write-flash --flash-size detect 0 firmware.bin"
    assert render(f"```text\n{command}\n```", "linux", {}, width=40) == f"    {command}"
    assert f"`{command}`" in paragraph(f"Your turn: type `{command}`", width=40).split("\n")


def test_links_show_where_they_lead() -> None:
    assert render("See [PuTTY](https://www.putty.org) or <https://micropython.org>.", "linux", {}) == (
        "See PuTTY (https://www.putty.org) or https://micropython.org."
    )


@given(st.text(max_size=400), st.sampled_from(SYSTEMS), st.integers(min_value=1, max_value=120))
def test_no_control_sequence_ever_reaches_the_terminal(text: str, system: str, width: int) -> None:
    shown = render(text, system, {"port": "\x1b[2J\u202ex"}, width)  # type: ignore[arg-type]
    assert all(character in "\n\t" or character.isprintable() or ord(character) > 0x9F for character in shown)
    assert "\x1b" not in shown
    assert "\u202e" not in render("{port}", "linux", {"port": "\u202ex"})


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=12), min_size=1, max_size=60))
def test_lines_keep_to_the_width_and_lose_no_word(words: list[str]) -> None:
    shown = paragraph(" ".join(words), width=40)
    assert max(map(len, shown.split("\n"))) <= 40
    assert shown.split() == words


@pytest.mark.parametrize("text", ["\x1b]0;title\x07x", "\x1b[31mx\x1b[0m", "x\x00\x08", "\x9b2Jx"])
def test_printable_leaves_the_text_alone(text: str) -> None:
    assert printable(text) == "x"


def test_a_rule_is_a_line() -> None:
    assert render("a\n\n---\n\nb", "linux", {}) == "a\n\n----------\n\nb"


def test_styles_tell_what_the_marks_of_plain_text_told() -> None:
    lines = render_styled("# Head\n\nUse **two** `a b` *or* [more](https://a.org).\n\n- one", "linux", {}, 80)
    assert lines[0] == [("heading", "Head")]
    assert [span for span in lines[2] if span[0]] == [
        ("strong", "two"),
        ("code", "a b"),
        ("em", "or"),
        ("link", "https://a.org"),
    ]
    assert lines[4] == [("mark", "• "), ("", "one")]
    assert styled_paragraph("type `x`", 40) == [[("", "type "), ("code", "x")]]


def test_on_a_screen_everything_fits() -> None:
    command = "esptool --port /dev/ttyUSB0 --baud 115200 write-flash --flash-size detect 0 firmware.bin"
    lines = render_styled(f"Type `{command}` now.\n\n```\n{command}\n```\n\n> {command}", "linux", {}, 40)
    assert max(len(plain([line])) for line in lines) <= 40
    assert plain(lines).replace("\n", "").count("write-flash") == 3


@given(st.text(max_size=300), st.integers(min_value=20, max_value=100))
def test_screen_and_plain_text_say_the_same(text: str, width: int) -> None:
    def words(shown: str) -> str:
        return "".join(character for character in shown if character.isalnum())

    on_screen = render_styled(text, "linux", {}, width)
    assert words(plain(on_screen)).lower() == words(render(text, "linux", {}, width)).lower()
    assert all(len(plain([line])) <= width for line in on_screen if "|" not in text)
    assert words(plain(styled_paragraph(text, width, STYLED))) == words(paragraph(text, width))
