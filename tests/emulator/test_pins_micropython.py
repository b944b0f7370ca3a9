"""Real MicroPython at the pins, and with things attached to them. A board for each version; all its tests share it."""

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest

from emulator import Board
from tests.emulator.prompt import Prompt

pytestmark = pytest.mark.slow

IMAGES = ["micropython-1.10.0.bin", "esp8266-20220117-v1.18.bin"]
ATTACHED = ["ssd1306@i2c:4,5", "dht22@13", "neopixel@14,5", "button@12", "potentiometer@adc", "led@15"]

SSD1306 = """
def tell(*c):
    i2c.writeto(60, b'\\0' + bytes(c))
tell(0xAE,0x20,0,0x40,0xA1,0xA8,63,0xC8,0xD3,0,0xDA,0x12,0xD5,0x80,0xD9,0xF1,0xDB,0x30,0x81,255,0xA4,0xA6,0x8D,0x14,0xAF)
import framebuf
picture = bytearray(1024)
f = framebuf.FrameBuffer(picture, 128, 64, framebuf.MONO_VLSB)
f.rect(0, 0, 128, 64, 1)
f.pixel(5, 3, 1)
f.text('Hi', 100, 40)
tell(0x21,0,127,0x22,0,7)
i2c.writeto(60, b'\\x40' + picture)
"""


def start(image: Path, clock: Literal["real", "max"]) -> Board:
    """A board with that firmware, and everything attached."""
    return Board("nodemcu", clock=clock, firmware=(image, 0), attach=ATTACHED)


@pytest.fixture(scope="module", params=IMAGES)
def prompt(request: pytest.FixtureRequest, real_image: Callable[[str], Path]) -> Iterator[Prompt]:
    """A board at its prompt, with clock=max."""
    board = start(real_image(request.param), "max")
    client = Prompt(board)
    with board:
        client.wait()
        client.paste("from machine import Pin, PWM, Timer, ADC, I2C, SPI, UART\nimport time")
        yield client
        assert board.failure is None
        assert not board.events.named("rom-missing")


def since(board: Board, mark: int, name: str, pin: int) -> list[Any]:
    """The events of a pin since the processor's cycle `mark`."""
    return [e for e in board.events.named(name) if e.cycle >= mark and e.data["pin"] == pin]


def now(board: Board) -> int:
    return board.chip.core.cycles


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.005)


def gaps_ms(events: list[Any]) -> list[float]:
    """Milliseconds between events."""
    return [(b.cycle - a.cycle) / 80_000 for a, b in pairwise(events)]


def test_blink(prompt: Prompt) -> None:
    mark = now(prompt.board)
    prompt.paste("led = Pin(2, Pin.OUT)\nfor i in range(4):\n led.value(i % 2)\n time.sleep_ms(250)\n")
    events = since(prompt.board, mark, "pin", 2)
    assert [event.data["level"] for event in events][-4:] == [0, 1, 0, 1]
    assert gaps_ms(events[-4:]) == pytest.approx([250] * 3, abs=2)


@pytest.mark.parametrize(("frequency", "duty"), [(500, 256), (50, 77), (1000, 900)])
def test_pwm(prompt: Prompt, frequency: int, duty: int) -> None:
    mark = now(prompt.board)
    prompt.paste(f"p = PWM(Pin(15), freq={frequency}, duty={duty})\ntime.sleep_ms(600)")
    wave = prompt.board.wiring.share_high(15)
    prompt.paste("p.deinit()")
    told = since(prompt.board, mark, "wave", 15)
    assert told[-1].data["frequency_hz"] == pytest.approx(frequency, rel=0.02)
    assert (wave, told[-1].data["duty"]) == pytest.approx((duty / 1024,) * 2, abs=0.01)
    assert len(told) <= 4  # the wave before, where it is still there; the change; the new one


def test_timer(prompt: Prompt) -> None:
    mark = now(prompt.board)
    prompt.paste(
        "led = Pin(2, Pin.OUT)\nt = Timer(-1)\n"
        "t.init(period=100, mode=Timer.PERIODIC, callback=lambda t: led(not led()))\ntime.sleep_ms(1050)\nt.deinit()"
    )
    assert gaps_ms(since(prompt.board, mark, "pin", 2)[-8:]) == pytest.approx([100] * 7, abs=3)


def test_adc(prompt: Prompt) -> None:
    knob: Any = prompt.board.device("potentiometer")
    for position in (0.0, 0.1, 0.5, 1.0):
        knob.turn(position)
        assert int(prompt.paste("print(ADC(0).read())")) == pytest.approx(position * 1024, abs=1)


def test_a_button_interrupts(prompt: Prompt) -> None:
    prompt.paste(
        "seen = []\nb = Pin(12, Pin.IN, Pin.PULL_UP)\n"
        "b.irq(lambda p: seen.append(p()), Pin.IRQ_FALLING | Pin.IRQ_RISING)"
    )
    button: Any = prompt.board.device("button")
    for action, level, seen in ((button.press, 0, "[0]"), (button.release, 1, "[0, 1]")):
        action()
        wait_for(lambda level=level: prompt.board.gpio.level(12) == level)
        # MicroPython calls the handler between two steps of its own: wait for that too, before the pin changes again
        assert prompt.paste("time.sleep_ms(1)\nprint(seen)") == seen
    prompt.paste("b.irq(None)")


