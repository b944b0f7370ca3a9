"""Modem lines for programs that go past pyserial: fcntl.ioctl on a port's descriptor (POSIX).

esptool sets DTR and RTS in one step with TIOCMSET, which pyserial cannot. A socket does not know that request, so
it is answered here, for descriptors of ours; every other call goes to the system.
"""

from __future__ import annotations

import struct
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Protocol

    class ModemLines(Protocol):
        """What of an open port is asked or set here; see protocol_esp8266."""

        dtr: bool
        rts: bool

        @property
        def cts(self) -> bool: ...
        @property
        def dsr(self) -> bool: ...
        @property
        def ri(self) -> bool: ...
        @property
        def cd(self) -> bool: ...
        def set_lines(self, dtr: bool, rts: bool) -> None: ...


# Linux's numbers, for systems whose termios module leaves them out.
_REQUESTS = {"TIOCMGET": 0x5415, "TIOCMBIS": 0x5416, "TIOCMBIC": 0x5417, "TIOCMSET": 0x5418}
_BITS = {
    "TIOCM_DTR": 0x002,
    "TIOCM_RTS": 0x004,
    "TIOCM_CTS": 0x020,
    "TIOCM_CD": 0x040,
    "TIOCM_RI": 0x080,
    "TIOCM_DSR": 0x100,
}

ports: weakref.WeakValueDictionary[int, ModemLines] = weakref.WeakValueDictionary()  # descriptor -> open port


_changed: list[Any] = []  # the fcntl modules that answer already; a process has one at most


def install_here() -> None:
    """Do it in this process, for programs that open a port of ours by its URL."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    install(fcntl)


def install(fcntl: Any) -> None:
    """Make the ioctl function of the module fcntl answer modem line requests for our ports."""
    if fcntl in _changed:
        return
    _changed.append(fcntl)
    import termios

    requests = {getattr(termios, name, number): name for name, number in _REQUESTS.items()}
    bit = {name: getattr(termios, name, number) for name, number in _BITS.items()}
    system_ioctl = fcntl.ioctl

    def ioctl(fd: Any, request: int, arg: Any = 0, mutate_flag: bool = True) -> Any:
        name = requests.get(request)
        port = ports.get(fd if isinstance(fd, int) else fd.fileno())
        if port is None or name is None:
            return system_ioctl(fd, request, arg, mutate_flag)
        if name == "TIOCMGET":
            return _give_back(struct.pack("I", _status(port, bit)), arg, mutate_flag)
        dtr, rts = bit["TIOCM_DTR"], bit["TIOCM_RTS"]
        (wanted,) = struct.unpack("I", bytes(arg))
        before = dtr * port.dtr | rts * port.rts
        after = {"TIOCMSET": wanted, "TIOCMBIS": before | wanted, "TIOCMBIC": before & ~wanted}[name]
        port.set_lines(bool(after & dtr), bool(after & rts))
        return _give_back(bytes(arg), arg, mutate_flag)

    fcntl.ioctl = ioctl


def _status(port: ModemLines, bit: dict[str, int]) -> int:
    levels = {
        "TIOCM_DTR": port.dtr,
        "TIOCM_RTS": port.rts,
        "TIOCM_CTS": port.cts,
        "TIOCM_CD": port.cd,
        "TIOCM_RI": port.ri,
        "TIOCM_DSR": port.dsr,
    }
    return sum(bit[name] for name, asserted in levels.items() if asserted)


def _give_back(answer: bytes, arg: Any, mutate_flag: bool) -> Any:
    """What fcntl.ioctl returns: a new bytes object, or 0 with a writable buffer filled in."""
    if isinstance(arg, (bytes, int)) or not mutate_flag:
        return answer
    memoryview(arg).cast("B")[: len(answer)] = answer
    return 0
