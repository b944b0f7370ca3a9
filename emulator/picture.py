"""A board drawn with characters: `line` for one row of a screen, `panel` for a column of it.

Plain data in (`emulator.observer.BoardState`), styled text out; nothing here knows a terminal or who shows it. A
drawing is a list of lines, a line a list of `Piece`; `STYLES` says what the styles mean. Colour is never the only sign:
what is on, held or written has a character of its own.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from textwrap import wrap
from typing import Final, NamedTuple

from emulator.observer import BoardState, FlashContents, Mode
from emulator.trace_text import hertz

__all__ = [
    "ASCII",
    "NARROWEST_PANEL",
    "STYLES",
    "UNICODE",
    "Glyphs",
    "Line",
    "Piece",
    "flash_cells",
    "line",
    "panel",
    "speaks_unicode",
]


class Piece(NamedTuple):
    """A stretch of text in one style. `action` names the hand that a click on it is ("press reset"), if it is a
    button."""

    style: str
    text: str
    action: str = ""


Line = list[Piece]

STYLES: Final = {
    "": "ordinary text",
    "title": "the board's name",
    "label": "what a value is",
    "rule": "lines and frames",
    "on": "something that is well and has power",
    "off": "something without power",
    "busy": "something out of the ordinary: download mode, a reset that is held",
    "bad": "something that does not work",
    "led": "the LED, lit",
    "flash.blank": "flash that holds nothing",
    "flash.used": "flash that is written",
    "flash.recent": "flash that is being erased or written",
    "screen": "what a display or a strip shows",
    "button": "a button",
    "button.held": "a button that is held down",
}
"""The styles of pieces, and what they stand for."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of a drawing."""

    on: str
    off: str
    bar: str
    """Between the parts of a line."""
    blank: str
    part: str
    full: str
    recent: str
    cable: str
    socket: str
    corners: str
    """Upper left, upper right, lower left, lower right."""
    horizontal: str
    vertical: str
    left: str
    """What turns the chosen dial."""
    right: str
    arrows: str
    """The keys."""


UNICODE: Final = Glyphs("●", "○", "│", "·", "▒", "█", "▓", "══", "╡", "╭╮╰╯", "─", "│", "←", "→", "←→↑↓")
ASCII: Final = Glyphs("*", "o", "|", ".", "+", "#", "%", "==", "|", "++++", "-", "|", "<", ">", "arrows")


