"""The fast engine is the full engine on perpetuals too: the same fills, liquidations, fees, refusals and equity on both sides.

Recorded windows have the marks and the funding of BTC and ETH; storms are squeezes and cascades of a drawn market.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from contract_parity import (
    FIRST_MARK,
    LAST_MARK,
    SHARE_WORLDS,
    SIDES,
    WORLDS,
    compared,
    drawn,
    recorded,
    stormy,
    votes_of_both_sides,
)
from kernel_parity import Told, fast, late, settings_of
from tiers import long_after

from config.seeds import generator
from execution.kernel.grid import grid_of_tape

BASES = (["BTC/USDT"], ["ETH/USDT"], ["BTC/USDT", "ETH/USDT"])
STORMS = {
    "march 2020": ("2020-03-08", "2020-03-22"),
    "may 2021": ("2021-05-14", "2021-05-26"),
    "luna": ("2022-05-05", "2022-05-19"),
    "ftx": ("2022-11-03", "2022-11-17"),
}


def world_of(worlds: tuple[dict[str, Any], ...], seed: int, days: int) -> dict[str, Any]:
    return {**worlds[seed % len(worlds)], **late(seed), "market.session_days": days, "seed": seed}


def sides_of(made: Told) -> Counter[str]:
    return Counter(f"{purpose} {'buys' if buys else 'sells'}" for _, _, buys, purpose, _, _ in made.fills)


def flips(made: Told) -> int:
    """How often a market is short next after it was long."""
    entries: dict[str, list[bool]] = {}
    for _, symbol, buys, purpose, _, _ in made.fills:
        if purpose == "entry":
            entries.setdefault(symbol, []).append(buys)
    return sum(one and not two for each in entries.values() for one, two in pairwise(each))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_both_engines_make_the_same_of_both_sides_of_a_generated_market(seed: int) -> None:
    settings, tape = drawn(world_of(WORLDS, seed, 6), SIDES[seed % 3])
    found, made = compared(settings, tape, seed)
    assert found == ""
    assert made.fills or made.refused["funding"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 7, 9, 15])
def test_both_engines_live_through_a_squeeze_and_a_cascade_alike(seed: int) -> None:
    settings, tape = drawn(world_of(WORLDS, seed, 10), SIDES[seed % 3])
    found, made = compared(settings, stormy(tape, seed), seed)
    assert found == ""
    assert made.fills


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_both_engines_enlarge_trim_and_turn_shares_of_both_sides_alike(seed: int) -> None:
    settings, tape = drawn(world_of(SHARE_WORLDS, seed, 8), SIDES[2 - seed])
    found, made = compared(settings, stormy(tape, seed), seed, shares=True)
    assert found == ""
    assert {"trim buys", "trim sells"} & sides_of(made).keys()


def test_marks_and_funding_are_not_for_nothing() -> None:
    settings, tape = drawn(world_of(WORLDS, 1, 8), SIDES[1])
    tape = stormy(tape, 1)
    grid = grid_of_tape(tape)
    votes = votes_of_both_sides(grid, 1)
    made = fast(settings, tape, grid, votes)
    for other in (replace(tape, marks={}), replace(tape, funding={})):
        assert fast(settings, other, grid_of_tape(other), votes).equity != made.equity


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 2, 5])
def test_both_engines_make_the_same_of_a_recorded_window(shared: Path, seed: int) -> None:
    found, made = real(shared, WORLDS, seed)
    assert found == ""
    assert made.fills


@pytest.mark.slow
@pytest.mark.parametrize("part", long_after(1, range(8)))
def test_both_engines_make_the_same_of_two_hundred_and_eight_recorded_windows(shared: Path, part: int) -> None:
    seen: Counter[str] = Counter()
    turned = 0
    for number in range(26):
        found, made = real(shared, WORLDS, seed := part + 8 * number, of=number)
        assert found == "", f"window {seed}: {found}"
        seen.update(sides_of(made))
        seen.update(made.refused)
        turned += flips(made)
    exits = ("stop_loss", "take_profit", "trailing_stop", "strategy_exit", "entry")
    assert {f"{purpose} {side}" for purpose in exits for side in ("buys", "sells")} <= seen.keys()
    assert {"breaker", "min_conviction", "ruling", "min_notional", "funding", "liquidation"} <= seen.keys()
    assert turned


@pytest.mark.slow
@pytest.mark.parametrize("part", long_after(1, range(4)))
def test_both_engines_hold_shares_of_both_sides_alike_in_forty_recorded_windows(shared: Path, part: int) -> None:
    seen: Counter[str] = Counter()
    for number in range(10):
        found, made = real(shared, SHARE_WORLDS, seed := part + 4 * number, of=number, shares=True)
        assert found == "", f"window {seed}: {found}"
        seen.update(sides_of(made))
    assert {"trim buys", "trim sells", "entry buys", "entry sells"} <= seen.keys()


@pytest.mark.slow
@pytest.mark.parametrize("part", long_after(2, range(7)))
def test_both_engines_live_through_seventy_storms_alike(part: int) -> None:
    seen: Counter[str] = Counter()
    turned = 0
    for number in range(10):
        seed = part + 7 * number
        shares = number % 5 == 4
        worlds = SHARE_WORLDS if shares else WORLDS
        settings, tape = drawn(world_of(worlds, seed, 12), SIDES[seed % 3])
        found, made = compared(settings, stormy(tape, seed), seed, shares=shares)
        assert found == "", f"storm {seed}: {found}"
        seen.update(sides_of(made))
        turned += flips(made)
    assert {"liquidation buys", "liquidation sells"} & seen.keys()
    assert {"stop_loss buys", "stop_loss sells", "entry buys", "entry sells"} <= seen.keys()
    assert turned


@pytest.mark.slow
@pytest.mark.parametrize("name", STORMS)
@pytest.mark.parametrize("world", long_after(2, range(len(WORLDS))))
def test_both_engines_make_the_same_of_both_sides_on_the_worst_days(shared: Path, name: str, world: int) -> None:
    begin, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in STORMS[name])
    settings = settings_of(WORLDS[world] | late(world + len(name)), BASES[2], "perp")
    found, _ = compared(settings, recorded(settings, shared, begin, end), world)
    assert found == ""


def real(
    shared: Path, worlds: tuple[dict[str, Any], ...], seed: int, *, of: int | None = None, shares: bool = False
) -> tuple[str, Told]:
    """A window of 200 to 800 hours of the time in which marks are known."""
    chance = generator(seed, "parity", "contract window")
    hours, bars = int((LAST_MARK - FIRST_MARK).total_seconds() // 3600), int(chance.integers(200, 801))
    start = FIRST_MARK + timedelta(hours=int(chance.integers(0, hours - bars)))
    world = worlds[(seed if of is None else of) % len(worlds)] | late(seed)
    settings = settings_of(world, BASES[seed % 3], "perp")
    tape = recorded(settings, shared, start, start + timedelta(hours=bars))
    return compared(settings, tape, seed, shares=shares, every=(1, 4, 24)[seed % 3] if shares else 1)
