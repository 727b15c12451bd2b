"""An account of perpetuals at a real exchange: unmodified ccxt on loopback, against the USD-M protocol of the simulator."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perpetual_trading import PerpetualTrading, perpetual_opened, perpetual_order, perpetual_trading
from perpetual_wire import BTC, perpetual_exchange, perpetual_server
from wire_support import FLAT

from config.errors import UsageFault
from execution.wire.trading.wanted import Wanted
from risk.order import Purpose, Side

D = Decimal
Scenario = Callable[[PerpetualTrading], Awaitable[None]]
RISES = [FLAT, "100 104 96 97", "97 97 60 70", *("70 70 70 70",) * 5]


def play(folder: Path, scenario: Scenario, *args: Any, **more: Any) -> None:
    async def main() -> None:
        async with perpetual_trading(folder, *args, **more) as on:
            await scenario(on)

    asyncio.run(main())


def by_hand(side: Side, quantity: str, price: str = "0") -> Wanted:
    """An order of somebody else on the same account."""
    kind = "MARKET" if price == "0" else "LIMIT"
    return Wanted(side, kind, "GTC", D(quantity), D(0), D(price), D(0), None)


def test_one_way_isolated_and_the_leverage_are_set_before_anything_is_sent(tmp_path: Path) -> None:
    async def scenario(on: PerpetualTrading) -> None:
        margins = on.exchange.margins
        assert (margins.hedged, margins.isolated[BTC], margins.leverage[BTC]) == (False, True, 2)
        assert on.venue.closed() == {}
        assert not on.exchange.ledger.orders("BTCUSDT")

    exchange = perpetual_exchange()
    exchange.set_hedged(hedged=True)
    play(tmp_path, scenario, exchange=exchange)


def test_the_market_is_read_with_its_contract_tiers_steps_and_funding_interval(tmp_path: Path) -> None:
    async def scenario(on: PerpetualTrading) -> None:
        rules = on.venue.instruments()[BTC]
        assert (rules.may_be_short, rules.tick_size, rules.lot_size, rules.min_notional) == (
            True,
            D("0.01"),
            D("0.001"),
            5,
        )
        terms = rules.perpetual
        assert terms is not None
        assert (terms.contract_size, terms.funding_interval_h, terms.maintenance_at) == (1, 8, "mark")
        assert terms.liquidation_fee_bps == 50
        read = [(each.up_to, each.max_leverage, each.maintenance_rate, each.maintenance_amount) for each in terms.tiers]
        assert read == [(5000, 10, D("0.01"), 0), (50000, 5, D("0.02"), 50), (None, 2, D("0.1"), 4050)]

    play(tmp_path, scenario)


def test_a_short_is_opened_protected_and_bought_back_and_its_wallet_is_the_exchanges(tmp_path: Path) -> None:
    async def scenario(on: PerpetualTrading) -> None:
        assert await on.submit(perpetual_order("e", "open sell 30 market")) == "accepted"
        await on.until("e", "filled")
        assert {(fill.side, fill.purpose, fill.fee_currency) for fill in on.fills} == {
            (Side.SELL, Purpose.ENTRY, "USDT")
        }
        assert await on.submit(perpetual_order("x", "close buy 30 stop 103")) == "accepted"
        await on.ask()
        account = await on.venue.account()
        assert account is not None
        assert account.held == {BTC: -30}
        told = account.positions[BTC]
        assert told.mark_price == 100
        assert told.liquidation_price is not None
        assert told.liquidation_price > 140
        assert told.margin == pytest.approx(D("1499.35"))
        on.exchange.advance()
        on.exchange.advance()
        await on.until("x", "filled")
        await on.ask()
        account = await on.venue.account()
        assert account is not None
        assert (account.held, account.positions, account.cash) == ({}, {}, on.exchange.margins.wallet)
        assert sum(fill.quantity for fill in on.fills if fill.order_id == "x") == 30
        assert min(fill.price for fill in on.fills if fill.order_id == "x") >= 103

    play(tmp_path, scenario, RISES)


@pytest.mark.parametrize(("trigger", "fires"), [("mark", False), ("last", True)])
def test_a_stop_is_triggered_by_the_price_that_the_profile_names(tmp_path: Path, trigger: str, fires: bool) -> None:
    wick = [FLAT, "100 101 90 100", FLAT, FLAT]
    marks = [FLAT, "100 101 99 100", FLAT, FLAT]

    async def scenario(on: PerpetualTrading) -> None:
        await on.submit(perpetual_order("e", "open buy 5 market"))
        await on.until("e", "filled")
        await on.submit(perpetual_order("x", "close sell 5 stop 95"))
        on.exchange.advance()
        on.exchange.advance()
        await on.ask()
        assert any(state.status.value == "filled" for state in on.states["x"]) is fires

    play(tmp_path, scenario, wick, marks, trigger=trigger)


def test_a_target_of_a_short_is_watched_and_taken_in_the_place_of_its_stop(tmp_path: Path) -> None:
    async def scenario(on: PerpetualTrading) -> None:
        await on.submit(perpetual_order("e", "open sell 4 market"))
        await on.until("e", "filled")
        await on.submit(perpetual_order("s", "close buy 4 stop 110", group="g"))
        await on.submit(perpetual_order("t", "close buy 4 limit 80", group="g"))
        assert on.placed_all("t") == 0
        on.exchange.advance()
        await on.until("t", "filled")
        assert (on.exchange.margins.positions[BTC].quantity, on.placed_all("t")) == (0, 1)
        assert not any(each.open for each in on.exchange.algos.values())

    play(tmp_path, scenario, ["100 100 70 70", *("70 70 70 70",) * 4])


def test_an_exit_never_opens_the_other_side_and_a_second_stop_may_rest_beside_the_first(tmp_path: Path) -> None:
    async def scenario(on: PerpetualTrading) -> None:
        await on.submit(perpetual_order("e", "open buy 3 market"))
        await on.until("e", "filled")
        assert await on.submit(perpetual_order("a", "close sell 3 stop 90")) == "accepted"
        assert await on.submit(perpetual_order("b", "close sell 3 stop 91")) == "accepted"
        assert await on.submit(perpetual_order("c", "close sell 9 market")) == "accepted"
        await on.until("c", "filled", "cancelled")
        assert on.exchange.margins.positions[BTC].quantity == 0
        assert await on.submit(perpetual_order("d", "close sell 1 market")) == "rejected"
        assert "own position" in on.states["d"][-1].note
        assert await on.submit(perpetual_order("w", "close buy 1 market")) == "rejected"

    play(tmp_path, scenario)


def test_funding_is_booked_once_by_the_exchanges_number_with_its_rate_and_mark(tmp_path: Path) -> None:
    async def scenario(on: PerpetualTrading) -> None:
        await on.submit(perpetual_order("e", "open sell 20 market"))
        await on.until("e", "filled")
        on.exchange.advance()
        await on.ask()
        await on.ask()
        (paid,) = on.paid
        assert (paid.rate, paid.quantity, paid.mark_price, paid.amount) == (D("0.001"), -20, 100, -2)
        on.venue._keeper._seen = None
        await on.ask()
        assert len(on.paid) == 1

    play(tmp_path, scenario, rates={1: 0.001})


def test_a_liquidation_is_one_fill_with_all_that_it_cost_and_no_more_than_the_margin(tmp_path: Path) -> None:
    async def scenario(on: PerpetualTrading) -> None:
        await on.submit(perpetual_order("e", "open buy 40 market"))
        await on.until("e", "filled")
        entries = sum((fill.fee for fill in on.fills), D(0))
        margin = on.exchange.margins.positions[BTC].margin
        await on.submit(perpetual_order("x", "close sell 40 stop 20"))
        on.exchange.advance()
        await on.ask()
        await on.ask()
        liquidated = [fill for fill in on.fills if fill.purpose is Purpose.LIQUIDATION]
        assert [(fill.quantity, fill.side, fill.decision_id) for fill in liquidated] == [(40, Side.SELL, "d-e")]
        assert on.states["x"][-1].status.value == "cancelled"
        cost = sum((fill.quantity * fill.price for fill in on.fills if fill.side is Side.BUY), D(0))
        lost = cost - liquidated[0].quantity * liquidated[0].price + liquidated[0].fee
        assert lost == pytest.approx(margin, abs=D("0.01"))
        assert on.exchange.margins.wallet == pytest.approx(10000 - lost - entries, abs=D("0.01"))
        account = await on.venue.account()
        assert account is not None
        assert account.held == {}

    play(tmp_path, scenario, ["100 100 40 45", *("45 45 45 45",) * 4])


def test_a_position_of_somebody_else_closes_its_market_and_nothing_is_sent(tmp_path: Path) -> None:
    exchange = perpetual_exchange()
    exchange.set_isolated("BTCUSDT", isolated=True)
    exchange.place("BTCUSDT", by_hand(Side.BUY, "1"))

    async def scenario(on: PerpetualTrading) -> None:
        assert "not this session's" in on.venue.closed()[BTC].why
        assert await on.submit(perpetual_order("e", "open buy 1 market")) == "rejected"
        assert len(on.exchange.ledger.orders("BTCUSDT")) == 1
        assert on.exchange.margins.leverage[BTC] == 10, "nothing is set under a position either"
        on.exchange.place("BTCUSDT", by_hand(Side.SELL, "1"), reduces=True)
        await on.ask()
        assert "its leverage is 10 and not 2" in on.venue.closed()[BTC].why, (
            "it was not set while the position was there"
        )
        on.exchange.set_leverage("BTCUSDT", D(2))
        await on.ask()
        assert on.venue.closed() == {}

    play(tmp_path, scenario, exchange=exchange)


def refused(folder: Path, exchange: Any, **more: Any) -> str:
    """Why no session may begin on an exchange."""

    async def main() -> str:
        async with perpetual_server(exchange) as url:
            with pytest.raises(UsageFault) as fault:
                async with perpetual_opened(url, folder, **more):
                    pass
        return str(fault.value)

    return asyncio.run(main())


def test_hedge_mode_or_cross_margin_under_a_position_refuse_the_start_with_nothing_sent(tmp_path: Path) -> None:
    cross = perpetual_exchange()
    cross.place("BTCUSDT", by_hand(Side.SELL, "1"))
    why = refused(tmp_path, cross)
    assert "no isolated margin" in why
    assert "Nothing was started, and nothing was sent" in why
    assert not cross.margins.isolated[BTC]
    hedged = perpetual_exchange()
    hedged.set_isolated("BTCUSDT", isolated=True)
    hedged.place("BTCUSDT", by_hand(Side.SELL, "1"))
    hedged.margins.hedged = True
    assert "hedge mode is on" in refused(tmp_path, hedged)
    assert hedged.margins.hedged


@pytest.mark.slow
def test_a_leverage_above_the_first_tier_and_one_that_is_no_whole_number_are_refused(tmp_path: Path) -> None:
    few = {"tiers": [{"up_to": None, "max_leverage": "2", "maintenance_rate": "0.1"}]}
    why = refused(tmp_path, perpetual_exchange(perpetual=few), leverage=3)
    assert "offers a leverage of 2 in BTC/USDT at most" in why
    assert "whole numbers" in refused(tmp_path, perpetual_exchange(), leverage=1.5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda margins: setattr(margins, "hedged", True), "hedge mode is on"),
        (lambda margins: margins.leverage.update({BTC: D(7)}), "its leverage is 7 and not 2"),
        (lambda margins: margins.isolated.update({BTC: False}), "its margin is not isolated"),
    ],
    ids=["hedged", "leverage", "cross"],
)
def test_a_setting_that_is_changed_by_hand_stops_entries_until_it_is_back_and_exits_go_on(
    tmp_path: Path, change: Any, said: str
) -> None:
    async def scenario(on: PerpetualTrading) -> None:
        await on.submit(perpetual_order("e", "open buy 2 market"))
        await on.until("e", "filled")
        margins = on.exchange.margins
        before = (margins.hedged, dict(margins.leverage), dict(margins.isolated))
        change(margins)
        await on.ask()
        assert said in on.venue.closed()[BTC].why
        assert await on.submit(perpetual_order("f", "open buy 1 market")) == "rejected"
        margins.hedged = False  # an exchange takes no order of one-way positions while it is on
        assert await on.submit(perpetual_order("x", "close sell 2 market")) == "accepted"
        margins.hedged, margins.leverage, margins.isolated = before
        await on.ask()
        assert on.venue.closed() == {}

    play(tmp_path, scenario)


def test_a_setting_that_is_not_taken_closes_the_market_in_words(tmp_path: Path) -> None:
    class Stubborn(type(perpetual_exchange())):  # type: ignore[misc]
        def set_leverage(self, symbol: str, leverage: Decimal) -> None:
            """It says that it did, and did not."""

    exchange = perpetual_exchange()
    exchange.__class__ = Stubborn

    async def scenario(on: PerpetualTrading) -> None:
        assert "its leverage is 10 and not 2" in on.venue.closed()[BTC].why
        assert await on.submit(perpetual_order("e", "open buy 1 market")) == "rejected"

    play(tmp_path, scenario, exchange=exchange)


def test_a_reduction_that_nobody_ordered_is_booked_and_stops_entries_in_its_market(tmp_path: Path) -> None:
    async def scenario(on: PerpetualTrading) -> None:
        await on.submit(perpetual_order("e", "open buy 6 market"))
        await on.until("e", "filled")
        on.exchange.deleverage(BTC, D(2))
        await on.ask()
        (taken,) = [fill for fill in on.fills if fill.purpose is Purpose.DELEVERAGING]
        assert (taken.quantity, taken.side, taken.price) == (2, Side.SELL, 100)
        assert "auto-deleveraged" in on.venue.closed()[BTC].why
        assert await on.submit(perpetual_order("f", "open buy 1 market")) == "rejected"
        assert await on.submit(perpetual_order("x", "close sell 4 market")) == "accepted"
        await on.until("x", "filled")
        assert on.exchange.margins.positions[BTC].quantity == 0

    play(tmp_path, scenario)
