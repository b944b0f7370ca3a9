"""Things on pins, each with the pins moved as a program would."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.devices import KINDS, DeviceError
from emulator.devices.button import Button
from emulator.devices.device import turn
from emulator.devices.dht22 import Dht22
from emulator.devices.led import Led
from emulator.devices.neopixel import NeoPixel
from emulator.devices.potentiometer import Potentiometer
from emulator.devices.ssd1306 import Ssd1306

PULL_UP = 1 << 7


@pytest.mark.parametrize(
    ("specification", "numbers"),
    [
        ("led@5", [5]),
        ("button@0x0e", [14]),
        ("potentiometer@adc", []),
        ("ssd1306@i2c:4,5", [4, 5]),
        ("ssd1306@i2c:4, 5, 0x3d", [4, 5, 0x3D]),
        ("neopixel@15", [15]),
        ("neopixel@15,30", [15, 30]),
        (" dht22@16 ", [16]),
        ("wire@13,12", [13, 12]),
    ],
)
def test_specifications(specification: str, numbers: list[int]) -> None:
    kind, given = KINDS.parse(specification)
    assert specification.strip().startswith(kind.name)
    assert given == numbers


@pytest.mark.parametrize(
    ("specification", "said"),
    [
        ("lamp@5", "There is no device 'lamp'. Choose one of: led@PIN,"),
        ("led", "Where is the led? Write led@PIN."),
        ("led@", "Write led@PIN, where PIN is the pin's number."),
        ("led@i2c:5", "Write led@PIN"),
        ("led@5:", "Write led@PIN"),
        ("led@1,2", "Write led@PIN"),
        ("led@7", "there is no pin 7: take one of 0 to 5 and 12 to 16"),
        ("led@17", "there is no pin 17"),
        ("led@D4", "Write led@PIN"),
        ("ssd1306@4,5", "Write ssd1306@i2c:SDA,SCL[,ADDRESS]"),
        ("ssd1306@i2c:4", "SCL is the clock line's pin"),
        ("ssd1306@i2c:4,5,0x78", "Write ssd1306@i2c"),
        ("potentiometer@5", "Write potentiometer@adc."),
        ("potentiometer@adc:5", "Write potentiometer@adc."),
        ("neopixel@4,0", "0 is not from 1 to 1024"),
        ("wire@13", "Write wire@FROM,TO, where FROM is the pin whose level it carries; TO is the pin that gets it."),
    ],
)
def test_wrong_specifications(specification: str, said: str) -> None:
    with pytest.raises(DeviceError) as error:
        KINDS.parse(specification)
    assert said in str(error.value)


@given(st.text(max_size=30))
@settings(max_examples=60)
def test_any_text_is_a_specification_or_an_error_for_people(text: str) -> None:
    message = "Write Choose"
    try:
        KINDS.parse(text)
    except DeviceError as error:
        message = str(error)
    assert "Write" in message or "Choose" in message


def test_what_does_not_fit_together(bench: Any) -> None:
    KINDS.make("ssd1306@i2c:4,5", bench.wiring)
    for specification, said in (
        ("ssd1306@i2c:4,5,60", "0x3c"),
        ("ssd1306@i2c:4,4", "cannot both be pin 4"),
        ("wire@4,4", "a wire has two ends"),
    ):
        with pytest.raises(DeviceError, match=said):
            KINDS.make(specification, bench.wiring)


def test_led(bench: Any) -> None:
    led = Led(bench.wiring, "led", 5)
    assert led.draw(unicode=False) == ["o"]
    bench.output(5, 1)
    assert led.state() == {"brightness": 1}
    assert led.draw() == ["●"]


def test_button(bench: Any) -> None:
    button = Button(bench.wiring, "button", 14)
    bench.rig.core.store(0x6000080C, 3 << 4 | PULL_UP)
    assert bench.level(14) == 1
    button.press()
    assert bench.level(14) == 0
    button.set(["release"])
    assert bench.level(14) == 1
    assert button.state() == {"pressed": False}
    with pytest.raises(DeviceError, match="press or release"):
        button.set(["push"])


def test_wire(bench: Any) -> None:
    wire = KINDS.make("wire@4,5", bench.wiring)
    for level in (1, 0, 1):
        bench.output(4, level)
        assert bench.level(5) == level
        assert (wire.state(), wire.draw()) == ({"level": level}, ["high" if level else "low"])
    bench.output(5, 0)
    assert (bench.level(4), bench.level(5)) == (1, 0)
    bench.let_go(5)
    assert bench.level(5) == 1


def test_potentiometer(bench: Any) -> None:
    knob = Potentiometer(bench.wiring, "potentiometer")
    assert bench.rig.chip.adc.volts == 0.5
    knob.set(["0.25"])
    assert bench.rig.chip.adc.volts == 0.25
    assert knob.draw(unicode=False) == ["-----*--------------- 0.25"]
    for words in ([], ["1.5"], ["nan"], ["x"], ["0", "1"]):
        with pytest.raises(DeviceError, match="from 0 to 1"):
            knob.set(words)


STEP_US = 4


def read_dht(bench: Any, pin: int) -> list[int]:
    """What a program reads: it starts, and measures how long the line is high, 42 times, in us and to `STEP_US`."""
    bench.output(pin, 0)
    mhz = bench.wiring.cycles_per_us
    bench.rig.core.skip(mhz * 1000)
    bench.let_go(pin)
    highs, level, since = [], 1, 0
    for now in range(0, 5400, STEP_US):
        if bench.level(pin) != level:
            if level:
                highs.append(now - since)
            level, since = 1 - level, now
        bench.rig.core.skip(mhz * STEP_US)
    return highs


@pytest.mark.parametrize(
    ("temperature", "humidity", "data"),
    [(21.5, 40.0, "019000d768"), (-10.1, 65.2, "028c806573")],
)
def test_dht22(bench: Any, temperature: float, humidity: float, data: str) -> None:
    sensor = Dht22(bench.wiring, "dht22", 4)
    sensor.set([str(temperature), str(humidity)])
    released, presence, *bits = read_dht(bench, 4)
    assert released in range(20, 41)
    assert presence in range(76, 85)
    assert len(bits) == 40
    assert all(bit in (*range(22, 31), *range(66, 75)) for bit in bits)
    number = int("".join("1" if bit > 50 else "0" for bit in bits), 2)
    assert number.to_bytes(5, "big").hex() == data
    assert bench.level(4) == 1


def test_a_dht22_measures_every_two_seconds(bench: Any) -> None:
    sensor = Dht22(bench.wiring, "dht22", 4)
    first = read_dht(bench, 4)[2:]
    sensor.temperature = 30.0
    assert read_dht(bench, 4)[2:] == pytest.approx(first, abs=STEP_US)
    for _ in range(2):
        bench.rig.core.skip(80_000_000)
        bench.level(4)
    assert read_dht(bench, 4)[2:] != pytest.approx(first, abs=STEP_US)


def test_a_dht22_does_not_stop_measuring_when_the_processor_runs_faster(bench: Any) -> None:
    """By cycles, the time so far is then half of what it was."""
    for _ in range(10):
        bench.rig.core.skip(80_000_000)
        bench.level(4)
    sensor = Dht22(bench.wiring, "dht22", 4)
    first = read_dht(bench, 4)[2:]
    sensor.temperature = 30.0
    bench.rig.chip.set_frequency(160)
    for _ in range(3):
        bench.rig.core.skip(160_000_000)
        bench.level(4)
    assert read_dht(bench, 4)[2:] != pytest.approx(first, abs=STEP_US)


def test_a_short_pull_does_not_wake_a_dht22(bench: Any) -> None:
    Dht22(bench.wiring, "dht22", 4)
    bench.output(4, 0)
    bench.rig.core.skip(80 * 300)
    bench.let_go(4)
    bench.wait(500)
    assert bench.level(4) == 1
    assert not bench.rig.chip.gpio.cells.alarm_set


def send_colours(pulses: Any, pin: int, colours: list[tuple[int, int, int]]) -> None:
    """The pulses of a strip, as the data sheet has them, after the silence that begins anew."""
    bits = "".join(f"{green:08b}{red:08b}{blue:08b}" for red, green, blue in colours)
    lows = [60.0, *[0.8 if bit == "0" else 0.6 for bit in bits]]
    pulses(pin, [length for low, bit in zip(lows, bits, strict=False) for length in (low, 0.35 if bit == "0" else 0.7)])


@pytest.mark.parametrize("count", [1, 3, 5])
def test_neopixel(bench: Any, pulses: Any, count: int) -> None:
    strip = NeoPixel(bench.wiring, "neopixel", 13, 3)
    colours = [(255, 0, 0), (1, 128, 3), (0, 0, 255), (9, 9, 9), (8, 8, 8)][:count]
    for _ in range(2):
        send_colours(pulses, 13, colours)
        assert strip.colours == [*colours, *[(0, 0, 0)] * 2][:3]
    assert strip.state()["colours"][0] == "#ff0000"
    assert strip.draw()[0].startswith("●")
    strip.power_off()
    assert strip.draw(unicode=False) == ["ooo"]


# The display, on a bus that is moved bit by bit

SDA, SCL = 4, 5


class Master:
    """A bit-banging I2C master with open drains."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        for pin in (SDA, SCL):
            bench.rig.core.store(0x60000328 + 4 * pin, 1 << 2)
            bench.output(pin, 1)

    def start(self) -> None:
        for pin, level in ((SDA, 1), (SCL, 1), (SDA, 0), (SCL, 0)):
            self.bench.output(pin, level)

    def stop(self) -> None:
        for pin, level in ((SDA, 0), (SCL, 1), (SDA, 1)):
            self.bench.output(pin, level)

    def bit(self, level: int) -> int:
        self.bench.output(SDA, level)
        self.bench.output(SCL, 1)
        read = self.bench.level(SDA)
        self.bench.output(SCL, 0)
        return int(read)

    def write(self, byte: int) -> bool:
        for position in range(7, -1, -1):
            assert self.bit(byte >> position & 1) == byte >> position & 1
        return not self.bit(1)

    def read(self, acknowledge: bool) -> int:
        byte = 0
        for _ in range(8):
            byte = byte << 1 | self.bit(1)
        self.bit(0 if acknowledge else 1)
        return byte

    def send(self, address: int, *data: int) -> list[bool]:
        self.start()
        acknowledged = [self.write(address << 1), *map(self.write, data)]
        self.stop()
        return acknowledged


