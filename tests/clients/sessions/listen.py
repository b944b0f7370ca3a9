"""listen.py PORT TEXT: opens the port as a terminal does and presses Return until the board says TEXT."""

import sys
import time

import serial

port, text = sys.argv[1], sys.argv[2].encode()
with serial.Serial(port, 115200, timeout=0.5) as board:
    heard, deadline = b"", time.monotonic() + 60
    while text not in heard and time.monotonic() < deadline:
        board.write(b"\r")
        heard += board.read_until(text)
print("heard", repr(heard[-300:]))
sys.exit(text not in heard)
