"""What voters decide about markets that may be short, in the fast engine: what `agents.cycle` and `agents.resizing` do there."""

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.judging.holdings import equity_in_parts
from execution.kernel.judging.shares import is_enlarged, kept_lots, may_change
from execution.kernel.protection import follow, leave, trim
from execution.kernel.records import Both, Ints, Record, Records


@compiled
def opening_side(say: Record) -> int:
    """LONG or SHORT where voters propose a position, 0 where they do not."""
    if say.direction > 0:
        return w.LONG
    return w.SHORT if say.direction < 0 and say.short & w.OPENS else 0


@compiled
def decide_both(
    both: Both,
    now: Records,
    says: Records,
    rules: Records,
    limits: Record,
    account: Record,
    places: Records,
    docket: Ints,
    u: int,
) -> int:
    """Close positions that are voted out on their side, trim those of which a smaller share is wanted, and move their stops.
    Returns the number of proposals; `docket`, shape (n_symbols,), lists them, strongest conviction first.

    `now`, shape (n_symbols,): records of BAR [quote, base]; `says`, shape (n_rows, n_symbols): records of SAY [quote], of which
    row `u` is that of the bar. `rules`, `places`, shape (n_symbols,): records of RULE and PLACE.
    """
    for s in range(len(places)):
        say, place = says[u, s], places[s]
        if now[s].state == w.BELIEVED and place.held and _is_voted_out(say, place.side):
            leave(both, rules[s], place)
    waiting = 0
    for s in range(len(places)):
        say, place = says[u, s], places[s]
        side = opening_side(say)
        if side == 0 or now[s].state != w.BELIEVED:
            continue
        shared, on_its_side = not np.isnan(say.exposure), place.held > 0 and place.side == side
        if shared and on_its_side:
            follow(both, rules[s], limits, account, place, say.exit)
            if may_change(limits, place):
                equity = equity_in_parts(both, rules, limits, account, places)
                kept = kept_lots(rules[s], limits, place, say.exposure, equity)
                if kept[0] >= 0.0:
                    trim(both, rules[s], place, kept, say.exposure)
        idle = place.held == 0 and place.orders[w.BUYING, w.KIND] == w.NOTHING
        if idle or (shared and on_its_side and is_enlarged(limits, place, say.exposure)):
            at = waiting
            while at > 0 and says[u, docket[at - 1]].conviction < say.conviction:
                docket[at] = docket[at - 1]
                at -= 1
            docket[at] = s
            waiting += 1
    return waiting


@compiled
def _is_voted_out(say: Record, side: int) -> bool:
    """Whether voters want a position on this side closed: a short by a purchase, or because they want out of it."""
    if side > 0:
        return bool(say.direction < 0)
    return bool(say.direction > 0 or say.short & w.COVERS)
