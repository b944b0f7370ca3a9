"""The pytest plugin: what it costs, and what the fixture gives."""

import subprocess
import sys
from pathlib import Path

import pytest
import serial

from emulator.pytest_plugin import PluggedBoard

LIST_PORTS = "from serial.tools.list_ports import comports; print(*(port.device for port in comports()))"


@pytest.mark.slow
def test_it_is_loaded_everywhere_and_imports_no_board() -> None:
    code = (
        "import sys, pytest; pytest.main(['--markers']);"
        "print('emulator.pytest_plugin' in sys.modules, 'wasmtime' in sys.modules, 'emulator.board' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert result.stdout.splitlines()[-1] == "True False False", result.stderr


def test_the_marker_is_known(pytestconfig: pytest.Config) -> None:
    assert any(line.startswith("esp8266_board(") for line in pytestconfig.getini("markers"))


def test_a_child_sees_the_board_and_no_other_port(esp8266_board: PluggedBoard) -> None:
    result = esp8266_board.run(sys.executable, "-c", LIST_PORTS)
    assert result.stdout.split() == [esp8266_board.port]


def test_the_test_itself_reaches_it_by_its_url(esp8266_board: PluggedBoard) -> None:
    with serial.serial_for_url(esp8266_board.url, 74880, timeout=60) as port:
        port.dtr = False
        port.rts = False
        esp8266_board.board.reset()
        assert port.read_until(b"rst cause:2").endswith(b"rst cause:2"), "its flash is empty"


def test_a_python_that_would_see_real_ports_is_not_run(esp8266_board: PluggedBoard) -> None:
    with pytest.raises(ValueError, match="would not see the board"):
        esp8266_board.run(sys.executable, "-I", "-c", LIST_PORTS)


def test_a_program_that_is_not_there_is_named(esp8266_board: PluggedBoard) -> None:
    with pytest.raises(ValueError, match="no program 'no-such-flasher'"):
        esp8266_board.run("no-such-flasher")


@pytest.mark.esp8266_board(profile="d1-mini", flash_size="2MB")
class TestMarkers:
    def test_that_of_the_class_counts(self, esp8266_board: PluggedBoard) -> None:
        assert esp8266_board.board.profile.name == "d1-mini"
        assert esp8266_board.board.flash.size == 2 << 20

    @pytest.mark.esp8266_board(profile="esp-01s")
    def test_that_of_the_test_goes_before(self, esp8266_board: PluggedBoard) -> None:
        assert esp8266_board.board.profile.name == "esp-01s"
        assert esp8266_board.board.flash.size == 2 << 20


@pytest.fixture
def firmware(tmp_path: Path) -> Path:
    """A file to flash."""
    path = tmp_path / "firmware.bin"
    path.write_bytes(b"firmware")
    return path


@pytest.mark.parametrize("esp8266_board", [{"profile": "esp-01"}, {"profile": "nodemcu"}], indirect=True)
def test_an_indirect_parameter_holds_the_options_too(
    esp8266_board: PluggedBoard, request: pytest.FixtureRequest
) -> None:
    assert f"esp8266_board{0 if esp8266_board.board.profile.name == 'esp-01' else 1}" in request.node.name


@pytest.mark.slow
def test_firmware_is_a_path_or_a_pair_options_have_names_and_failures_show_the_trace(
    pytester_project: Path, firmware: Path
) -> None:
    (pytester_project / "test_firmware.py").write_text(
        f"""
import pytest
from pathlib import Path
PATH = {str(firmware)!r}

@pytest.mark.esp8266_board(firmware=PATH)
def test_path(esp8266_board):
    assert esp8266_board.board.flash.read(0, 8) == b"firmware"

@pytest.mark.esp8266_board(firmware=(Path(PATH), 0x2000))
def test_pair(esp8266_board):
    assert esp8266_board.board.flash.read(0x2000, 8) == b"firmware"

def test_failing(esp8266_board):
    esp8266_board.board.flash.program(0x3000, bytes(16))
    assert False

@pytest.mark.esp8266_board("esp-01")
def test_options_have_names(esp8266_board):
    pass
""",
        "utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers"]
    result = subprocess.run(command, cwd=pytester_project, capture_output=True, text=True, timeout=100)
    assert "1 failed, 2 passed, 1 error" in result.stdout, result.stdout + result.stderr
    assert "ESP8266 board" in result.stdout
    assert "flash     written 0x003000-0x00300f (16 bytes)" in result.stdout
    assert "takes options by name" in result.stdout


@pytest.fixture
def pytester_project(tmp_path: Path) -> Path:
    """An empty folder for a pytest of its own."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder
