"""Both sides on the simulated exchange of perpetuals: entries, exits, caps, stops, targets, paths and funding."""

import pytest
from perpetual_shop import BTC, D, Exchange, at, bar, marked, order

from config.errors import InvariantBroken
from execution.reports import Fill, Liquidity, OrderStatus
from market.bar import FundingRate
from risk.order import Order, Purpose, Side

STOP, TARGET = Purpose.STOP_LOSS, Purpose.TAKE_PROFIT
CALM = "100 100 100 100"


def held(side: str, quantity: str = "2", **more: object) -> Exchange:
    exchange = Exchange(**more)  # type: ignore[arg-type]
    exchange.send(order("in", f"{side} {quantity} market"))
    exchange.play(bar(CALM))
    return exchange


def test_a_short_wins_when_the_price_falls() -> None:
    exchange = held("sell")
    exchange.send(order("out", "buy 2 market", purpose=Purpose.STRATEGY_EXIT, hour=1))
    exchange.play(bar("90 90 90 90", hour=1))
    (trade,) = exchange.ledger.trades
    assert (trade.is_short, trade.entry_price, trade.exit_price, trade.quantity) == (True, 100, D("90.01"), 2)
    assert trade.pnl == D("19.98") - D("0.2") - D("0.18002")
    assert trade.return_on_cost == pytest.approx(0.0979999)
    assert exchange.ledger.cash == exchange.ledger.equity == 1000 + trade.pnl
    assert exchange.ledger.realised == D("19.98")


def test_the_worst_price_of_the_spread_is_the_lower_one_for_a_sale_and_the_upper_one_for_a_purchase() -> None:
    shape = {"spread_bps": 20.0, "latency_ms": 1000.0}
    sold, bought = Exchange(**shape), Exchange(**shape)  # type: ignore[arg-type]
    sold.send(order("in", "sell 2 market"))
    bought.send(order("in", "buy 2 market"))
    for exchange in (sold, bought):
        exchange.play(bar("100 104 96 100"))
    assert sold.fills[0].price < D("99.9") < D("100.1") < bought.fills[0].price


@pytest.mark.parametrize(("side", "cap", "filled"), [("sell", "99.95", 1), ("sell", "100.05", 0), ("buy", "100.05", 1)])
def test_a_capped_entry_trades_to_its_worst_price_and_no_further(side: str, cap: str, filled: int) -> None:
    exchange = Exchange(spread_bps=2.0, levels=2)
    exchange.send(order("in", f"{side} 2 market {cap}"))
    exchange.play(bar(CALM, volume=20.0))
    assert [fill.quantity for fill in exchange.fills] == [1] * filled
    assert exchange.states["in"].status is OrderStatus.CANCELLED
    way = "bid down to" if side == "sell" else "offered up to"
    assert exchange.states["in"].note.startswith(f"no more was {way} {cap} for the remaining {2 - filled}")


def test_of_stop_and_target_in_one_bar_the_stop_comes_first_on_both_sides() -> None:
    for side, stop, target in (
        ("sell", "buy 2 stop 105", "buy 2 limit 95"),
        ("buy", "sell 2 stop 95", "sell 2 limit 105"),
    ):
        exchange = held(side)
        exchange.send(
            order("stop", stop, purpose=STOP, oco_group="g"), order("target", target, purpose=TARGET, oco_group="g")
        )
        exchange.play(bar("100 110 90 100", hour=1))
        assert exchange.fills[-1].order_id == "stop"
        assert exchange.states["target"].status is OrderStatus.CANCELLED
        assert exchange.ledger.positions() == ()


def test_a_target_of_a_short_rests_below_and_is_made_when_trading_has_passed_it() -> None:
    exchange = held("sell")
    exchange.send(order("target", "buy 2 limit 95", purpose=TARGET))
    exchange.play(bar("100 100 95 95", hour=1))
    assert exchange.ledger.positions() != ()
    exchange.play(bar("96 97 94.99 95", hour=2))
    assert (exchange.fills[-1].price, exchange.fills[-1].liquidity) == (95, Liquidity.MAKER)


def test_an_entry_of_a_short_that_rests_is_walked_high_first() -> None:
    exchange = Exchange()
    exchange.send(order("in", "sell 2 limit 105"))
    exchange.play(bar("100 110 90 100", hour=0))
    assert (exchange.fills[0].price, exchange.fills[0].liquidity) == (105, Liquidity.MAKER)


def test_with_an_entry_of_a_short_the_high_comes_before_the_low() -> None:
    exchange = Exchange()
    exchange.send(order("in", "sell 2 limit 105"), order("target", "buy 2 limit 95", purpose=TARGET))
    exchange.play(bar("100 110 90 100"))
    assert [fill.order_id for fill in exchange.fills] == ["in", "target"]


def test_on_one_way_the_mark_and_the_traded_price_trigger_in_the_order_of_time() -> None:
    """A quarter of the way up the mark is at 105; two fifths of it up the traded price has passed 104."""
    exchange = held("sell")
    exchange.send(order("more", "sell 1 limit 104"), order("stop", "buy 2 stop 105", purpose=STOP))
    exchange.play(bar("100 110 100 100", hour=1), mark=marked("100 120 100 100"))
    assert [fill.order_id for fill in exchange.fills[1:]] == ["stop", "more"]


@pytest.mark.parametrize(("trigger", "fires"), [("mark", True), ("last", False)])
def test_a_stop_is_triggered_by_the_price_that_the_profile_names_and_trades_at_the_traded_one(
    trigger: str, fires: bool
) -> None:
    exchange = held("sell", trigger=trigger)
    exchange.send(order("stop", "buy 2 stop 105", purpose=STOP))
    exchange.play(bar("100 103 100 103", hour=1), mark=marked("100 106 100 103"))
    assert (exchange.fills[-1].order_id == "stop") is fires
    if fires:
        assert exchange.fills[-1].price == D("102.51"), "five sixths of the way from 100 to 103"


def test_a_stop_by_the_mark_that_opens_beyond_it_fills_at_the_traded_open() -> None:
    exchange = held("sell")
    exchange.send(order("stop", "buy 2 stop 105", purpose=STOP))
    exchange.play(bar("103 104 102 103", hour=1), mark=marked("106 107 105 106"))
    assert (exchange.fills[-1].order_id, exchange.fills[-1].price) == ("stop", D("103.01"))
    assert exchange.fills[-1].filled_utc == at(1)


@pytest.mark.parametrize("exits", ["buy 2 market", "buy 2 stop 101", "buy 2 limit 99"])
def test_what_only_reduces_never_opens(exits: str) -> None:
    exchange = Exchange()
    exchange.send(order("out", exits, purpose=STOP))
    exchange.play(bar("100 110 90 100"))
    exchange.play(bar("100 110 90 100", hour=1))
    assert exchange.fills == []
    assert exchange.states["out"].status is OrderStatus.CANCELLED
    assert exchange.states["out"].note == "nothing more is held to buy back"


@pytest.mark.parametrize("exits", ["sell 1 market", "sell 1 stop 99", "sell 1 limit 101"])
def test_what_only_reduces_never_adds_to_a_position(exits: str) -> None:
    exchange = held("sell")
    exchange.send(order("out", exits, purpose=STOP, hour=1))
    exchange.play(bar("100 110 90 100", hour=1))
    assert exchange.ledger.quantities() == {BTC: -2}
    assert (exchange.states["out"].status, exchange.states["out"].note) == (
        OrderStatus.CANCELLED,
        "nothing more is held to sell",
    )


def test_an_exit_for_more_than_is_held_closes_the_position_and_no_more() -> None:
    exchange = held("sell")
    exchange.send(order("out", "buy 5 market", purpose=STOP, hour=1))
    exchange.play(bar(CALM, hour=1))
    assert exchange.fills[-1].quantity == 2
    assert exchange.ledger.quantities() == {}


def test_an_entry_never_reduces_the_other_side() -> None:
    exchange = held("sell")
    report = exchange.send(order("limit", "buy 1 limit 90"))
    assert report.states[0].note == "-2 is held on the other side: an entry does not reduce a position"
    exchange.send(order("market", "buy 1 market", hour=1))
    exchange.play(bar(CALM, hour=1))
    assert exchange.states["market"].status is OrderStatus.REJECTED
    assert exchange.ledger.quantities() == {BTC: -2}


