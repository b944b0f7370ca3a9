"""A serial terminal whose board is asked only what nobody knows yet."""

from collections.abc import Callable
from typing import Protocol

from trainer.board.terminal import RESTART_S, SEND_S, WAIT_S, Terminal, prompt_at_end
from trainer.board.workbench import Output
from trainer.validation.memory import Deed, Outcome, Seen

__all__ = ["RecalledTerminal", "Remembering"]


class Remembering(Protocol):
    """A bench that knows, or finds out at its board, what comes of a deed."""

    seen: Seen

    def ask(self, deed: Deed, question: Callable[[Terminal], str], limit_s: float) -> Outcome:
        """What came of something done at the terminal: `question` does it at a real one, within `limit_s`."""
        ...

    def close_terminal(self, terminal: "RecalledTerminal") -> None:
        """Close it, unless it has gone already."""
        ...


class RecalledTerminal:
    """A serial terminal (`SerialTerminal`) at a bench that remembers."""

    def __init__(self, bench: Remembering, port: str, baud: int, output: Output) -> None:
        self.port = port
        self.baud = baud
        self.patience_s = float("inf")
        self._bench = bench
        self._output = output

    @property
    def transcript(self) -> str:
        """All that came since the terminal was opened."""
        return self._bench.seen.transcript

    @property
    def at_prompt(self) -> bool:
        """Does the REPL wait for input?"""
        return bool(self.prompt)

    @property
    def prompt(self) -> str:
        """The REPL's prompt, where it waits for input; else ""."""
        return prompt_at_end(self.transcript)

    @property
    def lost(self) -> str | None:
        """Why the board went away (unplugged), or None."""
        return self._bench.seen.lost

    @property
    def news(self) -> str:
        """Nothing: all that the board says by itself is an answer to something done."""
        return ""

    def catch_up(self) -> None:
        """There are no news."""

    def send(self, line: str, timeout_s: float = SEND_S) -> str:
        """Type a line."""
        return self._ask(("send", line), lambda live: live.send(line, timeout_s), timeout_s)

    def key(self, name: str, timeout_s: float = WAIT_S) -> str:
        """Press a key."""
        return self._ask(("key", name), lambda live: live.key(name, timeout_s), timeout_s)

    def press(self, data: bytes) -> None:
        """Send something, and do not wait."""

        def press(live: Terminal) -> str:
            live.press(data)
            return ""

        self._ask(("press", data.hex()), press, 0)

    def wait(self, timeout_s: float = WAIT_S) -> str:
        """What comes until the prompt."""
        return self._ask(("wait",), lambda live: live.wait(timeout_s), timeout_s)

    def reset(self, timeout_s: float = RESTART_S) -> str:
        """Reset the board by its RTS line."""
        return self._ask(("pull",), lambda live: live.reset(timeout_s), timeout_s)

    def close(self) -> None:
        """Leave the terminal."""
        self._bench.close_terminal(self)

    def _ask(self, deed: Deed, question: Callable[[Terminal], str], timeout_s: float) -> str:
        outcome = self._bench.ask(deed, question, min(timeout_s, self.patience_s))
        if outcome.told:
            self._output(outcome.told)
        return outcome.finished.transcript
