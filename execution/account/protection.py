"""The protection: it places stop, target and trailing stop of every position, and closes or reduces positions at market.

After each report of the venue it checks the book. A position that its resting stops do not cover gets new protection. An entry is
withdrawn once its position is being sold. Orders that protect nothing are withdrawn.

It never counts a stop that the venue has not accepted, never places a second exit while the whole position is being sold, and
never uses an order id twice. The gate signs every exit. While nobody knows whether an exit rests at the venue, no second one is
sent in that market: two of them could sell coins that are not ours.

Of a short position an exit buys back. What is kept of a position is a size, without a sign. A position that the exchange has
liquidated is gone: what protected it is withdrawn.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from config.sections.exits import ExitSettings
from execution.account.decision import DecisionOrders, is_nearer, nearest
from execution.account.ledger import Ledger
from execution.account.order_desk import OrderDesk
from execution.account.orders import Orders
from execution.account.stops import Leg, attached_stop, legs_of, resized, size_of, trailing_price
from market.bar import Bar
from market.instrument import Instrument
from risk.manager import RiskManager
from risk.order import Order, OrderKind, Purpose
from risk.portfolio import Position

STRAY_SALES, STRAY_AGAIN = 20, timedelta(seconds=10)
"""How often the sale of a stray is tried, and how long after one that was refused."""


class MarketSale(NamedTuple):
    """Ids and purpose of an exit at market."""

    order_id: str
    decision_id: str
    purpose: Purpose


class Protection:
    """Exits of one account's positions."""

    def __init__(
        self,
        desk: OrderDesk,
        orders: Orders,
        ledger: Ledger,
        gate: RiskManager,
        exits: ExitSettings,
        instruments: Mapping[str, Instrument],
    ) -> None:
        """Follows the desk: from now on the book is checked after each report of the venue."""
        self._desk = desk
        self._orders = orders
        self._ledger = ledger
        self._gate = gate
        self._exits = exits
        self._instruments = instruments
        self._tidying = False
        self._stray_sales: dict[tuple[str, str], list[Order]] = {}
        desk.follow(self.tidy)

    async def close(
        self, symbol: str, decision_id: str, at: datetime, purpose: Purpose = Purpose.STRATEGY_EXIT
    ) -> Order | None:
        """Close a position at market. Its entry and its protection are withdrawn first.

        Returns the order. Returns None, and leaves the protection unchanged, if nothing is held, an exit is under way, or the
        order would be below the venue's minimum.
        """
        return await self._sell(symbol, Decimal(0), MarketSale(f"{decision_id}-c", decision_id, purpose), at)

    async def reduce(self, symbol: str, keep: Decimal, at: datetime) -> Order | None:
        """Reduce a position to `keep` [base units] at market; the rest gets new protection at once.

        If the rest would be too small for a stop, everything is sold. Returns the order, or None if the position is not larger
        than `keep`, an exit of all of it is under way, or the order would be below the venue's minimum.
        """
        held = self._orders.held(symbol)
        if held is None:
            return None
        sale = MarketSale(f"{held.decision_id}-d{held.number()}", held.decision_id, Purpose.OUTAGE_EXIT)
        return await self._sell(symbol, keep, sale, at)

    async def follow(self, symbol: str, exit_price: Decimal | None, at: datetime) -> None:
        """Protect a position by its voters' own exit [quote]: without a target, its stop at that exit if it is nearer than the
        hard stop. An exit that is farther than before changes nothing."""
        held, position = self._orders.held(symbol), self._ledger.position(symbol)
        if held is None or position is None or held.closing is not None:
            return
        if held.share is None:
            held.stands_for(1.0, exit_price)
            held.outgrown = True
        held.raise_exit(exit_price)
        (leg,) = legs_of(position, held, self._exits, self._instruments[symbol])
        present = held.stop_price
        held.outgrown = held.outgrown or present is None or is_nearer(held.sign, leg.price, present)
        if held.outgrown:
            held.too_small = None
            await self.tidy(at)

    async def trim(self, symbol: str, keep: Decimal, share: float, decision_id: str, at: datetime) -> Order | None:
        """Sell the part of a position above `keep` [base units] at market. The stop of the rest is placed before that, so nothing
        that stays is ever without one.

        If the rest would be too small for a stop, everything is sold. Returns the order, or None if the position is not larger
        than `keep`, an exit is under way, or the order would be below the venue's minimum.
        """
        held, position = self._orders.held(symbol), self._ledger.position(symbol)
        if held is None or position is None or held.closing is not None or held.reducing is not None:
            return None
        sale, part = MarketSale(f"{decision_id}-t", decision_id, Purpose.TRIM), self._above(position, held, keep)
        size = size_of(position)
        if part == size:
            return await self._sell(symbol, Decimal(0), sale, at)
        if not part or part * position.mark_price < self._least(symbol):
            return None
        self._tidying = True
        await self._renew(held, resized(position, size - part), at)
        held.stands_for(share, None)
        held.reducing = sale.order_id
        order = self.market_exit(position, sale, part, at)
        await self._desk.send(order, held)
        self._tidying = False
        await self.tidy(at)
        return order

    async def shrink(self, symbol: str, keep: Decimal, decision_id: str, at: datetime) -> Order | None:
        """Sell the part of a position above `keep` [base units] at market; the rest stands for the same share as before.

        As `trim` otherwise. A position with a target gets its protection again for what stays.
        """
        held = self._orders.held(symbol)
        if held is None or held.reducing is not None:
            return None
        if held.share is not None:
            return await self.trim(symbol, keep, held.share, decision_id, at)
        return await self._sell(symbol, keep, MarketSale(f"{decision_id}-t", decision_id, Purpose.TRIM), at)

    async def trail(self, symbol: str, bar: Bar, at: datetime) -> None:
        """After the target: move the stop of the rest up behind the highest price, never down; of a short, down behind the
        lowest, never up."""
        held = self._orders.held(symbol)
        if held is None or held.stop_price is None or not self._ledger.holds(symbol) or held.closing is not None:
            return
        best = Decimal(repr(bar.high if held.sign > 0 else bar.low))
        if held.entry.trail_quote is not None:
            await self._trail_attached(held, best, at)
            return
        if held.trailing_from is None or held.share is not None:
            return
        held.trailing_from = nearest(held.sign, held.trailing_from, best)
        exits, rules = held.exits_or(self._exits), self._instruments[symbol]
        price = trailing_price(held.trailing_from, held.stop_price, exits, rules, held.atr_quote, held.sign)
        if price is not None:
            # Only tidying places it, and no report that is booked meanwhile: placing it twice would give two stops.
            held.stop_price, held.too_small, held.outgrown = price, None, True
            await self.tidy(at)

    async def _trail_attached(self, held: DecisionOrders, best: Decimal, at: datetime) -> None:
        """Move a stop that was attached behind the best price, at the close of a bar. A real venue moves it by itself."""
        trail, present = held.entry.trail_quote, held.stop_price
        if trail is None or present is None or self._ledger.is_real:
            return
        price = attached_stop(best, trail, held, self._instruments[held.symbol])
        if is_nearer(held.sign, price, present):
            held.stop_price, held.too_small, held.outgrown = price, None, True
            await self.tidy(at)

    async def _sell(self, symbol: str, keep: Decimal, sale: MarketSale, at: datetime) -> Order | None:
        """Withdraw entry and protection, sell the part above `keep` at market, and protect the rest."""
        held, position = self._orders.held(symbol), self._ledger.position(symbol)
        if (
            position is None
            or held is None
            or held.closing is not None
            or self._desk.closed(position.account).is_gone(symbol)
        ):
            return None
        part = self._above(position, held, keep)
        if not part or part * position.mark_price < self._least(symbol):
            return None
        held.closing = sale.order_id
        await self._desk.cancel_entry(symbol, at)
        for order_id in self._orders.doubts(symbol):
            await self._desk.cancel(order_id, at)
        if not self._orders.doubtful(symbol):  # else nothing may be sold, and the stops that rest are needed
            await self._withdraw(symbol, at)
        position = self._ledger.position(symbol)
        if position is None or self._orders.doubtful(symbol):
            held.closing = None
            return None
        part = self._above(position, held, keep)
        if part < size_of(position):
            held.closing, held.reducing = None, sale.order_id
        order = self.market_exit(position, sale, part, at) if part > 0 else None
        if order is not None:
            await self._desk.send(order, held)
        await self.tidy(at)
        return order

    def _above(self, position: Position, held: DecisionOrders, keep: Decimal) -> Decimal:
        """The quantity to sell so that `keep` stays; all of it, if the rest would be too small for a stop."""
        instrument, size = self._instruments[position.symbol], size_of(position)
        part = instrument.round_quantity(max(size - keep, Decimal(0)))
        rest = size - part
        if not part or not rest:
            return part
        stop = legs_of(resized(position, rest), held, self._exits, instrument)[0]
        return part if stop.quantity * stop.price >= self._least(position.symbol) else size

    def market_exit(self, position: Position, sale: MarketSale, quantity: Decimal, at: datetime) -> Order:
        """An exit at market, signed by the gate."""
        return self._gate.sign_exit(
            position,
            order_id=sale.order_id,
            decision_id=sale.decision_id,
            kind=OrderKind.MARKET,
            purpose=sale.purpose,
            quantity=quantity,
            at=at,
        )

    def _least(self, symbol: str) -> Decimal:
        """The least value of an exit [quote]. A real exchange of perpetuals takes any that only reduces."""
        instrument = self._instruments[symbol]
        return Decimal(0) if self._ledger.is_real and instrument.may_be_short else instrument.min_notional

    async def tidy(self, at: datetime) -> None:
        """Tidy, unless tidying is under way already."""
        if not self._tidying:
            self._tidying = True
            await self._look_over(at)
            self._tidying = False

    async def _look_over(self, at: datetime) -> None:
        """Withdraw entries of positions that are being sold, protect open positions, and withdraw exits without a position."""
        while sold := next((each for each in self._orders.entering if each.sold_from), None):
            sold.sold_from = False
            await self._desk.cancel_entry(sold.symbol, at)
        for entering in self._orders.entering:
            if self._is_astray(entering):
                await self._desk.cancel_entry(entering.symbol, at)
        for held in self._orders.holding:
            if not self._ledger.holds(held.symbol):
                await self._withdraw(held.symbol, at)
                if self._orders.entry(held.symbol) is None:
                    self._orders.close(held)
            elif held.closing is None and self._is_exposed(held):
                await self._protect(held, at)
                await self._leave_what_no_stop_protects(held, at)
        for stray in self._ledger.strays():
            await self._sell_stray(stray, at)

    def _is_astray(self, entering: DecisionOrders) -> bool:
        """Whether an entry is under way at another exchange than the one where the position lies, and was not withdrawn yet."""
        position = self._ledger.position(entering.symbol)
        if position is None or not entering.account or entering.withdrawn:
            return False
        return position.account != entering.account

    async def _sell_stray(self, stray: Position, at: datetime) -> None:
        """Sell at market what was bought in a market whose position lies at another exchange: nothing there protects it.

        The market is closed there until a human has looked. A sale that is refused is tried again, a few times.
        """
        instrument = self._instruments[stray.symbol]
        sales = self._stray_sales.setdefault((stray.symbol, stray.account), [])
        why = (
            f"{stray.quantity} were bought there while the position lies at another exchange, by an entry that it was said not "
            "to have. They are sold at market"
        )
        self._desk.closed(stray.account).find(stray.symbol, why, at)
        if sales and (self._orders.is_live(sales[-1].order_id) or at < sales[-1].created_utc + STRAY_AGAIN):
            return
        quantity = instrument.round_quantity(stray.quantity)
        if not quantity or quantity * stray.mark_price < instrument.min_notional:
            self._desk.sweep_stray(stray, at)
        elif len(sales) < STRAY_SALES:
            decision = self._ledger.stray_decision(stray.symbol, stray.account)
            sale = MarketSale(f"{decision}-s{len(sales) + 1}", decision, Purpose.STOP_LOSS)
            sales.append(self.market_exit(stray, sale, quantity, at))
            await self._desk.send(sales[-1], self._orders.of_decision(decision))

    def _is_exposed(self, held: DecisionOrders) -> bool:
        if self._is_quiet(held):
            return False
        position, small = self._staying(held), held.too_small
        if position is None or (small is not None and small == position.quantity) or self._orders.doubtful(held.symbol):
            return False
        if self._desk.closed(position.account).is_gone(held.symbol):
            return False
        covered, size = self._orders.covered(held.symbol), size_of(position)
        too_much = self._ledger.is_real and covered > size  # it would sell coins that are not ours
        return held.outgrown or covered < size or too_much

    def _is_quiet(self, held: DecisionOrders) -> bool:
        """Whether a position of a simulated account has nothing to be looked over, as most have at most reports: its stops cover
        all of it, and nothing of it is being sold."""
        if held.outgrown or held.reducing is not None or self._ledger.is_real:
            return False
        return self._orders.covered(held.symbol) >= self._ledger.quantity(held.symbol)

    async def _leave_what_no_stop_protects(self, held: DecisionOrders, at: datetime) -> None:
        """On a real exchange a position that is too small for a stop, or whose stop is refused, is sold at market; and one that
        is too small to sell is dust."""
        if not self._ledger.is_real or not self._ledger.holds(held.symbol):
            return
        if not self._is_refused(held) and (held.too_small is None or held.entering):
            return
        await self._withdraw(held.symbol, at)
        sale = MarketSale(f"{held.decision_id}-u{held.number()}", held.decision_id, Purpose.STOP_LOSS)
        if await self._sell(held.symbol, Decimal(0), sale, at) is None and not self._orders.exits(held.symbol):
            self._desk.sweep(held.symbol, at)
            self._orders.close(held)

    def _is_refused(self, held: DecisionOrders) -> bool:
        """Whether the exchange has refused a stop that was placed now: the price may be below it already."""
        staying = self._staying(held)
        if staying is None or held.too_small is not None or held.outgrown or self._orders.doubtful(held.symbol):
            return False
        return self._orders.covered(held.symbol) < size_of(staying)

    def _staying(self, held: DecisionOrders) -> Position | None:
        """The part of a position that is not being sold at market."""
        position = self._ledger.position(held.symbol)
        if position is None or held.reducing is None:
            return position
        size = size_of(position) - held.left(held.reducing)
        return resized(position, size) if size > 0 else None

    async def _protect(self, held: DecisionOrders, at: datetime) -> None:
        """Replace the protection by one for all of the position that stays."""
        position, instrument = self._staying(held), self._instruments[held.symbol]
        if position is None:
            return
        legs = legs_of(position, held, self._exits, instrument)
        held.outgrown = False
        if legs[0].quantity * legs[0].price < self._least(held.symbol):
            held.too_small = position.quantity
            return
        if held.share is not None or held.entry.trail_quote is not None:
            await self._renew(held, position, at)
            return
        await self._withdraw(held.symbol, at, but=held.reducing)
        position = self._staying(held)
        if position is None or self._awaits_an_end(held):
            return
        held.stop_price = legs[0].price
        group = f"{held.decision_id}-g{held.numbered}"
        for leg in legs:
            await self._place(held, position, leg, group, at)

    async def _renew(self, held: DecisionOrders, position: Position, at: datetime) -> None:
        """Place the one stop of a position of voters with their own exit, and only then withdraw what protected it before.

        A venue that refuses the second stop, because the first one binds the quantity, gets it after the first one is gone.
        A real exchange always refuses it, so it is not asked first. One that was attached to its entry takes the new quantity
        over in its place.
        """
        (leg,) = legs_of(position, held, self._exits, self._instruments[held.symbol])
        before = [order_id for order_id in self._orders.exits(held.symbol) if order_id != held.reducing]
        held.stop_price = leg.price
        spot = self._ledger.is_real and not self._instruments[held.symbol].may_be_short
        bound = before and spot and leg.trail is None
        placed = None if bound else await self._place(held, position, leg, "", at)
        for order_id in before:
            await self._desk.cancel(order_id, at)
        left = self._staying(held)
        if not before or left is None or (placed is not None and held.rests(placed.order_id)):
            return
        if not bound or not self._awaits_an_end(held):
            await self._place(held, left, leg._replace(quantity=min(leg.quantity, size_of(left))), "", at)

    def _awaits_an_end(self, held: DecisionOrders) -> bool:
        """Whether an exit was withdrawn and may still rest: new ones wait until the venue says that it is gone."""
        out = [order_id for order_id in self._orders.exits(held.symbol) if order_id != held.reducing]
        held.outgrown = self._ledger.is_real and bool(out)
        return held.outgrown

    async def _place(self, held: DecisionOrders, position: Position, leg: Leg, group: str, at: datetime) -> Order:
        order = self._gate.sign_exit(
            position,
            order_id=f"{held.decision_id}-x{held.number()}",
            decision_id=held.decision_id,
            kind=leg.kind,
            purpose=leg.purpose,
            quantity=leg.quantity,
            price=leg.price,
            oco_group=group if leg.linked else None,
            at=at,
            trail=leg.trail,
        )
        await self._desk.send(order, held)
        return order

    async def _withdraw(self, symbol: str, at: datetime, but: str | None = None) -> None:
        """Cancel all orders that would reduce a position, except `but`. The sale of a stray reduces none."""
        strays = {order.order_id for (name, _), sales in self._stray_sales.items() if name == symbol for order in sales}
        for order_id in self._orders.exits(symbol):
            if order_id != but and order_id not in strays:
                await self._desk.cancel(order_id, at)
