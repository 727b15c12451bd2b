"""The fast engine is the full engine: the same fills, fees, refusals and equity on the same tape and the same votes."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_parity import (
    SHARE_WORLDS,
    STORMS,
    WARMUP,
    WORLDS,
    Told,
    both,
    both_of,
    candles,
    fast,
    late,
    random_votes,
    recorded,
    settings_of,
    share_votes,
    shorter,
)
from tiers import long_after

from config.clock import from_ms
from config.reading.load import load_profile
from config.seeds import generator
from execution.kernel.grid import grid_of_tape
from market.tape import simulated_tape

MARKETS = (["BTC/USDT"], ["BTC/USDT", "ETH/USDT"], ["SOL/USDT", "ETH/USDT", "BTC/USDT"])
REAL = ("ADA", "BTC", "DOGE", "ETH", "LINK", "SOL", "XRP")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_both_engines_make_the_same_of_a_generated_market(seed: int) -> None:
    world = {**WORLDS[seed % len(WORLDS)], **late(seed), "market.session_days": 6, "seed": seed}
    tape = simulated_tape(settings_of(world, MARKETS[seed % 3], "paper"))
    found, made = both(settings_of(world, MARKETS[seed % 3], "paper"), shorter(tape, WARMUP), seed)
    assert found == ""
    assert made.fills


def test_both_engines_trail_by_average_ranges_alike() -> None:
    world = {**WORLDS[8], "market.session_days": 10, "seed": 5}
    made = settings_of({**world, "exits.trail_atr_multiple": 0.7}, MARKETS[1], "paper")
    tape = shorter(simulated_tape(made), WARMUP)
    found, full = both(made, tape, 5)
    assert found == ""
    assert "trailing_stop" in {fill[3] for fill in full.fills}
    grid = grid_of_tape(tape)
    other = fast(settings_of(world, MARKETS[1], "paper"), tape, grid, random_votes(grid, 5))
    assert other.fills != full.fills


@pytest.mark.slow
def test_both_engines_count_weeks_half_sizes_and_liquidity_alike_where_each_of_them_binds() -> None:
    world = {**WORLDS[-1], "market.session_days": 16, "seed": 3}
    made = settings_of(world, MARKETS[2], "paper")
    tape = shorter(simulated_tape(made), WARMUP)
    found, full = both(made, tape, 3)
    assert found == ""
    grid = grid_of_tape(tape)
    for loose in ("limits.max_weekly_loss", "limits.half_size_drawdown", "limits.max_volume_share"):
        other = fast(settings_of({**world, loose: 1.0}, MARKETS[2], "paper"), tape, grid, random_votes(grid, 3))
        assert other.fills != full.fills, loose


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_both_engines_let_an_order_come_late_alike_and_it_is_never_for_nothing(seed: int) -> None:
    world = {**WORLDS[(6, 8, 9)[seed]], "market.session_days": 6, "seed": seed}
    tape = shorter(simulated_tape(settings_of(world, MARKETS[seed % 3], "paper")), WARMUP)
    made = []
    for latency_ms in (0.0, 1_000_000.0 + seed / 7):
        found, told = both(
            settings_of({**world, "venue.latency_ms": latency_ms}, MARKETS[seed % 3], "paper"), tape, seed
        )
        assert found == ""
        made.append(told.fills)
    assert made[0] != made[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", STORMS)
@pytest.mark.parametrize("world", long_after(2, range(len(WORLDS))))
def test_both_engines_give_the_same_fills_in_the_storms(shared: Path, name: str, world: int) -> None:
    first, last, bases = STORMS[name]
    start, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, last))
    found, _ = compare(shared, bases, start, end, {**WORLDS[world], **late(world + len(name))}, seed=world)
    assert found == ""


@pytest.mark.slow
@pytest.mark.parametrize("part", long_after(1, range(8)))
def test_both_engines_make_the_same_of_two_hundred_real_windows(shared: Path, part: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(part, 200, 8):
        chance = generator(seed, "parity", "window")
        bases = tuple(sorted(chance.choice(REAL, size=int(chance.integers(1, 4)), replace=False)))
        start, end = window(shared, bases, chance)
        found, made = compare(shared, bases, start, end, {**WORLDS[seed // 8 % len(WORLDS)], **late(seed)}, seed)
        assert found == "", f"window {seed}, {bases} from {start}: {found}"
        seen.update(fill[3] for fill in made.fills)
        seen.update(made.refused)
    assert {"entry", "stop_loss", "take_profit", "trailing_stop", "strategy_exit"} <= seen.keys()
    assert {"breaker", "min_conviction", "ruling", "correlation", "min_notional"} <= seen.keys()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_both_engines_enlarge_and_trim_alike(seed: int) -> None:
    world = {**SHARE_WORLDS[seed % 4], **late(seed), "market.session_days": 10, "seed": seed}
    made = settings_of(world, MARKETS[seed % 3], "paper")
    tape = shorter(simulated_tape(made), WARMUP)
    grid = grid_of_tape(tape)
    votes = share_votes(grid, seed, often=0.2 if seed % 2 else 0.9, every=1 if seed % 2 else 6)
    found, full = both_of(made, tape, grid, votes)
    assert found == ""
    assert {"entry", "trim"} <= {fill[3] for fill in full.fills}
    still = fast(settings_of({**world, "court.resize_band": None}, MARKETS[seed % 3], "paper"), tape, grid, votes)
    assert still.fills != full.fills
    assert "trim" not in {fill[3] for fill in still.fills}


@pytest.mark.slow
@pytest.mark.parametrize("name", STORMS)
@pytest.mark.parametrize("world", long_after(1, range(len(SHARE_WORLDS))))
def test_both_engines_hold_shares_alike_in_the_storms(shared: Path, name: str, world: int) -> None:
    first, last, bases = STORMS[name]
    start, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, last))
    made = settings_of({**SHARE_WORLDS[world], **late(world + len(name))}, [f"{base}/USDT" for base in bases])
    tape = recorded(made, shared, start, end)
    grid = grid_of_tape(tape)
    found, full = both_of(made, tape, grid, share_votes(grid, world, often=0.6, every=1 + world))
    assert found == ""
    assert full.fills


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_both_engines_hold_shares_alike_in_forty_real_windows(shared: Path, part: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(part, 40, 4):
        chance = generator(seed, "parity", "shares", "window")
        bases = tuple(sorted(chance.choice(REAL, size=int(chance.integers(1, 4)), replace=False)))
        start, end = window(shared, bases, chance)
        made = settings_of({**SHARE_WORLDS[seed // 4 % 4], **late(seed)}, [f"{base}/USDT" for base in bases])
        tape = recorded(made, shared, start, end)
        grid = grid_of_tape(tape)
        found, full = both_of(made, tape, grid, share_votes(grid, seed, often=0.5, every=(1, 4, 24)[seed % 3]))
        assert found == "", f"window {seed}, {bases} from {start}: {found}"
        seen.update(fill[3] for fill in full.fills)
        seen.update(full.refused)
    assert {"entry", "stop_loss", "trim", "strategy_exit", "share"} <= seen.keys()


def window(shared: Path, bases: tuple[str, ...], chance: np.random.Generator) -> tuple[datetime, datetime]:
    """200 to 800 hours of the time in which all these were traded."""
    columns = [candles(shared, base) for base in bases]
    earliest = max(int(column.close_ms[0]) for column in columns) // 3_600_000 + WARMUP
    latest = min(int(column.close_ms[-1]) for column in columns) // 3_600_000
    bars = int(chance.integers(200, 801))
    start = from_ms(int(chance.integers(earliest, latest - bars)) * 3_600_000)
    return start, start + timedelta(hours=bars)


def compare(
    shared: Path, bases: tuple[str, ...], start: datetime, end: datetime, world: dict[str, Any], seed: int
) -> tuple[str, Told]:
    settings = settings_of(world, [f"{base}/USDT" for base in bases])
    return both(settings, recorded(settings, shared, start, end), seed)


def test_the_worlds_are_profiles_that_load() -> None:
    assert len({load_profile("backtest", world).limits.model_dump_json() + str(world) for world in WORLDS}) == len(
        WORLDS
    )
