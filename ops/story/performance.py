"""What the account made of the market, out of the columns of a run. The mathematics is that of `risk`; this only asks it.

What is undefined (too few bars, nothing that varies, no loss) is None and never NaN. It refuses to annualise the growth of
less than thirty days: a good week is not a good year.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from config.frozen import Frozen
from market.timeframe import Timeframe
from risk.measures.basic import scale_to_horizon, volatility
from risk.measures.drawdown import drawdown_series
from risk.measures.ratios import cagr, sharpe, sortino

Floats = npt.NDArray[np.float64]

LEAST_FOR_GROWTH = timedelta(days=30)
_DAY_S = 86_400


class Growth(Frozen):
    """Return and risk of an equity curve; fractions, annual where the name is that of an annual figure."""

    total_return: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    longest_drawdown_bars: int


class Exceedances(NamedTuple):
    """Bars that lost more than the VaR that stood at the bar before; `expected` of them if that VaR was right."""

    bars: int
    exceeded: int
    expected: float


class TradeFigures(Frozen):
    """Closed round trips, net of fees, in quote units; rates as fractions."""

    closed: int
    won: int
    lost: int
    win_rate: float | None
    expectancy: float | None
    profit_factor: float | None
    average_win: float | None
    average_loss: float | None


def growth(equity: Floats, starting_cash: float, timeframe: Timeframe) -> Growth:
    """Figures of equity at bar closes, shape (n_bars,), quote units, against the cash of the start."""
    wealth = np.concatenate(([starting_cash], equity))
    returns = bar_returns(equity, starting_cash)
    enough, per_year = len(returns) >= 2, timeframe.bars_per_year
    falls = drawdown_series(wealth)
    return Growth(
        total_return=float(wealth[-1] / starting_cash - 1.0),
        cagr=cagr(returns, bars_per_year=per_year) if len(returns) * timeframe.duration >= LEAST_FOR_GROWTH else None,
        volatility=volatility(returns, bars_per_year=per_year) if enough else None,
        sharpe=sharpe(returns, bars_per_year=per_year) if enough else None,
        sortino=sortino(returns, bars_per_year=per_year) if enough else None,
        max_drawdown=float(falls.max()),
        longest_drawdown_bars=_longest(falls > 0.0),
    )


def bar_returns(equity: Floats, starting_cash: float) -> Floats:
    """Simple return of each bar, shape (n_bars,); the first is against the starting cash."""
    wealth = np.concatenate(([starting_cash], equity))
    return wealth[1:] / wealth[:-1] - 1.0


def var_exceedances(returns: Floats, var_1d: Floats, timeframe: Timeframe, confidence: float) -> Exceedances:
    """Unconditional coverage (Kupiec 1995): how often a bar lost more than its VaR.

    `returns[t]` is held against `var_1d[t - 1]`, brought from a day to a bar by the square root of time; both shape
    (n_bars,). Bars that began without a position have no VaR and are not counted.
    """
    bar_var = scale_to_horizon(1.0, timeframe.seconds / _DAY_S) * var_1d[:-1]
    exposed = bar_var > 0.0
    exceeded = int((-returns[1:][exposed] > bar_var[exposed]).sum())
    bars = int(exposed.sum())
    return Exceedances(bars, exceeded, bars * (1.0 - confidence))


def hold_curve(symbols: Iterable[tuple[Floats, Floats]], n_bars: int) -> Floats:
    """Wealth of 1 at bar closes, split equally at the first open of each symbol and never touched; shape (n_bars,).

    `symbols` gives opens and closes, each shape (n_bars,), NaN where there is no bar: a missing close counts as the last
    one, and before its first bar a symbol's share is cash. 1 throughout of no symbols.
    """
    curves = [curve for opens, closes in symbols if (curve := _held(opens, closes)) is not None]
    return np.asarray(np.mean(curves, axis=0)) if curves else np.ones(n_bars)


class Closed(Protocol):
    """A trade that has ended: what it made after fees, in quote units."""

    @property
    def pnl(self) -> Decimal: ...


def trade_figures(trades: Sequence[Closed]) -> TradeFigures:
    """Counts and averages; a trade that made nothing is neither won nor lost."""
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
    """Wealth of 1 put into one symbol; None when it never had a bar."""
    known = np.isfinite(closes)
    if not known.any():
        return None
    last = np.maximum.accumulate(np.where(known, np.arange(len(closes)), -1))
    return np.where(last < 0, 1.0, closes[last] / opens[int(known.argmax())])


def _longest(under: npt.NDArray[np.bool_]) -> int:
    """Length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], under, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
