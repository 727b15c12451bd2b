"""What a policy is trained on: accounts as sessions have them, costs for all their markets, and blocks that are sound bars."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from gate_support import OLD_FOUR
from hypothesis import given
from hypothesis import strategies as st

from agents.desk.world import World
from config.reading.load import load_profile
from evidence.policy.courses import VARIANTS, Accounts, Courses, shuffled
from evidence.policy.proposals import read_proposals
from market.candles import RawCandles
from market.tape import simulated_past
from market.timeframe import Timeframe
from rl.training.split import Parts

MARKETS = ("BTC/USDT", "ETH/USDT")
HOUR_MS = 3_600_000


@cache
def courses(accounts: Accounts) -> Courses:
    asked = {**OLD_FOUR, "market.session_days": 8, "market.history_days": 30, "market.symbols": list(MARKETS)}
    world = World(settings=load_profile("paper", asked))
    tape = simulated_past(world.settings)
    return Courses(world, tape, read_proposals(world, tape=tape), "none", accounts)


def test_accounts_together_are_one_tape_with_all_markets_as_a_session_trades_them() -> None:
    (tape,) = courses("together").tapes()
    assert tape.course.grid.symbols == MARKETS
    assert tape.course.votes.direction.shape[1] == tape.court.shape[1] == len(MARKETS)


@pytest.mark.slow
@pytest.mark.parametrize("accounts", ["together", "apart"])
def test_tapes_that_were_kept_have_the_hashes_of_those_that_were_read(accounts: Accounts, tmp_path: Path) -> None:
    known = courses(accounts)
    read, kept = (
        replace(known, read=read_proposals(known.world, tape=known.tape, folder=tmp_path)).tapes() for _ in range(2)
    )
    assert [tape.content_sha256 for tape in kept] == [tape.content_sha256 for tape in read]


def test_accounts_apart_are_a_tape_for_each_market() -> None:
    assert [tape.course.grid.symbols for tape in courses("apart").tapes()] == [(symbol,) for symbol in MARKETS]


@pytest.mark.parametrize(("accounts", "markets"), [("together", [2]), ("apart", [1, 1])])
def test_the_costs_of_an_episode_are_drawn_for_all_markets_of_its_account(
    accounts: Accounts, markets: list[int]
) -> None:
    made = courses(accounts)
    tapes = made.varied(Parts(made.tapes(), (), 0.0))
    assert [len(rules.markets) for tape in tapes for rules in tape.variants] == [
        count for count in markets for _ in range(VARIANTS)
    ]


def candles(seed: int, bars: int, tight: bool) -> RawCandles:
    """A random walk. `tight`: each bar's range is that of its body, so that any rounding breaks its order."""
    chance = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(chance.normal(0.0, 0.02, bars)))
    opened = np.concatenate(([100.0], close[:-1]))
    wick = 0.0 if tight else 0.001
    return RawCandles(
        symbol=MARKETS[0], timeframe=Timeframe.H1, close_ms=HOUR_MS * np.arange(1, bars + 1, dtype=np.int64), open=opened,
        high=np.maximum(opened, close) * (1.0 + wick), low=np.minimum(opened, close) * (1.0 - wick), close=close,
        volume=chance.uniform(1.0, 2.0, bars),
    )  # fmt: skip


@given(st.integers(0, 10_000), st.integers(30, 300), st.integers(1, 40), st.booleans())
def test_bars_in_blocks_are_sound_and_are_those_of_the_training_part(
    seed: int, bars: int, block: int, tight: bool
) -> None:
    given_bars, until = candles(seed, bars, tight), bars * 2 // 3
    made = shuffled({MARKETS[0]: given_bars}, until_ms=HOUR_MS * until, block=block, seed=seed)[MARKETS[0]]
    assert made.sound().all()
    assert len(made) <= until
    real = set(np.round(np.log(given_bars.close[1:until] / given_bars.close[: until - 1]), 9).tolist())
    assert set(np.round(np.diff(np.log(made.close)), 9).tolist()) <= real
