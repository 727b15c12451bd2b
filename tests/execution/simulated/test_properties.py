"""Random streams of orders on random bars, through the exchange and the ledger: what holds whatever happens."""

import asyncio
from collections import defaultdict
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from execution.account.ledger import Ledger
from execution.reports import Fill, Liquidity, OrderState, VenueReport
from execution.simulated.matching import DONE
from execution.simulated.venue import SimulatedVenue
from market.bar import Bar, Slice
from risk.order import Order, OrderKind, Side

D = Decimal
SYMBOLS = ("BTC/USDT", "ETH/USDT")


class Act(NamedTuple):
    """One order or cancel; prices are offsets from the last close in ticks, quantities in thousandths of a lot size."""

    text: str
    quantity: int
    offset: int
    group: bool
    symbol: str


class Hour(NamedTuple):
    """What is done before the open and after it, and the bar: moves in ticks, and a volume."""

    before: list[Act]
    after: list[Act]
    moves: tuple[int, int, int, int]
    volume: float
    symbols: tuple[str, ...]


acts = st.builds(
    Act,
    text=st.sampled_from(
        ["buy market", "buy market", "buy limit", "buy stop", "sell market", "sell limit", "sell stop", "cancel"]
    ),
    quantity=st.integers(1, 40_000),
    offset=st.integers(-300, 300),
    group=st.booleans(),
    symbol=st.sampled_from(SYMBOLS),
)
hours = st.builds(
    Hour,
    before=st.lists(acts, max_size=3),
    after=st.lists(acts, max_size=2),
    moves=st.tuples(st.integers(-400, 400), st.integers(0, 300), st.integers(0, 300), st.integers(0, 600)),
    volume=st.sampled_from([0.0, 3.7, 40.0, 900.0]),
    symbols=st.sampled_from([SYMBOLS, SYMBOLS, SYMBOLS[:1], ()]),
)
scripts = st.lists(hours, min_size=1, max_size=12)


