"""The balances of the client's account: each coin in whole and locked by open orders, and who pays which fee.

As on Binance, the fee of a purchase is taken in the base coin, of a sale in the quote coin, to eight decimals. With
`fee_in_quote` every fee is in the quote coin and exact, as the simulated exchange in process takes it. It sells nothing that is
not there.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from config.errors import InvariantBroken
from execution.exact import EXACT, ZERO, fee_on
from execution.reports import Fill, Liquidity
from market.instrument import Instrument
from risk.order import Side

_EIGHT = Decimal("1e-8")
_FREE = {"maker_fee_bps": ZERO, "taker_fee_bps": ZERO}


class Purse:
    """Balances by coin. Locks have a key: the number of an order, or of a pair of orders that lock together."""

    def __init__(self, balances: Mapping[str, Decimal], *, fee_in_quote: bool = False) -> None:
        self._totals = dict(balances)
        self._locks: dict[str, tuple[str, Decimal]] = {}
        self._fee_in_quote = fee_in_quote

    def coins(self) -> tuple[str, ...]:
        """Every coin that the account has or had."""
        return tuple(self._totals)

    def total(self, coin: str) -> Decimal:
        """What is there of a coin, locked or free."""
        return self._totals.get(coin, ZERO)

    def locked(self, coin: str) -> Decimal:
        """What open orders lock of a coin."""
        return sum((amount for locked, amount in self._locks.values() if locked == coin), ZERO)

    def free(self, coin: str) -> Decimal:
        """What a new order may use of a coin."""
        return EXACT.subtract(self.total(coin), self.locked(coin))

    def lock(self, key: str, coin: str, amount: Decimal) -> None:
        """Lock so much for an order, in the place of what it has locked before; zero unlocks."""
        if amount > 0:
            self._locks[key] = (coin, min(amount, self.total(coin)))
        else:
            self._locks.pop(key, None)

    def rules(self, instrument: Instrument) -> Instrument:
        """The trading rules as the matching core needs them: without fees, where those are no matter of cash alone."""
        return instrument if self._fee_in_quote else instrument.model_copy(update=_FREE)

    def cost(self, notional: Decimal, instrument: Instrument) -> Decimal:
        """What a purchase of this value needs of the quote coin, with the fee if that is taken there."""
        if not self._fee_in_quote:
            return notional
        return EXACT.add(notional, fee_on(notional, instrument.taker_fee_bps))

    def fee(self, fill: Fill, instrument: Instrument) -> tuple[Decimal, str]:
        """The fee of a trade, and its coin."""
        bps = instrument.maker_fee_bps if fill.liquidity is Liquidity.MAKER else instrument.taker_fee_bps
        notional = EXACT.multiply(fill.quantity, fill.price)
        if self._fee_in_quote:
            return fee_on(notional, bps), instrument.quote
        if fill.side is Side.BUY:
            return fee_on(fill.quantity, bps).quantize(_EIGHT, ROUND_HALF_EVEN), instrument.base
        return fee_on(notional, bps).quantize(_EIGHT, ROUND_HALF_EVEN), instrument.quote

    def settle(self, fill: Fill, instrument: Instrument) -> None:
        """Book a trade and its fee. Raises InvariantBroken when a balance would become negative."""
        notional, (fee, coin) = EXACT.multiply(fill.quantity, fill.price), self.fee(fill, instrument)
        sign = 1 if fill.side is Side.BUY else -1
        moved = {instrument.base: sign * fill.quantity, instrument.quote: -sign * notional}
        moved[coin] = EXACT.subtract(moved[coin], fee)
        after = {name: EXACT.add(self.total(name), amount) for name, amount in moved.items()}
        if any(amount < 0 for amount in after.values()):
            raise InvariantBroken(
                f"The simulated exchange made trade {fill.trade_id} that would leave {after}. It was not booked and the server "
                "stops; report this with the orders that were sent."
            )
        self._totals.update(after)
