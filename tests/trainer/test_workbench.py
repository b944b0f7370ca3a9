"""A bench without a fake board: a pseudo-terminal stands for a real board's port."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer import ports
from trainer.errors import EspdojoError
from trainer.ports import Port
from trainer.terminal import TerminalError
from trainer.workbench import RealBench, bench_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")


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


def test_a_real_port_is_used_as_it_is(device: str) -> None:
    with RealBench("linux", device) as bench:
        assert (bench.is_fake, bench.plugged, bench.port, bench.board) == (False, True, device, None)
        assert bench.environment({"A": "b"}) == {"A": "b"}
        assert bench.proven(Path(sys.executable))
        assert device in bench.ports_view()
        with bench.open_terminal() as terminal:
            assert terminal.send("print('ok')") == "print('ok')\nok\n>>> "


def test_a_port_that_is_open_already_is_busy(device: str) -> None:
    with RealBench("linux", device) as bench, bench.open_terminal():
        with pytest.raises(TerminalError) as caught:
            bench.open_terminal()
        assert "Another program" in caught.value.cause


def test_another_port_than_the_boards_is_not_opened(device: str) -> None:
    with pytest.raises(TerminalError, match="/dev/ttyUSB9"):
        RealBench("linux", device).open_terminal("/dev/ttyUSB9")


def test_a_real_boards_buttons_need_hands(device: str) -> None:
    with pytest.raises(EspdojoError, match="by hand") as caught:
        RealBench("linux", device).tap("reset")
    assert "EN" in caught.value.next_step


def test_what_is_at_a_port_is_told_from_its_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ports, "available", lambda: [Port("COM4", "CP2102 USB to UART", vid=0x10C4), Port("COM5", vid=0x1A86)]
    )
    assert RealBench("windows", "COM4").description() == "CP2102 USB to UART"
    assert RealBench("windows", "COM5").description() == "WCH CH340"
    assert "without a description" in RealBench("windows", "COM6").description()
    assert [RealBench("windows", name).plugged for name in ("com4", "COM6")] == [True, False]


def test_the_port_that_appears_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    present = [Port("COM1")]
    monkeypatch.setattr(ports, "available", lambda: list(present))
    bench = RealBench("windows", "COM4")
    bench.ports_view()
    present.append(Port("COM4"))
    assert bench.appeared() == (["COM4"], [])


def test_a_look_at_the_led(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.workbench.LOOK_S", 0.3)
    with bench_for("fake", "linux") as bench:
        assert bench.board is not None
        gpio, stop = bench.board.gpio, threading.Event()
        assert bench.look() == "off"
        gpio.apply(2, 0)  # the NodeMCU's LED lies between pin 2 and the supply
        assert bench.look() == "on"

        def blink() -> None:
            level = 0
            while not stop.wait(0.05):
                level = 1 - level
                gpio.apply(2, level)

        monkeypatch.setattr("trainer.workbench.LOOK_S", 30.0)
        thread = threading.Thread(target=blink)
        thread.start()
        assert bench.look() == "blinking"
        stop.set()
        thread.join()
        bench.unplug()
        assert bench.look() == "off"


def test_a_terminal_can_be_closed_and_opened_at_once() -> None:
    with bench_for("fake", "linux") as bench:
        for _ in range(20):
            bench.open_terminal().close()


def test_a_real_boards_led_is_for_eyes(device: str) -> None:
    with RealBench("linux", device) as bench:
        assert bench.look() == ""


def test_auto_takes_the_only_likely_port(monkeypatch: pytest.MonkeyPatch) -> None:
    board, other = Port("COM4", vid=0x10C4), Port("COM1")
    monkeypatch.setattr(ports, "available", lambda: [other, board])
    assert bench_for("auto", "windows").port == "COM4"
    monkeypatch.setattr(ports, "available", lambda: [other])
    with pytest.raises(EspdojoError, match="No board"):
        bench_for("auto", "windows")
    monkeypatch.setattr(ports, "available", lambda: [board, Port("COM7", vid=0x1A86)])
    with pytest.raises(EspdojoError, match="COM4, COM7"):
        bench_for("auto", "windows")
