"""The exchange of linear perpetuals behind the wire: orders on both sides, margins, conditional orders, funding, liquidation.

It trades on the same market and with the same core as the spot exchange. What differs is the account, and what happens to it
without an order of its owner: funding at the open of the bar in which it is due, a liquidation when the mark price reaches its
price (all of the position, at the bankruptcy price), and an auto-deleveraging when somebody asks for one. The position mode, the
margin mode and the leverage are what a client has set, or a human by hand.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import NamedTuple

from config.clock import from_ms, to_ms
from config.sections.venue import VenueSettings
from execution.exact import EXACT, ZERO, exact_decimal, fee_on, floor_to
from execution.reports import Fill
from execution.simulated.book_model import BookModel
from execution.simulated.latency import Latency
from execution.simulated.margined.core import Leg
from execution.wire.perpetual import events
from execution.wire.perpetual.floor import PerpetualFloor, fee_of
from execution.wire.perpetual.orders import DELEVERAGED, FORCED, Algo, Income
from execution.wire.perpetual.purse import MarginPurse
from execution.wire.trading import refusals
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.floor import Floor
from execution.wire.trading.market import MOMENTS, PlayedMarket
from execution.wire.trading.orders import Json, Trade, WireOrder
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import Wanted
from market.bar import FundingRate
from market.instrument import Instrument
from risk.order import OrderKind, Side

_EIGHT = Decimal("1e-8")
_ROUNDING = Context(prec=EXACT.prec)


class Due(NamedTuple):
    """A rate of funding that was settled: rate [fraction], mark price [quote], time [ms since 1970 UTC]."""

    symbol: str
    rate: Decimal
    mark: Decimal
    at_ms: int


class _Met(NamedTuple):
    """What a movement meets first: how much of it is done then, and the conditional order; None for the liquidation price."""

    way: Decimal
    algo: Algo | None
    mark: Decimal
    traded: Decimal


class PerpetualExchange(Exchange):
    """One account of perpetuals on one market."""

    perpetual = True
    floors: Mapping[str, PerpetualFloor]

    def __init__(
        self,
        market: PlayedMarket,
        instruments: Mapping[str, Instrument],
        settings: VenueSettings,
        balances: Mapping[str, Decimal],
        *,
        told: Callable[[Json], None] = lambda _: None,
    ) -> None:
        """`balances`: the wallet, in the one quote currency of these markets."""
        quote = next(iter(instruments.values())).quote
        self.margins = MarginPurse(quote, balances.get(quote, ZERO), instruments)
        self.algos: dict[int, Algo] = {}
        self.incomes: list[Income] = []
        self.settled: list[Due] = []
        self.forced: list[WireOrder] = []
        """The orders that the exchange made itself, oldest first."""
        self.realised: dict[int, Decimal] = {}
        """The profit of each trade, by its number [quote]."""
        super().__init__(market, instruments, settings, balances, fee_in_quote=True, told=told)

    def _floor_of(self, rules: Instrument, model: BookModel, latency: Latency) -> Floor:
        return PerpetualFloor(rules, model, latency, self.purse, self.margins)

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
                self._walk(floor, Leg(floor.price, exact_decimal(to), floor.mark, _eight(marked)))
                share = floor_to(exact_decimal(bar.volume) / MOMENTS, floor.instrument.lot_size)
                self._print(floor, floor.price, share, buyer_made=False)
        if moment == MOMENTS:
            self.market.close_bar()
            self._open_bars()
        self.changed()

    def _open_bars(self) -> None:
        for name, bar in self.market.forming.items():
            self.floors[name].mark = _eight(self.market.marks.get(name, bar).open)
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
        with localcontext(_ROUNDING):
            return (leg.mark_start + way * (leg.mark_end - leg.mark_start)).quantize(_EIGHT, ROUND_HALF_EVEN)

    # Orders

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

    def _end_algo(self, algo: Algo, status: str) -> None:
        algo.status, algo.updated_ms = status, to_ms(self.now())
        self.told(events.algo(algo, algo.updated_ms))

    # Settings

    def set_leverage(self, symbol: str, leverage: Decimal) -> None:
        """Set the leverage of a market. Raises Refused for one that its tiers do not offer, or that is less under a position."""
        name = self.floor(symbol).instrument.symbol
        if not 1 <= leverage <= self.margins.terms[name].tiers[0].max_leverage:
            raise Refused(refusals.BAD_LEVERAGE, leverage)
        if self.margins.positions[name].quantity and leverage < self.margins.leverage[name]:
            raise Refused(refusals.LESS_LEVERAGE)
        self.margins.leverage[name] = leverage

    def set_isolated(self, symbol: str, *, isolated: bool) -> None:
        """Set the margin mode of a market. Raises Refused under a position or an open order, and where nothing changes."""
        name = self.floor(symbol).instrument.symbol
        if self.margins.isolated[name] is isolated:
            raise Refused(refusals.SAME_MARGIN)
        if self._has_open(symbol):
            raise Refused(refusals.MARGIN_UNDER_ORDERS)
        if self.margins.positions[name].quantity:
            raise Refused(refusals.MARGIN_UNDER_POSITION)
        self.margins.isolated[name] = isolated

    def set_hedged(self, *, hedged: bool) -> None:
        """Set the position mode of the account. Raises Refused under a position or an open order, and where nothing changes."""
        if self.margins.hedged is hedged:
            raise Refused(refusals.SAME_SIDES)
        if any(self._has_open(symbol) for symbol in self.symbols()):
            raise Refused(refusals.SIDES_UNDER_ORDERS)
        if any(held.quantity for held in self.margins.positions.values()):
            raise Refused(refusals.SIDES_UNDER_POSITION)
        self.margins.hedged = hedged

    def _has_open(self, symbol: str) -> bool:
        return bool(self.ledger.open_orders(symbol)) or any(
            each.open and each.symbol == symbol for each in self.algos.values()
        )

    # What the exchange does by itself

    def deleverage(self, market: str, quantity: Decimal) -> None:
        """Take so much of a position away at the mark price [base], in favour of somebody who was liquidated."""
        self._force(market, DELEVERAGED, quantity, self.floors[market].mark)

    def _settle_funding(self) -> None:
        for due in self.market.rates:
            floor, rate = self.floors.get(due.symbol), exact_decimal(due.rate)
            if floor is None:
                continue
            at_ms, held = to_ms(self.market.opened_utc), self.margins.positions[due.symbol]
            wired = due.symbol.replace("/", "")
            self.settled.append(Due(wired, rate, floor.mark, at_ms))
            if held.quantity:
                with localcontext(_ROUNDING):
                    amount = (rate * held.quantity * floor.mark).quantize(_EIGHT, ROUND_HALF_EVEN)
                self.margins.pay(due.symbol, amount)
                self._earn("FUNDING_FEE", wired, -amount, at_ms)
                self.told(events.account(self.margins, due.symbol, wired, "FUNDING_FEE", at_ms, floor.mark))

    def _is_used_up(self, market: str, mark: Decimal) -> bool:
        """Whether the margin of a position is used up at this mark price."""
        price, held = self.margins.liquidation_price(market), self.margins.positions[market].quantity
        return price is not None and (mark <= price if held > 0 else mark >= price)

    def _liquidate(self, market: str) -> None:
        """Close a position at its bankruptcy price, withdraw the market's orders, and keep what is left of the margin."""
        floor, held = self.floors[market], self.margins.positions[market]
        symbol = market.replace("/", "")
        for order in self.ledger.open_orders(symbol):
            self._withdraw(order, "EXPIRED")
        for algo in list(self.algos.values()):
            if algo.open and algo.market == market:
                self._end_algo(algo, "EXPIRED")
        margin, before, size = held.margin, self.margins.wallet, abs(held.quantity)
        price = self.margins.bankruptcy(market, floor.instrument.tick_size)
        self._force(market, FORCED, size, price)
        with localcontext(_ROUNDING):
            left = margin + self.margins.wallet - before
            fee = fee_on(size * price, self.margins.terms[market].liquidation_fee_bps).quantize(_EIGHT, ROUND_HALF_EVEN)
        if taken := min(left, fee) if left > 0 else left:
            self.margins.wallet = EXACT.subtract(self.margins.wallet, taken)  # the insurance fund bears what is missing
            self._earn("INSURANCE_CLEAR", symbol, -taken, to_ms(self.now()))

    def _force(self, market: str, name: str, quantity: Decimal, price: Decimal) -> None:
        """Reduce a position by an order of the exchange's own."""
        held, floor, at_ms = self.margins.positions[market], self.floors[market], to_ms(self.now())
        side = Side.SELL if held.quantity > 0 else Side.BUY
        number = self.ledger.next_number()
        order = WireOrder(
            number=number, client_id=f"{name}{at_ms}{number}", symbol=market.replace("/", ""), market=market, side=side,
            type="LIMIT", time_in_force="IOC", quantity=quantity, price=price, stop_price=ZERO, at_ms=at_ms,
            updated_ms=at_ms, reduces=True,
        )  # fmt: skip
        self.ledger.add(order)
        self.forced.append(order)
        fee = fee_of(fee_on(EXACT.multiply(quantity, price), floor.instrument.taker_fee_bps))
        made = self.margins.trade(market, side, quantity, price, fee)
        trade = Trade(self.ledger.next_trade(), quantity, price, fee, self.margins.quote, False, at_ms)
        self.ledger.add_trade(order, trade)
        self.realised[trade.number] = made
        order.executed, order.spent, order.status = quantity, EXACT.multiply(quantity, price), "FILLED"
        self.ledger.done(order)
        held.at_ms = at_ms
        self._earn("REALIZED_PNL", order.symbol, made, at_ms)
        self._earn("COMMISSION", order.symbol, -fee, at_ms)
        self.told(events.execution(order, "CALCULATED", at_ms, trade, made))
        self._tell_balances(order)

    def _earn(self, kind: str, symbol: str, amount: Decimal, at_ms: int) -> None:
        if amount:
            self.incomes.append(Income(self.ledger.next_trade(), kind, symbol, amount, at_ms))

    # The hooks of an exchange, for an account of margins

    def check(self, symbol: str, wanted: Wanted) -> None:
        """Refuse an order that would not be accepted. Raises Refused."""
        self._check(symbol, wanted.side, wanted.quantity, wanted.price, wanted.client_id, reduces=False)

    def _lock(self, order: WireOrder) -> None:
        opens = order.open and not order.reduces and bool(order.price)
        self.margins.lock(order.number, EXACT.multiply(order.remaining, order.price) if opens else ZERO, order.market)

    def _fee(self, fill: Fill, order: WireOrder) -> tuple[Decimal, str]:
        return fee_of(fill.fee), self.margins.quote

    def _tell(self, order: WireOrder, what: str, at_ms: int, trade: Trade | None = None) -> None:
        made = ZERO
        if trade is not None:
            made = self.floors[order.market].realised.popleft()
            self.realised[trade.number] = made
            self.margins.positions[order.market].at_ms = at_ms
            self._earn("REALIZED_PNL", order.symbol, made, at_ms)
            self._earn("COMMISSION", order.symbol, -trade.fee, at_ms)
        self.told(events.execution(order, what, at_ms, trade, made))

    def _tell_balances(self, order: WireOrder) -> None:
        floor = self.floors[order.market]
        self.told(events.account(self.margins, order.market, order.symbol, "ORDER", to_ms(self.now()), floor.mark))

    def remember(self, rates: Iterable[FundingRate]) -> None:
        """Know rates that were settled before the market began to be played; their mark prices are not known."""
        past = [
            Due(rate.symbol.replace("/", ""), exact_decimal(rate.rate), ZERO, to_ms(self.market.moved(rate.at_utc)))
            for rate in rates
            if rate.symbol in self.floors
        ]
        self.settled = [*sorted(past, key=lambda due: due.at_ms), *self.settled]

    def next_funding_ms(self, market: str) -> int:
        """The next time at which funding may be due: a multiple of the market's interval [ms since 1970 UTC]."""
        step_ms = self.margins.terms[market].funding_interval_h * 3_600_000
        return (to_ms(self.now()) // step_ms + 1) * step_ms

    def last_rate(self, symbol: str) -> Due:
        """The rate that was settled last in a market; 0 before the first."""
        return next(
            (due for due in reversed(self.settled) if due.symbol == symbol), Due(symbol, ZERO, ZERO, to_ms(from_ms(0)))
        )


def _eight(price: float) -> Decimal:
    """A mark price as the exchange tells it, to eight decimals [quote]."""
    return exact_decimal(price).quantize(_EIGHT, ROUND_HALF_EVEN)
