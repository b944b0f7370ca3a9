"""Pins, UART settings, descriptors and small things."""

from typing import Any

import pytest

from emulator.line import line_levels
from emulator.soc.gpio import GPIO_ENABLE, GPIO_OUT
from emulator.soc.uart import BASE as UART_BASE
from emulator.soc.uart import RXFIFO_FULL_INT, UART_INT_ENA, UART_INT_ST

RAM, BUFFER, HEAD, TAIL = 0x3FFE8000, 0x3FFE9000, 0x3FFEA000, 0x3FFEA004


def test_outputs(rig: Any) -> None:
    rig.call("gpio_output_set", 0x14, 0, 0x15, 0)
    assert rig.call("gpio_input_get") & 0x15 == 0x14
    rig.call("gpio_output_set", 0x01, 0x04, 0, 0x10)
    assert (rig.chip.gpio.word(GPIO_OUT), rig.chip.gpio.word(GPIO_ENABLE)) == (0x11, 0x05)


def test_pin_registers(rig: Any) -> None:
    rig.call("gpio_register_set", 0x28 + 4 * 3, 0x104)
    assert rig.call("gpio_register_get", 0x28 + 4 * 3) == 0x104
    rig.call("gpio_pin_intr_state_set", 3, 5)
    assert rig.call("gpio_register_get", 0x28 + 4 * 3) == 5 << 7 | 4
    rig.call("gpio_pin_wakeup_enable", 3, 4)
    assert rig.call("gpio_register_get", 0x28 + 4 * 3) == 1 << 10 | 4 << 7 | 4
    rig.call("gpio_pin_wakeup_disable")
    assert rig.call("gpio_register_get", 0x28 + 4 * 3) == 4 << 7 | 4


def test_a_pin_that_is_none_is_ignored(rig: Any) -> None:
    rig.call("gpio_pin_intr_state_set", 0xFFFFFFFF, 5)
    assert all(rig.chip.gpio.word(0x28 + 4 * pin) == 0 for pin in range(16))


