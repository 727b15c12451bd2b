"""The output of a policy: the factor that it applies to the size of a ruling, and how it came to it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from config.frozen import Frozen, absent
from risk.proposal import MOST_ADJUSTED
from rl.observation import Observation

Mode = Literal["advisory", "active"]
"""What a policy may do: give its opinion, or change sizes."""
Multiplier = Annotated[float, Field(ge=0.0, le=MOST_ADJUSTED)]


def _said(**bounds: Any) -> Any:
    """A field that is left out of a journal where no policy was asked."""
    return Field(default=None, exclude_if=absent, **bounds)


class Adjustment(Frozen):
    """The factor that is applied to the size that the court left, in [0, 1.25].

    It is above 1 only where an active policy gives back what the court took away, and court and gate cut it to what the voters
    proposed. All fields but the first two are absent if no policy was asked.
    """

    adjuster: str
    scale: Multiplier
    mode: Mode | None = _said()
    advised: Multiplier | None = _said()
    base: Multiplier | None = _said()
    action: float | None = _said(ge=-1.0, le=1.0)
    spread: float | None = _said(ge=0.0, le=1.0)
    fallback: str | None = _said()
    observation: Observation | None = _said()
