"""The ledger: cash and positions after all reported fills. Exact to the last digit (law 7).

    start + realised + unrealised - fees - funding == cash + sum(quantity x mark)

is checked after every event. The left side is counted from lots, the right side from cash flows and from quantities; when
they differ, `InvariantBroken` shows both. The ledger refuses the sale of more than is held, and arithmetic that would have
to round. A fill that was booked before changes nothing, so it may be reported again after a restart or a reconciliation.

On perpetuals a position has a sign: quantities are below zero for a short, and a reduction never turns it. No notional is paid:
`cash` is the wallet, start + realised - fees - funding, in which the margin of each position is bound
(`execution.holdings.isolated`).

A real exchange charges fees in other coins too. A fee in the base coin is counted at the trade's price, and the coins are gone
from the position. A fee in a third coin is counted in that coin, beside the identity: that coin is none of ours. What is smaller
than one lot cannot be sold: it becomes dust, which is valued like a position, is none, and joins the next purchase. The ledger of
a simulated exchange refuses all of this, because such an exchange has no reason for it.

A session on several exchanges has an account at each, by name. Money is not moved between them, so each account has its own
identity of the same form, and a trade's key names its account. A position lies at one of them: a sale anywhere else is refused.
What was bought in a market whose position lies elsewhere is a *stray*: it is counted, it is no position, and it is to be sold
where it lies.
"""

from collections.abc import Mapping, Set
from datetime import datetime
from decimal import Decimal, localcontext

from config.errors import DataFault, InvariantBroken
from execution.account.booked.balance import check_all, check_parts
from execution.account.booked.refusing import oversold, refuse_contrary, refuse_impossible
from execution.account.lots import Holding, Sums, Trade
from execution.exact import EXACT, ZERO, Exactly
from execution.holdings.isolated import Isolated
from execution.reports import Fill
from market.instrument import Instrument
from market.perpetual.margin import PerpetualTerms
from risk.order import Side
from risk.portfolio import Position

_Place = tuple[str, str]
"""A market, or a coin, and the name of the exchange where something of it lies; the name is empty for one exchange."""


