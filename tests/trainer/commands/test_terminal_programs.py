"""Whatever serial terminal a line calls, the port and the speed are what that program would take them for."""

import pytest

from trainer.commands.command import Command, Refusal
from trainer.commands.meaning import parse

OPENED = [
    ("screen /dev/ttyUSB0 115200", "/dev/ttyUSB0", 115200),
    ("screen /dev/ttyUSB1 115200", "/dev/ttyUSB1", 115200),
    ("picocom -b 115200 /dev/ttyUSB0", "/dev/ttyUSB0", 115200),
    ("python -m serial.tools.miniterm /dev/ttyUSB0 115200", "/dev/ttyUSB0", 115200),
    ("minicom -D /dev/ttyUSB0", "/dev/ttyUSB0", 115200),
    ("putty -serial /dev/ttyUSB0 -sercfg 115200,8,n,1,N", "/dev/ttyUSB0", 115200),
    ("espdojo monitor /dev/ttyUSB0", "/dev/ttyUSB0", 115200),
    ("espdojo monitor --baud=115200 /dev/ttyUSB0", "/dev/ttyUSB0", 115200),
    ("espdojo monitor", None, 115200),
    ("screen /dev/ttyUSB0", "/dev/ttyUSB0", 9600),
    ("screen /dev/ttyUSB0 74880", "/dev/ttyUSB0", 9600),  # it knows the usual speeds only
    ("python -m serial.tools.miniterm /dev/ttyUSB0 74880", "/dev/ttyUSB0", 74880),
]


@pytest.mark.parametrize(("line", "port", "baud"), OPENED)
def test_a_terminal_opens_its_port_at_its_speed(line: str, port: str | None, baud: int) -> None:
    read = parse(line, "linux")
    assert isinstance(read, Command)
    assert (read.kind, read.options) == ("terminal", {"port": port, "baud": baud})


@pytest.mark.parametrize(
    ("line", "kind"),
    [("plink", "incomplete"), ("screen", "incomplete"), ("screen /dev/ttyUSB0 fast", "usage")],
)
def test_one_that_could_not_open_anything_is_refused(line: str, kind: str) -> None:
    read = parse(line, "linux")
    assert isinstance(read, Refusal)
    assert read.kind == kind
