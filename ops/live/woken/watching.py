"""Alerts that follow from what came before: orders of unknown fate, falls, losses in a row, bars that do not come, the day.

It takes the events of one session in their order, holds a bounded amount, and looks at a clock only where bars are awaited by it.
"""

from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from agents.court.reserved.dockets import FAST
from agents.desk.clocked.figures import OrderRate
from agents.desk.world import ON_THE_CLOCK
from agents.llm.attempt import Attempt, AttemptOutcome
from agents.records.inputs import Arrived
from agents.records.record import CycleRecord, Session, SessionEnd
from config.frozen import Journaled
from execution.kill_switch.halting import Halt, HaltEvent
from execution.reports import DustSwept, Fill, OrderState, OrderStatus, SentOrder, VenueWord
from ops.live.woken.daily import Daily
from ops.live.woken.notice import Notice, notice
from ops.live.woken.told import halts_told, told_of
from ops.story.parts.booking import Booking
from ops.story.perpetual.told import liquidation_told
from ops.story.tally import RoundTrip

OVERDUE = timedelta(seconds=5)
"""How late the next closed bar may be before it is told."""
STREAK = 4
"""Losses of one voter in a row that are told, and every so many more."""
VOLUME = 3.0
"""Orders of an hour, as a multiple of the usual, from which on they are told; half of it ends it."""
_STEPS = 4
"""Parts of the allowed drawdown that are told."""
_ATTEMPTS = 10
_KEPT = 4000
_STOPS = frozenset({"stop_loss", "trailing_stop"})
_DONE = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})


