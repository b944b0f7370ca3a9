"""What is not modelled: the names of blocks and registers, so that their first use can be reported readably.

Source: SDK `eagle_soc.h`, `slc_register.h`, `i2s_reg.h` (bases and names).
"""

BLOCKS = (
    (0x60000000, 0x100, "UART0"),
    (0x60000100, 0x100, "SPI1"),
    (0x60000200, 0x100, "SPI0"),
    (0x60000300, 0x100, "GPIO"),
    (0x60000500, 0x100, "SAR_ADC"),
    (0x60000600, 0x100, "TIMER"),
    (0x60000700, 0x100, "RTC"),
    (0x60000800, 0x100, "IOMUX"),
    (0x60000900, 0x100, "WDT"),
    (0x60000A00, 0x100, "SDIO"),
    (0x60000B00, 0x100, "SLC"),
    (0x60000C00, 0x100, "I2C"),
    (0x60000D00, 0x100, "SAR_CTRL"),
    (0x60000E00, 0x100, "I2S"),
    (0x60000F00, 0x100, "UART1"),
    (0x60001000, 0x400, "RTC_MEM"),
    (0x60009800, 0x600, "BASEBAND"),
    (0x3FF00000, 0x100, "DPORT"),
    (0x3FF20000, 0x10000, "WDEV"),
)
"""Base, size and name of the blocks."""

RADIO = (
    range(0x60000404, 0x60000500),
    range(0x60000500, 0x60000600),
    range(0x60000700, 0x60000800),
    range(0x60000D00, 0x60000E00),
    range(0x60009800, 0x6000A000),
    range(0x3FF20000, 0x3FF30000),
)
"""Where the registers lie that programs set to calibrate and to run the radio, and to power its parts. There is no
radio here, so that they store is all that matters."""

KNOWN_TO_STORE = {
    0x3FF00018: "CLOCKGATE_WATCHDOG",
    0x6000036C: "RTC_CALIB_SYNC",
}
"""Registers of blocks without a model for which storing is what programs need; they are not reported."""


def is_radio(address: int) -> bool:
    """Whether a register belongs to the radio."""
    return any(address in block for block in RADIO)


def register_name(address: int) -> str:
    """A name for any register: its own, or its block's and the offset."""
    if address in KNOWN_TO_STORE:
        return KNOWN_TO_STORE[address]
    for base, size, name in BLOCKS:
        if base <= address < base + size:
            return f"{name}+{address - base:#05x}"
    return f"{address:#010x}"
