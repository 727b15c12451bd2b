"""What markets were like and who carries the risk: figures agree with the measures, parts add up, gaps are no returns."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from config.clock import to_ms
from config.errors import DataFault
from config.seeds import generator
from evidence.riskmodel.figures import carried, market_figures
from evidence.riskmodel.market import Market, open_market
from market.candles import Candles
from market.timeframe import Timeframe
from risk.measures.basic import gaussian_var, historical_es, historical_var, volatility
from risk.measures.drawdown import max_drawdown, wealth_curve

START = datetime(2024, 1, 1, tzinfo=UTC)
WINDOW = 100


def candles(n: int = 600, seed: int = 1, symbol: str = "BTC/USDT", start: datetime = START) -> Candles:
    steps = 0.01 * generator(seed, symbol).standard_normal(n)
    close = 100.0 * np.exp(np.cumsum(steps))
    open_ = np.concatenate(([100.0], close[:-1]))
    high, low = np.maximum(open_, close) * 1.001, np.minimum(open_, close) * 0.999
    close_ms = to_ms(start) + 3_600_000 * np.arange(1, n + 1, dtype=np.int64)
    return Candles.validated(symbol, Timeframe.H1, close_ms, open_, high, low, close, np.ones(n))


def opened(**options: object) -> Market:
    return open_market(candles(**options), WINDOW, WINDOW, None, None)  # type: ignore[arg-type]


def test_each_return_ends_at_its_own_close_and_the_window_is_not_tested() -> None:
    market = opened()
    whole = candles()
    assert market.returns.tolist() == pytest.approx((whole.close[1:] / whole.close[:-1] - 1.0).tolist())
    assert market.bars.tolist() == list(range(WINDOW, 599))


def test_days_run_from_midnight_to_midnight_and_bring_what_their_closes_say() -> None:
    market, whole = opened(), candles()
    assert len(market.days) == len(market.day_returns) > 10
    for begin, brought in zip(market.days.tolist(), market.day_returns.tolist(), strict=True):
        assert whole.close_ms[begin] % 86_400_000 == 0
        assert brought == pytest.approx(whole.close[begin + 24] / whole.close[begin] - 1.0)


def test_a_day_with_a_missing_midnight_is_left_out() -> None:
    whole = candles()
    kept = whole.close_ms != to_ms(START + timedelta(days=10))
    columns = (column[kept] for column in whole.columns)
    market = open_market(Candles("BTC/USDT", Timeframe.H1, whole.close_ms[kept], *columns), WINDOW, WINDOW, None, None)
    assert len(market.days) == len(opened().days) - 2


def test_only_bars_between_the_two_moments_are_tested() -> None:
    first, last = START + timedelta(hours=200), START + timedelta(hours=400)
    market = open_market(candles(), WINDOW, WINDOW, first, last)
    ends = market.close_ms[market.bars + 1]
    assert ends[0] == to_ms(first) + 3_600_000
    assert ends[-1] == to_ms(last)


def test_too_few_bars_and_bad_prints_are_refused_in_words() -> None:
    with pytest.raises(DataFault, match="has 99 bars to test after 100 to warm up"):
        opened(n=200)
    broken = candles()
    bad = Candles("BTC/USDT", Timeframe.H1, broken.close_ms, *(column.copy() for column in broken.columns))
    bad.close[7] = -1.0
    with pytest.raises(DataFault, match="1 of the 600 bars of BTC/USDT are impossible"):
        open_market(bad, WINDOW, WINDOW, None, None)


@pytest.mark.slow
def test_the_figures_are_those_of_the_tested_bars_alone() -> None:
    market = opened()
    returns = market.returns[market.bars]
    found = market_figures(market, Timeframe.H1, window=WINDOW, confidence=0.95)
    assert found.volatility == volatility(returns, bars_per_year=8_760)
    assert found.max_drawdown == max_drawdown(wealth_curve(returns))
    assert found.first_utc == START + timedelta(hours=WINDOW + 2)
    assert found.last_utc == START + timedelta(hours=600)
    assert 0.0 <= found.conditional_drawdown <= found.max_drawdown


def test_the_stressed_figures_are_no_smaller_than_those_of_any_window() -> None:
    market = opened()
    returns = market.returns[market.bars]
    found = market_figures(market, Timeframe.H1, window=WINDOW, confidence=0.95)
    windows = [returns[at : at + WINDOW] for at in range(0, len(returns) - WINDOW, 7)]
    assert found.stressed_var >= max(historical_var(window, confidence=0.95) for window in windows) - 1e-12
    assert found.stressed_es >= max(historical_es(window, confidence=0.95) for window in windows) - 1e-12
    assert found.first_utc <= found.stressed_until_utc <= found.last_utc


def three() -> list[Market]:
    return [opened(seed=seed, symbol=symbol) for seed, symbol in enumerate(("BTC/USDT", "ETH/USDT", "SOL/USDT"))]


def test_what_each_symbol_carries_adds_up_to_the_whole_portfolio() -> None:
    markets = three()
    parts = carried(markets, confidence=0.95)
    whole = np.mean([market.returns[market.bars] for market in markets], axis=0)
    assert [part.symbol for part in parts] == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
    assert sum(part.historical_var for part in parts) == pytest.approx(historical_var(whole, confidence=0.95))
    assert sum(part.historical_es for part in parts) == pytest.approx(historical_es(whole, confidence=0.95))
    assert sum(part.gaussian_var for part in parts) == pytest.approx(gaussian_var(whole, confidence=0.95), rel=2e-3)


def test_only_closes_that_all_have_are_put_together() -> None:
    late = opened(seed=9, symbol="ETH/USDT", start=START + timedelta(hours=300))
    parts = carried([opened(), late], confidence=0.95)
    assert len(parts) == 2
    apart = opened(seed=9, symbol="ETH/USDT", start=START + timedelta(days=300))
    assert carried([opened(), apart], confidence=0.95) == ()


def test_one_market_alone_carries_all_of_it_and_is_not_told() -> None:
    assert carried([opened()], confidence=0.95) == ()
    assert carried([], confidence=0.95) == ()
