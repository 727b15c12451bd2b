"""The margin of one isolated position on perpetuals: what is put in for it, and at which mark price it is liquidated.

An entry puts in its notional / leverage, and a reduction takes out its share of that. Profits are realised by lots, first in
first out, and the share is one of the average price. So the margin also bears the difference between the two: what is free of the
wallet, and the price at which the position is bankrupt, are the same as if profits were realised at the average price. Funding
that the free wallet cannot pay is drawn from the margin too. So no position can lose more than what was put in for it.

The ledger and the simulated exchange each keep one of these for a position, from the fills alone.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext

from execution.exact import EXACT, ZERO
from market.perpetual.margin import PerpetualTerms, bankruptcy_price, initial_margin

MARGIN_STEP = Decimal("1e-8")
"""Margins are rounded up to it, and liquidation prices to it towards the entry [quote]."""
COST_STEP = Decimal("1e-12")
"""Entry values at the average price are rounded to it after a reduction [quote]."""
_ROUNDING = Context(prec=EXACT.prec)


def margin_of(notional: Decimal, leverage: Decimal) -> Decimal:
    """What an entry of this notional puts in [quote], rounded up to a step of `MARGIN_STEP`."""
    with localcontext(_ROUNDING):
        return initial_margin(notional, leverage).quantize(MARGIN_STEP, ROUND_CEILING)


class Isolated:
    """What is put in for one position; `cost`s are entry values as the lots have them, below zero for a short."""

    __slots__ = ("_average_cost", "_drawn", "_leverage", "_terms", "_watched")

    def __init__(self, terms: PerpetualTerms, leverage: Decimal) -> None:
        self._terms, self._leverage = terms, leverage
        self._average_cost = ZERO
        self._drawn = ZERO
        self._watched: tuple[tuple[Decimal, Decimal], Decimal | None] | None = None

    def add(self, notional: Decimal) -> None:
        """An entry of this notional (above zero) was traded."""
        self._average_cost = EXACT.add(self._average_cost, notional)
        self._watched = None

    def reduce(self, part: Decimal, whole: Decimal) -> None:
        """So much of the whole size was traded back; both above zero [base]."""
        with localcontext(_ROUNDING):
            left = (whole - part) / whole
            self._average_cost = (self._average_cost * left).quantize(COST_STEP, ROUND_HALF_EVEN)
            self._drawn = (self._drawn * left).quantize(MARGIN_STEP, ROUND_HALF_EVEN)
        self._watched = None

    def draw(self, amount: Decimal) -> None:
        """Take this much out of the margin [quote]."""
        self._drawn = EXACT.add(self._drawn, amount)
        self._watched = None

    def margin(self, cost: Decimal) -> Decimal:
        """What of the wallet is bound for the position whose lots cost this much [quote]."""
        put_in = margin_of(self._average_cost, self._leverage)
        beside = EXACT.subtract(cost.copy_abs(), self._average_cost)
        bound = EXACT.add(put_in, beside) if cost > 0 else EXACT.subtract(put_in, beside)
        return EXACT.subtract(bound, self._drawn)

    def liquidation(self, quantity: Decimal, cost: Decimal) -> Decimal | None:
        """The mark price at which it is liquidated [quote]; None where no price does it. `quantity` is signed [base]."""
        known = self._watched
        if known is None or known[0] != (quantity, cost):
            known = self._watched = (quantity, cost), self._liquidation(quantity, cost)
        return known[1]

    def _liquidation(self, quantity: Decimal, cost: Decimal) -> Decimal | None:
        with localcontext(_ROUNDING):
            found = self._terms.liquidation_price(quantity, cost / quantity, self.margin(cost))
            if found is None:
                return None
            return found.quantize(MARGIN_STEP, ROUND_CEILING if quantity > 0 else ROUND_FLOOR)

    def bankruptcy(self, quantity: Decimal, cost: Decimal, tick: Decimal) -> Decimal:
        """The price at which the exchange closes it [quote]: its margin is lost there, or less by the rounding to a tick."""
        with localcontext(_ROUNDING):
            price = bankruptcy_price(quantity, cost / quantity, self.margin(cost))
            return (price / tick).to_integral_value(ROUND_CEILING if quantity > 0 else ROUND_FLOOR) * tick
