"""Liquidation on the mark price, inside the bar and in the order of its path; and the most that a position can lose."""

from decimal import Decimal

import pytest
from perpetual_shop import BTC, TERMS, D, Exchange, at, bar, marked, order

from execution.reports import Liquidity, OrderStatus
from market.bar import FundingRate
from market.perpetual.margin import MarginTier
from risk.order import Purpose, Side

STOP = Purpose.STOP_LOSS
CALM = "100 100 100 100"


def short_of(quantity: str = "10", leverage: str = "3", **more: object) -> Exchange:
    """A short that was sold at 100 with a margin of a third of it, by default."""
    exchange = Exchange(leverage=leverage, **more)  # type: ignore[arg-type]
    exchange.send(order("in", f"sell {quantity} market"))
    exchange.play(bar(CALM))
    assert exchange.ledger.quantities() == {BTC: -D(quantity)}
    return exchange


def long_of(quantity: str = "10", leverage: str = "3", **more: object) -> Exchange:
    exchange = Exchange(leverage=leverage, **more)  # type: ignore[arg-type]
    exchange.send(order("in", f"buy {quantity} market"))
    exchange.play(bar(CALM))
    return exchange


def liquidations(exchange: Exchange) -> list[tuple[Side, Decimal, Decimal]]:
    return [(f.side, f.quantity, f.price) for f in exchange.fills if f.purpose is Purpose.LIQUIDATION]


def test_a_short_shows_margin_and_liquidation_price_and_pays_no_notional() -> None:
    exchange = short_of()
    (held,) = exchange.ledger.positions()
    assert (held.quantity, held.entry_price) == (-10, 100)
    assert held.margin == D("333.33333334")
    assert held.liquidation_price == D("132.01320132"), "(333.33333334 + 1,000) / (10 x 1.01), towards the entry"
    assert exchange.ledger.cash == 999, "the wallet has paid the fee of 10 bps"
    assert exchange.free == D("665.66666666")
    assert exchange.ledger.equity == 999


def test_a_mark_that_reaches_the_liquidation_price_closes_all_at_the_bankruptcy_price() -> None:
    exchange = short_of()
    exchange.send(order("stop", "buy 10 stop 150", purpose=STOP), order("more", "sell 1 limit 170"))
    exchange.play(bar("100 160 100 100", hour=1))
    assert liquidations(exchange) == [(Side.BUY, 10, D("133.33"))]
    last = exchange.fills[-1]
    assert (last.order_id, last.decision_id, last.liquidity) == ("d-in-liq1", "d-in", Liquidity.TAKER)
    assert last.fee == D("0.03333334"), "what the rounding to a tick had left of the margin"
    assert exchange.ledger.cash == 999 - D("333.33333334"), "its margin is lost, and no more"
    told = [(state.order_id, state.status, state.note) for state in exchange.told[-3:]]
    cancelled = "cancelled by the exchange: the position was liquidated"
    assert told == [
        ("d-in-liq1", OrderStatus.FILLED,
         "liquidated: the mark price reached 132.01320132; all was closed at the bankruptcy price 133.33"),
        ("stop", OrderStatus.CANCELLED, cancelled),
        ("more", OrderStatus.CANCELLED, cancelled),
    ]  # fmt: skip
    (trade,) = exchange.ledger.trades
    assert (trade.is_short, trade.entry_price, trade.exit_price) == (True, 100, D("133.33"))
    assert trade.exit_purpose is Purpose.LIQUIDATION
    assert trade.pnl == -1 - D("333.33333334")
    assert exchange.ledger.reserved == 0


def test_a_long_is_liquidated_below_and_never_where_it_paid_its_whole_notional() -> None:
    exchange = long_of()
    (held,) = exchange.ledger.positions()
    assert held.liquidation_price == D("67.34680135"), "(333.36666667 - 1,000.1) / (10 x -0.99), towards the entry"
    exchange.play(bar("100 100 60 100", hour=1))
    assert liquidations(exchange) == [(Side.SELL, 10, D("66.68"))]
    paid = long_of("9", leverage="1")
    paid.play(bar("100 100 1 1", hour=1))
    assert (liquidations(paid), paid.ledger.positions()[0].liquidation_price) == ([], None)


@pytest.mark.parametrize("trigger", ["mark", "last"])
def test_a_stop_before_the_liquidation_price_fires_first(trigger: str) -> None:
    exchange = short_of(trigger=trigger)
    exchange.send(order("stop", "buy 10 stop 120", purpose=STOP))
    exchange.play(bar("100 140 100 100", hour=1))
    assert liquidations(exchange) == []
    assert exchange.fills[-1].price == D("120.01")
    assert exchange.ledger.positions() == ()


