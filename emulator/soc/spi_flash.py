"""The SPI controller that the flash chip hangs on (SPI0), as software sees its registers.

Writing a bit of SPI_CMD starts one transaction with the chip; it is over at once, so SPI_CMD always reads 0.
Either the bit stands for a fixed flash instruction, or it is USR, and the transaction is put together from
SPI_USER: command, address, dummy clocks, data out, data in. Data pass through SPI_W0 to SPI_W15, the first
byte in the lowest bits.

The number of data lines (SPI_CTRL's and SPI_USER's dual and quad modes) changes how long a transaction takes
and not what is transferred, so it does not matter here. Not modelled: slave mode, full duplex, other chip
selects.

The chip's pins are SPI's only while the pads say so (`FLASH_PADS`); before that, the controller hears ones.

Sources: ESP8266_RTOS_SDK, esp8266/spi_register.h (names and bits) and spi_flash_raw.c (use); esp-open-rtos,
core/spiflash.c (SPI_ADDR of READ and PP); esptool, loader.py, run_spiflash_command; reset values: esptool
issue 397, a trace of a real chip.
"""

from collections.abc import Callable

from emulator.flash import Flash

SPI_CMD = 0x00
SPI_ADDR = 0x04
SPI_CTRL = 0x08
SPI_RD_STATUS = 0x10
SPI_USER = 0x1C
SPI_USER1 = 0x20
SPI_USER2 = 0x24
SPI_WR_STATUS = 0x28
SPI_W0 = 0x40
SPI_EXT2 = 0xF8

# SPI_CMD
SPI_FLASH_READ = 1 << 31
SPI_FLASH_WREN = 1 << 30
SPI_FLASH_WRDI = 1 << 29
SPI_FLASH_RDID = 1 << 28
SPI_FLASH_RDSR = 1 << 27
SPI_FLASH_WRSR = 1 << 26
SPI_FLASH_PP = 1 << 25
SPI_FLASH_SE = 1 << 24
SPI_FLASH_BE = 1 << 23
SPI_FLASH_CE = 1 << 22
SPI_FLASH_DP = 1 << 21
SPI_FLASH_RES = 1 << 20
SPI_FLASH_HPM = 1 << 19
SPI_USR = 1 << 18

# SPI_ADDR of the fixed instructions: address 23:0, and for READ and PP the number of bytes 31:24
SPI_FLASH_BYTES_LEN_S = 24
ADDRESS_MASK = 0xFFFFFF

# SPI_CTRL
SPI_WRSR_2B = 1 << 22
SPI_RESANDRES = 1 << 15

# SPI_USER
SPI_USR_COMMAND = 1 << 31
SPI_USR_ADDR = 1 << 30
SPI_USR_DUMMY = 1 << 29
SPI_USR_MISO = 1 << 28
SPI_USR_MOSI = 1 << 27
SPI_USR_MOSI_HIGHPART = 1 << 25
SPI_USR_MISO_HIGHPART = 1 << 24

# The pads of the flash chip, which begin as the SDIO slave's (pin_mux_register.h: PERIPHS_IO_MUX_SD_CLK_U, _DATA0_U to
# _DATA3_U, _CMD_U): bits 8, 5 and 4 select what a pad does, 1 is SPI
FLASH_PADS = range(0x6000081C, 0x60000834, 4)
PAD_FUNCTION = 0x130
PAD_FUNCTION_SPI = 0x010

BUFFER_SIZE = 64
BUFFER_HALF = 32

_RESET_VALUES = {SPI_USER: 0x80000044, SPI_USER1: 0x5C000000, SPI_USER2: 0x70000000}
_BUFFER = slice(SPI_W0, SPI_W0 + BUFFER_SIZE)


