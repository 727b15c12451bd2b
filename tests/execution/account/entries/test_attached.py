"""An entry that leaves with its trailing stop attached: one stop for all of it, no target, at the distance that sized it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from gate_support import ANY_PRICE, BTC, SETTINGS
from trader_support import World, uncovered

from config.errors import UsageFault
from execution.kernel.rules import rules_of
from risk.order import OrderKind, Purpose

D = Decimal


@pytest.fixture
def bought() -> World:
    world = World(limits=ANY_PRICE, atr_quote=500.0, attached=True)
    world.buy()
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert world.held > 0
    return world


def test_the_gate_signs_the_distance_by_which_the_size_was_counted(bought: World) -> None:
    entry = bought.events.orders()[0]
    assert entry.purpose is Purpose.ENTRY
    assert entry.trail_quote == D("1000.00"), "two average ranges of 500"
    assert bought.gate._seal.verify(entry)
    assert not bought.gate._seal.verify(entry.model_copy(update={"trail_quote": D(2000)}))


def test_all_of_it_has_one_trailing_stop_and_no_target(bought: World) -> None:
    (stop,) = bought.open_orders()
    assert (stop.kind, stop.purpose, stop.quantity) == (OrderKind.STOP, Purpose.TRAILING_STOP, bought.held)
    assert stop.trail_quote == D(1000)
    assert stop.stop_price == D(49_050), "a thousand below the high of the bar in which it was bought"


def test_on_the_simulated_exchange_it_moves_at_closes_and_never_down(bought: World) -> None:
    bought.bar(50_000, 52_000, 49_990, 51_900)
    (stop,) = bought.open_orders()
    assert stop.stop_price == D(51_000)
    bought.bar(51_900, 51_950, 51_100, 51_200)
    assert bought.open_orders()[0].stop_price == D(51_000)
    assert uncovered(bought) == 0
    bought.bar(51_200, 51_300, 50_500, 50_600)
    assert (bought.held, bought.open_orders()) == (D(0), ())


def test_a_real_venue_moves_it_by_itself(bought: World) -> None:
    world = World(real=True, limits=ANY_PRICE, atr_quote=500.0, attached=True)
    world.buy()
    world.bar(50_000, 50_050, 49_950, 50_000)
    before = world.open_orders()
    world.bar(50_000, 52_000, 49_990, 51_900)
    assert world.open_orders() == before


def test_the_fast_engine_refuses_it_in_words() -> None:
    exits = SETTINGS.exits.model_copy(update={"attached": True})
    with pytest.raises(UsageFault, match=r"exits\.attached"):
        rules_of([BTC], SETTINGS.limits, exits, SETTINGS.venue, timedelta(days=1) / timedelta(hours=1))