def test_what_a_stop_could_not_fill_is_liquidated() -> None:
    exchange = short_of()
    exchange.send(order("stop", "buy 10 stop 120", purpose=STOP))
    exchange.play(bar("100 140 100 100", hour=1, volume=40.0))
    assert [(fill.purpose, fill.quantity, fill.price) for fill in exchange.fills[1:]] == [
        (STOP, 4, D("120.01")),
        (Purpose.LIQUIDATION, 6, D("133.33")),
    ]
    assert [state.status for state in exchange.told if state.order_id == "stop"] == [
        OrderStatus.ACCEPTED, OrderStatus.PARTIAL, OrderStatus.CANCELLED,
    ]  # fmt: skip


def test_a_gap_through_stop_and_liquidation_price_liquidates() -> None:
    exchange = short_of()
    exchange.send(order("stop", "buy 10 stop 120", purpose=STOP))
    exchange.play(bar("150 160 140 150", hour=1))
    assert liquidations(exchange) == [(Side.BUY, 10, D("133.33"))]
    assert exchange.fills[-1].filled_utc == at(1)


def test_a_gap_through_the_stop_alone_fills_it_at_the_open() -> None:
    exchange = short_of()
    exchange.send(order("stop", "buy 10 stop 120", purpose=STOP))
    exchange.play(bar("125 160 120 150", hour=1))
    assert (exchange.fills[-1].purpose, exchange.fills[-1].price) == (STOP, D("125.01"))


def test_a_wick_of_the_traded_price_does_not_liquidate_while_the_mark_stands() -> None:
    exchange = short_of()
    exchange.play(bar("100 140 100 100", hour=1), mark=marked("100 110 100 100"))
    assert liquidations(exchange) == []


def test_the_mark_alone_liquidates() -> None:
    exchange = short_of()
    exchange.play(bar("100 101 100 100", hour=1), mark=marked("100 133 100 100"))
    assert liquidations(exchange) == [(Side.BUY, 10, D("133.33"))]


def test_an_exit_that_would_lose_more_than_the_margin_is_taken_over_by_the_exchange() -> None:
    exchange = short_of(trigger="last")
    exchange.send(order("stop", "buy 10 stop 139", purpose=STOP))
    exchange.play(bar("100 140 100 100", hour=1), mark=marked("100 110 100 100"))
    assert liquidations(exchange) == [(Side.BUY, 10, D("133.33"))]
    assert "an exit at 139.01 would lose more than the margin" in exchange.told[-2].note
    assert exchange.states["stop"].status is OrderStatus.CANCELLED
    assert exchange.ledger.cash == 999 - D("333.33333334")


def test_a_doubted_print_stops_and_liquidates_a_short_at_its_high() -> None:
    exchange = short_of()
    exchange.send(order("stop", "buy 10 stop 120", purpose=STOP))
    exchange.play(bar("100 140 100 100", hour=1), doubtful=True)
    assert (exchange.fills[-1].purpose, exchange.fills[-1].price) == (STOP, D("120.01"))
    bare = short_of()
    bare.play(bar("100 140 100 100", hour=1), doubtful=True)
    assert liquidations(bare) == [(Side.BUY, 10, D("133.33"))]


def test_funding_that_is_not_free_is_drawn_from_the_margin_and_brings_the_liquidation_price_nearer() -> None:
    exchange = long_of("9.98", leverage="1")
    free = exchange.free
    assert free == D("0.9021002"), "1,000 - 9.98 x 100.01 x 1.001"
    far = exchange.ledger.positions()[0].liquidation_price
    due = FundingRate(symbol=BTC, at_utc=at(1), rate=0.5)
    report = exchange.play(bar(CALM, hour=1), funding=(due,))
    assert report.funding[0].amount == 499
    (held,) = exchange.ledger.positions()
    assert (exchange.free, held.margin) == (0, D("998.0998") - 499 + free)
    assert far is None
    assert held.liquidation_price == D("50.41374667"), "(500.0019002 - 998.0998) / (9.98 x -0.99), towards the entry"


def test_no_more_funding_is_paid_than_there_is() -> None:
    exchange = long_of("9.98", leverage="1")
    due = FundingRate(symbol=BTC, at_utc=at(1), rate=3.0)
    report = exchange.play(bar(CALM, hour=1), funding=(due,))
    assert report.funding[0].amount == D("999.0019002")
    assert exchange.ledger.positions() == ()
    assert exchange.ledger.cash == 0


def test_first_in_first_out_moves_neither_what_is_free_nor_where_a_position_is_bankrupt() -> None:
    """Two lots, at 100 and 80: the older one is bought back at 90, and the margin bears what the average would not have won."""
    exchange = Exchange(leverage="2")
    exchange.send(order("one", "sell 2 market"))
    exchange.play(bar(CALM))
    exchange.send(order("two", "sell 2 market"))
    exchange.play(bar("80 80 80 80", hour=1))
    free = exchange.free
    assert exchange.ledger.reserved == 180
    exchange.send(order("out", "buy 2 market", purpose=STOP))
    exchange.play(bar("90 90 90 90", hour=2))
    (held,) = exchange.ledger.positions()
    assert (held.entry_price, held.margin) == (80, 110), "half of 180, and 20 that were won beside the average"
    assert exchange.free == free + 90 - 2 * (D("0.01") + D("0.09001")), (
        "as at an average of 90, less a tick and the fee"
    )
    exchange.play(bar("90 140 90 90", hour=3))
    assert liquidations(exchange) == [(Side.BUY, 2, 135)], "as at an average of 90: 90 x 1.5"


