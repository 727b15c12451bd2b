"""Counts of what the policy said in a run: in court, and at its reviews of what was held."""

from datetime import datetime

from config.frozen import Frozen, UtcTime
from ops.story.policy.reviews import Followed, Reviewed
from rl.adjustment import Adjustment, Mode
from rl.serving.monitor import PolicyChanged


class ReviewFigures(Frozen):
    """The reviews of what was held by shares: how often its base stood in, how many positions were trimmed after one, and the
    means of the share that the voters wanted and of those that the policy and its base would leave [of a full position]."""

    fallbacks: int
    trimmed: int
    wanted: float
    left: float
    base_left: float


class PolicyFigures(Frozen):
    """What the policy said in a run: `asked` in court, of which its base stood in `fallbacks` times; means of the factor that it
    `advised` and of that of its `base`, None if it was not asked. `reviews` of what was held by shares; `reviewed` is None where
    it said nothing at them."""

    mode: str
    asked: int
    fallbacks: int
    advised: float | None
    base: float | None
    reviews: int
    reviewed: ReviewFigures | None = None
    demoted_utc: UtcTime | None = None


class PolicyCount:
    """The opinions of a policy so far. Nothing is counted while it is off."""

    def __init__(self) -> None:
        self._mode: Mode | None = None
        self.reviews = 0
        """Reviews of what was held."""
        self._asked = self._fallbacks = 0
        self._advised = self._base = 0.0
        self._answered = self._review_fallbacks = self._trimmed = 0
        self._wanted = self._left = self._base_left = 0.0
        self._demoted: datetime | None = None

    def hear(self, said: Adjustment) -> None:
        """Count an opinion in court."""
        if said.mode is None or said.advised is None or said.base is None:
            return
        self._mode = said.mode
        self._asked += 1
        self._fallbacks += said.fallback is not None
        self._advised += said.advised
        self._base += said.base

    def review(self, found: Reviewed) -> None:
        """Count a review, once it is known what followed from it."""
        self._mode = found.mode or self._mode
        self.reviews += 1
        self._trimmed += found.followed is Followed.TRIMMED
        if found.advised is None or found.base_left is None:
            return
        self._answered += 1
        self._review_fallbacks += found.fallback is not None
        self._wanted += found.wanted
        self._left += found.left
        self._base_left += found.base_left

    def change(self, event: PolicyChanged) -> None:
        """Take a change of what it may do."""
        self._demoted = event.at_utc

    def figures(self) -> PolicyFigures | None:
        """All of it; None if no policy was asked."""
        if self._mode is None:
            return None
        asked = self._asked
        return PolicyFigures(
            mode=self._mode,
            asked=asked,
            fallbacks=self._fallbacks,
            advised=self._advised / asked if asked else None,
            base=self._base / asked if asked else None,
            reviews=self.reviews,
            reviewed=self._reviewed(),
            demoted_utc=self._demoted,
        )

    def _reviewed(self) -> ReviewFigures | None:
        answered = self._answered
        if not answered:
            return None
        return ReviewFigures(
            fallbacks=self._review_fallbacks,
            trimmed=self._trimmed,
            wanted=self._wanted / answered,
            left=self._left / answered,
            base_left=self._base_left / answered,
        )
