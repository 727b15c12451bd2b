"""What is counted of a session for those who measure it over time: votes, rules of the gate, requests to models, orders.

It counts typed events and holds a bounded amount: names that a profile or a venue brings are kept up to `MOST_NAMES` of each
sort, and what comes after them is counted under `other`.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from agents.approval.petition import Approval
from agents.court.hearing import Argued, Hearing
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, SupervisorOpinion
from agents.llm.attempt import Attempt, Role
from agents.records.record import CycleRecord
from config.frozen import Journaled
from config.silence import Abstained
from execution.account.agreement import AccountDrift
from execution.account.close_only import MarketClosed
from execution.kill_switch.halting import PAUSED, HaltEvent
from execution.reports import OrderStatus, SentOrder, VenueReport, VenueWord
from ops.story.parts.alarms import alarm_of
from risk.breakers import BreakerEvent
from risk.ramp import TOP, RampMoved
from risk.verdict import Reaction, Verdict
from rl.serving.monitor import PolicyChanged

MOST_NAMES = 40
"""Distinct names of one sort (voters, models) that are counted apart."""
OTHER = "other"
TENTHS = tuple(round(0.1 * n, 1) for n in range(1, 11))
"""Bounds of what is stated as a fraction."""
REPLY_S = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
"""Bounds of how long a model takes [s]."""
ACKNOWLEDGED_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Bounds of how long a venue takes to speak of an order [s]."""
COMMIT_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Bounds of how long the journal takes for an event [s]."""
_ORDERS_WAITING = 2000


class Spread:
    """How often values fell below each of some bounds, the sum of all and their number. `bounds`: ascending."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.total = 0.0
        self._counts = [0] * (len(bounds) + 1)

    def add(self, value: float) -> None:
        """Count one value: a bound counts as below itself."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self._counts)

    def below(self) -> tuple[int, ...]:
        """How many values were at or below each bound; the last is the number of all. Shape (n_bounds + 1,)."""
        found, so_far = [], 0
        for count in self._counts:
            so_far += count
            found.append(so_far)
        return tuple(found)


class Names:
    """The first `most` names of one sort, as they are; any other is `other`."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._most = most
        self._known: set[str] = set()

    def of(self, name: str) -> str:
        """The name under which this one is counted."""
        if name not in self._known and len(self._known) >= self._most:
            return OTHER
        self._known.add(name)
        return name


