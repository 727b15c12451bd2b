"""Why a role was not spoken by a model: derived from the attempts and the profile, not from free text.

A budget that refuses has priority, because then no other model could be paid either; next a model that answered
without an opinion; then models that were not asked or did not answer.
"""

from collections.abc import Sequence
from enum import StrEnum

from agents.court.hearing import Argued
from agents.llm.attempt import ABSTAINED, UNUSABLE, Attempt, AttemptOutcome, Role
from config.sections.minds import MindsSettings

RULES = "rules"


class Reason(StrEnum):
    """Why the rules mind spoke, or nobody."""

    BUDGET = "budget"
    BREAKER = "breaker"
    OUTAGE = "outage"
    NO_OPINION = "no opinion"
    NO_KEY = "no key"
    NO_SEAT = "no seat"
    LATE = "too late"
    FAST_PATH = "fast path"
    PROFILE = "the profile"
    EARLIER_SILENCE = "an earlier role was silent"


LOST = frozenset(
    {Reason.BUDGET, Reason.BREAKER, Reason.OUTAGE, Reason.NO_OPINION, Reason.NO_KEY, Reason.NO_SEAT, Reason.LATE}
)
"""Reasons for which a model was wanted and none spoke."""


def reason_of(
    hearing: Argued, role: Role, attempts: Sequence[Attempt], minds: MindsSettings, *, at_once: bool = False
) -> Reason:
    """Return why a model did not speak for a role. `attempts` are those of this role, in order. `at_once`: the fast path enters a
    share of a purchase, and models rule on it (`court.fast_share`)."""
    if attempts:
        last = {attempt.provider: attempt.outcome for attempt in attempts}
        return _of_outcomes(frozenset(last.values()))
    conviction = hearing.case.proposal.conviction
    if hearing.case.review is None and not at_once and minds.is_fast(conviction):
        return Reason.FAST_PATH
    return Reason.PROFILE if hearing.speaker(role) == RULES else Reason.EARLIER_SILENCE


def _of_outcomes(outcomes: frozenset[AttemptOutcome]) -> Reason:
    """Return the reason from the last outcome of each provider."""
    if AttemptOutcome.SKIPPED_BUDGET in outcomes:
        return Reason.BUDGET
    if outcomes & UNUSABLE:
        return Reason.NO_OPINION
    if outcomes & ABSTAINED:
        return Reason.LATE
    if outcomes == {AttemptOutcome.SKIPPED_NO_KEY}:
        return Reason.NO_KEY
    if outcomes == {AttemptOutcome.SKIPPED_NO_SEAT}:
        return Reason.NO_SEAT
    asked_nobody = {AttemptOutcome.SKIPPED_BREAKER, AttemptOutcome.SKIPPED_NO_KEY, AttemptOutcome.SKIPPED_NO_SEAT}
    return Reason.BREAKER if outcomes <= asked_nobody else Reason.OUTAGE
