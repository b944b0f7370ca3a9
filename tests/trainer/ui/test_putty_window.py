"""PuTTY's window in a lesson: filling it in is no attempt, opening it is."""

from trainer.ui.tutor import Tutor
from trainer.workplace.desk import Desk


def test_the_window_in_a_lesson(tutor: Tutor, desk: Desk, told: list[str]) -> None:
    while desk.session.place.step != "open":
        desk.session.skip()
    desk.bench.plug()
    for line in ("putty", "type serial", "line /dev/ttyUSB0", "speed 9600"):
        tutor.hear(line)
    assert "Not yet" not in "".join(told)
    tutor.hear("open")
    assert "9600" in "".join(told).partition("Not yet")[2]
    for line in ("putty", "line /dev/ttyUSB0", "speed 115200", "open"):
        tutor.hear(line)
    assert desk.session.place.step == "wake"
