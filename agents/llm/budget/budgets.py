"""Budgets of a decision, a UTC day and a UTC month: a call is made only if its worst case is within all three.

Outlooks, which are asked ahead of a hearing, may use only a part of the day's budget.

All runs of this user share the budgets of the day and the month (`agents/llm/budget/book.py` stores them). A
decision's budget belongs to its run; a resumed run starts with the decision's cost from its journal. When the book
cannot be written, nothing may be spent, and the caller gets a refusal like that of any other budget.
"""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from agents.llm.attempt import WATCHLIST, BudgetWarning
from agents.llm.budget.book import Full, Scope, SpendingBook
from config.clock import aware
from config.errors import OutputFault
from config.sections.minds import BudgetSettings

SPENDING_FILE = "spending.db"


class Reservation(NamedTuple):
    """Money that is reserved for one call [USD]."""

    number: int
    worst: Decimal
    scopes: tuple[Scope, ...]


class Refusal(NamedTuple):
    """No call: `spent` [USD] includes reservations. `budget` is None if the book failed; `fault` then gives the
    reason.
    """

    budget: str | None
    spent: Decimal
    limit: Decimal
    worst: Decimal
    fault: str = ""

    @property
    def why(self) -> str:
        if self.budget is None:
            return self.fault
        return (
            f"the {self.budget}'s budget of {self.limit} USD has {self.limit - self.spent:f} USD left, and this call can "
            f"cost {self.worst:f} USD"
        )


class Spending:
    """The budgets of one run."""

    def __init__(
        self, path: Path, budget: BudgetSettings, begun: datetime, watchlist_usd: Decimal = Decimal(0)
    ) -> None:
        """Open the book of this user; `watchlist_usd` is the budget for outlooks in one UTC day [USD].

        Raises OutputFault when the book cannot be used.
        """
        self._book = SpendingBook(path, begun)
        self._budget = budget
        self._watchlist_usd = watchlist_usd
        self._warned: set[str] = set()
        self._warnings: list[BudgetWarning] = []
        self._before: dict[str, Decimal] = {}

    def carry(self, decision_id: str, usd: Decimal) -> None:
        """Count `usd` [USD] that an earlier run has spent on a decision. The book already has it for the day, but not
        for the decision.
        """
        if usd:
            self._before[decision_id] = usd

    def reserve(
        self, decision_id: str, provider: str, worst: Decimal, at: datetime, *, ahead: bool = False
    ) -> Reservation | Refusal:
        """Reserve `worst` [USD] durably before a call, or return the budget that refuses. Never raises an error for
        the disk.
        """
        scopes = (*self._ahead(at), *self._scopes(decision_id, at)) if ahead else self._scopes(decision_id, at)
        try:
            found = self._book.reserve(f"{provider} {decision_id}", scopes, worst, at)
        except OutputFault as fault:
            return Refusal(None, Decimal(0), Decimal(0), worst, str(fault))
        if isinstance(found, Full):
            self._watch(found.scope, found.spent)
            return Refusal(found.scope.budget, found.spent, found.scope.limit, worst)
        return Reservation(found.number, worst, scopes)

    def settle(self, reservation: Reservation, cost: Decimal) -> None:
        """Book the real cost of the call [USD]. If the book cannot be written, the worst case stays."""
        try:
            totals = self._book.settle(reservation.number, cost)
        except OutputFault:
            return
        for scope, spent in zip(reservation.scopes, totals, strict=True):
            self._watch(scope, spent + scope.before)

    def is_near(self, decision_id: str, at: datetime) -> bool:
        """Whether the share of a budget is used from which warnings are given; reserved amounts count. A book that cannot be
        read is not near its end: it refuses by itself.
        """
        scopes = self._scopes(decision_id, at)
        try:
            totals = self._book.spent(*(scope.name for scope in scopes))
        except OutputFault:
            return False
        return any(self._is_used(scope, spent + scope.before) for scope, spent in zip(scopes, totals, strict=True))

    def warnings(self) -> tuple[BudgetWarning, ...]:
        """Return the budgets that came near their limit since the last call; each is reported once in a run."""
        told, self._warnings = tuple(self._warnings), []
        return told

    def close(self) -> None:
        """Close the book."""
        self._book.close()

    def _scopes(self, decision_id: str, at: datetime) -> tuple[Scope, ...]:
        day = aware(at).astimezone(UTC)
        return (
            Scope(
                "decision",
                f"decision {self._book.session} {decision_id}",
                self._budget.decision_usd,
                self._before.get(decision_id, Decimal(0)),
            ),
            Scope("day", f"day {day:%Y-%m-%d}", self._budget.day_usd),
            Scope("month", f"month {day:%Y-%m}", self._budget.month_usd),
        )

    def _ahead(self, at: datetime) -> tuple[Scope, ...]:
        day = aware(at).astimezone(UTC)
        return (Scope(WATCHLIST, f"watchlist {day:%Y-%m-%d}", self._watchlist_usd),)

    def _watch(self, scope: Scope, spent: Decimal) -> None:
        once = "decision" if scope.budget == "decision" else scope.name
        if once in self._warned or not self._is_used(scope, spent):
            return
        self._warned.add(once)
        period = "" if scope.budget == "decision" else scope.name
        self._warnings.append(BudgetWarning(budget=scope.budget, period=period, spent_usd=spent, limit_usd=scope.limit))

    def _is_used(self, scope: Scope, spent: Decimal) -> bool:
        return float(spent) >= self._budget.warn_at * float(scope.limit)