class Measured:
    """What has been counted so far. Tuples are keys in the order that their comment says."""

    def __init__(self) -> None:
        self.votes = Counter[tuple[str, str]]()  # voter, direction
        self.abstained = Counter[Role]()
        self.struck = Counter[str]()  # role
        self.stated: dict[str, Spread] = {}
        self.verdicts = Counter[str]()
        self.refused_by = Counter[str]()  # rule
        self.cuts = Counter[tuple[str, str]]()  # rule, reaction
        self.unheard = Counter[str]()  # rule
        self.scale: float | None = None
        self.fallbacks = 0
        self.requests = Counter[tuple[Role, str, str, str]]()  # role, provider, model, outcome
        self.replies: dict[tuple[Role, str], Spread] = {}  # role, model
        self.tokens = Counter[tuple[Role, str, str]]()  # role, model, kind
        self.cost: dict[tuple[Role, str], Decimal] = {}  # role, model
        self.sent = Counter[tuple[str, str]]()  # purpose, kind
        self.ended = Counter[str]()  # status
        self.fills = Counter[tuple[str, str]]()  # purpose, liquidity
        self.acknowledged = Spread(ACKNOWLEDGED_S)
        self.halts = Counter[str]()  # action
        self.breakers = Counter[tuple[str, str]]()  # breaker, action
        self.alerts = Counter[tuple[str, str]]()  # code, severity
        self.approvals = Counter[bool]()
        self.demotions = 0
        self.ramp: float | None = None
        self.drifts: set[tuple[str, str]] = set()
        self.closed: set[tuple[str, str]] = set()
        self._voters, self._models, self._providers = Names(), Names(), Names()
        self._waiting: dict[str, datetime] = {}

    def take(self, event: Journaled) -> None:
        """Count one event."""
        match event:
            case CycleRecord():
                self._cycle(event)
            case Attempt():
                self._attempt(event)
            case SentOrder():
                self._send(event)
            case VenueWord():
                self._hear(event.report)
            case HaltEvent() if {*(at.scope for at in event.halts), *(at.scope for at in event.lifted)} != {PAUSED}:
                self.halts[event.action] += 1
            case BreakerEvent():
                self.breakers[event.breaker, event.action] += 1
            case Approval():
                self.approvals[event.approved] += 1
            case PolicyChanged():
                self.demotions += 1
            case RampMoved():
                self.ramp = event.ramp.quarters / TOP
            case AccountDrift():
                _mark(self.drifts, (event.account, event.what), begins=event.status == "begins")
            case MarketClosed():
                _mark(self.closed, (event.account, event.symbol), begins=event.status == "begins")
            case _:
                pass
        if (alarm := alarm_of(event)) is not None:
            self.alerts[alarm.code, alarm.severity] += 1

    def liquidated(self) -> None:
        """The exchange has closed a position: it is an alert that no event tells."""
        self.alerts["liquidated", "critical"] += 1

    def _cycle(self, record: CycleRecord) -> None:
        for vote in record.votes:
            self.votes[self._voters.of(vote.voter), vote.direction.value] += 1
        for each in record.unheard:
            self.unheard[each.rule] += 1
        for hearing in (*record.fast, *record.hearings):
            self._verdict(hearing.verdict)
        for heard in record.hearings:
            self._adjusted(heard)
        argued: Iterable[Argued] = (*record.hearings, *record.reviews)
        for case in argued:
            self._argued(case)

    def _argued(self, case: Argued) -> None:
        self._state("voters", case.case.proposal.conviction)
        for word in (case.analyst, case.risk_agent, case.advocate, case.supervisor):
            match word:
                case AnalystOpinion():
                    self._state(word.kind, word.conviction_pct / 100)
                case AdvocateOpinion():
                    self._state(word.kind, word.strength_pct / 100)
                case RiskOpinion() | SupervisorOpinion():
                    self._state(word.kind, word.scale_pct / 100)
                case Abstained():
                    pass
        roles: tuple[tuple[Role, object], ...] = (
            ("analyst", case.analyst),
            ("risk_agent", case.risk_agent),
            ("devils_advocate", case.advocate),
            ("supervisor", case.supervisor),
        )
        for role, said in roles:
            self.abstained[role] += isinstance(said, Abstained)
        for struck in case.struck:
            self.struck[struck.role] += len(struck.evidence)

    def _state(self, speaker: str, fraction: float) -> None:
        self.stated.setdefault(speaker, Spread(TENTHS)).add(fraction)

    def _verdict(self, verdict: Verdict) -> None:
        self.verdicts[verdict.outcome.value] += 1
        if verdict.order is None:
            self.refused_by[verdict.decided_by] += 1
        for report in verdict.rules:
            if report.reaction is not Reaction.PASS:
                self.cuts[report.code, report.reaction.value] += 1

    def _adjusted(self, hearing: Hearing) -> None:
        self.scale = hearing.adjustment.scale
        self.fallbacks += hearing.adjustment.fallback is not None

    def _attempt(self, attempt: Attempt) -> None:
        provider, model = self._providers.of(attempt.provider), self._models.of(attempt.model)
        self.requests[attempt.role, provider, model, attempt.outcome.value] += 1
        key = attempt.role, model
        self.cost[key] = self.cost.get(key, Decimal(0)) + attempt.cost_usd
        if attempt.from_cache or not attempt.outcome.was_sent:
            return
        self.replies.setdefault(key, Spread(REPLY_S)).add(attempt.latency_ms / 1000)
        if (usage := attempt.usage) is not None:
            cached = usage.cache_read_tokens + usage.cache_write_tokens
            self.tokens[*key, "input"] += usage.input_tokens - cached
            self.tokens[*key, "cache_read"] += usage.cache_read_tokens
            self.tokens[*key, "cache_write"] += usage.cache_write_tokens
            self.tokens[*key, "output"] += usage.output_tokens

    def _send(self, order: SentOrder) -> None:
        self.sent[order.purpose.value, order.kind.value] += 1
        self._waiting[order.order_id] = order.created_utc
        while len(self._waiting) > _ORDERS_WAITING:
            del self._waiting[next(iter(self._waiting))]

    def _hear(self, report: VenueReport) -> None:
        for state in report.states:
            if state.status in _ENDS:
                self.ended[state.status.value] += 1
            if state.status not in _NO_WORD and (sent := self._waiting.pop(state.order_id, None)) is not None:
                self.acknowledged.add(max(0.0, (state.at_utc - sent).total_seconds()))
        for fill in report.fills:
            self.fills[fill.purpose.value, fill.liquidity.value] += 1


_ENDS = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})
_NO_WORD = frozenset({OrderStatus.INTENT, OrderStatus.UNKNOWN})


def _mark(kept: set[tuple[str, str]], what: tuple[str, str], *, begins: bool) -> None:
    if begins:
        kept.add(what)
    else:
        kept.discard(what)
