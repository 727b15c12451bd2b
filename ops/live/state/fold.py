"""The fold: from the typed events of one session, one by one, to how it stands now.

It books every fill again, as the story of a finished run does, and copies no figure that it can compute. It holds a bounded
amount, whatever the length of the session. It decides nothing, and does not look at a clock.
"""

from collections import deque
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from agents.approval.petition import Approval
from agents.court.case import Case
from agents.court.hearing import Hearing, Review
from agents.court.opinion import Evidence
from agents.court.reserved.dockets import FAST
from agents.desk.world import ON_THE_CLOCK
from agents.llm.attempt import Attempt
from agents.outages.alert import Alert
from agents.records.inputs import Arrived
from agents.records.record import CycleRecord, Session, SessionEnd
from agents.shadow.heard import ShadowHeard
from config.frozen import Frozen, Journaled
from config.sections.strategies import names_of
from config.silence import Abstained
from execution.kill_switch.halting import PAUSED, Halt, HaltEvent
from execution.reports import DustSwept, Fill, SentOrder, VenueWord
from ops.live.state.account import Account, leverage
from ops.live.state.actions import Actions
from ops.live.state.decisions import Decisions
from ops.live.state.measured import Measured
from ops.live.state.orders import OpenOrders
from ops.live.state.series import Curves, Series
from ops.live.state.tallies import Spent, Tally
from ops.live.state.values import (
    AlertNow,
    FeedNow,
    Head,
    Held,
    LatchNow,
    OrderNow,
    Phase,
    Status,
    mode_of,
)
from ops.story.parts.alarms import alarm_of
from ops.story.parts.booking import Booking, quote_currency
from ops.story.perpetual.told import liquidation_told
from ops.story.tally import RoundTrip
from ops.story.trials.finding import shadow_name
from risk.portfolio import Position
from rl.adjustment import Adjustment
from rl.serving.monitor import PolicyChanged

ALERTS_KEPT = 100
ATTEMPTS_KEPT = 200
HEARINGS_KEPT = 40
SPEAKING_KEPT = 50
FILLS_KEPT = 5000
_THESES_KEPT = 2000


class Said(NamedTuple):
    """One word in court: who says it, what, and which of its citations do not match the case."""

    role: str
    word: Abstained | Frozen
    struck: tuple[Evidence, ...]


class Speaking(NamedTuple):
    """A case before the court, and what has been said of it."""

    case: Case
    said: list[Said]


