"""Rules about the market of an entry, in ticks and lots: what `risk.limits.market` and `risk.limits.book` do.

A proposal's price and time need no rule here: it is made at the close of the bar on which it is judged.
"""

import numpy as np

from execution.kernel import records as w
from execution.kernel.book import lay_book, lay_liquidity
from execution.kernel.compiled import compiled
from execution.kernel.exact import SNAP, Pair, add, is_clear, over, ratio, times
from execution.kernel.records import Record

_US_AN_HOUR = 3_600_000_000


@compiled
def forget_yesterday(limits: Record, account: Record) -> None:
    """At the beginning of a bar: drop the counts of the bar one day before it."""
    forget(account, account.bar % limits.day_bars)


@compiled
def forget(account: Record, slot: int) -> None:
    """Drop the counts of one bar of the last day, by its place in that day [bars]."""
    account.entries -= account.counted[slot, w.ENTERED]
    account.errors -= account.counted[slot, w.FAILED]
    account.counted[slot, w.ENTERED] = 0
    account.counted[slot, w.FAILED] = 0


@compiled
def count_entry(limits: Record, account: Record) -> None:
    """Count one more entry in the last 24 hours."""
    account.counted[account.bar % limits.day_bars, w.ENTERED] += 1
    account.entries += 1


@compiled
def count_error(limits: Record, account: Record) -> None:
    """Count one more order that the venue rejected in the last 24 hours."""
    account.counted[account.bar % limits.day_bars, w.FAILED] += 1
    account.errors += 1


@compiled
def is_open(limits: Record, account: Record) -> bool:
    """Whether entries are allowed in this hour. The hours may pass midnight."""
    hour = (account.now_us // _US_AN_HOUR) % 24
    if limits.first_hour < limits.last_hour:
        return bool(limits.first_hour <= hour < limits.last_hour)
    return bool(hour >= limits.first_hour or hour < limits.last_hour)


@compiled
def near_release(limits: Record, account: Record) -> bool:
    """Whether a release is near, or may be, since the calendar does not know this time."""
    pause, now = limits.macro_pause_us, account.now_us
    if pause < 0:
        return False
    if now < limits.covered_from_us + pause or now > limits.covered_to_us - pause:
        return True
    near = False
    for number in range(limits.releases_known):
        near |= abs(limits.releases_us[number] - now) <= pause
    return near


@compiled
def show_book(rule: Record, place: Record, bar: Record) -> None:
    """The book around the last close with the depth of the last bar: `shown_books`. The next open lays its own."""
    place.laid = 0
    lay_liquidity(rule, place, bar)
    lay_book(rule, place, bar.close)


@compiled
def is_wide(place: Record, most: float) -> bool:
    """Whether best bid and best ask of the present book are more than `most` apart [bps], or one of them is missing."""
    bid, ask = place.prices[1, 0], place.prices[0, 0]
    if bid <= 0 or ask <= 0:
        return bool(most < np.inf)
    apart, middle = 2.0 * (ask - bid), float(ask + bid)
    rough = apart / middle * 1e4
    return bool((rough if is_clear(rough, most) else ratio((apart, 0.0), (middle, 0.0)) * 1e4) > most)


@compiled
def lots_within(rule: Record, limits: Record, place: Record, row: int) -> Pair:
    """The most lots whose average price, level by level, is within the slippage limit of the mid price: `depth_within`.

    `row`: the side of the book that is taken from: asks, whose limit lies above the mid price, or bids, whose limit lies below.
    """
    worst = (limits.dearest[0], limits.dearest[1]) if row == w.ASKS else (limits.cheapest[0], limits.cheapest[1])
    most = times((float(place.prices[0, 0] + place.prices[1, 0]), 0.0), worst)
    taken, surplus = (0.0, 0.0), (0.0, 0.0)
    for i in range(rule.levels):
        lots = float(place.depths[row, i])
        dearer = add((2.0 * place.prices[row, i], 0.0), (-most[0], -most[1]))
        if row == w.BIDS:
            dearer = (-dearer[0], -dearer[1])
        part = (lots, 0.0)
        if dearer[0] > SNAP * most[0]:
            able = over(surplus, dearer)
            if able[0] < lots:
                part = able
        taken = add(taken, part)
        paid = times(part, dearer)
        surplus = add(surplus, (-paid[0], -paid[1]))
        if part[0] < lots or lots == 0.0:
            break
    return taken
