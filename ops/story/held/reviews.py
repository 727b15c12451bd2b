"""The court's reviews of held positions, each in a few words: why it was held, what was ruled, and what was sold.

All are counted; only the latest are kept. The policy's reviews of shares are others (`ops.story.policy.reviews`): no court is
asked about those.
"""

from collections import Counter, deque
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from agents.court.hearing import Review
from agents.court.thesis import Cause
from config.frozen import Frozen
from config.silence import Abstained

REVIEWS_KEPT = 2000


class Became(StrEnum):
    """What became of a position under review."""

    KEPT = "kept"
    SHRUNK = "shrunk"
    CLOSED = "closed"
    SILENT = "kept, by silence"


class CourtReview(NamedTuple):
    """One review. `age_bars` since it was opened; `profit` since, a fraction of its price then; `left` and `stays`: the part of
    what was bought, before and after."""

    as_of_utc: datetime
    decision_id: str
    symbol: str
    cause: Cause
    age_bars: int
    profit: float
    left: float
    stays: float
    became: Became
    why: str

    @classmethod
    def of(cls, review: Review) -> "CourtReview":
        """A review as the journal has it. Raises ValueError for a case that is no review."""
        view, case = review.case.review, review.case
        if view is None:
            raise ValueError(f"{case.decision_id} is no review")
        return cls(
            as_of_utc=case.as_of_utc,
            decision_id=case.decision_id,
            symbol=case.symbol,
            cause=view.cause,
            age_bars=view.age_bars,
            profit=view.profit,
            left=view.left,
            stays=review.ruling.scale if review.sold else view.left,
            became=_became(review),
            why=review.ruling.why,
        )


class ReviewFigures(Frozen):
    """How many reviews there were, by what became of the position and by why it was reviewed."""

    reviews: int
    became: dict[str, int]
    causes: dict[str, int]


class CourtReviews:
    """The reviews of a run so far."""

    def __init__(self) -> None:
        self._kept: deque[CourtReview] = deque(maxlen=REVIEWS_KEPT)
        self._became: Counter[Became] = Counter()
        self._causes: Counter[Cause] = Counter()

    def take(self, review: Review) -> None:
        """Count a review."""
        found = CourtReview.of(review)
        self._kept.append(found)
        self._became[found.became] += 1
        self._causes[found.cause] += 1

    def all(self) -> tuple[CourtReview, ...]:
        """The latest, oldest first."""
        return tuple(self._kept)

    def figures(self) -> ReviewFigures | None:
        """The counts; None if nothing was reviewed."""
        if not self._became:
            return None
        return ReviewFigures(
            reviews=self._became.total(),
            became={word.value: self._became[word] for word in Became if self._became[word]},
            causes=dict(sorted(self._causes.items())),
        )


def _became(review: Review) -> Became:
    if review.sold:
        return Became.CLOSED if review.ruling.scale <= 0.0 else Became.SHRUNK
    words = (review.analyst, review.risk_agent, review.advocate, review.supervisor)
    return Became.SILENT if any(isinstance(word, Abstained) for word in words) else Became.KEPT
