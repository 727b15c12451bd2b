"""The kernel's one loop over bars, in the order of `agents.cycle` and `execution.account.trader`; and what only bars decide.

A loop that runs out of room for fills stops at the bar and says so; it goes on from there with more.
"""

import math
from typing import Any

import numpy as np

from execution.kernel import records as w
from execution.kernel.breakers import equity_of, is_shut, observe
from execution.kernel.compiled import compiled, door, fingerprint
from execution.kernel.gate import judge
from execution.kernel.market import forget_yesterday
from execution.kernel.protection import abandon_entry, leave, tidy, trail
from execution.kernel.records import Floats, Ints, Record, Records, Small
from execution.kernel.venue import at_open, walk
from risk.window import DECAY, MIN_RETURNS

_US_A_DAY = 86_400_000_000


@compiled
def _live(
    bars: Records, rules: Records, limits: Record, account: Record, places: Records, fills: Records, t: int
) -> None:
    """What happens during the bar: trading at the open, then during the rest of it; then the marks."""
    for s in range(len(places)):
        place = places[s]
        if place.live and bars[t, s].state:
            at_open(rules[s], limits, account, place, fills, bars[t, s])
            tidy(rules[s], limits, place)
    for s in range(len(places)):
        place = places[s]
        if place.moving:
            walk(rules[s], limits, account, place, fills, bars[t, s])
            tidy(rules[s], limits, place)
        if place.held and bars[t, s].state == w.BELIEVED:
            place.mark = bars[t, s].close


@compiled
def _review(bars: Records, rules: Records, limits: Record, account: Record, places: Records, t: int) -> None:
    """Entries that have lost their ground are withdrawn; stops are pulled up."""
    shut = is_shut(account)
    for s in range(len(places)):
        place, bar = places[s], bars[t, s]
        if place.orders[0, w.KIND] and (bar.state != w.BELIEVED or bar.frozen or shut):
            abandon_entry(rules[s], limits, place)
        if place.held and bar.state == w.BELIEVED:
            trail(rules[s], limits, place, bar.high)


@compiled
def _decide(bars: Records, says: Records, rules: Records, places: Records, docket: Ints, t: int) -> int:
    """Close what is voted out. Returns how many are voted in, by number in `docket`, the strongest conviction first."""
    waiting = 0
    for s in range(len(places)):
        say = says[t, s]
        if say.direction == 0 or bars[t, s].state != w.BELIEVED:
            continue
        if say.direction < 0:
            leave(rules[s], places[s])
        elif places[s].held == 0 and places[s].orders[0, w.KIND] == w.NOTHING:
            at = waiting
            while at > 0 and says[t, docket[at - 1]].conviction < say.conviction:
                docket[at] = docket[at - 1]
                at -= 1
            docket[at] = s
            waiting += 1
    return waiting


@compiled
def _advance(
    begin_us: int,
    step_us: int,
    bars: Records,
    returns: Floats,
    seen: Small,
    origin: int,
    says: Records,
    rules: Records,
    limits: Record,
    points: Floats,
    account: Record,
    places: Records,
    paper: Floats,
    docket: Ints,
    fills: Records,
    equity: Floats,
    first: int,
    room: int,
) -> int:
    for t in range(first, len(bars)):
        if account.fills + room > len(fills):
            return t
        account.bar = t
        account.now_us = begin_us + (t + 1) * step_us
        forget_yesterday(limits, account)
        busy, spoken, sigma = False, False, 0.0
        for s in range(len(places)):
            busy = busy or places[s].live > 0 or places[s].held > 0
            spoken = spoken or says[t, s].direction != 0
            if bars[t, s].state == w.BELIEVED and bars[t, s].sigma > sigma:
                sigma = bars[t, s].sigma
        worth = account.cash_quote
        if busy:
            _live(bars, rules, limits, account, places, fills, t)
            worth = equity_of(rules, account, places)
        equity[t] = worth
        observe(limits, account, account.now_us // _US_A_DAY, worth, sigma)
        if busy:
            _review(bars, rules, limits, account, places, t)
        if not spoken:
            continue
        for i in range(_decide(bars, says, rules, places, docket, t)):
            s = docket[i]
            account.proposed += 1
            code = judge(
                bars, returns, seen, origin, says[t, s], rules, limits, points, account, places, paper, t, s, is_shut(account)
            )  # fmt: skip
            if code == w.ALLOWED:
                account.signed += 1
            else:
                account.refused[code] += 1
    return len(bars)


@compiled
def _measure(bars: Records, returns: Floats, seen: Small, s: int) -> int:
    """Returns, and how large they were against those before: `risk.window` for one symbol. Gives the bar of its first close."""
    before, variance, moves, absent, first = 0.0, 0.0, 0, 0, len(bars)
    for t in range(len(bars)):
        bar = bars[t, s]
        returns[s, t] = 0.0
        bar.sigma = np.nan
        absent += 1
        if bar.state == w.BELIEVED:
            absent = 0
            if before > 0.0:
                value = bar.close / before - 1.0
                if moves >= MIN_RETURNS and variance > 0.0:
                    bar.sigma = abs(value) / math.sqrt(variance)
                variance += (1.0 if moves == 0 else 1.0 - DECAY) * (value * value - variance)
                moves += 1
                returns[s, t] = value
            else:
                first = t
            before = bar.close
        seen[s, t] = moves
        bar.stale = absent
    return first


def _doors(stamp: str) -> tuple[Any, Any]:
    """The two that Python calls. The stamp is in their closure, so that they are compiled anew when any source changes."""

    def advance(grid: Any, rules: Any, limits: Any, points: Any, says: Any, state: Any, first: int, room: int) -> int:
        """Live through the bars from `first` on. Returns the bar that lacked room for fills, or the number of bars."""
        begin_us, step_us, bars, returns, seen, origin = grid
        accounts, places, paper, docket, fills, equity = state
        if not stamp:
            return -1
        return _advance(
            begin_us, step_us, bars, returns, seen, origin, says, rules, limits[0], points, accounts[0], places, paper, docket,
            fills, equity, first, room,
        )  # fmt: skip

    def measure(bars: Any, returns: Any, seen: Any) -> int:
        """Fill in all that only bars decide. Gives the bar of the first close of any symbol."""
        origin = len(bars)
        if stamp:
            for s in range(bars.shape[1]):
                origin = min(origin, _measure(bars, returns, seen, s))
        return origin

    return door(advance), door(measure)


advance, measure = _doors(fingerprint())
