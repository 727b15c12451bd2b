"""What happens to an account during a bar and at its close, before anybody speaks: trades, marks, pauses, stops that trail."""

import numpy as np

from execution.kernel import records as w
from execution.kernel.bars.walking import walk_both
from execution.kernel.breakers import is_shut, is_shut_on
from execution.kernel.compiled import compiled
from execution.kernel.margined.sides import side_of
from execution.kernel.protection import abandon_entry, tidy, trail
from execution.kernel.records import Both, Record, Records
from execution.kernel.venue import at_open, walk


@compiled
def live(
    both: Both, now: Records, rules: Records, limits: Record, account: Record, places: Records, fills: Records
) -> None:
    """What happens during the bar: trading at the open, then during the rest of it; then the marks.

    `now`, shape (n_symbols,): records of BAR [quote, base]; `rules`, `places`, of that shape: records of RULE and PLACE.
    `fills`, shape (n_fills,): records of FILL. `account`, `places` and `fills` are changed.
    """
    for s in range(len(places)):
        place, busy = places[s], places[s].live > 0
        if both is not None:
            busy = busy or place.held > 0
        if busy and now[s].state:
            at_open(both, rules[s], limits, account, place, fills, now[s])
            tidy(both, rules[s], limits, account, place)
    for s in range(len(places)):
        place = places[s]
        if place.moving:
            if both is None:
                walk(both, rules[s], limits, account, place, fills, now[s])
            else:
                walk_both(both, rules[s], limits, account, place, fills, now[s])
            tidy(both, rules[s], limits, account, place)
        if place.held and now[s].state == w.BELIEVED:
            place.mark = now[s].close if both is None else now[s].mark_close


@compiled
def rise(now: Records, limits: Record, account: Record, places: Records) -> float:
    """The same as `fall` for short sales: pause them where a symbol has risen. Returns how far the market rose [standard
    deviations].

    `now`, `places`, shape (n_symbols,): records of BAR and PLACE.
    """
    total, count = 0.0, 0
    for s in range(len(places)):
        move = now[s].sigma
        if now[s].state != w.BELIEVED or np.isnan(move):
            continue
        total += move
        count += 1
        if move >= limits.fall_sigma:
            places[s].risen_until = account.now_us + limits.turbulence_pause_us
    return total / count if count > 1 else 0.0


@compiled
def fall(now: Records, limits: Record, account: Record, places: Records) -> float:
    """Pause the symbols that have fallen. Returns how far the market fell, the mean of its symbols [standard deviations].

    `now`, `places`, shape (n_symbols,): records of BAR and PLACE.
    """
    total, count = 0.0, 0
    for s in range(len(places)):
        move = now[s].sigma
        if now[s].state != w.BELIEVED or np.isnan(move):
            continue
        total += move
        count += 1
        if -move >= limits.fall_sigma:
            places[s].turbulent_until = account.now_us + limits.turbulence_pause_us
    return -total / count if count > 1 else 0.0


@compiled
def review(both: Both, now: Records, rules: Records, limits: Record, account: Record, places: Records) -> None:
    """Withdraw entries that are no longer justified, and let stops trail.

    `now`, shape (n_symbols,): records of BAR [quote, base]; `rules`, `places`, of that shape: records of RULE and PLACE.
    """
    shut = is_shut(account)
    for s in range(len(places)):
        place, bar = places[s], now[s]
        if both is None:
            closed = shut or place.turbulent_until > account.now_us
        else:
            closed = is_shut_on(both, limits, account, place, side_of(both, place))
        if place.orders[0, w.KIND] and (bar.state != w.BELIEVED or bar.frozen or closed):
            abandon_entry(both, rules[s], limits, account, place)
        if place.held and bar.state == w.BELIEVED:
            trail(both, rules[s], limits, account, place, bar.high, bar.low)
