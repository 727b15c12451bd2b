"""VaR and ES of the book with an additional position in one symbol, for many sizes of it: historical simulation as in
`risk.measures.basic`, plain or filtered by the EWMA variance as in `risk.measures.filtered`.

If the book holds nothing else, a larger position scales all returns alike, and the same few bars stay the worst. The tail is then
searched once per proposal, and only its bars are measured again at each size; a filtered tail is measured once and scaled. If the
book holds other positions, all bars are measured at each size. A measured bar is a step of `risk.measures.horizon`, the sum of
`limits.step` bars of the tape.

`paper` (4, window) is scratch space. Its rows are: the return of the rest of the book at each measured bar, the symbol's own
return, their sum, and space for variances and for selecting.
"""

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.judging.lowest import edge_of, mean_below, put_in_order, rank_above, ranked, reach_of, selected
from execution.kernel.records import Floats, Record
from risk.measures.basic import ROUNDING
from risk.measures.filtered import LEAST_SHARE
from risk.measures.largest import BISECTIONS

SCALES = -1
"""Returned instead of a count of bars: `paper` holds VaR and ES of one unit, and those of every size are multiples of them."""
_PIECE = 4096
"""Bars whose steps are summed at a time."""


@compiled
def prepare_tails(
    limits: Record, account: Record, paper: Floats, steps: Floats, fact: Record, alone: bool, side: int
) -> int:
    """Fill `paper` with the bars to be measured, oldest first. Returns their number, or SCALES.

    `paper`, shape (4, window) [fraction]: scratch space, changed; where the book holds more, its row 0 has the steps of that.
    `steps`, shape (n_steps,): the symbol's simple returns in steps, oldest first [fraction]. `alone`: the book holds nothing
    else; then only the bars of the tail are measured, otherwise all of them. `fact`: keeps what is measured of the market alone.
    `side`: LONG or SHORT, of what is added; a short brings the returns with the other sign.
    """
    if alone and limits.filtered:
        paper[0, w.VALUE_AT_RISK], paper[0, w.SHORTFALL] = unit_tails(limits, account, paper, steps, fact, side)
        return SCALES
    rows, own = len(steps), paper[1, : len(steps)]
    for i in range(rows):
        own[i] = side * steps[i]
    if not alone:
        return rows
    edge = ranked(account, paper, own, max(rank_above(limits.var_tail, rows), rank_above(limits.es_tail, rows)))
    edge += 1e-9 * abs(edge)
    count = 0
    for i in range(rows):
        if own[i] <= edge:
            paper[0, count] = 0.0
            paper[1, count] = own[i]
            count += 1
    return count


@compiled
def unit_tails(
    limits: Record, account: Record, paper: Floats, steps: Floats, fact: Record, side: int
) -> tuple[float, float]:
    """VaR and ES, per step, of a book that is one market and nothing else; filtered, they scale with its share.

    `paper`, shape (4, window) [fraction]: scratch space, changed. `steps`, shape (n_steps,): the market's simple returns in
    steps, oldest first [fraction]. `fact`: has them, or keeps them from now on. `side`: LONG or SHORT.
    """
    if side < 0:
        if not fact.short_loss > 0.0:
            for i in range(len(steps)):
                paper[2, i] = -steps[i]
            fact.short_value, fact.short_loss = _filtered(limits, account, paper, len(steps))
        return float(fact.short_value), float(fact.short_loss)
    if not fact.loss > 0.0:
        for i in range(len(steps)):
            paper[2, i] = steps[i]
        fact.value, fact.loss = _filtered(limits, account, paper, len(steps))
    return float(fact.value), float(fact.loss)


@compiled
def both_tails(limits: Record, account: Record, paper: Floats, rows: int) -> tuple[float, float]:
    """One-day VaR and ES of the book as it is. `paper`, shape (4, window) [fraction]: row 0 has its steps, `rows` of them."""
    if limits.filtered:
        for i in range(rows):
            paper[2, i] = paper[0, i]
        value, loss = _filtered(limits, account, paper, rows)
        return value * limits.day_scale, loss * limits.day_scale
    paper[1, :rows] = 0.0
    value = tail_at(limits, account, paper, rows, rows, 0.0, w.VALUE_AT_RISK)
    return value, tail_at(limits, account, paper, rows, rows, 0.0, w.SHORTFALL)


