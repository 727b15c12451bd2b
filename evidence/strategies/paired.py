"""Two variants of a system on the same tape: the figures of each, and their difference by day with paired intervals.

A day is 24 hours from the start of the session. The same blocks of days are drawn from both curves, so that what the market did
to both cancels (see `evidence.statistics.bootstrap`). Differences are B less A. It refuses fewer than 30 days: nothing can be
drawn from them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from config.errors import DataFault
from config.frozen import Frozen
from config.settings import Settings
from evidence.statistics.blocks import LEAST_BARS
from evidence.statistics.bootstrap import Difference, Differences, curve_returns, paired_differences
from evidence.statistics.key_figures import Floats, Measure
from evidence.worlds.world import Curve

DAY_S = 86_400
SHOWN = (Measure.MEAN_RETURN, Measure.CAGR, Measure.SHARPE, Measure.SORTINO, Measure.MAX_DRAWDOWN)
"""The measures that are compared, of daily returns."""


class Side(Frozen):
    """One variant. `growth`, `deployed` [fraction]; `fees` [quote]; `models_usd` [USD]; Sharpe and drawdown of daily returns."""

    name: str
    profile: str
    growth: float
    sharpe: float | None
    max_drawdown: float | None
    trades: int
    hearings: int
    signed: int
    deployed: float
    fees: float
    models_usd: float


class Changed(Frozen):
    """A setting that differs, by its dotted key, with both values as JSON."""

    key: str
    a: Any
    b: Any


class Paired(Frozen):
    """Both variants on one tape, and B less A. `years` [years]; `market_growth` [fraction]: equal parts, bought and held."""

    label: str
    symbols: tuple[str, ...]
    bars: int
    days: int
    years: float
    market_growth: float
    changed: tuple[Changed, ...]
    sides: tuple[Side, ...]
    differences: Differences

    def of(self, measure: Measure) -> Difference:
        """B less A in one measure."""
        return self.differences.of(measure)


def paired(
    label: str,
    symbols: Sequence[str],
    market_growth: float,
    settings: Sequence[Settings],
    found: Sequence[Curve],
) -> Paired:
    """The comparison of two curves, A first, and the settings that made them. Raises DataFault for fewer than 30 days."""
    a, b = (daily(curve) for curve in found)
    seed, bars = settings[0].seed, len(found[0].equity) - 1
    apart = paired_differences(b, a, bars_per_year=_days_a_year(found[0]), seed=seed)
    return Paired(
        label=label,
        symbols=tuple(symbols),
        bars=bars,
        days=len(a),
        years=bars * found[0].timeframe_s / (365 * DAY_S),
        market_growth=market_growth,
        changed=changes(*settings),
        sides=tuple(
            _side(name, each.profile, curve, apart, first=name == "B")
            for name, each, curve in zip("AB", settings, found, strict=True)
        ),
        differences=apart,
    )


def daily(curve: Curve) -> Floats:
    """Returns of each 24 hours from the start, shape (n_days,), float64 [simple return], oldest first. What is left is no day.

    Raises DataFault for fewer than 30 days.
    """
    refuse_few_days(len(curve.equity) - 1, curve.timeframe_s)
    return curve_returns(np.array(curve.equity)[:: _bars_a_day(curve.timeframe_s)])


def refuse_few_days(bars: int, timeframe_s: int) -> None:
    """Raises DataFault where so many bars of `timeframe_s` seconds have fewer than 30 whole days."""
    days = bars // _bars_a_day(timeframe_s)
    if days < LEAST_BARS:
        raise DataFault(
            f"The bars cover {days} whole days, and an interval needs {LEAST_BARS}. Nothing was compared. Give more bars, or an "
            "earlier --start."
        )


def changes(a: Settings, b: Settings) -> tuple[Changed, ...]:
    """The settings that differ, in their order; `profile`, the name, is none."""
    one, other = (dict(_leaves("", each.model_dump(mode="json", exclude={"profile"}))) for each in (a, b))
    keys = dict.fromkeys((*one, *other))
    return tuple(Changed(key=key, a=one.get(key), b=other.get(key)) for key in keys if one.get(key) != other.get(key))


def _leaves(at: str, value: Any) -> list[tuple[str, Any]]:
    """Each value below a mapping or a list of mappings, by its dotted key."""
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(f"{at}.{key}" if at else key, item)]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [leaf for place, item in enumerate(value) for leaf in _leaves(f"{at}.{place}", item)]
    return [(at, value)]


def _bars_a_day(timeframe_s: int) -> int:
    return max(1, DAY_S // timeframe_s)


def _days_a_year(curve: Curve) -> float:
    return 365 * DAY_S / max(DAY_S, curve.timeframe_s)


def _side(name: str, profile: str, curve: Curve, apart: Differences, *, first: bool) -> Side:
    own = {each.measure: each.first if first else each.second for each in apart.differences}
    return Side(
        name=name,
        profile=profile,
        growth=curve.equity[-1] / curve.equity[0] - 1.0,
        sharpe=own[Measure.SHARPE],
        max_drawdown=own[Measure.MAX_DRAWDOWN],
        trades=curve.trades,
        hearings=curve.hearings,
        signed=curve.signed,
        deployed=curve.deployed,
        fees=curve.fees,
        models_usd=curve.model_usd,
    )
