"""Checks evidence against the case. Evidence that does not match is struck out and counted.

A number matches when it equals the value in the case at the precision of the citation (at least three significant
digits). Flags, directions and names must match exactly. Nothing is repaired: a wrong citation has no weight. A
condition of the analyst that cannot turn true after this case is struck out like a wrong citation.
"""

from decimal import Decimal
from typing import TypeVar

from agents.court.case import Case, FieldValue, lookup
from agents.court.condition import Condition, can_be_watched
from agents.court.opinion import (
    AdvocateOpinion,
    AnalystOpinion,
    Evidence,
    RebuttalOpinion,
    RiskOpinion,
    SupervisorOpinion,
)

AnyOpinion = TypeVar("AnyOpinion", AnalystOpinion, RiskOpinion, AdvocateOpinion, SupervisorOpinion, RebuttalOpinion)
_UNWATCHABLE = "would change the analyst's mind, but is unknown here or holds already"


def ground(case: Case, opinion: AnyOpinion) -> tuple[AnyOpinion, tuple[Evidence, ...]]:
    """Return the opinion with only the evidence that matches the case, and the evidence that was struck out."""
    kept = tuple(item for item in opinion.evidence if is_grounded(case, item))
    struck: tuple[Evidence, ...] = ()
    changes: dict[str, object] = {}
    if len(kept) < len(opinion.evidence):
        struck = tuple(item for item in opinion.evidence if not is_grounded(case, item))
        changes["evidence"] = kept
    watched = opinion.would_change_my_mind if isinstance(opinion, AnalystOpinion) else None
    if isinstance(watched, Condition) and not can_be_watched(case, watched):
        struck = (*struck, Evidence(field=watched.field, value=watched.value, claim=_UNWATCHABLE))
        changes["would_change_my_mind"] = None
    return (opinion.model_copy(update=changes), struck) if changes else (opinion, ())


def is_grounded(case: Case, evidence: Evidence) -> bool:
    """Return whether the cited field exists and has the cited value."""
    try:
        return _same(lookup(case, evidence.field), evidence.value)
    except KeyError:
        return False


def _same(actual: FieldValue, cited: FieldValue) -> bool:
    if isinstance(actual, str) and isinstance(cited, str):
        return actual == cited
    if isinstance(actual, bool) or isinstance(cited, bool):
        return actual is cited
    if not isinstance(actual, int | float) or not isinstance(cited, int | float):
        return False
    return actual == cited or abs(actual - cited) <= _half_a_digit(cited)


def _half_a_digit(cited: float) -> float:
    """Return half a unit of the last cited digit, or of the third digit if fewer were cited; 0 for a cited 0."""
    if cited == 0:
        return 0.0
    written = Decimal(repr(cited)).normalize()
    last = int(written.as_tuple().exponent)
    return 0.5 * 10.0 ** min(last, written.adjusted() - 2) * (1 + 1e-9)
