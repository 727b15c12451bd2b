"""The matching core on books laid out by hand: taking, making, stops and groups."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from execution.reports import Liquidity, VenueReport

D = Decimal
Pit = Any


def trades(report: VenueReport) -> list[tuple[str, Decimal, Decimal]]:
    return [(fill.order_id, fill.quantity, fill.price) for fill in report.fills]


def words(report: VenueReport) -> list[tuple[str, str]]:
    return [(state.order_id, state.status.value) for state in report.states]


# Taking


def test_a_market_order_walks_the_levels_and_pays_the_taker_fee_exactly(pit: Callable[..., Pit]) -> None:
    place = pit()
    place.submit("a", "buy 0.7 market")
    report = place.book(asks="0.5@100.01 0.5@100.02")
    assert trades(report) == [("a", D("0.5"), D("100.01")), ("a", D("0.2"), D("100.02"))]
    assert [fill.fee for fill in report.fills] == [D("0.050005"), D("0.020004")]
    assert {fill.fee_currency for fill in report.fills} == {"USDT"}
    assert {fill.liquidity for fill in report.fills} == {Liquidity.TAKER}
    assert words(report) == [("a", "filled")]
    assert place.account.cash == D("10000") - D("50.005") - D("20.004") - D("0.070009")


def test_trade_ids_are_the_order_id_and_a_running_number_over_several_books(pit: Callable[..., Pit]) -> None:
    place = pit()
    place.submit("a", "buy 3 market")
    first, second = place.book(asks="1@100 1@101"), place.book(asks="1@100")
    assert [fill.trade_id for fill in first.fills + second.fills] == ["a-1", "a-2", "a-3"]


def test_the_older_order_is_served_first_and_the_younger_takes_what_is_left(pit: Callable[..., Pit]) -> None:
    place = pit()
    place.submit("old", "buy 1 market")
    place.submit("young", "buy 1 market")
    report = place.book(asks="1.5@100 9@105")
    assert trades(report) == [("old", D(1), D(100)), ("young", D("0.5"), D(100)), ("young", D("0.5"), D(105))]


def test_an_entry_with_a_dearest_price_takes_the_first_book_up_to_it_and_the_rest_is_cancelled(
    pit: Callable[..., Pit], shop: Any
) -> None:
    for asks, bought, end in (
        ("1@100.01 1@100.02 5@100.03", [("a", D(1), D("100.01")), ("a", D(1), D("100.02"))], "cancelled"),
        ("9@100.01", [("a", D(3), D("100.01"))], "filled"),
        ("9@100.03", [], "cancelled"),
        ("", [], "cancelled"),
    ):
        place = pit()
        order = shop.order("a", "buy 3 market").model_copy(update={"limit_price": D("100.02")})
        assert words(place.core.submit(order, shop.at(0))) == [("a", "accepted")]
        report = place.book(asks=asks)
        assert (trades(report), words(report)) == (bought, [("a", end)])
        assert place.core.idle


def test_an_entry_with_a_dearest_price_does_not_rest_when_a_price_moves_below_it(
    pit: Callable[..., Pit], shop: Any
) -> None:
    place = pit()
    place.core.submit(shop.order("a", "buy 3 market").model_copy(update={"limit_price": D("100")}), shop.at(0))
    assert place.sweep("101", "95").fills == ()
    assert not place.core.wakes(D("95"), D("101"))


def test_an_arriving_limit_takes_up_to_its_price_and_rests_with_the_remainder(pit: Callable[..., Pit]) -> None:
    place = pit()
    place.submit("a", "buy 2 limit 100.02")
    report = place.book(asks="1@100.01 5@100.03")
    assert trades(report) == [("a", D(1), D("100.01"))]
    assert words(report) == [("a", "partial")]
    assert [order.order_id for order in place.core.open_orders()] == ["a"]


def test_an_entry_at_market_is_cancelled_with_its_filled_part_after_three_slices(pit: Callable[..., Pit]) -> None:
    place = pit()
    place.submit("a", "buy 3 market")
    assert words(place.book(asks="1@100")) == [("a", "partial")]
    assert words(place.book()) == []
    last = place.book(asks="1@100")
    assert words(last) == [("a", "cancelled")]
    assert last.states[0].filled_quantity == 2
    assert "liquidity" in last.states[0].note
    assert place.book(asks="9@100").fills == ()


def test_an_exit_at_market_works_on_until_it_is_filled(pit: Callable[..., Pit]) -> None:
    place = pit(held="5")
    place.submit("a", "sell 5 market")
    for _ in range(4):
        assert words(place.book(bids="1@100")) == [("a", "partial")]
    assert words(place.book(bids="1@100")) == [("a", "filled")]
    assert place.account.held("BTC/USDT") == 0


# Making


def test_a_resting_limit_fills_only_when_the_price_goes_through_it_by_a_tick(pit: Callable[..., Pit]) -> None:
    place = pit()
    place.submit("a", "buy 1 limit 99")
    place.book(asks="9@100")
    assert place.sweep("100", "99").fills == ()
    report = place.sweep("99", "98.99")
    assert trades(report) == [("a", D(1), D(99))]
    assert report.fills[0].liquidity is Liquidity.MAKER
    assert report.fills[0].fee == D("0.0198")


def test_a_resting_sell_limit_needs_a_tick_above_it(pit: Callable[..., Pit]) -> None:
    place = pit(held="1")
    place.submit("a", "sell 1 limit 103")
    place.book(bids="9@100")
    assert place.sweep("100", "103").fills == ()
    assert trades(place.sweep("103", "103.01")) == [("a", D(1), D(103))]


def test_a_resting_limit_fills_for_no_more_than_the_other_side_shows(pit: Callable[..., Pit]) -> None:
    place = pit()
    place.submit("a", "buy 5 limit 99")
    place.book(asks="9@100")
    report = place.sweep("100", "98", asks="2@{} 1@150")
    assert trades(report) == [("a", D(3), D(99))]
    assert words(report) == [("a", "partial")]


def test_a_resting_limit_that_the_book_has_gapped_through_makes_at_its_own_price(pit: Callable[..., Pit]) -> None:
    place = pit(held="3")
    place.submit("a", "sell 3 limit 103")
    place.book(bids="9@100")
    assert trades(place.book(bids="2@110 9@102", last="110")) == [("a", D(2), D(103))]


def test_two_resting_limits_share_what_a_book_crosses(pit: Callable[..., Pit]) -> None:
    place = pit(held="4")
    place.submit("a", "sell 2 limit 103")
    place.submit("b", "sell 2 limit 103")
    place.book(bids="9@100")
    assert trades(place.book(bids="3@110", last="110")) == [("a", D(2), D(103)), ("b", D(1), D(103))]


def test_a_limit_handed_over_while_the_price_moves_rests_at_once(pit: Callable[..., Pit]) -> None:
    place = pit(held="1")
    place.core.submit(place.shop.order("a", "sell 1 limit 103"), place.shop.at(0), moving=True)
    report = place.sweep("100", "104")
    assert [(fill.price, fill.liquidity) for fill in report.fills] == [(D(103), Liquidity.MAKER)]


# Stops


def test_a_stop_that_is_crossed_on_the_way_fills_from_the_book_at_its_stop_price(pit: Callable[..., Pit]) -> None:
    place = pit(held="1")
    place.submit("a", "sell 1 stop 97")
    assert place.book(bids="9@99.9").fills == ()
    assert place.sweep("100", "97.01").fills == ()
    assert trades(place.sweep("97.01", "90")) == [("a", D(1), D(97))]


def test_a_stop_beyond_the_open_fills_from_the_open_book_and_not_at_its_stop_price(pit: Callable[..., Pit]) -> None:
    place = pit(held="1")
    place.submit("a", "sell 1 stop 97")
    assert trades(place.book(bids="9@91.9", last="92")) == [("a", D(1), D("91.9"))]


def test_a_stop_already_beyond_when_the_movement_starts_fills_where_it_starts(pit: Callable[..., Pit]) -> None:
    place = pit(held="1")
    place.submit("a", "sell 1 stop 97")
    assert trades(place.sweep("95", "99")) == [("a", D(1), D(95))]


def test_a_buy_stop_triggers_upwards(pit: Callable[..., Pit]) -> None:
    place = pit()
    place.submit("a", "buy 1 stop 105")
    assert place.sweep("100", "104.99").fills == ()
    assert trades(place.sweep("104.99", "106")) == [("a", D(1), D(105))]


def test_a_touched_exit_stop_without_liquidity_takes_from_the_next_books_whatever_their_price(
    pit: Callable[..., Pit],
) -> None:
    place = pit(held="2")
    place.submit("a", "sell 2 stop 97")
    assert place.sweep("100", "96", bids="").fills == ()
    assert trades(place.book(bids="1@120", last="120")) == [("a", D(1), D(120))]
    assert trades(place.book(bids="1@121", last="121")) == [("a", D(1), D(121))]


def test_stops_trigger_in_the_order_in_which_the_price_meets_them(pit: Callable[..., Pit]) -> None:
    place = pit(held="3")
    for name, price in (("low", 95), ("high", 98), ("middle", 96)):
        place.submit(name, f"sell 1 stop {price}")
    assert [fill.order_id for fill in place.sweep("100", "90").fills] == ["high", "middle", "low"]


# Groups


def test_a_fill_of_one_order_of_a_group_reduces_the_other_by_the_same_quantity(pit: Callable[..., Pit]) -> None:
    place = pit(held="2")
    place.submit("stop", "sell 2 stop 97", group="g")
    place.submit("target", "sell 2 limit 103", group="g")
    place.submit("loner", "sell 2 stop 50")
    place.book(bids="9@100")
    report = place.sweep("100", "104", bids="0.5@{}")
    assert words(report) == [("target", "partial"), ("stop", "accepted")]
    assert "1.5 remains" in report.states[1].note
    assert trades(place.sweep("100", "96")) == [("stop", D("1.5"), D(97))]
    assert [order.order_id for order in place.core.open_orders()] == ["loner"]


def test_an_order_that_its_group_has_used_up_is_cancelled(pit: Callable[..., Pit]) -> None:
    place = pit(held="2")
    place.submit("stop", "sell 2 stop 97", group="g")
    place.submit("target", "sell 1 limit 103", group="g")
    report = place.sweep("100", "90")
    assert words(report) == [("stop", "filled"), ("target", "cancelled")]
    assert "stop of its group" in report.states[1].note


def test_two_stops_of_one_group_that_one_movement_meets_sell_once(pit: Callable[..., Pit]) -> None:
    place = pit(held="4")
    place.submit("near", "sell 2 stop 98", group="g")
    place.submit("far", "sell 2 stop 96", group="g")
    report = place.sweep("100", "90")
    assert trades(report) == [("near", D(2), D(98))]
    assert words(report) == [("near", "filled"), ("far", "cancelled")]


def test_orders_without_a_group_are_not_each_others_group(pit: Callable[..., Pit]) -> None:
    place = pit(held="4")
    place.submit("a", "sell 2 stop 97")
    place.submit("b", "sell 2 stop 96")
    assert words(place.sweep("100", "96.5")) == [("a", "filled")]
    assert [order.order_id for order in place.core.open_orders()] == ["b"]
