"""What an exchange refuses at its door: prices off the tick, quantities off the lot, too little, shorts; and who wakes when."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution.reports import OrderStatus
from execution.simulated.filters import refusal, too_small
from execution.simulated.resting import Resting
from market.instrument import Instrument
from risk.order import Purpose

TICK = Decimal("0.01")

SOUND = ("buy 1 market", "buy 1 limit 99.99", "sell 1 market", "sell 1 limit 103", "sell 1 stop 97.5")


@pytest.mark.parametrize("line", SOUND)
def test_a_sound_order_comes_in(shop: Any, line: str) -> None:
    assert refusal(shop.order("a", line), shop.instrument()) == ""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("buy 1.0005 market", "quantity 1.0005 is not a whole number of lots of 0.001 BTC"),
        ("buy 1 limit 99.995", "price 99.995 is not a whole number of ticks of 0.01 USDT"),
        ("sell 1 stop 97.001", "price 97.001 is not a whole number of ticks of 0.01 USDT"),
        ("buy 0.04 limit 100", "order value 4.00 is below the smallest of 5 USDT"),
        ("sell 0.001 stop 97", "order value 0.097 is below the smallest of 5 USDT"),
    ],
)
def test_each_rule_of_the_venue_is_told_with_its_number(shop: Any, line: str, says: str) -> None:
    assert refusal(shop.order("a", line), shop.instrument()) == says


def test_the_value_of_an_order_at_market_is_judged_when_it_meets_a_book(shop: Any) -> None:
    assert refusal(shop.order("a", "buy 0.001 market"), shop.instrument()) == ""


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("sell 1 market", {"limit_price": Decimal(100)}),
        ("buy 1 market", {"stop_price": Decimal(100)}),
        ("buy 1 limit 100", {"limit_price": None}),
        ("buy 1 limit 100", {"stop_price": Decimal(99)}),
        ("sell 1 stop 97", {"stop_price": None}),
        ("sell 1 stop 97", {"limit_price": Decimal(96)}),
    ],
)
def test_prices_belong_to_the_kind_of_order(shop: Any, line: str, changes: dict[str, Any]) -> None:
    order = shop.order("a", line).model_copy(update=changes)
    assert refusal(order, shop.instrument()).startswith("the prices given do not belong to a")


def test_spot_is_long_or_flat(shop: Any) -> None:
    short = shop.order("a", "sell 1 market", purpose=Purpose.ENTRY)
    assert "cannot be sold short" in refusal(short, shop.instrument())
    cover = shop.order("b", "buy 1 market", purpose=Purpose.STOP_LOSS)
    assert "no short position" in refusal(cover, shop.instrument())
    assert "perpetual markets are not traded here" in refusal(
        shop.order("c", "buy 1 market"), shop.instrument(kind="perpetual")
    )


@given(quantity=st.integers(1, 10_000), ticks=st.integers(1, 1_000_000))
def test_an_order_is_too_small_exactly_below_the_least_value(quantity: int, ticks: int) -> None:
    market = Instrument.model_validate(
        {"symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "tick_size": "0.01", "lot_size": "0.001",
         "min_notional": "5", "maker_fee_bps": "2", "taker_fee_bps": "10"}
    )  # fmt: skip
    amount, price = quantity * Decimal("0.001"), ticks * TICK
    assert bool(too_small(amount, price, market)) is (amount * price < 5)


def resting(shop: Any, line: str) -> Resting:
    return Resting.accepted(shop.order("a", line), TICK)


@pytest.mark.parametrize(
    ("line", "taking", "wake"),
    [
        ("buy 1 market", True, None),
        ("sell 1 market", True, None),
        ("buy 1 limit 100", True, "99.99"),
        ("sell 1 limit 100", True, "100.01"),
        ("sell 1 stop 97", False, "97"),
    ],
)
def test_a_limit_wakes_one_tick_beyond_and_a_stop_at_its_touch(
    shop: Any, line: str, taking: bool, wake: str | None
) -> None:
    order = resting(shop, line)
    assert order.taking is taking
    assert order.wake_price == (None if wake is None else Decimal(wake))
    assert order.open_status is OrderStatus.ACCEPTED


@pytest.mark.parametrize(
    ("line", "low", "high", "woken"),
    [
        ("buy 1 limit 100", "100", "105", False),
        ("buy 1 limit 100", "99.99", "105", True),
        ("sell 1 limit 100", "95", "100", False),
        ("sell 1 limit 100", "95", "100.01", True),
        ("sell 1 stop 97", "97.01", "105", False),
        ("sell 1 stop 97", "97", "105", True),
        ("buy 1 market", "1", "1000", False),
    ],
)
def test_trading_wakes_an_order_only_when_it_reaches_it(shop: Any, line: str, low: str, high: str, woken: bool) -> None:
    assert resting(shop, line).reached(Decimal(low), Decimal(high)) is woken


@pytest.mark.parametrize(("start", "touched"), [("100", "97"), ("97", "97"), ("95", "95")])
def test_a_stop_that_the_market_has_gapped_through_is_met_where_the_market_is(
    shop: Any, start: str, touched: str
) -> None:
    assert resting(shop, "sell 1 stop 97").touched_at(Decimal(start)) == Decimal(touched)


@pytest.mark.parametrize(
    ("line", "price", "accepted"),
    [
        ("buy 1 limit 100", "100", True),
        ("buy 1 limit 100", "100.01", False),
        ("sell 1 limit 100", "100", True),
        ("sell 1 limit 100", "99.99", False),
        ("sell 1 stop 97", "1", True),
        ("buy 1 market", "1000000", True),
    ],
)
def test_only_a_limit_minds_the_price(shop: Any, line: str, price: str, accepted: bool) -> None:
    assert resting(shop, line).accepts(Decimal(price)) is accepted


def test_an_order_newer_than_what_has_arrived_is_not_there_until_it_has_met_a_book(shop: Any) -> None:
    order = Resting.accepted(shop.order("a", "buy 1 market", hour=2), TICK)
    assert order.arrives
    assert order.is_there(None)
    assert order.is_there(shop.at(2))
    assert not order.is_there(shop.at(1))
    order.books = 1
    assert order.is_there(shop.at(1))
    assert not order.arrives


@pytest.mark.parametrize(
    ("line", "urgent"),
    [("sell 1 stop 97", True), ("sell 1 market", True), ("sell 1 limit 103", False), ("buy 1 market", False)],
)
def test_a_stop_and_a_sale_at_market_are_urgent_exits(shop: Any, line: str, urgent: bool) -> None:
    assert resting(shop, line).is_urgent_exit is urgent
