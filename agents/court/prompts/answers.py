"""The answer that a model may give in each role: the shapes behind the schemas, and the checks for contradictions.

Grammars enforce lists of values and lengths, but no ranges. So every scale is a closed list, every string and array
is bounded, and the first value of each list is the most careful one. Answers that pass the grammar are checked here
again, together with contradictions that no schema can express. Nothing is repaired: an answer that fails is not an
opinion.
"""

import json
import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from agents.court.opinion import Percent, ScalePercent
from agents.court.prompts.fence import clean
from agents.court.prompts.figures import PATH

_LARGEST = 1e15
_SHORTEST_CAP = 80
_SPELLED = re.compile(r"true|false|-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,16})?")


def _readable(text: str) -> str:
    """Remove invisible characters. The result is never longer than the text."""
    words = clean(text, max(len(text), _SHORTEST_CAP))
    if not words:
        raise ValueError("words are needed here")
    return words


def _path(text: str) -> str:
    if not PATH.fullmatch(text):
        raise ValueError("a field is a path such as book.drawdown")
    return text


def _whole(value: object) -> object:
    """Refuse False and 0.0, which pydantic accepts as a literal 0: a scale takes whole numbers only."""
    if type(value) is not int:
        raise ValueError("a whole number from the list is needed")
    return value


def _plausible(value: object) -> object:
    """Accept numbers of a possible size, and text that a field can hold.

    Small models put quotes around `true` and around numbers. No field of the case holds such text, so the meaning is
    certain and the quotes are removed.
    """
    if isinstance(value, str) and _SPELLED.fullmatch(value):
        value = json.loads(value)
    if isinstance(value, int | float) and abs(value) > _LARGEST:
        raise ValueError("no field of the case is that large")
    if isinstance(value, str) and not (value.isascii() and value.isprintable()):
        raise ValueError("no field of the case holds such a word")
    return value


Reasoning = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_readable)]
Claim = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_readable)]
Path = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_path)]
Value = Annotated[float | bool | Annotated[str, Field(max_length=24)], BeforeValidator(_plausible)]
WirePercent = Annotated[Percent, BeforeValidator(_whole)]
WireScale = Annotated[ScalePercent, BeforeValidator(_whole)]
Move = Annotated[Literal[20, 50, 100, 200, 500, 1000], BeforeValidator(_whole)]
"""Size of the move over one bar of the horizon, without sign [bps]. The direction gives the sign, so the two cannot
disagree.
"""
Conviction = Annotated[Literal[10, 20, 30, 40, 50, 60, 70, 80, 90, 100], BeforeValidator(_whole)]
"""Conviction of a direction. There is no 0: a model without a conviction answers "none"."""


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class WireEvidence(_Wire):
    """A claim about one field of the case."""

    field: Path
    value: Value
    claim: Claim


class WireHorizon(_Wire):
    """One horizon: a direction, or "abstain". The numbers are read only with a direction."""

    horizon: Literal["1h", "4h", "1d", "1w"]
    direction: Literal["none", "long", "short", "abstain"]
    expected_move_bps: Move
    conviction_pct: Conviction


class WireCondition(_Wire):
    """A field compared with a value."""

    field: Path
    comparison: Literal["above", "below", "is"]
    value: Value


class _WireAnalyst(_Wire):
    """What the analyst's answers have in common."""

    reasoning: Reasoning
    evidence: list[WireEvidence] = Field(min_length=1, max_length=4)
    horizons: list[WireHorizon] = Field(min_length=1, max_length=4)
    direction: Literal["none", "long", "short"]
    conviction_pct: Conviction
    risks: list[Claim] = Field(max_length=3)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        judged = [view.horizon for view in self.horizons]
        if len(set(judged)) < len(judged):
            raise ValueError("a horizon is judged twice")
        if self.direction != "none" and all(view.direction != self.direction for view in self.horizons):
            raise ValueError(f"overall {self.direction}, but no horizon is {self.direction}")
        return self


class WireAnalyst(_WireAnalyst):
    """The analyst's answer, with what would change his mind in words."""

    would_change_my_mind: Claim


class WireTypedAnalyst(_WireAnalyst):
    """The analyst's answer, with what would change his mind as a condition."""

    would_change_my_mind: WireCondition


class WireRebuttal(_Wire):
    """The analyst's answer to the heaviest attack."""

    reasoning: Reasoning
    evidence: list[WireEvidence] = Field(min_length=1, max_length=3)
    concedes: Literal["yes", "partly", "no"]
    conviction_pct: WirePercent


class WireRisk(_Wire):
    """The risk agent's answer."""

    reasoning: Reasoning
    evidence: list[WireEvidence] = Field(min_length=1, max_length=4)
    concerns: list[Claim] = Field(max_length=3)
    scale_pct: WireScale


class WireAdvocate(_Wire):
    """The devil's advocate's answer."""

    reasoning: Reasoning
    evidence: list[WireEvidence] = Field(min_length=1, max_length=4)
    attacks: list[Claim] = Field(min_length=1, max_length=3)
    strength_pct: WirePercent


class WireSupervisor(_Wire):
    """The supervisor's answer: the ruling as a word and as a number."""

    reasoning: Reasoning
    evidence: list[WireEvidence] = Field(max_length=3)
    ruling: Literal["reject", "shrink", "approve"]
    scale_pct: WireScale

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        meant = "reject" if self.scale_pct == 0 else "approve" if self.scale_pct == 100 else "shrink"
        if self.ruling != meant:
            raise ValueError(f"{self.ruling} contradicts a scale of {self.scale_pct}")
        return self
