"""The learner's terminal: what tools send to a terminal, and that nothing else gets through."""

from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from trainer.ui.terminal_text import LONGEST_LINE, MOST_LINES, REDRAW_S, Fragments, TerminalText, wrapped

ESPTOOL = (
    "esptool v5\r\nSerial port /dev/ttyUSB0:\r\nConnecting...\r\nDetecting chip type... ESP8266\r\n"
    "\x1b[1A\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2KConnected to ESP8266 on /dev/ttyUSB0:\r\n"
    "\r\x1b[2KWriting at 0x0000582b \x1b[91m━\x1b[0m\x1b[90m╺━\x1b[0m   50.0% "
    "\r\x1b[2KWriting at 0x000963dc \x1b[91m━━━\x1b[0m 100.0% \r\n\x1b[1A\x1b[2KWrote 615388 bytes\r\n"
)


def plain(rows: list[Fragments]) -> list[str]:
    return ["".join(text for _, text in row) for row in rows]


def fed(*texts: str) -> TerminalText:
    terminal = TerminalText()
    for text in texts:
        terminal.feed(text)
    return terminal


def test_collapsing_stages_and_progress_bars() -> None:
    expected = "esptool v5\nConnected to ESP8266 on /dev/ttyUSB0:\nWrote 615388 bytes\n"
    assert fed(ESPTOOL).text == expected
    assert fed(*ESPTOOL).text == expected, "a chunk may end anywhere"


def test_colours() -> None:
    terminal = fed("\x1b[1;31mbad\x1b[22m less\x1b[0m \x1b[38;5;208mx\x1b[38;2;1;2;3my\x1b[97;44mz\x1b[39;49m.")
    assert terminal.last_line == [
        ("bold fg:ansired", "bad"),
        ("fg:ansired", " less"),
        ("", " "),
        ("fg:#ff8700", "x"),
        ("fg:#010203", "y"),
        ("fg:ansiwhite bg:ansiblue", "z"),
        ("", "."),
    ]


def test_line_editing_of_the_boards_prompt() -> None:
    terminal = fed(">>> pritn\b\b\x1b[Knt\x1b[2D\x1b[1CT\ta")
    assert plain([terminal.last_line]) == [">>> prinT       a"]


def test_what_is_no_text_of_a_program_is_dropped() -> None:
    terminal = fed("\x1b[?25l\x1b[2J\x1b[10;10Ha\x07\x00\x0e\x1b(B\x1b=b\x1b[5n\x1b[>c")
    assert terminal.text == "ab"


def test_a_bar_that_is_being_redrawn_is_shown_whole() -> None:
    now_s = 0.0
    terminal = TerminalText(lambda: now_s)
    terminal.feed("Writing ━━ 50% ")
    terminal.feed("\r\x1b[2KWriting ")
    assert plain(terminal.rows(40, 5)) == ["Writing ━━ 50% "]
    assert terminal.is_redrawn
    terminal.feed("━━━ 60% ")
    assert plain(terminal.rows(40, 5)) == ["Writing ━━━ 60% "]
    assert not terminal.is_redrawn
    terminal.feed("\r\x1b[2Kdone")
    now_s += 2 * REDRAW_S
    assert plain(terminal.rows(40, 5)) == ["done"], "a shorter line comes a moment later"


def test_a_bar_that_is_too_long_is_one_row_until_it_ends() -> None:
    terminal = fed("head\n" + "x" * 12 + "\r" + "y" * 12)
    assert plain(terminal.rows(10, 9)) == ["head", "y" * 10]
    terminal.feed("\r\x1b[2K" + "z" * 12 + "\n")
    assert plain(terminal.rows(10, 9)) == ["head", "z" * 10, "zz"]


def test_a_line_of_its_own() -> None:
    terminal = fed("one\n>>> ")
    terminal.begin_line()
    terminal.feed("(You press RESET.)\n")
    terminal.begin_line()
    terminal.feed("two\n")
    assert terminal.text == "one\n>>> \n(You press RESET.)\ntwo\n"


def test_rows_are_wrapped_when_they_are_drawn() -> None:
    terminal = fed("abcdefgh\n", "ij")
    assert plain(terminal.rows(3, 10)) == ["abc", "def", "gh", "ij"]
    assert plain(terminal.rows(8, 10)) == ["abcdefgh", "ij"]
    assert plain(terminal.rows(8, 10, with_last=False)) == ["abcdefgh"]
    assert plain(terminal.rows(3, 2)) == ["gh", "ij"]
    assert plain(terminal.rows(3, 2, 1)) == ["def", "gh"]
    assert plain(terminal.rows(3, 2, 100)) == ["abc", "def"]


def test_old_lines_are_forgotten_and_long_ones_broken() -> None:
    terminal = fed("x\n" * (MOST_LINES + 10), "y" * (LONGEST_LINE + 5))
    assert terminal.text.count("\n") <= MOST_LINES
    assert max(map(len, terminal.text.split("\n"))) == LONGEST_LINE
    assert fed("\x1b[99999C" * 10, "z").text.endswith("z"), "nor does a cursor run away"


@given(
    st.lists(st.text(st.sampled_from("ab\r\n\t\b\x1b[0123;?mKAJDG é🐍漢"), max_size=30), max_size=10),
    st.integers(2, 30),
)
def test_whatever_comes_stays_in_its_place(chunks: list[str], width: int) -> None:
    whole, pieces = fed("".join(chunks)), fed(*chunks)
    assert whole.text == pieces.text
    assert not any(character < " " and character != "\n" for character in whole.text)
    whole.begin_line()  # what is being redrawn may be cut
    rows = plain(whole.rows(width, 1000))
    assert all(sum(map(get_cwidth, row)) <= width for row in rows)
    assert "".join(rows) == whole.text.replace("\n", "")


@given(st.text(st.sampled_from("ab 漢🐍"), max_size=60), st.integers(2, 20))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    rows = plain(wrapped([("a", text[:7]), ("b", text[7:])], width))
    assert "".join(rows) == text
    assert all(sum(map(get_cwidth, row)) <= width for row in rows)
