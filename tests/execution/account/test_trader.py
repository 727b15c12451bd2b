"""The trader on a real venue and ledger: protection from the first fill, ladder, trailing, exits, and what is journaled."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from gate_support import ANY_PRICE, BTC, LIMITS, SETTINGS, proposal
from hypothesis import given, settings
from hypothesis import strategies as st
from trader_support import KEY, T0, Events, World, states, uncovered

from execution.account.ledger import Ledger
from execution.account.stops import opening_legs, trailing_price
from execution.account.trader import Trader
from execution.reports import VenueWord
from execution.simulated.venue import SimulatedVenue
from execution.venues.sealing import open_gate
from market.bar import Bar, Slice
from market.timeframe import Timeframe
from risk.breakers import BreakerState
from risk.limits.trade import kill_switch_report
from risk.order import Order, OrderKind, Purpose, Seal
from risk.verdict import Outcome, Reaction, RuleReport, Verdict
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow


def test_an_entry_waits_for_the_next_bar_and_counts_as_deployed_until_then() -> None:
    world = World()
    verdict = world.buy()
    assert verdict.outcome is Outcome.SIGNED
    assert world.held == 0
    assert world.trader.portfolio(world.now).pending_notional == {"BTC/USDT": verdict.notional}
    assert world.buy().binding_rule == "one_position"
    world.bar(50_000, 50_100, 49_900, 50_050)
    assert world.held == verdict.order.quantity  # type: ignore[union-attr]
    assert world.trader.portfolio(world.now).pending_notional == {}


def test_a_position_is_protected_before_the_rest_of_the_bar_that_filled_it() -> None:
    world = World()
    world.buy()
    world.bar(50_000, 50_100, 45_000, 45_500)
    assert world.held == 0
    (trade,) = world.trader.ledger.trades
    assert float(trade.exit_price) == pytest.approx(50_000 * 0.985, rel=2e-3)
    assert world.resting() == []


def test_half_is_sold_at_the_target_and_the_rest_trails_and_never_down() -> None:
    world = World()
    bought = world.buy().order.quantity  # type: ignore[union-attr]
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert [purpose for purpose, _ in world.resting()] == [Purpose.STOP_LOSS, Purpose.STOP_LOSS, Purpose.TAKE_PROFIT]
    world.bar(50_000, 52_500, 49_990, 52_400)
    assert world.held == bought / 2
    (position,) = world.trader.portfolio(world.now).positions
    first = position.stop_price
    assert first == Decimal("51450.00")
    world.bar(52_400, 52_450, 51_600, 52_000)
    assert world.trader.portfolio(world.now).positions[0].stop_price == first
    world.bar(52_000, 54_000, 52_000, 53_900)
    assert world.trader.portfolio(world.now).positions[0].stop_price == Decimal("52920.00")
    world.bar(53_900, 53_950, 52_000, 52_100)
    assert world.held == 0
    assert world.trader.ledger.trades[-1].pnl > 0


def test_a_gap_through_the_stop_fills_at_the_open_and_the_books_still_balance() -> None:
    world = World()
    world.buy()
    world.bar(50_000, 50_100, 49_950, 50_000)
    world.bar(40_000, 40_500, 39_000, 40_000)
    (trade,) = world.trader.ledger.trades
    assert float(trade.exit_price) == pytest.approx(40_000, rel=1e-3)
    assert world.resting() == []


def test_a_voted_exit_withdraws_the_protection_and_sells_all_at_the_next_open() -> None:
    world = World()
    world.buy()
    world.bar(50_000, 50_100, 49_950, 50_000)
    order = world.leave()
    assert order is not None
    assert (order.kind, order.quantity, order.purpose) == (OrderKind.MARKET, world.held, Purpose.STRATEGY_EXIT)
    assert world.leave() is None, "an exit that is on its way is not sent twice"
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert world.held == 0
    assert world.resting() == []


def test_an_exit_without_liquidity_stays_until_there_is_some() -> None:
    world = World()
    world.buy()
    world.bar(50_000, 50_100, 49_950, 50_000)
    world.leave()
    for _ in range(6):
        world.bar(50_000, 50_000, 50_000, 50_000, volume=0.0)
    assert world.held > 0
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert world.held == 0


def test_an_entry_that_fills_in_parts_is_protected_in_each_and_sells_no_more_than_it_holds() -> None:
    world = World(volume=0.2, limits=ANY_PRICE)
    asked = world.buy().order.quantity  # type: ignore[union-attr]
    world.bar(50_000, 50_100, 49_950, 50_000)
    part = world.held
    assert 0 < part < asked
    stops = [quantity for purpose, quantity in world.resting() if purpose is Purpose.STOP_LOSS]
    assert sum(stops) == part
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert world.held > part
    stops = [quantity for purpose, quantity in world.resting() if purpose is Purpose.STOP_LOSS]
    assert sum(stops) == world.held


def test_an_intent_is_journaled_before_the_venue_is_heard() -> None:
    world = World()
    world.buy()
    world.bar(50_000, 50_100, 49_950, 50_000)
    known: set[str] = set()
    for event in world.events.all:
        if isinstance(event, Order):
            known.add(event.order_id)
        if isinstance(event, VenueWord):
            assert {state.order_id for state in event.report.states} <= known
            assert {fill.order_id for fill in event.report.fills} <= known


def test_a_crash_trips_the_turbulence_breaker_and_the_next_purchase_is_refused() -> None:
    world = World()
    world.bar(50_000, 50_000, 42_000, 42_500)
    assert [event.breaker for event in world.events.breakers()] == ["turbulence"]
    assert world.buy().binding_rule == "breaker"


def test_a_session_that_ends_withdraws_entries_that_are_under_way() -> None:
    world = World()
    world.buy()
    asyncio.run(world.trader.wind_up(world.now))
    assert world.trader.portfolio(world.now).pending_notional == {}
    assert world.resting() == []


def test_a_piece_that_could_not_be_sold_at_its_stop_is_not_made() -> None:
    whole = opening_legs(Decimal("0.00015"), Decimal(50_000), 0.015, SETTINGS.exits, BTC)
    assert [(leg.purpose, leg.quantity) for leg in whole] == [
        (Purpose.STOP_LOSS, Decimal("0.00015")),
        (Purpose.TAKE_PROFIT, Decimal("0.00015")),
    ]
    halves = opening_legs(Decimal("0.01"), Decimal(50_000), 0.015, SETTINGS.exits, BTC)
    assert sum(leg.quantity for leg in halves if leg.kind is OrderKind.STOP) == Decimal("0.01")


def test_a_trailing_stop_that_would_move_down_is_not_placed() -> None:
    assert trailing_price(Decimal(50_000), Decimal(49_000), SETTINGS.exits, BTC) is None
    assert trailing_price(Decimal(50_100), Decimal(49_000), SETTINGS.exits, BTC) == Decimal("49098.00")


def test_a_stop_out_while_the_entry_is_still_filling_ends_the_entry_too() -> None:
    world = World(volume=0.1)
    world.buy()
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert world.held > 0
    world.bar(50_000, 50_000, 48_000, 48_100, volume=1000.0)
    assert world.held == 0
    world.bar(48_100, 48_200, 48_000, 48_100, volume=1000.0)
    assert world.held == 0
    assert world.open_orders() == ()


def test_leaving_while_the_entry_is_still_filling_buys_no_more() -> None:
    world = World(volume=0.1)
    world.buy()
    world.bar(50_000, 50_100, 49_950, 50_000)
    world.leave()
    world.bar(50_000, 50_100, 49_950, 50_000, volume=1000.0)
    assert world.held == 0
    assert world.trader.portfolio(world.now).pending_notional == {}


def test_an_entry_does_not_outlive_an_outage_a_freeze_or_a_breaker() -> None:
    for spoil in ("outage", "freeze", "breaker"):
        world = World(volume=0.0)
        world.buy()
        world.hour += 1
        low = 42_000 if spoil == "breaker" else 50_000
        bar = Bar(
            symbol="BTC/USDT", timeframe=Timeframe.H1, close_utc=world.now, open=50_000, high=50_000, low=low, close=low,
            volume=0.0,
        )  # fmt: skip
        tape = Slice(
            close_utc=world.now,
            bars={} if spoil == "outage" else {"BTC/USDT": bar},
            frozen={"BTC/USDT": "flat"} if spoil == "freeze" else {},
        )
        asyncio.run(world.trader.pass_bar(tape))
        assert world.trader.portfolio(world.now).pending_notional == {}, spoil
        assert world.open_orders() == (), spoil


def test_a_symbol_that_has_disappeared_no_longer_stands_in_the_way_of_others_but_still_counts_as_deployed() -> None:
    eth = BTC.model_copy(update={"symbol": "ETH/USDT", "base": "ETH"})
    window = ReturnWindow(("BTC/USDT", "ETH/USDT"), 500)
    for i in range(200):
        window.push({"BTC/USDT": 50_000.0 + 20 * (i % 7), "ETH/USDT": 2_000.0 + i % 5})
    volumes = VolumeWindow(("BTC/USDT", "ETH/USDT"), 24.0)
    volumes.push({"BTC/USDT": (50_000.0, 1e4), "ETH/USDT": (2_000.0, 1e4)})
    gate = open_gate(LIMITS, SETTINGS.exits, KEY, 24.0)
    venue = SimulatedVenue({"BTC/USDT": BTC, "ETH/USDT": eth}, SETTINGS.venue, Seal(KEY))
    trader = Trader(
        venue=venue, driver=venue, limits=LIMITS, exits=SETTINGS.exits,
        ledger=Ledger(Decimal(10_000), "USDT"), sink=Events(), gate=gate, window=window, volumes=volumes,
        breakers=BreakerState.fresh(Decimal(10_000), T0), bars_per_day=24.0,
    )  # fmt: skip

    def hour(number: int, symbols: dict[str, float]) -> None:
        at = T0 + timedelta(hours=number)
        bars = {
            symbol: Bar(
                symbol=symbol, timeframe=Timeframe.H1, close_utc=at, open=price, high=price, low=price, close=price,
                volume=1e4,
            )
            for symbol, price in symbols.items()
        }  # fmt: skip
        asyncio.run(trader.pass_bar(Slice(close_utc=at, bars=bars)))

    hour(0, {"BTC/USDT": 50_000.0, "ETH/USDT": 2_000.0})
    asyncio.run(trader.enter(trader.judge(proposal(as_of_utc=T0, conviction=1.0, atr_quote=None))))
    hour(1, {"BTC/USDT": 50_000.0, "ETH/USDT": 2_000.0})
    for number in range(2, 30):
        hour(number, {"ETH/USDT": 2_000.0 + number % 5})
    later = T0 + timedelta(hours=29)
    wanted = proposal(
        symbol="ETH/USDT",
        decision_id="eth",
        as_of_utc=later,
        conviction=1.0,
        reference_price=Decimal(2000),
        atr_quote=None,
    )
    verdict = trader.judge(wanted)
    assert verdict.outcome is Outcome.SIGNED
    assert trader.portfolio(later).deployed > 900, "what is stuck and what is new"


def rule_of(verdict: Verdict, code: str) -> RuleReport:
    return next(report for report in verdict.rules if report.code == code)


def test_entries_are_counted_for_a_day_and_one_that_was_taken_back_is_not() -> None:
    world = World(limits=LIMITS.model_copy(update={"max_entries_per_day": 1, "max_daily_loss": 0.15}))
    world.bar(50_000, 50_000, 50_000, 50_000)
    taken_back = world.trader.judge(proposal(decision_id="no", as_of_utc=world.now, conviction=1.0, atr_quote=None))
    asyncio.run(world.trader.enter(taken_back, kill_switch_report("a human said no")))
    assert world.buy().outcome is Outcome.SIGNED
    world.bar(50_000, 50_000, 50_000, 50_000)
    world.leave()
    for _ in range(22):
        world.bar(50_000, 50_000, 50_000, 50_000)
        counted = rule_of(world.buy(), "order_rate")
        assert (counted.number, counted.reaction) == (1.0, Reaction.REFUSE)
    world.bar(50_000, 50_000, 50_000, 50_000)
    assert world.buy().outcome is Outcome.SIGNED


def test_a_market_that_has_dried_up_is_cut_first_and_then_not_entered() -> None:
    world = World(depth_fraction=1.0, limits=ANY_PRICE)
    for hours, volume in ((1, 0.02), (23, 0.02), (24, 0.0)):
        for _ in range(hours):
            world.bar(50_000, 50_000, 50_000, 50_000, volume=volume)
        verdict = world.trader.judge_by(world.gate, proposal(as_of_utc=world.now, conviction=1.0, atr_quote=None))
        if hours == 1:
            assert verdict.notional == 500
        elif hours == 23:
            assert (verdict.binding_rule, float(verdict.notional)) == ("liquidity", pytest.approx(240.0, abs=0.5))
        else:
            assert (verdict.outcome, verdict.binding_rule) == (Outcome.REFUSED, "day_volume")


moves = st.tuples(
    st.floats(-0.04, 0.04), st.floats(0.0, 0.03), st.floats(0.0, 0.03), st.sampled_from([0.0, 0.02, 0.1, 1.0, 500.0]),
    st.sampled_from(["buy", "leave", "wait", "wait"]),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=150)
@given(st.lists(moves, min_size=5, max_size=40))
def test_whatever_happens_no_position_is_without_a_stop_or_an_exit_and_no_id_is_used_twice(path: list[Any]) -> None:
    world, price = World(), 50_000.0
    for move, up, down, volume, act in path:
        close = round(price * (1 + move), 2)
        high, low = round(max(price, close) * (1 + up), 2), round(min(price, close) * (1 - down), 2)
        world.bar(price, high, low, close, volume=volume)
        price = close
        if act == "buy":
            wanted = proposal(
                decision_id=f"d{world.hour}", as_of_utc=world.now, conviction=1.0, reference_price=Decimal(str(price))
            )
            asyncio.run(world.trader.enter(world.trader.judge(wanted)))
        if act == "leave":
            world.leave()
        if world.held * Decimal(str(price)) > 10:
            assert uncovered(world) <= 0
        assert world.held >= 0
    ids = [order.order_id for order in world.events.orders()]
    assert len(ids) == len(set(ids))
    assert not any("duplicate" in state.note.lower() for state in states(world))
