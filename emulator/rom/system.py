"""ROM routines of the chip as a whole: resets, pins, UART settings, watchdog switches, DMA descriptors.

Source: SDK `ets_sys.h`, `gpio.h`, `uart.h`; descriptors measured (facts: a mask ROM of our own).
"""

import re

from emulator.rom.machine import Machine, Next, Routine
from emulator.soc.gpio import (
    GPIO_ENABLE,
    GPIO_OUT,
    GPIO_PIN0,
    GPIO_STATUS,
    GPIO_STATUS_W1TC,
    PIN_INT_TYPE,
    PIN_INT_TYPE_SHIFT,
    PIN_WAKEUP_ENABLE,
    PINS,
    Gpio,
)
from emulator.soc.uart import BASE as UART0_BASE
from emulator.soc.uart import UART_CLKDIV

UART_DEVICE = 0x3FFFDE10
"""UartDev: baud rate, data bits, parity, ..., and the receive buffer at +0x18 {size, start, write, read, trigger}."""
DESCRIPTOR_SIZE = 12
HEX_PAIR = re.compile(rb"[0-9A-Fa-f]{1,2}")
MAC_SIZE = 6


def restart(machine: Machine) -> None:
    """The reset vector and `software_reset`: boot anew; RTC memory and flash stay."""
    machine.ask(Next.RESTART)


def run_user_code(machine: Machine) -> None:
    """Where the ROM goes on to the program in the flash."""
    machine.ask(Next.PROGRAM)


def rtc_get_reset_reason(machine: Machine) -> int:
    """rtc_get_reset_reason(): see `ResetCause`."""
    return machine.reset_cause


def gpio_output_set(machine: Machine, set_mask: int, clear_mask: int, enable_mask: int, disable_mask: int) -> None:
    """gpio_output_set(set, clear, enable, disable)."""
    gpio = machine.chip.gpio
    gpio.write(GPIO_OUT, gpio.word(GPIO_OUT) & ~clear_mask | set_mask)
    gpio.write(GPIO_ENABLE, gpio.word(GPIO_ENABLE) & ~disable_mask | enable_mask)


def gpio_input_get(machine: Machine) -> int:
    """gpio_input_get()."""
    return machine.chip.gpio.levels


def gpio_register_set(machine: Machine, register: int, value: int) -> None:
    """gpio_register_set(offset in the GPIO block, value)."""
    machine.core.store(Gpio.base + register & 0xFFFFFFFF, value)


def gpio_register_get(machine: Machine, register: int) -> int:
    """gpio_register_get(offset in the GPIO block)."""
    return machine.core.load(Gpio.base + register & 0xFFFFFFFF)


def gpio_intr_pending(machine: Machine) -> int:
    """gpio_intr_pending(): the pins whose interrupt was raised."""
    return machine.chip.gpio.word(GPIO_STATUS)


def gpio_intr_ack(machine: Machine, mask: int) -> None:
    """gpio_intr_ack(pins)."""
    machine.chip.gpio.write(GPIO_STATUS_W1TC, mask)


def _configure_pin(machine: Machine, pin: int, mask: int, value: int) -> None:
    """Change some bits of a pin's register."""
    if pin < PINS:
        register = GPIO_PIN0 + 4 * pin
        machine.chip.gpio.write(register, machine.chip.gpio.word(register) & ~mask | value & mask)


def gpio_pin_intr_state_set(machine: Machine, pin: int, kind: int) -> None:
    """gpio_pin_intr_state_set(pin, GPIO_INT_TYPE)."""
    _configure_pin(machine, pin, PIN_INT_TYPE, kind << PIN_INT_TYPE_SHIFT)


def gpio_pin_wakeup_enable(machine: Machine, pin: int, kind: int) -> None:
    """gpio_pin_wakeup_enable(pin, GPIO_INT_TYPE)."""
    _configure_pin(machine, pin, PIN_INT_TYPE | PIN_WAKEUP_ENABLE, kind << PIN_INT_TYPE_SHIFT | PIN_WAKEUP_ENABLE)


