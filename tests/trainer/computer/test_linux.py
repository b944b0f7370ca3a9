"""What Linux says of ports, read from folders made like /sys and /proc; and from the real ones where there are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trainer.computer import linux
from trainer.computer.linux import Holder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and ptys are POSIX")


def make(root: Path, files: dict[str, str], links: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name, target in links.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / target).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(root / target)
    return root


def test_the_driver_behind_a_port(tmp_path: Path) -> None:
    root = make(tmp_path, {}, {"class/tty/ttyUSB0/device/driver": "bus/usb-serial/drivers/cp210x"})
    assert linux.driver_of(Path("/dev/ttyUSB0"), root) == "cp210x"
    assert linux.driver_of(Path("/dev/ttyUSB1"), root) is None


def test_who_holds_a_port(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"
    device.touch()
    proc = tmp_path / "proc"
    for pid, name in (("12", "screen"), ("13", "bash"), (str(os.getpid()), "pytest")):
        (proc / pid / "fd").mkdir(parents=True)
        (proc / pid / "comm").write_text(name + "\n")
        (proc / pid / "fd" / "3").symlink_to(device if name != "bash" else tmp_path)
    (proc / "self").mkdir()
    (tmp_path / "LCK..ttyUSB0").write_text("        13\n")
    assert linux.holders(device, proc, (tmp_path / "nowhere",)) == (Holder(12, "screen"),)
    assert linux.holders(device, proc, (tmp_path,)) == (Holder(12, "screen"), Holder(13, "bash"))
    (tmp_path / "LCK..ttyUSB0").write_text("99")  # its program has ended
    assert linux.holders(device, proc, (tmp_path,)) == (Holder(12, "screen"),)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_real_program_that_holds_a_port_is_named() -> None:
    controller, terminal = os.openpty()
    name = os.ttyname(terminal)
    with subprocess.Popen(["cat"], stdin=terminal, stdout=subprocess.DEVNULL) as program:
        try:
            assert Holder(program.pid, "cat") in linux.holders(Path(name))
        finally:
            program.kill()
    os.close(terminal)
    os.close(controller)


def test_programs_that_grab_ports(tmp_path: Path) -> None:
    root = make(tmp_path, {"1/comm": "init\n", "20/comm": "brltty\n", "21/comm": "ModemManager\n", "x/comm": "y"}, {})
    assert linux.grabbers(root) == {"brltty", "ModemManager"}
    assert linux.grabbers(root / "nowhere") == frozenset()


@pytest.mark.parametrize(
    ("text", "wsl"), [("Linux version 6.6.87.2-microsoft-standard-WSL2 (x)", True), ("Linux version 6.1.0", False)]
)
def test_linux_in_windows(tmp_path: Path, text: str, wsl: bool) -> None:
    (tmp_path / "version").write_text(text)
    assert linux.is_wsl(tmp_path / "version") is wsl
    assert not linux.is_wsl(tmp_path / "nowhere")


def test_devices_on_usb(tmp_path: Path) -> None:
    root = make(
        tmp_path,
        {
            "devices/1-1/idVendor": "10c4\n",
            "devices/1-1/idProduct": "ea60\n",
            "devices/1-2/idVendor": "1a86\n",
            "devices/1-2/idProduct": "7523\n",
            "devices/1-2:1.0/bInterfaceNumber": "00\n",
            "devices/usb1/idVendor": "junk\n",
        },
        {"devices/1-1:1.0/driver": "drivers/cp210x"},
    )
    assert linux.usb_devices(root / "devices") == [(0x10C4, 0xEA60, "cp210x"), (0x1A86, 0x7523, "")]
    assert linux.usb_devices(root / "nowhere") is None


def test_the_group_that_may_open_a_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import grp
    import pwd

    device = tmp_path / "ttyUSB0"
    device.touch(0o660)
    user = pwd.getpwuid(os.getuid()).pw_name
    for members, joined in (([], False), ([user], True)):
        monkeypatch.setattr(
            grp, "getgrgid", lambda number, members=members: grp.struct_group(("uucp", "x", number, members))
        )
        assert linux.group_of(device) == ("uucp", joined)
    device.chmod(0o600)
    assert linux.group_of(device) == (None, False)
    assert linux.group_of(tmp_path / "nowhere") == (None, False)
