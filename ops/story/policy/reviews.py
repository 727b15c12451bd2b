"""The policy's reviews of positions by shares, each in a few words, with what followed from it at the same close.

A review stands in the journal before the record of its bar. What followed is read from that record: a position was trimmed, or a
larger one was proposed and bought or not, or nothing was done. An adviser changes nothing, so what follows from its review is
what the voters alone wanted. Only the latest reviews are kept; all are counted.
"""

from collections import deque
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from agents.records.record import CycleRecord, ShareReview
from agents.resizing import decision_id_of
from risk.sizing import share_left
from risk.verdict import Outcome
from rl.adjustment import Mode

REVIEWS_KEPT = 2000


class Followed(StrEnum):
    """What was done at the close of a review."""

    TRIMMED = "trimmed"
    ENLARGED = "enlarged"
    REFUSED = "not enlarged"
    KEPT = "kept"


class Reviewed(NamedTuple):
    """One review. Shares are fractions of a full position: `held` stands, `wanted` by the voters, `left` by the policy and
    `base_left` by its base alone. `advised` is the factor, None of a policy that broke; `followed` is None where the journal
    ends before the record of the bar."""

    as_of_utc: datetime
    symbol: str
    held: float
    wanted: float
    adjuster: str
    mode: Mode | None
    left: float
    advised: float | None
    base_left: float | None
    action: float | None
    spread: float | None
    fallback: str | None
    followed: Followed | None = None

    @classmethod
    def of(cls, review: ShareReview) -> "Reviewed":
        """A review as the journal has it."""
        said, wanted = review.adjustment, review.wanted
        return cls(
            as_of_utc=review.as_of_utc,
            symbol=review.symbol,
            held=review.held,
            wanted=wanted,
            adjuster=said.adjuster,
            mode=said.mode,
            left=share_left(wanted, said.scale if said.advised is None else said.advised),
            advised=said.advised,
            base_left=None if said.base is None else share_left(wanted, said.base),
            action=said.action,
            spread=said.spread,
            fallback=said.fallback,
        )


class Reviews:
    """The reviews of a run so far."""

    def __init__(self) -> None:
        self._kept: deque[Reviewed] = deque(maxlen=REVIEWS_KEPT)
        self._open: list[Reviewed] = []

    def take(self, review: ShareReview) -> None:
        """Take a review of the bar that is going on."""
        self._open.append(Reviewed.of(review))

    def close(self, record: CycleRecord | None) -> tuple[Reviewed, ...]:
        """Say what followed from the reviews of a bar, from its record; returns them. Without one nobody knows."""
        known = self._open if record is None else [_after(found, record) for found in self._open]
        self._kept.extend(known)
        self._open = []
        return tuple(known)

    def all(self) -> tuple[Reviewed, ...]:
        """The latest that are closed, oldest first."""
        return tuple(self._kept)


def _after(found: Reviewed, record: CycleRecord) -> Reviewed:
    decision = decision_id_of(found.as_of_utc, found.symbol)
    if any(gone.decision_id == decision and gone.kept_share is not None for gone in record.exits):
        return found._replace(followed=Followed.TRIMMED)
    verdict = next((each.verdict.outcome for each in record.hearings if each.case.decision_id == decision), None)
    if verdict is None:
        return found._replace(followed=Followed.KEPT)
    return found._replace(followed=Followed.ENLARGED if verdict is Outcome.SIGNED else Followed.REFUSED)
