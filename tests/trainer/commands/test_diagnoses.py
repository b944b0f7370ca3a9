"""What the tools print is diagnosed: today's tools on fake boards that fail, and older versions' words as data.

Each row of the table is met here by a real tool's real output; the last test sees to it.
"""

import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from emulator.rom.image import with_flash_size
from trainer.board.terminal import Terminal
from trainer.board.workbench import FakeBench
from trainer.commands.diagnoses import DIAGNOSES, diagnose
from trainer.computer.staged import STAGED
from trainer.course.origins import esp32_image
from trainer.firmware import practice

# Other versions' and other systems' words, as they print them: (row, version, what is said).
QUOTED = [
    ("port-not-opened", "esptool 5.6", "Could not open COM4, the port is busy or doesn't exist."),
    ("no-port", "esptool 4.0", "No serial ports found. Connect a device, or use '--port PORT' option to set it."),
    (
        "no-permission",
        "esptool 4.8.1",
        "A fatal error occurred: Could not open /dev/ttyUSB0, the port is busy or doesn't exist.\n"
        "([Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0')\n"
        "Hint: Try to add user into dialout or uucp group.",
    ),
    (
        "no-permission",
        "esptool 3.3.3",
        "[Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'",
    ),
    (
        "no-port-found",
        "esptool 4.8.1",
        "Could not connect to an Espressif device on any of the 0 available serial ports.",
    ),
    ("no-answer-old", "esptool 3.1", "Failed to connect to Espressif device: Timed out waiting for packet header"),
    ("no-answer", "esptool 3.3.3", "Failed to connect to Espressif device: No serial data received."),
    ("wrong-chip", "esptool 4.8.1", "A fatal error occurred: This chip is ESP8266 not ESP32. Wrong --chip argument?"),
    ("supply-old", "esptool 4.8.1", "A fatal error occurred: The chip stopped responding."),
    ("not-an-image-inside", "esptool 4.8.1", "This is not a valid image (invalid magic number: 0x3c)"),
    ("not-an-image-old", "esptool 3.3.3", "A fatal error occurred: Invalid image magic number: 60"),
    ("names-of-esptool-5", "esptool 4.8.1", "error: argument operation: invalid choice: 'flash-id' (choose from"),
    ("md5-mismatch", "esptool 3.3.3", "A fatal error occurred: MD5 of file does not match data in flash!"),
    (
        "too-large",
        "esptool 4.8.1",
        "File fw.bin (length 635992) at offset 0 will not fit in 524288 bytes of flash. "
        "Change the --flash_size argument, or flashing address.",
    ),
    ("port-vanished", "pyserial", "device reports readiness to read but returned no data (device disconnected or mul"),
    ("port-vanished-linux", "pyserial", "read failed: [Errno 5] Input/output error"),
    ("port-vanished-macos", "pyserial", "read failed: [Errno 6] Device not configured"),
    ("port-vanished-windows", "pyserial", "ClearCommError failed (PermissionError(13, 'Access is denied.', None, 5))"),
    ("network-port-slow", "pyserial", "timeout while waiting for option 'baudrate'"),
    ("brltty", "Linux", "usbfs: interface 0 claimed by ch341 while 'brltty' sets config #1"),
    ("no-network", "pip 24", "ERROR: No matching distribution found for esptool"),
    ("filesystem-corrupt", "MicroPython", "The filesystem starting at sector 160 with size 859 sectors looks corrupt."),
]


@pytest.mark.parametrize(("row", "version", "said"), QUOTED, ids=[f"{row} {version}" for row, version, _ in QUOTED])
def test_a_quoted_message_is_diagnosed(row: str, version: str, said: str) -> None:
    found = diagnose(said)
    assert found is not None
    assert found.name == row


def test_no_row_hides_another() -> None:
    assert len({row.name for row in DIAGNOSES}) == len(DIAGNOSES)
    for row in DIAGNOSES:
        assert diagnose("\n".join(row.sees)) is row