class Fold:
    """One session so far. `run`: the name of its folder."""

    def __init__(self, run: str, session: Session) -> None:
        self.session = session
        self.decisions = Decisions(session)
        self.recent: deque[Hearing | Review] = deque(maxlen=HEARINGS_KEPT)
        """The last cases, whole: the oldest first."""
        self.attempts: deque[Attempt] = deque(maxlen=ATTEMPTS_KEPT)
        """The last requests to models, the oldest first."""
        self.speaking: dict[str, Speaking] = {}
        """The cases that are before the court now, by decision, with what was said so far."""
        self.fills: deque[tuple[str, Fill]] = deque(maxlen=FILLS_KEPT)
        """The last fills, each with the decision whose position it was of, the oldest first."""
        self.trades: deque[RoundTrip] = deque(maxlen=ALERTS_KEPT)
        """The last closed trades, the oldest first."""
        self._head = _head_of(run, session)
        self._booking, self._orders, self._series = Booking(session), OpenOrders(), Series()
        self._events = 1
        self._account: Account | None = None
        self._end: SessionEnd | None = None
        self._halts: tuple[Halt, ...] = ()
        self._alerts: deque[Alert] = deque(maxlen=ALERTS_KEPT)
        self._theses: dict[str, str] = {}
        self._adjustment: Adjustment | None = None
        self._policy_note = ""
        self._last_decision: datetime | None = None
        self._feeds: dict[str, FeedNow] = {symbol: FeedNow(name=symbol, last_utc=None) for symbol in session.symbols}
        self.actions = Actions()
        """What humans have done to the session."""
        self.voters = _voters_of(session)
        """The names of the session's strategies."""
        self.measured = Measured()
        """What is counted for those who measure the session over time."""
        self._tally = Tally()
        self._spent = Spent()

    def take(self, event: Journaled, number: int) -> None:
        """Take the next event; `number`: its own in the journal. Kinds that show nothing here are only counted."""
        self._events = number
        self.measured.take(event)
        self.actions.take(event)
        match event:
            case CycleRecord():
                self._cycle(event, number)
            case VenueWord():
                self._venue(event)
            case _ if event.event_kind == SentOrder.event_kind:
                self._orders.send(_as_told(event))
            case DustSwept():
                self._closed(self._booking.sweep(event))
            case Arrived():
                self._arrived(event)
            case Attempt():
                self.attempts.append(event)
                self.decisions.begin(event.decision_id, number)
                self._spent.add(event, self._day())
            case HaltEvent() if event.action != "flat":
                self._halts = event.halts
            case Approval():
                self.decisions.begin(event.decision_id, number)
            case ShadowHeard():
                self.decisions.overrule(event, number)
            case PolicyChanged():
                self._policy_note = f"made {event.after} again: {event.why}"
            case SessionEnd():
                self._end = event
                self.decisions.end()
                exposure = None if self._account is None else self._account.exposure
                self._account = Account(event.portfolio, event.breakers, exposure)
        if (alarm := alarm_of(event)) is not None:
            self._alerts.append(alarm)

    def overhear(self, case: Case, said: Said) -> None:
        """Take what a role says before the record of its bar is written."""
        at = self.speaking.setdefault(case.decision_id, Speaking(case, []))
        at.said.append(said)
        while len(self.speaking) > SPEAKING_KEPT:
            del self.speaking[next(iter(self.speaking))]

    @property
    def events(self) -> int:
        """The number of the last event that was taken."""
        return self._events

    @property
    def is_over(self) -> bool:
        """Whether the session has ended."""
        return self._end is not None

    @property
    def orders(self) -> tuple[OrderNow, ...]:
        """The orders that are not done, the oldest first."""
        return self._orders.all()

    @property
    def alerts(self) -> tuple[AlertNow, ...]:
        """The last alerts, the newest first."""
        return tuple(
            AlertNow(at_utc=alert.at_utc, code=alert.code, severity=alert.severity, text=alert.text)
            for alert in reversed(self._alerts)
        )

    @property
    def positions(self) -> tuple[Held, ...]:
        """What is held, in the order of the ledger."""
        return tuple(self._held(position) for position in self._booking.ledger.positions())

    def curves(self, since_s: int | None = None) -> Curves:
        """The account over time, from a moment on [s since the epoch, UTC]."""
        return self._series.curves(since_s)

    def status(self, *, is_reading: bool = False, missed: int = 0, fault: str = "") -> Status:
        """How the session stands. `is_reading`: its journal is still being read; `missed`, `fault`: what the reader could not
        have, and why it has stopped."""
        phase: Phase = "reading" if is_reading else "running"
        if self._end is not None:
            phase = self._end.reason
        settings, account = self.session.settings, self._account
        figures = None if account is None else account.now(self._booking.ledger)
        has_models = settings.court.mind == "models"
        return Status(
            head=self._head,
            phase=phase,
            events=self._events,
            missed=missed,
            fault=fault,
            as_of_utc=None if self._account is None else self._account.portfolio.as_of_utc,
            last_decision_utc=self._last_decision,
            account=figures,
            used=() if account is None or figures is None else account.used(settings.limits, figures),
            latches=self._latches(),
            feeds=tuple(self._feeds.values()),
            budget=self._spent.now(self._day(), settings.minds.budget.day_usd) if has_models else None,
            adjuster=self._adjuster(),
            alerts=self.alerts,
            counts=self._tally.counts(self.session.bars),
        )

    def _cycle(self, record: CycleRecord, number: int) -> None:
        self._account = Account(record.portfolio, record.breakers, record.exposure)
        tape, book = record.tape, record.portfolio
        self._booking.ledger.mark({symbol: Decimal(repr(tape.value_of(symbol))) for symbol in tape.bars})
        for symbol in self.session.symbols:
            if symbol in tape.bars or symbol in tape.frozen:
                last = tape.close_utc if symbol in tape.bars else self._feeds[symbol].last_utc
                self._feeds[symbol] = FeedNow(name=symbol, last_utc=last, note=tape.frozen.get(symbol, ""))
        gross, net = leverage(book)
        self._series.add(
            int(record.as_of_utc.timestamp()), float(book.equity), record.exposure.drawdown, gross, net
        )  # fmt: skip
        self._tally.bars += 1
        self._tally.deepest = max(self._tally.deepest, record.exposure.drawdown)
        self.decisions.take(record, number)
        self._tally.reviews += len(record.reviews)
        self.recent.extend((*record.fast, *record.reviews, *record.hearings))
        for hearing in (*record.fast, *record.hearings):
            self._note(hearing)
        for heard in (*record.reviews, *record.hearings):
            self.speaking.pop(heard.case.decision_id, None)
        for hearing in record.hearings:
            self._tally.hear(hearing)
        if record.hearings or record.reviews:
            self._last_decision = record.as_of_utc

    def _note(self, hearing: Hearing) -> None:
        self._adjustment = hearing.adjustment
        if hearing.verdict.order is None:
            return
        voters = ", ".join(sorted({vote.voter for vote in hearing.case.proposal.votes}))
        self._theses.setdefault(hearing.case.decision_id.removesuffix(FAST), f"{voters}: {hearing.ruling.why}")
        while len(self._theses) > _THESES_KEPT:
            del self._theses[next(iter(self._theses))]

    def _venue(self, word: VenueWord) -> None:
        self._orders.hear(word.report)
        booked = self._booking.take(word.report)
        self.fills.extend(zip(booked.openers, booked.fills, strict=True))
        for fill in booked.fills:
            if fill.purpose == "liquidation":
                text = liquidation_told(fill, fill.filled_utc)
                self._alerts.append(Alert(at_utc=fill.filled_utc, code="liquidated", severity="critical", text=text))
                self.measured.liquidated()
        self._closed(booked.closed)

    def _closed(self, trips: tuple[RoundTrip, ...]) -> None:
        self.trades.extend(trips)
        for trip in trips:
            self.decisions.close(trip)
            self._tally.close(trip)

    def _arrived(self, arrived: Arrived) -> None:
        for symbol, said in arrived.sentiment.items():
            for name, part in said.components().items():
                if part.age_h is not None:
                    feed = f"{name} {symbol}"
                    self._feeds[feed] = FeedNow(name=feed, last_utc=said.as_of_utc)

    def _held(self, position: Position) -> Held:
        symbol, quantity = position.symbol, position.quantity
        book = None if self._account is None else self._account.portfolio.position(symbol)
        opened_by = self._booking.opened_by(symbol)
        gained = position.mark_price - position.entry_price
        stop = self._orders.stop_of(symbol)
        return Held(
            symbol=symbol,
            side="short" if position.is_short else "long",
            quantity=abs(quantity),
            entry_price=position.entry_price,
            mark_price=position.mark_price,
            stop_price=stop if stop is not None or book is None else book.stop_price,
            target_price=self._orders.target_of(symbol, is_short=position.is_short),
            unrealised=round(gained * quantity, 8),
            change=float(gained / position.entry_price) * (-1 if position.is_short else 1),
            opened_utc=self._booking.ledger.opened_utc(symbol),
            decision_id=opened_by,
            thesis=self._theses.get(opened_by or "", ""),
            liquidation_price=None if book is None else book.liquidation_price,
            account=position.account,
        )

    def _latches(self) -> tuple[LatchNow, ...]:
        switches = [
            LatchNow(
                name="entries paused" if halt.scope == PAUSED else "kill switch",
                since_utc=halt.given_utc,
                until_utc=None,
                why=f"{halt.who}: {halt.why}" + (" (all positions are sold)" if halt.flatten else ""),
                scope="" if halt.scope in ("all", PAUSED) else halt.scope,
            )
            for halt in self._halts
        ]
        latched = () if self._account is None else self._account.breakers.latches
        breakers = [
            LatchNow(
                name=latch.breaker.replace("_", " "),
                since_utc=latch.since_utc,
                until_utc=latch.until_utc,
                why=latch.why,
                scope=" ".join(filter(None, (latch.symbol, latch.against and f"{latch.against}s"))),
            )
            for latch in latched
        ]
        return (*switches, *breakers)

    def _adjuster(self) -> str:
        mode = self.session.settings.rl.mode
        if mode == "off":
            return "off"
        name = self.session.policy.name if self.session.policy is not None else "policy"
        last = "" if self._adjustment is None else f", last x{self._adjustment.scale:.2f}"
        note = f" ({self._policy_note})" if self._policy_note else ""
        return f"{name}, {mode}{last}{note}"

    def _day(self) -> str:
        at = self.session.start_utc if self._account is None else self._account.portfolio.as_of_utc
        return at.date().isoformat()


def _voters_of(session: Session) -> tuple[str, ...]:
    """The names of the strategies that the session began with."""
    entries = session.settings.strategies
    return tuple(name for name, entry in zip(names_of(entries), entries, strict=True) if entry.is_on)


def _as_told(order: Journaled) -> SentOrder:
    """An order as a journal tells of it. A session hands over the order itself, which nobody here may name."""
    return order if isinstance(order, SentOrder) else SentOrder.made_of(dict(order))


def _head_of(run: str, session: Session) -> Head:
    return Head(
        run=run,
        mode=mode_of(session.settings),
        profile=session.settings.profile,
        version=session.version,
        source=session.source,
        symbols=session.symbols,
        timeframe=session.timeframe.value,
        quote=quote_currency(session),
        on_the_clock=session.settings.world in ON_THE_CLOCK,
        start_utc=session.start_utc,
        shadow=shadow_name(session),
    )
