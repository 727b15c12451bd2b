"""The exchange of linear perpetuals behind the wire: orders on both sides, margins, conditional orders, funding, liquidation.

It trades on the same market and with the same core as the spot exchange. What differs is the account (`account.py`), and that
both prices move together: on the way a conditional order may be triggered by either of them, and the position is liquidated when
the mark price reaches its price.
"""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import NamedTuple

from config.clock import to_ms
from execution.exact import EXACT, ZERO, exact_decimal, floor_to
from execution.simulated.margined.core import Leg
from execution.wire.perpetual import events
from execution.wire.perpetual.account import EIGHT, ROUNDING, PerpetualAccount, eight
from execution.wire.perpetual.floor import PerpetualFloor
from execution.wire.perpetual.orders import Algo
from execution.wire.trading import refusals
from execution.wire.trading.market import MOMENTS
from execution.wire.trading.orders import WireOrder
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import Wanted
from risk.order import OrderKind, Side


class _Met(NamedTuple):
    """What a movement meets first: how much of it is done then, and the conditional order; None for the liquidation price."""

    way: Decimal
    algo: Algo | None
    mark: Decimal
    traded: Decimal


class PerpetualExchange(PerpetualAccount):
    """One account of perpetuals on one market."""

    # Time

    def step(self) -> None:
        """Move to the next moment of the market, traded and mark price together."""
        self.market.moment += 1
        bars, moment = self.market.forming, self.market.moment
        for name, floor in self.floors.items():
            if name in bars:
                bar = bars[name]
                mark = self.market.marks.get(name, bar)
                to, marked = ((each.low, each.high, each.close)[moment - 1] for each in (bar, mark))
                self._walk(floor, Leg(floor.price, exact_decimal(to), floor.mark, eight(marked)))
                share = floor_to(exact_decimal(bar.volume) / MOMENTS, floor.instrument.lot_size)
                self._print(floor, floor.price, share, buyer_made=False)
        if moment == MOMENTS:
            self.market.close_bar()
            self._open_bars()
        self.changed()

    def _open_bars(self) -> None:
        for name, bar in self.market.forming.items():
            self.floors[name].mark = eight(self.market.marks.get(name, bar).open)
        self._settle_funding()
        for name, floor in self.floors.items():
            if self._is_used_up(name, floor.mark):
                self._liquidate(name)
        super()._open_bars()
        for floor in self.floors.values():
            self._walk(floor, Leg(floor.price, floor.price, floor.mark, floor.mark))

    def _walk(self, floor: PerpetualFloor, leg: Leg) -> None:
        """Move both prices, and stop on the way where a conditional order waits or the position is liquidated."""
        name = floor.instrument.symbol
        while (met := self._met(floor, leg)) is not None:
            self._book(floor.move(met.traded, self.market.now))
            floor.mark = met.mark
            leg = Leg(met.traded, leg.end, met.mark, leg.mark_end)
            if met.algo is None:
                self._liquidate(name)
            else:
                self._trigger_algo(floor, met.algo)
        if leg.end != floor.price:
            self._book(floor.move(leg.end, self.market.now))
        floor.mark = leg.mark_end
        if self._is_used_up(name, floor.mark):
            self._liquidate(name)

    def _met(self, floor: PerpetualFloor, leg: Leg) -> _Met | None:
        """What the rest of a movement meets first."""
        name, tick, found = floor.instrument.symbol, floor.instrument.tick_size, list[_Met]()
        marks, trades = sorted((leg.mark_start, leg.mark_end)), sorted((leg.start, leg.end))
        for algo in self.algos.values():
            if not algo.open or algo.market != name or not algo.reached(*(marks if algo.by_mark else trades)):
                continue
            if algo.by_mark:
                mark = min(max(algo.trigger, marks[0]), marks[1])
                found.append(_Met(leg.way(mark), algo, mark, leg.traded_when(mark, tick, algo.side)))
            else:
                traded = min(max(algo.trigger, trades[0]), trades[1])
                way = leg.traded_way(traded)
                found.append(_Met(way, algo, self._between(leg, way), traded))
        price = self.margins.liquidation_price(name)
        if price is not None and leg.mark_passes(price):
            side = Side.SELL if self.margins.positions[name].quantity > 0 else Side.BUY
            found.append(_Met(leg.way(price), None, price, leg.traded_when(price, tick, side)))
        return min(found, key=lambda each: (each.way, each.algo is None), default=None)

    def _between(self, leg: Leg, way: Decimal) -> Decimal:
        with localcontext(ROUNDING):
            return (leg.mark_start + way * (leg.mark_end - leg.mark_start)).quantize(EIGHT, ROUND_HALF_EVEN)

    # Orders

    def check(self, symbol: str, wanted: Wanted) -> None:
        """Refuse an order that would not be accepted. Raises Refused."""
        self._check(symbol, wanted.side, wanted.quantity, wanted.price, wanted.client_id, reduces=False)

    def place(self, symbol: str, wanted: Wanted, *, reduces: bool = False) -> WireOrder:
        """Take an order; what can trade at once has traded. Raises Refused."""
        floor = self.floor(symbol)
        self._check(symbol, wanted.side, wanted.quantity, wanted.price, wanted.client_id, reduces=reduces)
        order = self._order(symbol, floor, wanted)
        order.reduces = reduces
        self._enter(floor, [order])
        return order

    def place_algo(
        self, symbol: str, side: Side, kind: str, quantity: Decimal, trigger: Decimal, *, by_mark: bool, reduces: bool,
        client_id: str | None,
    ) -> Algo:  # fmt: skip
        """Take a conditional order. Raises Refused."""
        floor = self.floor(symbol)
        assert isinstance(floor, PerpetualFloor)
        self._check(symbol, side, quantity, ZERO, None, reduces=reduces)
        if trigger % floor.instrument.tick_size:
            raise Refused(refusals.FILTER, "PRICE_FILTER")
        if client_id is not None and any(each.open and each.client_id == client_id for each in self.algos.values()):
            raise Refused(refusals.DUPLICATE_NAME)
        number, at_ms = self.ledger.next_number(), to_ms(self.now())
        algo = Algo(
            number, client_id or f"sim-algo-{number}", symbol, floor.instrument.symbol, side, kind, quantity, trigger,
            by_mark, reduces, at_ms, at_ms,
        )  # fmt: skip
        price = floor.mark if by_mark else floor.price
        if algo.reached(price, price):
            raise Refused(refusals.TRIGGERS_NOW)
        self.algos[number] = algo
        self.told(events.algo(algo, at_ms))
        self.changed()
        return algo

    def cancel_algo(self, algo: Algo) -> None:
        """Withdraw a conditional order. Raises Refused if it is done."""
        if not algo.open:
            raise Refused(refusals.UNKNOWN_ORDER)
        self._end_algo(algo, "CANCELED")

    def algo(self, symbol: str, number: int | None, client_id: str | None) -> Algo:
        """A conditional order by its number or its name, the newest of that name. Raises Refused."""
        found = [
            each for each in self.algos.values()
            if each.symbol == symbol and (each.number == number if number is not None else each.client_id == client_id)
        ]  # fmt: skip
        if not found:
            raise Refused(refusals.NO_ORDER)
        return found[-1]

    def _check(
        self, symbol: str, side: Side, quantity: Decimal, price: Decimal, client_id: str | None, *, reduces: bool
    ) -> None:
        """Refuse an order that would not be accepted. Raises Refused."""
        floor = self.floor(symbol)
        rules, name = floor.instrument, floor.instrument.symbol
        if self.margins.hedged:
            raise Refused(refusals.WRONG_SIDE)
        if price and price % rules.tick_size:
            raise Refused(refusals.FILTER, "PRICE_FILTER")
        if quantity < rules.lot_size or quantity % rules.lot_size:
            raise Refused(refusals.FILTER, "LOT_SIZE")
        if client_id is not None and self.ledger.taken(symbol, client_id):
            raise Refused(refusals.DUPLICATE_NAME)
        worst = price or max((level.price for level in floor.offered(side)), default=floor.price)
        held = self.margins.positions[name]
        if reduces:
            if not held.quantity or (held.quantity > 0) is (side is Side.BUY):
                raise Refused(refusals.NOTHING_TO_REDUCE)
            return
        if EXACT.multiply(quantity, worst) < rules.min_notional:
            raise Refused(refusals.SMALL_NOTIONAL, rules.min_notional)
        most = self.margins.most(name, side, worst, rules.taker_fee_bps, rules.lot_size, reduces=False)
        if quantity > most:
            raise Refused(refusals.NO_MARGIN)
        after = EXACT.multiply(abs(held.quantity + side.sign * quantity), worst)
        tier = next(
            (each for each in self.margins.terms[name].tiers if each.up_to is None or after <= each.up_to), None
        )
        if tier is None or tier.max_leverage < self.margins.leverage[name]:
            raise Refused(refusals.TOO_LARGE)

    def _trigger_algo(self, floor: PerpetualFloor, algo: Algo) -> None:
        """The price of a conditional order is there: it becomes an order at market, if there is something to reduce."""
        held, at_ms = self.margins.positions[algo.market].quantity, to_ms(self.now())
        algo.triggered_ms = at_ms
        if algo.reduces and (not held or (held > 0) is (algo.side is Side.BUY)):
            self._end_algo(algo, "EXPIRED")
            return
        number = self.ledger.next_number()
        order = WireOrder(
            number=number, client_id=f"sim-of-{algo.number}", symbol=algo.symbol, market=algo.market, side=algo.side,
            type="MARKET", time_in_force="GTC", quantity=algo.quantity, price=ZERO, stop_price=ZERO, at_ms=at_ms,
            updated_ms=at_ms, reduces=algo.reduces,
        )  # fmt: skip
        algo.became = order
        self._end_algo(algo, "TRIGGERED")
        self.ledger.add(order)
        self._tell(order, "NEW", at_ms)
        self._book(floor.arrive(order.for_core(self.now(), OrderKind.MARKET), self.now()))
        self._end_remainder(floor, order)
        algo.status = "FINISHED"
