"""A client at a board's prompt, for tests with real MicroPython."""

import time

from emulator import Board

__all__ = ["PROMPT", "Prompt"]

PROMPT = b"\r\n>>> "


class Prompt:
    """What sits at the other end of the line."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.text = bytearray()
        board.bridge.attach(self)
        board.bridge.set_baud(115_200)

    def receive(self, data: bytes) -> None:
        """From the board's thread."""
        self.text += data

    def unplugged(self) -> None:
        """Nothing to do."""

    def wait(self, ending: bytes = PROMPT, seconds: float = 60.0) -> None:
        """Until the text ends so."""
        deadline = time.monotonic() + seconds
        while not self.text.endswith(ending):
            assert time.monotonic() < deadline, bytes(self.text[-300:])
            time.sleep(0.005)

    def run(self, line: str) -> str:
        """A line typed at the prompt; what it prints."""
        self.text.clear()
        self.board.bridge.write(line.encode() + b"\r\n")
        self.wait()
        return self.text.decode().removeprefix(f"{line}\r\n").removesuffix(">>> ").strip()

    def paste(self, program: str) -> str:
        """Paste a program (Ctrl-E, Ctrl-D); what it prints."""
        self.board.bridge.write(b"\x05")
        self.wait(b"\r\n=== ")
        self.text.clear()
        self.board.bridge.write(program.strip("\n").replace("\n", "\r").encode() + b"\x04")
        self.wait()
        lines = self.text.decode().removesuffix("\r\n>>> ").split("\r\n")
        return "\n".join(line for line in lines if not line.startswith("=== ") and line not in program.split("\n"))