class Ledger:
    """Cash and positions in one quote currency. Money in quote units, quantities in base units."""

    def __init__(
        self,
        starting_cash: Decimal,
        quote: str,
        real: Mapping[str, Instrument] | None = None,
        parts: Mapping[str, Decimal] | None = None,
        *,
        margin: Mapping[str, PerpetualTerms] | None = None,
        leverage: Decimal = Decimal(1),
    ) -> None:
        """`real`: the markets of a real exchange, by symbol; None for a simulated one. `parts`: the starting cash at each of
        several exchanges, by name; None for one. `margin`: the terms of the markets by symbol, if they are perpetuals; None for
        spot. `leverage`: notional over margin there."""
        self._margin, self._leverage = margin or {}, leverage
        self._quote = quote
        self._real = real or {}
        self._dust: dict[_Place, Holding] = {}
        self._strays: dict[_Place, Holding] = {}
        self._booked = 0
        self._fees_in: dict[_Place, Decimal] = {}
        self._starting_cash = starting_cash
        self._parts = {name: Sums(cash, cash) for name, cash in (parts or {}).items()}
        if parts and sum(parts.values(), ZERO) != starting_cash:
            raise InvariantBroken(f"The accounts begin with {dict(parts)}, which is not {starting_cash} together.")
        self._all = Sums(starting_cash, starting_cash)
        self._holdings: dict[str, Holding] = {}
        self._trades: list[Trade] = []
        self._applied: dict[tuple[str, str, str], None] = {}
        self._worth: Decimal | None = None

    @property
    def starting_cash(self) -> Decimal:
        """Cash before the first event."""
        return self._starting_cash

    @property
    def cash(self) -> Decimal:
        """Cash now, after fees and funding; on perpetuals the wallet."""
        return self.cash_at("") if not self._parts else self._all.cash

    def cash_at(self, account: str) -> Decimal:
        """Cash at one of several exchanges; all of it for one that has no name. Raises KeyError for a name that is not known."""
        sums = self._sums(account)
        return sums.wallet if self._margin else sums.cash

    def paid_at(self, account: str) -> Decimal:
        """Cash there as if the notional of each trade were paid; on spot it is the cash."""
        return self._sums(account).cash

    @property
    def reserved(self) -> Decimal | None:
        """What of the wallet is bound as margin, on perpetuals; None on spot."""
        if not self._margin:
            return None
        with localcontext(EXACT):
            return sum([margin for held in self._owned() if (margin := held.margin) is not None], ZERO)

    def starting_cash_at(self, account: str) -> Decimal:
        """Cash there before the first event."""
        return self._sums(account).start

    def fees_at(self, account: str) -> Decimal:
        """Fees paid there, before what was paid in a third coin."""
        return self._sums(account).fees

    def worth_at(self, account: str) -> Decimal:
        """Cash there, and what lies there at its marks."""
        with localcontext(EXACT):
            there = [held for held in self._owned() if held.account == account]
            return self._sums(account).cash + sum([held.quantity * held.mark_price for held in there], ZERO)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The names of several exchanges, in the profile's order; empty for one."""
        return tuple(self._parts)

    def _sums(self, account: str) -> Sums:
        return self._parts[account] if self._parts else self._all

    @property
    def realised(self) -> Decimal:
        """Profit of what was sold, before fees and funding."""
        return self._all.realised

    @property
    def fees(self) -> Decimal:
        """Fees paid."""
        return self._all.fees

    @property
    def funding(self) -> Decimal:
        """Funding paid minus funding received."""
        return self._all.funding

    @property
    def unrealised(self) -> Decimal:
        """Profit of open positions at their marks, before fees and funding."""
        with localcontext(EXACT):
            return sum([held.unrealised for held in self._owned()], ZERO)

    @property
    def fees_in(self) -> dict[str, Decimal]:
        """Fees that were paid in a third coin, in units of that coin. They are not part of the identity."""
        return _by_symbol(self._fees_in)

    def fees_in_at(self, account: str) -> dict[str, Decimal]:
        """Those that were paid at one of several exchanges."""
        return {coin: fee for (coin, name), fee in self._fees_in.items() if name == account}

    @property
    def dust(self) -> dict[str, Decimal]:
        """What is held and too small to sell, base units by symbol."""
        return _by_symbol({place: held.quantity for place, held in self._dust.items()})

    @property
    def equity(self) -> Decimal:
        """Cash plus positions at their marks. The check of the last event has counted it already, in most cases."""
        if self._worth is None:
            with localcontext(EXACT):
                self._worth = self._all.cash + self._held_value
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

    def strays(self) -> tuple[Position, ...]:
        """What was bought in markets whose position lies at another exchange, and is to be sold where it lies."""
        return tuple([_position(held) for _, held in sorted(self._strays.items())])

    def stray_decision(self, symbol: str, account: str) -> str:
        """The decision that bought it. Raises KeyError where there is none."""
        last = self._strays[symbol, account].last
        assert last is not None
        return last.decision_id

    def opened_utc(self, symbol: str) -> datetime | None:
        """When the position in a symbol was opened; None if there is none."""
        held = self._holdings.get(symbol)
        return None if held is None else held.opened_utc

    def holds(self, symbol: str) -> bool:
        """Whether there is a position in a symbol."""
        return symbol in self._holdings

    def quantity(self, symbol: str) -> Decimal:
        """Base units held in a symbol, without dust; 0 if there is no position."""
        held = self._holdings.get(symbol)
        return ZERO if held is None else held.quantity

    def position(self, symbol: str) -> Position | None:
        """The position in one symbol; None if there is none."""
        held = self._holdings.get(symbol)
        return None if held is None else _position(held)

    def quantities(self) -> dict[str, Decimal]:
        """Base units held, by symbol, without dust."""
        return {symbol: held.quantity for symbol, held in self._holdings.items()}

    @property
    def owned_symbols(self) -> Set[str]:
        """The markets of positions, of dust and of strays."""
        if not self._dust and not self._strays:
            return self._holdings.keys()
        return self._holdings.keys() | {symbol for symbol, _ in (*self._dust, *self._strays)}

    def owned(self) -> dict[str, Decimal]:
        """Base units held, by symbol, with dust and strays."""
        return self._owned_of(self._owned())

    def owned_at(self, account: str) -> dict[str, Decimal]:
        """Base units held at one exchange, by symbol, with dust and strays: what it must have of ours."""
        return self._owned_of([held for held in self._owned() if held.account == account])

    def _owned_of(self, holdings: list[Holding]) -> dict[str, Decimal]:
        sums = dict.fromkeys(sorted({held.symbol for held in holdings}), ZERO)
        for held in holdings:
            sums[held.symbol] = EXACT.add(sums[held.symbol], held.quantity)
        return sums

    def apply(self, fill: Fill) -> bool:
        """Book a fill. Its price becomes the symbol's mark. Returns False, and does nothing, if it was booked before.

        On a real exchange the part of a sale that exceeds what is held is not booked: see `surplus`.
        Raises InvariantBroken for a fill that cannot be true (on a simulated exchange a sale of more than is held, no quantity,
        no price, a fee in another currency); it is not booked. Raises it also if the ledger does not balance afterwards; the
        ledger is then unusable.
        """
        key = (fill.account, fill.symbol, fill.trade_id)
        if key in self._applied:
            return False
        refuse_impossible(fill, self._quote, self._real, self._parts)
        if self._margin:
            refuse_contrary(fill, self._holding_of(fill))
        event = f"trade {fill.trade_id} in {fill.symbol}"
        if surplus := self.surplus(fill):
            if surplus == fill.quantity:  # nothing of it is ours
                self._applied[key] = None
                self._booked += 1
                return True
            fill = fill.model_copy(update={"quantity": EXACT.subtract(fill.quantity, surplus)})
        with Exactly(event):
            self._book(self._in_quote(fill))
        self._applied[key] = None
        self._booked += 1
        self._check(event)
        held = self._holding_of(fill)
        assert held is not None
        if fill.side is Side.SELL and held.quantity and not self._margin and self._is_dust(held):
            self._leave(held, event)
        if not held.quantity:
            self._end(held)
            self._worth = None
        return True

    def surplus(self, fill: Fill) -> Decimal:
        """What a real exchange says was sold beyond what is held [base]: coins that are not ours, at a price that is not
        ours. 0 for every other fill, and for one that was booked before."""
        if (
            not self._real
            or self._margin
            or fill.side is not Side.SELL
            or (fill.account, fill.symbol, fill.trade_id) in self._applied
        ):
            return ZERO
        held = self._holding_of(fill)
        return max(ZERO, EXACT.subtract(fill.quantity, ZERO if held is None else held.quantity))

    @property
    def fills_booked(self) -> int:
        """How many fills were booked."""
        return self._booked

    @property
    def is_real(self) -> bool:
        """Whether it is the ledger of a real exchange."""
        return bool(self._real)

    def sweep(self, symbol: str, stray_at: str | None = None) -> None:
        """Count the rest of a position as dust, because a real exchange takes no order so small. Without one, nothing happens.
        `stray_at`: the exchange whose stray it is; None for the position."""
        held = self._holdings.get(symbol) if stray_at is None else self._strays.get((symbol, stray_at))
        if held is None:
            return
        self._leave(held, f"the rest of {symbol}")
        self._end(held)
        self._check(f"the rest of {symbol}")

    def _leave(self, held: Holding, event: str) -> None:
        """Make dust of what is left of a holding, beside what lies there already."""
        place = (held.symbol, held.account)
        with Exactly(event):
            rest = held.leftover()
            before = self._dust.get(place)
            self._dust[place] = rest if before is None else before.joined_by(rest)

    def _end(self, held: Holding) -> None:
        """Close a position of which nothing is left. One that was dust from its first purchase on made no round trip."""
        if self._holdings.get(held.symbol) is held:
            del self._holdings[held.symbol]
        else:
            del self._strays[held.symbol, held.account]
        if held.opened and held.last is not None:
            self._trades.append(held.trade(held.last))

    def apply_funding(self, funding_id: str, amount: Decimal, account: str = "", symbol: str = "") -> bool:
        """Pay funding (a negative amount is received), once for each id and account. Returns whether it was new.

        What the wallet has not free for it is drawn from the margin of the position in `symbol`.
        """
        key = (account, "", funding_id)
        if key in self._applied:
            return False
        held = self._holdings.get(symbol)
        with Exactly(f"funding {funding_id}"):
            if held is not None and held.isolated is not None and (reserved := self.reserved) is not None:
                held.isolated.draw(max(ZERO, amount - (self.cash - reserved)))
            for sums in self._counted(account):
                sums.cash -= amount
                sums.funding += amount
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
        """Positions, dust and strays."""
        return [*self._holdings.values(), *self._dust.values(), *self._strays.values()]

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
            place = (fill.fee_currency, fill.account)
            self._fees_in[place] = self._fees_in.get(place, ZERO) + fill.fee - ours
        changed = fill.quantity - ours if fill.side is Side.BUY else fill.quantity + ours
        return fill.model_copy(update={"quantity": changed, "fee": ours * fill.price, "fee_currency": self._quote})

    def _of_ours(self, fill: Fill) -> Decimal:
        """The part of a fee in the base coin that came out of the position; the rest of it was paid by other coins there."""
        if fill.side is Side.BUY:
            return fill.fee
        held = self._holding_of(fill)
        return min(fill.fee, max(ZERO, (ZERO if held is None else held.quantity) - fill.quantity))

    def _book(self, fill: Fill) -> None:
        notional = fill.quantity * fill.price
        held, buys, made = self._holding_of(fill), fill.side is Side.BUY, ZERO
        if held is None:
            if not (buys or self._margin):
                raise oversold(fill, ZERO)
            held = self._begun(fill)
        if buys is not held.is_short:
            held.add(fill, notional)
        elif fill.quantity > abs(held.quantity):
            raise oversold(fill, held.quantity)
        else:
            made = held.reduce(fill, notional)
        paid = notional + fill.fee if buys else fill.fee - notional
        for sums in self._counted(fill.account):
            sums.cash -= paid
            sums.realised += made
            sums.fees += fill.fee

    def _counted(self, account: str) -> tuple[Sums, ...]:
        """The sums in which an event of this account is counted."""
        return (self._all, self._parts[account]) if self._parts else (self._all,)

    def _holding_of(self, fill: Fill) -> Holding | None:
        """What a fill changes: the position if it lies there, or what lies there astray; None if there is neither."""
        held = self._holdings.get(fill.symbol)
        if held is not None and held.account == fill.account:
            return held
        return self._strays.get((fill.symbol, fill.account))

    def _begun(self, fill: Fill) -> Holding:
        """A position that begins with this fill, and with the dust of earlier ones there. Where the position lies at another
        exchange, it is a stray."""
        place = (fill.symbol, fill.account)
        held = self._dust.pop(place, None) or Holding(fill.symbol, fill.filled_utc, fill.price, account=fill.account)
        held.is_short = fill.side is Side.SELL
        if self._margin:
            held.isolated = Isolated(self._margin[fill.symbol], self._leverage)
        held.opened_utc = fill.filled_utc
        if fill.symbol in self._holdings:
            self._strays[place] = held
        else:
            self._holdings[fill.symbol] = held
        return held

    def _check(self, event: str) -> None:
        """Raise InvariantBroken unless the identity holds exactly, at each of several exchanges too."""
        with Exactly(event):
            owned = self._owned()
            self._worth = check_all(event, self._all, owned, self._held_value)
            if self._parts:
                check_parts(event, self._all, self._parts, owned, {name: self.worth_at(name) for name in self._parts})


def _by_symbol(places: Mapping[_Place, Decimal]) -> dict[str, Decimal]:
    """Quantities by symbol or coin, those of all exchanges together."""
    sums: dict[str, Decimal] = {}
    for (name, _), quantity in places.items():
        sums[name] = quantity if name not in sums else EXACT.add(sums[name], quantity)
    return sums


def _position(held: Holding) -> Position:
    values = {
        "symbol": held.symbol, "quantity": held.quantity, "entry_price": held.average_price, "mark_price": held.mark_price,
        "stop_price": None, "account": held.account, "margin": held.margin,
        "liquidation_price": held.liquidation_price,
    }  # fmt: skip
    return Position.made_of(values)


def _is_price(price: Decimal) -> bool:
    return price.is_finite() and price > 0