@compiled
def rolled(returns: Floats, sums: Floats, step: int) -> None:
    """Write the sum of the `step` latest returns at each bar, added up as in `add_up`, into `sums`; 0 where there are fewer.

    `returns`, `sums`, shape (n_symbols, n_bars) [fraction], oldest first. It is done in pieces that stay in the cache.
    """
    count = returns.shape[1]
    for s in range(len(returns)):
        sums[s, : step - 1] = 0.0
        for first in range(step - 1, count, _PIECE):
            size = min(_PIECE, count - first)
            made = sums[s, first : first + size]
            for j in range(step):
                part = returns[s, first - step + 1 + j : first - step + 1 + j + size]
                for i in range(size):
                    made[i] = made[i] + part[i] if j else part[i]


@compiled
def add_up(limits: Record, returns: Floats, steps: Floats) -> int:
    """Write the sums of every `limits.step` returns into `steps`, and return their number: `Horizon.steps`.

    `returns`, shape (n_bars,) [fraction], oldest first; `steps`, at least as long, may be the same memory. The oldest returns
    that make no whole step are left out.
    """
    count = len(returns) // limits.step
    at = len(returns) - count * limits.step
    for i in range(count):
        total = returns[at]
        for j in range(1, limits.step):
            total += returns[at + j]
        steps[i] = total
        at += limits.step
    return int(count)


@compiled
def tail_at(
    limits: Record, account: Record, paper: Floats, rows: int, count: int, extra: float, shortfall: int
) -> float:
    """One-day VaR or ES of the book with `extra` more of the symbol, a fraction of equity; losses are positive.

    `paper`, shape (4, window) [fraction], and `count`: what `prepare_tails` left; `rows`: number of returns in the window [bars].
    `shortfall`: VALUE_AT_RISK or SHORTFALL.
    """
    if count == SCALES:
        return float(paper[0, shortfall] * extra * limits.day_scale)
    _mix(paper, count, extra)
    mixed = paper[2, :count]
    if limits.filtered:
        value, loss = _filtered(limits, account, paper, count)
        return float((loss if shortfall else value) * limits.day_scale)
    edge = _quantile(account, paper, mixed, rows, limits.es_tail if shortfall else limits.var_tail)
    if not shortfall:
        return float(-edge * limits.day_scale)
    edge += ROUNDING * abs(edge)
    total, size = 0.0, 0
    for i in range(count):
        if mixed[i] <= edge:
            total += mixed[i]
            size += 1
    return float(-(total / size) * limits.day_scale)


@compiled
def room_under_both(limits: Record, account: Record, paper: Floats, rows: int, count: int, enough: float) -> float:
    """The largest addition that keeps VaR and ES within their limits, or `enough` [fractions of equity], if that is less.

    `enough` is what all other caps leave: a limit that leaves more is not measured to its last digit. `paper`, shape (4, window)
    [fraction], `rows` and `count` as in `tail_at`.
    """
    if not enough > 0.0:
        return enough
    top = float(limits.max_position_fraction)
    value, loss = _tails_at(limits, account, paper, rows, count, top)
    room = min(enough, top)
    if not value <= limits.max_var_1d:
        room = min(room, _bisected(limits, account, paper, rows, count, w.VALUE_AT_RISK, room))
    if not loss <= limits.max_es_1d:
        room = min(room, _bisected(limits, account, paper, rows, count, w.SHORTFALL, room))
    return room


@compiled
def _bisected(
    limits: Record, account: Record, paper: Floats, rows: int, count: int, shortfall: int, enough: float
) -> float:
    """The largest addition that keeps VaR or ES within its limit, where the largest of all does not: by bisection, as in the
    gate. It ends early once `enough` is known to hold; what it returns then is at least that."""
    most = limits.max_es_1d if shortfall else limits.max_var_1d
    low, high = 0.0, limits.max_position_fraction
    for _ in range(BISECTIONS):
        if low >= enough:
            break
        middle = (low + high) / 2
        if tail_at(limits, account, paper, rows, count, middle, shortfall) <= most:
            low = middle
        else:
            high = middle
    return float(low)


@compiled
def _tails_at(
    limits: Record, account: Record, paper: Floats, rows: int, count: int, extra: float
) -> tuple[float, float]:
    """Both tails with `extra` more of the symbol; filtered, they are measured at once."""
    if limits.filtered and count != SCALES:
        _mix(paper, count, extra)
        value, loss = _filtered(limits, account, paper, count)
        return value * limits.day_scale, loss * limits.day_scale
    value = tail_at(limits, account, paper, rows, count, extra, w.VALUE_AT_RISK)
    return value, tail_at(limits, account, paper, rows, count, extra, w.SHORTFALL)


@compiled
def tails_hold(limits: Record, account: Record, paper: Floats, rows: int, count: int, extra: float) -> bool:
    """Whether VaR and ES both stay within their limits with exactly the addition `extra`, a fraction of equity.

    `paper`, shape (4, window) [fraction], `rows` and `count` as in `tail_at`.
    """
    value, loss = _tails_at(limits, account, paper, rows, count, extra)
    return bool(max(value / limits.max_var_1d, loss / limits.max_es_1d) <= 1.0)


