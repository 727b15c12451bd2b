"""What arguments leave of a size: the arithmetic that the rules supervisor and the composition of a ruling share.

An argument takes from the size what it says against the purchase, times its weight; the heavier of two counts. So one half of the
size is left of a case against which an argument of weight one half is certain.

Of models the composition asks more than of the rules, because nobody has computed their words. What they say counts as follows:

    analyst          s = 1 - (b - 1/2) / (1/4), within [0, 1]: all of it without an expected rise (b <= 1/2), none from b = 3/4 on
    devil's advocate s = strength / `court.advocate_reject`, at most 1; and 1 where the analyst concedes the attack

b is the least of three beliefs: the analyst's own, that of his horizons together, and what is left of it after his answer to the
attack. A weight begins with `court.trust` and follows the record (`agents.court.record`). Where both say all that can be said
against the purchase, both count, and not the heavier alone.

Of a short sale the beliefs are those in a fall.

An argument of the rules that the rules supervisor has weighed is not bounded again.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pydantic import Field

from agents.court.case import Case
from agents.court.opinion import (
    AdvocateOpinion,
    AnalystOpinion,
    RebuttalOpinion,
    ScalePercent,
    Short,
)
from agents.court.record import ModelWeights
from agents.llm.attempt import Role
from config.frozen import Frozen, absent
from config.sections.court import CourtSettings
from config.silence import Abstained
from market.timeframe import Timeframe
from risk.proposal import Direction

RULES = "rules"
NOBODY = "nobody"
_STEPS: tuple[ScalePercent, ...] = (0, 25, 50, 75, 100)
_SURE_AT, _NOTHING_AT = 0.75, 0.5
"""The beliefs in a purchase at which an analyst takes nothing from it, and all that his weight allows."""


class Bound(Frozen):
    """The most that an argument leaves of the size, with what it says against the purchase [0..1] and its weight [0..1]."""

    by: Literal["analyst", "devils_advocate", "both"]
    most_pct: ScalePercent
    says: float = Field(ge=0, le=1)
    weight: float | None = Field(default=None, exclude_if=absent)
    """Weight of the argument [0..1]; absent for both together."""
    why: Short


class Force(NamedTuple):
    """What the words of models weigh in one hearing. A weight is None where the argument does not bound the ruling."""

    analyst: float | None
    advocate: float | None
    reject_at: float
    horizons: Mapping[Timeframe, float]
    """The weights of horizons that have a record."""


def left(taken: float) -> ScalePercent:
    """The nearest step of the scale to what is left; of two the smaller. `taken`: part of the size."""
    percent = 100.0 * (1.0 - taken)
    return min(_STEPS, key=lambda step: (abs(step - percent), step))


def force_of(court: CourtSettings, case: Case, speakers: Mapping[Role, str]) -> Force | None:
    """What the words of models weigh in a hearing of this court; None where they have no force of their own.

    `speakers`: who spoke for each role. A neutral opinion of an empty seat weighs nothing.
    """
    if court.composition != "composed":
        return None
    trust = ModelWeights(analyst=court.trust.analyst, advocate=court.trust.devils_advocate)
    known = trust if case.record is None else case.record.models or trust
    weighed = speakers["supervisor"] == RULES

    def weight(role: Role, weight: float) -> float | None:
        is_heard = role in court.seats and not (weighed and speakers[role] == RULES)
        return weight if is_heard else None

    return Force(
        analyst=weight("analyst", known.analyst),
        advocate=weight("devils_advocate", known.advocate),
        reject_at=court.advocate_reject,
        horizons=known.horizons,
    )


def bounds_of(
    force: Force,
    analyst: AnalystOpinion,
    advocate: AdvocateOpinion,
    rebuttal: RebuttalOpinion | Abstained | None,
    *,
    short: bool = False,
) -> tuple[Bound, ...]:
    """What the arguments leave of the size, each for itself, and both together where both say all that can be said. `short`: of
    a short sale."""
    found, move = [], "fall" if short else "rise"
    answer = rebuttal if isinstance(rebuttal, RebuttalOpinion) else None
    if force.analyst is not None:
        believed, whose = _believed(analyst, force.horizons, answer, short=short)
        says = min(1.0, max(0.0, (_SURE_AT - believed) / (_SURE_AT - _NOTHING_AT)))
        found.append(
            _bound("analyst", says, force.analyst, f"the analyst believes {believed:.0%} in a {move} ({whose})")
        )
    if force.advocate is not None:
        conceded = answer is not None and answer.concedes == "yes"
        reach = advocate.strength_pct / 100 / force.reject_at if force.reject_at > 0.0 else 1.0
        also = ", which the analyst concedes" if conceded else ""
        why = f"the counter-evidence weighs {advocate.strength_pct}%{also}"
        found.append(_bound("devils_advocate", 1.0 if conceded else min(1.0, reach), force.advocate, why))
    if len(found) == 2 and all(bound.says >= 1.0 for bound in found):
        taken = min(1.0, sum(bound.says * (bound.weight or 0.0) for bound in found))
        why = f"no {move} is expected, and the counter-evidence is heavy enough to reject: both count"
        found.append(Bound(by="both", most_pct=left(taken), says=1.0, why=why))
    return tuple(found)


def _believed(
    analyst: AnalystOpinion, horizons: Mapping[Timeframe, float], answer: RebuttalOpinion | None, *, short: bool
) -> tuple[float, str]:
    """The least belief in the entry that the analyst has stated, and where."""
    together = analyst.alignment(horizons)
    stated = [(analyst.belief_in(short=short), "his own view")]
    if together is not None:
        stated.append(((1 - together if short else 1 + together) / 2, "his horizons together"))
    if answer is not None and analyst.direction is (Direction.SHORT if short else Direction.LONG):
        stated.append(((1 + answer.conviction_pct / 100) / 2, "after the attack"))
    return min(stated, key=lambda each: each[0])


def _bound(by: Literal["analyst", "devils_advocate"], says: float, weight: float, why: str) -> Bound:
    return Bound(by=by, most_pct=left(weight * says), says=says, weight=weight, why=f"{why}, with weight {weight:.2f}")
