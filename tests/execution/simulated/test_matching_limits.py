"""What the matching core refuses: beyond the account, off the venue's rules, and after a cancel."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from config.errors import InvariantBroken
from execution.exact import most_affordable
from execution.reports import OrderStatus, VenueReport
from execution.simulated.account import SpotAccount
from market.instrument import InstrumentKind
from risk.order import Purpose

D = Decimal
Pit = Any


def trades(report: VenueReport) -> list[tuple[str, Decimal, Decimal]]:
    return [(fill.order_id, fill.quantity, fill.price) for fill in report.fills]


def words(report: VenueReport) -> list[tuple[str, str]]:
    return [(state.order_id, state.status.value) for state in report.states]


# The account's limits


def test_an_exit_never_sells_more_than_is_held(pit: Callable[..., Pit]) -> None:
    place = pit(held="1")
    place.submit("a", "sell 3 market")
    report = place.book(bids="2@100 2@99")
    assert trades(report) == [("a", D(1), D(100))]
    assert words(report) == [("a", "cancelled")]
    assert report.states[0].filled_quantity == 1


def test_an_exit_with_nothing_held_is_cancelled_unfilled(pit: Callable[..., Pit]) -> None:
    place = pit()
    place.submit("a", "sell 3 stop 97")
    report = place.sweep("100", "90")
    assert (words(report), report.fills) == ([("a", "cancelled")], ())


def test_a_buy_fills_only_what_cash_affords_with_its_fee(pit: Callable[..., Pit]) -> None:
    place = pit(cash="100.1")
    place.submit("a", "buy 3 market")
    report = place.book(asks="9@100")
    assert trades(report) == [("a", D(1), D(100))]
    assert words(report) == [("a", "cancelled")]
    assert "insufficient funds" in report.states[0].note
    assert place.account.cash == 0


def test_a_buy_that_cash_cannot_pay_one_lot_of_is_rejected_when_it_would_trade(pit: Callable[..., Pit]) -> None:
    place = pit(cash="0.05")
    place.submit("a", "buy 1 market")
    report = place.book(asks="9@100")
    assert words(report) == [("a", "rejected")]
    assert "insufficient funds" in report.states[0].note


def test_a_priced_buy_beyond_the_cash_is_rejected_at_the_door(pit: Callable[..., Pit]) -> None:
    report = pit(cash="100").submit("a", "buy 1 limit 100")
    assert words(report) == [("a", "rejected")]
    assert report.states[0].note == "insufficient funds: the cash pays for 0.999 BTC at 100"


def test_what_cash_affords_is_the_largest_number_of_lots_and_not_one_more() -> None:
    price, fee, lot = D("41999.97"), D("7.5"), D("0.00001")
    most = most_affordable(D("1234.56"), price, fee, lot)
    cost = price * (1 + fee / 10000)
    assert most * cost <= D("1234.56") < (most + lot) * cost


def test_an_account_refuses_to_hold_less_than_nothing(shop: Any) -> None:
    account = SpotAccount(D(100))
    with pytest.raises(InvariantBroken, match="not booked"):
        account.settle(shop.fill("t", "sell 1 at 100"))
    with pytest.raises(InvariantBroken, match="not booked"):
        account.settle(shop.fill("t", "buy 1 at 100", fee="0.01"))
    assert (account.cash, account.held("BTC/USDT")) == (D(100), D(0))


# The door


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("buy 1.0005 market", "quantity 1.0005 is not a whole number of lots of 0.001 BTC"),
        ("buy 1 limit 100.005", "price 100.005 is not a whole number of ticks of 0.01 USDT"),
        ("sell 1 stop 99.999", "price 99.999 is not a whole number of ticks of 0.01 USDT"),
        ("buy 0.049 limit 100", "order value 4.900 is below the smallest of 5 USDT"),
        ("sell 0.051 stop 98", "order value 4.998 is below the smallest of 5 USDT"),
    ],
)
def test_the_filters_reject_with_a_reason(pit: Callable[..., Pit], text: str, reason: str) -> None:
    place = pit(held="1")
    report = place.submit("a", text)
    assert words(report) == [("a", "rejected")]
    assert report.states[0].note == reason
    assert place.core.open_orders() == ()


def test_an_order_worth_exactly_the_smallest_value_is_accepted(pit: Callable[..., Pit]) -> None:
    assert words(pit().submit("a", "buy 0.05 limit 100")) == [("a", "accepted")]


def test_a_market_order_worth_too_little_is_rejected_on_the_first_book_it_meets(pit: Callable[..., Pit]) -> None:
    place = pit()
    assert words(place.submit("a", "buy 0.049 market")) == [("a", "accepted")]
    assert place.book().states == ()
    report = place.book(asks="9@100")
    assert words(report) == [("a", "rejected")]
    assert "below the smallest" in report.states[0].note


def test_spot_refuses_shorts_and_other_kinds_of_market_are_refused_whole(pit: Callable[..., Pit]) -> None:
    assert "sold short" in pit(held="1").submit("a", "sell 1 market", purpose=Purpose.ENTRY).states[0].note
    assert "no short position" in pit().submit("a", "buy 1 market", purpose=Purpose.STOP_LOSS).states[0].note
    perpetual = pit(kind=InstrumentKind.PERPETUAL)
    assert "not traded here" in perpetual.submit("a", "buy 1 market").states[0].note


def test_prices_that_do_not_belong_to_the_kind_of_order_are_refused(pit: Callable[..., Pit], shop: Any) -> None:
    place = pit()
    for text, change in (
        ("sell 1 market", {"limit_price": D(100)}),
        ("buy 1 limit 100", {"stop_price": D(100)}),
        ("buy 1 stop 100", {"stop_price": None}),
    ):
        order = shop.order("a", text).model_copy(update=change)
        report = place.core.submit(order, shop.at(0))
        assert report.states[0].status is OrderStatus.REJECTED
        assert "do not belong" in report.states[0].note


def test_a_cancelled_order_never_trades_again(pit: Callable[..., Pit], shop: Any) -> None:
    place = pit()
    place.submit("a", "buy 1 market")
    assert words(place.core.cancel("a", shop.at(0))) == [("a", "cancelled")]
    assert place.book(asks="9@100").fills == ()
    assert place.core.cancel("a", shop.at(0)).states == ()


def test_nothing_is_asked_of_a_book_while_every_order_sleeps(pit: Callable[..., Pit]) -> None:
    place = pit(held="3")
    place.submit("stop", "sell 1 stop 97")
    place.submit("target", "sell 1 limit 103")
    assert place.core.trades_at(D(100))
    place.book(bids="9@100")
    assert not place.core.trades_at(D(100))
    assert place.core.trades_at(D(97))
    assert not place.core.wakes(D("97.01"), D(103))
    assert place.core.wakes(D(97), D(103))
    assert place.core.wakes(D("97.01"), D("103.01"))
