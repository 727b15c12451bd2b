"""The adjuster: it may change a size after the ruling and before the gate, and the gate caps it like any other."""

from typing import Protocol

from rl.adjustment import Adjustment
from rl.observation import Observation


class Adjuster(Protocol):
    """A policy. `name` is its name in reports."""

    @property
    def name(self) -> str: ...

    def adjust(self, seen: Observation) -> Adjustment:
        """The factor for the size. Must be deterministic: a replay calls it again and compares."""
        ...

    def demote(self) -> None:
        """From now on, change no size."""
        ...


class Off:
    """No policy is loaded: the ruling stands as it is, and reports say `off`."""

    name = "off"

    def adjust(self, seen: Observation) -> Adjustment:
        return Adjustment(adjuster=self.name, scale=1.0)

    def demote(self) -> None:
        """Nothing to do."""
