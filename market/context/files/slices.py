"""Figures in columns, as the facts of each slice of a session: those that became known after the slice before it.

Of a figure whose older values nothing reads, a slice holds the newest value only. The first slice of a session also holds what
was known before it and is young enough to be read.
"""

from collections.abc import Iterable

import numpy as np

from config.clock import from_ms
from market.bar import Fact
from market.candles import Millis
from market.context.catalogue import CATALOGUE
from market.context.files.told import FactColumns


def facts_by_close(
    columns: Iterable[FactColumns], start_ms: int, end_ms: int, step_ms: int
) -> dict[int, tuple[Fact, ...]]:
    """The facts of each slice of a session, by its close. All numbers are milliseconds (since 1970 UTC), a bar has `step_ms`."""
    found: dict[int, list[Fact]] = {}
    for each in columns:
        steps = np.maximum(-(-(each.known_ms - start_ms) // step_ms), 1)
        closes = start_ms + steps * step_ms
        keeps_ms = int(CATALOGUE[each.name].keeps.total_seconds() * 1000)
        chosen = np.flatnonzero((closes <= end_ms) & (each.at_ms >= closes - keeps_ms))
        for place in _newest(each, closes, chosen):
            found.setdefault(int(closes[place]), []).append(_fact(each, place))
    return {close: tuple(sorted(found[close], key=_order)) for close in sorted(found)}


def _newest(each: FactColumns, closes: Millis, chosen: Millis) -> list[int]:
    """The rows that a slice holds: the newest of all, or of each moment where older values are read too."""
    kept: dict[tuple[int, int], int] = {}
    whole = bool(CATALOGUE[each.name].history)
    for place in sorted(chosen.tolist(), key=lambda at: (each.at_ms[at], each.known_ms[at])):
        kept[int(closes[place]), int(each.at_ms[place]) if whole else 0] = place
    return list(kept.values())


def _fact(each: FactColumns, place: int) -> Fact:
    return Fact(
        name=each.name,
        symbol=each.symbol,
        at_utc=from_ms(int(each.at_ms[place])),
        known_utc=from_ms(int(each.known_ms[place])),
        value=float(each.value[place]),
    )


def _order(fact: Fact) -> tuple[str, str, object, object]:
    return fact.name, fact.symbol or "", fact.at_utc, fact.known_utc