def speaks_unicode(encoding: Callable[[], str | None] = lambda: sys.stdout.encoding) -> bool:
    """Can the terminal's encoding write the signs of `UNICODE`, and braille?"""
    try:
        "│●█⠋✓".encode(encoding() or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


MODES: Final[dict[Mode | None, tuple[str, str, str]]] = {
    "off": ("off", "off", "no power"),
    "held": ("busy", "held", "held in reset"),
    "download": ("busy", "download", "waits in download mode"),
    "uploaded": ("busy", "stub", "runs esptool's stub in RAM"),
    "program": ("on", "running", "runs what is in its flash"),
    "hung": ("bad", "no program", "finds no program in its flash"),
    "asleep": ("busy", "asleep", "sleeps deeply"),
    None: ("label", "", "only its port can be seen"),
}
"""What a board does: style, short words for a line, long words for a panel."""

RESETS: Final = {
    "power on": "by power",
    "external": "by the RESET pin",
    "software": "by software",
    "watchdog": "by the watchdog",
    "deep sleep": "by waking up",
}
"""What caused the last reset, in words for a panel."""

NARROWEST_PANEL: Final = 36
"""Columns that a panel needs."""

LONGEST_PORT: Final = 18
"""Characters; of a longer name, as a URL is, a line shows the beginning."""

NARROWEST_MAP: Final = 8
WIDEST_MAP: Final = 32
MAP_ROWS: Final = 4
LABEL_WIDTH: Final = 7


def line(state: BoardState, width: int, glyphs: Glyphs = UNICODE) -> Line:
    """The board in one line of at most `width` columns; where they are few, the least important parts are left out."""
    separator = Piece("rule", f" {glyphs.bar} ")
    parts = [part for part in _line_parts(state, glyphs) if part]
    if state.flash is None:
        return _joined(parts, separator, width)
    label, amount = Piece("label", "flash "), Piece("", f" {_short_amount(state.flash)}")
    for head in ([label], []):
        least = NARROWEST_MAP + _length([separator, *head, amount])
        drawn = _joined(parts, separator, width - least)
        if len(drawn) == len(_joined(parts, separator, 10 * width)):  # nothing had to be left out
            break
    cells = width - _length(drawn) - least + NARROWEST_MAP
    if cells < NARROWEST_MAP:
        return drawn
    return [*drawn, separator, *head, *_map_row(flash_cells(state.flash, min(cells, WIDEST_MAP)), glyphs), amount]


def _line_parts(state: BoardState, glyphs: Glyphs) -> Iterable[Line]:
    """What the line says of everything but the flash, most important first."""
    style, short, _ = MODES[state.mode]
    port, has_power = _shortened(state.port.removeprefix("/dev/"), LONGEST_PORT), state.mode != "off"
    out = "no port" if state.mode is not None and has_power else f"{port} unplugged"
    yield [Piece("title", port)] if state.plugged else [Piece("off", out)]
    lights = [] if state.mode is None else [_light("on" if has_power else "off", "power", has_power, glyphs)]
    if state.led is not None:
        lights += [Piece("", " "), _light("led" if state.led else "off", "LED", state.led, glyphs)]
    yield lights
    yield [Piece(style, short)] if short and has_power else []
    yield [Piece("button.held", f"{' '.join(sorted(state.held)).upper()} held")] if state.held else []
    yield [Piece("label", "reset "), Piece("", state.last_reset)] if state.last_reset else []


def panel(state: BoardState, width: int, glyphs: Glyphs = UNICODE, *, picture: bool = True) -> list[Line]:
    """The board as a column `width` wide, at least `NARROWEST_PANEL`, with its picture if wanted."""
    lines: list[Line] = [[Piece("title", row)] for row in wrap(state.title, width)]
    if picture:
        lines += _picture(state, width, glyphs)
    for label, pieces in _facts(state, glyphs):
        lines += [_row("" if row else label, part) for row, part in enumerate(_wrapped(pieces, width - LABEL_WIDTH))]
    if state.flash is not None:
        lines.append(_row("flash", [Piece("", f"{_amount(state.flash)} written")]))
        cells = flash_cells(state.flash, width * MAP_ROWS)
        lines += [_map_row(cells[row * width : (row + 1) * width], glyphs) for row in range(MAP_ROWS)]
    if state.has_buttons:
        lines += [[], _buttons(state)]
    return lines


def devices(
    state: BoardState,
    width: int,
    glyphs: Glyphs = UNICODE,
    *,
    chosen: tuple[str, str] | None = None,
    short_first: bool = False,
) -> list[Line]:
    """What is attached, each under its name; what is wider than `width` is cut. `chosen` is the device and the dial
    that keys turn; `short_first`: where rows are few."""
    lines: list[Line] = []
    numbered = list(enumerate(state.devices, 1))
    if short_first:
        numbered.sort(key=lambda row: len(row[1].lines))
    for number, device in numbered:
        title = [Piece("title", device.name)]
        if device.pressed is not None:
            word = "let go" if device.pressed else "press"
            title += [Piece("", " "), _button(f"{number} {word}", f"device {device.name}", held=device.pressed)]
        for dial in device.dials:
            label = [Piece("", f" {dial}")] if len(device.dials) > 1 else []
            less, more = (glyphs.left, glyphs.right) if chosen == (device.name, dial) else ("-", "+")
            hand = f"turn {device.name} {dial}"
            hands = [_button(less, f"{hand} -1"), _button(more, f"{hand} +1")]
            if _length([*title, *label, Piece("", " "), *hands]) <= width:
                title += [*label, Piece("", " "), *hands]
        style = "screen" if len(device.lines) > 1 else ""
        lines += [title, *([Piece(style, line[:width])] for line in device.lines)]
    return lines


def _pins(state: BoardState, glyphs: Glyphs) -> Line:
    """The pins in use, each with its level, or with what it does if that is too fast to watch."""
    pieces: Line = []
    for pin in state.pins:
        level, wave = glyphs.on if pin.level else glyphs.off, pin.wave
        style = "on" if pin.level or wave else "off"
        text = f"{pin.pin}{level}"
        if wave is not None and wave.frequency_hz is not None and wave.duty is not None:
            text = f"{pin.pin}~{hertz(wave.frequency_hz)} {wave.duty:.0%}"
        pieces += [Piece(style, text), Piece("", " ")]
    return pieces[:-1]


def flash_cells(flash: FlashContents, count: int) -> list[tuple[float, bool]]:
    """A map of a flash chip in `count` cells: for each, how much of it is written (0 to 1), and whether that is
    recent."""
    sectors = len(flash.used)
    cells = []
    for number in range(count):
        first = number * sectors // count
        stop = max((number + 1) * sectors // count, first + 1)
        cells.append((flash.used.count(1, first, stop) / (stop - first), False))
    for sector in flash.recent:
        if sector < sectors:
            number = min(sector * count // sectors, count - 1)
            cells[number] = (cells[number][0], True)
    return cells


def _facts(state: BoardState, glyphs: Glyphs) -> Iterable[tuple[str, Line]]:
    """Labels, and what stands behind them."""
    style, _, long = MODES[state.mode]
    yield "port", [Piece("", state.port)] if state.plugged else [Piece("off", "the cable is out")]
    if state.mode is not None:
        has_power = state.mode != "off"
        lights = [_light("on" if has_power else "off", "power", has_power, glyphs)]
        if state.led is not None:
            lights += [Piece("", "   "), _light("led" if state.led else "off", "LED", state.led, glyphs)]
        yield "lights", lights
    yield "does", [Piece(style, long)] if state.mode != "off" else []
    yield "reset", [Piece("", RESETS.get(state.last_reset, state.last_reset))] if state.last_reset else []
    if state.clock is not None:
        yield "clock", [Piece("", f"{state.clock.seconds:.1f} s at {state.clock.mhz} MHz")]
    if state.pins:
        yield "pins", _pins(state, glyphs)
    yield "line", [Piece("", f"{state.baud} baud")] if state.baud else [Piece("off", "nobody listens")]


def _wrapped(pieces: Line, width: int) -> list[Line]:
    """Pieces in rows of at most `width`, broken between them, and within one that is wider."""
    rows: list[Line] = [[]] if pieces else []
    for piece in (narrow for wide in pieces for narrow in _broken(wide, width)):
        if rows[-1] and _length([*rows[-1], piece]) > width:
            rows.append([])
        if rows[-1] or piece.text.strip():
            rows[-1].append(piece)
    return rows


def _broken(piece: Piece, width: int) -> list[Piece]:
    return [piece._replace(text=row) for row in wrap(piece.text, width)] if len(piece.text) > width else [piece]


def _row(label: str, pieces: Line) -> Line:
    return [Piece("label", f"{label:<{LABEL_WIDTH}}"), *pieces]


def _picture(state: BoardState, width: int, glyphs: Glyphs) -> list[Line]:
    """A board with its cable, seen from above."""
    inner = min(width - 6, 26)
    if inner < 20:
        return []
    left_up, right_up, left_down, right_down = tuple(glyphs.corners)
    plug = Piece("on" if state.plugged else "off", f"{glyphs.cable}{glyphs.cable}{glyphs.socket}" if state.plugged
                 else f"{glyphs.cable}  {glyphs.vertical}")  # fmt: skip
    led = _light("led" if state.led else "off", "", bool(state.led), glyphs)
    edge = glyphs.horizontal * inner

    def inside(*pieces: Piece) -> Line:
        return [*pieces, Piece("", " " * (inner - _length(pieces))), Piece("rule", glyphs.vertical)]

    chip = Piece("title", "[ESP8266]")
    return [
        [Piece("rule", f"    {left_up}{edge}{right_up}")],
        [Piece("rule", f"    {glyphs.vertical}"), *inside(Piece("label", " RST"), Piece("", " " * (inner - 8)), led)],
        [plug, *inside(Piece("label", " USB"), Piece("", " " * (inner - 15)), chip)],
        [Piece("rule", f"    {glyphs.vertical}"), *inside(Piece("label", " FLASH"))],
        [Piece("rule", f"    {left_down}{edge}{right_down}")],
    ]


def _buttons(state: BoardState) -> Line:
    """What hands can do."""
    flash_held = "flash" in state.held
    buttons = [
        _button("Unplug", "unplug") if state.plugged else _button("Plug in", "plug in"),
        _button("RESET", "press reset"),
        _button("let FLASH go", "release flash", held=True) if flash_held else _button("hold FLASH", "press flash"),
    ]
    return [piece for button in buttons for piece in (button, Piece("", " "))][:-1]


def _button(label: str, action: str, *, held: bool = False) -> Piece:
    return Piece("button.held" if held else "button", f"[{label}]", action)


def _light(style: str, label: str, lit: bool, glyphs: Glyphs) -> Piece:
    return Piece(style, f"{label} {glyphs.on if lit else glyphs.off}".strip())


def _amount(flash: FlashContents) -> str:
    return f"{flash.used_bytes // 1024} of {flash.size // 1024} KB"


def _short_amount(flash: FlashContents) -> str:
    return (
        f"{flash.used_bytes // 1024}K/{flash.size // 1024 // 1024}M"
        if flash.size >= 1 << 20
        else (f"{flash.used_bytes // 1024}K/{flash.size // 1024}K")
    )


def _map_row(cells: list[tuple[float, bool]], glyphs: Glyphs) -> Line:
    """Cells as characters; neighbours in one style make one piece."""
    row: Line = []
    for share, recent in cells:
        glyph, style = (
            (glyphs.recent, "flash.recent")
            if recent
            else (glyphs.blank, "flash.blank")
            if share == 0
            else (glyphs.full if share > 0.5 else glyphs.part, "flash.used")
        )
        if row and row[-1].style == style:
            row[-1] = Piece(style, row[-1].text + glyph)
        else:
            row.append(Piece(style, glyph))
    return row


def _joined(parts: list[Line], separator: Piece, room: int) -> Line:
    """As many of the parts, joined, as there is room for."""
    row = list(parts[0])
    for part in parts[1:]:
        if _length(row) + len(separator.text) + _length(part) <= room:
            row += [separator, *part]
    return row


def _shortened(text: str, length: int) -> str:
    """The text, or its beginning and three dots."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _length(pieces: Iterable[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)