def gpio_pin_wakeup_disable(machine: Machine) -> None:
    """gpio_pin_wakeup_disable(): for all pins."""
    for pin in range(PINS):
        _configure_pin(machine, pin, PIN_WAKEUP_ENABLE, 0)


def ets_str2macaddr(machine: Machine, target: int, text: int) -> None:
    """ets_str2macaddr(six bytes, "18:fe:34:00:00:01"): missing parts are 0."""
    pairs = [int(pair, 16) for pair in HEX_PAIR.findall(machine.read_string(text))]
    machine.write(target, bytes(pairs[:MAC_SIZE]).ljust(MAC_SIZE, b"\0"))


def uart_div_modify(machine: Machine, number: int, divider: int) -> None:
    """uart_div_modify(uart, divider)."""
    if number == 0:
        machine.core.store(UART0_BASE + UART_CLKDIV, divider)


def uart_baudrate_detect(machine: Machine, number: int, is_async: int) -> int:
    """uart_baudrate_detect(uart, whether to return at once): the divider for what arrives, or 0 where nothing has.

    The rate of a client is not measured: the present divider counts as right."""
    uart = machine.chip.uart
    return uart.divider if number == 0 and uart.cells.received else 0


def get_uart_device(machine: Machine) -> int:
    """GetUartDevice()."""
    return UART_DEVICE


def lldesc_build_chain(
    machine: Machine, descriptors: int, size: int, buffer: int, length: int, block: int, owner: int
) -> int:
    """lldesc_build_chain(descriptors, bytes of them, memory, its length, block size, owner, head **, tail **)."""
    stack = machine.core.a(1)
    head_at, tail_at = machine.read32(stack), machine.read32(stack + 4)
    count = min(size // DESCRIPTOR_SIZE, length // block if block else 0)
    last = descriptors
    for index in range(count):
        last = descriptors + DESCRIPTOR_SIZE * index
        machine.write32(last, (block & 0xFFF) | (block & 0xFFF) << 12 | (owner & 1) << 31)
        machine.write32(last + 4, buffer + index * block)
        machine.write32(last + 8, last + DESCRIPTOR_SIZE)
    machine.write32(last + 8, 0)
    machine.write32(head_at, descriptors)
    machine.write32(tail_at, last)
    return descriptors


def succeed(machine: Machine) -> int:
    """Settings without a counterpart here."""
    return 0


ROUTINES: dict[str, Routine] = {
    "_ResetVector": restart,
    "_ResetHandler": restart,
    "software_reset": restart,
    "run_user_code": run_user_code,
    "rtc_get_reset_reason": rtc_get_reset_reason,
    "gpio_init": succeed,
    "gpio_output_set": gpio_output_set,
    "gpio_input_get": gpio_input_get,
    "gpio_register_set": gpio_register_set,
    "gpio_register_get": gpio_register_get,
    "gpio_intr_pending": gpio_intr_pending,
    "gpio_intr_ack": gpio_intr_ack,
    "gpio_pin_intr_state_set": gpio_pin_intr_state_set,
    "gpio_pin_wakeup_enable": gpio_pin_wakeup_enable,
    "gpio_pin_wakeup_disable": gpio_pin_wakeup_disable,
    "ets_str2macaddr": ets_str2macaddr,
    "uart_div_modify": uart_div_modify,
    "uart_baudrate_detect": uart_baudrate_detect,
    "uartAttach": succeed,
    "Uart_Init": succeed,
    "uart_buff_switch": succeed,
    "GetUartDevice": get_uart_device,
    "lldesc_build_chain": lldesc_build_chain,
    "ets_set_user_start": succeed,
    "ets_wdt_get_mode": succeed,
    "ets_wdt_enable": succeed,
    "ets_wdt_disable": succeed,
    "ets_wdt_restore": succeed,
    "ets_wdt_init": succeed,
    "ets_install_uart_printf": succeed,
}
