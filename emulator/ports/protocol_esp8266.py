"""pyserial's URL handler in a process that has this package.

``esp8266://HOST:PORT/TOKEN`` is a board that runs somewhere. ``esp8266://nodemcu`` (or any other profile) is a new
one in this process, blank, which lives until the port is closed.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emulator import profiles
from emulator.startup.espdojo_port import protocol_esp8266

if TYPE_CHECKING:
    from emulator.board import Board


class Serial(protocol_esp8266.Serial):
    """The port of a running board."""


class InProcessSerial(Serial):
    """The port of a board that is made when the port is opened."""

    _board: "Board | None" = None

    def open(self) -> None:
        """Make the board and open its port. Raises ProfileError for a profile that does not exist."""
        try:
            super().open()
        except BaseException:
            self._drop_board()
            raise

    def _url(self) -> str:
        from emulator.board import Board  # wasmtime is loaded when a board is made, not before

        self._board = Board(urlsplit(self.port or "").hostname or profiles.DEFAULT)
        self._board.start()
        return self._board.serve("driver")

    def close(self) -> None:
        """Close the port; the board is gone."""
        super().close()
        self._drop_board()

    def _drop_board(self) -> None:
        if self._board is not None:
            self._board.close()
            self._board = None


def serial_class_for_url(url: str) -> tuple[str, type[Serial]]:
    """Which class opens `url` (pyserial calls this)."""
    return url, Serial if urlsplit(url).port else InProcessSerial
