"""How a download tells how far it is, and how it may end. Whoever only waits for one needs no network library."""

from collections.abc import Callable

from trainer.errors import EspdojoError

__all__ = ["DownloadCancelledError", "DownloadError", "Progress"]

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there, and how many there will be, where that is known."""


class DownloadError(EspdojoError):
    """A file or page could not be fetched whole."""


class DownloadCancelledError(EspdojoError):
    """Somebody asked the download to stop. What is there is kept, and the next attempt goes on from it."""
