"""A child process with the board in its environment: what unmodified programs there see of it."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator import plug, profiles
from emulator.bridge import Bridge, PortForbiddenError
from emulator.ports import driver

Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def bridge() -> Bridge:
    return Bridge(usb=profiles.load().usb)


@pytest.fixture
def url(bridge: Bridge) -> Iterator[str]:
    with driver.Server(bridge) as server:
        yield server.url


@pytest.fixture
def child(url: str) -> Python:
    """Runs Python code in a process with the board plugged in as /dev/ttyUSB0, or as `name`."""

    def run(code: str, name: str = "/dev/ttyUSB0", **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = plug.environment(url, name, os.environ | variables)
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)], env=environment, capture_output=True, text=True, timeout=100
        )

    return run


def said(result: "subprocess.CompletedProcess[str]") -> str:
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


SHOW_PORTS = """
    import serial.tools.list_ports as list_ports
    for port in list_ports.comports():
        print(port.device, port.name, hex(port.vid), hex(port.pid), port.serial_number, end=" ")
        print(port.manufacturer, port.description)
        print(port.hwid)
"""


def test_the_board_is_listed_as_its_bridge_and_nothing_else_is(child: Python) -> None:
    assert said(child(SHOW_PORTS)).splitlines() == [
        "/dev/ttyUSB0 ttyUSB0 0x10c4 0xea60 0001 Silicon Labs CP2102 USB to UART Bridge Controller",
        "USB VID:PID=10C4:EA60 SER=0001 LOCATION=1-1",
    ]


def test_a_windows_name_is_listed_as_windows_does(child: Python) -> None:
    assert said(child(SHOW_PORTS, name="COM4")).splitlines()[0] == (
        "COM4 COM4 0x10c4 0xea60 0001 Silicon Labs Silicon Labs CP210x USB to UART Bridge (COM4)"
    )


def test_an_unplugged_board_is_not_listed(child: Python, bridge: Bridge) -> None:
    bridge.unplug()
    assert said(child(SHOW_PORTS)) == ""


def test_without_a_board_no_port_is_listed_and_none_opens() -> None:
    code = "import serial, serial.tools.list_ports as l; print(l.comports()); serial.Serial('/dev/ttyS0')"
    result = subprocess.run(
        [sys.executable, "-c", code], env=plug.environment(None, ""), capture_output=True, text=True, timeout=100
    )
    assert result.stdout.strip() == "[]"
    assert "no port at all" in result.stderr


@pytest.mark.parametrize(
    "opening",
    [
        "serial.Serial('{name}', 115200)",
        "serial.serial_for_url('{name}', exclusive=True)",
        "serial.Serial(port='{name}', dsrdtr=False)",
        "serial.serial_for_url('spy://{name}?file=/dev/null')",
        "serial.serial_for_url('hwgrep://CP2102')",
    ],
)
def test_it_opens_by_name_in_every_way_there_is(child: Python, opening: str) -> None:
    code = f"""
        import serial
        port = {opening.format(name="/dev/ttyUSB0")}
        assert port.is_open and isinstance(port, serial.Serial)
        port.close()
        print("opened")
    """
    assert said(child(code)) == "opened"


@pytest.mark.parametrize("name", ["com4", "COM4", r"\\.\COM4"])
def test_windows_names_are_the_same_in_any_case(child: Python, name: str) -> None:
    assert said(child(f"import serial; print(serial.Serial({name!r}).is_open)", name="COM4")) == "True"


@pytest.mark.parametrize(
    "opening",
    [
        "serial.Serial('/dev/ttyUSB1')",
        "serial.serial_for_url('/dev/ttyS0')",
        "serial.serial_for_url('rfc2217://127.0.0.1:9')",
        "serial.serial_for_url('socket://127.0.0.1:9')",
        "serial.serial_for_url('alt:///dev/ttyS0?class=PosixPollSerial')",
        "__import__('serial.rfc2217').rfc2217.Serial('rfc2217://127.0.0.1:9')",
        "getattr(__import__('serial.serial' + kind), 'serial' + kind).Serial('/dev/ttyS0')",
    ],
)
def test_any_other_port_is_refused_with_the_name_of_the_one_there_is(child: Python, opening: str) -> None:
    code = f"""
        import os, serial
        kind = "win32" if os.name == "nt" else "posix"
        try:
            {opening}
        except serial.SerialException as error:
            print(error)
    """
    message = said(child(code))
    assert "practice board" in message
    assert "/dev/ttyUSB0" in message


def test_modem_lines_answer_on_the_ports_descriptor(child: Python, bridge: Bridge) -> None:
    pytest.importorskip("fcntl")
    code = """
        import fcntl, serial, struct, termios
        port = serial.Serial("/dev/ttyUSB0")
        fcntl.ioctl(port.fd, termios.TIOCMSET, struct.pack("I", termios.TIOCM_RTS))
        print(port.rts, port.dtr, struct.unpack("I", fcntl.ioctl(port, termios.TIOCMGET, struct.pack("I", 0)))[0])
    """
    assert said(child(code)) == "True False 4"


@pytest.mark.skipif(os.name == "nt", reason="ports are files on POSIX")
def test_the_port_is_found_among_the_files(child: Python, bridge: Bridge) -> None:
    code = """
        import os, pathlib, shutil, stat
        port = "/dev/ttyUSB0"
        for there in (os.path.exists(port), os.path.lexists(os.fsencode(port)), pathlib.Path(port).exists(),
                      stat.S_ISCHR(os.stat(port).st_mode), os.access(port, os.F_OK), os.access(port, os.R_OK | os.W_OK),
                      os.access(port, os.X_OK), os.path.exists("/dev/ttyUSB1")):
            print(int(there), end=" ")
        os.stat(0), os.access(".", os.R_OK, effective_ids=os.access in os.supports_effective_ids)
        print(shutil.rmtree.avoids_symlink_attacks)
    """
    safe = shutil.rmtree.avoids_symlink_attacks
    assert said(child(code)) == f"1 1 1 1 1 1 0 0 {safe}"
    bridge.refusals.append(PortForbiddenError)
    assert said(child(code)) == f"1 1 1 1 1 0 0 0 {safe}"
    bridge.unplug()
    assert "FileNotFoundError" in child(code).stderr


def test_without_fcntl_and_termios_the_port_is_the_same(child: Python) -> None:
    """As on Windows, whose pyserial has another class for its own ports, and other words."""
    code = r"""
        import os, sys, types
        sys.modules["fcntl"] = sys.modules["termios"] = None
        native = types.ModuleType("serial.serialwin32")
        native.Serial = object
        sys.modules["serial.serialwin32"] = native
        system, os.name = os.name, "nt"
        import serial
        os.name = system
        with serial.Serial("com4", timeout=0.1) as port:
            port.dtr = False
            port.rts = True
            port.set_buffer_size(4096)
            port.write(b"x")
            print(port.read(1), port.in_waiting, port.cts)
            try:
                serial.Serial("COM4")
            except serial.SerialException as error:
                print(error)
        try:
            serial.Serial("COM5")
        except serial.SerialException as error:
            print("COM4" in str(error))
    """
    assert said(child(code, name="COM4")).splitlines() == [
        "b'' 0 False",
        "could not open port 'COM4': PermissionError(13, 'Access is denied.', None, 5)",
        "True",
    ]


def test_several_boards_at_once_in_threads_and_in_select() -> None:
    bridges = [Bridge(usb=profiles.load().usb) for _ in range(3)]
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(driver.Server(bridge)).url for bridge in bridges]
        environment = plug.environment(urls[0], "/dev/ttyUSB0")
        names = {f"/dev/ttyUSB{number}": url for number, url in enumerate(urls)}
        environment[plug.ENVIRONMENT_VARIABLE] = json.dumps(names)
        code = """
            import select, threading, serial, serial.tools.list_ports
            names = sorted(port.device for port in serial.tools.list_ports.comports())
            ports = [serial.Serial(name, 9600 * (number + 1), timeout=60) for number, name in enumerate(names)]
            heard = {}
            threads = [threading.Thread(target=lambda p=p: heard.update({p.port: p.read(1)})) for p in ports[:2]]
            for thread in threads:
                thread.start()
            print(*names, flush=True)
            print(ports[2] in select.select(ports[2:], [], [], 60)[0], ports[2].read(1))
            for thread in threads:
                thread.join()
            print(sorted(heard.items()))
        """
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(code)], env=environment, stdout=subprocess.PIPE, text=True
            )
        )
        assert process.stdout is not None
        assert process.stdout.readline().split() == list(names)
        for bridge, byte in zip(bridges, (b"a", b"b", b"c"), strict=True):
            bridge.send(byte, None)
        assert process.stdout.read().splitlines() == [
            "True b'c'",
            "[('/dev/ttyUSB0', b'a'), ('/dev/ttyUSB1', b'b')]",
        ]
        assert [bridge.baud for bridge in bridges] == [9600, 19200, 28800]


def test_it_uses_nothing_that_the_childs_python_may_lack(child: Python) -> None:
    code = """
        import sys, serial, serial.tools.list_ports as list_ports
        list_ports.comports()
        serial.Serial("/dev/ttyUSB0").close()
        print({name.partition(".")[0] for name in sys.modules} & {"emulator", "trainer", "wasmtime", "click"})
    """
    assert said(child(code)) == "set()"


def test_a_python_that_imports_no_serial_imports_nothing_of_ours_but_the_hooks(child: Python) -> None:
    code = "import sys; print(sorted(name for name in sys.modules if name.startswith('espdojo_port')))"
    ours = ["espdojo_port", *(f"espdojo_port.{name}" for name in ("environment", "files", "hooks", "ioctls"))]
    assert said(child(code)) == str(ours)


def test_the_users_own_sitecustomize_runs_as_before(child: Python, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.mine = __file__")
    code = "import sitecustomize, serial; print(mine == sitecustomize.__file__, serial.Serial.__module__)"
    assert said(child(code, PYTHONPATH=str(tmp_path))) == "True espdojo_port.protocol_esp8266"


def test_an_error_in_the_users_sitecustomize_does_not_let_real_ports_in(child: Python, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise ZeroDivisionError")
    result = child("import serial; print(serial.Serial.__module__)", PYTHONPATH=str(tmp_path))
    assert result.stdout.strip() == "espdojo_port.protocol_esp8266"
    assert "ZeroDivisionError" in result.stderr


def test_grandchildren_see_the_board_too(child: Python) -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'serial.tools.list_ports', '-q'])"
    assert said(child(code)).strip() == "/dev/ttyUSB0"


def test_without_a_board_in_its_environment_a_process_is_left_alone() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ESPDOJO_PORTS"}
    environment["PYTHONPATH"] = str(plug.STARTUP_FOLDER)
    code = "import serial; print(serial.Serial.__module__)"
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=100)
    assert said(result) in ("serial.serialposix", "serial.serialwin32")


def test_the_environment_names_the_port_once_however_often_it_is_made(url: str) -> None:
    once = plug.environment(url, "COM4", {"PYTHONPATH": "mine"})
    twice = plug.environment(url, "COM5", once)
    assert twice["PYTHONPATH"] == once["PYTHONPATH"] == os.pathsep.join((str(plug.STARTUP_FOLDER), "mine"))
    assert json.loads(twice["ESPDOJO_PORTS"]) == {"COM5": url}
