"""Ports are named with their chip and likely board, and shown as each system shows them."""

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from trainer.ports import Port, available, difference, identify, same_device, view

NODEMCU = Port("COM4", "Silicon Labs CP210x USB to UART Bridge (COM4)", "Silicon Labs", 0x10C4, 0xEA60)


def plug_in(monkeypatch: pytest.MonkeyPatch, *devices: tuple[str, int | None, int | None]) -> None:
    infos = []
    for device, vid, pid in devices:
        info = ListPortInfo(device, skip_link_detection=True)
        info.vid, info.pid = vid, pid
        info.hwid = "n/a" if vid is None else "USB"
        infos.append(info)
    monkeypatch.setattr(list_ports, "comports", lambda: infos)


@pytest.mark.parametrize(
    ("vid", "pid", "chip"),
    [
        (0x10C4, 0xEA60, "CP210x"),
        (0x1A86, 0x7523, "CH340"),
        (0x0403, 0x6001, "FTDI"),
        (0x067B, 0x2303, "PL2303"),
        (0x303A, 0x1001, "own USB"),
    ],
)
def test_bridge_chips_are_known_by_their_ids(vid: int, pid: int, chip: str) -> None:
    bridge = identify(vid, pid)
    assert bridge is not None
    assert chip in bridge.name


def test_unknown_ids_are_not_guessed() -> None:
    assert identify(0x1234, 0x5678) is None
    assert identify(None, None) is None


def test_ports_are_sorted_as_people_count(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, ("COM10", 0x10C4, 0xEA60), ("COM4", 0x1A86, 0x7523), ("COM1", None, None))
    assert [port.device for port in available()] == ["COM1", "COM4", "COM10"]
    assert [port.likely for port in available()] == [False, True, True]


def test_legacy_ports_of_linux_that_are_not_there_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, ("/dev/ttyS3", None, None), ("/dev/ttyUSB0", 0x10C4, 0xEA60))
    assert [port.device for port in available()] == ["/dev/ttyUSB0"]


def test_the_port_that_came_is_the_boards() -> None:
    assert difference([Port("COM1")], [Port("COM1"), NODEMCU]) == (["COM4"], [])
    assert difference([Port("COM1"), NODEMCU], [Port("COM1")]) == ([], ["COM4"])


def test_windows_shows_the_device_manager() -> None:
    assert view([NODEMCU], "windows").splitlines() == [
        "Device Manager",
        "  Ports (COM & LPT)",
        "    Communications Port (COM1)",
        "    Silicon Labs CP210x USB to UART Bridge (COM4)",
    ]


def test_the_others_list_dev() -> None:
    assert view([Port("/dev/ttyUSB0")], "linux").split() == ["/dev/ttyS0", "/dev/ttyUSB0"]
    assert "/dev/cu.SLAB_USBtoUART" in view([Port("/dev/cu.SLAB_USBtoUART")], "macos").split()


def test_of_real_ports_nothing_else_is_listed() -> None:
    assert view([NODEMCU], "windows", built_in=False).count("COM") == 2  # the heading, and the port
    assert view([], "linux", built_in=False) == ""


def test_a_device_is_known_again_under_another_name() -> None:
    known, again = Port("COM4", vid=1, pid=2, serial_number="x"), Port("COM9", vid=1, pid=2, serial_number="x")
    other = Port("COM5", vid=1, pid=2, serial_number="y")
    assert same_device(known, [other, again]) == again
    assert same_device(known, [other]) is None
    assert same_device(known, [again, Port("COM10", vid=1, pid=2, serial_number="x")]) is None
    assert same_device(Port("COM4"), [Port("COM5")]) is None
    assert same_device(None, [again]) is None
