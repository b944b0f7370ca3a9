"""The learner's shell with a fake board, real esptool and mpremote, from blank flash to MicroPython's prompt."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trainer.board.workbench import FakeBench
from trainer.computer.environment import Environment
from trainer.shell import Result, Shell

pytestmark = pytest.mark.slow

FIRMWARE = "micropython-1.10.0.bin"


@pytest.fixture(scope="module")
def image(real_image: Callable[[str], Path]) -> Path:
    return real_image(FIRMWARE)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, image: Path) -> Path:
    """A workspace with the firmware in Downloads and an environment that has the tools."""
    workspace = tmp_path_factory.mktemp("workspace")
    (workspace / "Downloads").mkdir()
    (workspace / "Downloads" / FIRMWARE).write_bytes(image.read_bytes())
    with FakeBench("linux") as bench:
        shell = Shell(workspace, "linux", bench, lambda text: None)
        assert shell.run("python3 -m venv esp8266").exit_status == 0
    environment = Environment(workspace / "esp8266")
    assert environment.link_own("esptool")
    assert environment.link_own("mpremote")
    return workspace


@pytest.fixture
def shell(workspace: Path) -> Iterator[Shell]:
    with FakeBench("linux") as bench:
        shell = Shell(workspace, "linux", bench, lambda text: None)
        assert shell.run("source esp8266/bin/activate").exit_status == 0
        assert shell.run("cd Downloads").exit_status == 0
        yield shell
        shell.close_terminal()


def done(result: Result) -> str:
    assert result.exit_status == 0, result.transcript
    return result.transcript


def test_the_first_flash(shell: Shell) -> None:
    assert "ESP8266" in done(shell.run(f"esptool --port {shell.bench.port} flash_id"))
    assert "erased successfully" in done(shell.run(f"esptool --port {shell.bench.port} erase_flash"))
    port = shell.bench.port
    written = done(shell.run(f"esptool --port {port} --baud 115200 write_flash --flash_size=detect 0 {FIRMWARE}"))
    assert "Hash of data verified" in written
    assert "Verification successful" in done(shell.run(f"esptool verify-flash --flash-size detect 0 {FIRMWARE}"))
    opened = done(shell.run(f"screen {shell.bench.port} 115200"))
    terminal = shell.terminal
    assert terminal is not None
    if ">>>" not in opened:  # it starts still, or has said so already when nobody listened
        assert ">>>" in terminal.key("enter", timeout_s=60)
    assert terminal.send("print('Micropython for Engineers!')") == (
        "print('Micropython for Engineers!')\nMicropython for Engineers!\n>>> "
    )
    assert terminal.send("import sys") == "import sys\n>>> "
    assert terminal.send("sys.platform") == "sys.platform\n'esp8266'\n>>> "
    shell.close_terminal()
    assert "boot.py" in done(shell.run("mpremote fs ls"))


def test_a_port_of_another_name_is_refused_in_the_tools_own_words(shell: Shell) -> None:
    result = shell.run("esptool --port /dev/ttyUSB77 flash-id")
    assert result.exit_status != 0
    assert "Could not open /dev/ttyUSB77" in result.transcript


def test_an_unplugged_board_is_not_found(shell: Shell) -> None:
    shell.bench.unplug()
    assert shell.run(f"esptool --port {shell.bench.port} flash-id").exit_status != 0
    assert shell.bench.port not in shell.run("ls /dev/ttyUSB*").transcript.splitlines()
    shell.bench.plug()
    assert shell.bench.appeared() == ([shell.bench.port], [])
    done(shell.run(f"esptool --port {shell.bench.port} flash-id"))


def test_an_interpreter_that_hides_its_environment_is_not_let_near_a_board(shell: Shell, tmp_path: Path) -> None:
    assert shell.environment is not None
    assert shell.bench.proven(shell.environment.python)
    assert not shell.bench.proven(tmp_path / "python")
