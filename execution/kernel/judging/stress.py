"""The loss in the worst stretch of the window: what `risk.limits.loss.stressed_loss` does."""

import numpy as np

from execution.kernel.compiled import compiled
from execution.kernel.judging.holdings import is_weighed, weight_of
from execution.kernel.records import Both, Floats, Record, Records


@compiled
def stressed_room(
    both: Both,
    now: Records,
    returns: Floats,
    rules: Records,
    limits: Record,
    places: Records,
    paper: Floats,
    t: int,
    s: int,
    rows: int,
    equity: float,
    alone: bool,
    side: int,
) -> float:
    """What the loss in the worst stretch of the window leaves [fraction of equity]; infinite where a whole position keeps it.

    `now`, `rules`, `places`, shape (n_symbols,): records of BAR, RULE and PLACE. `returns`, shape (n_symbols, n_bars): simple
    returns [fraction]; `paper`, shape (4, window): scratch space, changed. `t`, `s`: bar and market; `rows`: returns of the
    window [bars]; `alone`: the book holds nothing else; `side`: LONG or SHORT.
    """
    first = True
    if not alone and rows >= limits.stress_bars:
        for other in range(len(places)):
            if other != s and is_weighed(now[other], places[other]):
                weight = weight_of(both, rules[other], places[other], equity)
                _add_stretches(limits, paper, returns[other, t - rows + 1 : t + 1], weight, first)
                first = False
    return _room_of(limits, paper, returns[s, t - rows + 1 : t + 1], not first, side)


@compiled
def _room_of(limits: Record, paper: Floats, own: Floats, others: bool, side: int) -> float:
    """The largest addition [fraction of equity] with which the book, held through any `stress_bars` bars of the window, loses no
    more than its limit: `risk.limits.loss.stressed_loss`.

    `own`, shape (n_bars,): the market's simple returns, oldest first [fraction]. `paper`, shape (4, window): where the book holds
    `others`, row 1 has their gains over the stretch that begins at each bar [fraction of equity]. `side`: LONG or SHORT.
    """
    length, room, worst = limits.stress_bars, np.inf, 0.0
    if len(own) < length:
        return 0.0
    for first in range(len(own) - length + 1):
        grown = 1.0
        for i in range(length):
            grown *= 1.0 + own[first + i]
        gain, held = side * (grown - 1.0), paper[1, first] if others else 0.0
        worst = min(worst, held)
        if gain < 0.0:
            room = min(room, (limits.max_stressed_loss + held) / -gain)
    if not -worst <= limits.max_stressed_loss:
        room = 0.0
    return float(np.inf if room >= limits.max_position_fraction else room)


@compiled
def _add_stretches(limits: Record, paper: Floats, returns: Floats, weight: float, first: bool) -> None:
    """Add the gains of a position of this weight [fraction of equity] over each stretch of `stress_bars` bars to `paper[1]`, or
    begin with them.

    `returns`, shape (n_bars,): simple returns, oldest first [fraction]. `paper`, shape (4, window) [fraction].
    """
    length = limits.stress_bars
    for begin in range(len(returns) - length + 1):
        grown = 1.0
        for i in range(length):
            grown *= 1.0 + returns[begin + i]
        paper[1, begin] = (grown - 1.0) * weight + (0.0 if first else paper[1, begin])
