"""What a benchmark reports, and how it comes by it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal


class Unavailable(Exception):  # noqa: N818 - no error: something is not on this computer
    """A benchmark, or a part of one, cannot run here; the text says what it lacks."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must reach, in the figure's unit."""

    side: Literal["at least", "at most"]
    value: float

    def allows(self, value: float) -> bool:
        """Whether `value` is on the good side."""
        return value >= self.value if self.side == "at least" else value <= self.value


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str
    bar: Bar | None = None

    @property
    def is_good(self) -> bool:
        """Whether it reaches its bar; without one, everything does."""
        return self.bar is None or self.bar.allows(self.value)


class Samples(dict[str, list[float]]):
    """Measured values by name, in the order of the rounds."""

    def median(self, name: str) -> float:
        """The median of one of them."""
        return median(self[name])

    def ratio(self, name: str, to: str) -> float:
        """The median of the rounds' ratios: both values of a round saw the same computer."""
        return median(one / other for one, other in zip(self[name], self[to], strict=True))


def measure(rounds: int, probes: Mapping[str, Callable[[], float]]) -> Samples:
    """Call every probe once in each round."""
    samples = Samples({name: [] for name in probes})
    for _ in range(rounds):
        for name, probe in probes.items():
            samples[name].append(probe())
    return samples