def test_the_divider(rig: Any) -> None:
    rig.call("uart_div_modify", 0, 80_000_000 // 9600)
    assert rig.chip.uart.divider == 8333
    rig.call("uart_div_modify", 1, 5)
    assert rig.chip.uart.divider == 8333
    assert rig.chip.uart1.divider == 5
    rig.call("uart_div_modify", 2, 7)
    assert (rig.chip.uart.divider, rig.chip.uart1.divider) == (8333, 5)


def test_the_rom_leaves_the_uart_so_that_each_byte_interrupts(rig: Any) -> None:
    """A program that enables the interrupt and sets no threshold (esptool's first stub) hears every byte."""
    rig.core.store(UART_BASE + UART_INT_ENA, RXFIFO_FULL_INT)
    assert rig.core.load(UART_BASE + UART_INT_ST) == 0
    rig.chip.uart.receive(b"a")
    assert rig.core.load(UART_BASE + UART_INT_ST) == RXFIFO_FULL_INT


def test_the_handler_for_received_bytes_fills_the_ring(rig: Any) -> None:
    receive_buffer = rig.call("GetUartDevice") + 0x18
    size, start = (rig.core.read32(receive_buffer + offset) for offset in (0, 4))
    rig.core.store(UART_BASE + UART_INT_ENA, RXFIFO_FULL_INT)
    text = bytes(range(ord("0"), ord("0") + 50))
    sent = b""
    while len(sent) <= size:
        rig.chip.uart.receive(text)
        rig.call("uart_rx_intr_handler", receive_buffer)
        sent += text
    assert rig.core.load(UART_BASE + UART_INT_ST) == 0
    rest = sent[size:]
    assert rig.core.read(start, size) == rest + sent[len(rest) : size]
    assert rig.core.read32(receive_buffer + 8) == start + len(rest)
    assert rig.core.read32(receive_buffer + 0x14) == 0
    rig.chip.uart.receive(b"\r")
    rig.call("uart_rx_intr_handler", receive_buffer)
    assert rig.core.read32(receive_buffer + 0x14) == 2


def test_characters_go_to_the_uart_that_was_chosen(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.chip.uart1, "is_connected", lambda: True)
    rig.chip.uart.receive(b"old")
    rig.core.write(RAM, b"printed\n\0")
    rig.call("uart_buff_switch", 1)
    rig.call("ets_putc", ord("1"))
    rig.call("uart_tx_one_char", ord("!"))
    rig.call("ets_uart_printf", RAM)
    assert rig.chip.uart1.take() == b"1!printed\r\n"
    assert rig.call("uart_rx_one_char", RAM) == 0
    rig.chip.uart.receive(b"old")
    rig.call("uart_buff_switch", 0)
    rig.call("ets_putc", ord("0"))
    assert rig.sent == b"0"
    assert rig.call("uart_rx_one_char", RAM) == 1, "what it had received is forgotten"


def test_the_last_of_some_descriptors(rig: Any) -> None:
    chain = [RAM + 0x100, RAM + 0x200, RAM + 0x300]
    for descriptor, following in zip(chain, [*chain[1:], 0], strict=True):
        rig.core.write32(descriptor + 8, following)
    assert [rig.call("lldesc_num2link", chain[0], count) for count in (1, 2, 3)] == chain
    assert rig.call("lldesc_num2link", chain[0], 4) == 0
    assert rig.call("lldesc_num2link", chain[0], 0) == chain[0]
    rig.core.write32(chain[2] + 8, chain[2])
    assert rig.call("lldesc_num2link", chain[0], 0x1FFFF) == chain[2], "a ring, and sixteen bits of a number"


def test_characters_from_the_line(rig: Any) -> None:
    assert rig.call("uart_rx_one_char", RAM) == 1
    rig.chip.uart.receive(b"xyz")
    assert rig.call("uart_rx_one_char", RAM) == 0
    assert rig.core.read(RAM, 1) == b"x"
    assert rig.call("uart_rx_one_char_block") == ord("y")


def test_a_chain_of_descriptors(rig: Any) -> None:
    rig.call("lldesc_build_chain", RAM, 36, BUFFER, 300, 100, 1, stack=(HEAD, TAIL))
    words = [rig.core.read32(RAM + 4 * index) for index in range(9)]
    first = 100 | 100 << 12 | 1 << 31
    assert words == [first, BUFFER, RAM + 12, first, BUFFER + 100, RAM + 24, first, BUFFER + 200, 0]
    assert (rig.core.read32(HEAD), rig.core.read32(TAIL)) == (RAM, RAM + 24)


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        (b"18:fe:34:0A:0b:ff", "18fe340a0bff"),
        (b"18-fe-34-0A-0b-ff-99", "18fe340a0bff"),
        (b"1:2", "010200000000"),
        (b"", "000000000000"),
    ],
)
def test_mac_addresses(rig: Any, text: bytes, mac: str) -> None:
    rig.core.write(BUFFER, text + b"\0")
    rig.call("ets_str2macaddr", RAM, BUFFER)
    assert rig.core.read(RAM, 6).hex() == mac


@pytest.mark.parametrize(("value", "step", "rounded"), [(0, 4, 0), (1, 4, 4), (4, 4, 4), (5, 16, 16)])
def test_rounding_up(rig: Any, value: int, step: int, rounded: int) -> None:
    assert rig.call("roundup2", value, step) == rounded


def test_the_frequency_is_remembered(rig: Any) -> None:
    rig.call("ets_update_cpu_frequency", 160)
    assert rig.call("ets_get_cpu_frequency") == 160


@pytest.mark.parametrize("baud", [1200, 9600, 74_880, 115_200, 921_600])
def test_the_rate_is_measured_by_the_shortest_pulses(rig: Any, baud: int) -> None:
    uart = rig.chip.uart
    assert rig.call("uart_baudrate_detect", 0, 1) == 0
    for _ in range(3):
        assert rig.call("uart_baudrate_detect", 0, 1) == 0
        uart.measure(line_levels(b"\r\n"), 80_000_000 / baud)
    assert rig.call("uart_baudrate_detect", 0, 1) == pytest.approx(80_000_000 / baud, rel=0.01)
    assert rig.call("uart_baudrate_detect", 0, 1) == 0, "and the next is measured anew"
    assert rig.call("uart_baudrate_detect", 1, 1) == 0, "UART1 receives nothing"


def test_the_uart_device(rig: Any) -> None:
    assert rig.call("GetUartDevice") == 0x3FFFDE10
