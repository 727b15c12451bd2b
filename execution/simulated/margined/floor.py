"""The market of one perpetual on the simulated exchange: the path of a bar, and liquidation on it.

Where a short is held, or would be opened, the price moves from the open to the high, the low and the close; else the low comes
first. So a stop is met before a target on both sides. The mark price moves beside it in the same order; where none is known, the
traded price stands for it. What happens first on the way happens: a stop whose trigger lies before the liquidation price fires
first, and what it could not fill is liquidated. A mark price that opens beyond the liquidation price liquidates before anything
trades, whatever stops lie between.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Literal

from execution.exact import exact_decimal
from execution.reports import VenueReport
from execution.simulated.book_model import BookModel
from execution.simulated.floor import SpotFloor
from execution.simulated.latency import Latency
from execution.simulated.margined.account import MarginAccount
from execution.simulated.margined.core import Leg, MarginCore
from market.bar import Bar, MarkBar
from market.instrument import Instrument
from risk.order import Side


class MarginFloor(SpotFloor):
    """The market of one perpetual: its core, the liquidity of the present bar, and the shared account."""

    core: MarginCore

    def __init__(
        self,
        instrument: Instrument,
        model: BookModel,
        latency: Latency,
        account: MarginAccount,
        trigger: Literal["mark", "last"],
    ) -> None:
        super().__init__(instrument, model, latency, account)
        self.account = account
        self.core = MarginCore(instrument, self, trigger)
        self._triggers_by_mark = trigger == "mark"

    def begin(self, bar: Bar, exits_only: bool, mark: MarkBar | None = None) -> Iterable[VenueReport]:
        """Liquidate what the mark price at the open has reached; then trade at the open."""
        self._moving, self._book = True, None
        marked = exact_decimal((mark or bar).open)
        yield from self._liquidated(marked, bar.open_utc)
        if not self.core.idle:
            last = marked if self._triggers_by_mark else exact_decimal(bar.open)
            yield from self._meet(bar, exits_only, last)
            yield from self._liquidated(marked, bar.open_utc)

    def walk(self, bar: Bar, exits_only: bool, mark: MarkBar | None = None) -> Iterable[VenueReport]:
        """Trade and liquidate from the open to the close, with the liquidity that the open left."""
        if not self.core.idle or self.account.held(bar.symbol):
            yield from self._legs(bar, exits_only, mark or MarkBar(**{name: getattr(bar, name) for name in _PRICES}))
        self._moving = False
        if not exits_only:
            self.last_close = bar.close

    def _legs(self, bar: Bar, exits_only: bool, mark: MarkBar) -> Iterable[VenueReport]:
        low, high = exact_decimal(min(bar.low, mark.low)), exact_decimal(max(bar.high, mark.high))
        liquidation = self.account.liquidation_price(bar.symbol)
        if not self.core.wakes(low, high, exits_only=exits_only) and (
            liquidation is None or not low <= liquidation <= high
        ):
            return
        held = self.account.held(bar.symbol)
        short = held < 0 or (not held and self.core.opens_short)
        turns = ("open", "high", "low", "close") if short else ("open", "low", "high", "close")
        traded = [exact_decimal(getattr(bar, name)) for name in turns]
        marks = [exact_decimal(getattr(mark, name)) for name in turns]
        for leg in map(Leg, traded, traded[1:], marks, marks[1:]):
            yield from self._leg(leg, bar, exits_only)

    def _leg(self, leg: Leg, bar: Bar, exits_only: bool) -> Iterable[VenueReport]:
        """One movement, in two parts where the liquidation price lies on it."""
        price, book = self.account.liquidation_price(bar.symbol), self._bar_book(bar)
        if price is not None and leg.mark_passes(price):
            side = Side.SELL if self.account.held(bar.symbol) > 0 else Side.BUY
            middle = leg.traded_when(price, self._instrument.tick_size, side)
            before, leg = leg.split(price, middle)
            yield self.core.move(before, book.book_at, bar.close_utc, exits_only=exits_only)
            yield from self._liquidated(price, bar.close_utc)
        yield self.core.move(leg, book.book_at, bar.close_utc, exits_only=exits_only)
        yield from self._liquidated(leg.mark_end, bar.close_utc)

    def _liquidated(self, mark: Decimal, at: datetime) -> Iterable[VenueReport]:
        report = self.core.liquidated(mark, at)
        if report is not None:
            yield report


_PRICES = ("open", "high", "low", "close")
