"""SLIP framing (RFC 1055) as the ROM's download protocol uses it: bytes to frames and back.

A frame starts and ends with END. Inside, END is sent as ESC ESC_END and ESC as ESC ESC_ESC. This module knows
no commands; `download` does. Source: esptool, docs "Serial Protocol", section "Low Level Protocol".
"""

END = 0xC0
ESC = 0xDB
ESC_END = 0xDC
ESC_ESC = 0xDD

_END = bytes([END])
_ESC = bytes([ESC])
_ESCAPED_END = bytes([ESC, ESC_END])
_ESCAPED_ESC = bytes([ESC, ESC_ESC])


def encode(payload: bytes) -> bytes:
    """`payload` as one frame, delimiters included."""
    return _END + payload.replace(_ESC, _ESCAPED_ESC).replace(_END, _ESCAPED_END) + _END


class Decoder:
    """Finds the frames in a stream of bytes, however the stream is cut into pieces.

    Noise never stops it: bytes between frames are dropped, and a frame with an unknown escape or more than
    `limit` payload bytes is dropped whole. An empty frame is taken for the start of the next one, so a
    missing or an extra END costs one frame at most. It holds no more than what was pushed since `next` last
    returned None, plus `limit` bytes and their escapes.
    """

    def __init__(self, limit: int) -> None:
        self._longest = 2 * limit  # every byte may be escaped
        self._limit = limit
        self._input = bytearray()
        self._frame: bytearray | None = None  # still escaped; None between frames
        self._too_long = False

    def push(self, data: bytes) -> None:
        """Append received bytes."""
        self._input += data

    def next(self) -> bytes | None:
        """The payload of the next complete frame, or None when more bytes are needed."""
        while self._input:
            end = self._input.find(END)
            piece = self._take(len(self._input) if end < 0 else end)
            if self._frame is not None:
                self._too_long = self._too_long or len(self._frame) + len(piece) > self._longest
                if not self._too_long:
                    self._frame += piece
            if end >= 0:
                self._take(1)
                frame = self._close()
                if frame is not None:
                    return frame
        return None

    def rest(self) -> bytes:
        """Take the bytes behind the last frame that `next` returned; they will not be decoded."""
        return self._take(len(self._input))

    def _take(self, count: int) -> bytes:
        taken = bytes(self._input[:count])
        del self._input[:count]
        return taken

    def _close(self) -> bytes | None:
        """Handle an END: the payload it completes, if it completes a good one."""
        frame, too_long = self._frame, self._too_long
        self._too_long = False
        if frame is None or not (frame or too_long):
            self._frame = bytearray()
            return None
        self._frame = None
        payload = None if too_long else _unescape(bytes(frame))
        return payload if payload is not None and len(payload) <= self._limit else None


def _unescape(escaped: bytes) -> bytes | None:
    """The payload behind `escaped`, or None when an escape is followed by anything but its two partners."""
    plain, *escapes = escaped.split(_ESC)
    meaning = {ESC_END: _END, ESC_ESC: _ESC}
    pieces = [plain]
    for part in escapes:
        if not part or part[0] not in meaning:
            return None
        pieces += meaning[part[0]], part[1:]
    return b"".join(pieces)
