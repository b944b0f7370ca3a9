"""Real MicroPython: what it says of resets, sleep, time, and of a radio that hears nobody."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator import Board

pytestmark = pytest.mark.slow

PROMPT = b"\r\n>>> "
BANNER = b"ets Jan  8 2013,rst cause:%d, boot mode:(3,6)"
LOOPS_FOR_EVER = 'exec("@micropython.asm_xtensa\\ndef f():\\n label(L)\\n j(L)\\n{}f()")'
WDT_RESET, EXCEPTION, SOFT_WDT, SOFT_RESET, DEEPSLEEP = 1, 2, 3, 4, 5
"""What `machine.reset_cause()` is (SDK `user_interface.h`, `rst_reason`)."""


@pytest.fixture
def session(real_image: Callable[[str], Path], terminal: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """MicroPython 1.18 at its prompt, with `clock` as the test is marked."""
    clock = request.param
    with Board(firmware=(real_image("esp8266-20220117-v1.18.bin"), 0), clock=clock) as board:
        prompt = terminal(board)
        prompt.board = board
        prompt.until(PROMPT)
        prompt.run("import machine, network, time, esp")
        yield prompt


def begin_anew(session: Any, line: str, cause: int) -> tuple[str, int]:
    """Type what ends in a reset; what is said before the banner, and `machine.reset_cause()`."""
    session.port.write(b"import sys; sys.stdin.read(1); " + line.encode() + b"\r")  # and not before we listen
    session.until(b"\r\n")
    session.port.baudrate = 74_880 if cause == 5 else 115_200  # whatever resets by EN begins at the ROM's rate
    session.port.write(b"\0")  # any byte will do, and at any rate
    said = session.until(BANNER % cause).decode("utf-8", "replace")
    session.port.baudrate = 115_200
    session.settle()
    return said, int(session.run("import machine, esp; machine.reset_cause()"))


def seconds(datetime: tuple[int, ...]) -> int:
    """What `machine.RTC().datetime()` says, as seconds of its hour."""
    return datetime[5] * 60 + datetime[6]


@pytest.mark.parametrize("session", ["max"], indirect=True)
def test_reset_causes(session: Any) -> None:
    session.run("machine.RTC().memory(b'kept')")
    assert begin_anew(session, "machine.reset()", 1)[1] == SOFT_RESET
    session.run("esp.osdebug(0)")
    said, cause = begin_anew(session, "machine.mem32[0]", 1)
    assert cause == EXCEPTION
    assert "Fatal exception 28(LoadProhibitedCause):" in said
    assert "excvaddr=0x00000000" in said
    assert begin_anew(session, LOOPS_FOR_EVER.format(""), 1)[1] == SOFT_WDT
    session.run("import time; time.sleep(4)")  # the SDK has to have heard the watchdog bark before
    assert begin_anew(session, LOOPS_FOR_EVER.format("import machine\\nmachine.disable_irq()\\n"), 4)[1] == WDT_RESET
    assert session.run("machine.RTC().memory()") == "b'kept'"


@pytest.mark.parametrize("session", ["max"], indirect=True)
def test_the_reset_button_is_told_from_the_watchdog(session: Any) -> None:
    """MicroPython issue 2194: 0 after power-on, 6 after the button; the ticks begin anew."""
    assert session.run("machine.reset_cause()") == "0"
    session.board.reset()
    session.until(PROMPT)
    told = session.run("import machine, time; machine.reset_cause() == machine.HARD_RESET == 6, time.ticks_ms()")
    is_hard, ticks_ms = ast.literal_eval(told)
    assert is_hard
    assert ticks_ms < 40_000


@pytest.mark.parametrize("session", ["max"], indirect=True)
def test_the_calendar_goes_on_for_minutes_and_through_deep_sleep(session: Any) -> None:
    session.run("rtc = machine.RTC(); rtc.datetime((2024, 2, 28, 0, 23, 59, 0, 0)); began = time.ticks_ms()")
    for _ in range(4):
        session.run("time.sleep(25)")  # and at the prompt, too, time passes
    passed_ms, then = ast.literal_eval(session.run("time.ticks_diff(time.ticks_ms(), began), rtc.datetime()"))
    assert passed_ms >= 100_000
    assert then[:5] == (2024, 2, 29, 3, 0)
    assert seconds(then) + 60 == pytest.approx(passed_ms / 1000, abs=1.5)
    session.run("f = open('main.py', 'w'); f.write('import machine\\nwoken = machine.RTC().datetime()'); f.close()")
    begin_anew(session, "rtc.memory(repr(rtc.datetime()).encode()); machine.deepsleep(5000)", 5)
    asleep, woken = ast.literal_eval(session.run("eval(machine.RTC().memory()), woken"))
    assert woken[:5] == asleep[:5] == then[:5]
    assert 5 <= seconds(woken) - seconds(asleep) <= 7


@pytest.mark.parametrize("session", ["real"], indirect=True)
def test_deep_sleep_takes_its_time(session: Any) -> None:
    session.run("machine.RTC().memory(b'kept')")
    assert begin_anew(session, "machine.deepsleep(1500)", 5)[1] == DEEPSLEEP
    assert session.run("machine.RTC().memory()") == "b'kept'"
    [slept] = session.board.events.named("sleep")
    assert slept.data["seconds"] == pytest.approx(1.5, abs=0.02)


@pytest.mark.parametrize("session", ["max"], indirect=True)
def test_light_sleep_waits_for_interrupts(session: Any) -> None:
    """MicroPython's `machine_lightsleep`: it executes WAITI as long as the radio is off, until the time is over; the
    interrupts are those of the SDK's timers. Where the radio is on it polls."""
    nap = "b = time.ticks_ms(); machine.lightsleep(1000); time.ticks_diff(time.ticks_ms(), b)"
    assert 1000 <= int(session.run(nap)) <= 1050
    session.run("import network; [network.WLAN(i).active(False) for i in (network.STA_IF, network.AP_IF)]")
    core, heard, marks = session.board.chip.core, bytearray(), list[tuple[int, int]]()

    def note(data: bytes) -> None:  # on the board's thread, so that what is executed at the prompt does not count
        heard.extend(data)
        marks.append((len(heard), core.executed))

    session.board.bridge.on_sent.append(note)
    assert 1000 <= int(session.run(nap)) <= 1050
    echoed = heard.index(b"\r\n") + 2
    answered = heard.index(b"\r\n", echoed)
    before, after = (next(executed for length, executed in marks if length >= end) for end in (echoed, answered))
    assert after - before < 10_000_000, "of eighty million"


