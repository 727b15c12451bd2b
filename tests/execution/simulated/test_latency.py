"""An order comes late: never at a better price, never beyond what was traded, and not before its time."""

import asyncio
import math
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from gate_support import BTC, LIMITS, SETTINGS
from hypothesis import given
from hypothesis import strategies as st

from config.errors import UsageFault
from execution.kernel.rules import rules_of
from execution.reports import Fill, OrderStatus, VenueReport
from execution.simulated.latency import Latency, bar_range, bar_sigma, delay_of
from execution.simulated.venue import SimulatedVenue
from market.bar import Slice
from risk.order import Side

D = Decimal
HOUR_MS = 3_600_000.0
CALM, WILD = "100 101 99.5 100", "100 120 80 90"


class World:
    """A venue with some latency, a trading hour at a time."""

    def __init__(self, shop: Any, latency_ms: float, **settings: Any) -> None:
        self.shop = shop
        shape = {"latency_ms": latency_ms, "starting_cash": "1000000"} | settings
        self.venue = SimulatedVenue({"BTC/USDT": shop.instrument()}, shop.settings(**shape), shop.seal)
        self.hour = 0

    def submit(self, order_id: str, text: str) -> VenueReport:
        return asyncio.run(self.venue.submit(self.shop.order(order_id, text, hour=self.hour)))

    def open(self, prices: str, *, doubted: bool = False, **more: Any) -> tuple[Fill, ...]:
        bar = self.shop.bar(prices, hour=self.hour, **more)
        told = {"doubtful": {bar.symbol: bar}, "bars": {}} if doubted else {"bars": {bar.symbol: bar}}
        return asyncio.run(self.venue.on_open(Slice(close_utc=bar.close_utc, **told))).fills

    def walk(self, prices: str, **more: Any) -> tuple[Fill, ...]:
        bar = self.shop.bar(prices, hour=self.hour, **more)
        self.hour += 1
        return asyncio.run(self.venue.on_slice(self.shop.tape(bar))).fills

    def bar(self, prices: str, **more: Any) -> tuple[Fill, ...]:
        return self.open(prices, **more) + self.walk(prices, **more)


def average(fills: tuple[Fill, ...]) -> Decimal:
    return sum((fill.quantity * fill.price for fill in fills), D(0)) / sum(fill.quantity for fill in fills)


def bought(shop: Any, latency_ms: float, bar: str, quantity: str = "30") -> tuple[Fill, ...]:
    world = World(shop, latency_ms)
    world.submit("in", f"buy {quantity} market")
    return world.open(bar)


def sold(shop: Any, latency_ms: float, bar: str) -> tuple[Fill, ...]:
    world = World(shop, latency_ms)
    world.submit("in", "buy 30 market")
    world.bar("100 100 100 100")
    world.submit("out", "sell 30 market")
    return world.open(bar)


def test_the_movement_is_parkinsons_on_the_part_of_the_bar_that_the_latency_is() -> None:
    sigma = math.log(101 / 99.5) / math.sqrt(4 * math.log(2))
    assert bar_sigma(101, 99.5) == pytest.approx(sigma, rel=2e-5)
    assert delay_of(900_000, timedelta(hours=1)).scale * bar_range(101, 99.5) == pytest.approx(sigma / 2, rel=2e-5)


@given(low=st.floats(1e-12, 1e12), more=st.floats(0, 3))
def test_the_range_is_never_below_the_logarithm_that_it_stands_for(low: float, more: float) -> None:
    high = low * (1 + more)
    assert bar_range(high, low) >= math.log(high / low) * (1 - 1e-15) - 1e-15


def test_a_purchase_is_made_around_a_higher_price_and_a_sale_around_a_lower_one(shop: Any) -> None:
    at_once, late = bought(shop, 0, WILD), bought(shop, HOUR_MS / 100, WILD)
    move = bar_sigma(120, 80) / 10
    assert float(late[0].price / at_once[0].price) == pytest.approx(1 + move, rel=1e-4)
    assert sum(fill.quantity for fill in late) == sum(fill.quantity for fill in at_once) == 30
    assert float(average(sold(shop, HOUR_MS / 100, WILD)) / average(sold(shop, 0, WILD))) == pytest.approx(
        1 - move, rel=1e-4
    )


def test_no_price_is_beyond_what_the_bar_traded_but_for_the_book_around_it(shop: Any) -> None:
    assert bought(shop, HOUR_MS - 1, "100 100.1 98 99", "1")[0].price == D("100.12")
    assert sold(shop, HOUR_MS - 1, "100 102 99.9 100.4")[0].price == D("99.89")


@pytest.mark.slow
@given(
    shorter=st.floats(0, HOUR_MS - 1), longer=st.floats(0, HOUR_MS - 1), up=st.integers(0, 3000), down=st.integers(0, 3000)
)  # fmt: skip
def test_a_longer_latency_never_gives_a_better_average_price_on_the_same_bar(
    shop: Any, shorter: float, longer: float, up: int, down: int
) -> None:
    shorter, longer = min(shorter, longer), max(shorter, longer)
    bar = f"100 {100 + up / 100} {100 - down / 100} 100"
    early, late = bought(shop, shorter, bar), bought(shop, longer, bar)
    assert average(early) <= average(late)
    assert average(late) <= D("1.01") * (100 + D(up) / 100)
    early, late = sold(shop, shorter, bar), sold(shop, longer, bar)
    assert average(early) >= average(late)


