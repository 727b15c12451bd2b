"""All measures of a backtest, for both engines: from the story of a journal, or from a kernel's columns and fills.

Ratios use the mark-to-market equity at bar closes and the bars per year of the data. Trades are counted when they
close; an open trade counts in the equity but in no win rate. An undefined measure is None.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from config.clock import from_ms
from config.frozen import Frozen
from market.sessions.calendar import bars_a_year
from market.timeframe import Timeframe
from ops.story.performance import (
    Floats,
    Growth,
    TradeFigures,
    bar_returns,
    growth,
    hold_curve,
    trade_figures,
    var_exceedances,
)
from ops.story.story import Story
from ops.story.trips import Trip, trips_of_story
from risk.measures.basic import historical_es, historical_var
from risk.measures.ratios import calmar


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """A finished run as columns of shape (n_bars,), float64, by bar close. Money [quote], fractions of equity.

    `deployed`, `var_1d` and `hold` (wealth of 1 in the same markets, bought once and held) are None if the engine
    does not report them. `traded`: notional of all fills [quote].
    """

    close_ms: np.ndarray[tuple[int], np.dtype[np.int64]]
    equity: Floats
    starting_cash: float
    timeframe: Timeframe
    trips: tuple[Trip, ...]
    traded: float
    fees: float
    var_confidence: float
    deployed: Floats | None = None
    var_1d: Floats | None = None
    hold: Floats | None = None
    bars_per_year: float | None = None
    """Sessions a year, where the markets close; None where they never do."""

    def __post_init__(self) -> None:
        """Raises ValueError for columns of different lengths."""
        columns = (self.equity, self.deployed, self.var_1d, self.hold)
        if any(column is not None and column.shape != self.close_ms.shape for column in columns):
            raise ValueError(f"the columns of a run of {len(self.close_ms)} bars differ in length")


class TailLosses(Frozen):
    """Losses of one bar [fraction of equity], by historical simulation of the run's own bars; and the test of the
    forecast VaR of a day against the days.

    `exceeded` of `days` that began with a position lost more than the VaR; `expected` is the expected number. None if the engine
    makes no forecasts.
    """

    confidence: float
    var: float | None
    es: float | None
    days: int | None
    exceeded: int | None
    expected: float | None


class TradeGroup(Frozen):
    """The trades of one strategy, market, month of exit or exit reason; `pnl` and `fees` [quote]."""

    name: str
    pnl: float
    fees: float
    trades: TradeFigures


class Month(Frozen):
    """The return of the equity in one calendar month (UTC), as far as the run covers it."""

    name: str
    bars: int
    total_return: float


class Measures(Frozen):
    """The measures of one run. Fractions unless stated otherwise; ratios and growth are annual."""

    bars: int
    growth: Growth
    calmar: float | None
    hold_return: float | None
    tail: TailLosses
    turnover: float
    """Notional of all fills over the whole run [mean equities]."""
    turnover_a_year: float | None
    fees: float
    bars_with_position: float | None
    mean_deployed: float | None
    trades: TradeFigures
    sqn: float | None
    by_strategy: tuple[TradeGroup, ...]
    by_symbol: tuple[TradeGroup, ...]
    by_month: tuple[TradeGroup, ...]
    by_exit: tuple[TradeGroup, ...]
    months: tuple[Month, ...]


def ran_of_story(story: Story) -> Ran:
    """Return a run from the story of its journal."""
    columns, settings = story.columns, story.session.settings
    n_bars = len(columns.close_ms)
    return Ran(
        close_ms=columns.close_ms,
        equity=columns.equity,
        starting_cash=float(story.ledger.starting_cash),
        timeframe=story.session.timeframe,
        trips=trips_of_story(story),
        traded=sum(float(fill.quantity * fill.price) for fill in story.fills),
        fees=float(story.ledger.fees),
        var_confidence=settings.limits.var_confidence,
        deployed=columns.deployed_fraction,
        var_1d=columns.var_1d,
        hold=hold_curve(((bars.open, bars.close) for bars in columns.symbols.values()), n_bars),
        bars_per_year=bars_a_year(settings.market.calendar, story.session.timeframe.bars_per_year),
    )


def measure(ran: Ran) -> Measures:
    """Return all measures of a run; a run without a bar has counts of 0 and no other value."""
    returns = bar_returns(ran.equity, ran.starting_cash)
    n_bars, made = len(returns), growth(ran.equity, ran.starting_cash, ran.timeframe, ran.bars_per_year)
    per_year = ran.bars_per_year or ran.timeframe.bars_per_year
    turnover = ran.traded / (float(ran.equity.mean()) if n_bars else ran.starting_cash)
    return Measures(
        bars=n_bars,
        growth=made,
        calmar=None if made.cagr is None else calmar(returns, bars_per_year=per_year),
        hold_return=float(ran.hold[-1] - 1.0) if ran.hold is not None and n_bars else None,
        tail=_tail(ran, returns),
        turnover=turnover,
        turnover_a_year=turnover * per_year / n_bars if n_bars else None,
        fees=ran.fees,
        bars_with_position=float((ran.deployed > 0.0).mean()) if ran.deployed is not None and n_bars else None,
        mean_deployed=float(ran.deployed.mean()) if ran.deployed is not None and n_bars else None,
        trades=trade_figures(ran.trips),
        sqn=system_quality([float(trip.pnl) for trip in ran.trips]),
        by_strategy=trade_groups(ran.trips, lambda trip: trip.strategy),
        by_symbol=trade_groups(ran.trips, lambda trip: trip.symbol),
        by_month=trade_groups(ran.trips, lambda trip: month_of(trip.exit_ms)),
        by_exit=trade_groups(ran.trips, lambda trip: trip.exit_reason),
        months=_months(ran),
    )


def system_quality(results: Sequence[float]) -> float | None:
    """Return the system quality number (Tharp 2008): sqrt(n) * mean / standard deviation (n - 1) of the results of
    the trades.

    Tharp divides each result by its risk. Here results are in quote units; the two agree up to a factor if each trade
    risks the same amount. None for fewer than two trades, or if all results are equal.
    """
    if len(results) < 2 or len(set(results)) == 1:
        return None
    made = np.array(results)
    spread = float(made.std(ddof=1))
    return math.sqrt(len(made)) * float(made.mean()) / spread if spread > 0.0 else None


def _tail(ran: Ran, returns: Floats) -> TailLosses:
    enough = len(returns) >= 2
    forecast = None
    if ran.var_1d is not None and enough:
        forecast = var_exceedances(returns, ran.var_1d, ran.timeframe, ran.var_confidence)
    return TailLosses(
        confidence=ran.var_confidence,
        var=historical_var(returns, confidence=ran.var_confidence) if enough else None,
        es=historical_es(returns, confidence=ran.var_confidence) if enough else None,
        days=forecast.days if forecast else None,
        exceeded=forecast.exceeded if forecast else None,
        expected=forecast.expected if forecast else None,
    )


def trade_groups(trips: tuple[Trip, ...], name_of: Callable[[Trip], str]) -> tuple[TradeGroup, ...]:
    """Return the trades grouped by a name, in the order of the names."""
    by_name: dict[str, list[Trip]] = {}
    for trip in trips:
        by_name.setdefault(name_of(trip), []).append(trip)
    return tuple(
        TradeGroup(
            name=name,
            pnl=float(sum(trip.pnl for trip in some)),
            fees=float(sum(trip.fees for trip in some)),
            trades=trade_figures(some),
        )
        for name, some in sorted(by_name.items())
    )


def _months(ran: Ran) -> tuple[Month, ...]:
    """Return the months; a bar belongs to the month in which it opened."""
    if not len(ran.close_ms):
        return ()
    opened = ran.close_ms - ran.timeframe.seconds * 1000
    names = opened.astype("datetime64[ms]").astype("datetime64[M]")
    ends = np.flatnonzero(np.concatenate((names[1:] != names[:-1], [True])))
    before, begin, found = ran.starting_cash, 0, []
    for end in ends.tolist():
        level = float(ran.equity[end])
        found.append(Month(name=str(names[end]), bars=end + 1 - begin, total_return=level / before - 1.0))
        before, begin = level, end + 1
    return tuple(found)


def month_of(ms: int) -> str:
    """Return the month of a time [ms since the epoch, UTC], such as `2024-03`."""
    return f"{from_ms(ms):%Y-%m}"
