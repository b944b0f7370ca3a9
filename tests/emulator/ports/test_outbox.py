"""What the transports have for a client that does not read."""

import socket

from emulator.ports.server import Outbox


def test_nothing_is_sent_after_closing() -> None:
    """The board's thread may be on its way there; and the descriptor may already be another's."""
    sent: list[bytes] = []
    one, other = socket.socketpair()
    with one, other:
        outbox = Outbox(lambda data: sent.append(data) or len(data), one.fileno())
        outbox.send(b"before")
        outbox.close()
        outbox.send(b"after")
    assert sent == [b"before"]
