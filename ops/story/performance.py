"""The performance of an account, from the columns of a run. The mathematics is in `risk`; this module calls it.

An undefined figure (too few bars, no variation, no loss) is None and never NaN. It refuses to annualise growth of less than
thirty days (`risk.measures.ratios.tells_a_year`) and the spread of fewer than `LEAST_BARS` bars: they say little about a year.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from config.frozen import Frozen
from evidence.statistics.blocks import LEAST_BARS
from market.timeframe import Timeframe
from risk.measures.basic import volatility
from risk.measures.drawdown import drawdown_series
from risk.measures.ratios import cagr, sharpe, sortino, tells_a_year

Floats = npt.NDArray[np.float64]

_DAY_S = 86_400


class Growth(Frozen):
    """Return and risk of an equity curve [fractions]; annual if the name is that of an annual figure."""

    total_return: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    longest_drawdown_bars: int


class Exceedances(NamedTuple):
    """Days whose loss exceeded the VaR at their beginning; `expected` is the expected number if that VaR is correct."""

    days: int
    exceeded: int
    expected: float


class TradeFigures(Frozen):
    """Closed round trips, net of fees [quote]; rates as fractions."""

    closed: int
    won: int
    lost: int
    win_rate: float | None
    expectancy: float | None
    profit_factor: float | None
    average_win: float | None
    average_loss: float | None


def growth(equity: Floats, starting_cash: float, timeframe: Timeframe, bars_per_year: float | None = None) -> Growth:
    """Return the figures of the equity at bar closes [quote], shape (n_bars,), float64, relative to the starting cash
    [quote]. `bars_per_year`: of markets that close; None for those that never do.
    """
    wealth = np.concatenate(([starting_cash], equity))
    returns = bar_returns(equity, starting_cash)
    enough, per_year = len(returns) >= LEAST_BARS, bars_per_year or timeframe.bars_per_year
    falls = drawdown_series(wealth)
    return Growth(
        total_return=float(wealth[-1] / starting_cash - 1.0),
        cagr=cagr(returns, bars_per_year=per_year) if tells_a_year(len(returns), bars_per_year=per_year) else None,
        volatility=volatility(returns, bars_per_year=per_year) if enough else None,
        sharpe=sharpe(returns, bars_per_year=per_year) if enough else None,
        sortino=sortino(returns, bars_per_year=per_year) if enough else None,
        max_drawdown=float(falls.max()),
        longest_drawdown_bars=_longest(falls > 0.0),
    )


def bar_returns(equity: Floats, starting_cash: float) -> Floats:
    """Return the simple return of each bar [fraction], shape (n_bars,), float64; the first is relative to the
    starting cash [quote].
    """
    wealth = np.concatenate(([starting_cash], equity))
    return wealth[1:] / wealth[:-1] - 1.0


def var_exceedances(returns: Floats, var_1d: Floats, timeframe: Timeframe, confidence: float) -> Exceedances:
    """Return the unconditional coverage (Kupiec 1995): how often the loss of a day exceeded the one-day VaR at its beginning.

    `returns[t]` is the simple return of a bar and `var_1d[t]` the VaR at its close for the day that follows; both have
    shape (n_bars,), float64 [fraction of equity]. Days are 24 hours of bars that do not overlap. Each begins at the first
    close with a position after the day before it; a day that the run does not finish is not counted. A VaR of a day is not
    scaled to a bar: within a day, losses of bars are not those of a normal walk (decision 20).
    """
    bars_a_day = max(1, _DAY_S // timeframe.seconds)
    days = exceeded = start = 0
    while start + bars_a_day < len(returns):
        if var_1d[start] > 0.0:
            lost = 1.0 - float(np.prod(1.0 + returns[start + 1 : start + 1 + bars_a_day]))
            days, exceeded, start = days + 1, exceeded + int(lost > var_1d[start]), start + bars_a_day
        else:
            start += 1
    return Exceedances(days, exceeded, days * (1.0 - confidence))


def hold_curve(symbols: Iterable[tuple[Floats, Floats]], n_bars: int) -> Floats:
    """Return the wealth of 1 at bar closes [fraction of the start], shape (n_bars,), float64, for buy and hold.

    The wealth is split equally at the first open of each symbol and never rebalanced. `symbols` gives opens and
    closes [quote], each shape (n_bars,), NaN without a bar: a missing close is replaced by the last one, and before
    its first bar the share of a symbol is cash. Without symbols the curve is 1 everywhere.
    """
    curves = [curve for opens, closes in symbols if (curve := _held(opens, closes)) is not None]
    return np.asarray(np.mean(curves, axis=0)) if curves else np.ones(n_bars)


class Closed(Protocol):
    """A closed trade: its result after fees [quote]."""

    @property
    def pnl(self) -> Decimal: ...


def trade_figures(trades: Sequence[Closed]) -> TradeFigures:
    """Return counts and averages; a trade with a result of 0 is neither won nor lost."""
    results = [trade.pnl for trade in trades]
    wins, losses = [pnl for pnl in results if pnl > 0], [pnl for pnl in results if pnl < 0]
    gained, given = float(sum(wins, Decimal(0))), float(-sum(losses, Decimal(0)))
    return TradeFigures(
        closed=len(results),
        won=len(wins),
        lost=len(losses),
        win_rate=len(wins) / len(results) if results else None,
        expectancy=(gained - given) / len(results) if results else None,
        profit_factor=gained / given if given else None,
        average_win=gained / len(wins) if wins else None,
        average_loss=-given / len(losses) if losses else None,
    )


def _held(opens: Floats, closes: Floats) -> Floats | None:
    """Return the wealth of 1 in one symbol; None if it never had a bar."""
    known = np.isfinite(closes)
    if not known.any():
        return None
    last = np.maximum.accumulate(np.where(known, np.arange(len(closes)), -1))
    return np.where(last < 0, 1.0, closes[last] / opens[int(known.argmax())])


def _longest(under: npt.NDArray[np.bool_]) -> int:
    """Return the length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], under, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
