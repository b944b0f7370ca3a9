"""docs/trace.md: its trace is what a board tells when somebody flashes it so."""

import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from emulator.packets import PacketReader
from emulator.pytest_plugin import PluggedBoard
from emulator.trace_text import TraceText

PAGE = (Path(__file__).parents[2] / "docs" / "trace.md").read_text("utf-8")
LINE = re.compile(r" *[\d.]+  (\w+) +(.+)")
OLD, NEW = "micropython-1.10.0.bin", "esp8266-20220117-v1.18.bin"


def by_place(lines: Iterable[str]) -> dict[str, list[str]]:
    """What each place of a board tells; who of two is first may change."""
    places = defaultdict(list)
    for line in lines:
        if match := LINE.fullmatch(line):
            places[match[1]].append(match[2])
    return places


def gist(text: str) -> str:
    """What a line says whatever the version of the stub: its command or first word."""
    return text.split()[0]


def is_subsequence(part: Iterable[str], whole: Iterable[str]) -> bool:
    rest = iter(whole)
    return all(item in rest for item in part)


@pytest.mark.slow
def test_the_page_shows_a_flash_as_it_is(real_image: Callable[[str], Path], request: pytest.FixtureRequest) -> None:
    assert OLD in PAGE
    assert NEW in PAGE
    shown = by_place(
        line for block in re.findall(r"```trace\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
    )
    request.node.add_marker(pytest.mark.esp8266_board(firmware=real_image(OLD)))
    plugged: PluggedBoard = request.getfixturevalue("esp8266_board")
    told: list[str] = []
    text = TraceText(told.append)
    PacketReader(plugged.board.bridge, plugged.board.events)
    plugged.board.events.subscribe(text)
    write = ("--baud", "460800", "write-flash", "--flash-size", "detect", "0", real_image(NEW))
    result = plugged.run(sys.executable, "-m", "esptool", "--port", plugged.port, *write, timeout_s=250)
    assert "Hash of data verified." in result.stdout, result.stdout + result.stderr
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:  # the program starts
        text.flush()
        if is_subsequence(shown["boot"], by_place(told)["boot"]) and by_place(told)["chip"][-1] == shown["chip"][-1]:
            break
        time.sleep(0.02)
    same_version = re.search(r"esptool 5\.6\b", PAGE) and "esptool v5.6." in result.stdout
    seen = by_place(told)
    for place in shown:
        as_shown, as_seen = shown[place], seen[place]
        if not same_version:
            as_shown, as_seen = [*map(gist, as_shown)], [*map(gist, as_seen)]
        assert is_subsequence(as_shown, as_seen), (place, as_shown, as_seen)