class Watcher:
    """One session. Nothing is told before its start is known."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._at: datetime | None = None
        self._orders: dict[str, SentOrder] = {}
        self._unknown: dict[str, None] = {}
        self._halts: tuple[Halt, ...] = ()
        self._frozen: frozenset[str] = frozenset()
        self._fallen = 0
        self._losses: Counter[str] = Counter()
        self._voters: dict[str, tuple[str, ...]] = {}
        self._attempts: deque[bool] = deque(maxlen=_ATTEMPTS)
        self._fails = self._is_busy = self._is_overdue = False
        self._spent_on = ""
        self._awaited: datetime | None = None
        """The close that is awaited, on the clock."""
        self._ahead = timedelta(0)
        """By how much the exchange's time was ahead of this machine's when bars came last."""

    def take(self, event: Journaled, now: datetime) -> tuple[Notice, ...]:
        """Take the next event, heard at this time of the machine; returns the alerts that it makes."""
        if isinstance(event, Session):
            return self._begin(event, now)
        if self._session is None:
            return ()
        own = tuple(self._follow(event, now))
        return (*told_of(event), *own, *self._volume(event))

    def tick(self, now: datetime) -> tuple[Notice, ...]:
        """What time alone makes: a bar that is awaited and does not come."""
        waited = self._awaited
        if waited is None or self._is_overdue or now + self._ahead < waited + OVERDUE:
            return ()
        self._is_overdue = True
        text = (
            f"The bar that closed at {waited:%Y-%m-%d %H:%M} UTC has not come. Nothing new is opened until it does; stops stay "
            "where they are. It is asked for until it comes."
        )
        return (notice("bar_overdue", now, text),)

    def _begin(self, session: Session, now: datetime) -> tuple[Notice, ...]:
        self._session, self._booking = session, Booking(session)
        self._rate, self._daily = OrderRate(len(session.symbols)), Daily(session)
        if session.settings.world in ON_THE_CLOCK:
            self._await(session.start_utc)
        text = f"{session.settings.profile} on {session.source}: {', '.join(session.symbols)}, bars of {session.timeframe.value}."
        return (notice("session_started", session.start_utc, text),)

    def _follow(self, event: Journaled, now: datetime) -> Iterator[Notice]:
        match event:
            case SentOrder():
                self._orders[event.order_id] = event
                _shorten(self._orders)
            case VenueWord():
                for state in event.report.states:
                    yield from self._state(state)
                booked = self._booking.take(event.report)
                yield from self._filled(booked.fills)
                yield from self._closed(booked.closed)
            case DustSwept():
                yield from self._closed(self._booking.sweep(event))
            case Attempt():
                yield from self._attempt(event, now)
            case HaltEvent():
                yield from halts_told(event, self._halts)
                if event.action != "flat":
                    self._halts = event.halts
            case Arrived():
                self._ahead = event.at_utc - now
            case CycleRecord():
                yield from self._bar(event, now)
            case SessionEnd():
                self._awaited = None
            case _:
                pass

    def _bar(self, record: CycleRecord, now: datetime) -> Iterator[Notice]:
        at = self._at = record.as_of_utc
        for hearing in record.hearings:
            decision = hearing.case.decision_id.removesuffix(FAST)
            self._voters[decision] = tuple(sorted({vote.voter for vote in hearing.case.proposal.votes}))
            _shorten(self._voters)
        yield from self._daily.take(record)
        yield from self._drawdown(record)
        frozen = frozenset(record.tape.frozen)
        for symbol in sorted(frozen - self._frozen):
            text = f"{symbol}: {record.tape.frozen[symbol]}. Nothing new is bought there; exits go on."
            yield notice("data_frozen", at, text, key=symbol)
        for symbol in sorted(self._frozen - frozen):
            yield notice("data_frozen", at, f"{symbol}: its data is believed again.", key=symbol, is_over=True)
        self._frozen = frozen
        if self._awaited is not None:
            if self._is_overdue:
                yield notice("bar_overdue", now, f"The bar of {at:%Y-%m-%d %H:%M} UTC is there.", is_over=True)
            self._await(at)

    def _await(self, last: datetime) -> None:
        assert self._session is not None
        self._awaited = last + self._session.timeframe.duration
        self._is_overdue = False

    def _drawdown(self, record: CycleRecord) -> Iterator[Notice]:
        assert self._session is not None
        limit, now = self._session.settings.limits.max_drawdown, record.exposure.drawdown
        step = min(_STEPS, int(_STEPS * now / limit))
        if step > self._fallen:
            text = f"Equity is {now:.2%} below its peak: {step} of {_STEPS} quarters of the {limit:.0%} at which trading halts."
            yield notice("drawdown_step", record.as_of_utc, text, key=f"{step} {record.as_of_utc:%Y-%m-%d}")
        if step > self._fallen or now == 0:
            self._fallen = step

    def _state(self, state: OrderState) -> Iterator[Notice]:
        order = self._orders.get(state.order_id)
        purpose = "order" if order is None else order.purpose.value
        what = f"{state.symbol} {purpose.replace('_', ' ')} {state.order_id}"
        note = f": {state.note}" if state.note else ""
        if state.status is OrderStatus.UNKNOWN and state.order_id not in self._unknown:
            self._unknown[state.order_id] = None
            _shorten(self._unknown)
            text = f"{what} was sent, and nobody knows what became of it{note}. It is asked for; nothing is sent in its place."
            yield notice("order_unknown", state.at_utc, text, key=state.order_id)
        elif state.status is not OrderStatus.UNKNOWN and state.order_id in self._unknown:
            del self._unknown[state.order_id]
            yield notice(
                "order_unknown", state.at_utc, f"{what} is {state.status.value}.", key=state.order_id, is_over=True
            )
        if state.status is OrderStatus.REJECTED:
            code = "stop_failed" if purpose in _STOPS else "order_rejected" if purpose == "entry" else "exit_failed"
            yield notice(code, state.at_utc, f"{what} was refused{note}.", key=state.order_id)
        elif state.status is OrderStatus.ACCEPTED and purpose in _STOPS and order is not None:
            text = f"{what} rests at {order.stop_price} for {order.quantity}."
            yield notice("stop_placed", state.at_utc, text, key=state.order_id, amounts=(order.quantity,))
        if state.status in _DONE:
            self._orders.pop(state.order_id, None)

    def _filled(self, fills: tuple[Fill, ...]) -> Iterator[Notice]:
        for fill in fills:
            at = fill.filled_utc
            sizes = (fill.quantity.normalize(), fill.quantity, fill.fee.normalize(), fill.fee)
            if fill.purpose.value == "liquidation":
                yield notice("liquidated", at, liquidation_told(fill, at), key=fill.trade_id, amounts=sizes)
                continue
            done = "bought" if fill.side.value == "buy" else "sold"
            purpose = fill.purpose.value.replace("_", " ")
            text = f"{fill.symbol}: {done} {fill.quantity} at {fill.price} ({purpose}). {fill.decision_id}"
            yield notice("fill", at, text, key=f"{fill.account} {fill.symbol} {fill.trade_id}", amounts=sizes)

    def _closed(self, trips: tuple[RoundTrip, ...]) -> Iterator[Notice]:
        for trip in trips:
            self._daily.close(trip)
            for voter in self._voters.get(trip.decision_id.removesuffix(FAST), ()):
                if trip.trade.pnl > 0:
                    self._losses[voter] = 0
                    continue
                self._losses[voter] += 1
                count = self._losses[voter]
                if count % STREAK == 0:
                    text = f"{voter} has lost {count} trades in a row, the last one in {trip.trade.symbol}."
                    yield notice("loss_streak", trip.trade.exit_utc, text, key=f"{voter} {count}")

    def _attempt(self, attempt: Attempt, now: datetime) -> Iterator[Notice]:
        at = self._at or now
        self._daily.spend(attempt)
        if attempt.outcome is AttemptOutcome.SKIPPED_BUDGET and self._spent_on != f"{at:%Y-%m-%d}":
            self._spent_on = f"{at:%Y-%m-%d}"
            text = f"{attempt.provider} was not asked as {attempt.role}: {attempt.detail}. Others speak, or the rules."
            yield notice("budget_spent", at, text, key=self._spent_on)
        if not attempt.outcome.was_sent or attempt.from_cache:
            return
        self._attempts.append(attempt.outcome is not AttemptOutcome.OK)
        failed = sum(self._attempts)
        if not self._fails and len(self._attempts) == _ATTEMPTS and 2 * failed >= _ATTEMPTS:
            self._fails = True
            last = attempt.outcome.value
            text = f"{failed} of the last {_ATTEMPTS} requests to models brought no opinion, the last one {last}."
            yield notice("model_errors", at, text)
        elif self._fails and 5 * failed <= _ATTEMPTS:
            self._fails = False
            yield notice("model_errors", at, "Models answer again as they should.", is_over=True)

    def _volume(self, event: Journaled) -> tuple[Notice, ...]:
        self._rate.hear(event)
        multiple = self._rate()
        at = event.created_utc if isinstance(event, SentOrder) else self._at
        if at is None:
            return ()
        if not self._is_busy and multiple >= VOLUME:
            self._is_busy = True
            text = f"Orders or proposals of the last hour are {multiple:.1f} times the usual."
            return (notice("order_volume", at, text),)
        if self._is_busy and multiple <= VOLUME / 2:
            self._is_busy = False
            return (notice("order_volume", at, "As many orders as usual again.", is_over=True),)
        return ()


def _shorten(kept: dict[str, SentOrder] | dict[str, None] | dict[str, tuple[str, ...]]) -> None:
    while len(kept) > _KEPT:
        del kept[next(iter(kept))]
