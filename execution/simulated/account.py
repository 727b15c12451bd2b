"""Whose money the matching core trades with: the question it asks before a trade, and a spot account that answers.

The account is the exchange's own book-keeping, not ours: the ledger learns of trades only from the fills reported, and the
trader compares the two at every bar. It refuses to sell what is not there, and to buy on credit; funding alone may take cash
below nothing, as it does a margin account.
"""

from decimal import Decimal
from typing import Protocol

from config.errors import InvariantBroken
from execution.exact import EXACT, ZERO
from execution.reports import Fill
from risk.order import Side


class Account(Protocol):
    """What the core asks before each trade, and tells after it."""

    @property
    def cash(self) -> Decimal:
        """Free cash, in quote units."""
        ...

    def held(self, symbol: str) -> Decimal:
        """Base units that may be sold."""
        ...

    def settle(self, fill: Fill) -> None:
        """Book a trade; the next question is asked of the account after it."""
        ...


class SpotAccount:
    """Cash in one quote currency, and coins by symbol."""

    def __init__(self, starting_cash: Decimal) -> None:
        self._cash = starting_cash
        self._held: dict[str, Decimal] = {}

    @property
    def cash(self) -> Decimal:
        """Free cash, in quote units."""
        return self._cash

    def held(self, symbol: str) -> Decimal:
        """Base units bought here and not yet sold."""
        return self._held.get(symbol, ZERO)

    def settle(self, fill: Fill) -> None:
        """Book a trade. Raises InvariantBroken where it would leave less than nothing."""
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

    def pay(self, amount: Decimal) -> None:
        """Take funding out of the cash, or put it in where negative."""
        self._cash = EXACT.subtract(self._cash, amount)
