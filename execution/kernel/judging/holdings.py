"""The account as the compiled gate counts it: cash, positions, entries under way, and the rooms that they leave.

Sums are exact pairs of floats (`execution.kernel.exact`), as the full engine's are decimals.
"""

from typing import Any

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.exact import Pair, add, decimal_of, over, times, two_sum
from execution.kernel.judging.pairs import correlated
from execution.kernel.margined.isolated import free_of
from execution.kernel.margined.sides import side_of, with_side
from execution.kernel.records import Both, Floats, Record, Records, Small
from risk.sizing import A_HAIR_LESS
from risk.window import QUARANTINE_BARS

_PLENTY = 0.98
"""Share of the cash that is left for certain, whatever is kept back."""


@compiled
def cash_of(limits: Record, account: Record) -> Pair:
    """Cash, in quote units. It is kept as long as the cash is the same: a division in parts takes long."""
    if account.told[0] != account.cash[0] or account.told[1] != account.cash[1]:
        account.quoted[0], account.quoted[1] = over((account.cash[0], account.cash[1]), (limits.quote_units, 0.0))
        account.told[0], account.told[1] = account.cash[0], account.cash[1]
    return account.quoted[0], account.quoted[1]


@compiled
def equity_in_parts(both: Both, rules: Records, limits: Record, account: Record, places: Records) -> Pair:
    """Cash and positions at the marks [quote]. `rules`, `places`, shape (n_symbols,): records of RULE and PLACE."""
    return equity_with(both, cash_of(limits, account), rules, places)


@compiled
def equity_with(both: Both, cash: Pair, rules: Records, places: Records) -> Pair:
    """This cash and positions at the marks [quote]. `rules`, `places`, shape (n_symbols,): records of RULE and PLACE."""
    total = cash
    for s in range(len(places)):
        total = add(total, with_side(worth_of(rules[s], places[s]), side_of(both, places[s])))
    return total


@compiled
def pending_of(place: Record) -> Pair:
    """What an entry under way has still to buy, in quote units."""
    if place.orders[0, w.KIND] == w.NOTHING:
        return 0.0, 0.0
    if place.orders[0, w.LEFT] == place.orders[0, w.QUANTITY]:
        return two_sum(place.notional[0], place.notional[1])
    share = over((float(place.orders[0, w.LEFT]), 0.0), (float(place.orders[0, w.QUANTITY]), 0.0))
    return times((place.notional[0], place.notional[1]), share)


@compiled
def worth_of(rule: Record, place: Record) -> Pair:
    """What is held of a market, at its mark, in quote units. It is kept as long as both are the same."""
    if not place.held:
        return 0.0, 0.0
    if place.weighed != place.held or place.weighed_at != place.mark:
        place.worth[0], place.worth[1] = times(
            times((float(place.held), 0.0), (rule.lot[0], rule.lot[1])), decimal_of(place.mark)
        )
        place.weighed, place.weighed_at = place.held, place.mark
    return place.worth[0], place.worth[1]


@compiled
def exposed(rule: Record, place: Record) -> Pair:
    """Notional held and under way, in quote units, without a sign."""
    return add(worth_of(rule, place), pending_of(place))


@compiled
def weight_of(both: Both, rule: Record, place: Record, equity: float) -> float:
    """The same as a part of equity [quote], below zero for a short."""
    share = exposed(rule, place)[0] / equity
    return float(share if side_of(both, place) > 0 else -share)


@compiled
def net_of(rules: Records, places: Records, but: int) -> float:
    """What is long less what is short of positions and of entries under way, without those of the market `but` [quote].

    `rules`, `places`, shape (n_symbols,): records of RULE and PLACE of perpetuals.
    """
    total = (0.0, 0.0)
    for s in range(len(places)):
        if s != but:
            total = add(total, with_side(exposed(rules[s], places[s]), places[s].side))
    return float(total[0])


@compiled
def short_notional(rules: Records, places: Records, but: int) -> float:
    """Notional of the positions that are short, without that of the market `but` [quote].

    `rules`, `places`, shape (n_symbols,): records of RULE and PLACE of perpetuals.
    """
    total = (0.0, 0.0)
    for s in range(len(places)):
        if s != but and places[s].side < 0:
            total = add(total, worth_of(rules[s], places[s]))
    return float(total[0])


