"""The account behind the exchange of perpetuals: what a client sets, and what happens to it without an order of its owner.

The position mode, the margin mode and the leverage are what a client has set, or a human by hand. Funding is paid at the open of
the bar in which it is due; a liquidation closes all of a position at the bankruptcy price; an auto-deleveraging takes a part of
it when somebody asks for one. When each of them is due is the business of the exchange (`exchange.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import NamedTuple

from config.clock import from_ms, to_ms
from config.sections.venue import VenueSettings
from execution.exact import EXACT, ZERO, exact_decimal, fee_on
from execution.reports import Fill
from execution.simulated.book_model import BookModel
from execution.simulated.latency import Latency
from execution.wire.perpetual import events
from execution.wire.perpetual.floor import PerpetualFloor, fee_of
from execution.wire.perpetual.orders import DELEVERAGED, FORCED, Algo, Income
from execution.wire.perpetual.purse import MarginPurse
from execution.wire.trading import refusals
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.floor import Floor
from execution.wire.trading.market import PlayedMarket
from execution.wire.trading.orders import Json, Trade, WireOrder
from execution.wire.trading.refusals import Refused
from market.bar import FundingRate
from market.instrument import Instrument
from risk.order import Side

EIGHT = Decimal("1e-8")
ROUNDING = Context(prec=EXACT.prec)


class Due(NamedTuple):
    """A rate of funding that was settled: rate [fraction], mark price [quote], time [ms since 1970 UTC]."""

    symbol: str
    rate: Decimal
    mark: Decimal
    at_ms: int


class PerpetualAccount(Exchange):
    """An account of margins on one market, and its history."""

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

    def _end_algo(self, algo: Algo, status: str) -> None:
        algo.status, algo.updated_ms = status, to_ms(self.now())
        self.told(events.algo(algo, algo.updated_ms))

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
                with localcontext(ROUNDING):
                    amount = (rate * held.quantity * floor.mark).quantize(EIGHT, ROUND_HALF_EVEN)
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
        with localcontext(ROUNDING):
            left = margin + self.margins.wallet - before
            fee = fee_on(size * price, self.margins.terms[market].liquidation_fee_bps).quantize(EIGHT, ROUND_HALF_EVEN)
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


def eight(price: float) -> Decimal:
    """A mark price as the exchange tells it, to eight decimals [quote]."""
    return exact_decimal(price).quantize(EIGHT, ROUND_HALF_EVEN)
