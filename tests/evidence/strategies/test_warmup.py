"""How long a strategy remembers is found to the bar, and one that never forgets is named."""

from pathlib import Path

import pytest
from history import Counts, Peeks, Remembers, built_in, honest, simulated

from agents.strategies.contexts import build_contexts
from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.strategies import STRATEGIES, StrategyContext
from evidence.strategies.ballots import believable, rows_of
from evidence.strategies.warmup import warm_up
from market.candles import Candles
from market.files.bars import read_market_file
from market.timeframe import Timeframe


@pytest.fixture(scope="module")
def candles() -> Candles:
    return simulated(900)


@pytest.mark.slow
@pytest.mark.parametrize("memory", [10, 60])
def test_a_memory_of_some_bars_is_found(candles: Candles, memory: int) -> None:
    """From every beginning on, it is silent for as long as it remembers."""
    found = warm_up(lambda history: Remembers(memory), candles, starts=12)
    assert memory // 2 <= found.direction_bars <= memory
    assert found.vote_bars == found.direction_bars
    assert found.settled
    assert found.worst_start_utc is not None
    assert found.last_differing_utc is not None
    assert (
        found.verdict(250)
        == f"Votes settle after {found.vote_bars} bars (their direction after {found.vote_bars}); 250 are enough."
    )
    assert found.verdict(1).endswith("1 are too short.")


@pytest.mark.slow
def test_who_never_forgets_where_it_began_never_settles(candles: Candles) -> None:
    found = warm_up(lambda history: Counts(), candles)
    assert not found.settled
    assert "no warm-up would do" in found.verdict(10_000)


@pytest.mark.slow
def test_who_never_votes_cannot_be_checked(candles: Candles) -> None:
    assert "never voted" in warm_up(lambda history: Peeks(history, 10_000), candles).verdict(250)


def test_too_few_bars_are_refused(candles: Candles) -> None:
    with pytest.raises(UsageFault, match="400 bars"):
        warm_up(honest, rows_of(candles, slice(399)))


def hours_suffice(name: str) -> bool:
    """Whether a voter reads nothing but bars of one market: the others read days before the warm-up, or other figures."""
    minded = build_contexts((StrategyContext(strategy=name),), ())[0].minded
    return minded is None or not (minded.reads.facts or minded.timeframe)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(filter(hours_suffice, STRATEGIES)))
def test_the_warm_up_of_the_profiles_is_long_enough_for_the_built_in_voters(shared: Path, name: str) -> None:
    path = shared / "ohlcv" / "spot_1h" / "binance_BTCUSDT_1h.parquet"
    raw = read_market_file(path, Timeframe.H1, None)["BTC/USDT"]
    window = rows_of(believable(raw), slice(20_000, 22_000))
    found = warm_up(lambda history: built_in(name), window)
    assert found.settled
    assert found.votes > 0
    assert found.vote_bars <= load_profile("backtest", {"sentiment.sources": []}).market.warmup_bars