@compiled
def deployed(rules: Records, places: Records, but: int) -> float:
    """Notional of positions and of entries under way, all added up, without those of the market `but` [quote].

    `rules`, `places`, shape (n_symbols,): records of RULE and PLACE. `but`: w.NONE for no market.
    """
    total = (0.0, 0.0)
    for s in range(len(places)):
        if s == but:
            continue
        total = add(total, exposed(rules[s], places[s]))
    return float(total[0])


@compiled
def held_notional(rules: Records, places: Records, but: int) -> float:
    """Notional of positions alone, without that of the market `but` [quote].

    `rules`, `places`, shape (n_symbols,): records of RULE and PLACE.
    """
    total = (0.0, 0.0)
    for s in range(len(places)):
        if s == but:
            continue
        total = add(total, worth_of(rules[s], places[s]))
    return float(total[0])


@compiled
def others_open(places: Records, s: int) -> int:
    """In how many markets beside `s` there is a position or an entry under way [count].

    `places`, shape (n_symbols,): records of PLACE.
    """
    count = 0
    for other in range(len(places)):
        if other != s and (places[other].held > 0 or places[other].orders[0, w.KIND] != w.NOTHING):
            count += 1
    return count


@compiled
def is_weighed(bar: Record, place: Record) -> bool:
    """Whether a symbol is in the book, and not in quarantine."""
    return bool((place.held > 0 or place.orders[0, w.KIND] != w.NOTHING) and bar.stale < QUARANTINE_BARS)


@compiled
def rows_of(now: Records, seen: Small, origin: int, limits: Record, places: Records, t: int, own: int) -> int:
    """How many of the latest bars are known of the market and of all that is weighed with it [bars].

    `now`, shape (n_symbols,): records of BAR [quote, base]. `seen`, shape (n_symbols, n_bars): how many returns there are up to
    each bar [count], or (n_symbols, 0) where each bar has one. `places`, shape (n_symbols,): records of PLACE. `t`, `own`: bar
    and market.
    """
    rows = own_rows(seen, origin, limits, t, own)
    for s in range(len(places)):
        if s != own and is_weighed(now[s], places[s]):
            rows = min(rows, own_rows(seen, origin, limits, t, s))
    return rows


@compiled
def own_rows(seen: Small, origin: int, limits: Record, t: int, s: int) -> int:
    """How many of the latest bars are known of one market [bars]. `t`, `s`: bar and market.

    `seen`, shape (n_symbols, n_bars): how many returns there are up to each bar [count], or (n_symbols, 0) where each has one.
    """
    count = min(t - origin, limits.window)
    if seen.shape[1] == 0:
        return int(count)
    return int(min(count, seen[s, t] - seen[s, t - count]))


@compiled
def rough_day_volume(columns: Any, origin: int, limits: Record, fact: Record, t: int, s: int) -> float:
    """The same as `day_volume` but for its last digits, in two sums that do not wait for each other; `fact` keeps it.

    `columns`: those of `show`; `t`, `s`: bar and market.
    """
    prices, state = columns[0], columns[1]
    if fact.volume > 0.0:
        return float(fact.volume)
    begin, even, odd = max(origin, t + 1 - limits.day_bars), 0.0, 0.0
    for i in range(begin, t, 2):
        even += prices[w.CLOSE, i, s] * prices[w.VOLUME, i, s] if state[i, s] == w.BELIEVED else 0.0
        odd += prices[w.CLOSE, i + 1, s] * prices[w.VOLUME, i + 1, s] if state[i + 1, s] == w.BELIEVED else 0.0
    if (t + 1 - begin) % 2:
        even += prices[w.CLOSE, t, s] * prices[w.VOLUME, t, s] if state[t, s] == w.BELIEVED else 0.0
    fact.volume = even + odd
    return float(fact.volume)


@compiled
def day_volume(columns: Any, origin: int, limits: Record, t: int, s: int) -> float:
    """Traded in the last 24 hours in believed bars [quote]: `risk.volumes`.

    `columns`: those of `show`; `t`, `s`: bar and market.
    """
    prices, state = columns[0], columns[1]
    total = 0.0
    for i in range(max(origin, t + 1 - limits.day_bars), t + 1):
        if state[i, s] == w.BELIEVED:
            total += prices[w.CLOSE, i, s] * prices[w.VOLUME, i, s]
    return float(total)


