"""The day in figures, told with the first bar of the next one: profit, decisions, costs, what court and gate took."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from agents.llm.attempt import Attempt
from agents.records.record import CycleRecord, Session
from ops.live.woken.notice import Notice, notice
from ops.story.parts.booking import quote_currency
from ops.story.tally import RoundTrip

_RULES = 3
"""Rules that are named, the most frequent first."""


class Daily:
    """What is counted of the present UTC day of one session."""

    def __init__(self, session: Session) -> None:
        self._quote = quote_currency(session)
        self._last: CycleRecord | None = None
        self._begin(None)

    def take(self, record: CycleRecord) -> Iterator[Notice]:
        """Count a bar. One that closes at 00:00 UTC is the last of its day, and tells it."""
        before = self._last
        if before is not None and record.breakers.day_utc != before.breakers.day_utc:
            yield self._told(before, record)
            self._begin(record)
        self._last = record
        for hearing in record.hearings:
            self._heard += 1
            self._ruled[hearing.ruling.outcome.value] += 1
            if hearing.verdict.order is not None:
                self._signed += 1
                self._sent += hearing.verdict.notional
                self._kept += Decimal(repr(hearing.ruling.scale))
            elif hearing.ruling.outcome.value != "rejected":
                self._refused[hearing.verdict.binding_rule] += 1

    def close(self, trip: RoundTrip) -> None:
        """Count a closed trade."""
        self._trades += 1
        self._won += trip.trade.pnl > 0
        self._pnl += trip.trade.pnl

    def spend(self, attempt: Attempt) -> None:
        """Count what a model has cost."""
        self._usd += attempt.cost_usd

    def _begin(self, record: CycleRecord | None) -> None:
        self._heard = self._signed = self._trades = self._won = 0
        self._sent = self._pnl = self._usd = self._kept = Decimal(0)
        self._ruled: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    def _told(self, last: CycleRecord, now: CycleRecord) -> Notice:
        start, equity = last.breakers.day_start_equity, now.breakers.day_start_equity
        change = equity - start
        share = float(change / start) if start > 0 else 0.0
        rules = ", ".join(f"{rule} {count}" for rule, count in self._refused.most_common(_RULES))
        kept = f", {self._kept / self._signed:.0%} of the size left on average" if self._signed else ""
        sizes = (f"{change:+,.2f}", f"{equity:,.2f}", f"{self._sent:,.2f}", f"{self._pnl:+,.2f}")
        text = (
            f"{last.breakers.day_utc}: {share:+.2%} ({sizes[0]} {self._quote}), equity {sizes[1]}, drawdown "
            f"{now.exposure.drawdown:.2%}, {len(now.portfolio.positions)} positions held. "
            f"Trades closed: {self._trades}, {self._won} of them won ({sizes[3]} after fees). "
            f"Cases: {self._heard}. The court approved {self._ruled['approved']}, shrunk {self._ruled['shrunk']}, rejected "
            f"{self._ruled['rejected']}{kept}. The gate signed {self._signed} (for {sizes[2]}) and refused "
            f"{self._refused.total()}{f' by {rules}' if rules else ''}. Models cost {self._usd:.2f} USD."
        )
        return notice("daily_summary", now.as_of_utc, text, key=last.breakers.day_utc, amounts=sizes)
