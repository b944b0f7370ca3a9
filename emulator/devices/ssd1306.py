"""The SSD1306, a controller of displays of 128 by 64 pixels, on I2C.

After its address each transfer has a control byte: its bit 6 says whether what follows goes to the picture's memory or
is a command, bit 7 that it is only one byte. A byte of memory is a column of eight pixels, the lowest bit on top.
Source: Solomon Systech, SSD1306 data sheet rev. 1.1: 8.1.5 (I2C), 8.7 (memory), 9 and 10 (commands). Not modelled:
scrolling, contrast, timing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.devices.device import DeviceError
from emulator.wiring import Wiring

WIDTH, HEIGHT = 128, 64
PAGES: Final = HEIGHT // 8
ADDRESS: Final = 0x3C

DATA, SINGLE = 0x40, 0x80
"""In the control byte."""

ARGUMENTS: Final = {
    0x20: 1, 0x21: 2, 0x22: 2, 0x26: 6, 0x27: 6, 0x29: 5, 0x2A: 5, 0x81: 1, 0x8D: 1, 0xA3: 2, 0xA8: 1, 0xD3: 1,
    0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1,
}  # fmt: skip
"""Commands with bytes behind them, and how many."""

BRAILLE: Final = 0x2800
DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""A braille pattern's bits by row and column of its dots (Unicode, "Braille Patterns")."""


class Ssd1306:
    """The display. `rows` is what it shows."""

    settings = ""
    dials = ()

    def __init__(self, wiring: Wiring, name: str, sda: int, scl: int, address: int = ADDRESS) -> None:
        self.power_off()
        wiring.i2c(sda, scl).add(address, self)

    def power_off(self) -> None:
        """All as after a reset; the memory, which holds anything then, is empty here."""
        self._memory = bytearray(WIDTH * PAGES)
        self._control: int | None = None
        self._command: list[int] = []
        self._mode = 2
        self._columns, self._pages = (0, WIDTH - 1), (0, PAGES - 1)
        self._column = self._page = 0
        self._start_line = self._offset = 0
        self._height = HEIGHT
        self._is_on = self._inverts = self._all_on = self._mirrors = self._flips = self._charges = False

    # The bus

    def start(self, reading: bool) -> None:
        """A transfer begins; a control byte is next."""
        self._control = None

    def write(self, byte: int) -> bool:
        """A byte of the transfer."""
        if self._control is None:
            self._control = byte
        else:
            if self._control & DATA:
                self._store(byte)
            else:
                self._take(byte)
            if self._control & SINGLE:
                self._control = None
        return True

    def read(self) -> int:
        """The status: bit 6, the display is off."""
        return 0 if self._is_on else 1 << 6

    # Memory

    def _store(self, byte: int) -> None:
        self._memory[self._page * WIDTH + self._column] = byte
        if self._mode == 1:  # vertical: down, then right
            if self._next_page():
                self._next_column()
        elif self._next_column() and self._mode == 0:  # horizontal: right, then down
            self._next_page()

    def _next_column(self) -> bool:
        first, last = self._columns if self._mode != 2 else (0, WIDTH - 1)
        wraps = self._column >= last
        self._column = first if wraps else self._column + 1
        return wraps

    def _next_page(self) -> bool:
        wraps = self._page >= self._pages[1]
        self._page = self._pages[0] if wraps else self._page + 1
        return wraps

    # Commands

    def _take(self, byte: int) -> None:
        self._command.append(byte)
        code, *arguments = self._command
        if len(arguments) == ARGUMENTS.get(code, 0):
            self._command = []
            self._execute(code, arguments)

    def _execute(self, code: int, arguments: Sequence[int]) -> None:
        low = code & 0x0F
        match code:
            case _ if code < 0x10:
                self._column = self._column & 0x70 | low
            case _ if code < 0x20:
                self._column = low << 4 & 0x70 | self._column & 0x0F
            case 0x20:
                self._mode = arguments[0] & 3
            case 0x21:
                self._columns = arguments[0] & 0x7F, arguments[1] & 0x7F
                self._column = self._columns[0]
            case 0x22:
                self._pages = arguments[0] & 7, arguments[1] & 7
                self._page = self._pages[0]
            case _ if 0x40 <= code < 0x80:
                self._start_line = code & 0x3F
            case 0x8D:
                self._charges = bool(arguments[0] & 4)
            case 0xA0 | 0xA1:
                self._mirrors = code == 0xA0
            case 0xA4 | 0xA5:
                self._all_on = code == 0xA5
            case 0xA6 | 0xA7:
                self._inverts = code == 0xA7
            case 0xA8:
                self._height = (arguments[0] & 0x3F) + 1
            case 0xAE | 0xAF:
                self._is_on = code == 0xAF
            case _ if 0xB0 <= code < 0xB8:
                self._page = low
            case _ if 0xC0 <= code < 0xD0:
                self._flips = code < 0xC8
            case 0xD3:
                self._offset = arguments[0] & 0x3F

    # What is seen

    @property
    def is_lit(self) -> bool:
        """Whether the display is on, and its charge pump, without which the panel has no voltage."""
        return self._is_on and self._charges

    @property
    def rows(self) -> list[bytes]:
        """What a person sees, row by row from the top, a byte for each pixel: 1 where it shines. Modules are mounted so
        that the picture stands upright with commands A1 and C8, which every driver sends."""
        if not self.is_lit:
            return [bytes(WIDTH)] * HEIGHT
        rows = [self._row((row + self._start_line + self._offset) % HEIGHT) for row in range(self._height)]
        if self._flips:
            rows.reverse()
        return rows + [bytes(WIDTH)] * (HEIGHT - self._height)

    def _row(self, line: int) -> bytes:
        if self._all_on:
            return b"\1" * WIDTH
        page, bit = line // 8 * WIDTH, line % 8
        row = bytes(byte >> bit & 1 ^ self._inverts for byte in self._memory[page : page + WIDTH])
        return row[::-1] if self._mirrors else row

    def state(self) -> Mapping[str, Any]:
        """`on`, and `rows` as text of 0 and 1."""
        return {"on": self.is_lit, "rows": ["".join(map(str, row)) for row in self.rows]}

    def draw(self, *, unicode: bool = True) -> list[str]:
        """The picture, 64 columns by 16 lines, in braille patterns or, roughly, in ASCII; a word if it is dark."""
        if not self.is_lit:
            return ["dark"]
        rows = self.rows
        lines = []
        for top in range(0, HEIGHT, 4):
            cells = []
            for left in range(0, WIDTH, 2):
                bits = sum(DOTS[y][x] for y in range(4) for x in range(2) if rows[top + y][left + x])
                cells.append(chr(BRAILLE + bits) if unicode else " .:#"[min(3, (bits.bit_count() + 2) // 3)])
            lines.append("".join(cells))
        return lines

    def set(self, words: Sequence[str]) -> None:
        """Nothing can be set by hand."""
        raise DeviceError("a display has nothing to set")