class SpiFlash:
    """The controller's registers: `read` and `write` take offsets from `BASE` and 32-bit words.

    `is_connected` tells whether the pads are switched to the controller; `registers` are `SIZE` bytes to keep them in.
    """

    BASE = 0x60000200
    SIZE = 0x100
    name = "SPI0"
    ACTING = (SPI_CMD, SPI_EXT2)
    """Where a write does more than to store, or less."""

    def __init__(
        self,
        flash: Flash,
        is_connected: Callable[[], bool] = lambda: True,
        registers: bytearray | memoryview | None = None,
    ) -> None:
        self.flash = flash
        self._is_connected = is_connected
        self._registers = bytearray(self.SIZE) if registers is None else registers
        self._commands: tuple[tuple[int, Callable[[], object]], ...] = (
            (SPI_FLASH_READ, self._read),
            (SPI_FLASH_WREN, lambda: self._transfer(0x06, None)),
            (SPI_FLASH_WRDI, lambda: self._transfer(0x04, None)),
            (SPI_FLASH_RDID, lambda: self._store(self._transfer(0x9F, None, b"", 3))),
            (SPI_FLASH_RDSR, self._read_status),
            (SPI_FLASH_WRSR, self._write_status),
            (SPI_FLASH_PP, self._program_page),
            (SPI_FLASH_SE, lambda: self._transfer(0x20, self._address)),
            (SPI_FLASH_BE, lambda: self._transfer(0xD8, self._address)),
            (SPI_FLASH_CE, lambda: self._transfer(0xC7, None)),
            (SPI_FLASH_DP, lambda: self._transfer(0xB9, None)),
            (SPI_FLASH_RES, self._release),
            (SPI_FLASH_HPM, lambda: self._transfer(0xA3, None, bytes(3))),
            (SPI_USR, self._user),
        )
        self.reset()

    def reset(self) -> None:
        """Set every register to its value after a reset of the chip; the flash chip is not reset with it."""
        self._registers[:] = bytes(self.SIZE)
        for offset, value in _RESET_VALUES.items():
            self._set(offset, value)

    def read(self, offset: int) -> int:
        """The word at `offset` bytes, a multiple of 4 below `SIZE`."""
        return self._get(offset)

    def write(self, offset: int, value: int) -> None:
        """Store a word; one written to SPI_CMD starts what its bits say."""
        if offset == SPI_CMD:
            for bit, start in self._commands:
                if value & bit:
                    start()
        elif offset != SPI_EXT2:  # the state of the controller's state machine: always idle
            self._set(offset, value)

    def _get(self, offset: int) -> int:
        return int.from_bytes(self._registers[offset : offset + 4], "little")

    def _set(self, offset: int, value: int) -> None:
        self._registers[offset : offset + 4] = (value & 0xFFFFFFFF).to_bytes(4, "little")

    def _transfer(self, command: int, address: int | None, data: bytes = b"", reply_length: int = 0) -> bytes:
        if not self._is_connected():
            return b"\xff" * reply_length
        return self.flash.transfer(command, address, data, reply_length)

    @property
    def _address(self) -> int:
        return self._get(SPI_ADDR) & ADDRESS_MASK

    @property
    def _length(self) -> int:
        return min(self._get(SPI_ADDR) >> SPI_FLASH_BYTES_LEN_S, BUFFER_SIZE)

    def _load(self, length: int, start: int = 0) -> bytes:
        """`length` bytes of the data buffer, at most what it holds behind `start`."""
        return bytes(self._registers[_BUFFER][start : start + length])

    def _store(self, data: bytes, start: int = 0) -> None:
        """Put received bytes into the data buffer; the rest of the last word becomes 0."""
        padded = data.ljust(-(-len(data) // 4) * 4, b"\0")[: BUFFER_SIZE - start]
        self._registers[SPI_W0 + start : SPI_W0 + start + len(padded)] = padded

    def _read(self) -> None:
        self._store(self._transfer(0x03, self._address, b"", self._length))

    def _program_page(self) -> None:
        self._transfer(0x02, self._address, self._load(self._length))

    def _read_status(self) -> None:
        self._set(SPI_RD_STATUS, self._transfer(0x05, None, b"", 1)[0])

    def _write_status(self) -> None:
        # Despite its name software passes the new status in SPI_RD_STATUS (spi_register.h,
        # PERIPHS_SPI_FLASH_STATUS).
        size = 2 if self._get(SPI_CTRL) & SPI_WRSR_2B else 1
        self._transfer(0x01, None, self._get(SPI_RD_STATUS).to_bytes(4, "little")[:size])

    def _release(self) -> None:
        identity = self._transfer(0xAB, None, bytes(3), 1)[0]
        if self._get(SPI_CTRL) & SPI_RESANDRES:
            self._set(SPI_RD_STATUS, identity)

    def _user(self) -> None:
        """The transaction that SPI_USER, SPI_USER1 and SPI_USER2 describe; lengths in registers are one less."""
        phases, lengths, command = self._get(SPI_USER), self._get(SPI_USER1), self._get(SPI_USER2)
        sent = _Bits()
        if phases & SPI_USR_COMMAND:
            # The low byte goes out first; of a shorter command its low bits.
            bits = (command >> 28) + 1
            value = command & (1 << min(bits, 8)) - 1
            sent.append(value, min(bits, 8))
            if bits > 8:
                sent.append(command >> 8 & (1 << bits - 8) - 1, bits - 8)
        if phases & SPI_USR_ADDR:
            # Left-aligned in SPI_ADDR; clocks beyond its 32 bits shift out zeros.
            bits = (lengths >> 26 & 0x3F) + 1
            sent.append(self._get(SPI_ADDR) << 32 >> 64 - bits, bits)
        if phases & SPI_USR_DUMMY:
            sent.append(0, (lengths & 0xFF) + 1)
        if phases & SPI_USR_MOSI:
            bits = (lengths >> 17 & 0x1FF) + 1
            data = self._load(-(-bits // 8), BUFFER_HALF if phases & SPI_USR_MOSI_HIGHPART else 0)
            sent.append(int.from_bytes(data, "big"), len(data) * 8)
        reply_length = -(-((lengths >> 8 & 0x1FF) + 1) // 8) if phases & SPI_USR_MISO else 0
        instruction, *parameters = sent.as_bytes() or (None,)
        if instruction is not None:
            reply = self._transfer(instruction, None, bytes(parameters), reply_length)
            self._store(reply, BUFFER_HALF if phases & SPI_USR_MISO_HIGHPART else 0)


class _Bits:
    """Bits in the order in which they go over the wire."""

    def __init__(self) -> None:
        self.value = 0
        self.length = 0

    def append(self, value: int, length: int) -> None:
        self.value = self.value << length | value
        self.length += length

    def as_bytes(self) -> bytes:
        """The whole bytes; a rest of fewer than eight bits means nothing to a flash chip."""
        return (self.value >> self.length % 8).to_bytes(self.length // 8, "big")
