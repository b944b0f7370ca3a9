"""Real MicroPython on a whole board: what only the ROM, the peripherals and the processor together can show."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator import Board

pytestmark = pytest.mark.slow

FOUR_MEGABYTES = 0x40
"""In byte 3 of the image, where esptool writes the flash size."""


class Prompt:
    """A client at the prompt."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.text = bytearray()
        board.bridge.attach(self)
        board.bridge.set_baud(115_200)

    def receive(self, data: bytes) -> None:
        """From the board's thread."""
        self.text += data

    def unplugged(self) -> None:
        """Nothing to do."""

    def wait(self, ending: bytes, seconds: float = 10.0) -> None:
        """Until the text ends so."""
        deadline = time.monotonic() + seconds
        while not self.text.endswith(ending):
            assert time.monotonic() < deadline, bytes(self.text[-200:])
            time.sleep(0.005)

    def run(self, line: str) -> str:
        """A line typed at the prompt; what it prints."""
        self.text.clear()
        self.board.bridge.write(line.encode() + b"\r\n")
        self.wait(b"\r\n>>> ")
        return self.text.decode().removeprefix(f"{line}\r\n").removesuffix(">>> ").strip()


@pytest.fixture(scope="module")
def prompt(real_image: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prompt]:
    """A board at the prompt of MicroPython 1.10."""
    image = bytearray(real_image("micropython-1.10.0.bin").read_bytes())
    image[3] = FOUR_MEGABYTES | image[3] & 0xF
    firmware = tmp_path_factory.mktemp("firmware") / "firmware.bin"
    firmware.write_bytes(image)
    board = Board("nodemcu", clock="max", firmware=(firmware, 0))
    client = Prompt(board)
    with board:
        client.wait(b"\r\n>>> ")
        yield client
        assert board.failure is None
        assert not board.events.named("rom-missing")
        assert not board.events.named("rom-fault")


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("1.5 * 2.25, 7 // 2, -7 // 2, 2 ** 70", "(3.375, 3, -4, 1180591620717411303424)"),
        ("1 / 3 + 2 / 3, 1e10 / 3, -1e-3 * 7", "(1.0, 3.33333e+09, -0.007)"),
        ("import os; os.uname().sysname", "'esp8266'"),
        ("import machine; machine.freq()", "80000000"),
        ("f = open('x', 'w'); f.write('kept'); f.close(); open('x').read()", "4\r\n'kept'"),
        (
            "import ubinascii, uhashlib; ubinascii.hexlify(uhashlib.sha256(b'abc').digest())[:8]",
            "b'ba7816bf'",
        ),
    ],
)
def test_expressions(prompt: Prompt, line: str, printed: str) -> None:
    assert prompt.run(line) == printed


@pytest.mark.parametrize("frequency", [160_000_000, 80_000_000])
def test_sleeping_takes_its_time_at_either_frequency(prompt: Prompt, frequency: int) -> None:
    prompt.run(f"import machine, time; machine.freq({frequency})")
    slept = prompt.run("t = time.ticks_us(); time.sleep_ms(200); time.ticks_diff(time.ticks_us(), t)")
    assert 200_000 <= int(slept) < 215_000


def test_the_flash_button_is_an_interrupt(prompt: Prompt) -> None:
    prompt.run("from machine import Pin; n = []; p = Pin(0, Pin.IN)")
    prompt.run("p.irq(lambda q: n.append(q.value()), Pin.IRQ_FALLING | Pin.IRQ_RISING)")
    prompt.board.press("flash")
    time.sleep(0.1)
    prompt.board.release("flash")
    time.sleep(0.1)
    assert prompt.run("n") == "[0, 1]"


def test_a_pin_that_is_driven_is_told(prompt: Prompt) -> None:
    prompt.run("from machine import Pin; led = Pin(2, Pin.OUT); led(1)")
    prompt.run("led(0); led(1); led(0)")
    levels = [event.data["level"] for event in prompt.board.events.named("pin") if event.data["pin"] == 2]
    assert levels[-3:] == [0, 1, 0]
    assert prompt.board.gpio.level(2) == 0
