"""Whatever two exchanges answer: nothing is sold where it does not lie, and the money of each is what its trades made of it."""

import asyncio
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from routed_world import SYMBOL, A, B, RoutedWorld

from execution.exact import EXACT
from risk.order import OrderKind

MODES = ("well", "refuses", "loses", "loses the question", "lies")
MOVES = (0.9996, 1.0, 1.0004, 1.0, 0.96, 1.035)
ROUNDS = st.tuples(
    st.sampled_from(MODES), st.sampled_from(MODES), st.sampled_from((None, None, A, B)), st.booleans(), st.booleans(),
    st.lists(st.sampled_from(MOVES), min_size=1, max_size=3),
)  # fmt: skip
"""How each exchange answers an entry, which of them is not well, whether fates are found and the position is left, and bars."""


def live(world: RoutedWorld, rounds: list[Any]) -> None:
    """Live through rounds, each with an entry if one may be made; what must hold is looked at after each step."""
    for first, second, away, finds, leaves, moves in rounds:
        world.venues[A].mode, world.venues[B].mode = first, second
        world.unwell.clear()
        world.unwell.update({} if away is None else {away: "it is away"})
        world.buy()
        _holds(world)
        if finds:
            world.found()
            _holds(world)
        for move in moves:
            world.bar(round((world.trader.window.last_close(SYMBOL) or 0.0) * move, 2))
            _holds(world)
        if leaves:
            world.leave()
            _holds(world)


def _holds(world: RoutedWorld) -> None:
    """Each order was held against the ledger, and against what was told, when it was sent (`routed_world.Watched`)."""
    ledger = world.ledger
    for name, venue in world.venues.items():
        account = asyncio.run(venue.account())
        assert account.cash == ledger.cash_at(name) >= 0
        assert account.held == ledger.owned_at(name)
    assert EXACT.add(ledger.cash_at(A), ledger.cash_at(B)) == ledger.cash
    exposed = sum((held.notional for held in (*ledger.positions(), *ledger.strays())), ledger.cash * 0)
    most = world.trader._limits.max_position_fraction
    lied = any(venue.mode == "lies" for venue in world.venues.values()) or ledger.strays()
    assert float(exposed / ledger.equity) <= most * (1.0 if not lied else 2.0) * 1.1


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(ROUNDS, min_size=1, max_size=5))
@example([("lies", "lies", None, True, False, [1.0]), ("well", "well", None, True, True, [1.0, 1.0])])
@example([("well", "lies", None, False, False, [0.96])])
@example([("well", "lies", None, False, True, [1.0]), ("well", "loses", None, True, False, [0.96, 1.0])])
def test_nothing_is_sold_where_it_does_not_lie_and_the_money_of_each_exchange_is_its_own(rounds: list[Any]) -> None:
    world = RoutedWorld()
    live(world, rounds)
    for venue in world.venues.values():
        venue.mode = "well"
    world.found()
    for _ in range(7):  # a stray is sold at once, and an exit that is under way is filled
        world.bar(world.trader.window.last_close(SYMBOL) or 0.0)
        _holds(world)
    assert world.ledger.strays() == ()
    position = world.ledger.position(SYMBOL)
    if position is not None:
        resting = asyncio.run(world.venues[position.account].open_orders())
        stops = [order for order in resting if order.kind is OrderKind.STOP]
        assert sum(order.quantity for order in stops) >= position.quantity, "a position without its stops"
