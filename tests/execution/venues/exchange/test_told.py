"""What the exchange says is read whole or not at all: mutated replies of ccxt's form never become a value that is wrong."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from execution.venues.exchange.capabilities import CAPABILITIES
from execution.venues.exchange.told import (
    Standing,
    ToldOrder,
    ToldTrade,
    Unreadable,
    balance_of,
    listed,
    order_of,
    trade_of,
)

D = Decimal
ROW = CAPABILITIES["binance"]
ORDER: dict[str, Any] = {
    "id": "7", "clientOrderId": "mine", "symbol": "BTC/USDT", "status": "open", "amount": "2", "filled": "0.5",
    "timestamp": 1700000000000, "lastTradeTimestamp": None, "lastUpdateTimestamp": 1700000001000,
    "info": {"clientOrderId": "mine"},
}  # fmt: skip
TRADE: dict[str, Any] = {
    "id": "1", "order": "7", "symbol": "BTC/USDT", "side": "buy", "amount": "0.5", "price": "100", "takerOrMaker": "maker",
    "fee": {"cost": "0.001", "currency": "BTC"}, "fees": [{"cost": "0.001", "currency": "BTC"}], "timestamp": 1700000000000,
    "info": {},
}  # fmt: skip


def test_an_order_and_a_trade_are_read_exactly() -> None:
    order, trade = order_of(ORDER, ROW), trade_of(TRADE)
    assert (order.venue_id, order.client_id, order.standing, order.quantity, order.filled) == (
        "7",
        "mine",
        Standing.OPEN,
        2,
        D("0.5"),
    )
    assert (trade.quantity, trade.price, trade.fee, trade.fee_currency, trade.maker) == (
        D("0.5"),
        100,
        D("0.001"),
        "BTC",
        True,
    )


@pytest.mark.parametrize(
    ("status", "filled", "standing"),
    [
        ("closed", "2", Standing.FILLED),
        ("closed", "1", Standing.GONE),
        ("canceled", "0", Standing.GONE),
        ("expired", "1", Standing.GONE),
        ("rejected", None, Standing.REJECTED),
    ],
)
def test_an_order_that_is_closed_with_a_part_missing_is_gone_and_not_filled(
    status: str, filled: str | None, standing: Standing
) -> None:
    assert order_of({**ORDER, "status": status, "filled": filled}, ROW).standing is standing


@pytest.mark.parametrize(
    "change",
    [
        {"id": None}, {"id": ""}, {"id": 7}, {"status": None}, {"status": "new"}, {"filled": None}, {"filled": "NaN"},
        {"filled": "-1"}, {"filled": "Infinity"}, {"symbol": None}, {"amount": "x"}, {"timestamp": "soon"}, {"timestamp": 10**30},
        {"filled": "1e15"}, {"amount": "0.000000000000000000001"},
    ],
)  # fmt: skip
def test_an_order_with_a_fault_is_unreadable(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        order_of({**ORDER, **change}, ROW)


@pytest.mark.parametrize(
    "change",
    [
        {"id": None}, {"order": None}, {"side": "short"}, {"amount": "0"}, {"amount": None}, {"price": "0"}, {"price": math.nan},
        {"price": "-5"}, {"fee": None, "fees": []}, {"fee": {"cost": None, "currency": None}, "fees": []},
        {"fees": [{"cost": "1", "currency": "BTC"}, {"cost": "1", "currency": "BNB"}]}, {"fees": [{"cost": "1"}]},
        {"timestamp": None}, {"amount": "1e15"}, {"price": "1e-21"}, {"amount": "1e9", "price": "1e6"},
    ],
)  # fmt: skip
def test_a_trade_with_a_fault_is_unreadable_also_one_whose_fee_is_missing(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        trade_of({**TRADE, **change})


@pytest.mark.parametrize(
    "raw", [None, {}, {"total": {}}, {"total": {}, "info": {"x": 1}}, {"total": {"BTC": "x"}, "info": {"x": 1}}]
)
def test_a_balance_that_failed_is_not_an_empty_account(raw: Any) -> None:
    with pytest.raises(Unreadable):
        balance_of(raw)


def test_a_list_that_failed_is_not_an_empty_list() -> None:
    assert listed([], trade_of) == ()
    for raw in (None, {}, "<html>", 5):
        with pytest.raises(Unreadable):
            listed(raw, trade_of)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["NaN", "1e999", "-0", "open"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.slow
@settings(max_examples=1_500)
@given(st.sampled_from(sorted(ORDER)), ANYTHING, st.sampled_from(sorted(TRADE)), ANYTHING)
def test_a_mutated_reply_is_a_true_value_or_unreadable_and_nothing_else(
    one: str, value: Any, two: str, other: Any
) -> None:
    for raw, read in (
        (ORDER | {one: value}, lambda each: order_of(each, ROW)),
        (TRADE | {two: other}, trade_of),
        (value, trade_of),
    ):
        try:
            told: ToldOrder | ToldTrade = read(raw)  # type: ignore[no-untyped-call]
        except Unreadable:
            continue
        assert told.symbol
        if isinstance(told, ToldTrade):
            assert told.quantity > 0
            assert told.price > 0
            assert told.fee.is_finite()
        else:
            assert told.filled >= 0
            assert told.filled.is_finite()