def test_an_entry_is_cut_to_what_the_free_wallet_has_margin_and_fee_for() -> None:
    exchange = Exchange("1000", "2")
    exchange.send(order("in", "sell 30 market"))
    exchange.play(bar(CALM))
    assert exchange.ledger.quantities() == {BTC: D("-19.96")}, "1,000 / (100 / 2 + 0.1)"
    assert 0 <= exchange.free < D("0.0501")
    report = exchange.send(order("more", "sell 1 limit 100"))
    assert "insufficient funds" in report.states[0].note


def test_a_margin_is_rounded_up_and_an_entry_is_cut_by_it() -> None:
    exchange = Exchange("33.4333333334", "3")
    exchange.send(order("in", "sell 30 market"))
    exchange.play(bar(CALM))
    assert exchange.ledger.quantities() == {BTC: D("-0.999")}, "1 needs 33.33333334 and a fee of 0.1"


@pytest.mark.parametrize(("side", "stop", "way", "price"), [
    ("sell", "buy 2 stop 105", ("100 103 100 103", "100 107 100 107"), "102.16"),
    ("buy", "sell 2 stop 95", ("100 100 97 97", "100 100 93 93"), "97.85"),
])  # fmt: skip
def test_the_moment_of_a_trigger_is_rounded_to_the_worse_tick(
    side: str, stop: str, way: tuple[str, str], price: str
) -> None:
    """Five sevenths of the way to 103 are 102.142..., and to 97 they are 97.857...; an ask lies a tick above."""
    exchange = held(side)
    exchange.send(order("stop", stop, purpose=STOP))
    exchange.play(bar(way[0], hour=1), mark=marked(way[1]))
    assert (exchange.fills[-1].order_id, exchange.fills[-1].price) == ("stop", D(price))


@pytest.mark.parametrize(("side", "paid"), [("buy", D("0.202")), ("sell", D("-0.202"))])
def test_longs_pay_a_positive_rate_and_shorts_receive_it_at_the_mark(side: str, paid: object) -> None:
    exchange = held(side)
    due = FundingRate(symbol=BTC, at_utc=at(1), rate=0.001)
    before = exchange.ledger.cash
    report = exchange.play(bar(CALM, hour=1), mark=marked("101 101 101 101"), funding=(due,))
    (payment,) = report.funding
    assert (payment.quantity, payment.mark_price, payment.amount) == (2 if side == "buy" else -2, 101, paid)
    assert before - exchange.ledger.cash == exchange.ledger.funding == paid


def told(side: Side, quantity: str, purpose: Purpose, trade_id: str = "t") -> Fill:
    made: Order = order("o", f"{side.value} {quantity} market", purpose=purpose)
    return Fill(
        trade_id=trade_id, order_id="o", decision_id="d", symbol=BTC, side=made.side, purpose=purpose,
        quantity=made.quantity, price=D(100), fee=D(0), fee_currency="USDT", liquidity=Liquidity.TAKER, filled_utc=at(1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("side", "quantity", "purpose", "says"),
    [
        (Side.BUY, "3", STOP, "3 of BTC/USDT were bought back (trade t), but the ledger holds -2"),
        (Side.SELL, "1", STOP, "1 of BTC/USDT were sold (trade t), but the ledger holds -2"),
        (Side.BUY, "1", Purpose.ENTRY, "holds -2, which is the other side"),
        (Side.BUY, "3", Purpose.LIQUIDATION, "holds -2"),
    ],
)
def test_the_ledger_books_nothing_that_would_turn_a_position(
    side: Side, quantity: str, purpose: Purpose, says: str
) -> None:
    ledger = held("sell").ledger
    before = ledger.cash, ledger.positions()
    with pytest.raises(InvariantBroken) as fault:
        ledger.apply(told(side, quantity, purpose))
    assert says in str(fault.value)
    assert (ledger.cash, ledger.positions()) == before


def test_the_ledger_opens_nothing_by_an_exit() -> None:
    with pytest.raises(InvariantBroken, match="holds 0"):
        Exchange().ledger.apply(told(Side.BUY, "1", STOP))
