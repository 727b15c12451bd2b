"""The matching core of one perpetual: stops may be triggered by the mark price, and positions are liquidated.

An exit that would lose more than the margin of its position is not traded: the exchange takes the position over, as it does when
the mark price has reached the liquidation price. It closes all of it at the bankruptcy price and cancels the market's orders.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from typing import Literal, NamedTuple, Protocol

from execution.exact import EXACT, ZERO
from execution.reports import Fill, OrderState, OrderStatus, VenueReport
from execution.simulated.account import Account
from execution.simulated.margined.account import MarginAccount
from execution.simulated.matching import MatchingCore
from execution.simulated.resting import Resting
from market.book import Book
from market.instrument import Instrument
from risk.order import Order, OrderKind, Purpose, Side

_ROUNDING = Context(prec=EXACT.prec)
_TAKEN_OVER = "cancelled by the exchange: the position was liquidated"


class Leg(NamedTuple):
    """A movement without a jump, of the traded price and of the mark price at the same time [quote]."""

    start: Decimal
    end: Decimal
    mark_start: Decimal
    mark_end: Decimal

    def mark_passes(self, price: Decimal) -> bool:
        """Return whether the mark price reaches this one."""
        return min(self.mark_start, self.mark_end) <= price <= max(self.mark_start, self.mark_end)

    def traded_when(self, mark: Decimal, tick: Decimal, side: Side) -> Decimal:
        """Return the traded price at which the mark price reaches `mark`, in whole ticks that are worse for this side."""
        if (self.start, self.end) == (self.mark_start, self.mark_end):
            return mark
        with localcontext(_ROUNDING):
            price = self.start + self.way(mark) * (self.end - self.start)
            whole = (price / tick).to_integral_value(ROUND_CEILING if side is Side.BUY else ROUND_FLOOR) * tick
        return min(max(whole, min(self.start, self.end)), max(self.start, self.end))

    def way(self, mark: Decimal) -> Decimal:
        """Return how much of the movement is done when the mark price is there [fraction]."""
        return _share(self.mark_start, self.mark_end, mark)

    def traded_way(self, price: Decimal) -> Decimal:
        """Return how much of the movement is done when the traded price is there [fraction]."""
        return _share(self.start, self.end, price)

    def split(self, mark: Decimal, middle: Decimal) -> tuple["Leg", "Leg"]:
        """Return the parts before and after the mark price is there, and the traded price in the `middle`."""
        return self._replace(end=middle, mark_end=mark), self._replace(start=middle, mark_start=mark)


def _share(start: Decimal, end: Decimal, at: Decimal) -> Decimal:
    with localcontext(_ROUNDING):
        return ZERO if start == end else (at - start) / (end - start)


class _Margined(Account, Protocol):
    """The account that the core sees: a floor's, which notes what is taken from the book."""

    @property
    def account(self) -> MarginAccount: ...


class MarginCore(MatchingCore):
    """The open orders of one perpetual, and what its exchange does when a margin is used up."""

    def __init__(self, instrument: Instrument, floor: _Margined, trigger: Literal["mark", "last"]) -> None:
        super().__init__(instrument, floor)
        self._floor = floor
        self._by_mark = trigger == "mark"
        self._leg: Leg | None = None

    @property
    def opens_short(self) -> bool:
        """Whether an entry of a short is open."""
        return any(order.side is Side.SELL and not order.reduce_only for order in self.open_orders())

    def move(
        self, leg: Leg, book_at: Callable[[Decimal], Book], at: datetime, *, exits_only: bool = False
    ) -> VenueReport:
        """Move traded price and mark price together, as `sweep` moves the one."""
        self._leg = leg
        report = self.sweep(leg.start, leg.end, book_at, at, exits_only=exits_only)
        self._leg = None
        return report

    def liquidated(self, mark: Decimal, at: datetime) -> VenueReport | None:
        """Liquidate the position if this mark price has reached its liquidation price; None if it has not."""
        symbol = self._instrument.symbol
        price, held = self._floor.account.liquidation_price(symbol), self._floor.account.held(symbol)
        if price is None or (mark > price if held > 0 else mark < price):
            return None
        self._liquidate(f"the mark price reached {price}", at)
        return self._report()

    def _liquidate(self, why: str, at: datetime) -> None:
        fill = self._floor.account.liquidate(self._instrument, at)
        self._fills.append(fill)
        self._states.append(
            OrderState(
                order_id=fill.order_id, decision_id=fill.decision_id, symbol=fill.symbol, status=OrderStatus.FILLED,
                filled_quantity=fill.quantity, at_utc=at,
                note=f"liquidated: {why}; all was closed at the bankruptcy price {fill.price}",
            )
        )  # fmt: skip
        for resting in tuple(self._open.values()):
            self._close(resting, OrderStatus.CANCELLED, at, _TAKEN_OVER)

    def _settles(self, fill: Fill, at: datetime) -> bool:
        if fill.purpose is not Purpose.ENTRY and self._floor.account.overdraws(fill):
            self._liquidate(f"an exit at {fill.price} would lose more than the margin", at)
            return False
        return super()._settles(fill, at)

    def _woken(self, start: Decimal, end: Decimal, exits_only: bool) -> list[tuple[Resting, Decimal]]:
        leg = self._leg
        if leg is None or not self._by_mark or (leg.start, leg.end) == (leg.mark_start, leg.mark_end):
            return super()._woken(start, end, exits_only)
        woken: list[tuple[Decimal, Resting, Decimal]] = []
        for resting in self._trading(exits_only):
            if resting.taking:
                continue
            marked = resting.order.kind is OrderKind.STOP
            low, high = sorted((leg.mark_start, leg.mark_end) if marked else (start, end))
            if not resting.reached(low, high):
                continue
            touched = resting.touched_at(leg.mark_start if marked else start)
            if marked:
                traded = leg.traded_when(touched, self._instrument.tick_size, resting.order.side)
                woken.append((leg.way(touched), resting, traded))
            else:
                woken.append((leg.traded_way(touched), resting, touched))
        woken.sort(key=lambda each: each[0])
        return [(resting, traded) for _, resting, traded in woken]

    def _unaffordable(self, order: Order) -> str:
        held = self._floor.account.held(order.symbol)
        if not order.reduce_only and held and (held > 0) is not (order.side is Side.BUY):
            return f"{held} is held on the other side: an entry does not reduce a position"
        return super()._unaffordable(order)
