"""One order of ours at the exchange: what was sent for it, what the exchange told of that, and what is still to be said of it.

An order may be sent more than once, one sending after the other: a stop whose quantity was reduced, a watched target, a stop that
is sold at market in the end. Its fills are counted by trade id over all sendings. It is said to be done only when the known
trades make up the quantity that the exchange says was filled. It takes any fill in any state.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from execution.reports import Fill, Liquidity, OrderState, OrderStatus, VenueReport
from execution.venues.exchange.told import Standing, ToldOrder, ToldTrade
from risk.order import Order, OrderKind

BELIEVED_AT = 5
"""How many times in a row an exchange must say that less of an order was filled than it said before. Once is an answer that was
late; this often it takes back what it said."""


class Phase(StrEnum):
    """Where an order is."""

    WATCHED = "watched"
    """Nothing of it is at the exchange: the price is watched."""
    UNKNOWN = "unknown"
    """It was sent, and there is no evidence yet."""
    LIVE = "live"
    DONE = "done"


@dataclass(slots=True)
class Sending:
    """One order as it was sent to the exchange. Times in that of the event loop [s]."""

    client_id: str
    quantity: Decimal
    sent_s: float
    stop: bool
    limit: Decimal | None = None
    orders: dict[str, ToldOrder] = field(default_factory=dict)
    """What the exchange last told of each of its orders with this client id, by its own id. More than one is a contradiction."""
    taken_back: dict[str, tuple[Decimal, int]] = field(default_factory=dict)
    """The lower quantity that the exchange has said since of each of its orders [base], and how many times in a row."""

    @property
    def venue_ids(self) -> frozenset[str]:
        """The exchange's ids under which its trades are: those of the orders that a triggered stop became, or its own."""
        return frozenset[str]().union(*(told.children or (told.venue_id,) for told in self.orders.values()))

    @property
    def filled(self) -> Decimal:
        """What the exchange says was filled [base]."""
        return sum((told.filled for told in self.orders.values()), Decimal(0))

    @property
    def over(self) -> bool:
        """Whether the exchange says that nothing more can happen to it."""
        return bool(self.orders) and all(told.standing is not Standing.OPEN for told in self.orders.values())

    def take(self, told: ToldOrder) -> None:
        """Note what the exchange told. An older word, with less filled or an order open again, changes nothing.

        The same lower quantity of an order that is over, told `BELIEVED_AT` times in a row, is no older word: it is taken.
        Otherwise a figure that was too high once would bind coins for ever, and no exit could sell them.
        """
        if any(told.venue_id in each.children for each in self.orders.values()):
            return  # it is what a stop became, and is told with the stop
        before = self.orders.get(told.venue_id)
        if before is not None and before.standing is not Standing.OPEN and told.standing is Standing.OPEN:
            return
        if before is not None and told.filled < before.filled:
            said, times = self.taken_back.get(told.venue_id, (told.filled, 0))
            times = times + 1 if said == told.filled and told.standing is not Standing.OPEN else 1
            self.taken_back[told.venue_id] = (told.filled, times)
            if times < BELIEVED_AT:
                return
        self.taken_back.pop(told.venue_id, None)
        self.orders[told.venue_id] = told