@pytest.fixture
def master(bench: Any) -> Any:
    yield Master(bench)
    bench.rig.chip.reset()


def test_only_who_is_addressed_answers(bench: Any, master: Master) -> None:
    Ssd1306(bench.wiring, "display", SDA, SCL)
    assert master.send(0x3C, 0x00, 0xAF) == [True] * 3
    assert master.send(0x3D, 0x00, 0xAE) == [False] * 3
    assert bench.level(SDA) == 1
    master.start()
    assert master.write(0x3C << 1 | 1)
    assert [master.read(True), master.read(False)] == [0, 0]
    master.start()  # again, without a stop between
    assert master.write(0x3C << 1)
    assert master.write(0x80)
    assert master.write(0xAE)
    master.start()
    assert master.write(0x3C << 1 | 1)
    assert master.read(False) == 0x40
    master.stop()


INIT = (0xAE, 0x20, 0x00, 0x8D, 0x14, 0xA1, 0xC8, 0xA6, 0xA4, 0x21, 0, 127, 0x22, 0, 7, 0xAF)


@pytest.fixture
def display(bench: Any) -> Ssd1306:
    """A display that was set up; `bytes_to` sends past the bus."""
    display = Ssd1306(bench.wiring, "display", SDA, SCL)
    tell(display, 0x00, *INIT)
    return display


