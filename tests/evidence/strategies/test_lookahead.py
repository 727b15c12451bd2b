"""A strategy that reads the future is found out, with the bar; one that does not is left alone."""

from pathlib import Path

import numpy as np
import pytest
from history import Gambles, Normalises, Peeks, built_in, honest, simulated

from agents.strategies.contexts import build_contexts
from agents.strategies.voter import Ballot
from config.errors import UsageFault
from config.sections.strategies import STRATEGIES, StrategyContext
from evidence.strategies.ballots import Build, ballots, believable, rows_of, signals_of
from evidence.strategies.lookahead import look_ahead, noise_after
from market.candles import Candles
from market.files.bars import read_market_file
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction


@pytest.fixture(scope="module")
def candles() -> Candles:
    return simulated()


def reads_one_market(name: str) -> bool:
    """Whether the bars of one market are all that a voter reads; `test_foresight.py` checks the others too."""
    minded = build_contexts((StrategyContext(strategy=name),), ())[0].minded
    return minded is None or not (minded.reads.facts or minded.timeframe)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(filter(reads_one_market, STRATEGIES)))
def test_the_built_in_voters_do_not_read_the_future(candles: Candles, name: str) -> None:
    found = look_ahead(lambda history: built_in(name), candles, seed=1)
    assert (found.failed, found.first) == (0, None)
    assert found.votes > 0
    assert found.runs > 20
    assert "No vote changed" in found.verdict


@pytest.mark.parametrize("ahead", [1, 5, 24])
def test_a_peek_of_some_bars_is_found_within_so_many_of_the_cut(candles: Candles, ahead: int) -> None:
    found = look_ahead(lambda history: Peeks(history, ahead), candles, seed=1)
    assert found.first is not None
    assert found.failed > found.runs // 4
    assert found.first.bars_before_cut < ahead
    assert {found.first.voted, found.first.instead} == {"long (0.5000)", "nothing (0.0000)"}
    assert f"{found.first.bar_utc:%Y-%m-%d %H:%M} UTC" in found.verdict
    assert found.first.bar_utc <= found.first.cut_utc


def test_a_mean_over_the_whole_history_is_found(candles: Candles) -> None:
    found = look_ahead(Normalises, candles, seed=1)
    assert found.first is not None
    assert "depends on what it cannot know" in found.verdict


def test_noise_finds_what_only_reads_a_future_that_is_there(candles: Candles) -> None:
    """It votes nothing near the end of any history, so that a shorter one looks like the end of the whole."""

    class Shy:
        def __init__(self, history: Candles) -> None:
            self._rising = history.close[-1] > history.close[len(history) // 2]
            self._whole = len(history) == len(candles)

        def vote(self, now: TechnicalSignals) -> Ballot:
            late = now.bars % 50 == 0
            sure = self._rising if self._whole else candles.close[-1] > candles.close[len(candles) // 2]
            return Ballot(Direction.LONG if late and sure else Direction.NONE, 0.5, ("later",))

    found = look_ahead(Shy, candles, seed=2)
    assert found.first is not None
    assert found.first.check == "noise after"


def test_chance_is_told_from_foresight(candles: Candles) -> None:
    found = look_ahead(lambda history: Gambles(), candles, seed=1)
    assert found.first is not None
    assert found.first.check == "repeated"
    assert (found.runs, found.failed) == (1, 1)
    assert "votes by chance" in found.verdict


def test_a_strategy_that_never_votes_is_not_called_honest(candles: Candles) -> None:
    found = look_ahead(lambda history: Peeks(history, 10_000), candles, seed=1)
    assert "never voted" in found.verdict


def test_noise_changes_nothing_before_the_cut_and_everything_after_it(candles: Candles) -> None:
    noisy = noise_after(candles, 300, seed=1)
    assert len(noisy) == len(candles)
    for before, after in zip(candles.columns, noisy.columns, strict=True):
        assert (before[:300] == after[:300]).all()
        assert (before[301:] != after[301:]).all()
    assert noise_after(candles, len(candles), seed=1) is candles
    assert np.isfinite(np.log(noisy.close)).all()


class _Nan:
    def vote(self, now: TechnicalSignals) -> Ballot:
        return Ballot(Direction.LONG, float("nan"), ())


class _Wrong:
    def vote(self, now: TechnicalSignals) -> Ballot:
        return "buy"  # type: ignore[return-value]


class _Breaks:
    def vote(self, now: TechnicalSignals) -> Ballot:
        raise ZeroDivisionError("in the user's own code")


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        (_Nan, r"nan confident at the bar that closed at \d{4}-.* between 0 and 1"),
        (_Wrong, r"answered with str at the bar .* Ballot or Abstained"),
        (_Breaks, r"failed with ZeroDivisionError \(in the user's own code\) on 1200 bars of BTC/USDT"),
    ],
)
def test_a_strategy_that_breaks_is_refused_in_clear_words(
    candles: Candles, strategy: type[_Nan | _Wrong | _Breaks], words: str
) -> None:
    build: Build = lambda history: strategy()  # noqa: E731  a user writes it so
    with pytest.raises(UsageFault, match=words):
        look_ahead(build, candles, seed=1)


def test_too_few_bars_are_refused(candles: Candles) -> None:
    with pytest.raises(UsageFault, match="100 bars and 2 cuts"):
        look_ahead(honest, rows_of(candles, slice(99)), seed=1)


@pytest.mark.slow
def test_on_real_bars_with_a_gap_the_built_in_voters_pass_and_a_peek_does_not(shared: Path) -> None:
    path = shared / "ohlcv" / "spot_1h" / "binance_ETHUSDT_1h.parquet"
    raw = read_market_file(path, Timeframe.H1, None)["ETH/USDT"]
    some = believable(raw)
    assert len(some) == len(raw)
    window = rows_of(some, slice(1500))
    way, _ = ballots(honest, window, signals_of(window))
    assert np.count_nonzero(way) > 30
    assert look_ahead(honest, window, seed=1).failed == 0
    assert look_ahead(lambda history: Peeks(history, 3), window, seed=1).failed > 10