@pytest.mark.parametrize("session", ["max"], indirect=True)
def test_the_watchdog_of_machine(session: Any) -> None:
    session.port.write(rb"exec('wdt = machine.WDT()\nwhile 1: time.sleep_ms(500); wdt.feed()')" + b"\r")
    before = session.board.chip.core.cycles
    assert not session.board.events.named("reset")[1:]
    while session.board.chip.core.cycles - before < 20 * 80_000_000:
        session.silence(0.01)
    assert not session.board.events.named("reset")[1:], "it was fed for twenty seconds"
    session.port.write(b"\x03")
    session.until(BANNER % 1, 60)


@pytest.mark.parametrize("session", ["max"], indirect=True)
def test_nobody_answers_on_the_air(session: Any) -> None:
    """With no network in range the SDK's list of them is empty, and MicroPython makes an OSError of that."""
    assert session.run("network.WLAN(network.AP_IF).ifconfig()[0]") == "'192.168.4.1'"
    session.run("sta = network.WLAN(network.STA_IF); sta.active(True)")
    scans = r"try:\n sta.scan()\nexcept OSError as error:\n print(error, time.ticks_diff(time.ticks_ms(), begin))"
    said = session.run(f"begin = time.ticks_ms(); exec('{scans}')")
    *failure, took_ms = said.split()
    assert failure == ["scan", "failed"]
    assert 1500 < int(took_ms) < 5000
    session.run('sta.connect("nobody", "password")')
    session.run("time.sleep(15)")
    assert session.run("sta.status() == network.STAT_NO_AP_FOUND") == "True"
    assert session.run("sta.isconnected()") == "False"


@pytest.mark.parametrize("session", ["real"], indirect=True)
def test_time_is_right_to_a_few_milliseconds(session: Any) -> None:
    """The program's own clock; that it keeps pace with the wall is `test_board_micropython`'s."""
    for frequency in (80_000_000, 160_000_000):
        session.run(f"machine.freq({frequency})")
        slept = int(session.run("b=time.ticks_us(); time.sleep(1); time.ticks_diff(time.ticks_us(), b)"))
        assert 1_000_000 <= slept < 1_003_000
        slept = int(session.run("b=time.ticks_ms(); time.sleep_ms(250); time.ticks_diff(time.ticks_ms(), b)"))
        assert 250 <= slept <= 252
