"""A fake ESP8266: processor, peripherals, mask ROM, flash and the ways in.

    from emulator import Board

Importing this package is cheap (the processor is loaded when a board is made) and teaches pyserial the URL ``esp8266://``.
"""

from typing import TYPE_CHECKING, Any

from emulator import ports

if TYPE_CHECKING:
    from emulator.board import Board, BoardError

__all__ = ["Board", "BoardError"]

ports.register()


def __getattr__(name: str) -> Any:
    if name in __all__:
        from emulator import board

        return getattr(board, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
