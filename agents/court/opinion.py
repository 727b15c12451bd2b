"""The opinions of the roles. Scales are closed and strings are bounded, so that models and rules follow the same
schema.

Reasoning comes first, then evidence, then the decision: a model that fills the fields in order argues before it
decides.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from agents.court.case import FieldValue
from agents.court.condition import Condition
from agents.court.record import HALF
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

    @property
    def belief(self) -> float:
        """Return the belief in a rise over this horizon, in [0, 1], as that of the analyst."""
        return (1 + _SIGN[self.direction] * self.conviction_pct / 100) / 2

    def belief_in(self, *, short: bool) -> float:
        """Return the belief in the entry over this horizon, as that of the analyst."""
        sign = -_SIGN[self.direction] if short else _SIGN[self.direction]
        return (1 + sign * self.conviction_pct / 100) / 2


class AnalystOpinion(Frozen):
    """The analyst argues the case on all horizons in one opinion."""

    kind: Literal["analyst"] = "analyst"
    reasoning: Text
    evidence: tuple[Evidence, ...] = Field(max_length=16)
    horizons: tuple[HorizonView | Abstained, ...] = Field(max_length=4)
    direction: Direction
    conviction_pct: Percent
    risks: tuple[Short, ...] = Field(max_length=6)
    would_change_my_mind: Condition | Short | None
    """What would change the opinion: a condition that can be watched, words where the profile asks for words, or null if no
    condition stands."""

    @property
    def belief(self) -> float:
        """Return the belief in the purchase, in [0, 1]: (1 + c) / 2 for an expected rise with conviction c, (1 - c) /
        2 for a fall.
        """
        return (1 + _SIGN[self.direction] * self.conviction_pct / 100) / 2

    def belief_in(self, *, short: bool) -> float:
        """Return the belief in the entry, in [0, 1]: that of a short sale is certain of a fall at 1."""
        sign = -_SIGN[self.direction] if short else _SIGN[self.direction]
        return (1 + sign * self.conviction_pct / 100) / 2

    @property
    def turning_point(self) -> str:
        """Return what would change the analyst's mind as a reader is told it; empty where no condition stands."""
        said = self.would_change_my_mind
        return said.told if isinstance(said, Condition) else said or ""

    def alignment(self, weights: Mapping[Timeframe, float] | None = None) -> float | None:
        """Return what the judged horizons say together, in [-1, 1]: -1 is a certain fall on all of them, 1 a certain rise.

        It is the mean of sign times conviction, weighted by what each horizon has been worth (`agents.court.record`); one without
        a record has the weight of any argument without one. None if no horizon was judged, or none is worth anything.
        """
        judged = [view for view in self.horizons if isinstance(view, HorizonView)]
        known = weights or {}
        total = sum(known.get(view.horizon, HALF) for view in judged)
        if total <= 0.0:
            return None
        return sum(known.get(view.horizon, HALF) * (2 * view.belief - 1) for view in judged) / total


class RebuttalOpinion(Frozen):
    """The analyst's answer to the heaviest attack: whether it stands, and the conviction that is left of the analyst's."""

    kind: Literal["rebuttal"] = "rebuttal"
    reasoning: Text
    evidence: tuple[Evidence, ...] = Field(max_length=16)
    concedes: Literal["yes", "partly", "no"]
    conviction_pct: Percent


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


Opinion = AnalystOpinion | RiskOpinion | AdvocateOpinion | SupervisorOpinion | RebuttalOpinion


def nearest_percent(value: float) -> Percent:
    """Return the nearest step of the closed scale. `value` in [0, 1]; values outside count as the nearest end."""
    steps: tuple[Percent, ...] = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
    return steps[round(min(max(value, 0.0), 1.0) * 10)]
