"""What I2S sends of the buffers that its DMA is given: bits on GPIO3, interrupts, and their times."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.soc.iomux import PADS
from emulator.soc.slc import RX_DONE_INT, RX_EOF_INT
from emulator.soc.ws2812_lines import Ws2812
from emulator.ws2812 import Ws2812Line

SLC, I2S, IOMUX = 0x60000B00, 0x60000E00, 0x60000800
CONF0, INT_RAW, INT_STATUS, INT_ENA, INT_CLR = SLC, SLC + 0x04, SLC + 0x08, SLC + 0x0C, SLC + 0x10
RX_LINK, RX_EOF_DES_ADDR, I2SCONF = SLC + 0x24, SLC + 0x48, I2S + 0x08
START, STOP, RXLINK_RST, TX_START = 1 << 29, 1 << 28, 1 << 1, 1 << 8
EOF, OWNER = 1 << 30, 1 << 31
INTERRUPT = 1 << 1
PIN, AS_I2S = 3, 1 << 4
CHAIN, DATA = 0x3FFE9000, 0x3FFEA000
BIT_CYCLES = 25
"""3.2 MHz, by 5 and 10, with the processor at 80 MHz."""
DIVIDERS = 5 << 22 | 10 << 16


class Sound:
    """A rig whose program has set up the pad, the clock and a chain of buffers."""

    def __init__(self, rig: Any) -> None:
        self.rig = rig
        rig.core.store(IOMUX + PADS[PIN].offset, AS_I2S)
        rig.core.store(INT_ENA, RX_EOF_INT)
        rig.load("stay: j stay")

    def chain(self, buffers: Sequence[tuple[bytes, bool]], then: int = 0) -> list[int]:
        """Lay out buffers, each with whether EOF is set, and where the last leads. The descriptors' addresses."""
        at, addresses = DATA, [CHAIN + 16 * index for index in range(len(buffers))]
        for address, following, (data, ends) in zip(addresses, [*addresses[1:], then], buffers, strict=True):
            words = (OWNER | (EOF if ends else 0) | len(data) << 12 | len(data), at, following)
            for index, word in enumerate(words):
                self.rig.core.write32(address + 4 * index, word)
            self.rig.core.write(at, data)
            at += len(data)
        return addresses

    def start(self, address: int = CHAIN, dividers: int = DIVIDERS) -> None:
        self.rig.core.store(RX_LINK, START | address & 0xFFFFF)
        self.rig.core.store(I2SCONF, dividers | TX_START)

    def levels(self, bits: int, cycles: int = BIT_CYCLES) -> str:
        """The pin in the middle of each of so many bits from now on."""
        heard = ""
        self.rig.run(cycles // 2)
        for _ in range(bits):
            heard += str(self.rig.chip.gpio.level(PIN))
            self.rig.run(cycles)
        return heard


@pytest.fixture
def sound(rig: Any) -> Sound:
    return Sound(rig)


def on_the_wire(data: bytes) -> str:
    """Each word leaves with its highest bit first, and words are little-endian."""
    return "".join(f"{int.from_bytes(data[at : at + 4], 'little'):032b}" for at in range(0, len(data), 4))


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=4, max_size=40).map(lambda data: data[: len(data) // 4 * 4]))
def test_what_is_in_the_buffer_is_on_the_pin(shared_rig: Any, data: bytes) -> None:
    shared_rig.reset()
    sound = Sound(shared_rig)
    sound.chain([(data, True)])
    sound.start()
    assert sound.levels(8 * len(data) + 8) == on_the_wire(data) + 8 * "0"


@pytest.mark.parametrize(("mhz", "dividers", "cycles"), [(80, 5 << 22 | 10 << 16, 25), (160, 5 << 22 | 10 << 16, 50)])
def test_the_clock_is_the_same_at_any_speed_of_the_processor(
    sound: Sound, mhz: int, dividers: int, cycles: int
) -> None:
    sound.rig.chip.set_frequency(mhz)
    sound.chain([(b"\x55\xaa\x0f\x12", True)])
    sound.start(dividers=dividers)
    assert sound.levels(32, cycles) == on_the_wire(b"\x55\xaa\x0f\x12")


def test_ends_of_buffers_interrupt_where_that_was_asked_for(sound: Sound) -> None:
    core = sound.rig.core
    first, second = sound.chain([(bytes(8), False), (bytes(8), True)])
    sound.start()
    sound.rig.run(64 * BIT_CYCLES + 5)
    assert core.load(INT_RAW) == RX_DONE_INT
    assert not core.cpu.lines & INTERRUPT
    sound.rig.run(64 * BIT_CYCLES + 5)
    assert core.load(INT_STATUS) == RX_EOF_INT
    assert core.load(RX_EOF_DES_ADDR) == second
    assert core.cpu.lines & INTERRUPT
    core.store(INT_CLR, 0xFFFFFFFF)
    assert core.load(INT_RAW) == 0
    assert not core.cpu.lines & INTERRUPT
    sound.rig.run(1000 * BIT_CYCLES)
    assert core.load(INT_RAW) == 0, "the chain was over"
    sound.start(first)
    sound.rig.run(130 * BIT_CYCLES)
    assert core.load(RX_EOF_DES_ADDR) == second, "it was given anew"


def test_a_ring_goes_round_until_it_is_stopped(sound: Sound) -> None:
    core = sound.rig.core
    addresses = sound.chain([(bytes(4), True), (bytes(4), True)], then=CHAIN)
    sound.start()
    ends = []
    sound.rig.run(BIT_CYCLES)
    for _ in range(6):
        sound.rig.run(32 * BIT_CYCLES)
        ends.append(core.load(RX_EOF_DES_ADDR))
        core.store(INT_CLR, 0xFFFFFFFF)
    assert ends == addresses * 3
    core.store(RX_LINK, STOP)
    sound.rig.run(64 * BIT_CYCLES)
    core.store(INT_CLR, 0xFFFFFFFF)
    sound.rig.run(640 * BIT_CYCLES)
    assert core.load(INT_RAW) == 0


@pytest.mark.parametrize("end", [(CONF0, RXLINK_RST), (I2SCONF, DIVIDERS)], ids=["reset of the link", "no TX_START"])
def test_what_is_on_its_way_can_be_dropped(sound: Sound, end: tuple[int, int]) -> None:
    sound.chain([(b"\xff" * 400, True)])
    sound.start()
    sound.rig.run(100 * BIT_CYCLES)
    assert sound.rig.chip.gpio.level(PIN) == 1
    sound.rig.core.store(*end)
    sound.rig.run(BIT_CYCLES)
    assert sound.rig.chip.gpio.level(PIN) == 0
    sound.rig.run(4000 * BIT_CYCLES)
    assert sound.rig.core.load(INT_RAW) == 0


def test_the_pin_does_not_follow_with_another_function(sound: Sound) -> None:
    sound.rig.core.store(IOMUX + PADS[PIN].offset, 0)
    before = sound.rig.chip.gpio.level(PIN)
    sound.chain([(b"\xff\x00\xff\x00", True)])
    sound.start()
    assert set(sound.levels(32)) == {str(before)}


def test_lights_on_the_pin_take_their_colours_from_the_dma(sound: Sound) -> None:
    """Four bits for each of a light's, as NeoPixelBus has it: 1000 is a 0, 1110 a 1."""
    colours = [(255, 0, 18), (1, 128, 64)]
    bits = "".join(f"{green:08b}{red:08b}{blue:08b}" for red, green, blue in colours)
    wire = "".join("1110" if bit == "1" else "1000" for bit in bits)
    words = [int(wire[at : at + 32], 2).to_bytes(4, "little") for at in range(0, len(wire), 32)]
    sound.rig.core.cells(Ws2812).pins = 0
    lights = Ws2812Line(sound.rig.chip, PIN)
    sound.chain([(bytes(24), False), (b"".join(words), True)])
    sound.start()
    sound.rig.run(2000 * BIT_CYCLES)
    assert lights.colours(3) == [*colours, (0, 0, 0)]


@settings(max_examples=60, deadline=None)
@given(
    chain=st.lists(st.tuples(st.integers(0, 0xFFFFFFFF), *(2 * [
        st.one_of(st.integers(0, 0xFFFFFFFF), st.integers(CHAIN, CHAIN + 100), st.integers(DATA, DATA + 100))
    ])), min_size=1, max_size=4),
    conf=st.integers(0, 0xFFFFFFFF),
)  # fmt: skip
def test_any_chain_is_survived(shared_rig: Any, chain: list[tuple[int, int, int]], conf: int) -> None:
    shared_rig.reset()
    Sound(shared_rig)
    for index, words in enumerate(chain):
        for at, word in enumerate(words):
            shared_rig.core.write32(CHAIN + 12 * index + 4 * at, word)
    shared_rig.core.store(RX_LINK, START | CHAIN & 0xFFFFF)
    shared_rig.core.store(I2SCONF, conf | TX_START)
    assert shared_rig.run(20_000).name in ("BUDGET", "SPINNING")
