"""The ledger: cash and positions after all reported fills. Exact to the last digit (law 7).

    start + realised + unrealised - fees - funding == cash + sum(quantity x mark)

is checked after every event. The left side is counted from lots, the right side from cash flows and from quantities; when
they differ, `InvariantBroken` shows both. The ledger refuses the sale of more than is held (spot), a fee that is not in its quote
currency, and arithmetic that would have to round. A fill that was booked before changes nothing, so it may be reported again
after a restart or a reconciliation.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, Inexact, localcontext
from types import TracebackType

from config.errors import DataFault, InvariantBroken
from execution.account.lots import Holding, Trade, oversold
from execution.exact import EXACT, ZERO
from execution.reports import Fill
from risk.order import Side
from risk.portfolio import Position


class Ledger:
    """Cash and positions in one quote currency. Money in quote units, quantities in base units."""

    def __init__(self, starting_cash: Decimal, quote: str) -> None:
        self._quote = quote
        self._starting_cash = starting_cash
        self._cash = starting_cash
        self._realised = self._fees = self._funding = ZERO
        self._holdings: dict[str, Holding] = {}
        self._trades: list[Trade] = []
        self._applied: dict[tuple[str, str], None] = {}
        self._owned: Decimal | None = None

    @property
    def starting_cash(self) -> Decimal:
        """Cash before the first event."""
        return self._starting_cash

    @property
    def cash(self) -> Decimal:
        """Cash now, after fees and funding."""
        return self._cash

    @property
    def realised(self) -> Decimal:
        """Profit of what was sold, before fees and funding."""
        return self._realised

    @property
    def fees(self) -> Decimal:
        """Fees paid."""
        return self._fees

    @property
    def funding(self) -> Decimal:
        """Funding paid minus funding received."""
        return self._funding

    @property
    def unrealised(self) -> Decimal:
        """Profit of open positions at their marks, before fees and funding."""
        with localcontext(EXACT):
            return sum([held.unrealised for held in self._holdings.values()], ZERO)

    @property
    def equity(self) -> Decimal:
        """Cash plus positions at their marks. The check of the last event has counted it already, in most cases."""
        if self._owned is None:
            with localcontext(EXACT):
                self._owned = self._cash + self._held_value
        return self._owned

    @property
    def _held_value(self) -> Decimal:
        return sum([held.quantity * held.mark_price for held in self._holdings.values()], ZERO)

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Closed round trips, in the order they were closed."""
        return tuple(self._trades)

    def positions(self) -> tuple[Position, ...]:
        """Open positions, in order of symbol. Entry prices are averages, rounded to 28 digits."""
        return tuple([_position(held) for _, held in sorted(self._holdings.items())])

    def opened_utc(self, symbol: str) -> datetime | None:
        """When the position in a symbol was opened; None if there is none."""
        held = self._holdings.get(symbol)
        return None if held is None else held.opened_utc

    def position(self, symbol: str) -> Position | None:
        """The position in one symbol; None if there is none."""
        held = self._holdings.get(symbol)
        return None if held is None else _position(held)

    def quantities(self) -> dict[str, Decimal]:
        """Base units held, by symbol."""
        return {symbol: held.quantity for symbol, held in self._holdings.items()}

    def apply(self, fill: Fill) -> bool:
        """Book a fill. Its price becomes the symbol's mark. Returns False, and does nothing, if it was booked before.

        Raises InvariantBroken for a fill that cannot be true (a sale of more than is held, no quantity, no price, a fee in
        another currency); it is not booked. Raises it also if the ledger does not balance afterwards; the ledger is then
        unusable.
        """
        key = (fill.symbol, fill.trade_id)
        if key in self._applied:
            return False
        self._refuse(fill)
        event = f"trade {fill.trade_id} in {fill.symbol}"
        with _Exactly(event):
            self._book(fill)
        self._applied[key] = None
        self._check(event)
        if not self._holdings[fill.symbol].quantity:
            self._trades.append(self._holdings.pop(fill.symbol).trade(fill))
            self._owned = None
        return True

    def apply_funding(self, funding_id: str, amount: Decimal) -> bool:
        """Pay funding (a negative amount is received), once for each id. Returns whether it was new."""
        key = ("", funding_id)
        if key in self._applied:
            return False
        with _Exactly(f"funding {funding_id}"):
            self._cash -= amount
            self._funding += amount
        self._applied[key] = None
        self._check(f"funding {funding_id}")
        return True

    def mark(self, prices: Mapping[str, Decimal]) -> None:
        """Value positions at these prices. A symbol without a price keeps its last mark.

        Raises DataFault, and changes no mark, when a price is not finite and positive.
        """
        wrong = [symbol for symbol in self._holdings if symbol in prices and not _is_price(prices[symbol])]
        if wrong:
            raise DataFault(
                f"The price of {wrong[0]} is {prices[wrong[0]]}, which is not finite and positive. The positions keep their last "
                f"valuation. Check the feed."
            )
        for symbol, held in self._holdings.items():
            held.mark_price = prices.get(symbol, held.mark_price)
        self._check("a new valuation")

    def _refuse(self, fill: Fill) -> None:
        if fill.fee_currency != self._quote:
            raise InvariantBroken(
                f"Trade {fill.trade_id} charged its fee in {fill.fee_currency}, and this ledger counts in {self._quote} only. "
                f"It was not booked. Set the venue to charge fees in {self._quote}."
            )
        if fill.quantity <= 0 or fill.price <= 0:
            raise InvariantBroken(
                f"Trade {fill.trade_id} is for {fill.quantity} at {fill.price}, which is impossible. It was not booked. Look it "
                f"up in the venue's trade list."
            )

    def _book(self, fill: Fill) -> None:
        notional = fill.quantity * fill.price
        held = self._holdings.get(fill.symbol)
        if fill.side is Side.BUY:
            held = held or self._holdings.setdefault(fill.symbol, Holding(fill.symbol, fill.filled_utc, fill.price))
            held.buy(fill, notional)
            self._cash -= notional + fill.fee
        elif held is None:
            raise oversold(fill, ZERO)
        else:
            self._realised += held.sell(fill, notional)
            self._cash += notional - fill.fee
        self._fees += fill.fee

    def _check(self, event: str) -> None:
        """Raise InvariantBroken unless the identity holds exactly."""
        with _Exactly(event):
            unrealised = sum([held.unrealised for held in self._holdings.values()], ZERO)
            held_value = self._held_value
            earned = self._starting_cash + self._realised + unrealised - self._fees - self._funding
            owned = self._owned = self._cash + held_value
        if earned != owned:
            raise InvariantBroken(
                f"The ledger does not balance after {event}: start {self._starting_cash} + realised {self._realised} + "
                f"unrealised {unrealised} - fees {self._fees} - funding {self._funding} = {earned}, but cash {self._cash} + "
                f"positions {held_value} = {owned}. The session was stopped, since nothing after it can be trusted. Compare the "
                f"journal with the venue's trade list."
            )


def _position(held: Holding) -> Position:
    return Position(
        symbol=held.symbol, quantity=held.quantity, entry_price=held.average_price, mark_price=held.mark_price
    )


def _is_price(price: Decimal) -> bool:
    return price.is_finite() and price > 0


class _Exactly:
    """A context of arithmetic without rounding. Raises InvariantBroken if a result would have to be rounded."""

    __slots__ = ("_context", "_event")

    def __init__(self, event: str) -> None:
        self._event = event
        self._context = localcontext(EXACT)

    def __enter__(self) -> None:
        self._context.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.__exit__(kind, fault, trace)
        if isinstance(fault, Inexact):
            raise InvariantBroken(
                f"Booking {self._event} needs more than {EXACT.prec} digits. It was not rounded, and the session was stopped. "
                "Look the event up in the venue's list."
            ) from fault
