"""The position in one symbol: lots in the order in which they were bought, and their round trip.

First in, first out. A round trip begins and ends without a position; at its end it becomes a `Trade`. It refuses to sell more
than it holds. All sums are exact. Only averages for display are divided, and so rounded to 28 digits.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from typing import NamedTuple

from config.errors import InvariantBroken
from config.frozen import Frozen, UtcTime
from execution.exact import EXACT, ZERO
from execution.reports import Fill
from risk.order import Purpose


class Lot(NamedTuple):
    """Base units bought at one price (quote units, without fee) and not yet sold."""

    quantity: Decimal
    price: Decimal


class Trade(Frozen):
    """A closed round trip. Prices are averages for display; `pnl` is exact and net of `fees`, both in quote units."""

    symbol: str
    entry_utc: UtcTime
    exit_utc: UtcTime
    entry_price: Decimal
    exit_price: Decimal
    quantity: Decimal
    pnl: Decimal
    fees: Decimal
    exit_purpose: Purpose
    """Purpose of the fill that ended it."""

    @property
    def return_on_cost(self) -> float:
        """Its profit as a fraction of what was paid for it."""
        paid = float(self.entry_price * self.quantity)
        return float(self.pnl) / paid if paid > 0 else 0.0


@dataclass(slots=True)
class Sums:
    """What is counted of one account: money at the start, and what came of it so far [quote]."""

    start: Decimal
    cash: Decimal
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO

    def earned(self, unrealised: Decimal) -> Decimal:
        return self.start + self.realised + unrealised - self.fees - self.funding


@dataclass(slots=True)
class Holding:
    """An open position. `quantity` is counted from the fills and not from the lots, so that one checks the other.

    `bought`, `bought_notional`, `sold_notional` and `fees` are sums of the round trip so far.
    """

    symbol: str
    opened_utc: datetime
    mark_price: Decimal
    quantity: Decimal = ZERO
    lots: deque[Lot] = field(default_factory=deque)
    bought: Decimal = ZERO
    bought_notional: Decimal = ZERO
    sold_notional: Decimal = ZERO
    fees: Decimal = ZERO
    last: Fill | None = None
    """The latest fill."""
    account: str = ""
    """The exchange where it lies, in a session on several."""

    @property
    def unrealised(self) -> Decimal:
        """Profit of the lots at the mark, before fees, in quote units."""
        return sum(((self.mark_price - lot.price) * lot.quantity for lot in self.lots), ZERO)

    @property
    def average_price(self) -> Decimal:
        """Average price of the lots that are still held, in quote units; for display."""
        return sum((lot.price * lot.quantity for lot in self.lots), ZERO) / self.quantity

    def buy(self, fill: Fill, notional: Decimal) -> None:
        """Add a lot."""
        self.quantity += fill.quantity
        self.bought += fill.quantity
        self.bought_notional += notional
        self.fees += fill.fee
        self.last = fill
        self.mark_price = fill.price
        self.lots.append(Lot(fill.quantity, fill.price))

    def sell(self, fill: Fill, notional: Decimal) -> Decimal:
        """Sell the oldest lots first. Returns the realised profit, before fees. Raises InvariantBroken for more than is held."""
        if fill.quantity > self.quantity:
            raise oversold(fill, self.quantity)
        realised, left = ZERO, fill.quantity
        while left:
            lot = self.lots.popleft()
            part = min(lot.quantity, left)
            realised += (fill.price - lot.price) * part
            left -= part
            if part < lot.quantity:
                self.lots.appendleft(Lot(lot.quantity - part, lot.price))
        self.quantity -= fill.quantity
        self.sold_notional += notional
        self.fees += fill.fee
        self.last = fill
        self.mark_price = fill.price
        return realised

    def leftover(self) -> "Holding":
        """Take what is left out of this position, at its cost, as a holding of its own. The position ends with this."""
        rest = Holding(
            self.symbol, self.opened_utc, self.mark_price, self.quantity, self.lots, bought=self.quantity, account=self.account
        )  # fmt: skip
        rest.bought_notional = sum((lot.price * lot.quantity for lot in self.lots), ZERO)
        self.bought -= rest.bought
        self.bought_notional -= rest.bought_notional
        self.quantity, self.lots = ZERO, deque()
        return rest

    def joined_by(self, other: "Holding") -> "Holding":
        """This holding with the lots of another one of the same market after its own."""
        self.quantity += other.quantity
        self.bought += other.bought
        self.bought_notional += other.bought_notional
        self.lots.extend(other.lots)
        self.mark_price = other.mark_price
        return self

    def trade(self, last: Fill) -> Trade:
        """The round trip that this fill ended."""
        with localcontext(EXACT):
            pnl = self.sold_notional - self.bought_notional - self.fees
        return Trade(
            symbol=self.symbol, entry_utc=self.opened_utc, exit_utc=last.filled_utc, quantity=self.bought, pnl=pnl,
            entry_price=self.bought_notional / self.bought, exit_price=self.sold_notional / self.bought,
            fees=self.fees, exit_purpose=last.purpose,
        )  # fmt: skip


def oversold(fill: Fill, held: Decimal) -> InvariantBroken:
    """The error for a reported sale of more than the ledger holds."""
    return InvariantBroken(
        f"The venue reports that {fill.quantity} of {fill.symbol} were sold (trade {fill.trade_id}), but the ledger holds "
        f"{held}. The trade was not booked. Compare the journal with the venue's trade list before you trade again."
    )
