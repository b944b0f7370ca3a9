"""ROM routines of the chip as a whole: resets, UART settings, DMA descriptors.

Source: SDK `ets_sys.h`, `uart.h`; descriptors measured (facts: a mask ROM of our own).
"""

import re

from emulator.rom.machine import Machine, Next, Routine
from emulator.soc.slc import (
    DESCRIPTOR_BUFFER,
    DESCRIPTOR_NEXT,
    DESCRIPTOR_SIZE,
    LENGTH,
    LENGTH_SHIFT,
    OWNER_SHIFT,
)
from emulator.soc.uart import (
    AUTOBAUD_EN,
    RXFIFO_CNT,
    RXFIFO_FULL_INT,
    RXFIFO_RST,
    RXFIFO_TOUT_INT,
    UART_AUTOBAUD,
    UART_CLKDIV,
    UART_CONF0,
    UART_FIFO,
    UART_HIGHPULSE,
    UART_INT_CLR,
    UART_LOWPULSE,
    UART_PULSE_NUM,
    UART_STATUS,
)
from emulator.soc.uart import BASE as UART0_BASE
from emulator.soc.uart1 import BASE as UART1_BASE

UART_DEVICE = 0x3FFFDE10
"""UartDev: baud rate, data bits, parity, ..., the receive buffer at +0x18 {size, start, write, read, trigger}, ...,
and which UART characters go to."""
RCV_SIZE, RCV_START, RCV_WRITE, RCV_STATE = 0x00, 0x04, 0x08, 0x14
"""In its receive buffer."""
RCV_WRITE_OVER = 2
CARRIAGE_RETURN = 0x0D
BUFF_UART_NO = 0x40
"""In UartDev: which UART `ets_putc` and its like send to."""
RECEIVE_BUFFER = 0x3FFFC400
RECEIVE_TRIGGER = 1
"""How many bytes raise RXFIFO_FULL, in UartDev and in UART_CONF1. NodeMCU's `uart_config` takes UartDev's, has no other
interrupt for what comes, and yet echoes each key on boards; esptool's first stub leaves UART_CONF1 as it is."""
UART_DEVICE_WORDS = (115200, 3, 0, 0, 1, 0, 0x100, RECEIVE_BUFFER, RECEIVE_BUFFER, RECEIVE_BUFFER,
                     RECEIVE_TRIGGER, 0, 0, 0, 0, 0, 0)  # fmt: skip
"""What it holds after a reset."""
GLITCH_FILTER = 8 << 8
"""In UART_AUTOBAUD: shorter pulses are none."""
EDGES_ENOUGH = 29
"""For `uart_baudrate_detect`."""
UART_BASES = {0: UART0_BASE, 1: UART1_BASE}
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


def ets_str2macaddr(machine: Machine, target: int, text: int) -> None:
    """ets_str2macaddr(six bytes, "18:fe:34:00:00:01"): missing parts are 0."""
    pairs = [int(pair, 16) for pair in HEX_PAIR.findall(machine.read_string(text))]
    machine.write(target, bytes(pairs[:MAC_SIZE]).ljust(MAC_SIZE, b"\0"))


def uart_div_modify(machine: Machine, number: int, divider: int) -> None:
    """uart_div_modify(uart, divider)."""
    if number in UART_BASES:
        machine.core.store(UART_BASES[number] + UART_CLKDIV, divider)


def uart_buff_switch(machine: Machine, number: int) -> None:
    """uart_buff_switch(uart): where `uart_tx_one_char`, `ets_putc` and `ets_uart_printf` send. For UART0, what it has
    received is forgotten (Arduino's `esp8266_undocumented.h`)."""
    machine.write32(UART_DEVICE + BUFF_UART_NO, number)
    if number == 0:
        conf0 = machine.chip.uart.word(UART_CONF0)
        machine.core.store(UART0_BASE + UART_CONF0, conf0 | RXFIFO_RST)
        machine.core.store(UART0_BASE + UART_CONF0, conf0 & ~RXFIFO_RST)


def uart_baudrate_detect(machine: Machine, number: int, is_async: int) -> int:
    """uart_baudrate_detect(uart, whether to return at once): the divider for what arrives, or 0 while too little has.

    The first call begins to measure. Once there were enough edges, the shortest pulses are one bit long."""
    uart = machine.chip.uart
    if number != 0:
        return 0
    if not uart.measures_pulses:
        machine.core.store(UART0_BASE + UART_AUTOBAUD, GLITCH_FILTER | AUTOBAUD_EN)
    if uart.word(UART_PULSE_NUM) < EDGES_ENOUGH:
        return 0
    machine.core.store(UART0_BASE + UART_AUTOBAUD, 0)
    return (uart.word(UART_LOWPULSE) + uart.word(UART_HIGHPULSE)) // 2


def uart_rx_intr_handler(machine: Machine, buffer: int) -> None:
    """uart_rx_intr_handler(receive buffer of UartDev): what the FIFO has goes into the ring, and the interrupt with it.
    A carriage return makes the state WRITE_OVER (SDK, IoT_Demo's `uart.c`)."""
    core = machine.core
    size, start, write = (machine.read32(buffer + offset) for offset in (RCV_SIZE, RCV_START, RCV_WRITE))
    while core.load(UART0_BASE + UART_STATUS) & RXFIFO_CNT:
        byte = core.load(UART0_BASE + UART_FIFO)
        machine.write(write, bytes((byte & 0xFF,)))
        write = write + 1 if write + 1 < start + size else start
        machine.write32(buffer + RCV_WRITE, write)
        if byte == CARRIAGE_RETURN:
            machine.write32(buffer + RCV_STATE, RCV_WRITE_OVER)
    core.store(UART0_BASE + UART_INT_CLR, RXFIFO_FULL_INT | RXFIFO_TOUT_INT)


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
        machine.write32(last, (block & LENGTH) | (block & LENGTH) << LENGTH_SHIFT | (owner & 1) << OWNER_SHIFT)
        machine.write32(last + DESCRIPTOR_BUFFER, buffer + index * block)
        machine.write32(last + DESCRIPTOR_NEXT, last + DESCRIPTOR_SIZE)
    machine.write32(last + DESCRIPTOR_NEXT, 0)
    machine.write32(head_at, descriptors)
    machine.write32(tail_at, last)
    return descriptors


def lldesc_num2link(machine: Machine, descriptor: int, count: int) -> int:
    """lldesc_num2link(head, how many): the last of so many descriptors; 0 where the chain is shorter."""
    for _ in range((count & 0xFFFF) - 1):
        if not descriptor:
            break
        descriptor = machine.read32(descriptor + DESCRIPTOR_NEXT)
    return descriptor


def succeed(machine: Machine) -> int:
    """Settings without a counterpart here."""
    return 0


ROUTINES: dict[str, Routine] = {
    "_ResetVector": restart,
    "_ResetHandler": restart,
    "software_reset": restart,
    "run_user_code": run_user_code,
    "rtc_get_reset_reason": rtc_get_reset_reason,
    "ets_str2macaddr": ets_str2macaddr,
    "uart_div_modify": uart_div_modify,
    "uart_baudrate_detect": uart_baudrate_detect,
    "uart_rx_intr_handler": uart_rx_intr_handler,
    "uartAttach": succeed,
    "Uart_Init": succeed,
    "uart_buff_switch": uart_buff_switch,
    "GetUartDevice": get_uart_device,
    "lldesc_build_chain": lldesc_build_chain,
    "lldesc_num2link": lldesc_num2link,
    "ets_set_user_start": succeed,
}
