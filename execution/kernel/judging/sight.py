"""What a policy sees of a market, from the gate's own figures: `execution.observation` in the fast engine."""

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.judging.facts import refresh
from execution.kernel.judging.holdings import (
    deployed,
    equity_in_parts,
    exposed,
    is_weighed,
    own_rows,
    rows_of,
    weight_of,
)
from execution.kernel.judging.pairs import correlated
from execution.kernel.judging.tails import add_up, both_tails, unit_tails
from execution.kernel.judging.voters import calibrated
from execution.kernel.margined.sides import side_of
from execution.kernel.records import Both, Floats, Record, Records, Small
from execution.observation import LEAST_BARS, daily_volatility, encode, short_over_long

_encode, _short_over_long, _daily_volatility = compiled(encode), compiled(short_over_long), compiled(daily_volatility)


@compiled
def see(
    both: Both,
    now: Records,
    returns: Floats,
    sums: Floats,
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
    facts: Records,
    pairs: Records,
    t: int,
    s: int,
    row: Floats,
) -> None:
    """Write what a policy sees of a market at this close into `row`, from the gate's own figures (`execution.observation`).

    `row`, shape (len(COLUMNS),): units as in `rl.observation.Observation` [fraction, days, count], NaN where something is
    missing. `direction`, `conviction` and `scale` belong to the proposal. All other arguments are those of `judge`, and nothing
    else is changed but `paper`, and what `facts` and `pairs` keep.
    """
    equity = equity_in_parts(both, rules, limits, account, places)[0]
    rows = rows_of(now, seen, origin, limits, places, t, s)
    worst, value, loss, fact = np.nan, np.nan, np.nan, facts[t % len(facts), s]
    refresh(fact, t)
    if rows >= LEAST_BARS and equity > 0.0:
        worst, value, loss = _book_risk(
            both,
            now,
            returns,
            sums,
            seen,
            origin,
            rules,
            limits,
            account,
            places,
            paper,
            facts,
            pairs,
            t,
            s,
            rows,
            equity,
        )
    place = places[s]
    _encode(
        row,
        direction,
        conviction,
        calibrated(points, conviction) if len(points) and not np.isnan(conviction) else np.nan,
        scale,
        side_of(both, place) * exposed(rules[s], place)[0],
        float((t - place.opened + 1) * step_us) if place.held else 0.0,
        deployed(rules, places, w.NONE),
        equity,
        account.peak,
        value / limits.max_var_1d,
        loss / limits.max_es_1d,
        _volatility_ratio(returns, seen, origin, limits, fact, t, s, rows),
        worst,
        float(account.entries),
        _volatility(returns, seen, origin, limits, fact, step_us, t, s, rows),
    )


@compiled
def _volatility_ratio(
    returns: Floats, seen: Small, origin: int, limits: Record, fact: Record, t: int, s: int, rows: int
) -> float:
    """The short volatility over the long. It is kept if no other market in the book makes the window shorter."""
    if rows != own_rows(seen, origin, limits, t, s):
        return float(_short_over_long(returns[s, t - rows + 1 : t + 1]))
    if fact.ratio == 0.0:
        fact.ratio = _short_over_long(returns[s, t - rows + 1 : t + 1])
    return float(fact.ratio)


@compiled
def _volatility(
    returns: Floats, seen: Small, origin: int, limits: Record, fact: Record, step_us: int, t: int, s: int, rows: int
) -> float:
    """The volatility of a day, kept likewise."""
    if rows != own_rows(seen, origin, limits, t, s):
        return float(_daily_volatility(returns[s, t - rows + 1 : t + 1], w.US_A_DAY / step_us))
    if fact.daily == 0.0:
        fact.daily = _daily_volatility(returns[s, t - rows + 1 : t + 1], w.US_A_DAY / step_us)
    return float(fact.daily)


@compiled
def _book_risk(
    both: Both,
    now: Records,
    returns: Floats,
    sums: Floats,
    seen: Small,
    origin: int,
    rules: Records,
    limits: Record,
    account: Record,
    places: Records,
    paper: Floats,
    facts: Records,
    pairs: Records,
    t: int,
    s: int,
    rows: int,
    equity: float,
) -> tuple[float, float, float]:
    """The worst correlation of a market with the book, and the book's one-day VaR and ES as it is, NaN from too few bars.

    Filtered tails of a book of one market are those of a unit of it, which are kept, times its weight.
    """
    worst, count, only, share = 0.0, 0, s, 0.0
    for other in range(len(places)):
        if other != s and not is_weighed(now[other], places[other]):
            continue
        weight = weight_of(both, rules[other], places[other], equity)
        if weight != 0.0:
            count, only, share = count + 1, other, weight
        if other != s:
            worst = max(worst, correlated(returns, pairs, t, rows, s, other))
    if rows < limits.least_bars:
        return worst, np.nan, np.nan
    if count == 0:
        return worst, 0.0, 0.0
    if count == 1 and limits.filtered and rows == own_rows(seen, origin, limits, t, only):
        steps = sums[only, t - (rows // limits.step - 1) * limits.step : t + 1 : limits.step]
        fact = facts[t % len(facts), only]
        refresh(fact, t)
        value, loss = unit_tails(limits, account, paper, steps, fact, w.LONG if share > 0.0 else w.SHORT)
        return worst, value * abs(share) * limits.day_scale, loss * abs(share) * limits.day_scale
    paper[0, :rows] = 0.0
    for other in range(len(places)):
        if other == s or is_weighed(now[other], places[other]):
            weight = weight_of(both, rules[other], places[other], equity)
            for i in range(rows):
                paper[0, i] += returns[other, t - rows + 1 + i] * weight
    value, loss = both_tails(limits, account, paper, add_up(limits, paper[0, :rows], paper[0]))
    return worst, value, loss
