"""The ledger: cash and positions after all reported fills. Exact to the last digit (law 7).

    start + realised + unrealised - fees - funding == cash + sum(quantity x mark)

is checked after every event. The left side is counted from lots, the right side from cash flows and from quantities; when
they differ, `InvariantBroken` shows both. The ledger refuses the sale of more than is held (spot), and arithmetic that would have
to round. A fill that was booked before changes nothing, so it may be reported again after a restart or a reconciliation.

A real exchange charges fees in other coins too. A fee in the base coin is counted at the trade's price, and the coins are gone
from the position. A fee in a third coin is counted in that coin, beside the identity: that coin is none of ours. What is smaller
than one lot cannot be sold: it becomes dust, which is valued like a position, is none, and joins the next purchase. The ledger of
a simulated exchange refuses all of this, because such an exchange has no reason for it.
"""

from collections.abc import Mapping, Set
from datetime import datetime
from decimal import Decimal, Inexact, localcontext
from types import TracebackType

from config.errors import DataFault, InvariantBroken
from execution.account.lots import Holding, Trade, oversold
from execution.exact import EXACT, ZERO
from execution.reports import Fill
from market.instrument import Instrument
from risk.order import Side
from risk.portfolio import Position


class Ledger:
    """Cash and positions in one quote currency. Money in quote units, quantities in base units."""

    def __init__(self, starting_cash: Decimal, quote: str, real: Mapping[str, Instrument] | None = None) -> None:
        """`real`: the markets of a real exchange, by symbol; None for a simulated one."""
        self._quote = quote
        self._real = real or {}
        self._dust: dict[str, Holding] = {}
        self._booked = 0
        self._fees_in: dict[str, Decimal] = {}
        self._starting_cash = starting_cash
        self._cash = starting_cash
        self._realised = self._fees = self._funding = ZERO
        self._holdings: dict[str, Holding] = {}
        self._trades: list[Trade] = []
        self._applied: dict[tuple[str, str], None] = {}
        self._worth: Decimal | None = None

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
            return sum([held.unrealised for held in self._owned()], ZERO)

    @property
    def fees_in(self) -> dict[str, Decimal]:
        """Fees that were paid in a third coin, in units of that coin. They are not part of the identity."""
        return dict(self._fees_in)

    @property
    def dust(self) -> dict[str, Decimal]:
        """What is held and too small to sell, base units by symbol."""
        return {symbol: held.quantity for symbol, held in self._dust.items()}

    @property
    def equity(self) -> Decimal:
        """Cash plus positions at their marks. The check of the last event has counted it already, in most cases."""
        if self._worth is None:
            with localcontext(EXACT):
                self._worth = self._cash + self._held_value
        return self._worth

    @property
    def _held_value(self) -> Decimal:
        return sum([held.quantity * held.mark_price for held in self._owned()], ZERO)

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
        """Base units held, by symbol, without dust."""
        return {symbol: held.quantity for symbol, held in self._holdings.items()}

    @property
    def owned_symbols(self) -> Set[str]:
        """The markets of positions and of dust."""
        return self._holdings.keys() | self._dust.keys() if self._dust else self._holdings.keys()

    def owned(self) -> dict[str, Decimal]:
        """Base units held, by symbol, with dust: what an exchange must have of ours."""
        with localcontext(EXACT):
            return {
                symbol: self.quantities().get(symbol, ZERO) + self.dust.get(symbol, ZERO)
                for symbol in sorted(self._holdings.keys() | self._dust.keys())
            }

    def apply(self, fill: Fill) -> bool:
        """Book a fill. Its price becomes the symbol's mark. Returns False, and does nothing, if it was booked before.

        On a real exchange the part of a sale that exceeds what is held is not booked: see `surplus`.
        Raises InvariantBroken for a fill that cannot be true (on a simulated exchange a sale of more than is held, no quantity,
        no price, a fee in another currency); it is not booked. Raises it also if the ledger does not balance afterwards; the
        ledger is then unusable.
        """
        key = (fill.symbol, fill.trade_id)
        if key in self._applied:
            return False
        self._refuse(fill)
        event = f"trade {fill.trade_id} in {fill.symbol}"
        if surplus := self.surplus(fill):
            if surplus == fill.quantity:  # nothing of it is ours
                self._applied[key] = None
                self._booked += 1
                return True
            fill = fill.model_copy(update={"quantity": EXACT.subtract(fill.quantity, surplus)})
        with _Exactly(event):
            self._book(self._in_quote(fill))
        self._applied[key] = None
        self._booked += 1
        self._check(event)
        held = self._holdings[fill.symbol]
        if fill.side is Side.SELL and held.quantity and self._is_dust(held):
            with _Exactly(event):
                self._dust[fill.symbol] = held.leftover()
        if not held.quantity:
            self._end(fill.symbol)
            self._worth = None
        return True

    def surplus(self, fill: Fill) -> Decimal:
        """What a real exchange says was sold beyond what is held [base]: coins that are not ours, at a price that is not
        ours. 0 for every other fill, and for one that was booked before."""
        if not self._real or fill.side is not Side.SELL or (fill.symbol, fill.trade_id) in self._applied:
            return ZERO
        held = self._holdings.get(fill.symbol)
        return max(ZERO, EXACT.subtract(fill.quantity, ZERO if held is None else held.quantity))

    @property
    def fills_booked(self) -> int:
        """How many fills were booked."""
        return self._booked

    @property
    def is_real(self) -> bool:
        """Whether it is the ledger of a real exchange."""
        return bool(self._real)

    def sweep(self, symbol: str) -> None:
        """Count the rest of a position as dust, because a real exchange takes no order so small. Without one, nothing happens."""
        held = self._holdings.get(symbol)
        if held is None:
            return
        with _Exactly(f"the rest of {symbol}"):
            self._dust[symbol] = held.leftover()
        self._end(symbol)
        self._check(f"the rest of {symbol}")

    def _end(self, symbol: str) -> None:
        """Close a position of which nothing is left. One that was dust from its first purchase on made no round trip."""
        held = self._holdings.pop(symbol)
        if held.bought and held.last is not None:
            self._trades.append(held.trade(held.last))

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
        owned = self._owned()
        if not owned:
            return
        wrong = [held.symbol for held in owned if held.symbol in prices and not _is_price(prices[held.symbol])]
        if wrong:
            raise DataFault(
                f"The price of {wrong[0]} is {prices[wrong[0]]}, which is not finite and positive. The positions keep their last "
                f"valuation. Check the feed."
            )
        for held in owned:
            held.mark_price = prices.get(held.symbol, held.mark_price)
        self._check("a new valuation")

    def _owned(self) -> list[Holding]:
        """Positions and dust."""
        return [*self._holdings.values(), *self._dust.values()]

    def _is_dust(self, held: Holding) -> bool:
        rules = self._real.get(held.symbol)
        return rules is not None and held.quantity < rules.lot_size

    def _in_quote(self, fill: Fill) -> Fill:
        """The fill with its fee in the quote currency, and the quantity by which the position changes.

        A fee in a third coin is noted in that coin, and the fill has no fee.
        """
        if fill.fee_currency == self._quote:
            return fill
        ours = self._of_ours(fill) if fill.fee_currency == self._real[fill.symbol].base else ZERO
        if fill.fee != ours:
            self._fees_in[fill.fee_currency] = self._fees_in.get(fill.fee_currency, ZERO) + fill.fee - ours
        changed = fill.quantity - ours if fill.side is Side.BUY else fill.quantity + ours
        return fill.model_copy(update={"quantity": changed, "fee": ours * fill.price, "fee_currency": self._quote})

    def _of_ours(self, fill: Fill) -> Decimal:
        """The part of a fee in the base coin that came out of the position; the rest of it was paid by other coins there."""
        if fill.side is Side.BUY:
            return fill.fee
        held = self._holdings.get(fill.symbol)
        return min(fill.fee, max(ZERO, (ZERO if held is None else held.quantity) - fill.quantity))

    def _refuse(self, fill: Fill) -> None:
        if fill.fee_currency != self._quote and fill.symbol not in self._real:
            raise InvariantBroken(
                f"Trade {fill.trade_id} charged its fee in {fill.fee_currency}, and this ledger counts in {self._quote} only. "
                f"It was not booked. Set the venue to charge fees in {self._quote}."
            )
        eaten = fill.side is Side.BUY and fill.fee_currency != self._quote and fill.fee >= fill.quantity
        if fill.quantity <= 0 or fill.price <= 0 or (eaten and fill.fee_currency == self._real[fill.symbol].base):
            raise InvariantBroken(
                f"Trade {fill.trade_id} is for {fill.quantity} at {fill.price}, which is impossible. It was not booked. Look it "
                f"up in the venue's trade list."
            )

    def _book(self, fill: Fill) -> None:
        notional = fill.quantity * fill.price
        held = self._holdings.get(fill.symbol)
        if fill.side is Side.BUY:
            held = held or self._holdings.setdefault(fill.symbol, self._begun(fill))
            held.buy(fill, notional)
            self._cash -= notional + fill.fee
        elif held is None:
            raise oversold(fill, ZERO)
        else:
            self._realised += held.sell(fill, notional)
            self._cash += notional - fill.fee
        self._fees += fill.fee

    def _begun(self, fill: Fill) -> Holding:
        """A position that begins with this purchase, and with the dust of earlier ones."""
        held = self._dust.pop(fill.symbol, None) or Holding(fill.symbol, fill.filled_utc, fill.price)
        held.opened_utc = fill.filled_utc
        return held

    def _check(self, event: str) -> None:
        """Raise InvariantBroken unless the identity holds exactly."""
        with _Exactly(event):
            unrealised = sum([held.unrealised for held in self._owned()], ZERO)
            held_value = self._held_value
            earned = self._starting_cash + self._realised + unrealised - self._fees - self._funding
            owned = self._worth = self._cash + held_value
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
