"""The account of linear perpetuals as Binance keeps it: a wallet, one position a market at its average price, isolated margins.

Profits are realised at the average entry price, margins are bound at the leverage of the market, and what is lost with a position
is its margin. It knows no order. Nothing here is shared with the ledger of the program that trades on it, so that one checks the
other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext

from execution.exact import EXACT, ZERO, fee_on
from market.instrument import Instrument
from market.perpetual.margin import PerpetualTerms, bankruptcy_price, maintenance_margin
from risk.order import Side

_EIGHT = Decimal("1e-8")
_FINE = Decimal("1e-12")
_ROUNDING = Context(prec=EXACT.prec)
_FIRST_LEVERAGE = Decimal(20)
"""The leverage of a market that nobody has set, as at Binance."""


@dataclass(slots=True)
class Position:
    """One position. `quantity` [base] and `cost` [quote] are below zero for a short; `margin` is put in for it [quote]."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    margin: Decimal = ZERO
    at_ms: int = 0

    @property
    def entry(self) -> Decimal:
        """The average entry price [quote]; 0 without a position."""
        with localcontext(_ROUNDING):
            return (self.cost / self.quantity).quantize(_EIGHT) if self.quantity else ZERO

    def profit(self, mark: Decimal) -> Decimal:
        """What is not realised yet at this mark price [quote]."""
        with localcontext(_ROUNDING):
            return (self.quantity * mark - self.cost).quantize(_EIGHT)


class MarginPurse:
    """The wallet in one quote currency, and the settings: leverage and margin mode of each market, and the position mode."""

    def __init__(self, quote: str, wallet: Decimal, instruments: Mapping[str, Instrument]) -> None:
        """`instruments`: perpetuals, by symbol. Raises KeyError later for a market without terms of a perpetual."""
        self.quote, self.wallet = quote, wallet
        self.terms: dict[str, PerpetualTerms] = {
            name: rules.perpetual for name, rules in instruments.items() if rules.perpetual is not None
        }
        self.positions = {name: Position() for name in instruments}
        self.leverage = {name: min(_FIRST_LEVERAGE, terms.tiers[0].max_leverage) for name, terms in self.terms.items()}
        self.isolated = dict.fromkeys(instruments, False)
        self.hedged = False
        self._locks: dict[int, Decimal] = {}

    @property
    def bound(self) -> Decimal:
        """Margins of positions and of open orders [quote]."""
        with localcontext(_ROUNDING):
            return sum((held.margin for held in self.positions.values()), ZERO) + sum(self._locks.values(), ZERO)

    @property
    def free(self) -> Decimal:
        """What a new order may use [quote]."""
        with localcontext(_ROUNDING):
            return self.wallet - self.bound

    def lock(self, number: int, notional: Decimal, symbol: str) -> None:
        """Bind the margin of an open order of this notional [quote]; zero unbinds."""
        self._locks.pop(number, None)
        if notional > 0:
            self._locks[number] = self.margin_of(notional, symbol)

    def margin_of(self, notional: Decimal, symbol: str) -> Decimal:
        """What a notional binds at the leverage of its market [quote]."""
        with localcontext(_ROUNDING):
            return (notional / self.leverage[symbol]).quantize(_EIGHT, ROUND_CEILING)

    def most(
        self, symbol: str, side: Side, price: Decimal, fee_bps: Decimal, lot: Decimal, *, reduces: bool
    ) -> Decimal:
        """What an order may trade at this price [base]: what it reduces, and for what more there is margin and fee."""
        held = self.positions[symbol].quantity
        against = abs(held) if held and (held > 0) is not (side is Side.BUY) else ZERO
        if reduces:
            return against
        with localcontext(_ROUNDING):
            each = lot * price
            lots = (max(self.free, ZERO) / (each / self.leverage[symbol] + fee_on(each, fee_bps))).to_integral_value(
                ROUND_FLOOR
            )
            return against + lots * lot

    def trade(self, symbol: str, side: Side, quantity: Decimal, price: Decimal, fee: Decimal) -> Decimal:
        """Book a trade. The realised profit [quote]."""
        held, realised = self.positions[symbol], ZERO
        with localcontext(_ROUNDING):
            if held.quantity and (held.quantity > 0) is not (side is Side.BUY):
                part = min(quantity, abs(held.quantity))
                share = part / abs(held.quantity)
                whole = part == abs(held.quantity)
                cost = held.cost if whole else (held.cost * share).quantize(_FINE)
                freed = held.margin if whole else (held.margin * share).quantize(_EIGHT)
                realised = (-side.sign * part * price - cost).quantize(_FINE)
                held.quantity += side.sign * part
                held.cost, held.margin = held.cost - cost, held.margin - freed
                quantity -= part
            if quantity:
                held.quantity += side.sign * quantity
                held.cost += side.sign * quantity * price
                held.margin += self.margin_of(quantity * price, symbol)
            self.wallet += realised - fee
        return realised

    def pay(self, symbol: str, amount: Decimal) -> None:
        """Take this much out of the wallet [quote]; what is not free of it comes out of the margin of the position."""
        with localcontext(_ROUNDING):
            lacking = max(ZERO, amount - max(self.free, ZERO))
            self.wallet -= amount
            self.positions[symbol].margin -= lacking

    def liquidation_price(self, symbol: str) -> Decimal | None:
        """The mark price at which a position is liquidated [quote]; None where there is none."""
        held = self.positions[symbol]
        if not held.quantity:
            return None
        with localcontext(_ROUNDING):
            found = self.terms[symbol].liquidation_price(held.quantity, held.cost / held.quantity, held.margin)
            return None if found is None else found.quantize(_EIGHT)

    def maintenance(self, symbol: str, mark: Decimal) -> Decimal:
        """What must be left of a position at this mark price [quote]."""
        with localcontext(_ROUNDING):
            notional = self.positions[symbol].quantity * mark
            return maintenance_margin(notional, self.terms[symbol].tiers).quantize(_EIGHT)

    def bankruptcy(self, symbol: str, tick: Decimal) -> Decimal:
        """The price at which nothing of a position's margin is left [quote], in whole ticks towards the entry."""
        held = self.positions[symbol]
        with localcontext(_ROUNDING):
            price = bankruptcy_price(held.quantity, held.cost / held.quantity, held.margin)
            rounding = ROUND_CEILING if held.quantity > 0 else ROUND_FLOOR
            return max((price / tick).to_integral_value(rounding) * tick, tick)
