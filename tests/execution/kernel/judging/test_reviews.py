"""A policy reviews what is held by shares: both engines trim and enlarge alike by what it leaves of the wanted share."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from kernel_parity import (
    SHARE_WORLDS,
    STORMS,
    WARMUP,
    both_of,
    difference,
    full,
    late,
    play,
    recorded,
    rules,
    settings_of,
    share_votes,
    shorter,
    told,
)

from config.seeds import generator
from config.settings import Settings
from execution.kernel.engine import simulate
from execution.kernel.grid import Grid, grid_of_tape
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.lanes import Lanes
from execution.kernel.lanes.votes import Votes
from execution.kernel.records import Floats
from execution.observation import COLUMNS
from market.tape import Tape, simulated_tape

MARKETS = (["BTC/USDT"], ["BTC/USDT", "ETH/USDT"], ["SOL/USDT", "ETH/USDT", "BTC/USDT"])
RULING = COLUMNS.index("ruling_scale")
Seen = dict[tuple[int, int], Floats]


def window(seed: int) -> tuple[Settings, Tape, Grid, Votes]:
    world = {**SHARE_WORLDS[seed % 4], **late(seed), "market.session_days": 10, "seed": seed}
    settings = settings_of(world, MARKETS[seed % 3], "paper")
    tape = shorter(simulated_tape(settings), WARMUP)
    grid = grid_of_tape(tape)
    return settings, tape, grid, share_votes(grid, seed, often=0.7, every=4)


def table(grid: Grid, seed: int) -> Floats:
    """Multipliers of all digits; some let stand, some leave nothing."""
    chance, shape = generator(seed, "reviews"), grid.columns.shape
    some = chance.choice([0.0, 0.5, 1.0], p=[0.1, 0.4, 0.5], size=shape)
    return np.where(chance.random(shape) < 0.4, some, chance.random(shape))


def apart(full_seen: Seen, kernel_seen: Seen) -> str:
    """Where two engines show another thing; empty where they do not. The ruling of a review is no one's."""
    if full_seen.keys() != kernel_seen.keys():
        return f"{sorted(full_seen.keys() ^ kernel_seen.keys())[:3]} are of one engine only"
    for at, row in full_seen.items():
        close = np.isclose(row, kernel_seen[at], rtol=1e-9, atol=1e-12, equal_nan=True)
        close[RULING] = True
        if not close.all():
            return f"{COLUMNS[int(np.argmin(close))]} at {at}: full {row}, kernel {kernel_seen[at]}"
    return ""


def compared(settings: Settings, tape: Tape, grid: Grid, votes: Votes, seed: int) -> tuple[str, list[str], int]:
    """How the engines differ under a table of multipliers, the purposes of the fills, and the number of reviews."""
    seen: tuple[Seen, Seen] = ({}, {})
    reviewed: tuple[Seen, Seen] = ({}, {})
    one = full(settings, tape, grid, votes, table(grid, seed), seen[0], reviewed=reviewed[0])
    lanes = Lanes([Course(grid, votes, rules(settings, tape, grid))], reviews=True)
    play(lanes, [table(grid, seed)], [seen[1]], reviewed=[reviewed[1]])
    assert all(np.isnan(row[RULING]) for row in reviewed[1].values())
    other = told(lanes.result(0), tape)
    found = difference(one, other) or apart(seen[0], seen[1]) or apart(reviewed[0], reviewed[1])
    return found, [fill[3] for fill in one.fills], len(reviewed[0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_both_engines_review_trim_and_enlarge_alike(seed: int) -> None:
    settings, tape, grid, votes = window(seed)
    found, purposes, reviews = compared(settings, tape, grid, votes, seed)
    assert found == ""
    assert reviews
    assert {"entry", "trim"} <= set(purposes) or seed % 4 == 2, "only the tiny account may be too small for parts"


@pytest.mark.slow
@pytest.mark.parametrize("name", STORMS)
def test_both_engines_review_alike_in_the_storms(shared: Path, name: str) -> None:
    first, last, bases = STORMS[name]
    start, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, last))
    reviewed = 0
    for world in range(len(name) % 2, len(SHARE_WORLDS), 2):
        settings = settings_of({**SHARE_WORLDS[world], **late(world + len(name))}, [f"{base}/USDT" for base in bases])
        tape = recorded(settings, shared, start, end)
        grid = grid_of_tape(tape)
        found, _, reviews = compared(settings, tape, grid, share_votes(grid, world, often=0.6, every=1 + world), world)
        assert found == "", f"world {world}"
        reviewed += reviews
    assert reviewed


@pytest.mark.parametrize("seed", range(4))
def test_reviews_that_always_leave_all_change_nothing(seed: int) -> None:
    settings, tape, grid, votes = window(seed)
    own = rules(settings, tape, grid)
    reviewed: Seen = {}
    lanes = Lanes([Course(grid, votes, own)], reviews=True)
    play(lanes, [np.ones(grid.columns.shape)], [{}], reviewed=[reviewed])
    alone, made = simulate(grid, votes, own), lanes.result(0)
    assert reviewed
    assert made.fills.tobytes() == alone.fills.tobytes()
    assert made.equity.tobytes() == alone.equity.tobytes()


@pytest.mark.slow
def test_a_policy_that_always_says_one_is_no_policy_in_the_full_engine() -> None:
    settings, tape, grid, votes = window(1)
    ones = np.ones(grid.columns.shape)
    found, one = both_of(settings, tape, grid, votes)
    assert found == ""
    assert difference(one, full(settings, tape, grid, votes, ones, {}, reviewed={})) == ""


def test_more_than_one_gives_voters_no_more_than_they_want() -> None:
    settings, tape, grid, votes = window(0)
    said = Votes(
        votes.direction, votes.conviction, np.ones(votes.scale.shape), votes.atr, None, votes.exposure, votes.exit_price
    )
    made = []
    for multiplier in (1.0, 1.25):
        lanes = Lanes([Course(grid, said, rules(settings, tape, grid))], reviews=True)
        play(lanes, [np.full(votes.scale.shape, multiplier)], [{}], reviewed=[{}])
        made.append(lanes.result(0).fills.tobytes())
    assert made[0] == made[1]


def test_a_multiplier_that_falls_trims_and_one_that_returns_enlarges() -> None:
    settings, tape, grid, votes = window(0)
    flat = Votes(
        np.where(np.arange(len(grid))[:, None] % 24 == 0, 1, 0).astype(np.int8), np.full(votes.scale.shape, 0.9),
        np.ones(votes.scale.shape), votes.atr, None, np.full(votes.scale.shape, 0.8),
    )  # fmt: skip
    half = np.ones(votes.scale.shape)
    half[grid.first + 72 : grid.first + 144] = 0.5
    lanes = Lanes([Course(grid, flat, rules(settings, tape, grid))], reviews=True)
    play(lanes, [half], [{}], reviewed=[{}])
    fills = lanes.result(0).fills
    sold, bought = fills[fills["buys"] == 0], fills[fills["buys"] == 1]
    assert len(sold), "nothing was trimmed"
    assert len(bought) > 1, "nothing was enlarged again"
    assert sold["bar"][0] > 72
    assert bought["bar"][-1] > 144
