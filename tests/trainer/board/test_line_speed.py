"""A wrong speed is told from what arrives, and so is the right one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.line import resample
from trainer.board.line_speed import BOOT_BAUD, SPEEDS, SpeedJudge, likely_speed, shows_start, unreadable

TEXTS = [
    b'\r\nMicroPython v1.18 on 2022-01-17; ESP module with ESP8266\r\nType "help()" for more information.\r\n>>> ' * 2,
    b"WiFi connecting........ got ip 10.0.0.12\r\nmqtt: publish /home/kitchen 22.13\r\n" * 3,
    b"NodeMCU 3.0.0.0 built on nodemcu-build.com provided by frightanic.com\r\n\tbranch: release\r\n> " * 2,
]
BOOT_LOG = b"\r\n ets Jan  8 2013,rst cause:2, boot mode:(3,7)\r\n\r\nload 0x40100000, len 31396, room 16 \r\ntail 4\r"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("sent", SPEEDS)
def test_a_terminal_at_the_usual_speed_tells_the_right_one(sent: int, text: bytes) -> None:
    assert likely_speed(resample(text * 3, sent, 115200), 115200) == sent


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("baud", SPEEDS)
def test_the_usual_speed_is_told_by_a_terminal_at_any_other(baud: int, text: bytes) -> None:
    assert likely_speed(resample(text * 6, 115200, baud), baud) == 115200


SEEN_ENOUGH = [(sent, baud) for sent in SPEEDS for baud in SPEEDS if sent / baud <= 10]
"""Beyond that, a terminal sees too little of the line."""


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("sent", "baud"), SEEN_ENOUGH)
def test_never_a_wrong_speed_is_named(sent: int, baud: int, text: bytes) -> None:
    assert likely_speed(resample(text, sent, baud), baud) in (sent, None)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("speed", SPEEDS)
def test_text_at_another_speed_is_unreadable(speed: int, text: bytes) -> None:
    for sent, baud in ((speed, 115200), (115200, speed)):
        assert unreadable(resample(text * 5, sent, baud)) is (sent != baud)


@pytest.mark.parametrize("text", ["Grüße aus Köln", "Привет, мир", "温度 21 度", "\x1b[31mred\x1b[0m text", "..."])
def test_other_languages_and_colours_are_no_junk(text: str) -> None:
    assert not unreadable(text.encode())


def listen(baud: int, *heard: tuple[float, bytes]) -> tuple[list[str], SpeedJudge]:
    """The remarks of a terminal at `baud` that hears pieces of data at these times, and after that nothing."""
    judge = SpeedJudge(baud)
    last = heard[-1][0]
    remarks = [judge.hear(data, at) for at, data in [*heard, (last + 1, b""), (last + 2, b""), (last + 9, b"")]]
    return [remark for remark in remarks if remark], judge


def test_a_speed_that_would_fit_is_named_once() -> None:
    junk = resample(TEXTS[0], 115200, 9600)
    remarks, judge = listen(9600, (0.0, junk), (5.0, junk), (10.0, junk))
    assert len(remarks) == 1
    assert "115200" in remarks[0]
    assert judge.suggested == 115200


def test_what_does_not_tell_the_speed_leads_to_the_usual_one() -> None:
    remarks, judge = listen(9600, (0.0, b"\x83\xff\x91\x02\xe0\x1f\x99"))
    assert len(remarks) == 1
    assert judge.suggested == 115200


@pytest.mark.parametrize("baud", [9600, 38400, 57600])
@pytest.mark.parametrize("length", [1, 2, 3, 8])
def test_a_few_bytes_lead_to_no_rare_speed(baud: int, length: int) -> None:
    """As they come when the rest is late, or when somebody types."""
    text = TEXTS[0]
    bursts = (text[start : start + length] for start in range(0, len(text), length))
    junk = b"".join(resample(burst, 115200, baud) for burst in bursts)
    pieces = [junk[start : start + 12] for start in range(0, len(junk), 12)]
    assert {listen(baud, (0.0, piece))[1].suggested for piece in pieces} <= {None, 115200}


def test_junk_without_end_is_remarked_on_while_it_comes() -> None:
    junk = resample(TEXTS[1], 57600, 115200)
    judge = SpeedJudge(115200)
    remarks = [judge.hear(junk, tenth / 10) for tenth in range(50)]
    assert "57600" in next(filter(None, remarks))


def test_the_start_programs_junk_is_no_fault_when_text_follows() -> None:
    remarks, judge = listen(115200, (0.0, resample(BOOT_LOG, BOOT_BAUD, 115200)), (0.3, TEXTS[0]))
    (remark,) = remarks
    assert "no fault" in remark
    assert judge.suggested is None


def test_the_start_programs_junk_alone_is_explained() -> None:
    (remark,) = listen(115200, (0.0, resample(BOOT_LOG, BOOT_BAUD, 115200)))[0]
    assert "74880" in remark
    assert "no fault" in remark


def test_a_reset_at_9600_baud_leads_to_the_speed_of_what_runs_after_the_start_program() -> None:
    junk = resample(BOOT_LOG * 8, BOOT_BAUD, 9600) + resample(TEXTS[0], 115200, 9600)
    remarks, judge = listen(9600, (0.0, junk))
    assert len(remarks) == 1
    assert judge.suggested == 115200


@pytest.mark.parametrize("heard", [[(0.0, TEXTS[0])], [(0.0, b"\r\n>>> ")], [(0.0, "Привет".encode())], [(0.0, b"")]])
def test_text_at_the_right_speed_is_left_alone(heard: list[tuple[float, bytes]]) -> None:
    assert listen(115200, *heard)[0] == []


@settings(deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=20), st.sampled_from((300, *SPEEDS, 4_000_000)))
def test_whatever_comes_at_most_one_remark_of_a_kind_is_made(pieces: list[bytes], baud: int) -> None:
    remarks = listen(baud, *enumerate([*pieces, b""]))[0]
    assert len(remarks) == len(set(remarks)) <= 3


def test_at_the_boot_logs_own_speed_junk_is_no_start() -> None:
    """It is what a program says at another speed, perhaps the end of what it said before it crashed."""
    junk = resample(b"Traceback (most recent call last):\r\n" * 4, 115200, BOOT_BAUD).decode(errors="replace")
    assert not shows_start(junk, BOOT_BAUD)
    assert shows_start(junk, 115200)
    assert shows_start("\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\n", BOOT_BAUD)