class Tracked:
    """One order of ours."""

    def __init__(self, order: Order, phase: Phase, quantity: Decimal) -> None:
        """`quantity`: what is to be traded [base]; an exit's may be less than was ordered."""
        self.order = order
        self.phase = phase
        self.quantity = self.whole = quantity
        self.sendings: list[Sending] = []
        self.resolved = asyncio.Event()
        self.withdrawing = False
        """It is to be cancelled, and is not known to be yet."""
        self.insisted = False
        """It is withdrawn beside, again and again, until it is over."""
        self.held_back = False
        """Its present sending is withdrawn in order to send it otherwise: that it is gone does not end the order."""
        self.recovering = False
        """It is known from the journal, and was not looked at yet."""
        self.unseen = False
        """It is known from the journal, and the exchange did not know it when it was asked: it may be on its way, or absent."""
        self.note = ""
        self._trades: dict[str, Decimal] = {}
        self._news: list[Fill] = []
        self._told: OrderState | None = None

    @property
    def at(self) -> Sending:
        """The present sending. Raises IndexError if there is none."""
        return self.sendings[-1]

    @property
    def answered(self) -> bool:
        """Whether a state of it was told before."""
        return self._told is not None

    @property
    def filled(self) -> Decimal:
        """What its known trades sum up to [base]."""
        return sum(self._trades.values(), Decimal(0))

    @property
    def left(self) -> Decimal:
        """What may still be traded [base]; nothing once it is done."""
        return Decimal(0) if self.phase is Phase.DONE else max(Decimal(0), self.quantity - self.filled)

    @property
    def bound(self) -> Decimal:
        """What it may bind at the exchange, or has traded there and is not counted yet [base]."""
        if self.phase is Phase.LIVE and self.sendings and self.at.over:
            return self.uncounted
        return self.left

    @property
    def venue_ids(self) -> frozenset[str]:
        """All ids under which the exchange knows it."""
        return frozenset[str]().union(*(sending.venue_ids for sending in self.sendings))

    @property
    def trades_missing(self) -> bool:
        """Whether the exchange says that more was filled than the known trades sum up to."""
        return self.uncounted > 0

    @property
    def uncounted(self) -> Decimal:
        """What the exchange says was filled, and no known trade makes up [base]."""
        told = sum((sending.filled for sending in self.sendings), Decimal(0))
        return max(Decimal(0), told - self.filled)

    @property
    def is_target(self) -> bool:
        """Whether its price is watched instead of resting at the exchange: the stop beside it binds the quantity there."""
        return self.order.kind is OrderKind.LIMIT and self.order.oco_group is not None

    def known(self, trade_id: str) -> bool:
        """Whether the trade was counted."""
        return trade_id in self._trades

    def count(self, trade: ToldTrade, *, booked: bool) -> Fill | None:
        """Count a trade. The fill to be told; None if it was counted before, or `booked` by the journal."""
        if trade.trade_id in self._trades:
            return None
        self._trades[trade.trade_id] = trade.quantity
        if booked:
            return None
        fill = Fill(
            trade_id=trade.trade_id, order_id=self.order.order_id, decision_id=self.order.decision_id,
            symbol=self.order.symbol, side=trade.side, purpose=self.order.purpose, quantity=trade.quantity, price=trade.price,
            fee=trade.fee, fee_currency=trade.fee_currency, liquidity=Liquidity.MAKER if trade.maker else Liquidity.TAKER,
            filled_utc=trade.at_utc,
        )  # fmt: skip
        self._news.append(fill)
        return fill

    def conclude(self) -> None:
        """End the order if the exchange says that its present sending is over, and all its trades are known.

        One whose sendings were not looked for yet since the journal was read is not ended: nothing is known of them.
        """
        sent = bool(self.sendings) and not self.recovering
        if self.phase is Phase.LIVE and sent and not self.held_back and self.at.over and not self.trades_missing:
            self.phase = Phase.DONE

    def status(self) -> OrderStatus:
        """Its state in the words of the account."""
        if self.phase is Phase.UNKNOWN or (self.unseen and self.phase is Phase.LIVE):
            return OrderStatus.UNKNOWN
        if self.phase is not Phase.DONE:
            return OrderStatus.PARTIAL if self.filled else OrderStatus.ACCEPTED
        if self.filled >= self.whole:
            return OrderStatus.FILLED
        refused = not self.filled and self.sendings and not self.withdrawing and self._all_refused()
        return OrderStatus.REJECTED if refused else OrderStatus.CANCELLED

    def state(self, at: datetime) -> OrderState:
        """Its state, to be told now."""
        return OrderState(
            order_id=self.order.order_id, decision_id=self.order.decision_id, symbol=self.order.symbol, status=self.status(),
            filled_quantity=self.filled, at_utc=at, note=self.note,
        )  # fmt: skip

    def first_word(self, at: datetime) -> OrderState:
        """The answer to an order that was sent. One that was filled meanwhile was accepted first."""
        state = self.state(at)
        if state.status not in (OrderStatus.UNKNOWN, OrderStatus.REJECTED):
            state = state.model_copy(update={"status": OrderStatus.ACCEPTED, "filled_quantity": Decimal(0)})
        self._told = self._told or state
        return state

    def news(self, at: datetime, *, answer: bool = False) -> VenueReport:
        """What was not told yet; told from now on. `answer`: say its state even if it was told before."""
        state, fills = self.state(at), tuple(self._news)
        self._news.clear()
        told, self._told = self._told, state
        same = told is not None and (told.status, told.filled_quantity) == (state.status, state.filled_quantity)
        if told is not None and same:
            state = self._told = told
        return VenueReport(states=() if same and not answer and not fills else (state,), fills=fills)

    def _all_refused(self) -> bool:
        told = [each for sending in self.sendings for each in sending.orders.values()]
        return not told or all(each.standing is Standing.REJECTED for each in told)


def merged(reports: Mapping[int, VenueReport] | list[VenueReport]) -> VenueReport:
    """Several reports as one, in their order."""
    each = list(reports.values()) if isinstance(reports, Mapping) else reports
    return VenueReport(
        states=tuple(state for report in each for state in report.states),
        fills=tuple(fill for report in each for fill in report.fills),
        funding=tuple(paid for report in each for paid in report.funding),
        close_only=next((report.close_only for report in reversed(each) if report.close_only is not None), None),
    )
