"""What a policy sees of a market, from the gate's own figures: `execution.observation` in the fast engine."""

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.judging.holdings import deployed, equity_in_parts, exposed, is_weighed, rows_of
from execution.kernel.judging.voters import calibrated
from execution.kernel.records import Floats, Record, Records, Small
from execution.kernel.tails import add_up, correlation, tail_at
from execution.observation import LEAST_BARS, daily_volatility, encode, short_over_long

_encode, _short_over_long, _daily_volatility = compiled(encode), compiled(short_over_long), compiled(daily_volatility)


@compiled
def see(
    bars: Records,
    returns: Floats,
    seen: Small,
    origin: int,
    step_us: int,
    direction: float,
    conviction: float,
    scale: float,
    rules: Records,
    limits: Record,
    points: Floats,
    account: Record,
    places: Records,
    paper: Floats,
    t: int,
    s: int,
    row: Floats,
) -> None:
    """Write what a policy sees of a market at this close into `row`, from the gate's own figures (`execution.observation`).

    `row`, shape (len(COLUMNS),): units as in `rl.observation.Observation` [fraction, days, count], NaN where something is
    missing. `direction`, `conviction` and `scale` belong to the proposal. All other arguments are those of `judge`, and nothing
    else is changed but `paper`.
    """
    equity = equity_in_parts(rules, limits, account, places)[0]
    rows = rows_of(bars, seen, origin, limits, places, t, s)
    own, worst, value, loss = returns[s, t - rows + 1 : t + 1], np.nan, np.nan, np.nan
    if rows >= LEAST_BARS and equity > 0.0:
        worst, value, loss = _book_risk(bars, returns, rules, limits, account, places, paper, t, s, rows, equity)
    place = places[s]
    _encode(
        row,
        direction,
        conviction,
        calibrated(points, conviction) if len(points) and not np.isnan(conviction) else np.nan,
        scale,
        exposed(rules[s], place)[0],
        float((t - place.opened + 1) * step_us) if place.held else 0.0,
        deployed(rules, places, w.NONE),
        equity,
        account.peak,
        value / limits.max_var_1d,
        loss / limits.max_es_1d,
        _short_over_long(own),
        worst,
        float(account.entries),
        _daily_volatility(own, w.US_A_DAY / step_us),
    )


@compiled
def _book_risk(
    bars: Records,
    returns: Floats,
    rules: Records,
    limits: Record,
    account: Record,
    places: Records,
    paper: Floats,
    t: int,
    s: int,
    rows: int,
    equity: float,
) -> tuple[float, float, float]:
    """The worst correlation of a market with the book, and the book's one-day VaR and ES as it is, NaN from too few bars."""
    own, worst, empty = returns[s, t - rows + 1 : t + 1], 0.0, True
    paper[0, :rows] = 0.0
    paper[1, :rows] = 0.0
    for other in range(len(places)):
        if other != s and not is_weighed(bars[t, other], places[other]):
            continue
        weight = exposed(rules[other], places[other])[0] / equity
        empty = empty and weight == 0.0
        moves = returns[other, t - rows + 1 : t + 1]
        if other != s:
            worst = max(worst, correlation(own, moves))
        for i in range(rows):
            paper[0, i] += moves[i] * weight
    if rows < limits.least_bars:
        return worst, np.nan, np.nan
    if empty:
        return worst, 0.0, 0.0
    steps = add_up(limits, paper[0, :rows], paper[0])
    value = tail_at(limits, account, paper, steps, steps, 0.0, w.VALUE_AT_RISK)
    return worst, value, tail_at(limits, account, paper, steps, steps, 0.0, w.SHORTFALL)