def test_pips_refusal_is_diagnosed_on_every_system() -> None:
    for said in STAGED["externally-managed"].says.values():
        found = diagnose(said)
        assert found is not None
        assert found.name == "externally-managed"


def test_a_warning_is_not_taken_for_the_reason_of_a_failure() -> None:
    warning = "Warning: Deprecated: Command 'flash_id' is deprecated. Use 'flash-id' instead.\n"
    found = diagnose(warning + "A fatal error occurred: Failed to connect to ESP8266: No serial data received.")
    assert found is not None
    assert found.name == "no-answer"


# Real tools

IMAGE = practice().path
SETUPS: Mapping[str, tuple[str, tuple[str, ...], str, str]] = {
    # row: (profile, faults, port as the system names it, command)
    "no-permission": ("nodemcu", ("no-permission",), "", "esptool --port {port} flash-id"),
    "port-busy": ("nodemcu", ("port-busy",), "", "esptool --port {port} flash-id"),
    "port-busy-windows": ("nodemcu", ("port-busy",), "COM4", "esptool --port {port} flash-id"),
    "no-such-port": ("nodemcu", (), "", "esptool --port {port}9 flash-id"),
    "no-such-port-windows": ("nodemcu", ("charge-only-cable",), "COM4", "esptool --port {port} flash-id"),
    "no-port-found": ("nodemcu", ("charge-only-cable",), "", "esptool flash-id"),
    "mpremote-no-access": ("nodemcu", ("port-busy",), "", "mpremote connect {port} ls"),
    "mpremote-no-device": ("nodemcu", ("charge-only-cable",), "", "mpremote ls"),
    "wrong-chip": ("nodemcu", (), "", "esptool --chip esp32 --port {port} flash-id"),
    "no-answer": ("nodemcu", (), "", "esptool --port {other} flash-id"),
    "supply": ("nodemcu", ("brownout=100K",), "", "esptool --port {port} write-flash 0 big.bin"),
    "port-vanished-esptool": ("nodemcu", ("unplug-while-writing",), "", "esptool --port {port} write-flash 0 big.bin"),
    "too-large": ("esp-01", ("gpio0-low",), "", "esptool --port {port} write-flash --flash-size detect 0 big.bin"),
    "not-an-image": ("nodemcu", (), "", "esptool --port {port} write-flash --flash-size detect 0 page.bin"),
    "not-an-image-inside": ("nodemcu", (), "", "esptool image-info page.bin"),
    "esp32-image": ("nodemcu", (), "", "esptool image-info esp32.bin"),
    "esp32-image-written": ("nodemcu", (), "", "esptool --port {port} write-flash --flash-size detect 0 esp32.bin"),
    "md5-mismatch": ("nodemcu", ("worn-sectors=0-40",), "", "esptool --port {port} write-flash 0 big.bin"),
    "nothing-written": ("nodemcu", ("stuck-sectors=0-200",), "", "esptool --port {port} write-flash 0 big.bin"),
    "no-such-file": ("nodemcu", (), "", "esptool --port {port} write-flash 0 missing.bin"),
    "names-before-esptool-5": ("nodemcu", (), "", "esptool --port {port} flash_id"),
}


@pytest.fixture
def bench(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBench]:
    """A bench with the board and the faults of a row of SETUPS; its flash is blank."""
    profile, faults, port, _ = SETUPS[request.param]
    with FakeBench("windows" if port else "linux", profile) as bench:
        for fault in faults:
            bench.board.inject(fault)
        bench.unplug()
        bench.plug()
        if "{other}" in SETUPS[request.param][3]:
            bench.plug_other()
        yield bench