def tell(display: Ssd1306, *data: int) -> None:
    display.start(False)
    assert all(display.write(byte) for byte in data)


def lit(display: Ssd1306) -> set[tuple[int, int]]:
    return {(x, y) for y, row in enumerate(display.rows) for x, pixel in enumerate(row) if pixel}


def test_pixels(display: Ssd1306) -> None:
    tell(display, 0x40, 0x01, 0x80)
    assert lit(display) == {(0, 0), (1, 7)}
    tell(display, 0x00, 0x21, 126, 127, 0x22, 7, 7)
    tell(display, 0x40, 0x80, 0x40, 0x01)
    assert lit(display) == {(0, 0), (1, 7), (126, 56), (127, 62)}
    assert display.draw()[0][0] == chr(0x2801)
    assert display.state()["rows"][0].startswith("100")


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        (0xA0, {(127, 0)}),
        (0xC0, {(0, 63)}),
        (0x41, {(0, 63)}),
        (0xAE, set()),
        (0xA5, {(x, y) for x in range(128) for y in range(64)}),
        (0xA7, {(x, y) for x in range(128) for y in range(64)} - {(0, 0)}),
    ],
)
def test_commands_that_change_what_is_seen(display: Ssd1306, command: int, seen: set[tuple[int, int]]) -> None:
    tell(display, 0x40, 0x01)
    tell(display, 0x80, command)
    assert lit(display) == seen


