"""``python -m emulator`` is ``espdojo board``."""

import sys

from emulator.cli import board

if __name__ == "__main__":
    sys.exit(board.main(prog_name="python -m emulator", standalone_mode=True))
