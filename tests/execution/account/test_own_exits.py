"""A position keeps the exits of the contexts that opened it; the profile's hold for every other one."""

import asyncio
from decimal import Decimal

from gate_support import BTC, SETTINGS, proposal
from trader_support import World, uncovered

from config.sections.exits import ExitSettings
from risk.order import OrderKind, Purpose
from risk.proposal import OwnHours, OwnPositions, Terms
from risk.verdict import Outcome, Verdict

NEAR = ExitSettings(take_profit_fraction=0.01, take_profit_share=0.25, trail_fraction=0.004)


def bought(world: World, terms: Terms | None) -> Verdict:
    """Buy at the next bar."""
    price = Decimal(repr(world.trader.window.last_close("BTC/USDT")))
    verdict = world.trader.judge(
        proposal(
            decision_id=f"d{world.hour}",
            as_of_utc=world.now,
            conviction=1.0,
            atr_quote=None,
            reference_price=price,
            terms=terms,
        )
    )
    asyncio.run(world.trader.enter(verdict))
    world.bar(50_000, 50_100, 49_950, 50_000)
    return verdict


def target(world: World) -> Decimal | None:
    return next(order.limit_price for order in world.open_orders() if order.kind is OrderKind.LIMIT)


def test_target_share_and_trailing_distance_are_those_of_the_contexts() -> None:
    world = World()
    bought(world, Terms(exits=NEAR))
    entry = world.trader.portfolio(world.now).positions[0].entry_price
    whole = world.held
    assert target(world) == BTC.round_price(entry * Decimal("1.01"))
    world.bar(50_000, 50_900, 49_990, 50_800)
    assert Decimal("0.74") < world.held / whole < Decimal("0.76")
    ((purpose, quantity),) = world.resting()
    assert (purpose, quantity) == (Purpose.TRAILING_STOP, world.held)
    (stop,) = (order.stop_price for order in world.open_orders())
    assert stop == Decimal("50900") * Decimal("0.996")
    assert uncovered(world) == 0


def test_without_terms_the_exits_are_the_profiles() -> None:
    world = World()
    bought(world, None)
    entry = world.trader.portfolio(world.now).positions[0].entry_price
    share = Decimal(repr(1 + SETTINGS.exits.take_profit_fraction))
    assert target(world) == BTC.round_price(entry * share)


def test_positions_and_entries_under_way_are_counted_for_the_context_that_voted() -> None:
    world = World()
    counted = Terms(positions=(OwnPositions(context="one", most=1),))
    elsewhere = proposal(symbol="BTC/USDT", as_of_utc=world.now)
    assert world.trader.situation(elsewhere).own_positions == {}
    bought(world, counted)
    assert world.trader._orders.by_context(but="ETH/USDT") == {"one": 1}
    assert world.trader._orders.by_context(but="BTC/USDT") == {}
    world.leave()
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert world.held == 0
    assert world.trader._orders.by_context(but="ETH/USDT") == {}


def test_exits_obey_no_hours() -> None:
    world = World()
    shut = Terms(hours=(OwnHours(context="one", hours=(0, 1)),))
    assert bought(world, shut).outcome is Outcome.SIGNED
    assert world.now.hour == 1
    assert world.held > 0
    world.bar(50_000, 50_050, 48_000, 48_100)
    assert world.held == 0
    refused = {report.code for report in bought(world, shut).rules if report.context == "one"}
    assert refused == {"trading_hours"}
