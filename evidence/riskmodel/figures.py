"""Statistics of the markets in a risk-model test, and the risk contribution of each in an equal-weight portfolio."""

from collections.abc import Sequence

import numpy as np

from config.clock import from_ms
from config.frozen import Frozen, UtcTime
from evidence.riskmodel.estimator_tests import Cell, Standing
from evidence.riskmodel.market import Market
from market.timeframe import Timeframe
from risk.measures.basic import Floats, volatility
from risk.measures.drawdown import conditional_drawdown, longest_drawdown, max_drawdown, ulcer_index, wealth_curve
from risk.measures.portfolio_risk import gaussian_contributions, historical_contributions
from risk.measures.ratios import omega, tail_ratio
from risk.measures.stressed import stressed_tail


class MarketFigures(Frozen):
    """Statistics of the tested bars of one symbol [fractions, losses positive]. `stressed_*`: one-bar figures of the worst
    window."""

    symbol: str
    first_utc: UtcTime
    last_utc: UtcTime
    volatility: float
    max_drawdown: float
    longest_drawdown_days: float
    conditional_drawdown: float
    ulcer: float
    omega: float | None
    tail_ratio: float | None
    stressed_var: float
    stressed_es: float
    stressed_until_utc: UtcTime


class Carried(Frozen):
    """The contribution of one symbol to the one-bar VaR and ES of an equal-weight portfolio, by historical simulation and
    under a normal distribution."""

    symbol: str
    historical_var: float
    historical_es: float
    gaussian_var: float
    gaussian_es: float


class RiskModelReport(Frozen):
    """All results of `tribunal riskmodel`. `day_rule`: `limits.var_horizon` behind the forecasts of days, with its step and
    window [bars]. The sum over `carried` is that of the portfolio; it is empty for one symbol."""

    timeframe: str
    window: int
    bars_tested: bool
    day_rule: str
    step_bars: int
    day_window_bars: int
    refit: int
    seed: int
    confidences: tuple[float, ...]
    in_use: str
    markets: tuple[MarketFigures, ...]
    carried: tuple[Carried, ...]
    ranking: tuple[Standing, ...]
    cells: tuple[Cell, ...]


def market_figures(market: Market, timeframe: Timeframe, *, window: int, confidence: float) -> MarketFigures:
    """Statistics of the tested bars of a market. Raises ValueError for returns below -1."""
    returns = market.returns[market.bars]
    wealth = wealth_curve(returns)
    stressed = stressed_tail(returns, window=window, confidence=confidence)
    ends = market.close_ms[market.bars + 1]
    return MarketFigures(
        symbol=market.symbol,
        first_utc=from_ms(int(ends[0])),
        last_utc=from_ms(int(ends[-1])),
        volatility=volatility(returns, bars_per_year=timeframe.bars_per_year),
        max_drawdown=max_drawdown(wealth),
        longest_drawdown_days=longest_drawdown(wealth) * timeframe.seconds / 86_400,
        conditional_drawdown=conditional_drawdown(wealth, confidence=0.95),
        ulcer=ulcer_index(wealth),
        omega=omega(returns),
        tail_ratio=tail_ratio(returns),
        stressed_var=stressed.var,
        stressed_es=stressed.es,
        stressed_until_utc=from_ms(int(ends[stressed.var_last])),
    )


def carried(markets: Sequence[Market], *, confidence: float) -> tuple[Carried, ...]:
    """The risk contribution of each symbol in an equal-weight portfolio, over the tested bars that all symbols have.

    Empty for fewer than two symbols. Raises ValueError for a portfolio without volatility.
    """
    if len(markets) < 2:
        return ()
    matrix = _common(markets)
    if len(matrix) < 2:
        return ()
    weights = np.full(len(markets), 1.0 / len(markets))
    past = historical_contributions(matrix, weights, confidence=confidence)
    normal = gaussian_contributions(matrix, weights, confidence=confidence)
    return tuple(
        Carried(
            symbol=market.symbol,
            historical_var=float(past.component_var[i]),
            historical_es=float(past.component_es[i]),
            gaussian_var=float(normal.component_var[i]),
            gaussian_es=float(normal.component_es[i]),
        )
        for i, market in enumerate(markets)
    )


def _common(markets: Sequence[Market]) -> Floats:
    """Returns at the closes that all markets have, shape (n, k), float64 [simple return]."""
    ends = [market.close_ms[market.bars + 1] for market in markets]
    shared = ends[0]
    for other in ends[1:]:
        shared = np.intersect1d(shared, other)
    columns = [
        market.returns[market.bars][np.searchsorted(own, shared)] for market, own in zip(markets, ends, strict=True)
    ]
    return np.column_stack(columns)