def test_resting_orders_have_no_latency(shop: Any) -> None:
    def prices(latency_ms: float) -> list[Decimal]:
        world = World(shop, latency_ms)
        world.submit("in", "buy 2 market")
        world.bar("100 100 100 100")
        world.open("100 100 100 100")
        world.submit("stop", "sell 1 stop 97")
        world.submit("target", "sell 1 limit 103")
        walked = world.walk("100 104 99 100")
        return [fill.price for fill in walked + world.open("95 98 90 91")]

    assert prices(0) == prices(HOUR_MS / 2) == [D(103), D("94.99")]


def test_an_order_that_goes_on_working_meets_its_second_book_without_delay(shop: Any) -> None:
    world = World(shop, HOUR_MS / 4)
    world.submit("in", "buy 30 market")
    first = world.bar(WILD, volume=100.0)
    assert average(first) > 105
    assert average(world.open(WILD, volume=1e6)) < D("100.2")


def test_a_late_order_takes_from_the_same_liquidity_as_the_others(shop: Any) -> None:
    world = World(shop, HOUR_MS / 4)
    world.submit("first", "buy 60 market")
    world.submit("second", "buy 60 market")
    fills = world.open(WILD)
    assert sum(fill.quantity for fill in fills) == 100
    assert [fill.price for fill in fills] == sorted(fill.price for fill in fills)


def test_an_exit_on_a_doubted_bar_comes_late_too_and_an_entry_still_does_not_trade(shop: Any) -> None:
    world = World(shop, HOUR_MS / 4)
    world.submit("in", "buy 1 market")
    world.bar("100 100 100 100")
    world.submit("out", "sell 1 market")
    world.submit("more", "buy 1 market")
    (fill,) = world.open(WILD, doubted=True)
    assert fill.side is Side.SELL
    assert fill.price < 95


def test_an_order_that_is_whole_bars_late_is_not_there_before_and_only_the_rest_moves_its_price(shop: Any) -> None:
    world = World(shop, 2 * HOUR_MS + HOUR_MS / 100)
    world.submit("in", "buy 1 market")
    assert world.bar(CALM) == world.bar(CALM) == ()
    (fill,) = world.open(WILD)
    assert float(fill.price) == pytest.approx(100.01 * (1 + bar_sigma(120, 80) / 10), rel=1e-4)


def test_an_order_can_be_withdrawn_while_it_is_on_its_way(shop: Any) -> None:
    world = World(shop, HOUR_MS)
    world.submit("in", "buy 1 market")
    assert world.bar(CALM) == ()
    assert asyncio.run(world.venue.cancel("in")).states[0].status is OrderStatus.CANCELLED
    assert world.bar(CALM) == ()


def test_protection_stands_at_once_however_late_orders_at_market_are(shop: Any) -> None:
    world = World(shop, HOUR_MS)
    world.submit("in", "buy 1 market")
    world.bar(CALM)
    assert len(world.open(CALM)) == 1
    world.submit("stop", "sell 1 stop 99.8")
    assert [fill.order_id for fill in world.walk(CALM)] == ["stop"]


def test_the_same_bar_gives_the_same_price_to_who_buys_and_who_sells_without_latency(shop: Any) -> None:
    bar = shop.bar(WILD)
    assert Latency(0).price(bar, Side.BUY) == Latency(0).price(bar, Side.SELL) == 100
    assert Latency(0).sent_by(bar) is Latency(HOUR_MS - 1).sent_by(bar) is None


def test_the_fast_engine_refuses_a_latency_of_a_bar_in_words() -> None:
    venue = SETTINGS.venue.model_copy(update={"latency_ms": 300_000.0})
    rules_of([BTC], LIMITS, SETTINGS.exits, venue, 24.0)
    with pytest.raises(UsageFault, match=r"venue.latency_ms, 300000, is as long as a bar"):
        rules_of([BTC], LIMITS, SETTINGS.exits, venue, 288.0)


@pytest.mark.parametrize("latency_ms", [0.0, HOUR_MS / 2, HOUR_MS, 3 * HOUR_MS])
def test_the_rest_of_a_stop_that_was_met_goes_on_at_the_next_open_however_late_orders_come(
    shop: Any, latency_ms: float
) -> None:
    world = World(shop, latency_ms)
    world.submit("in", "buy 60 market")
    for _ in range(4):
        world.bar("100 100 100 100")
    world.open("100 100 90 91", volume=50.0)
    stop = shop.order("out", "sell 60 stop 97", hour=world.hour + 1)
    asyncio.run(world.venue.submit(stop))
    met = world.walk("100 100 90 91", volume=50.0)
    assert 0 < sum(fill.quantity for fill in met) < 60
    rest = world.open("91 91 91 91")
    assert sum(fill.quantity for fill in (*met, *rest)) == 60
    assert all(float(fill.price) == pytest.approx(91, rel=1e-2) for fill in rest)
