"""The trend ensemble as it was published, in a plain account: daily closes, equal parts of the markets, no court and no gate.

It checks the voter against a figure from outside: what is decided at a close earns the return to the next close, and every change
of a share costs the same. It says nothing about what is left of it behind court, gate and venue.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from agents.strategies.positions.channels import LENGTHS, VOLATILITY_DAYS, Channel, daily_volatility
from config.clock import to_ms
from market.candles import Floats, Millis, RawCandles
from risk.measures.ratios import sharpe

_DAY_MS = 86_400_000
_YEAR_DAYS = 365
PERIODS = ((2018, 2020), (2021, 2024))
"""First and last year of each period of the rough check."""


class Published(NamedTuple):
    """What the ensemble would have earned in some years. Sharpe ratio a year (365 days), deepest fall as a positive fraction."""

    first_year: int
    last_year: int
    markets: int
    days: int
    sharpe: float | None
    growth: float
    deepest_fall: float
    mean_share: float
    turnover_a_year: float


def shares(closes: Floats, volatility_target: float) -> Floats:
    """The share of a full position after each close, shape (n_days,), float64 [fraction]; 0 while the volatility is unknown.

    `closes`: shape (n_days,), float64 [quote], oldest first.
    """
    channels = [Channel(days) for days in LENGTHS]
    wanted, reach = np.zeros(len(closes)), max(*LENGTHS, VOLATILITY_DAYS) + 1
    for day in range(len(closes)):
        seen = closes[max(0, day + 1 - reach) : day + 1]
        channels = [channel.after(seen) for channel in channels]
        volatility = daily_volatility(seen)
        if volatility is not None:
            held = sum(channel.stop is not None for channel in channels) / len(channels)
            wanted[day] = held * min(1.0, volatility_target / volatility)
    return wanted


def published(
    candles: Mapping[str, RawCandles],
    *,
    cost_bps: float = 12.0,
    volatility_target: float = 0.5,
    periods: Sequence[tuple[int, int]] = PERIODS,
) -> tuple[Published, ...]:
    """The ensemble on these daily candles, by symbol: equal parts of the markets whose volatility is known at the time.

    `cost_bps` is paid on every change of a share. A period without a day is left out.
    """
    days = np.unique(np.concatenate([columns.close_ms for columns in candles.values()]))
    held, moved, known = (np.zeros((len(days), len(candles))) for _ in range(3))
    for column, each in enumerate(candles.values()):
        sound = each.sound()
        rows, closes = np.searchsorted(days, each.close_ms[sound]), each.close[sound]
        held[rows, column] = shares(closes, volatility_target)
        moved[rows[1:], column] = closes[1:] / closes[:-1] - 1.0
        known[rows[VOLATILITY_DAYS:], column] = 1.0
    parts = held / np.maximum(known.sum(axis=1, keepdims=True), 1.0)
    turnover = np.abs(np.diff(parts, axis=0, prepend=0.0)).sum(axis=1)
    returns = np.zeros(len(days))
    returns[1:] = (parts[:-1] * moved[1:]).sum(axis=1) - turnover[:-1] * cost_bps / 1e4
    told = (_of_years(years, days, returns, parts, turnover, known) for years in periods)
    return tuple(each for each in told if each is not None)


def _of_years(
    years: tuple[int, int], days: Millis, returns: Floats, parts: Floats, turnover: Floats, known: Floats
) -> Published | None:
    first, after = (to_ms(datetime(year, 1, 1, tzinfo=UTC)) for year in (years[0], years[1] + 1))
    rows = (days - _DAY_MS >= first) & (days <= after) & (known.sum(axis=1) > 0)
    if not rows.any():
        return None
    equity = np.cumprod(1.0 + returns[rows])
    peak = np.maximum(np.maximum.accumulate(equity), 1.0)
    return Published(
        first_year=years[0],
        last_year=years[1],
        markets=int((known[rows].sum(axis=0) > 0).sum()),
        days=int(rows.sum()),
        sharpe=sharpe(returns[rows], bars_per_year=_YEAR_DAYS),
        growth=float(equity[-1] - 1.0),
        deepest_fall=float((1.0 - equity / peak).max()),
        mean_share=float(parts[rows].sum(axis=1).mean()),
        turnover_a_year=float(turnover[rows].mean() * _YEAR_DAYS),
    )
