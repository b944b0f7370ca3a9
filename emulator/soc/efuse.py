"""The eFuse words: the chip's identity, burnt at the factory.

Source: esptool `targets/esp8266.py` (which bits make the MAC address and an ESP8285); 3ff00058 bit 15 must be set
for a boot (measured).
"""

from emulator.cpu.core import Core
from emulator.cpu.memory import DPORT
from emulator.soc.peripheral import Peripheral

EFUSE_DATA0 = 0x50
EFUSE_DATA1 = 0x54
EFUSE_DATA2 = 0x58
EFUSE_DATA3 = 0x5C

DATA2_ALWAYS = 0x9000
ESP8285_DATA0 = 1 << 4
ESP8285_DATA2 = 1 << 16

DATA2_CHECK_SHIFT = 24

VENDOR_PREFIXES = {0x18FE34: 0, 0xACD074: 1}
"""What DATA1[23:16] selects on the first chips, whose DATA3 holds no prefix (esptool `read_mac`)."""


def efuse_words(mac: bytes, embedded_flash: bool = False) -> tuple[int, int, int, int]:
    """The four words for a MAC address (6 bytes); `embedded_flash` makes an ESP8285 with 1 MB.

    The SDK takes the vendor's prefix from DATA3 and believes it when DATA2[31:24] is its check sum; otherwise every
    board is 5c:cf:7f (measured with MicroPython's `wlan.config("mac")`).
    """
    prefix = mac[:3]
    data3 = int.from_bytes(prefix, "big")
    data2 = DATA2_ALWAYS | (ESP8285_DATA2 if embedded_flash else 0) | crc8(prefix[::-1]) << DATA2_CHECK_SHIFT
    data1 = VENDOR_PREFIXES.get(data3, 0) << 16 | mac[3] << 8 | mac[4]
    data0 = mac[5] << 24 | (ESP8285_DATA0 if embedded_flash else 0)
    return data0, data1, data2, data3


def crc8(data: bytes) -> int:
    """The check sum that Dallas's 1-Wire devices have, too: x^8 + x^5 + x^4 + 1, bits reversed."""
    state = 0
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x8C if state & 1 else 0)
    return state


class Efuse(Peripheral):
    """Four words that read what was burnt."""

    name = "EFUSE"
    base = DPORT
    registers = {
        EFUSE_DATA0: "EFUSE_DATA0",
        EFUSE_DATA1: "EFUSE_DATA1",
        EFUSE_DATA2: "EFUSE_DATA2",
        EFUSE_DATA3: "EFUSE_DATA3",
    }

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.fuses = (0, 0, DATA2_ALWAYS, 0)

    def reset(self) -> None:
        """The fuses are what they are."""
        for offset, word in zip(self.registers, self.fuses, strict=True):
            self.set_word(offset, word)
