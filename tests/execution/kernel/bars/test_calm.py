"""A sweep over calm bars leaves what the loop leaves that takes each bar in full, to the bit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from contract_parity import SIDES, WORLDS, drawn, votes_of_both_sides
from kernel_parity import random_votes, rules, settings_of, shorter
from uncompiled import plain

from execution.kernel.grid import Grid, grid_of_tape
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.lanes import Lanes
from execution.kernel.lanes.votes import Votes
from market.tape import simulated_tape

SCRATCH = ("below", "above", "mark_below", "mark_above", "coins", "passed", "laid", "asks", "bids", "reached", "front")
COUNTED = ("moved", "liquidated_at")
"""A liquidation price is counted when it is asked for, which a sweep does once more."""
"""Fields that a sweep writes for itself, and the liquidity of a bar, which each bar that trades lays anew."""


def state_after(course: Course, swept: list[int] | None) -> Any:
    """The state of one lane at the end of its course, by the loop in plain Python.

    `swept`: gets the length of each sweep; None if each bar is taken in full.
    """
    loop, lanes = plain("loop"), Lanes([course], asks=False)
    names = loop._run.__globals__
    skip = names["skip"]

    def counted(*given: Any) -> int:
        end: int = skip(*given)
        swept.append(end - given[10])
        return end

    columns, returns, sums, seen, heard, says, more = lanes._tape
    both = None if more is None else True
    more = None if more is None else (*more[:3], more[3].view(np.recarray))
    state = lanes._state._replace(
        **{
            name: getattr(lanes._state, name).view(np.recarray)
            for name in ("lanes", "accounts", "places", "now", "facts", "pairs", "fills")
        }
    )
    names["skip"] = (lambda *given: given[10]) if swept is None else counted
    try:
        loop._run(
            both, state.lanes[0], columns, more, state.now, returns, sums, seen, heard, says.view(np.recarray),
            lanes._markets[0].view(np.recarray), lanes._limits.view(np.recarray)[0], lanes._points, state.accounts[0],
            state.places[0], state.paper, state.facts[0], state.pairs, state.docket[0], state.multipliers[0], state.fills[0],
            state.equity[0], 10**9, lanes._room, False, False,
        )  # fmt: skip
    finally:
        names["skip"] = skip
    return state


def course(seed: int, often: float) -> Course:
    markets = (["BTC/USDT"], ["BTC/USDT", "ETH/USDT"])[seed % 2]
    settings = settings_of({"market.session_days": 8, "seed": seed}, markets, "paper")
    tape = shorter(simulated_tape(settings), 80)
    grid: Grid = grid_of_tape(tape)
    said: Votes = random_votes(grid, seed)
    said.direction[np.random.default_rng(seed).random(len(grid)) > often] = 0
    return Course(grid, said, rules(settings, tape, grid))


def on_contracts(seed: int, often: float) -> Course:
    settings, tape = drawn({**WORLDS[(1, 4, 2, 7)[seed]], "market.session_days": 8, "seed": seed}, SIDES[seed % 2])
    tape = shorter(tape, 80)
    grid = grid_of_tape(tape)
    said = votes_of_both_sides(grid, seed)
    quiet = np.random.default_rng(seed).random(len(grid)) > often
    said.direction[quiet], said.short[quiet] = 0, 0  # type: ignore[index]
    return Course(grid, said, rules(settings, tape, grid))


@pytest.mark.parametrize("made", [course, on_contracts])
@pytest.mark.parametrize("seed", range(4))
def test_calm_bars_change_nothing_that_full_bars_would_not(seed: int, made: Callable[[int, float], Course]) -> None:
    swept: list[int] = []
    one, other = state_after(made(seed, 0.2), None), state_after(made(seed, 0.2), swept)
    assert sum(swept) > 40
    assert one.equity.tobytes() == other.equity.tobytes()
    for name in ("lanes", "accounts", "fills"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
    for field in one.places.dtype.names:
        if field not in (*SCRATCH, *COUNTED):
            assert np.array_equal(
                one.places[field], other.places[field], equal_nan=field in ("trailing_from", "atr", "entry_atr")
            ), field