def test_leverage_above_the_tier_is_refused_beyond_it() -> None:
    tiers = (TERMS.tiers[0], MarginTier(up_to=None, max_leverage=D(2), maintenance_rate=D("0.02")))
    for leverage, allowed in (("3", -20), ("2", -30)):
        exchange = Exchange("10000", leverage, terms=TERMS.model_copy(update={"tiers": tiers}))
        exchange.send(order("in", "sell 30 market"))
        exchange.play(bar(CALM))
        assert exchange.ledger.quantities() == {BTC: allowed}, "3 is allowed up to 2,000 USDT, 2 without end"


def test_first_in_first_out_is_the_same_for_a_long() -> None:
    """Two lots, at 100.01 and 120.01: the older one is sold at 110, and the margin bears what the average would not have won."""
    exchange = Exchange(leverage="2")
    for hour, price in enumerate(("100", "120")):
        exchange.send(order(f"in{hour}", "buy 2 market", hour=hour))
        exchange.play(bar(" ".join([price] * 4), hour=hour))
    free = exchange.free
    assert exchange.ledger.reserved == D("220.02")
    exchange.send(order("out", "sell 2 market", purpose=STOP, hour=2))
    exchange.play(bar("110 110 110 110", hour=2))
    (held,) = exchange.ledger.positions()
    assert (held.entry_price, held.margin) == (D("120.01"), D("130.01")), "half of 220.02, and 20 that were won beside"
    assert exchange.free == free + D("110.01") - D("0.02") - D("0.22"), "what an average of 110.01 lost, and the fee"


def test_what_was_drawn_from_a_margin_leaves_with_its_share_of_the_position() -> None:
    exchange = long_of("9.98", leverage="1")
    exchange.play(bar(CALM, hour=1), funding=(FundingRate(symbol=BTC, at_utc=at(1), rate=0.2),))
    (held,) = exchange.ledger.positions()
    assert held.margin == D("799.4019002"), "998.0998 less 199.6, of which 0.9021002 were paid by the free wallet"
    exchange.send(order("out", "sell 4.99 market", purpose=STOP, hour=2))
    exchange.play(bar(CALM, hour=2))
    (half,) = exchange.ledger.positions()
    assert half.margin is not None
    assert abs(half.margin - (held.margin or 0) / 2) <= D("1e-8")


def test_a_coarse_tick_leaves_something_and_the_fees_are_taken_out_of_it() -> None:
    exchange = short_of(tick_size="10")
    exchange.play(bar("100 140 100 100", hour=1))
    assert liquidations(exchange) == [(Side.BUY, 10, 130)]
    assert exchange.fills[-1].fee == 1300 * D("0.006"), "10 bps of a taker and 50 of the liquidation"


def test_a_mark_that_touches_the_liquidation_price_is_enough() -> None:
    exchange = short_of()
    exchange.play(bar(CALM, hour=1), mark=marked("100 132.01320131 100 100"))
    assert liquidations(exchange) == []
    exchange.play(bar(CALM, hour=2), mark=marked("100 132.01320132 100 100"))
    assert liquidations(exchange) == [(Side.BUY, 10, D("133.33"))]


def test_each_liquidation_of_a_market_has_a_name_of_its_own() -> None:
    exchange = Exchange("3000", "3")
    for hour in (0, 2):
        exchange.send(order(f"in{hour}", "sell 10 market", decision_id="d", hour=hour))
        exchange.play(bar(CALM, hour=hour))
        exchange.play(bar("100 140 100 100", hour=hour + 1))
    assert [f.order_id for f in exchange.fills if f.purpose is Purpose.LIQUIDATION] == ["d-liq1", "d-liq2"]


def test_an_entry_that_fills_beyond_its_liquidation_price_is_liquidated_at_once() -> None:
    exchange = Exchange(leverage="3")
    exchange.send(order("in", "sell 10 market"))
    exchange.play(bar(CALM), mark=marked("140 140 140 140"))
    assert [(f.purpose, f.price) for f in exchange.fills] == [
        (Purpose.ENTRY, 100),
        (Purpose.LIQUIDATION, D("133.33")),
    ]
    assert exchange.fills[-1].filled_utc == at(0)


def test_an_entry_inside_the_bar_may_be_liquidated_in_it() -> None:
    exchange = Exchange(leverage="3")
    exchange.send(order("in", "sell 9 limit 110"))
    exchange.play(bar("100 160 100 100"))
    assert [(f.purpose, f.price) for f in exchange.fills] == [
        (Purpose.ENTRY, 110),
        (Purpose.LIQUIDATION, D("146.66")),
    ]
