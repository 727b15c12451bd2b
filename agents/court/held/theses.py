"""The positions that the court let be opened, each with its thesis: when it is reviewed next, and why.

    schedule    so many bars after it was decided, or last heard (`court.review_every`)
    condition   what would change the analyst's mind has come true (`court.review_watched`): once, when it comes true
    trimmed     its voters have made it smaller (with either setting): what is left of it is reviewed

A condition is that of the analyst who spoke last about the position. One that holds already when it is named is watched from when
it has ceased to.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from agents.court.case import Case
from agents.court.condition import Condition, holds
from agents.court.hearing import Argued
from agents.court.opinion import AdvocateOpinion, AnalystOpinion
from agents.court.reserved.dockets import FAST
from agents.court.thesis import Cause, Thesis
from config.sections.court import CourtSettings
from config.silence import Abstained
from market.timeframe import Timeframe

See = Callable[[Condition], Case]
"""The case of the market as it is now, as far as a condition reads it."""


@dataclass(slots=True)
class HeldThesis:
    """A position, from the decision on that opened it."""

    thesis: Thesis
    heard_utc: datetime
    condition: Condition | None
    was_true: bool
    trimmed: bool = False
    left: float = 1.0
    """The part of what was bought that reviews have left."""


class Theses:
    """The theses of one session, by symbol."""

    def __init__(self, court: CourtSettings, timeframe: Timeframe) -> None:
        self._every = court.review_every
        self._watched = court.review_watched
        self._timeframe = timeframe
        self._held: dict[str, HeldThesis] = {}

    @property
    def is_on(self) -> bool:
        """Whether anything is reviewed at all."""
        return self._every is not None or self._watched

    def bought(self, heard: Argued) -> None:
        """Note a purchase that was sent: a new position, or more of one."""
        case = heard.case
        before = self._held.get(case.symbol)
        if case.held_share is None or before is None:
            self._held[case.symbol] = _opened(heard)
            return
        before.left = 1.0
        self._spoken(before, heard)

    def reviewed(self, heard: Argued, left: float) -> None:
        """Note a review. `left`: the part of what was bought that stays."""
        held = self._held.get(heard.case.symbol)
        if held is not None:
            held.left, held.trimmed = left, False
            self._spoken(held, heard)

    def trimmed(self, symbol: str) -> None:
        """Note that the voters have made a position smaller."""
        if symbol in self._held:
            self._held[symbol].trimmed = True

    def keep_only(self, symbols: Iterable[str]) -> None:
        """Forget all positions but these."""
        alive = set(symbols)
        self._held = {symbol: held for symbol, held in self._held.items() if symbol in alive}

    def of(self, symbol: str) -> HeldThesis | None:
        """What is known of a position."""
        return self._held.get(symbol)

    def due(self, symbol: str, as_of: datetime, see: See) -> tuple[Cause, str] | None:
        """Why a position is to be reviewed at this close, also in words; None if it is not."""
        held = self._held.get(symbol)
        if held is None or not self.is_on:
            return None
        came_true = self._came_true(held, see)
        if came_true is not None:
            return "condition", f"what would change the analyst's mind has come true: {came_true.told}"
        if held.trimmed:
            return "trimmed", "its voters have made it smaller"
        bars = (as_of - held.heard_utc) // self._timeframe.duration
        if self._every is not None and bars >= self._every:
            return "schedule", f"it was heard {bars} bars ago"
        return None

    def _came_true(self, held: HeldThesis, see: See) -> Condition | None:
        """The watched condition, if it is true now and was not before."""
        if not self._watched or held.condition is None:
            return None
        now = holds(see(held.condition), held.condition)
        was, held.was_true = held.was_true, held.was_true if now is None else now
        return held.condition if now and not was else None

    def _spoken(self, held: HeldThesis, heard: Argued) -> None:
        held.heard_utc = heard.case.as_of_utc
        condition = condition_of(heard.analyst)
        if condition is not None:
            held.condition, held.was_true = condition, holds(heard.case, condition) is True


def condition_of(word: AnalystOpinion | Abstained) -> Condition | None:
    """What would change the analyst's mind, if it is a condition that can be watched."""
    said = None if isinstance(word, Abstained) else word.would_change_my_mind
    return said if isinstance(said, Condition) else None


def _opened(heard: Argued) -> HeldThesis:
    case, condition = heard.case, condition_of(heard.analyst)
    return HeldThesis(
        thesis=Thesis(
            decision_id=case.decision_id.removesuffix(FAST),
            opened_utc=case.as_of_utc,
            argued=heard.analyst.reasoning if isinstance(heard.analyst, AnalystOpinion) else heard.analyst.why,
            attacked=heard.advocate.reasoning if isinstance(heard.advocate, AdvocateOpinion) else heard.advocate.why,
            ruled=heard.ruling.scale,
            why=heard.ruling.why,
        ),
        heard_utc=case.as_of_utc,
        condition=condition,
        was_true=condition is not None and holds(case, condition) is True,
    )