@compiled
def cash_room(rule: Record, limits: Record, free: Pair, places: Records, enough: float) -> float:
    """What the cash pays for with its fee, at the dearest price or with one percent to spare [quote]; `enough` if that is less.

    `places`, shape (n_symbols,): records of PLACE. Floats decide where there is plenty of cash.
    """
    coming = (0.0, 0.0)
    for s in range(len(places)):
        coming = add(coming, pending_of(places[s]))
    if coming[0] == 0.0 and free[0] * _PLENTY > enough * rule.with_fee[0] * limits.capped[0]:
        return enough
    if limits.entry_cap:
        dearest = times((rule.with_fee[0], rule.with_fee[1]), (limits.capped[0], limits.capped[1]))
        return float(min(enough, add(over(free, dearest), (-coming[0], -coming[1]))[0] * A_HAIR_LESS))
    room = add(free, (-coming[0], -coming[1]))
    spare = over(times(room, (99.0, 0.0)), times((rule.with_fee[0], rule.with_fee[1]), (100.0, 0.0)))
    return float(min(enough, spare[0]))


@compiled
def margin_room(rule: Record, limits: Record, account: Record, places: Records, enough: float) -> float:
    """What the free wallet has margin and fee for, as `cash_room` has it of cash [quote].

    `places`, shape (n_symbols,): records of PLACE of perpetuals.
    """
    coming = (0.0, 0.0)
    for s in range(len(places)):
        coming = add(coming, pending_of(places[s]))
    free, each = over(free_of(account), (limits.quote_units, 0.0)), (rule.margin_fee[0], rule.margin_fee[1])
    if limits.entry_cap:
        whole = over(over(free, each), (limits.capped[0], limits.capped[1]))
        return float(min(enough, add(whole, (-coming[0], -coming[1]))[0] * A_HAIR_LESS))
    bound = times(coming, (rule.unleveraged[0], rule.unleveraged[1]))
    spare = over(add(free, (-bound[0], -bound[1])), each)
    return float(min(enough, times(spare, over((99.0, 0.0), (100.0, 0.0)))[0]))


@compiled
def sector_room(rules: Records, limits: Record, places: Records, own: int, equity: float) -> float:
    """What a market's sector leaves [fraction of equity]; a market of no sector is not capped by one.

    `rules`, `places`, shape (n_symbols,): records of RULE and PLACE. `equity` [quote].
    """
    if rules[own].sector < 0:
        return np.inf
    used = (0.0, 0.0)
    for s in range(len(places)):
        if s != own and rules[s].sector == rules[own].sector:
            used = add(used, exposed(rules[s], places[s]))
    return float(limits.max_sector_fraction - used[0] / equity)


@compiled
def cluster_room(
    both: Both,
    now: Records,
    returns: Floats,
    pairs: Records,
    rules: Records,
    limits: Record,
    places: Records,
    t: int,
    s: int,
    rows: int,
    equity: float,
) -> float:
    """What the cluster of a market leaves [fraction of equity]; infinite where nothing that is held moves with it.

    `now`, shape (n_symbols,): records of BAR [quote, base]. `returns`, shape (n_symbols, n_bars) [simple return].
    `pairs`: see `correlated`. `rules`, `places`, shape (n_symbols,): records of RULE and PLACE.
    `t`, `s`: bar and market; `rows`: returns behind a correlation; `equity` [quote].
    """
    count = len(places)
    for other in range(count):
        places[other].reached = 0
    places[s].reached, places[0].front, waiting, found, used = 1, s, 1, False, (0.0, 0.0)
    while waiting:
        waiting -= 1
        here = places[waiting].front
        for other in range(count):
            if places[other].reached or not is_weighed(now[other], places[other]):
                continue
            value = correlated(returns, pairs, t, rows, here, other)
            if (value if both is None else abs(value)) > limits.max_correlation:
                places[other].reached, found = 1, True
                places[waiting].front = other
                waiting += 1
    for other in range(count):
        if places[other].reached and other != s:
            used = add(used, exposed(rules[other], places[other]))
    return float(limits.max_cluster_fraction - used[0] / equity) if found else np.inf
