"""The ROM's GPIO routines. Those that a bit-banged bus calls for every edge run inside the module.

Source: SDK `gpio.h`.
"""

from emulator.cpu.inside import Inside, a, inside, m32
from emulator.cpu.runtime import spend
from emulator.rom.machine import Machine, Routine
from emulator.soc.gpio import (
    ENABLE_WORD,
    GPIO_PIN0,
    GPIO_STATUS,
    GPIO_STATUS_W1TC,
    OUT_WORD,
    PIN_INT_TYPE,
    PIN_INT_TYPE_SHIFT,
    PIN_WAKEUP_ENABLE,
    Gpio,
    apply_outputs,
    read_in,
)
from emulator.soc.pins import BLOCK_PINS

OUTPUT_SET_CYCLES = 16
"""What gpio_output_set takes: a call, four stores and what is around them."""


@inside
def gpio_output_set() -> None:
    """gpio_output_set(set, clear, enable, disable): levels first."""
    m32[OUT_WORD] = (m32[OUT_WORD] | a[2]) & ~a[3]
    apply_outputs()
    m32[ENABLE_WORD] = (m32[ENABLE_WORD] | a[4]) & ~a[5]
    apply_outputs()
    spend(OUTPUT_SET_CYCLES)


@inside
def gpio_input_get() -> None:
    """gpio_input_get()."""
    a[2] = read_in(0) & 0xFFFF


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
    machine.core.store(Gpio.base + GPIO_STATUS_W1TC, mask)


def _configure_pin(machine: Machine, pin: int, mask: int, value: int) -> None:
    """Change some bits of a pin's register."""
    if pin < BLOCK_PINS:
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
    for pin in range(BLOCK_PINS):
        _configure_pin(machine, pin, PIN_WAKEUP_ENABLE, 0)


def gpio_init(machine: Machine) -> int:
    """gpio_init(): nothing that a reset has not done."""
    return 0


INTRINSICS: dict[str, Inside] = {"gpio_output_set": gpio_output_set, "gpio_input_get": gpio_input_get}

ROUTINES: dict[str, Routine] = {
    "gpio_init": gpio_init,
    "gpio_register_set": gpio_register_set,
    "gpio_register_get": gpio_register_get,
    "gpio_intr_pending": gpio_intr_pending,
    "gpio_intr_ack": gpio_intr_ack,
    "gpio_pin_intr_state_set": gpio_pin_intr_state_set,
    "gpio_pin_wakeup_enable": gpio_pin_wakeup_enable,
    "gpio_pin_wakeup_disable": gpio_pin_wakeup_disable,
}
