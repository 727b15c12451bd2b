"""A position that stands for a share: enlarged, trimmed, and protected by one stop that never falls."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from gate_support import LIMITS, proposal
from hypothesis import given
from hypothesis import strategies as st
from trader_support import World, uncovered

from execution.account.shares import Change, change_of, kept_of
from execution.reports import OrderState, OrderStatus, VenueReport
from risk.breakers import Latch
from risk.order import Order, OrderKind, Purpose
from risk.portfolio import Position
from risk.verdict import Outcome, Verdict

HARD = LIMITS.max_stop_fraction


def bought(share: float = 0.5, exit_price: float | None = None) -> World:
    """A world with a share of a full position, protected."""
    world = World()
    assert hold(world, share, exit_price).outcome is Outcome.SIGNED
    quiet(world)
    return world


def hold(world: World, share: float, exit_price: float | None = None, **more: Any) -> Verdict:
    """Propose a share of a full position, and send what the gate signs."""
    price = Decimal(repr(world.trader.window.last_close("BTC/USDT")))
    wanted = proposal(
        decision_id=f"d{world.hour}", as_of_utc=world.now, conviction=1.0, atr_quote=None, reference_price=price,
        exposure=share, exit_price=exit_price, held_share=world.trader.share("BTC/USDT"), **more,
    )  # fmt: skip
    verdict = world.trader.judge(wanted)
    asyncio.run(world.trader.enter(verdict))
    return verdict


def follow(world: World, exit_price: float | None) -> None:
    asyncio.run(world.trader.follow("BTC/USDT", exit_price, world.now))


def trim(world: World, keep: Decimal, share: float) -> Order | None:
    return asyncio.run(world.trader.trim("BTC/USDT", keep, share, f"d{world.hour}", world.now))


def quiet(world: World) -> None:
    world.bar(50_000, 50_100, 49_950, 50_000)


def stop_of(world: World) -> Decimal | None:
    return world.trader.portfolio(world.now).positions[0].stop_price


def test_it_has_one_stop_for_all_of_it_and_no_target() -> None:
    world = bought(0.5)
    assert world.resting() == [(Purpose.STOP_LOSS, world.held)]
    entry = world.trader.portfolio(world.now).positions[0].entry_price
    assert stop_of(world) == (entry * Decimal(repr(1 - HARD))).quantize(Decimal("0.01"))


def test_no_target_is_reached_and_nothing_trails() -> None:
    world, before = bought(0.5), None
    before, held = stop_of(world), world.held
    world.bar(50_000, 56_000, 50_000, 55_000)
    assert (stop_of(world), world.held) == (before, held)


def test_an_exit_that_is_nearer_is_the_stop() -> None:
    assert stop_of(bought(0.5, exit_price=48_500.0)) == Decimal("48500.00")


def test_an_exit_that_is_farther_leaves_the_hard_stop() -> None:
    assert stop_of(bought(0.5, exit_price=30_000.0)) == stop_of(bought(0.5))


def test_a_stop_is_raised_to_the_exit_and_never_lowered() -> None:
    world = bought(0.5)
    follow(world, 49_000.0)
    assert stop_of(world) == Decimal("49000.00")
    sent = len(world.events.orders())
    follow(world, 47_000.0)
    follow(world, None)
    assert stop_of(world) == Decimal("49000.00")
    assert len(world.events.orders()) == sent
    assert world.resting() == [(Purpose.STOP_LOSS, world.held)]


def test_more_is_bought_up_to_the_share_and_one_stop_covers_all_of_it() -> None:
    world = bought(0.25)
    first = world.held
    verdict = hold(world, 1.0)
    quiet(world)
    assert verdict.outcome is Outcome.SIGNED
    assert world.held == first + verdict.order.quantity  # type: ignore[union-attr]
    assert world.resting() == [(Purpose.STOP_LOSS, world.held)]
    assert world.trader.share("BTC/USDT") == 1.0
    assert abs(world.held / first - 4) < Decimal("0.01")


def test_what_is_held_already_is_refused_by_its_name_with_the_cap_that_binds() -> None:
    world = bought(1.0)
    verdict = hold(world, 1.0, ruling_scale=0.5)
    assert (verdict.outcome, verdict.binding_rule) == (Outcome.REFUSED, "share")
    report = next(report for report in verdict.rules if report.code == "share")
    words = report.note.split()
    assert report.note.endswith("leaves of it is held already")
    assert words[words.index("leaves") - 1] in {rule.code for rule in verdict.rules if rule.notional_cap is not None}
    assert verdict.held > 0


@pytest.mark.parametrize("share", [None, 0.5])
def test_nobody_adds_to_a_position_who_does_not_say_that_it_is_held(share: float | None) -> None:
    world = bought(0.25)
    price = Decimal(repr(world.trader.window.last_close("BTC/USDT")))
    asked = proposal(
        decision_id="again", as_of_utc=world.now, conviction=1.0, atr_quote=None, reference_price=price, exposure=share
    )
    assert world.trader.judge(asked).binding_rule == "one_position"


def test_a_trim_sells_a_part_and_the_stop_of_the_rest_is_there_before() -> None:
    world = bought(1.0)
    held = world.held
    order = trim(world, held / 4, 0.25)
    assert order is not None
    assert (order.kind, order.purpose) == (OrderKind.MARKET, Purpose.TRIM)
    names = [each.order_id for each in world.events.orders()]
    rest = next(each for each in world.open_orders() if each.purpose is Purpose.STOP_LOSS)
    assert names.index(rest.order_id) < names.index(order.order_id)
    assert uncovered(world) == 0
    quiet(world)
    assert world.held == held - order.quantity == rest.quantity
    assert world.resting() == [(Purpose.STOP_LOSS, world.held)]
    assert world.trader.share("BTC/USDT") == 0.25


def test_a_trim_of_nearly_all_of_it_sells_all_of_it() -> None:
    world = bought(1.0)
    assert trim(world, Decimal("0.00002"), 0.01) is not None
    quiet(world)
    assert world.held == 0
    assert world.resting() == []


def test_a_tripped_breaker_refuses_more_and_no_trim() -> None:
    world = bought(0.5)
    latch = Latch(breaker="daily_loss", since_utc=world.now, until_utc=None, why="it fell")
    world.trader.breakers = world.trader.breakers.model_copy(update={"latches": (latch,)})
    assert hold(world, 1.0).binding_rule == "breaker"
    assert trim(world, world.held / 2, 0.25) is not None


def test_an_enlargement_under_way_is_withdrawn_by_a_breaker_and_the_position_stays_protected() -> None:
    world = bought(0.25)
    held = world.held
    assert hold(world, 1.0).outcome is Outcome.SIGNED
    asyncio.run(world.trader.wind_up(world.now))
    quiet(world)
    assert (world.held, world.trader.share("BTC/USDT")) == (held, 0.25)
    assert world.resting() == [(Purpose.STOP_LOSS, held)]


def test_a_position_of_single_events_loses_its_target_when_voters_hold_it_by_shares() -> None:
    world = World()
    world.buy()
    quiet(world)
    assert Purpose.TAKE_PROFIT in {purpose for purpose, _ in world.resting()}
    before = stop_of(world)
    follow(world, None)
    assert world.resting() == [(Purpose.STOP_LOSS, world.held)]
    assert stop_of(world) == before
    assert world.trader.share("BTC/USDT") == 1.0


def test_a_schedule_for_an_outage_sells_a_part_and_the_stop_stays_where_it_was() -> None:
    world = bought(1.0, exit_price=49_000.0)
    held, before = world.held, stop_of(world)
    assert world.reduce(held / 2) is not None
    quiet(world)
    assert (world.held, stop_of(world)) == (held / 2, before)
    assert world.resting() == [(Purpose.STOP_LOSS, world.held)]


def test_a_venue_that_takes_no_second_stop_gets_it_after_the_first_is_gone() -> None:
    world = World(around=OneStop)
    assert hold(world, 0.25).outcome is Outcome.SIGNED
    quiet(world)
    hold(world, 1.0)
    quiet(world)
    follow(world, 49_000.0)
    assert world.resting() == [(Purpose.STOP_LOSS, world.held)]
    assert stop_of(world) == Decimal("49000.00")


class OneStop:
    """A venue that binds what a stop would sell, and so refuses a second one."""

    def __init__(self, venue: Any) -> None:
        self._venue = venue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def submit(self, order: Order) -> VenueReport:
        resting = await self._venue.open_orders()
        if order.kind is OrderKind.STOP and any(each.kind is OrderKind.STOP for each in resting):
            refused = OrderState(
                order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=OrderStatus.REJECTED,
                at_utc=order.created_utc, note="insufficient balance",
            )  # fmt: skip
            return VenueReport(states=(refused,))
        report: VenueReport = await self._venue.submit(order)
        return report


def test_while_an_order_changes_it_a_position_stands_for_no_share() -> None:
    world = bought(0.5)
    trim(world, world.held / 2, 0.25)
    assert world.trader.share("BTC/USDT") is None
    quiet(world)
    assert world.trader.share("BTC/USDT") == 0.25


def test_a_close_comes_before_everything() -> None:
    world = bought(0.5)
    trim(world, world.held / 2, 0.25)
    order = world.leave()
    assert order is not None
    assert order.quantity == world.held
    quiet(world)
    assert world.held == 0
    assert world.resting() == []


def position(quantity: str = "1", mark: str = "100") -> Position:
    return Position(symbol="BTC/USDT", quantity=Decimal(quantity), entry_price=Decimal(100), mark_price=Decimal(mark))


PLENTY = Decimal(10**9)


def test_a_trim_keeps_in_proportion_to_the_share() -> None:
    assert kept_of(position(), 0.8, 0.4, PLENTY, 0.2) == Decimal("0.5")
    assert kept_of(position(), 0.5, 0.45, PLENTY, 0.2) is None
    assert kept_of(position(), 0.5, 0.9, PLENTY, 0.2) is None
    assert kept_of(position(), 0.8, 0.4, PLENTY, None) is None


def test_a_position_that_has_outgrown_the_largest_is_trimmed_to_its_share_of_it() -> None:
    assert kept_of(position(mark="200"), 1.0, 1.0, Decimal(150), 0.2) == Decimal("0.75")
    assert kept_of(position(mark="170"), 1.0, 1.0, Decimal(150), 0.2) is None
    assert kept_of(position(mark="200"), 0.5, 0.5, Decimal(150), 0.2) == Decimal("0.375")


@given(st.floats(0.001, 1), st.floats(0, 1), st.floats(0, 1))
def test_what_differs_by_no_more_than_the_band_is_kept(held: float, wanted: float, band: float) -> None:
    change = change_of(held, wanted, band)
    assert (change is Change.KEEP) == (abs(wanted - held) <= band * wanted)
    assert change_of(held, held, band) is Change.KEEP
    assert change_of(held, wanted, None) is Change.KEEP
    assert change is not Change.ENLARGE or wanted > held
    assert change is not Change.TRIM or wanted < held
