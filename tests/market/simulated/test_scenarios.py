"""What each scenario of the simulated market does in a session, over seeds; and that it is a market like any other."""

from typing import get_args

import numpy as np
import pytest

from agents.run import parser
from config.reading.load import load_profile
from config.sections.market import MarketSettings
from market.candles import Candles
from market.simulated.drawn import SESSION_START, SimulatedMarket
from market.simulated.prices import simulate
from market.simulated.scenarios import SCENARIOS, WEATHER

SEEDS = range(1, 9)
HOUR_MS = 3_600_000
START_MS = int(SESSION_START.timestamp() * 1000)


def drawn(scenario: str, seed: int, **market: object) -> SimulatedMarket:
    changed = {"market.session_days": 60, "market.scenario": scenario}
    return simulate(load_profile("paper", changed | {f"market.{name}": value for name, value in market.items()}), seed)


def session(scenario: str, seed: int) -> Candles:
    """Bitcoin in the session alone."""
    bars = drawn(scenario, seed, symbols=["BTC/USDT"]).candles["BTC/USDT"]
    inside = bars.close_ms > START_MS
    return Candles.validated(
        bars.symbol, bars.timeframe, bars.close_ms[inside], *(each[inside] for each in bars.columns)
    )


def grown(scenario: str) -> list[float]:
    return [float(np.log(bars.close[-1] / bars.open[0])) for bars in (session(scenario, seed) for seed in SEEDS)]


def volatility(scenario: str) -> float:
    return float(np.median([np.diff(np.log(session(scenario, seed).close)).std() for seed in SEEDS]))


def test_the_settings_and_the_help_name_every_scenario() -> None:
    field = MarketSettings.model_fields["scenario"]
    assert set(get_args(field.annotation)) == {WEATHER, *SCENARIOS}
    told = next(action.help for action in parser()._actions if action.dest == "scenario")
    assert set(SCENARIOS) <= set(str(told).replace(",", "").split())


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_seed_draws_the_same_and_another_one_does_not(scenario: str) -> None:
    one, again, other = (drawn(scenario, seed) for seed in (3, 3, 4))
    assert np.array_equal(one.candles["ETH/USDT"].close, again.candles["ETH/USDT"].close)
    assert (one.news, one.facts) == (again.news, again.facts)
    assert not np.array_equal(one.candles["ETH/USDT"].close[-500:], other.candles["ETH/USDT"].close[-500:])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_longer_session_and_one_more_symbol_change_nothing_else(scenario: str) -> None:
    short = drawn(scenario, 5, session_days=20, symbols=["BTC/USDT"]).candles["BTC/USDT"]
    long = drawn(scenario, 5, session_days=40, symbols=["BTC/USDT", "SOL/USDT"]).candles["BTC/USDT"]
    assert np.array_equal(long.close[: len(short)], short.close)


def test_the_past_before_the_session_is_mixed_whatever_comes() -> None:
    calm, bear = (drawn(scenario, 2).candles["BTC/USDT"] for scenario in ("calm", "bear"))
    before = calm.close_ms <= START_MS
    assert np.array_equal(calm.close[before], bear.close[before])


@pytest.mark.slow
def test_bulls_rise_bears_fall_and_calm_is_calm() -> None:
    assert np.median(grown("bull")) > 0.05
    assert np.median(grown("bear")) < -0.10
    assert volatility("calm") < 0.75 * volatility("mixed")


def test_moves_of_a_choppy_market_come_back() -> None:
    def memory(scenario: str) -> float:
        found = []
        for seed in SEEDS:
            returns = np.diff(np.log(session(scenario, seed).close))
            found.append(np.corrcoef(returns[1:], returns[:-1])[0, 1])
        return float(np.median(found))

    assert memory("chop") < memory("mixed") - 0.03


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flash_crash_falls_by_a_fifth_at_once_and_most_comes_back(seed: int) -> None:
    bars = session("flash-crash", seed)
    worst = int(np.argmin(bars.low / bars.open))
    assert bars.low[worst] / bars.open[worst] < 0.82
    assert 24 <= worst <= 61
    assert bars.close[worst + 10] / bars.open[worst] > 0.85


@pytest.mark.parametrize("seed", SEEDS)
def test_an_outage_has_no_bars_for_hours_and_opens_lower(seed: int) -> None:
    bars = session("outage", seed)
    hours = np.diff(bars.close_ms) // HOUR_MS
    assert hours.max() == 8
    assert (hours > 1).sum() == 1


@pytest.mark.slow
def test_a_depeg_moves_every_market_the_same_way_and_back() -> None:
    for seed in SEEDS:
        usual, moved = (drawn(name, seed).candles for name in ("mixed", "depeg"))
        for symbol in usual:
            ratio = moved[symbol].close / usual[symbol].close
            assert ratio.max() == pytest.approx(np.exp(0.07), rel=0.01)
            assert ratio[-1] == pytest.approx(1.0, abs=0.01)


def test_funding_is_known_only_when_its_hours_are_over_and_follows_the_market() -> None:
    market = drawn("bull", 1)
    assert {fact.name for fact in market.facts} == {"funding_rate"}
    assert all(fact.known_utc >= SESSION_START and fact.known_utc.hour % 8 == 0 for fact in market.facts)
    assert [fact.known_utc for fact in market.facts] == sorted(fact.known_utc for fact in market.facts)
    rising = np.mean([fact.value for fact in market.facts])
    assert rising > np.mean([fact.value for fact in drawn("bear", 1).facts])
    assert all(abs(fact.value) < 0.003 for fact in market.facts)
