"""The chip's memory and registers as the download mode sees them: any address, no exceptions (`download.Bus`)."""

from emulator.cpu.core import Core
from emulator.cpu.memory import DATA_RAM, DATA_RAM_SIZE, INSTRUCTION_RAM, INSTRUCTION_RAM_SIZE

RAMS = ((DATA_RAM, DATA_RAM_SIZE), (INSTRUCTION_RAM, INSTRUCTION_RAM_SIZE))


class ChipBus:
    """Reads and writes as a load or store of the processor would, except that nothing faults."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def read32(self, address: int) -> int:
        """The word at an address."""
        return self._core.load(address)

    def write32(self, address: int, value: int) -> None:
        """Set the word at an address."""
        self._core.store(address, value)

    def write(self, address: int, data: bytes) -> None:
        """Set bytes: at once where they all lie in a RAM, else word by word."""
        end = address + len(data)
        if any(start <= address <= end <= start + size for start, size in RAMS):
            self._core.write(address, data)
            return
        for offset in range(0, len(data), 4):
            self._core.store(address + offset, int.from_bytes(data[offset : offset + 4], "little"))
