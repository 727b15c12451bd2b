"""The story of a run: one streaming pass over a verified journal into columns, fills, trades and counts.

It uses only events that verify against the chain. It books every fill again in its own ledger, so that the shown
identity is recomputed and not copied. It stores columns of numbers instead of records, and keeps hearings as bytes
until they are read: a year of hourly bars on ten symbols needs some tens of megabytes. It refuses a journal that does
not begin with a session, and events with an unknown structure.
"""

import hashlib
import re
from array import array
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agents.approval.petition import Approval
from agents.llm.attempt import Attempt
from agents.memory.outcomes import Barriers
from agents.outages.alert import Alert
from agents.records.events import read_events
from agents.records.folder import journal_of
from agents.records.record import AskedAhead, CycleRecord, ExitDecision, Session, SessionEnd, ShareReview, Warmup
from agents.records.registry import Recorded
from agents.records.steered import SteerDone, Steered
from agents.shadow.heard import ShadowHeard
from config.clock import to_ms
from config.errors import JournalFault
from evidence.rulings.shadowed import ShadowTally
from evidence.rulings.taken import ThrottledCase, throttled
from execution.account.agreement import AccountDrift
from execution.account.close_only import MarketClosed
from execution.account.ledger import Ledger
from execution.exact import ZERO
from execution.journal.rows import GENESIS, Row
from execution.kill_switch.halting import HaltEvent
from execution.reports import DustSwept, Fill, OrderState, OrderStatus, SentOrder, VenueWord
from market.bar import Finding
from ops.story.cases import Cases
from ops.story.held.reviews import CourtReview, CourtReviews, ReviewFigures
from ops.story.models import Models
from ops.story.parts.alarms import alarm_of
from ops.story.parts.booking import Booking
from ops.story.parts.steered import Action, Actions
from ops.story.perpetual.told import distance, liquidation_told
from ops.story.policy.reviews import Reviewed, Reviews
from ops.story.tally import KeptHearing, RoundTrip, StoryTally
from risk.breakers import BreakerEvent
from risk.portfolio import Portfolio
from risk.ramp import RampMoved
from rl.serving.monitor import PolicyChanged

FINDINGS_KEPT = 500
_SECRET = re.compile(rb'"(seal|key_id)":"[0-9a-f]*"')

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SymbolColumns:
    """One symbol by bar, each shape (n_bars,), float64 [quote]; NaN without a bar or without a stop."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    stop: Floats


@dataclass(frozen=True, slots=True)
class AccountColumns:
    """The account by bar close, each shape (n_bars,). Money [quote], the rest as fractions of equity."""

    close_ms: npt.NDArray[np.int64]
    """Bar closes [ms since the epoch, UTC], int64."""
    equity: Floats
    cash: Floats
    deployed_fraction: Floats
    drawdown: Floats
    var_1d: Floats
    es_1d: Floats
    open_positions: Floats
    net_fraction: Floats
    """Long less short positions, at their mark prices; on spot nothing is short, and it is NaN."""
    to_liquidation: Floats
    """The least distance of a mark price from its liquidation price [fraction of the mark]; NaN without one."""
    symbols: dict[str, SymbolColumns]


@dataclass(frozen=True, slots=True)
class Story:
    """A run as reports and tables read it."""

    run: str
    session: Session
    columns: AccountColumns
    ledger: Ledger
    """The ledger that booked every fill again, valued at the last closes."""
    fills: tuple[Fill, ...]
    funding: dict[str, Decimal]
    """Net funding paid by symbol [quote]; only symbols with a payment."""
    funding_by_side: dict[str, Decimal]
    """Net funding paid by longs and by shorts [quote]; only sides with a payment."""
    orders: tuple[SentOrder, ...]
    trades: tuple[RoundTrip, ...]
    troubles: tuple[OrderState, ...]
    """Orders that the venue rejected, or whose state is unknown."""
    states: dict[str, OrderState]
    """The last state of each order that the venue reported, by order id."""
    exact: tuple[str, ...]
    """Equity and cash at each bar close, as the ledger wrote them [quote]: two numbers, separated by a comma."""
    cases: Cases
    """Every case of the court, in a few words."""
    hearings: tuple[KeptHearing, ...]
    tally: StoryTally
    models: Models | None
    """None if no models sat in the court."""
    exits: tuple[ExitDecision, ...]
    breaker_events: tuple[BreakerEvent, ...]
    alerts: tuple[Alert, ...]
    halts: tuple[HaltEvent, ...]
    """The events of the kill switch."""
    approvals: tuple[Approval, ...]
    """The answers about large positions."""
    actions: tuple[Action, ...]
    """What operators have asked of the session, each with its result."""
    findings: tuple[Finding, ...]
    """The first few hundred; `tally.findings` counts all."""
    throttled: tuple[ThrottledCase, ...]
    """Every proposed purchase, with what the court, the gate and the policy took from it."""
    reviews: tuple[Reviewed, ...]
    """The latest reviews of positions by the policy, oldest first; `tally.policy` counts all."""
    court_reviews: tuple[CourtReview, ...]
    """The court's latest reviews of held positions, oldest first; `reviewed` counts all."""
    reviewed: ReviewFigures | None
    shadow: ShadowTally | None
    """What the court and its shadow have ruled; None where no shadow sat."""
    portfolio: Portfolio | None
    """The account at the end, from the journal; None if there was no bar."""
    end: SessionEnd | None
    data_hash: str
    known_days: int
    """Whole days before the session whose bars were known."""
    events: int
    journal_hash: str
    content_hash: str
    """SHA-256 over kinds and payloads without seals and key names: equal for the same run under another key."""


