"""Finds the port of a real board: by what its USB bridge says of itself, else by what changes when a cable is moved.

With nobody there to move a cable (`ask` is None), what cannot be told from the list alone is an error that says what to
do.
"""

import time
from collections.abc import Callable
from typing import Final

from trainer import ports
from trainer.errors import EspdojoError
from trainer.ports import Port

__all__ = ["PATIENCE_S", "find_board"]

PATIENCE_S: Final = 120.0
"""How long somebody may take to move a cable."""

POLL_S: Final = 0.3

Listing = Callable[[], list[Port]]


def find_board(
    tell: Callable[[str], None] = lambda text: None,
    ask: Callable[[str], str] | None = None,
    *,
    listing: Listing | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Port:
    """The port of the one board there is, or the one that somebody points out by answering `ask` or moving its cable.

    `tell` gets whole lines for people. `ask` returns what was typed, and raises EOFError at the end of input. Raises
    EspdojoError when there is no board, or several and nobody to say which.
    """
    look = listing or ports.available
    found = look()
    likely = [port for port in found if port.likely]
    if len(likely) == 1:
        tell(f"Your board is at {ports.describe_line(likely[0])}.")
        return likely[0]
    if ask is None:
        raise _undecided(likely)
    if likely:
        return _which(likely, tell, ask, look, sleep)
    tell("No board is plugged in, as far as this computer shows.")
    tell("Plug it in now, with a cable that carries data. I am watching the ports; Ctrl-C stops.")
    return _that_comes(found, tell, look, sleep)


def _undecided(likely: list[Port]) -> EspdojoError:
    if likely:
        return EspdojoError(
            f"Several ports may be the board's: {', '.join(port.device for port in likely)}.",
            next_step=f"Name one: --port {likely[0].device}. The one that goes when you unplug the board is yours.",
        )
    return EspdojoError(
        "No board was found.",
        cause="It is not plugged in, its cable only charges, or the driver of its USB chip is missing.",
        next_step="Plug it in with a data cable; `espdojo doctor` looks for what is wrong. To practise: --port fake.",
    )


def _which(
    likely: list[Port],
    tell: Callable[[str], None],
    ask: Callable[[str], str],
    look: Listing,
    sleep: Callable[[float], None],
) -> Port:
    tell("Several ports may be your board's:")
    for number, port in enumerate(likely, 1):
        tell(f"  {number}. {ports.describe_line(port)}")
    while True:
        try:
            answer = ask("Which one? Its number, or Enter to find out by unplugging it: ").strip()
        except EOFError:
            raise _undecided(likely) from None
        if not answer:
            return _that_goes_and_comes(likely, tell, look, sleep)
        named = [port for number, port in enumerate(likely, 1) if answer.lower() in (str(number), port.device.lower())]
        if named:
            return named[0]
        tell(f"Please answer with a number from 1 to {len(likely)}.")


def _that_comes(before: list[Port], tell: Callable[[str], None], look: Listing, sleep: Callable[[float], None]) -> Port:
    """The likely port that appears. Another kind of device that appears is named, and the watch goes on."""
    known = {port.device for port in before}
    for _ in range(int(PATIENCE_S / POLL_S)):
        for port in look():
            if port.device in known:
                continue
            if port.likely or port.bridge is None:
                tell(f"There it is: {ports.describe_line(port)}.")
                return port
            known.add(port.device)
            tell(f"This came, but it is no ESP8266 board: {ports.describe_line(port)}.")
        sleep(POLL_S)
    raise _undecided([])


def _that_goes_and_comes(
    likely: list[Port], tell: Callable[[str], None], look: Listing, sleep: Callable[[float], None]
) -> Port:
    tell("Unplug your board now. I am watching the ports; Ctrl-C stops.")
    for _ in range(int(PATIENCE_S / POLL_S)):
        now = look()
        _, gone = ports.difference(likely, now)
        if gone:
            tell(f"{gone[0]} has gone, so that was your board. Plug it in again.")
            return _that_comes(now, tell, look, sleep)
        sleep(POLL_S)
    raise _undecided(likely)
