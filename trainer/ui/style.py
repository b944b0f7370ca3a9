"""The colours of the full-screen tutor, on a dark and on a light terminal.

Only the sixteen colours are used that every terminal has and that people set to their liking, on the terminal's own
background. Whatever a colour says is also said by a word or a sign.
"""

import os
from collections.abc import Mapping
from typing import Final, Literal

from prompt_toolkit.styles import BaseStyle, DynamicStyle, Style

__all__ = ["THEMES", "Theme", "ThemeSwitch", "theme_from"]

Theme = Literal["dark", "light"]

VARIABLE: Final = "ESPDOJO_THEME"
"""The environment variable that chooses a theme."""

COMMON: Final[dict[str, str]] = {
    "title": "reverse bold",
    "title.dim": "reverse",
    "title.bar": "noreverse",
    "text.heading": "bold",
    "text.strong": "bold",
    "text.em": "italic",
    "text.link": "underline",
    "text.good": "bold",
    "task.label": "bold",
    "task.key": "reverse",
    "keys.key": "reverse",
    "remark.right": "bold",
    "remark.wrong": "bold",
    "board.title": "bold",
    "board.button": "reverse",
    "board.button.held": "reverse bold underline",
    "board.bad": "bold",
    "terminal.prompt": "bold",
    "steps.here": "bold",
    "completion-menu.completion.current": "reverse",
    "float": "",
}

# Names of the sixteen colours; "ansi" is prompt_toolkit's prefix for them.
COLOURS: Final[dict[Theme, dict[str, str]]] = {
    "dark": {
        "accent": "ansibrightcyan", "good": "ansibrightgreen", "warn": "ansibrightyellow", "bad": "ansibrightred",
        "quiet": "ansigray", "faint": "ansibrightblack", "code": "ansibrightyellow", "led": "ansibrightblue",
        "busy": "ansibrightyellow", "menu": "bg:ansibrightblack fg:ansiwhite",
    },
    "light": {
        "accent": "ansiblue", "good": "ansigreen", "warn": "ansired", "bad": "ansired",
        "quiet": "ansibrightblack", "faint": "ansibrightblack", "code": "ansimagenta", "led": "ansiblue",
        "busy": "ansiblue", "menu": "bg:ansigray fg:ansiblack",
    },
}  # fmt: skip

USES: Final[dict[str, str]] = {
    "title.bar": "good",
    "text.heading": "accent",
    "text.code": "code",
    "text.block": "code",
    "text.mark": "accent",
    "text.link": "accent",
    "text.good": "good",
    "task.label": "accent",
    "task.code": "code",
    "remark.right": "good",
    "remark.wrong": "warn",
    "remark.hint": "accent",
    "remark.note": "quiet",
    "rule": "faint",
    "rule.label": "accent",
    "rule.more": "busy",
    "keys": "quiet",
    "busy": "busy",
    "terminal.prompt": "good",
    "board.title": "accent",
    "board.label": "quiet",
    "board.rule": "faint",
    "board.on": "good",
    "board.off": "quiet",
    "board.busy": "busy",
    "board.bad": "bad",
    "board.led": "led",
    "board.flash.blank": "faint",
    "board.flash.used": "good",
    "board.flash.recent": "busy",
    "steps.done": "good",
    "steps.skipped": "quiet",
    "steps.here": "accent",
    "steps.ahead": "quiet",
    "float.border": "accent",
    "completion-menu": "menu",
    "completion-menu.completion": "menu",
}
"""Part of the screen -> the colour that it takes."""


def _style(theme: Theme) -> Style:
    colours = COLOURS[theme]
    return Style.from_dict(
        {name: f"{COMMON.get(name, '')} {colours.get(USES.get(name, ''), '')}".strip() for name in {**COMMON, **USES}}
    )


THEMES: Final[Mapping[Theme, Style]] = {theme: _style(theme) for theme in COLOURS}


class ThemeSwitch:
    """The theme that is used now."""

    def __init__(self, theme: Theme) -> None:
        self.theme: Theme = theme

    @property
    def style(self) -> BaseStyle:
        """A style that follows the switch."""
        return DynamicStyle(lambda: THEMES[self.theme])

    def switch(self) -> None:
        """From dark to light, or back."""
        self.theme = "light" if self.theme == "dark" else "dark"


def theme_from(environment: Mapping[str, str] = os.environ) -> Theme | None:
    """The theme that the environment asks for or tells of; None where it says nothing.

    COLORFGBG is set by some terminals: "foreground;background" as numbers of the sixteen colours.
    """
    wanted = environment.get(VARIABLE, "").lower()
    if wanted in ("dark", "light"):
        return "dark" if wanted == "dark" else "light"
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    if background.isdecimal():
        return "light" if int(background) in (7, *range(9, 16)) else "dark"
    return None
