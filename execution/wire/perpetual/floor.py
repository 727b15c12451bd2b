"""The market of one perpetual: the same core and books as a spot market's, the account of margins, and the mark price."""

from collections import deque
from decimal import Decimal

from execution.exact import ZERO
from execution.reports import Fill
from execution.simulated.book_model import BookModel
from execution.simulated.latency import Latency
from execution.simulated.matching import MatchingCore
from execution.wire.perpetual.purse import MarginPurse
from execution.wire.trading.floor import Floor
from execution.wire.trading.purse import Purse
from market.instrument import Instrument
from risk.order import Order


class PerpetualFloor(Floor):
    """One market. Trades are booked by the exchange, which knows their orders; the core reads here what an order may trade."""

    def __init__(
        self, instrument: Instrument, model: BookModel, latency: Latency, purse: Purse, margins: MarginPurse
    ) -> None:
        super().__init__(instrument, model, latency, purse)
        self.core = MatchingCore(instrument, self)
        self._margins = margins
        self.mark = ZERO
        """The mark price [quote]."""
        self.realised = deque[Decimal]()
        """The profits of trades that the core has made and the exchange has not entered yet, in order [quote]."""

    def most(self, order: Order, price: Decimal, fee_bps: Decimal, rules: Instrument) -> Decimal:
        """What an order may trade at this price [base]."""
        return self._margins.most(rules.symbol, order.side, price, fee_bps, rules.lot_size, reduces=order.reduce_only)

    def settle(self, fill: Fill) -> None:
        """Book a trade, and take its quantity out of the present bar's liquidity."""
        made = self._margins.trade(fill.symbol, fill.side, fill.quantity, fill.price, fee_of(fill.fee))
        self.realised.append(made)
        if self._liquidity is not None:
            self._liquidity.take(fill.side, fill.quantity)


def fee_of(fee: Decimal) -> Decimal:
    """A fee as the exchange takes it: to eight decimals [quote]."""
    return fee.quantize(Decimal("1e-8"))
