"""Real MicroPython on a whole board: what only the ROM, the peripherals and the processor together can show."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator import Board
from emulator.line import Framing
from tests.emulator.prompt import Prompt

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def prompt(real_image: Callable[[str], Path]) -> Iterator[Prompt]:
    """A board at the prompt of MicroPython 1.10."""
    board = Board("nodemcu", clock="max", firmware=(real_image("micropython-1.10.0.bin"), 0))
    client = Prompt(board)
    with board:
        client.wait()
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
    prompt.run("import time; from machine import Pin; n = []; p = Pin(0, Pin.IN)")
    prompt.run("p.irq(lambda q: n.append(q.value()), Pin.IRQ_FALLING | Pin.IRQ_RISING)")
    for hand, level, seen in ((prompt.board.press, 0, "[0]"), (prompt.board.release, 1, "[0, 1]")):
        hand("flash")
        deadline = time.monotonic() + 60
        while prompt.board.gpio.level(0) != level:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        # MicroPython calls the handler between two steps of its own: wait for that too, before the pin changes again
        assert prompt.run("time.sleep_ms(1); n") == seen


def test_a_pin_that_is_driven_is_told(prompt: Prompt) -> None:
    prompt.run("from machine import Pin; led = Pin(2, Pin.OUT); led(1)")
    prompt.run("led(0); led(1); led(0)")
    levels = [event.data["level"] for event in prompt.board.events.named("pin") if event.data["pin"] == 2]
    assert levels[-3:] == [0, 1, 0]
    assert prompt.board.gpio.level(2) == 0


def test_a_program_chooses_its_framing(prompt: Prompt) -> None:
    bridge = prompt.board.bridge
    prompt.run("from machine import UART")
    prompt.text.clear()
    bridge.write(b"u = UART(0, 115200, bits=7, parity=0)\r\n")
    prompt.wait(bytes([0xBE, 0xBE, 0xBE, 0xA0]))  # ">>> " with even parity in bit 7, as a client with 8N1 reads it
    bridge.set_framing(Framing(7, "E"))
    assert prompt.run("6 * 7") == "42"
    prompt.run("u = UART(0, 115200, bits=8, parity=None)")
    bridge.set_framing(Framing())
    assert prompt.run("chr(233)") == "'\\xe9'"