@compiled
def correlation(one: Floats, other: Floats) -> float:
    """Pearson's correlation coefficient, dimensionless, of two symbols' returns, both of shape (n_bars,) [fraction].

    A constant series counts as fully correlated.
    """
    mean_one = mean_other = 0.0
    for i in range(len(one)):
        mean_one += one[i] / len(one)
        mean_other += other[i] / len(one)
    both = squares_one = squares_other = 0.0
    for i in range(len(one)):
        a, b = one[i] - mean_one, other[i] - mean_other
        both += a * b
        squares_one += a * a
        squares_other += b * b
    scale = np.sqrt(squares_one * squares_other)
    return float(both / scale) if scale > 0 else 1.0


@compiled
def _mix(paper: Floats, count: int, extra: float) -> None:
    """Lay out the measured bars with `extra` more of the symbol in `paper[2]`."""
    for i in range(count):
        paper[2, i] = paper[0, i] + paper[1, i] * extra


@compiled
def _filtered(limits: Record, account: Record, paper: Floats, rows: int) -> tuple[float, float]:
    """One-bar VaR and ES of the returns in `paper[2]`, in units of their EWMA volatility and back; they are overwritten.

    What can be done for several bars at once stands in loops of its own.
    """
    mixed, work = paper[2, :rows], paper[3, :rows]
    variance = _mean_square(mixed)
    least = LEAST_SHARE * np.sqrt(variance)
    if least == 0.0:
        return 0.0, 0.0
    floor, decay = variance if limits.floored else 0.0, limits.decay
    fall, rise = (1.0 - decay) * limits.falls, (1.0 - decay) * (2.0 - limits.falls)
    for i in range(rows):
        work[i] = (fall if mixed[i] < 0.0 else rise) * mixed[i] * mixed[i]
    variance = _forecasts(work, variance, decay)
    for i in range(rows):
        mixed[i] /= max(np.sqrt(max(work[i], floor)), least)
    sigma = np.sqrt(max(variance, floor))
    of_var, of_es = reach_of(limits.var_tail, rows), reach_of(limits.es_tail, rows)
    longest = int(max(of_var, of_es))
    if longest < w.FEW:
        ranked(account, paper, mixed, longest)
        return -edge_of(account.lowest, of_var) * sigma, -mean_below(account.lowest, of_es) * sigma
    selected(paper, mixed, longest)
    ordered = paper[3, : longest + 1]
    put_in_order(ordered)
    return -edge_of(ordered, of_var) * sigma, -mean_below(ordered, of_es) * sigma


@compiled
def _mean_square(values: Floats) -> float:
    """The mean square, in four sums that do not wait for each other."""
    count = len(values)
    a = b = c = d = 0.0
    for i in range(0, count - 3, 4):
        a += values[i] * values[i]
        b += values[i + 1] * values[i + 1]
        c += values[i + 2] * values[i + 2]
        d += values[i + 3] * values[i + 3]
    for i in range(count - count % 4, count):
        a += values[i] * values[i]
    return (a + b + (c + d)) / count


@compiled
def _forecasts(work: Floats, variance: float, decay: float) -> float:
    """Put the forecast for each bar in the place of its weighted square, and return the one after the last. Four bars at a time,
    so that only one product waits for the four before."""
    count, second = len(work), decay * decay
    third, fourth = second * decay, second * second
    for i in range(0, count - 3, 4):
        one = work[i]
        two = decay * one + work[i + 1]
        three = decay * two + work[i + 2]
        four = decay * three + work[i + 3]
        work[i] = variance
        work[i + 1] = decay * variance + one
        work[i + 2] = second * variance + two
        work[i + 3] = third * variance + three
        variance = fourth * variance + four
    for i in range(count - count % 4, count):
        before = variance
        variance = decay * variance + work[i]
        work[i] = before
    return float(variance)


@compiled
def _quantile(account: Record, paper: Floats, values: Floats, rows: int, tail: float) -> float:
    """Type 7 quantile of `rows` values, of which `values` holds the smallest; the arithmetic of `risk.measures.basic`."""
    position = tail * (rows - 1)
    below = min(int(position), rows - 2)
    high = ranked(account, paper, values, below + 1)
    low = ranked(account, paper, values, below) if below + 1 >= w.FEW else account.lowest[below]
    part, step = position - below, high - low
    return float(high - step * (1.0 - part) if part >= 0.5 else low + step * part)