class Session:
    """Plays a script on a fresh venue and ledger, and keeps what was said."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.shape = shop.settings(starting_cash="3000", spread_bps=3.0, levels=4, level_step_bps=7.0)
        self.venue = SimulatedVenue({symbol: shop.instrument(symbol) for symbol in SYMBOLS}, self.shape, shop.seal)
        self.ledger = Ledger(D("3000"), "USDT")
        self.orders: dict[str, Order] = {}
        self.states: dict[str, OrderState] = {}
        self.fills: list[Fill] = []
        self.price = D(100)

    async def play(self, script: list[Hour]) -> None:
        for hour, step in enumerate(script):
            await self._act(step.before, hour)
            bar = self._bar(step, hour)
            bars = {symbol: bar.model_copy(update={"symbol": symbol}) for symbol in step.symbols}
            tape = Slice(close_utc=bar.close_utc, bars=bars)
            opened = await self._heard(await self.venue.on_open(tape))
            await self._act(step.after, hour)
            walked = await self._heard(await self.venue.on_slice(tape))
            self._check_prices(opened, walked, bar)
            self.price = D(str(bar.close))
            self.ledger.mark(dict.fromkeys(bars, self.price))

    def _bar(self, step: Hour, hour: int) -> Bar:
        move, up, down, back = step.moves
        first = max(D(10), self.price + D(move) / 100)
        high, low = first + D(up) / 100, first - D(down) / 100
        last = low + (high - low) * D(back) / 600
        return self.shop.bar(f"{first} {high} {low} {last}", hour=hour, volume=step.volume)

    async def _act(self, plan: list[Act], hour: int) -> None:
        for act in plan:
            if act.text == "cancel":
                names = sorted(self.orders)
                await self._heard(await self.venue.cancel(names[act.quantity % len(names)]) if names else VenueReport())
                continue
            side, kind = act.text.split()
            price = "" if kind == "market" else str(max(D(1), (self.price + D(act.offset) / 100).quantize(D("0.01"))))
            order = self.shop.order(
                f"o{len(self.orders)}", f"{side} {D(act.quantity) / 1000} {kind} {price}", hour=hour, symbol=act.symbol,
                group="g" if act.group and side == "sell" else None,
            )  # fmt: skip
            self.orders[order.order_id] = order
            await self._heard(await self.venue.submit(order))

    async def _heard(self, report: VenueReport) -> VenueReport:
        for fill in report.fills:
            assert self.ledger.apply(fill)
            self.fills.append(fill)
        self.states.update({state.order_id: state for state in report.states})
        account = await self.venue.account()
        assert self.ledger.cash == account.cash >= 0
        assert {position.symbol: position.quantity for position in self.ledger.positions()} == account.held
        assert all(quantity > 0 for quantity in account.held.values())
        return report

    def _check_prices(self, opened: VenueReport, walked: VenueReport, bar: Bar) -> None:
        low, high, first = D(str(bar.low)), D(str(bar.high)), D(str(bar.open))
        half = D(str(self.shape.spread_bps)) / 20000
        for fill in opened.fills + walked.fills:
            order = self.orders[fill.order_id]
            buys = fill.side is Side.BUY
            assert fill.price >= low if buys else fill.price <= high
            if order.limit_price is not None:
                assert fill.price <= order.limit_price if buys else fill.price >= order.limit_price
            if fill.liquidity is Liquidity.MAKER:
                assert fill.price == order.limit_price
            elif fill in opened.fills:
                assert fill.price >= first * (1 + half) if buys else fill.price <= first * (1 - half)
            else:
                assert order.kind is OrderKind.STOP
                assert fill.price >= order.stop_price if buys else fill.price <= order.stop_price
        self._check_depth(opened.fills + walked.fills, bar)

    def _check_depth(self, fills: tuple[Fill, ...], bar: Bar) -> None:
        taken: dict[tuple[str, Side], Decimal] = defaultdict(Decimal)
        for fill in fills:
            taken[fill.symbol, fill.side] += fill.quantity
        assert all(quantity <= D(str(bar.volume)) * D("0.1") for quantity in taken.values())


def books(ledger: Ledger) -> tuple[object, ...]:
    """All that a ledger says."""
    money = ledger.cash, ledger.realised, ledger.unrealised, ledger.fees, ledger.equity
    return (*money, ledger.positions(), ledger.trades)


def played(shop: Any, script: list[Hour]) -> Session:
    session = Session(shop)
    asyncio.run(session.play(script))
    return session


@pytest.mark.slow
@settings(max_examples=120)
@given(script=scripts)
def test_money_adds_up_and_nobody_gets_more_than_the_book_the_cash_and_the_order_allow(
    shop: Any, script: list[Hour]
) -> None:
    session = played(shop, script)
    filled: dict[str, Decimal] = defaultdict(Decimal)
    for fill in session.fills:
        filled[fill.order_id] += fill.quantity
        bps = 10 if fill.liquidity is Liquidity.TAKER else 2
        assert fill.fee * 10000 == fill.quantity * fill.price * bps
    assert all(quantity <= session.orders[order_id].quantity for order_id, quantity in filled.items())
    assert {name: state.filled_quantity for name, state in session.states.items() if state.filled_quantity} == filled
    still_open = [name for name in session.orders if session.states[name].status not in DONE]
    assert [order.order_id for order in asyncio.run(session.venue.open_orders())] == still_open
    ledger = session.ledger
    assert sum(trade.fees for trade in ledger.trades) <= ledger.fees
    if not ledger.positions():
        assert sum(trade.pnl for trade in ledger.trades) == ledger.equity - ledger.starting_cash


@settings(max_examples=40)
@given(script=scripts)
def test_telling_the_ledger_every_fill_again_in_any_order_changes_nothing(shop: Any, script: list[Hour]) -> None:
    session = played(shop, script)
    before = books(session.ledger)
    for fill in [*reversed(session.fills), *session.fills]:
        assert not session.ledger.apply(fill)
    assert books(session.ledger) == before


@pytest.mark.slow
@settings(max_examples=40)
@given(script=scripts)
def test_the_same_orders_on_the_same_tape_give_the_same_fills_and_the_same_equity(
    shop: Any, script: list[Hour]
) -> None:
    first, second = played(shop, script), played(shop, script)
    assert [fill.canonical() for fill in first.fills] == [fill.canonical() for fill in second.fills]
    assert {name: state.canonical() for name, state in first.states.items()} == {
        name: state.canonical() for name, state in second.states.items()
    }
    assert books(first.ledger) == books(second.ledger)


@pytest.mark.slow
@settings(max_examples=60)
@given(script=scripts)
def test_a_stop_and_a_target_of_one_group_never_sell_more_than_one_of_them_was_for(
    shop: Any, script: list[Hour]
) -> None:
    quiet = [hour._replace(before=[], after=[]) for hour in script]
    enter = Act("buy market", 20_000, 0, False, SYMBOLS[0])
    stop, target = Act("sell stop", 10_000, -200, True, SYMBOLS[0]), Act("sell limit", 10_000, 200, True, SYMBOLS[0])
    bought = Hour([enter], [stop, target], (0, 0, 0, 0), 900.0, SYMBOLS)
    session = played(shop, [bought, *quiet])
    sold = session.states["o1"].filled_quantity + session.states["o2"].filled_quantity
    assert sold <= 10
    assert (sold == 10) is (not asyncio.run(session.venue.open_orders()))
