"""A fake board on the bench: what is seen of it, and its port."""

import threading

import pytest

from trainer.workplace.equipment import bench_for


@pytest.mark.slow
def test_a_look_at_the_led(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.board.workbench.LOOK_S", 0.3)
    with bench_for("fake", "linux") as bench:
        assert bench.board is not None
        board, stop = bench.board, threading.Event()
        assert bench.look() == "off"
        board.drive(2, 0)  # the NodeMCU's LED lies between pin 2 and the supply
        assert bench.look() == "on"

        def blink() -> None:
            level = 0
            while not stop.wait(0.05):
                level = 1 - level
                board.drive(2, level)

        monkeypatch.setattr("trainer.board.workbench.LOOK_S", 30.0)
        thread = threading.Thread(target=blink)
        thread.start()
        assert bench.look() == "blinking"
        stop.set()
        thread.join()
        bench.unplug()
        assert bench.look() == "off"


@pytest.mark.slow
def test_a_terminal_can_be_closed_and_opened_at_once() -> None:
    with bench_for("fake", "linux") as bench:
        for _ in range(20):
            bench.open_terminal().close()