def read_story(run: Path, key: bytes) -> Story:
    """Read a run's folder. Raises JournalFault when the journal is missing, damaged, forged or of an unknown
    structure.
    """
    path = journal_of(run)
    events = read_events(path, key)
    first = next(events, None)
    if first is None or not isinstance(first.event, Session):
        raise JournalFault(f"{path.name} does not begin with a session, so there is nothing to report. Run it again.")
    reader = _Reader(run.resolve().name, first.event)
    reader.count_in(first.row)
    for found in events:
        reader.take(found)
    return reader.story()


class _Reader:
    """What has been read so far."""

    def __init__(self, run: str, session: Session) -> None:
        self._run, self._session = run, session
        self._digest, self._count, self._head = hashlib.sha256(), 0, GENESIS
        self._booking = Booking(session)
        self._account = {name: array("d") for name in _ACCOUNT}
        self._close_ms = array("q")
        self._bars = {symbol: {name: array("d") for name in _OHLC} for symbol in self._session.symbols}
        self._fills: list[Fill] = []
        self._liquidated: list[Fill] = []
        self._orders: list[SentOrder] = []
        self._troubles: list[OrderState] = []
        self._states: dict[str, OrderState] = {}
        self._exact: list[str] = []
        self._cases = Cases(session)
        self._exits: list[ExitDecision] = []
        self._breakers: list[BreakerEvent] = []
        self._alerts: list[Alert] = []
        self._halts: list[HaltEvent] = []
        self._actions = Actions()
        self._approvals: list[Approval] = []
        self._findings: list[Finding] = []
        self._tally = StoryTally()
        self._reviews = Reviews()
        self._court_reviews = CourtReviews()
        self._barriers = Barriers.of(self._session)
        self._throttled: list[ThrottledCase] = []
        settings = self._session.settings
        self._models = Models(settings.minds, at_once=settings.court.fast_share is not None)
        seat = self._session.shadow
        self._shadow = None if seat is None else ShadowTally(self._session, seat)
        self._portfolio: Portfolio | None = None
        self._end: SessionEnd | None = None
        self._data_hash = ""
        self._known_days = 0
        self._note(self._session.findings)

    def take(self, found: Recorded) -> None:
        """Take one event in; kinds that show nothing here are only counted."""
        self.count_in(found.row)
        match found.event:
            case CycleRecord() as record:
                self._cycle(record)
            case Warmup() as warmup:
                self._known_days = _known_days(warmup, self._session)
            case VenueWord() as word:
                self._venue(word)
            case DustSwept() as swept:
                self._booking.sweep(swept)
            case AccountDrift() | MarketClosed() | RampMoved() | Alert() as told:
                alarm = alarm_of(told)
                assert alarm is not None
                self._alerts.append(alarm)
            case SentOrder() as order:
                self._orders.append(order)
            case BreakerEvent() as latch:
                self._breakers.append(latch)
            case ShareReview() as review:
                self._reviews.take(review)
            case PolicyChanged() as changed:
                self._tally.policy.change(changed)
            case HaltEvent() as halt:
                self._halts.append(halt)
            case Steered() | SteerDone() as steered:
                self._actions.take(steered)
            case Approval() as approval:
                self._approvals.append(approval)
            case Attempt() as attempt:
                self._models.attempt(attempt)
            case ShadowHeard() as aside if self._shadow is not None:
                self._shadow.say(aside)
            case AskedAhead() as ahead:
                self._models.outlooks.asked(ahead)
            case SessionEnd() as end:
                self._end = end
                self._portfolio, self._data_hash = end.portfolio, end.data_hash
                self._models.bar(self._portfolio.as_of_utc, ())  # outlooks that were asked at the last bar

    def count_in(self, row: Row) -> None:
        """Add a row to the counts and hashes of the whole journal."""
        self._count, self._head = row.seq, row.mac
        self._digest.update(f"{row.kind}\x1f{len(row.payload)}\x1f".encode())
        self._digest.update(_SECRET.sub(rb'"\1":""', row.payload))

    def _cycle(self, record: CycleRecord) -> None:
        book, exposure = record.portfolio, record.exposure
        self._exact.append(f"{book.equity:f},{book.cash:f}")
        self._close_ms.append(int(record.as_of_utc.timestamp() * 1000))
        numbers = (
            float(book.equity), float(book.cash), exposure.deployed_fraction, exposure.drawdown, exposure.var_1d,
            exposure.es_1d, float(len(book.positions)), *self._at_stake(book),
        )  # fmt: skip
        for column, number in zip(self._account.values(), numbers, strict=True):
            column.append(number)
        stops = {held.symbol: float(held.stop_price) for held in book.positions if held.stop_price is not None}
        nan = float("nan")
        for symbol, columns in self._bars.items():
            bar = record.tape.bars.get(symbol)
            prices = (bar.open, bar.high, bar.low, bar.close) if bar else (nan, nan, nan, nan)
            for column, price in zip(columns.values(), (*prices, stops.get(symbol, nan)), strict=True):
                column.append(price)
        self._booking.ledger.mark({symbol: Decimal(repr(record.tape.value_of(symbol))) for symbol in record.tape.bars})
        for fill in self._liquidated:
            text = liquidation_told(fill, record.as_of_utc)
            self._alerts.append(Alert(at_utc=fill.filled_utc, code="liquidated", severity="critical", text=text))
        self._liquidated.clear()
        self._portfolio, self._data_hash = book, record.data_hash
        self._exits.extend(record.exits)
        self._note(record.tape.findings)
        self._tally.frozen.update(record.tape.frozen.keys())
        self._tally.frozen_at_end = record.tape.frozen
        self._tally.freezes.see(record.as_of_utc, record.tape.frozen)
        self._reviewed(record)
        made = self._models.bar(record.as_of_utc, (*record.hearings, *record.reviews))
        self._cases.pass_slice(record.tape)
        self._tally.votes.update((vote.voter, vote.direction) for vote in record.votes)
        self._tally.dropped.update(gone.why for gone in record.dropped)
        for passed in record.unheard:
            self._tally.pass_over(passed.symbol, passed.rule)
        for review in record.reviews:
            self._court_reviews.take(review)
        for hearing in record.fast:
            self._cases.enter_at_once(hearing)
            self._tally.enter_at_once(hearing)
        for gone in record.dropped:
            self._cases.drop(gone.decision_id)
        for hearing in record.hearings:
            fast = self._cases.entered(hearing.case.decision_id)
            self._cases.hear(hearing)
            self._tally.hear(hearing, made.get(hearing.case.decision_id, ()), fast)
            before = ZERO if fast is None else fast.verdict.notional
            case = throttled(len(self._close_ms) - 1, hearing, self._barriers, before)
            self._throttled.extend([case] if case else [])
            if self._shadow is not None:
                self._shadow.hear(len(self._close_ms) - 1, hearing)

    def _at_stake(self, book: Portfolio) -> tuple[float, float]:
        """Long less short [fraction of equity], and how far the nearest liquidation is [fraction of the mark]; NaN on spot."""
        nan = float("nan")
        if self._session.settings.market.perpetuals is None:
            return nan, nan
        net = float(sum((held.notional for held in book.positions), ZERO) / book.equity) if book.equity > 0 else 0.0
        near = [distance(held.mark_price, held.liquidation_price) for held in book.positions]
        return net, min((each for each in near if each is not None), default=nan)

    def _reviewed(self, record: CycleRecord | None) -> None:
        for review in self._reviews.close(record):
            self._tally.policy.review(review)

    def _venue(self, word: VenueWord) -> None:
        bad = (OrderStatus.REJECTED, OrderStatus.UNKNOWN)
        self._troubles.extend(state for state in word.report.states if state.status in bad)
        self._states.update((state.order_id, state) for state in word.report.states)
        for fill in self._booking.take(word.report).fills:
            self._fills.append(fill)
            if fill.purpose == "liquidation":
                self._liquidated.append(fill)

    def _note(self, findings: tuple[Finding, ...]) -> None:
        self._tally.findings.update(finding.kind for finding in findings)
        self._findings.extend(findings[: FINDINGS_KEPT - len(self._findings)])

    def story(self) -> Story:
        """Return the whole story."""
        self._reviewed(None)
        self._cases.end()
        account = {name: np.array(column, dtype=np.float64) for name, column in self._account.items()}
        symbols = {
            symbol: SymbolColumns(**{name: np.array(column, dtype=np.float64) for name, column in columns.items()})
            for symbol, columns in self._bars.items()
        }
        return Story(
            run=self._run,
            session=self._session,
            columns=AccountColumns(close_ms=np.array(self._close_ms, dtype=np.int64), **account, symbols=symbols),
            ledger=self._booking.ledger,
            fills=tuple(self._fills),
            funding=dict(sorted(self._booking.funding.items())),
            funding_by_side=dict(self._booking.funding_by_side),
            orders=tuple(self._orders),
            trades=tuple(self._booking.trades),
            troubles=tuple(self._troubles),
            states=self._states,
            exact=tuple(self._exact),
            cases=self._cases,
            hearings=self._tally.kept(),
            tally=self._tally,
            models=self._models if self._session.settings.court.mind == "models" else None,
            exits=tuple(self._exits),
            breaker_events=tuple(self._breakers),
            alerts=tuple(self._alerts),
            halts=tuple(self._halts),
            approvals=tuple(self._approvals),
            actions=self._actions.all(),
            findings=tuple(self._findings),
            throttled=tuple(self._throttled),
            reviews=self._reviews.all(),
            court_reviews=self._court_reviews.all(),
            reviewed=self._court_reviews.figures(),
            shadow=self._shadow,
            portfolio=self._portfolio,
            end=self._end,
            data_hash=self._data_hash,
            known_days=self._known_days,
            events=self._count,
            journal_hash=self._head,
            content_hash=self._digest.hexdigest(),
        )


def _known_days(warmup: Warmup, session: Session) -> int:
    """The whole days that the bars before a session cover."""
    slices = [close_ms - session.timeframe.seconds * 1000 for close_ms, _ in warmup.slices[:1]]
    days = [close_ms - _DAY_MS for close_ms, _ in warmup.days[:1]]
    start_ms = to_ms(session.start_utc)
    return (start_ms - min((*slices, *days), default=start_ms)) // _DAY_MS


_DAY_MS = 86_400_000
_ACCOUNT = (
    "equity", "cash", "deployed_fraction", "drawdown", "var_1d", "es_1d", "open_positions", "net_fraction", "to_liquidation",
)  # fmt: skip
_OHLC = ("open", "high", "low", "close", "stop")