def test_page_and_vertical_modes(display: Ssd1306) -> None:
    tell(display, 0x00, 0x20, 0x02, 0xB2, 0x0F, 0x17)
    tell(display, 0x40, 0x01, 0x01)
    assert lit(display) == {(127, 16), (0, 16)}
    tell(display, 0x00, 0x20, 0x01, 0x21, 5, 6, 0x22, 0, 1)
    tell(display, 0x40, 0x01, 0x02, 0x04)
    assert lit(display) == {(127, 16), (0, 16), (5, 0), (5, 9), (6, 2)}


def test_a_display_is_dark_without_its_charge_pump_and_after_a_power_cut(display: Ssd1306) -> None:
    tell(display, 0x40, 0xFF)
    assert lit(display)
    tell(display, 0x00, 0x8D, 0x10)
    assert not lit(display)
    display.power_off()
    tell(display, 0x00, *INIT)
    assert not lit(display)


@given(st.lists(st.integers(0, 255), max_size=300))
@settings(deadline=None, max_examples=30)
def test_any_bytes_make_some_picture(data: list[int]) -> None:
    class NoWires:
        def i2c(self, sda: int, scl: int) -> Any:
            return self

        def add(self, address: int, target: Any) -> None:
            pass

    display = Ssd1306(NoWires(), "display", SDA, SCL)  # type: ignore[arg-type]
    tell(display, *data)
    assert [len(row) for row in display.rows] == [128] * 64
    assert len(display.draw()) == (16 if display.is_lit else 1)


@given(st.lists(st.integers(-400, 400), max_size=8))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_dial_turns_as_far_as_it_goes(bench: Any, turns: list[int]) -> None:
    for device in (Potentiometer(bench.wiring, "knob"), Dht22(bench.wiring, "weather", 13)):
        for dial in device.dials:
            others = {name: value for name, value in device.state().items() if name != dial.name}
            for steps in turns:
                before = device.state()[dial.name]
                turn(device, dial.name, steps)
                expected = min(max(before + steps * dial.step, dial.lowest), dial.highest)
                assert device.state()[dial.name] == pytest.approx(expected)
            assert others.items() <= device.state().items()
