"""What real firmware prints on a board, byte for byte as its users see it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from emulator import Board

pytestmark = pytest.mark.slow

PROMPTS = {
    "micropython-1.10.0.bin": (
        b"\r\nMicroPython v1.10-8-g8b7039d7d on 2019-01-26; ESP module with ESP8266\r\n"
        b'Type "help()" for more information.\r\n>>> '
    ),
    "esp8266-20220117-v1.18.bin": (
        b'\r\nMicroPython v1.18 on 2022-01-17; ESP module with ESP8266\r\nType "help()" for more information.\r\n>>> '
    ),
    "nodemcu-3.0-lua.bin": b"\r\ncannot open init.lua: \r\n> ",
    "arduino-esp-linker-1.4.2.bin": b"ESP-Linker ready. IP: (IP unset)\r\n",
}
ROM_BAUD = 74_880


@pytest.mark.parametrize("clock", ["real", "max"])
@pytest.mark.parametrize("name", PROMPTS)
def test_an_image_boots_to_its_prompt(real_image: Callable[[str], Path], terminal, name: str, clock: str) -> None:
    with Board(firmware=(real_image(name), 0), clock=clock) as board:
        said = terminal(board).until(PROMPTS[name])
        assert not board.events.named("rom-missing")
    if "nodemcu" in name:
        assert b"Formatting file system. Please wait..." in said
        assert b"NodeMCU 3.0.0.0 built on nodemcu-build.com" in said
        assert b"powered by Lua 5.1.4 on SDK 3.0.1-dev" in said
    if "arduino" in name:
        assert b"] ESP-Linker v1.3.9 (ESP8266) Starting..." in said


def test_nodemcu_echoes_each_key(real_image: Callable[[str], Path], terminal) -> None:
    with Board(firmware=(real_image("nodemcu-3.0-lua.bin"), 0), clock="max") as board:
        prompt = terminal(board)
        prompt.until(b"\r\n> ")
        for key in b"=6*7":
            prompt.port.write(bytes((key,)))
            assert prompt.until(bytes((key,))) == bytes((key,))
        prompt.port.write(b"\n")
        prompt.until(b"\r\n42\r\n> ")


@pytest.mark.parametrize("name", PROMPTS)
def test_the_roms_log_is_readable_at_its_own_rate(real_image: Callable[[str], Path], terminal, name: str) -> None:
    board = Board(firmware=(real_image(name), 0))
    try:
        at_rom_rate = terminal(board, baud=ROM_BAUD)
        board.start()
        said = at_rom_rate.until(b"\r\ncsum 0x")
    finally:
        board.close()
    assert said.lstrip().startswith(b"ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n\r\nload 0x401")


def test_a_wrong_rate_gives_junk(micropython: Path, terminal) -> None:
    with Board(firmware=(micropython, 0), clock="max") as board:
        prompt = terminal(board)
        prompt.until(b">>> ")
        prompt.port.baudrate = 9600
        prompt.port.write(b"print('readable')\r")
        assert b"readable" not in prompt.silence(0.3)
        prompt.port.baudrate = 115_200
        prompt.port.write(b"\x03")
        prompt.settle()
        assert prompt.run("2 + 3") == "5"


def test_an_image_that_believes_in_a_smaller_flash_restarts_over_and_over(micropython: Path, terminal) -> None:
    with Board(clock="max") as board:
        board.flash.program(0, micropython.read_bytes())  # with its own header, as `--flash-size keep` writes it
        board.reset()
        log = terminal(board, baud=ROM_BAUD)
        said = b"".join(log.until(b"rf_cal[0] !=0x05,is 0x") for _ in range(3))
    assert said.count(b"ets Jan  8 2013") >= 2


def test_firmware_sees_the_boards_own_mac_address_and_flash(real_image: Callable[[str], Path], terminal) -> None:
    with Board(firmware=(real_image("esp8266-20220117-v1.18.bin"), 0), clock="max") as board:
        prompt = terminal(board)
        prompt.until(b">>> ")
        prompt.run("import network, ubinascii, esp")
        mac = prompt.run("ubinascii.hexlify(network.WLAN(network.STA_IF).config('mac'), ':').decode()")
        assert mac.splitlines()[-1] == f"'{board.profile.mac}'"
        assert prompt.run("esp.flash_size()") == str(4 << 20)
        assert prompt.run("esp.check_fw()").endswith("True")
