"""The account that the matching core trades with: the protocol, and a spot account (`margined.account` has that of perpetuals).

The account is the exchange's own book-keeping: our ledger learns of trades only from the reported fills, and the
trader compares the two at every bar. It refuses to sell more than is held and to buy on credit. Only funding may make
cash negative, as it does in a margin account.
"""

from decimal import Decimal
from typing import Protocol

from config.errors import InvariantBroken
from execution.exact import EXACT, ZERO, most_affordable
from execution.reports import Fill
from market.instrument import Instrument
from risk.order import Order, Side


class Account(Protocol):
    """What the core reads before each trade, and what it calls after the trade."""

    def most(self, order: Order, price: Decimal, fee_bps: Decimal, rules: Instrument) -> Decimal:
        """Return the largest quantity that the account can trade for an order at this price [base]."""
        ...

    def settle(self, fill: Fill) -> None:
        """Book a trade; later reads include it."""
        ...


def most_on_spot(cash: Decimal, held: Decimal, side: Side, price: Decimal, fee_bps: Decimal, lot: Decimal) -> Decimal:
    """Return the largest quantity [base] that free `cash` [quote] buys at this price, or that `held` [base] lets sell."""
    return most_affordable(cash, price, fee_bps, lot) if side is Side.BUY else held


class SpotAccount:
    """Cash in one quote currency, and holdings by symbol."""

    def __init__(self, starting_cash: Decimal) -> None:
        self._cash = starting_cash
        self._held: dict[str, Decimal] = {}

    @property
    def cash(self) -> Decimal:
        """Free cash [quote]."""
        return self._cash

    def held(self, symbol: str) -> Decimal:
        """Return the quantity that was bought here and not yet sold [base]."""
        return self._held.get(symbol, ZERO)

    def holdings(self) -> dict[str, Decimal]:
        """Return the quantities that are held [base], by symbol, in the order of symbols; none of them is zero."""
        return {symbol: quantity for symbol, quantity in sorted(self._held.items()) if quantity}

    def most(self, order: Order, price: Decimal, fee_bps: Decimal, rules: Instrument) -> Decimal:
        """Return what the cash pays for, fee included, or what is held [base]."""
        return most_on_spot(self._cash, self.held(order.symbol), order.side, price, fee_bps, rules.lot_size)

    def settle(self, fill: Fill) -> None:
        """Book a trade. Raises InvariantBroken when a balance would become negative."""
        notional = EXACT.multiply(fill.quantity, fill.price)
        if fill.side is Side.BUY:
            cash = EXACT.subtract(self._cash, EXACT.add(notional, fill.fee))
            held = EXACT.add(self.held(fill.symbol), fill.quantity)
        else:
            cash = EXACT.add(self._cash, EXACT.subtract(notional, fill.fee))
            held = EXACT.subtract(self.held(fill.symbol), fill.quantity)
        if held < 0 or (cash < 0 and fill.side is Side.BUY):
            raise InvariantBroken(
                f"The simulated exchange made trade {fill.trade_id} that would leave {cash} cash and {held} of "
                f"{fill.symbol}. It was not booked and the run stops; report this with the journal of the run."
            )
        self._cash, self._held[fill.symbol] = cash, held

    def pay(self, amount: Decimal, symbol: str = "") -> Decimal:
        """Take funding of a market out of the cash [quote]; a negative amount is added. Returns what was paid: all of it."""
        self._cash = EXACT.subtract(self._cash, amount)
        return amount
