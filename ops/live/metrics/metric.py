"""What a metric is: its name, its unit, what it says, its labels, and how it is read out of a session.

Names and units follow Prometheus (https://prometheus.io/docs/practices/naming): seconds, ratios and bytes, `_total` for what only
rises. Money has no base unit there: it is in quote units or USD, and the name says which. A label has few values, and they are
known: either a closed set, or names that a profile brings, of which at most `MOST_NAMES` are kept apart.
"""

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from ops.live.state.fold import Fold
from ops.live.state.measured import OTHER, Measured, Spread
from ops.live.state.process import Process
from ops.live.state.values import Status

Kind = Literal["gauge", "counter", "histogram"]
PREFIX = "tribunal_"


class Label(NamedTuple):
    """A label: its name, what it stands for, and its values where they are a closed set."""

    name: str
    help: str
    values: tuple[str, ...] = ()

    def bounded(self, value: str) -> str:
        """The value, or `other` where it is none of a closed set."""
        return value if not self.values or value in self.values else OTHER


class Told(NamedTuple):
    """What metrics are read from, at one moment."""

    status: Status
    fold: Fold
    process: Process | None = None
    """None where the window is not inside the session."""

    @property
    def measured(self) -> Measured:
        """What has been counted."""
        return self.fold.measured


class Sample(NamedTuple):
    """One value of a metric; a spread, of a histogram. `labels`: in the order in which the metric declares them."""

    value: float | Spread
    labels: tuple[str, ...] = ()


Read = Callable[[Told], Iterable[Sample]]


class Metric(NamedTuple):
    """A row of the catalogue. `unit`: of its values, in words."""

    name: str
    kind: Kind
    unit: str
    help: str
    read: Read
    labels: tuple[Label, ...] = ()

    @property
    def full_name(self) -> str:
        """The name as it is exported."""
        return PREFIX + self.name

    @property
    def described(self) -> str:
        """The help with its unit."""
        return f"{self.help} [{self.unit}]" if self.unit else self.help

    def samples(self, told: Told) -> tuple[Sample, ...]:
        """Its values now, with labels that keep their bounds; values that fall together are added up."""
        found: dict[tuple[str, ...], float | Spread] = {}
        for value, given in self.read(told):
            labels = tuple(label.bounded(one) for label, one in zip(self.labels, given, strict=True))
            before = found.get(labels, 0.0)
            found[labels] = value if isinstance(value, Spread) or isinstance(before, Spread) else before + value
        return tuple(Sample(value, labels) for labels, value in found.items())


def one(value: float | None) -> tuple[Sample, ...]:
    """The only value of a metric without labels; nothing where it is not known."""
    return () if value is None else (Sample(float(value)),)
