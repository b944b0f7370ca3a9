"""A terminal program at MicroPython's prompt, as a person at a keyboard uses it.

python in_terminal.py "COMMAND" "KEYS THAT LEAVE"
"""

import sys

import pexpect

command, leave = sys.argv[1], sys.argv[2].encode().decode("unicode_escape")
PROMPT = ">>> "
with pexpect.spawn(command, encoding="utf-8", timeout=20, dimensions=(24, 80), env={"TERM": "xterm"}) as terminal:
    while terminal.expect([PROMPT, pexpect.TIMEOUT], timeout=1):  # it takes its time to start
        terminal.send("\r")
    terminal.send("print(6*7)\r")
    terminal.expect("\n42")
    terminal.expect(PROMPT)
    for key in leave:
        terminal.send(key)
    terminal.expect(pexpect.EOF)
print("answered 42 and left")
