"""Outlooks: the analyst's opinions of markets before a proposal, and the rules for using them later.

The analyst is asked as if the purchase, or the short sale, were already proposed. When it is proposed, the outlook is used only
if

    it is from an earlier bar and not older than `outlook_ttl_bars`;
    the case has not moved: same side, same horizons, same news events, a close within `outlook_move_atr` times the ATR of that
    time, and the same signal events. One change is allowed: the trigger itself, an upward event (or the end of "oversold") on the
    base timeframe, for a short sale a downward one (or the end of "overbought"). Without it there would be no proposal, and it
    only supports the argument;
    at least one piece of its evidence matches the present case. The court strikes out the others;
    what would change the analyst's mind, said as a condition, has not come true.

Otherwise the model is asked again. Nothing is repaired, and an outlook of another market is never used.
"""

from dataclasses import dataclass
from typing import NamedTuple

from agents.court.case import Case
from agents.court.condition import Condition, holds
from agents.court.grounding import is_grounded
from agents.court.opinion import AnalystOpinion
from config.sections.minds import MindsSettings
from market.signals import TechnicalSignals

EVENTS = tuple(name for name, field in TechnicalSignals.model_fields.items() if field.annotation is bool)
"""The signals that are true or false on a bar."""
_BEGINS = frozenset({"ema_cross_up", "golden_cross", "macd_cross_up"})
_ENDS = frozenset({"oversold"})
_SHORT_BEGINS = frozenset({"ema_cross_down", "death_cross", "macd_cross_down"})
_SHORT_ENDS = frozenset({"overbought"})


@dataclass(frozen=True, slots=True)
class Outlook:
    """The analyst's opinion of a case that was not before the court, and the speaker ("provider/model")."""

    case: Case
    word: AnalystOpinion
    speaker: str


class Warm(NamedTuple):
    """A usable outlook and its age [bars]."""

    outlook: Outlook
    age_bars: int


class Outlooks:
    """The latest outlook of each market. Point in time: a case uses only outlooks from earlier bars."""

    def __init__(self, minds: MindsSettings) -> None:
        self._ttl = minds.outlook_ttl_bars
        self._most_atr = minds.outlook_move_atr
        self._latest: dict[str, Outlook] = {}

    def keep(self, outlook: Outlook) -> None:
        """Replace the previous outlook of the market."""
        self._latest[outlook.case.symbol] = outlook

    def find(self, case: Case) -> Warm | None:
        """Return the outlook that can be used instead of asking about `case`, or None."""
        outlook = self._latest.get(case.symbol)
        if outlook is None:
            return None
        age = (case.as_of_utc - outlook.case.as_of_utc) // case.base_timeframe.duration
        if not 1 <= age <= self._ttl or has_moved(outlook.case, case, self._most_atr):
            return None
        stands = any(is_grounded(case, item) for item in outlook.word.evidence)
        return Warm(outlook, age) if stands and not _is_changed(case, outlook.word) else None

    def lasts(self, case: Case) -> bool:
        """Return whether the present outlook is usable now and is young enough for the next bar.

        News is not compared here: the journal holds no news of a market about which no question is asked, so a replay
        does not know it.
        """
        outlook = self._latest.get(case.symbol)
        if outlook is None:
            return False
        found = self.find(case.model_copy(update={"sentiment": outlook.case.sentiment}))
        return found is not None and found.age_bars < self._ttl


def has_moved(then: Case, now: Case, most_atr: float) -> bool:
    """Return whether the case has changed too much; `most_atr` is in ATRs of the base timeframe at `then`."""
    before, after = then.signals[then.base_timeframe], now.signals[now.base_timeframe]
    if then.proposal.direction is not now.proposal.direction or then.proposal.is_short != now.proposal.is_short:
        return True
    if then.sentiment.flags != now.sentiment.flags:
        return True
    if before.atr_14_quote is None or abs(after.close - before.close) > most_atr * before.atr_14_quote:
        return True
    if then.signals.keys() != now.signals.keys() or not _only_triggers(
        events(before), events(after), short=now.proposal.is_short
    ):
        return True
    slower = [length for length in now.signals if length is not now.base_timeframe]
    return any(events(then.signals[length]) != events(now.signals[length]) for length in slower)


def _is_changed(case: Case, word: AnalystOpinion) -> bool:
    """Return whether the condition under which the analyst would think otherwise holds now."""
    turn = word.would_change_my_mind
    return isinstance(turn, Condition) and holds(case, turn) is True


def events(now: TechnicalSignals) -> frozenset[str]:
    """Return the signal events of a bar."""
    return frozenset(name for name in EVENTS if getattr(now, name))


def _only_triggers(before: frozenset[str], after: frozenset[str], *, short: bool) -> bool:
    """Return whether every changed event supports a purchase, or a `short` sale."""
    begins, ends = (_SHORT_BEGINS, _SHORT_ENDS) if short else (_BEGINS, _ENDS)
    return after - before <= begins and before - after <= ends
