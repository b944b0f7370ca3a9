"""with_miniesptool.py PORT FILE: CircuitPython's loader under CPython, its two pins behind the lines DTR and RTS."""

import sys
import types

import serial

digitalio = types.ModuleType("digitalio")
digitalio.Direction = types.SimpleNamespace(OUTPUT="output")
sys.modules["digitalio"] = digitalio

import adafruit_miniesptool  # noqa: E402

port, file = sys.argv[1:]


class Pins:
    """What the auto-reset circuit makes of the two lines: only one of them low at a time."""

    def __init__(self, board):
        self.board, self.program_mode = board, False


class Gpio0:
    def __init__(self, pins):
        self.pins = pins

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        if name == "value":
            self.pins.program_mode = not value


class Reset:
    def __init__(self, pins):
        self.pins = pins

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        if name == "value":
            board = self.pins.board
            board.dtr, board.rts = value and self.pins.program_mode, not value


with serial.Serial(port, 115200, timeout=1) as board:
    pins = Pins(board)
    loader = adafruit_miniesptool.miniesptool(board, Gpio0(pins), Reset(pins), flashsize=4 << 20, baudrate=256000)
    loader.sync()
    print(loader.chip_name)
    print(":".join(f"{byte:02x}" for byte in loader.mac_addr))
    loader.flash_file(file, 0x100000)
    loader.reset()
