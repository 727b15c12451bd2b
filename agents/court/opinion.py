"""What each role may say. Closed scales and bounded strings, so that a model can be held to them as well as a rule.

Reasoning comes first, then evidence: whoever fills these in order has argued before deciding.
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
"""A closed scale: grammars enforce a list of values, and not a range."""
ScalePercent = Literal[0, 25, 50, 75, 100]
_SIGN = {Direction.LONG: 1, Direction.SHORT: -1, Direction.NONE: 0}


class Evidence(Frozen):
    """A claim that rests on one field of the case and the value found there."""

    field: Annotated[str, Field(min_length=1, max_length=80)]
    value: FieldValue
    claim: Short


class HorizonView(Frozen):
    """What the analyst expects over one horizon; `expected_move_bps` is signed, over one bar of that horizon."""

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
        """What is believed of a purchase, in [0, 1]: (1 + c) / 2 of a rise expected with conviction c, (1 - c) / 2 of a fall."""
        return (1 + _SIGN[self.direction] * self.conviction_pct / 100) / 2


class RiskOpinion(Frozen):
    """The risk officer checks the book, not the market. `scale_pct` is the most that he lets stand."""

    kind: Literal["risk_agent"] = "risk_agent"
    reasoning: Text
    evidence: tuple[Evidence, ...] = Field(max_length=16)
    concerns: tuple[Short, ...] = Field(max_length=6)
    scale_pct: ScalePercent


class AdvocateOpinion(Frozen):
    """The devil's advocate must bring counter-evidence; `strength_pct` says how heavy it is."""

    kind: Literal["devils_advocate"] = "devils_advocate"
    reasoning: Text
    evidence: tuple[Evidence, ...] = Field(max_length=16)
    attacks: tuple[Short, ...] = Field(max_length=6)
    strength_pct: Percent


class SupervisorOpinion(Frozen):
    """The supervisor approves (100), shrinks, or rejects (0), and can do nothing else."""

    kind: Literal["supervisor"] = "supervisor"
    reasoning: Text
    evidence: tuple[Evidence, ...] = Field(max_length=16)
    scale_pct: ScalePercent


Opinion = AnalystOpinion | RiskOpinion | AdvocateOpinion | SupervisorOpinion


def nearest_percent(value: float) -> Percent:
    """A number in [0, 1], or its nearest end, as the nearest step of the closed scale."""
    steps: tuple[Percent, ...] = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
    return steps[round(min(max(value, 0.0), 1.0) * 10)]
