"""The position in one symbol: lots in the order in which they were traded, and their round trip.

First in, first out. A short is opened by a sale and reduced by purchases; its quantities are below zero. A round trip begins and
ends without a position; at its end it becomes a `Trade`. All sums are exact. Only averages for display are divided, and so
rounded to 28 digits.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext

from config.frozen import Frozen, UtcTime
from execution.exact import EXACT, ZERO
from execution.holdings.fifo import Lots
from execution.holdings.isolated import Isolated
from execution.reports import Fill
from risk.order import Purpose


class Trade(Frozen):
    """A closed round trip. Prices are averages for display; `pnl` is exact and net of `fees`, both in quote units.

    `quantity` is above zero on both sides. The entry of a short is its sale.
    """

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
    is_short: bool = False

    @property
    def return_on_cost(self) -> float:
        """Its profit as a fraction of the value of its entry."""
        paid = float(self.entry_price * self.quantity)
        return float(self.pnl) / paid if paid > 0 else 0.0


@dataclass(slots=True)
class Sums:
    """What is counted of one account: money at the start, and what came of it so far [quote].

    `cash` is counted from what was paid for trades, fees and funding. On perpetuals no notional is paid, and it is counted as if
    it were; what is there then is the `wallet`.
    """

    start: Decimal
    cash: Decimal
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO

    def earned(self, unrealised: Decimal) -> Decimal:
        return self.start + self.realised + unrealised - self.fees - self.funding

    @property
    def wallet(self) -> Decimal:
        """Money on an account of perpetuals, its margins included."""
        with localcontext(EXACT):
            return self.earned(ZERO)


@dataclass(slots=True)
class Holding:
    """An open position. `quantity` is counted from the fills and not from the lots, so that one checks the other.

    `opened` and `opened_notional` (both above zero), `closed_notional` and `fees` are sums of the round trip so far.
    """

    symbol: str
    opened_utc: datetime
    mark_price: Decimal
    quantity: Decimal = ZERO
    lots: Lots = field(default_factory=Lots)
    opened: Decimal = ZERO
    opened_notional: Decimal = ZERO
    closed_notional: Decimal = ZERO
    fees: Decimal = ZERO
    last: Fill | None = None
    """The latest fill."""
    account: str = ""
    """The exchange where it lies, in a session on several."""
    is_short: bool = False
    isolated: Isolated | None = None
    """What is put in for it, of a perpetual."""

    @property
    def unrealised(self) -> Decimal:
        """Profit of the lots at the mark, before fees, in quote units."""
        return self.lots.worth_more(self.mark_price)

    @property
    def average_price(self) -> Decimal:
        """Average price of the lots that are still held, in quote units; for display."""
        return self.lots.cost / self.quantity

    @property
    def margin(self) -> Decimal | None:
        """What of the wallet is bound for it, in quote units; None for spot."""
        if self.isolated is None:
            return None
        with localcontext(EXACT):
            return self.isolated.margin(self.lots.cost)

    @property
    def liquidation_price(self) -> Decimal | None:
        """The mark price at which the exchange closes it, in quote units; None for spot, and where no price does it."""
        if self.isolated is None:
            return None
        with localcontext(EXACT):
            return self.isolated.liquidation(self.quantity, self.lots.cost)

    def add(self, fill: Fill, notional: Decimal) -> None:
        """Add a lot."""
        quantity = -fill.quantity if self.is_short else fill.quantity
        self.quantity += quantity
        self.opened += fill.quantity
        self.opened_notional += notional
        self.lots.add(quantity, fill.price)
        if self.isolated is not None:
            self.isolated.add(notional)
        self._see(fill)

    def reduce(self, fill: Fill, notional: Decimal) -> Decimal:
        """Trade the oldest lots back. Returns the realised profit, before fees. The fill is for no more than is held."""
        realised = self.lots.take(fill.quantity, fill.price)
        if self.isolated is not None:
            self.isolated.reduce(fill.quantity, abs(self.quantity))
        self.quantity -= -fill.quantity if self.is_short else fill.quantity
        self.closed_notional += notional
        self._see(fill)
        return realised

    def _see(self, fill: Fill) -> None:
        self.fees += fill.fee
        self.last = fill
        self.mark_price = fill.price

    def leftover(self) -> "Holding":
        """Take what is left out of this position, at its cost, as a holding of its own. The position ends with this."""
        rest = Holding(
            self.symbol, self.opened_utc, self.mark_price, self.quantity, self.lots, opened=self.quantity, account=self.account
        )  # fmt: skip
        rest.opened_notional = self.lots.cost
        self.opened -= rest.opened
        self.opened_notional -= rest.opened_notional
        self.quantity, self.lots = ZERO, Lots()
        return rest

    def joined_by(self, other: "Holding") -> "Holding":
        """This holding with the lots of another one of the same market after its own."""
        self.quantity += other.quantity
        self.opened += other.opened
        self.opened_notional += other.opened_notional
        self.lots.extend(other.lots)
        self.mark_price = other.mark_price
        return self

    def trade(self, last: Fill) -> Trade:
        """The round trip that this fill ended."""
        with localcontext(EXACT):
            bought, sold = self.opened_notional, self.closed_notional
            if self.is_short:
                bought, sold = sold, bought
            pnl = sold - bought - self.fees
        return Trade(
            symbol=self.symbol, entry_utc=self.opened_utc, exit_utc=last.filled_utc, quantity=self.opened, pnl=pnl,
            entry_price=self.opened_notional / self.opened, exit_price=self.closed_notional / self.opened,
            fees=self.fees, exit_purpose=last.purpose, is_short=self.is_short,
        )  # fmt: skip
