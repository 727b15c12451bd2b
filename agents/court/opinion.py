"""The opinions of the roles. Scales are closed and strings are bounded, so that models and rules follow the same
schema.

Reasoning comes first, then evidence, then the decision: a model that fills the fields in order argues before it
decides.
"""

from typing import Annotated, Literal

from pydantic import Field

from agents.court.case import FieldValue
from config.frozen import Frozen
from config.silence import Abstained
from market.timeframe import Timeframe
from risk.proposal import Direction

Text = Annotated[str, Field(min_length=1, max_length=600)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
Percent = Literal[0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
"""A closed scale, because grammars can enforce a list of values but not a range."""
ScalePercent = Literal[0, 25, 50, 75, 100]
_SIGN = {Direction.LONG: 1, Direction.SHORT: -1, Direction.NONE: 0}


class Evidence(Frozen):
    """A claim about one field of the case, with the value of that field."""

    field: Annotated[str, Field(min_length=1, max_length=80)]
    value: FieldValue
    claim: Short


class HorizonView(Frozen):
    """The analyst's view of one horizon; `expected_move_bps` is signed and covers one bar of that horizon."""

    horizon: Timeframe
    direction: Direction
    expected_move_bps: float = Field(ge=-5000, le=5000)
    conviction_pct: Percent


class AnalystOpinion(Frozen):
    """The analyst argues the case on all horizons in one opinion."""

    kind: Literal["analyst"] = "analyst"
    reasoning: Text
    evidence: tuple[Evidence, ...] = Field(max_length=16)
    horizons: tuple[HorizonView | Abstained, ...] = Field(max_length=4)
    direction: Direction
    conviction_pct: Percent
    risks: tuple[Short, ...] = Field(max_length=6)
    would_change_my_mind: Short

    @property
    def belief(self) -> float:
        """Return the belief in the purchase, in [0, 1]: (1 + c) / 2 for an expected rise with conviction c, (1 - c) /
        2 for a fall.
        """
        return (1 + _SIGN[self.direction] * self.conviction_pct / 100) / 2


class RiskOpinion(Frozen):
    """The risk officer checks the account, not the market. `scale_pct` is the largest size that he allows."""

    kind: Literal["risk_agent"] = "risk_agent"
    reasoning: Text
    evidence: tuple[Evidence, ...] = Field(max_length=16)
    concerns: tuple[Short, ...] = Field(max_length=6)
    scale_pct: ScalePercent


class AdvocateOpinion(Frozen):
    """The devil's advocate must bring counter-evidence; `strength_pct` is its weight."""

    kind: Literal["devils_advocate"] = "devils_advocate"
    reasoning: Text
    evidence: tuple[Evidence, ...] = Field(max_length=16)
    attacks: tuple[Short, ...] = Field(max_length=6)
    strength_pct: Percent


class SupervisorOpinion(Frozen):
    """The supervisor approves (100), reduces, or rejects (0)."""

    kind: Literal["supervisor"] = "supervisor"
    reasoning: Text
    evidence: tuple[Evidence, ...] = Field(max_length=16)
    scale_pct: ScalePercent


Opinion = AnalystOpinion | RiskOpinion | AdvocateOpinion | SupervisorOpinion


def nearest_percent(value: float) -> Percent:
    """Return the nearest step of the closed scale. `value` in [0, 1]; values outside count as the nearest end."""
    steps: tuple[Percent, ...] = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
    return steps[round(min(max(value, 0.0), 1.0) * 10)]
