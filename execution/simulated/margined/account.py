"""The exchange's own account of linear perpetuals, isolated and one-way: a wallet, and margins that are bound in it.

It counts what is there from payments: money in and out as if every notional were paid, plus what the open lots cost. Our ledger
counts it from realised profits, and the trader compares the two at every bar. An entry takes its margin and its fee from what is
free. A position can lose its margin and no more: an exit that would take more is a liquidation (`overdraws`), and funding that is
not there is not paid. Auto-deleveraging is not simulated: the exchange always pays what winners have won.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Context, Decimal, localcontext

from config.errors import InvariantBroken
from execution.exact import EXACT, ZERO, fee_on
from execution.holdings.fifo import Lots
from execution.holdings.isolated import Isolated, margin_of
from execution.reports import Fill, Liquidity
from market.instrument import Instrument
from market.perpetual.margin import PerpetualTerms
from risk.order import Order, Purpose, Side

_ROUNDING = Context(prec=EXACT.prec, rounding=ROUND_FLOOR)


@dataclass(slots=True)
class _Held:
    """An open position: `quantity` is below zero for a short; `decision_id` is that of its first entry."""

    quantity: Decimal
    lots: Lots
    isolated: Isolated
    decision_id: str

    @property
    def margin(self) -> Decimal:
        with localcontext(EXACT):
            return self.isolated.margin(self.lots.cost)

    def after(self, fill: Fill) -> "_Held":
        """The position after a trade; the same object is left as it is."""
        held = _Held(self.quantity, Lots(self.lots), copy(self.isolated), self.decision_id)
        signed = fill.quantity if fill.side is Side.BUY else -fill.quantity
        with localcontext(EXACT):
            if self.quantity == 0 or (self.quantity > 0) is (fill.side is Side.BUY):
                held.lots.add(signed, fill.price)
                held.isolated.add(fill.quantity * fill.price)
            else:
                held.lots.take(fill.quantity, fill.price)
                held.isolated.reduce(fill.quantity, abs(self.quantity))
            held.quantity += signed
        return held


class MarginAccount:
    """The wallet in one quote currency, and positions by symbol."""

    def __init__(self, starting_cash: Decimal, instruments: Mapping[str, Instrument], leverage: Decimal) -> None:
        """`leverage`: notional over margin, in every market. Raises KeyError later for a market without terms of a perpetual."""
        self._paid_in = starting_cash
        self._terms = {name: rules.perpetual for name, rules in instruments.items() if rules.perpetual is not None}
        self._leverage = leverage
        self._held: dict[str, _Held] = {}
        self._liquidated: dict[str, int] = {}

    @property
    def cash(self) -> Decimal:
        """The wallet: money without the profit of open positions, margins included [quote]."""
        with localcontext(EXACT):
            return sum((held.lots.cost for held in self._held.values()), self._paid_in)

    @property
    def free(self) -> Decimal:
        """What of the wallet is not bound as margin [quote]."""
        with localcontext(EXACT):
            return self.cash - sum((held.margin for held in self._held.values()), ZERO)

    def held(self, symbol: str) -> Decimal:
        """Return the position [base], below zero for a short."""
        return self._held[symbol].quantity if symbol in self._held else ZERO

    def holdings(self) -> dict[str, Decimal]:
        """Return the positions [base], signed, by symbol, in the order of symbols; none of them is zero."""
        return {symbol: held.quantity for symbol, held in sorted(self._held.items())}

    def liquidation_price(self, symbol: str) -> Decimal | None:
        """Return the mark price at which a position is liquidated [quote]; None where there is none, or no price does it."""
        held = self._held.get(symbol)
        if held is None:
            return None
        with localcontext(EXACT):
            return held.isolated.liquidation(held.quantity, held.lots.cost)

    def most(self, order: Order, price: Decimal, fee_bps: Decimal, rules: Instrument) -> Decimal:
        """Return what an order may reduce, or for what more the free wallet has margin and fee [base]. An entry never reduces."""
        held = self.held(order.symbol)
        against = held != 0 and (held > 0) is not (order.side is Side.BUY)
        if order.reduce_only:
            return held.copy_abs() if against else ZERO
        return ZERO if against else self._most_more(order.symbol, price, fee_bps, rules.lot_size)

    def _most_more(self, symbol: str, price: Decimal, fee_bps: Decimal, lot: Decimal) -> Decimal:
        free = self.free
        with localcontext(_ROUNDING):
            each = lot * price
            lots = (free / (each / self._leverage + fee_on(each, fee_bps))).to_integral_value()
            room = self._room(symbol)
            if room is not None:
                lots = min(lots, (room / each).to_integral_value())
            while lots > 0 and margin_of(lots * each, self._leverage) + fee_on(lots * each, fee_bps) > free:
                lots -= 1
            return max(lots, ZERO) * lot

    def _room(self, symbol: str) -> Decimal | None:
        """How much more notional the tiers allow at this leverage [quote], by entry values; None where there is no end."""
        most = _largest(self._terms[symbol], self._leverage)
        if most is None:
            return None
        return most - (abs(self._held[symbol].lots.cost) if symbol in self._held else ZERO)

    def overdraws(self, fill: Fill) -> bool:
        """Return whether a reduction would take more than the margin of its position, by loss and fee together."""
        before = self._held[fill.symbol]
        after = before.after(fill)
        with localcontext(EXACT):
            paid_in = _paid(fill) + after.lots.cost - before.lots.cost
            return paid_in + before.margin - after.margin < 0

    def settle(self, fill: Fill) -> None:
        """Book a trade. Raises InvariantBroken when it would turn a position, or bind more than is free."""
        before = self._held.get(fill.symbol)
        if before is None:
            isolated = Isolated(self._terms[fill.symbol], self._leverage)
            before = _Held(ZERO, Lots(), isolated, fill.decision_id)
        after = before.after(fill)
        reduces = fill.purpose is not Purpose.ENTRY
        turned = before.quantity * after.quantity < 0
        if reduces is not (after.quantity.copy_abs() < before.quantity.copy_abs()) or turned:
            raise self._impossible(fill, f"{after.quantity} of {fill.symbol}, after {before.quantity}")
        with localcontext(EXACT):
            self._paid_in += _paid(fill)
        self._held[fill.symbol] = after
        if not after.quantity:
            del self._held[fill.symbol]
        if self.free < 0:
            raise self._impossible(fill, f"{self.free} free of the wallet")

    def pay(self, amount: Decimal, symbol: str) -> Decimal:
        """Take funding of a position out of the free wallet, and the rest of it out of its margin [quote]; a negative amount is
        added. Returns what was paid: no more than is there."""
        held, free = self._held[symbol], self.free
        with localcontext(EXACT):
            amount = min(amount, free + max(held.margin, ZERO))
            held.isolated.draw(max(ZERO, amount - free))
            self._paid_in -= amount
        return amount

    def liquidate(self, rules: Instrument, at: datetime) -> Fill:
        """Close a position at its bankruptcy price, and return the trade. The fee is what is left of the margin, at most."""
        symbol = rules.symbol
        held, terms = self._held[symbol], self._terms[symbol]
        number = self._liquidated[symbol] = self._liquidated.get(symbol, 0) + 1
        size = held.quantity.copy_abs()
        with localcontext(EXACT):
            price = held.isolated.bankruptcy(held.quantity, held.lots.cost, rules.tick_size)
            left = held.margin + held.lots.worth_more(price)
            fee = min(fee_on(size * price, rules.taker_fee_bps + terms.liquidation_fee_bps), max(left, ZERO))
        name = f"{held.decision_id}-liq{number}"
        fill = Fill(
            trade_id=f"{name}-1", order_id=name, decision_id=held.decision_id, symbol=symbol,
            side=Side.SELL if held.quantity > 0 else Side.BUY, purpose=Purpose.LIQUIDATION, quantity=size, price=price,
            fee=fee, fee_currency=rules.quote, liquidity=Liquidity.TAKER, filled_utc=at,
        )  # fmt: skip
        self.settle(fill)
        return fill

    def _impossible(self, fill: Fill, left: str) -> InvariantBroken:
        return InvariantBroken(
            f"The simulated exchange made trade {fill.trade_id} that would leave {left}. The run stops; report this with the "
            "journal of the run."
        )


def _largest(terms: PerpetualTerms, leverage: Decimal) -> Decimal | None:
    """The largest notional with this leverage [quote]; None where there is no end."""
    allowed = ZERO
    for tier in terms.tiers:
        if tier.max_leverage < leverage:
            return allowed
        if tier.up_to is None:
            return None
        allowed = tier.up_to
    return allowed


def _paid(fill: Fill) -> Decimal:
    """What came in for a trade as if its notional were paid, after its fee [quote]. In an exact context."""
    notional = fill.quantity * fill.price
    return (-notional if fill.side is Side.BUY else notional) - fill.fee
