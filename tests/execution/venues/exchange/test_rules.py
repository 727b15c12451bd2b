"""An order in the exchange's numbers: exact, never more than was ordered, and no price is moved."""

from decimal import Decimal
from typing import Any

import pytest
from exchange_support import order_of
from hypothesis import given
from hypothesis import strategies as st

from config.errors import DataFault
from execution.venues.exchange.rules import Sized, in_text, rules_of, sized

D = Decimal


def market(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "spot": True, "active": True, "maker": "0.0002", "taker": "0.001",
        "precision": {"amount": "0.001", "price": "0.01"},
        "limits": {"amount": {"min": "0.002", "max": "100"}, "cost": {"min": "5"}, "market": {"max": "50"}},
        "info": {"orderTypes": ["LIMIT", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"]}, **changes,
    }  # fmt: skip


RULES = rules_of(market(), market_stop=True)
AT_LIMIT = rules_of(market(info={"orderTypes": ["STOP_LOSS_LIMIT"]}), market_stop=True)


def test_a_markets_rules_are_read_exactly() -> None:
    rules = RULES.instrument
    assert (rules.tick_size, rules.lot_size, rules.min_notional) == (D("0.01"), D("0.001"), D(5))
    assert (rules.maker_fee_bps, rules.taker_fee_bps) == (D(2), D(10))
    assert (RULES.least, RULES.most, RULES.most_at_market, RULES.stops_at_market) == (D("0.002"), 100, 50, True)
    assert not AT_LIMIT.stops_at_market


@pytest.mark.parametrize(
    "change", [{"spot": False}, {"active": False}, {"precision": {"amount": None, "price": "0.01"}}, {"precision": {}}]
)
def test_a_market_that_cannot_be_traded_exactly_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DataFault, match="BTC/USDT"):
        rules_of(market(**change), market_stop=True)


@pytest.mark.parametrize(
    ("text", "sellable", "expected"),
    [
        ("buy 1.5 market", "0", Sized(D("1.5"))),
        ("buy 1.5 limit 99.99", "0", Sized(D("1.5"), D("99.99"))),
        ("sell 1 market", "0.9995", Sized(D("0.999"))),
        ("sell 1 stop 95", "3", Sized(D(1), None, D(95))),
    ],
)
def test_an_order_in_the_exchanges_numbers(text: str, sellable: str, expected: Sized) -> None:
    assert sized(order_of("a", text), RULES, D(sellable)) == expected


def test_a_stop_sells_at_a_limit_below_its_trigger_where_none_sells_at_market() -> None:
    assert sized(order_of("a", "sell 1 stop 95.03"), AT_LIMIT, D(1)) == Sized(D(1), D("94.55"), D("95.03"))


@pytest.mark.parametrize(
    ("text", "sellable", "why"),
    [
        ("buy 1.0005 market", "0", "no multiple of 0.001 BTC"),
        ("buy 1 limit 99.999", "0", "no multiple of 0.01 USDT"),
        ("sell 1 stop 95.001", "1", "no multiple of 0.01 USDT"),
        ("buy 0.001 market", "0", "below the least of 0.002"),
        ("buy 101 limit 99", "0", "above the most of 50"),
        ("buy 51 market", "0", "above the most of 50"),
        ("buy 0.002 limit 99", "0", "the least is 5 USDT"),
        ("sell 1 market", "0", "free to be sold"),
        ("sell 1 market", "0.0009", "free to be sold"),
        ("sell 1 market", "-1", "free to be sold"),
    ],
)
def test_what_breaks_a_rule_is_refused_in_words(text: str, sellable: str, why: str) -> None:
    told = sized(order_of("a", text), RULES, D(sellable))
    assert isinstance(told, str)
    assert why in told


@given(st.decimals("0.0001", "60", places=8), st.decimals("-1", "60", places=8))
def test_a_sale_is_whole_lots_and_never_more_than_ordered_or_owned(quantity: Decimal, sellable: Decimal) -> None:
    told = sized(order_of("a", f"sell {quantity} market"), RULES, sellable)
    if isinstance(told, Sized):
        assert told.quantity <= min(quantity, sellable)
        assert told.quantity % D("0.001") == 0
        assert min(quantity, sellable) - told.quantity < D("0.001")


@pytest.mark.parametrize(("number", "text"), [(D("1E-8"), "0.00000001"), (D("1E+3"), "1000"), (D("0.100"), "0.100")])
def test_numbers_are_sent_without_an_exponent(number: Decimal, text: str) -> None:
    assert in_text(number) == text


def test_nothing_is_bought_that_could_not_be_sold_at_market_in_one_order() -> None:
    told = sized(order_of("a", "buy 60 market", cap="100"), RULES, D(0))
    assert "above the most of 50" in str(told)
    assert sized(order_of("a", "buy 50 market", cap="100"), RULES, D(0)) == Sized(D(50), D(100))
