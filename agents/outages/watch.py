"""The outage watch: it detects when models stop answering, when they answer again, and when a budget is nearly spent.

An outage is a series of decisions in which models were asked for a role and none of them gave an opinion, whatever the cause:
providers that are down, answers without an opinion, a spent budget. It begins with the first such decision. It ends at the
first bar close at which every role that was asked has an answer in all decisions. If nobody was asked (no case, the fast path,
a role of the rules mind, an analyst whose outlook was read, providers that do not sit in this run), nothing is learnt, and the
outage continues. Outlooks that are asked ahead neither begin nor end an outage: no decision waits for them, and they have a
smaller share of the rate and the budget. `minds.outage` decides who answers instead; that does not matter here.

The time of the schedule (`minds.derisk`) is counted from the bar close of the first decision. The watch never reads the machine's
clock, and it never says what to buy: after an outage only new proposals open positions.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from agents.llm.attempt import ROLES, Attempt, AttemptOutcome, Role
from agents.outages.alert import Alert, AlertCode, Severity
from config.sections.minds import DeriskStep
from execution.account.stops import size_of
from risk.portfolio import Portfolio


class OutageWatch:
    """A session's state of an outage, from bar to bar."""

    def __init__(self, steps: tuple[DeriskStep, ...]) -> None:
        self._steps = steps
        self._since: datetime | None = None
        self._taken = 0
        self._most: dict[str, Decimal] = {}
        self._owed: dict[str, Decimal] = {}
        self._told: set[tuple[str, str]] = set()
        self._noted: list[Attempt] = []

    def note(self, attempt: Attempt) -> None:
        """Take an attempt of this bar. Call it in the order of the journal."""
        self._noted.append(attempt)

    def noted(self) -> tuple[Attempt, ...]:
        """The attempts that were noted since this was last called."""
        seen = tuple(self._noted)
        self._noted.clear()
        return seen

    def heard(self, at: datetime, attempts: Sequence[Attempt], ahead: Sequence[Attempt] = ()) -> tuple[Alert, ...]:
        """The alerts that follow from the attempts of a bar close, in their order.

        Attempts that were made `ahead` of a hearing, for the watchlist, count only for budgets.
        """
        if not attempts and not ahead:
            return ()
        return (*self._budgets(at, (*ahead, *attempts)), *self._outage(at, attempts))

    def step_due(self, at: datetime, portfolio: Portfolio) -> DeriskStep | None:
        """The step of the schedule that falls due at this bar close, if there is one.

        If several fall due, it is the last, which keeps the least. `owed` then holds what it requires.
        """
        held = {position.symbol: size_of(position) for position in portfolio.positions}
        if self._since is None:
            self._most = held
            return None
        self._most = {symbol: max(quantity, self._most.get(symbol, quantity)) for symbol, quantity in held.items()}
        due = [step for step in self._steps[self._taken :] if at >= self._since + timedelta(hours=step.after_h)]
        if not due:
            return None
        self._taken += len(due)
        keep = Decimal(repr(due[-1].keep_fraction))
        self._owed = {symbol: most * keep for symbol, most in self._most.items()}
        return due[-1]

    @property
    def owed(self) -> dict[str, Decimal]:
        """The most that may stay of each position for which the last step is not done yet, in base units."""
        return dict(self._owed)

    def paid(self, symbol: str) -> None:
        """The last step is done for a symbol."""
        del self._owed[symbol]

    def _budgets(self, at: datetime, attempts: Sequence[Attempt]) -> tuple[Alert, ...]:
        """One alert per budget and period."""
        alerts = []
        for warning in (warning for attempt in attempts for warning in attempt.warnings):
            place = (warning.budget, warning.period)
            if place not in self._told:
                self._told.add(place)
                alerts.append(_alert(at, "budget_near", "warning", warning.text))
        return tuple(alerts)

    def _outage(self, at: datetime, attempts: Sequence[Attempt]) -> tuple[Alert, ...]:
        attempts = tuple(made for made in attempts if made.outcome is not AttemptOutcome.SKIPPED_NO_SEAT)
        if not attempts:
            return ()
        silent = silences(attempts)
        if silent and self._since is None:
            self._since = at
            return (_alert(at, "outage_began", "warning", f"{_who(silent, attempts)} {self._plan()}"),)
        if silent or self._since is None:
            return ()
        text = (
            f"All roles that were asked of models were answered, for the first time since {_moment(self._since)}. Nothing is "
            "bought back: what is new is proposed and tried as ever."
        )
        self._since, self._taken = None, 0
        self._owed.clear()
        return (_alert(at, "outage_ended", "info", text),)

    def _plan(self) -> str:
        if not self._steps:
            return "What is held stays, with its stops."
        plan = ", ".join(f"{step.keep_fraction:.0%} after {step.after_h:g} h" for step in self._steps)
        return f"What is held keeps its stops; while this lasts the schedule leaves of each position {plan}."


def silences(attempts: Sequence[Attempt]) -> frozenset[tuple[str, Role]]:
    """The decisions and roles for which models were asked and none gave an opinion."""
    asked = {(attempt.decision_id, attempt.role) for attempt in attempts}
    spoke = {(attempt.decision_id, attempt.role) for attempt in attempts if attempt.outcome is AttemptOutcome.OK}
    return frozenset(asked - spoke)


def derisked(at: datetime, step: DeriskStep, sold: Sequence[str], waiting: Sequence[str]) -> Alert:
    """The alert of a step of the schedule: what was sold, and which sales wait for a believed bar."""
    parts = [f"{step.after_h:g} h of outage: the schedule leaves {step.keep_fraction:.0%} of each position."]
    parts.append(f"Sold at market, as far as it was above that: {', '.join(sold)}." if sold else "Nothing was sold.")
    if waiting:
        parts.append(f"{', '.join(waiting)} had no bar to be believed, and will follow in the next one.")
    return _alert(at, "outage_derisked", "critical", " ".join(parts))


def _who(silent: frozenset[tuple[str, Role]], attempts: Sequence[Attempt]) -> str:
    """Which roles got no answer, and the last outcome of each provider."""
    roles = tuple(role for role in ROLES if any(role == each for _, each in silent))
    named = "any role" if roles == ROLES else ", ".join(role.replace("_", " ") for role in roles)
    last = {made.provider: made.outcome for made in attempts if (made.decision_id, made.role) in silent}
    causes = ", ".join(f"{name} {outcome.value.replace('_', ' ')}" for name, outcome in last.items())
    return f"No model gave a word as {named} ({causes})."


def _alert(at: datetime, code: AlertCode, severity: Severity, text: str) -> Alert:
    return Alert(at_utc=at, code=code, severity=severity, text=text)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
