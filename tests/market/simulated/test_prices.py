"""The simulated market: the same for the same seed, like a market in its statistics, and stable when it grows."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import lfilter

from config.reading.load import load_profile
from config.seeds import generator
from config.settings import Settings
from market.simulated.drawn import autoregression
from market.simulated.prices import SESSION_START, SimulatedMarket, simulate, warmup_length

THREE = ("BTC/USDT", "ETH/USDT", "SOL/USDT")


def shaped(
    symbols: tuple[str, ...] = THREE, days: int = 120, timeframe: str = "1h", scenario: str = "mixed"
) -> Settings:
    profile = load_profile("paper")
    changes = {"symbols": symbols, "session_days": days, "timeframe": timeframe, "scenario": scenario}
    return profile.model_copy(update={"market": profile.market.model_copy(update=changes)})


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return simulate(shaped(days=300), seed=7)


def returns(market: SimulatedMarket) -> np.ndarray:
    return np.array([np.diff(np.log(candles.close)) for candles in market.candles.values()])


def test_the_same_seed_draws_the_same_market_and_another_one_does_not() -> None:
    one, same, other = (simulate(shaped(days=5), seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.candles["BTC/USDT"].close, same.candles["BTC/USDT"].close)
    assert one.news == same.news
    assert not np.array_equal(one.candles["BTC/USDT"].close, other.candles["BTC/USDT"].close)


@pytest.mark.parametrize("timeframe", ["15m", "1h", "4h", "1d"])
def test_it_covers_the_warm_up_and_the_session_without_a_gap(timeframe: str) -> None:
    settings = shaped(days=3, timeframe=timeframe)
    candles = simulate(settings, seed=1).candles["ETH/USDT"]
    warmup = candles.between(SESSION_START - timedelta(days=4000), SESSION_START)
    assert len(warmup) == warmup_length(settings.market)
    assert len(warmup) * candles.timeframe.duration >= timedelta(days=60)
    assert (np.diff(candles.close_ms) == candles.timeframe.seconds * 1000).all()
    assert candles.bar(len(candles) - 1).close_utc == SESSION_START + timedelta(days=3)


def test_one_more_symbol_changes_no_other_and_none_of_its_news() -> None:
    few, more = simulate(shaped(days=20), seed=9), simulate(shaped((*THREE, "XRP/USDT"), days=20), seed=9)
    for symbol in THREE:
        for mine, theirs in zip(few.candles[symbol].columns, more.candles[symbol].columns, strict=True):
            assert np.array_equal(mine, theirs)
    assert [row for row in more.news if row.bases != ("XRP",)] == list(few.news)


def test_a_longer_session_begins_with_the_shorter_one() -> None:
    short, long = simulate(shaped(days=5), seed=9), simulate(shaped(days=50), seed=9)
    n = len(short.candles["SOL/USDT"])
    for mine, theirs in zip(short.candles["SOL/USDT"].columns, long.candles["SOL/USDT"].columns, strict=True):
        assert np.array_equal(mine, theirs[:n])


def test_prices_open_where_they_closed_and_lie_on_the_tick(market: SimulatedMarket) -> None:
    for symbol, candles in market.candles.items():
        assert np.array_equal(candles.open[1:], candles.close[:-1])
        tick = shaped().market.instruments[symbol].tick_size
        assert all(Decimal(repr(price)) % tick == 0 for price in candles.close[:500].tolist())
    first = market.candles["BTC/USDT"].open[0]
    assert first == shaped().market.start_price["BTC"]


@pytest.mark.parametrize(("scenario", "most"), [("weather", 0.05), ("mixed", 0.08)])
def test_hourly_returns_have_the_stylised_facts_of_crypto(scenario: str, most: float) -> None:
    for hourly in returns(simulate(shaped(days=300, scenario=scenario), seed=7)):
        centred = hourly - hourly.mean()
        assert (centred**4).mean() / hourly.var() ** 2 - 3 > 1
        size = np.abs(hourly)
        assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.05
        assert np.corrcoef(size[24:], size[:-24])[0, 1] > 0.02
        assert (
            abs(np.corrcoef(hourly[1:], hourly[:-1])[0, 1]) < most
        )  # a part of each move comes back in `mixed`, as in real markets
        assert 0.4 < hourly.std() * np.sqrt(8760) < 1.5


@pytest.mark.parametrize("seed", range(4))
def test_symbols_move_together_but_not_as_one(seed: int) -> None:
    correlation = np.corrcoef(returns(simulate(shaped(days=120), seed)))
    assert (correlation[np.triu_indices(3, 1)] > 0.5).all()
    assert (correlation[np.triu_indices(3, 1)] < 0.75).all()


def test_volume_follows_the_size_of_moves_and_of_the_coin(market: SimulatedMarket) -> None:
    turnover = {}
    for symbol, candles in market.candles.items():
        size = np.abs(np.log(candles.close / candles.open))
        assert np.corrcoef(size, candles.volume)[0, 1] > 0.3
        turnover[symbol] = float((candles.volume * candles.close).mean())
    assert turnover["BTC/USDT"] > turnover["ETH/USDT"] > turnover["SOL/USDT"]


def test_headlines_are_seen_after_they_are_published_and_inside_the_session(market: SimulatedMarket) -> None:
    end = SESSION_START + timedelta(days=300)
    for row in market.news:
        assert row.published_utc < row.first_seen_utc <= end
        assert "{" not in row.text
        assert row.bases in {(), ("BTC",), ("ETH",), ("SOL",)}
    assert all(one.first_seen_utc <= two.first_seen_utc for one, two in pairwise(market.news))
    a_day = len(market.news) / 360
    assert 5 < a_day < 15


def test_large_jumps_of_one_coin_make_news_of_it(market: SimulatedMarket) -> None:
    candles = market.candles["SOL/USDT"]
    btc = market.candles["BTC/USDT"]
    excess = np.abs(np.log(candles.close / candles.open) - 1.45 * np.log(btc.close / btc.open))
    of_sol = [row for row in market.news if row.bases == ("SOL",)]

    def told_near(i: int) -> int:
        moment = candles.bar(i).close_utc
        return sum(moment - timedelta(hours=5) < row.published_utc < moment + timedelta(hours=3) for row in of_sol)

    jumps = np.argsort(excess)[-10:]
    quiet = np.arange(100, len(candles) - 100, len(candles) // 50)
    assert np.mean([told_near(int(i)) for i in jumps]) > 1.5 * np.mean([told_near(int(i)) for i in quiet])


def test_an_autoregression_is_that_of_a_filter_to_the_last_bit() -> None:
    shocks = generator(7, "shocks").standard_normal(2_000)
    assert np.array_equal(autoregression(shocks, 0.97), lfilter([1.0], [1.0, -0.97], shocks))
