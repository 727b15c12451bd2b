"""What is counted of a session, and what its models have cost."""

from decimal import Decimal

from agents.court.hearing import Hearing
from agents.llm.attempt import Attempt, AttemptOutcome
from ops.live.state.values import BudgetNow, Counts
from ops.story.tally import RoundTrip


class Tally:
    """What is counted."""

    def __init__(self) -> None:
        self.bars = self.hearings = self.signed = self.reviews = self.trades = self.won = 0
        self.rulings = {"approved": 0, "shrunk": 0, "rejected": 0}
        self.trade_pnl, self.deepest = Decimal(0), 0.0

    def hear(self, hearing: Hearing) -> None:
        """Count a case."""
        self.hearings += 1
        self.rulings[hearing.ruling.outcome.value] += 1
        self.signed += hearing.verdict.order is not None

    def close(self, trip: RoundTrip) -> None:
        """Count a closed trade."""
        self.trades += 1
        self.won += trip.trade.pnl > 0
        self.trade_pnl += trip.trade.pnl

    def counts(self, planned_bars: int | None) -> Counts:
        """All of it; `planned_bars`: those that the session is to have."""
        return Counts(
            bars=self.bars,
            planned_bars=planned_bars,
            hearings=self.hearings,
            approved=self.rulings["approved"],
            shrunk=self.rulings["shrunk"],
            rejected=self.rulings["rejected"],
            signed=self.signed,
            reviews=self.reviews,
            trades=self.trades,
            won=self.won,
            trade_pnl=self.trade_pnl,
            max_drawdown=self.deepest,
        )


class Spent:
    """What models have cost."""

    def __init__(self) -> None:
        self.day, self.day_usd, self.total_usd = "", Decimal(0), Decimal(0)
        self.requests = self.failed = 0

    def add(self, attempt: Attempt, day: str) -> None:
        """Count a request; `day`: of the last bar, UTC."""
        if day != self.day:
            self.day, self.day_usd = day, Decimal(0)
        self.day_usd += attempt.cost_usd
        self.total_usd += attempt.cost_usd
        if attempt.outcome.was_sent and not attempt.from_cache:
            self.requests += 1
            self.failed += attempt.outcome is not AttemptOutcome.OK

    def now(self, day: str, day_limit_usd: Decimal) -> BudgetNow:
        """What was spent on this day, and in all. Money [USD]."""
        return BudgetNow(
            day_usd=self.day_usd if self.day == day else Decimal(0),
            day_limit_usd=day_limit_usd,
            total_usd=self.total_usd,
            requests=self.requests,
            failed=self.failed,
        )
