"""A bench without a fake board: a pseudo-terminal stands for a real board's port, a list for what the computer sees."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer import ports
from trainer.board.real_board import RealBench
from trainer.board.terminal import TerminalError
from trainer.errors import EspdojoError
from trainer.ports import Port
from trainer.workplace.equipment import bench_for

needs_pty = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")

OURS = Port("/dev/ttyUSB7", "CP2102 USB to UART", vid=0x10C4, pid=0xEA60, serial_number="0001")


class Computer:
    """Which ports a computer has, moment by moment: one entry of `moments` is used up by every pause."""

    def __init__(self, *moments: list[Port]) -> None:
        self.moments = list(moments)

    def listing(self) -> list[Port]:
        return self.moments[0]

    def sleep(self, seconds: float) -> None:
        if len(self.moments) > 1:
            del self.moments[0]

    def bench(self, port: str = OURS.device) -> RealBench:
        return RealBench("linux", port, listing=self.listing, sleep=self.sleep)


@pytest.fixture
def device() -> Iterator[str]:
    """A port whose other end answers every line with a prompt."""
    import pty
    import tty

    controller, terminal = pty.openpty()
    tty.setraw(terminal)

    def answer() -> None:
        while True:
            try:
                data = os.read(controller, 256)
            except OSError:
                return
            os.write(controller, data + b"\nok\r\n>>> ")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield os.ttyname(terminal)
    os.close(terminal)
    thread.join(timeout=5)
    os.close(controller)


@needs_pty
def test_a_real_port_is_used_as_it_is(device: str) -> None:
    with RealBench("linux", device) as bench:
        assert (bench.is_fake, bench.plugged, bench.port, bench.board) == (False, True, device, None)
        assert bench.environment({"A": "b"}) == {"A": "b"}
        assert bench.proven(Path(sys.executable))
        assert device in bench.ports_view()
        with bench.open_terminal() as terminal:
            assert terminal.send("print('ok')") == "print('ok')\nok\n>>> "


@needs_pty
def test_a_port_that_is_open_already_is_busy(device: str) -> None:
    with RealBench("linux", device) as bench, bench.open_terminal():
        with pytest.raises(TerminalError) as caught:
            bench.open_terminal()
        assert "Another program" in caught.value.cause


@needs_pty
def test_a_pty_has_no_reset_line_and_the_button_is_named(device: str) -> None:
    with RealBench("linux", device) as bench:
        with pytest.raises(TerminalError, match="has no reset line") as caught:
            bench.reset()
        with bench.open_terminal() as terminal, pytest.raises(TerminalError, match="has no reset line"):
            terminal.reset()
    assert "RESET button" in caught.value.next_step


def test_another_port_than_the_boards_is_not_opened() -> None:
    with pytest.raises(TerminalError, match="/dev/ttyUSB9"):
        Computer([OURS]).bench().open_terminal("/dev/ttyUSB9")


def test_a_real_boards_led_is_for_eyes() -> None:
    assert Computer([OURS]).bench().look() == ""


def test_a_real_boards_buttons_need_hands() -> None:
    with pytest.raises(EspdojoError, match="by hand") as caught:
        Computer([OURS]).bench().tap("reset")
    assert "EN" in caught.value.next_step


def test_no_port_is_listed_that_is_not_there() -> None:
    assert Computer([OURS]).bench().ports_view() == "/dev/ttyUSB7\n"
    assert Computer([]).bench().ports_view() == ""


@pytest.mark.parametrize(
    ("port", "words"),
    [
        (OURS, ["CP2102 USB to UART", "NodeMCU"]),
        (Port("/dev/ttyUSB7", vid=0x1A86, pid=0x7523), ["WCH CH340", "D1 mini"]),
        (Port("/dev/ttyUSB7"), ["without a description"]),
    ],
)
def test_what_is_at_a_port_is_told_from_its_bridge(port: Port, words: list[str]) -> None:
    description = Computer([port]).bench().description()
    assert all(word in description for word in words)


@pytest.mark.parametrize(
    "transcript",
    [
        "Detecting chip type... ESP8266\nChip is ESP8266EX\nFeatures: WiFi\nMAC: 5c:cf:7f:01:02:03\n",
        "Connected to ESP8266 on COM4:\nChip type:          ESP8266EX\nMAC:                5c:cf:7f:01:02:03\n",
    ],
    ids=["esptool 4", "esptool 5"],
)
def test_what_esptool_says_of_the_chip_is_remembered(transcript: str) -> None:
    bench = Computer([OURS]).bench()
    bench.learn_from(transcript)
    bench.learn_from("Erasing flash memory\n")
    assert "ESP8266" in bench.description()
    assert "5c:cf:7f:01:02:03" in bench.description()


def test_the_port_that_appears_is_told() -> None:
    computer = Computer([], [OURS])
    bench = computer.bench()
    bench.ports_view()
    computer.sleep(1)
    assert bench.appeared() == ([OURS.device], [])


def test_plugging_in_and_out_is_waited_for() -> None:
    bench = Computer([OURS], [OURS], [], [], [OURS]).bench()
    assert bench.wait_until(False, 10)
    assert bench.wait_until(True, 10)
    assert not bench.wait_until(False, 1)


def test_a_board_is_followed_to_its_new_name() -> None:
    bench = Computer([OURS], [], [Port("/dev/ttyUSB8", vid=0x10C4, pid=0xEA60, serial_number="0001")]).bench()
    assert bench.plugged
    assert bench.wait_until(False, 10)
    assert bench.wait_until(True, 10)
    assert bench.port == "/dev/ttyUSB8"


def test_another_board_of_the_same_make_is_not_taken_for_it() -> None:
    twin = Port("/dev/ttyUSB8", vid=0x10C4, pid=0xEA60, serial_number="0001")
    bench = Computer([OURS, twin], [twin]).bench()
    assert bench.plugged
    assert bench.wait_until(False, 10)
    assert (bench.plugged, bench.port) == (False, OURS.device)


def test_auto_takes_the_only_likely_port(monkeypatch: pytest.MonkeyPatch) -> None:
    board, other = Port("COM4", vid=0x10C4), Port("COM1")
    monkeypatch.setattr(ports, "available", lambda: [other, board])
    assert bench_for("auto", "windows").port == "COM4"
    assert [bench_for(name, "windows").plugged for name in ("com4", "COM6")] == [True, False]
    monkeypatch.setattr(ports, "available", lambda: [other])
    with pytest.raises(EspdojoError, match="No board"):
        bench_for("auto", "windows")
    monkeypatch.setattr(ports, "available", lambda: [board, Port("COM7", vid=0x1A86)])
    with pytest.raises(EspdojoError, match="COM4, COM7"):
        bench_for("auto", "windows")
