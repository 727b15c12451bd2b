"""One account of a decision's orders: what is live, covered and left, from the venue's words alone."""

from decimal import Decimal
from typing import Any

import pytest

from config.errors import InvariantBroken
from execution.account.decision import DecisionOrders
from execution.account.orders import Orders
from execution.reports import Fill, Liquidity, OrderState, OrderStatus
from risk.order import Order, Purpose

D = Decimal


def order(shop: Any, order_id: str, text: str, decision: str = "d") -> Order:
    made: Order = shop.order(order_id, text)
    return made.model_copy(update={"decision_id": decision})


def state(of: Order, status: OrderStatus, filled: str = "0") -> OrderState:
    return OrderState(
        order_id=of.order_id, decision_id=of.decision_id, symbol=of.symbol, status=status, filled_quantity=D(filled),
        at_utc=of.created_utc,
    )  # fmt: skip


def fill(of: Order, quantity: str) -> Fill:
    return Fill(
        trade_id=f"{of.order_id}-{quantity}", order_id=of.order_id, decision_id=of.decision_id, symbol=of.symbol,
        side=of.side, purpose=of.purpose, quantity=D(quantity), price=D(100), fee=D(0), fee_currency="USDT",
        liquidity=Liquidity.TAKER, filled_utc=of.created_utc,
    )  # fmt: skip


def entered(shop: Any) -> tuple[Orders, Order, DecisionOrders]:
    """Orders with an entry of two coins for 200 that the venue has accepted."""
    orders, entry = Orders(), order(shop, "e", "buy 2 market")
    orders.expect(entry, 0.02, D(200))
    of = orders.of_decision("d")
    orders.sent(entry, of)
    orders.settle(state(entry, OrderStatus.ACCEPTED))
    return orders, entry, of


def test_an_entry_is_under_way_from_its_signature_and_what_is_filled_of_it_no_longer_counts(shop: Any) -> None:
    orders, entry, of = entered(shop)
    assert of.open_notional == 200
    orders.settle(state(entry, OrderStatus.PARTIAL, "0.5"))
    assert of.open_notional == 150
    orders.settle(state(entry, OrderStatus.FILLED, "2"))
    assert (orders.entering, orders.quiet, orders.entry("BTC/USDT")) == ((), True, None)


def test_an_entry_that_is_not_sent_leaves_nothing(shop: Any) -> None:
    orders = Orders()
    orders.expect(order(shop, "e", "buy 2 market"), 0.02, D(200))
    orders.forget("BTC/USDT")
    assert (orders.entering, orders.holding, orders.quiet) == ((), (), True)
    with pytest.raises(KeyError):
        orders.of_decision("d")


def test_a_stop_covers_only_what_the_venue_has_accepted_and_not_yet_filled(shop: Any) -> None:
    orders, entry, of = entered(shop)
    orders.filled(fill(entry, "2"))
    stop = order(shop, "x1", "sell 2 stop 98")
    orders.sent(stop, of)
    assert (orders.covered("BTC/USDT"), orders.stop_price("BTC/USDT")) == (0, None)
    orders.settle(state(stop, OrderStatus.UNKNOWN))
    assert orders.covered("BTC/USDT") == 0, "an unknown order is no protection"
    orders.settle(state(stop, OrderStatus.ACCEPTED))
    assert (orders.covered("BTC/USDT"), orders.stop_price("BTC/USDT")) == (2, 98)
    orders.settle(state(stop, OrderStatus.PARTIAL, "0.5"))
    assert (orders.covered("BTC/USDT"), of.left("x1")) == (D("1.5"), D("1.5"))
    orders.settle(state(stop, OrderStatus.CANCELLED, "0.5"))
    assert (orders.covered("BTC/USDT"), of.left("x1"), orders.exits("BTC/USDT")) == (0, 0, ())


def test_a_market_exit_is_under_way_until_the_venue_says_that_it_is_done(shop: Any) -> None:
    orders, entry, of = entered(shop)
    orders.filled(fill(entry, "2"))
    for status in (OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED):
        leaving = order(shop, f"out-{status}", "sell 2 market", decision="another")
        of.closing = leaving.order_id
        orders.sent(leaving, of)
        orders.settle(state(leaving, OrderStatus.UNKNOWN))
        assert of.closing == leaving.order_id
        orders.settle(state(leaving, status))
        assert of.closing is None


def test_a_word_on_an_order_that_is_done_or_strange_changes_nothing(shop: Any) -> None:
    orders, entry, _ = entered(shop)
    orders.settle(state(entry, OrderStatus.CANCELLED))
    orders.settle(state(entry, OrderStatus.ACCEPTED))
    orders.settle(state(order(shop, "strange", "buy 1 market"), OrderStatus.ACCEPTED))
    assert (orders.quiet, orders.entering, orders.symbols) == (True, (), set())


def test_a_purchase_that_is_told_after_its_order_was_done_is_still_held_by_its_decision(shop: Any) -> None:
    orders, entry, of = entered(shop)
    orders.settle(state(entry, OrderStatus.CANCELLED))
    orders.filled(fill(entry, "1"))
    assert orders.held("BTC/USDT") is of
    assert (of.outgrown, of.stop_fraction) == (True, 0.02)


def test_a_position_that_was_closed_leaves_no_plan_behind_and_no_number_is_given_twice(shop: Any) -> None:
    orders, entry, of = entered(shop)
    orders.filled(fill(entry, "2"))
    of.stop_price, of.trailing_from, first = D(98), D(103), of.number()
    orders.close(of)
    assert (orders.holding, of.stop_price, of.trailing_from, of.outgrown) == ((), None, None, False)
    assert of.number() == first + 1


def test_positions_come_in_the_order_of_their_first_fill_and_entries_in_the_order_of_their_signature(
    shop: Any,
) -> None:
    orders = Orders()
    for symbol in ("ETH/USDT", "BTC/USDT"):
        entry = order(shop, f"e-{symbol}", "buy 2 market", decision=symbol).model_copy(update={"symbol": symbol})
        orders.expect(entry, 0.02, D(200))
        orders.sent(entry, orders.of_decision(symbol))
    assert [of.symbol for of in orders.entering] == ["ETH/USDT", "BTC/USDT"]
    for of in reversed(orders.entering):
        orders.filled(fill(of.entry, "1"))
    assert [of.symbol for of in orders.holding] == ["BTC/USDT", "ETH/USDT"]


def test_a_sale_ends_an_entry_in_the_same_market_and_a_target_begins_the_trailing(shop: Any) -> None:
    orders, entry, of = entered(shop)
    orders.filled(fill(entry, "1"))
    target = order(shop, "x2", "sell 1 limit 103").model_copy(update={"purpose": Purpose.TAKE_PROFIT})
    orders.filled(fill(target, "0.5"))
    assert (of.sold_from, of.trailing_from) == (True, 100)


def test_a_purchase_of_no_decision_of_this_account_is_refused(shop: Any) -> None:
    orders, entry, _ = entered(shop)
    with pytest.raises(InvariantBroken, match="did not sign"):
        orders.filled(fill(entry, "1").model_copy(update={"decision_id": "nobody"}))


def test_only_exits_are_withdrawn_with_a_position(shop: Any) -> None:
    orders, _, of = entered(shop)
    for name, text in (("x1", "sell 1 stop 98"), ("x2", "sell 1 limit 103")):
        orders.sent(order(shop, name, text), of)
    assert orders.exits("BTC/USDT") == ("x1", "x2")
