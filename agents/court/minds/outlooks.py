"""Outlooks: what the analyst said of a market before it was proposed, and whether that may still be read.

An outlook is asked as if the purchase were proposed already. When it is proposed, the word is taken only if

    it is of an earlier bar, and not older than `outlook_ttl_bars`;
    the case has not moved: the same direction, the same horizons, the same news events, the close within `outlook_move_atr`
    times the ATR of that time, and the same signal events but for the trigger itself, an upward event (or the end of
    "oversold") on the base timeframe, without which nothing would be proposed and which only speaks for what was argued;
    and at least one piece of its evidence stands in the present case. The court strikes the others out.

Otherwise the model is asked anew. Nothing is repaired, and no outlook of another market is ever read.
"""

from dataclasses import dataclass
from typing import NamedTuple

from agents.court.case import Case
from agents.court.grounding import is_grounded
from agents.court.opinion import AnalystOpinion
from config.sections.minds import MindsSettings
from market.signals import TechnicalSignals

EVENTS = tuple(name for name, field in TechnicalSignals.model_fields.items() if field.annotation is bool)
"""What happens on a bar, or does not."""
_BEGINS = frozenset({"ema_cross_up", "golden_cross", "macd_cross_up"})
_ENDS = frozenset({"oversold"})


@dataclass(frozen=True, slots=True)
class Outlook:
    """The analyst's word on a case that was not before the court, and who spoke ("provider/model")."""

    case: Case
    word: AnalystOpinion
    speaker: str


class Warm(NamedTuple):
    """An outlook that may be read, and how many bars ago it was asked."""

    outlook: Outlook
    age_bars: int


class Outlooks:
    """The latest outlook of each market. Point in time: a case reads what was asked at an earlier bar only."""

    def __init__(self, minds: MindsSettings) -> None:
        self._ttl = minds.outlook_ttl_bars
        self._most_atr = minds.outlook_move_atr
        self._latest: dict[str, Outlook] = {}

    def keep(self, outlook: Outlook) -> None:
        """Put an outlook in the place of the one before."""
        self._latest[outlook.case.symbol] = outlook

    def find(self, case: Case) -> Warm | None:
        """The outlook that may be read in the place of asking about `case`, or None."""
        outlook = self._latest.get(case.symbol)
        if outlook is None:
            return None
        age = (case.as_of_utc - outlook.case.as_of_utc) // case.base_timeframe.duration
        if not 1 <= age <= self._ttl or has_moved(outlook.case, case, self._most_atr):
            return None
        stands = any(is_grounded(case, item) for item in outlook.word.evidence)
        return Warm(outlook, age) if stands else None

    def lasts(self, case: Case) -> bool:
        """Whether there is an outlook that would be read now, and is young enough to be read at the next bar.

        News are left out of it: of a market about which nothing is asked they are not in the journal, so that a replay does
        not know them.
        """
        outlook = self._latest.get(case.symbol)
        if outlook is None:
            return False
        found = self.find(case.model_copy(update={"sentiment": outlook.case.sentiment}))
        return found is not None and found.age_bars < self._ttl


def has_moved(then: Case, now: Case, most_atr: float) -> bool:
    """Whether a case is materially another one; `most_atr` is in ATRs of the base timeframe at `then`."""
    before, after = then.signals[then.base_timeframe], now.signals[now.base_timeframe]
    if then.proposal.direction is not now.proposal.direction or then.sentiment.flags != now.sentiment.flags:
        return True
    if before.atr_14_quote is None or abs(after.close - before.close) > most_atr * before.atr_14_quote:
        return True
    if then.signals.keys() != now.signals.keys() or not _only_triggers(events(before), events(after)):
        return True
    slower = [length for length in now.signals if length is not now.base_timeframe]
    return any(events(then.signals[length]) != events(now.signals[length]) for length in slower)


def events(now: TechnicalSignals) -> frozenset[str]:
    """The signal events of a bar."""
    return frozenset(name for name in EVENTS if getattr(now, name))


def _only_triggers(before: frozenset[str], after: frozenset[str]) -> bool:
    """Whether all that changed speaks for a purchase."""
    return after - before <= _BEGINS and before - after <= _ENDS
