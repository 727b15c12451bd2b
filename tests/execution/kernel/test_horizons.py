"""Both engines sell what is due alike, and lay the same thin books, and neither is ever for nothing."""

from typing import Any

import pytest
from kernel_parity import (  # fmt: skip
    SHARE_WORLDS,
    WARMUP,
    WORLDS,
    Told,
    both_of,
    fast,
    late,
    random_votes,
    settings_of,
    share_votes,
    shorter,
    with_horizons,
)

from execution.kernel.grid import grid_of_tape
from market.tape import simulated_tape

MARKETS = (["BTC/USDT"], ["BTC/USDT", "ETH/USDT"], ["SOL/USDT", "ETH/USDT", "BTC/USDT"])
CLOSE: dict[str, Any] = {"exits.horizon": "close"}


def purposes(told: Told) -> set[str]:
    return {fill[3] for fill in told.fills}


@pytest.mark.parametrize("seed", range(6))
def test_both_engines_sell_what_is_due_alike(seed: int) -> None:
    world = {**WORLDS[seed % len(WORLDS)], **late(seed), "market.session_days": 6, "seed": seed}
    made = settings_of({**world, **CLOSE}, MARKETS[seed % 3], "paper")
    tape = shorter(simulated_tape(made), WARMUP)
    grid = grid_of_tape(tape)
    votes = with_horizons(random_votes(grid, seed, often=0.1), seed)
    found, full = both_of(made, tape, grid, votes)
    assert found == ""
    assert "horizon_exit" in purposes(full)
    kept = fast(settings_of(world, MARKETS[seed % 3], "paper"), tape, grid, votes)
    assert kept.fills != full.fills
    assert "horizon_exit" not in purposes(kept)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_both_engines_sell_positions_by_shares_alike_when_their_time_is_up(seed: int) -> None:
    world = {**SHARE_WORLDS[seed % 4], **late(seed), **CLOSE, "market.session_days": 10, "seed": seed}
    made = settings_of(world, MARKETS[seed % 3], "paper")
    tape = shorter(simulated_tape(made), WARMUP)
    grid = grid_of_tape(tape)
    votes = with_horizons(share_votes(grid, seed, often=0.5, every=6), seed)
    found, full = both_of(made, tape, grid, votes)
    assert found == ""
    assert {"entry", "horizon_exit"} <= purposes(full)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_both_engines_lay_the_same_thin_books(seed: int) -> None:
    world = {**WORLDS[(0, 6, 7, 9, 10, 4)[seed]], **late(seed), "market.session_days": 6, "seed": seed}
    tape = shorter(simulated_tape(settings_of(world, MARKETS[seed % 3], "paper")), WARMUP)
    grid = grid_of_tape(tape)
    votes = random_votes(grid, seed)
    thin = settings_of({**world, "venue.calm_volatility": 0.003}, MARKETS[seed % 3], "paper")
    found, full = both_of(thin, tape, grid, votes)
    assert found == ""
    calm = settings_of({**world, "venue.calm_volatility": None}, MARKETS[seed % 3], "paper")
    assert full.fills != fast(calm, tape, grid, votes).fills


@pytest.mark.slow
@pytest.mark.parametrize("payoff", ["target", "even"])
def test_both_engines_assume_the_same_of_a_position_without_a_target(payoff: str) -> None:
    world = {**WORLDS[2], "limits.kelly_fraction": 0.004, "market.session_days": 8, "seed": 5}
    made = settings_of({**world, "limits.kelly_payoff": payoff}, MARKETS[2], "paper")
    tape = shorter(simulated_tape(made), WARMUP)
    grid = grid_of_tape(tape)
    votes = share_votes(grid, 5, often=0.6, every=6)
    found, full = both_of(made, tape, grid, votes)
    assert found == ""
    assert full.decided["kelly"] > 0
    other = settings_of(
        {**world, "limits.kelly_payoff": "even" if payoff == "target" else "target"}, MARKETS[2], "paper"
    )
    assert full.fills != fast(other, tape, grid, votes).fills
