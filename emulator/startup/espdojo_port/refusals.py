"""pyserial's errors for a port that does not open, or not any more.

They are in a real port's words, so that the hints that tools derive from them fit.
"""

from __future__ import annotations

import errno

from serial import serialutil
from serial.serialutil import SerialException

from . import wire
from .environment import is_windows_name, plugged


def missing(port: str) -> SerialException:
    """There is no such port."""
    if is_windows_name(port):
        return SerialException(
            f"could not open port {port!r}: FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)"
        )
    return SerialException(errno.ENOENT, f"could not open port {port}: [Errno 2] No such file or directory: {port!r}")


def not_plugged_in(port: str) -> SerialException:
    """The port must not be opened here: to the program, one that does not exist."""
    names = ", ".join(plugged() or {}) or "no port at all"
    return SerialException(
        errno.ENOENT,
        f"could not open port {port}: [Errno 2] No such file or directory: {port!r}. In this terminal a practice board "
        f"stands in for real ones, and only its port can be opened: {names}",
    )


def _busy(port: str) -> SerialException:
    if is_windows_name(port):
        return SerialException(f"could not open port {port!r}: PermissionError(13, 'Access is denied.', None, 5)")
    return SerialException(
        errno.EAGAIN,
        f"Could not exclusively lock port {port}: [Errno {errno.EAGAIN}] Resource temporarily unavailable",
    )


def _forbidden(port: str) -> SerialException:
    if is_windows_name(port):
        return _busy(port)  # Windows has one error for both
    return SerialException(errno.EACCES, f"could not open port {port}: [Errno 13] Permission denied: {port!r}")


def _denied(port: str) -> SerialException:
    return SerialException(
        errno.EACCES, f"could not open port {port}: its address lacks the board's token, or has a wrong one"
    )


BY_STATUS = {wire.BUSY: _busy, wire.FORBIDDEN: _forbidden, wire.UNPLUGGED: missing, wire.DENIED: _denied}
"""What the board answered -> the error for a port of that name."""


def not_open() -> SerialException:
    """The port is not open. pyserial's own error: from 3.5 a class, before that an object."""
    found = getattr(serialutil, "PortNotOpenError", None)
    return SerialException("Attempting to use a port that is not open") if found is None else found()


def gone(error: OSError | None = None) -> SerialException:
    """The board is not there any more."""
    detail = "" if error is None else f" ({error})"
    return SerialException("device disconnected: the board was unplugged or its program ended" + detail)
