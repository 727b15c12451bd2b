"""Positions whose time is up, in the fast engine: what `agents.horizons` does.

A purchase that is voted for sets the bar at which what it buys is due, and one that is voted for while something is held moves it
back, never nearer. A position that is due is sold at the first close at which nothing is voted for.
"""

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.margined.sides import side_of
from execution.kernel.protection import expire
from execution.kernel.records import Both, Records

NEVER = 2**62
"""The bar at which a position of voters without a horizon is due."""


@compiled
def close_what_is_due(both: Both, now: Records, says: Records, rules: Records, places: Records, t: int, u: int) -> None:
    """Note until when the purchases that are voted for are to be held, and sell what is due.

    `now`, shape (n_symbols,): records of BAR [quote]; `says`, shape (n_rows, n_symbols): records of SAY [quote, bars].
    `rules`, `places`, shape (n_symbols,): records of RULE and PLACE. `t`: the bar, `u`: the row of its votes.
    """
    for s in range(len(places)):
        place, say = places[s], says[u, s]
        if now[s].state != w.BELIEVED:
            continue
        opens = say.direction > 0
        if both is not None and say.short & w.OPENS:
            opens = True
        if opens:
            due = t + say.horizon if say.horizon > 0 else NEVER
            idle = place.held == 0 and place.orders[w.BUYING, w.KIND] == w.NOTHING
            place.due = due if idle else max(place.due, due)
        elif say.direction == 0 and place.held and t >= place.due:
            if both is not None and say.short & w.COVERS and side_of(both, place) < 0:
                continue  # it is voted out
            expire(both, rules[s], place)