@pytest.mark.slow
@pytest.mark.parametrize(("bench", "row"), [(row, row) for row in SETUPS], indirect=["bench"], ids=list(SETUPS))
def test_a_real_tools_message_is_diagnosed(bench: FakeBench, row: str, tmp_path: Path) -> None:
    (tmp_path / "page.bin").write_text("<!DOCTYPE html>\n<html><head><title>Downloads</title></head></html>\n")
    (tmp_path / "esp32.bin").write_bytes(esp32_image())
    (tmp_path / "big.bin").write_bytes(IMAGE.read_bytes() + os.urandom(600_000))
    tool, *words = SETUPS[row][3].replace("{port}", bench.port).replace("{other}", bench.other_port).split()
    ended = subprocess.run(
        [sys.executable, "-m", tool, *words],
        cwd=tmp_path,
        env=bench.environment({**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
    )
    found = diagnose(ended.stdout + ended.stderr)
    assert found is not None, ended.stdout + ended.stderr
    assert found.name == row, ended.stdout + ended.stderr


BOOT_LOGS = {
    "blank-flash": {},
    "esp32-image-started": {0: esp32_image()},
    "damaged-image": {0: IMAGE.read_bytes()[:400] + bytes(100) + IMAGE.read_bytes()[500:]},
}


def read_until(terminal: Terminal, enough: Callable[[str], bool]) -> str:
    """What a board has said when that is `enough`, or after a long time."""
    deadline = time.monotonic() + 60
    while not enough(terminal.transcript) and time.monotonic() < deadline:
        terminal.wait(0.1)
    return terminal.transcript


def is_found(row: str) -> Callable[[str], bool]:
    return lambda transcript: (found := diagnose(transcript)) is not None and found.name == row


@pytest.mark.slow
@pytest.mark.parametrize("row", BOOT_LOGS)
def test_what_the_boot_rom_says_is_diagnosed(row: str) -> None:
    with FakeBench("linux", plugged=False) as bench:
        bench.board.fill_flash(BOOT_LOGS[row])
        bench.plug()
        with bench.open_terminal(baud=74880) as terminal:
            bench.tap("reset")
            found = diagnose(read_until(terminal, is_found(row)))
    assert found is not None
    assert found.name == row, terminal.transcript


@pytest.mark.slow
def test_a_program_with_a_wrong_flash_size_is_diagnosed(real_image: Callable[[str], Path]) -> None:
    image = real_image("esp8266-20220117-v1.18.bin").read_bytes()
    with FakeBench("linux", plugged=False) as bench:
        bench.board.fill_flash({0: with_flash_size(image, 1 << 19)})
        bench.plug()
        with bench.open_terminal(baud=74880) as terminal:
            bench.tap("reset")
            found = diagnose(read_until(terminal, is_found("crash-loop")))
    assert found is not None
    assert found.name == "crash-loop"


@pytest.mark.slow
def test_a_program_that_does_not_stop_is_diagnosed(real_image: Callable[[str], Path], tmp_path: Path) -> None:
    image = real_image("esp8266-20220117-v1.18.bin").read_bytes()
    (tmp_path / "main.py").write_text(
        "import micropython, time\nmicropython.kbd_intr(-1)\nprint('deaf')\nwhile 1:\n  time.sleep(1)\n"
    )
    with FakeBench("linux", plugged=False) as bench:
        bench.board.fill_flash({0: with_flash_size(image, bench.board.flash.size)})
        bench.plug()
        with bench.open_terminal() as terminal:
            assert ">>>" in read_until(terminal, lambda transcript: ">>>" in transcript)

        def mpremote(*words: str) -> str:
            ended = subprocess.run(
                [sys.executable, "-m", "mpremote", "connect", bench.port, *words],
                cwd=tmp_path, env=bench.environment(os.environ), capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            return ended.stdout + ended.stderr

        mpremote("cp", "main.py", ":main.py")
        with bench.open_terminal() as terminal:
            bench.tap("reset")
            assert "deaf" in read_until(terminal, lambda transcript: "deaf" in transcript)
        found = diagnose(mpremote("ls"))
    assert found is not None
    assert found.name == "no-raw-repl"


# Older versions, from the package index where it can be reached

OLD: list[tuple[str, str, str, tuple[str, ...], str]] = [
    # (row, version of esptool, profile, faults, command)
    ("names-of-esptool-5", "4.8.1", "nodemcu", (), "flash-id"),
    ("wrong-chip", "4.8.1", "nodemcu", (), "--chip esp32 --port {port} flash_id"),
    ("not-an-image-inside", "4.8.1", "nodemcu", (), "image_info page.bin"),
    ("no-permission", "4.8.1", "nodemcu", ("no-permission",), "--port {port} flash_id"),
    ("no-port-found", "4.8.1", "nodemcu", ("charge-only-cable",), "flash_id"),
    ("no-permission", "3.3.3", "nodemcu", ("no-permission",), "--port {port} flash_id"),
    ("not-an-image-old", "3.3.3", "nodemcu", (), "image_info page.bin"),
    ("no-answer", "3.3.3", "nodemcu", (), "--port {other} flash_id"),
    ("no-answer-old", "3.1", "nodemcu", (), "--port {other} flash_id"),
]


@pytest.fixture(scope="module")
def old_esptool(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function from a version of esptool to the Python of an environment that has it; it skips without an index."""
    made: dict[str, Path] = {}

    def make(version: str) -> Path:
        if version not in made:
            folder = tmp_path_factory.mktemp(f"esptool-{version}")
            venv.create(folder, with_pip=True)
            python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
            asked = subprocess.run(
                [python, "-m", "pip", "install", "-q", f"esptool=={version}"], capture_output=True, text=True
            )
            made[version] = python if asked.returncode == 0 else Path()
        if made[version] == Path():
            pytest.skip(f"esptool {version} cannot be had here")
        return made[version]

    return make


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("row", "version", "profile", "faults", "command"), OLD, ids=[f"{o[0]} {o[1]}" for o in OLD])
def test_an_older_esptools_message_is_diagnosed(
    row: str,
    version: str,
    profile: str,
    faults: tuple[str, ...],
    command: str,
    tmp_path: Path,
    old_esptool: Callable[[str], Path],
) -> None:
    python = old_esptool(version)
    (tmp_path / "page.bin").write_text("<!DOCTYPE html>\n<html></html>\n")
    (tmp_path / "big.bin").write_bytes(IMAGE.read_bytes() + os.urandom(600_000))
    with FakeBench("linux", profile) as bench:
        for fault in faults:
            bench.board.inject(fault)
        if "{other}" in command:
            bench.plug_other()
        line = command.replace("{port}", bench.port).replace("{other}", bench.other_port)
        ended = subprocess.run(
            [python, "-m", "esptool", *line.split()],
            cwd=tmp_path, env=bench.environment(os.environ), capture_output=True, text=True, timeout=100,
        )  # fmt: skip
    said = ended.stdout + ended.stderr
    found = diagnose(said)
    assert found is not None, said
    assert found.name == row, said
    for quoted_row, quoted_version, quotation in QUOTED:
        if (quoted_row, quoted_version) == (row, f"esptool {version}"):
            assert " ".join(quotation.split()) in " ".join(said.split())


ELSEWHERE = {
    "port-not-opened": "a general row for systems whose words are none of the particular ones",
    "noise": "tests/emulator/test_faults_with_esptool.py has esptool print it",
    "stream-stopped": "an answer that breaks off comes by chance; measured with MicroPython's practice image",
    "crash-loop": "a test of its own",
    "no-raw-repl": "a test of its own",
}


def test_every_row_is_met_here() -> None:
    met = {*SETUPS, *BOOT_LOGS, *ELSEWHERE, "externally-managed", *(row for row, _, _ in QUOTED)}
    assert {row.name for row in DIAGNOSES} == met
