"""The kinds of findings: what each says, and the verdict that the gate obeys. Every list of them is derived from this one.

A verdict is about the bar and about what comes after it:

- use: the bar is believed, and the market goes on.
- no entry: the bar is used, and nothing new is opened on it.
- leave out: the bar is not used. Nothing is opened in its market at this close; at the next one, it trades again.
- freeze: nothing new is opened in the market until enough clean bars came in a row (`quality.thaw_bars`).
- ask: the market is frozen, and none of its bars is believed, until a human says what happened or the price is back.

The verdict of a bar of a market that is frozen already does not thaw it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """What is done about a finding."""

    USE = "use"
    NO_ENTRY = "no entry"
    LEAVE_OUT = "leave out"
    FREEZE = "freeze"
    ASK = "ask"


class Kind(NamedTuple):
    """What a kind of finding means, and what is done about it."""

    verdict: Verdict
    what: str


KINDS: Mapping[str, Kind] = {
    "gap": Kind(Verdict.LEAVE_OUT, "bars are missing; more than `quality.max_missing_bars` in a row freeze the market"),
    "duplicate": Kind(Verdict.USE, "a row repeats another: one of equal rows is used, and none of contradicting ones"),
    "disorder": Kind(Verdict.USE, "rows are not in the order of time, or off the grid: sorted, or left out"),
    "non_finite": Kind(Verdict.LEAVE_OUT, "a price, a volume or a time is no number"),
    "inconsistent": Kind(Verdict.LEAVE_OUT, "a price is not positive, or low, open, close and high are out of order"),
    "stale": Kind(Verdict.LEAVE_OUT, "the bar repeats the one before, volume and all: the source has stopped"),
    "bad_print": Kind(Verdict.FREEZE, "a high or low that nothing around it supports, gone within the bar"),
    "jump": Kind(Verdict.FREEZE, "a close far away that nothing supports: refused until the next bar confirms it"),
    "wide_bar": Kind(Verdict.FREEZE, "a range above the limit, where ranges are judged by the limit alone"),
    "large_move": Kind(Verdict.USE, "a move or range above the limits that its evidence supports: it happened"),
    "unit": Kind(Verdict.ASK, "the price is in another unit: a power of ten from one bar to the next"),
    "identity": Kind(Verdict.ASK, "the price is that of another coin, or in another unit that is no power of ten"),
    "depeg": Kind(Verdict.FREEZE, "a coin that was worth 1 is not: frozen until it is, for enough bars in a row"),
    "zero_volume": Kind(Verdict.USE, "nobody traded in the bar"),
    "flat": Kind(Verdict.FREEZE, "more than `quality.max_flat_bars` bars in a row without volume: a halt"),
    "frozen": Kind(Verdict.FREEZE, "the market is frozen from here on"),
    "thawed": Kind(Verdict.USE, "enough clean bars came: the market trades again"),
    "closed_day": Kind(Verdict.LEAVE_OUT, "a bar of a day on which the exchange is closed, by its calendar"),
    "provisional": Kind(Verdict.USE, "the bar of the running day, as it stood when it was decided on"),
    "settled": Kind(Verdict.USE, "what the bar that was decided on had become when its day was over"),
    "short_history": Kind(Verdict.USE, "too few bars before the session: it begins later"),
    "volume": Kind(Verdict.USE, "a volume that nobody can have traded: probably in the quote currency"),
    "funding_gap": Kind(Verdict.USE, "funding rates are missing: nothing was charged for them"),
    "mark_gap": Kind(Verdict.USE, "mark prices of a perpetual are missing: the traded price stands for them"),
    "mark_differs": Kind(Verdict.NO_ENTRY, "a mark price is far from the traded price: the traded price stands for it"),
    "detail_gap": Kind(Verdict.USE, "finer bars are missing inside a bar: it is walked as a whole"),
    "detail_differs": Kind(Verdict.USE, "finer bars contradict their bar: it is walked as a whole"),
    "late": Kind(Verdict.NO_ENTRY, "a live bar came long after its close: exits trade on it"),
    "silent": Kind(Verdict.LEAVE_OUT, "the exchange did not answer for a market while it did for others"),
    "missed": Kind(Verdict.LEAVE_OUT, "a live bar came after its close had been passed on without it"),
    "revised": Kind(Verdict.USE, "an exchange changed a bar that had closed: what was decided on it stays"),
}
"""By the name that stands in a finding."""