def test_a_display_on_i2c(prompt: Prompt) -> None:
    assert prompt.paste("i2c = I2C(scl=Pin(5), sda=Pin(4), freq=400000)\nprint(i2c.scan())") == "[60]"
    prompt.paste(SSD1306)
    display: Any = prompt.board.device("ssd1306")
    rows = display.rows
    assert rows[0] == rows[63] == b"\1" * 128
    assert [row[0] for row in rows] == [row[127] for row in rows] == [1] * 64
    assert rows[3][4:7] == b"\0\1\0"
    letters = [row[100:116] for row in rows[40:48]]
    assert letters[0][:8] == bytes.fromhex("0001010000010100")  # the top of an H
    assert sum(map(sum, letters)) > 20
    assert sum(map(sum, rows)) == sum(map(sum, letters)) + 1 + 2 * 128 + 2 * 62
    assert prompt.paste("print(i2c.readfrom(60, 1))") == "b'\\x00'"


def test_dht22(prompt: Prompt) -> None:
    sensor = prompt.board.device("dht22")
    prompt.paste("import dht\ns = dht.DHT22(Pin(13))")
    for temperature, humidity in ((-7.5, 88.2), (33.3, 5.0)):
        sensor.set([str(temperature), str(humidity)])
        read = prompt.paste("time.sleep_ms(2000)\ns.measure()\nprint(s.temperature(), s.humidity())")
        assert read == f"{temperature} {humidity}"


def test_neopixel(prompt: Prompt) -> None:
    prompt.paste(
        "import neopixel\nn = neopixel.NeoPixel(Pin(14), 5)\n"
        "n[0] = (255, 0, 0)\nn[1] = (0, 128, 3)\nn[4] = (1, 2, 4)\nn.write()"
    )
    expected = ["#ff0000", "#008003", "#000000", "#000000", "#010204"]
    assert prompt.board.device("neopixel").state() == {"colours": expected}
    for mhz in (160, 80):
        prompt.paste(f"import machine\nmachine.freq({mhz}000000)\nn[2] = (0, {mhz}, 170)\nn.write()")
        expected[2] = f"#00{mhz:02x}aa"
        assert prompt.board.device("neopixel").state() == {"colours": expected}


def test_spi_and_uart1(prompt: Prompt) -> None:
    sent: list[bytes] = []
    mark = now(prompt.board)
    prompt.board.wiring.on_spi(lambda data: (sent.append(data), bytes(byte ^ 0xFF for byte in data))[1])
    read = prompt.paste(
        "s = SPI(1, baudrate=1000000)\ns.write(b'\\1\\2\\3')\nx = bytearray(3)\n"
        "s.write_readinto(b'\\x10\\x20\\x30', x)\nprint(x)"
    )
    assert read == "bytearray(b'\\xef\\xdf\\xcf')"
    assert b"".join(sent) == b"\1\2\3\x10\x20\x30"
    assert prompt.board.chip.hspi.hertz == 1e6
    prompt.paste("u = UART(1, 9600)\nu.write('hello')")
    told = [event for event in prompt.board.events.named("uart1") if event.cycle >= mark]
    assert "".join(event.data["data"] for event in told) == "hello"
    assert told[-1].data["baud"] == pytest.approx(9600, rel=0.01)


def test_software_spi_and_one_wire_are_measured_right(prompt: Prompt) -> None:
    mark = now(prompt.board)
    prompt.paste("p = Pin(0, Pin.OUT)\nfor i in range(3):\n p(0)\n time.sleep_us(500)\n p(1)\n time.sleep_us(500)\n")
    events = since(prompt.board, mark, "pin", 0)
    assert gaps_ms(events[-5:]) == pytest.approx([0.5] * 4, abs=0.1)


def test_wires(real_image: Callable[[str], Path]) -> None:
    """An output on an input, and SPI that hears itself."""
    with Board("nodemcu", clock="max", firmware=(real_image(IMAGES[1]), 0), attach=["wire@4,5", "wire@13,12"]) as board:
        client = Prompt(board)
        client.wait()
        client.paste("from machine import Pin, SPI\no, i, seen = Pin(4, Pin.OUT), Pin(5, Pin.IN), []")
        assert client.paste("for x in (1, 0, 1):\n o(x)\n seen.append(i())\n\nprint(seen)") == "[1, 0, 1]"
        client.paste("s = SPI(1, baudrate=1000000)\nx = bytearray(70)")
        assert client.paste("s.write_readinto(bytes(range(70)), x)\nprint(x == bytes(range(70)))") == "True"
        assert client.paste("print(Pin(12, Pin.IN)(), Pin(13, Pin.OUT)(1), Pin(12)())") == "0 None 1"


def test_in_real_time(real_image: Callable[[str], Path]) -> None:
    """The same clock as the wall's: a blink, a wave, and what a pulse measures."""
    board = start(real_image(IMAGES[1]), "real")
    with board:
        client = Prompt(board)
        client.wait()
        client.paste("from machine import Pin, PWM\nimport time, dht")
        mark, began = now(board), time.monotonic()
        client.paste("led = Pin(2, Pin.OUT)\nfor i in range(4):\n led.value(i % 2)\n time.sleep_ms(250)\n")
        assert time.monotonic() - began > 0.9
        assert gaps_ms(since(board, mark, "pin", 2)[-4:]) == pytest.approx([250] * 3, abs=2)
        client.paste("p = PWM(Pin(15), freq=200, duty=512)")
        wait_for(lambda: board.wiring.share_high(15) not in (0, 1))
        assert board.wiring.share_high(15) == pytest.approx(0.5, abs=0.02)
        read = client.paste("s = dht.DHT22(Pin(13))\ns.measure()\nprint(s.temperature(), s.humidity())")
        assert read == "21.5 40.0"
        assert board.failure is None
