"""Fills that cannot be true, and that the ledger therefore does not book."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from config.errors import InvariantBroken
from execution.account.lots import Holding
from execution.exact import ZERO
from execution.reports import Fill
from market.instrument import Instrument
from risk.order import Purpose, Side


def refuse_impossible(fill: Fill, quote: str, real: Mapping[str, Instrument], parts: Collection[str]) -> None:
    """Raise InvariantBroken for a fill of an exchange that is not ours, in a coin that is not counted, or of no quantity.

    `quote`: the currency that is counted; `real`: the markets of a real exchange; `parts`: the names of several exchanges.
    """
    if fill.account not in (parts or ("",)):
        raise InvariantBroken(
            f"Trade {fill.trade_id} is of the exchange {fill.account!r}, and this session trades on "
            f"{', '.join(parts) or 'one that has no name'}. It was not booked. Keep the run's journal and report it."
        )
    if fill.fee_currency != quote and fill.symbol not in real:
        raise InvariantBroken(
            f"Trade {fill.trade_id} charged its fee in {fill.fee_currency}, and this ledger counts in {quote} only. "
            f"It was not booked. Set the venue to charge fees in {quote}."
        )
    eaten = fill.side is Side.BUY and fill.fee_currency != quote and fill.fee >= fill.quantity
    if fill.quantity <= 0 or fill.price <= 0 or (eaten and fill.fee_currency == real[fill.symbol].base):
        raise InvariantBroken(
            f"Trade {fill.trade_id} is for {fill.quantity} at {fill.price}, which is impossible. It was not booked. Look it "
            f"up in the venue's trade list."
        )


def refuse_contrary(fill: Fill, held: Holding | None) -> None:
    """Raise InvariantBroken for a fill on perpetuals that would turn the sign of a position, or that opens one as an exit."""
    quantity = ZERO if held is None else held.quantity
    adds = quantity == 0 or (quantity > 0) is (fill.side is Side.BUY)
    if fill.purpose is not Purpose.ENTRY and (adds or fill.quantity > abs(quantity)):
        raise oversold(fill, quantity)
    if fill.purpose is Purpose.ENTRY and not adds:
        raise InvariantBroken(
            f"The venue reports that an entry {_done(fill)} {fill.quantity} of {fill.symbol} (trade {fill.trade_id}), but the "
            f"ledger holds {quantity}, which is the other side. The trade was not booked. Compare the journal with the venue's "
            "trade list before you trade again."
        )


def oversold(fill: Fill, held: Decimal) -> InvariantBroken:
    """The error for a reported reduction of more than the ledger holds."""
    return InvariantBroken(
        f"The venue reports that {fill.quantity} of {fill.symbol} were {_done(fill)} (trade {fill.trade_id}), but the ledger "
        f"holds {held}. The trade was not booked. Compare the journal with the venue's trade list before you trade again."
    )


def _done(fill: Fill) -> str:
    return "bought back" if fill.side is Side.BUY else "sold"
