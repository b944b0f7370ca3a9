"""What stands in a shell below a learner's line: what programs print, and what is said beside it."""

from collections.abc import Callable

from trainer.console import text_width
from trainer.prose import paragraph

__all__ = ["Printout"]


class Printout:
    """What is shown for one line after the other. `output` gets text as it comes."""

    def __init__(self, output: Callable[[str], None]) -> None:
        self.output = output
        self._shown: list[str] = []

    @property
    def text(self) -> str:
        """All that was shown for this line."""
        return "".join(self._shown)

    def begin(self) -> None:
        """What is shown from now on is for another line."""
        self._shown = []

    def say(self, text: str) -> None:
        """Show what a real program would show."""
        self.keep(text)
        self.output(text)

    def note(self, text: str) -> None:
        """Say something that the real program would not say."""
        self.explain(f"(espdojo: {text})")

    def explain(self, text: str) -> None:
        """Say something in our own words; lines are broken between them."""
        self.say(f"{paragraph(text, text_width())}\n")

    def keep(self, text: str) -> None:
        """`text` was shown already."""
        self._shown.append(text)
