"""The procedure by which each listed jump and wide bar was labelled: a bad print, a real move, or another coin or unit.

It looks back on the whole file, so the monitor, which sees a bar when it closes, cannot use it. What it asks, in this order:

1. Is the price in another unit, or of another coin? Yes where the price is 50 times the last one, or 1/50, across a gap.
2. Wide bar: is its high or low a *wick*, a price far from all that its neighbours traded? The open and close of the bar, the
   whole bar before and the whole bar after are held against it. Far is the threshold of the list itself: without its wick, the
   bar would be no hit. No wick, no bad print.
   Jump: did the price *return* in one bar, to less than a third of the jump? If it stayed, it is no bad print.
3. Was it the symbol's own way to trade then? `turbulent`: bars at least half as wide as the wick (a third as wide as the jump)
   came before or after, as a median of three. Then it is a real move.
4. Did the `market` go there: the median of the other symbols at that time moved at least a third as far, in that direction?
   Then it is real.
5. Did another `feed` of the same market (its perpetual, its spot market) go there, at least half as far? Then it is real.
6. Jump: was there `volume`, at least three times the median of the 24 bars before? Then it is real. The volume of a wick does
   not decide: a single order that empties a thin book is a large volume too (SUSD: 17,000 times the usual).

What is left is a bad print: alone in its market, in its day and among its feeds, and gone within a bar. In a first bar, the bar
before is missing and its open is a price that was set, not traded; so only its close and the bar after speak.
`tribunal quality --relabel FILE` writes the labels anew.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from config.clock import from_ms
from config.errors import DataFault
from evidence.quality.hits import Feeds, Hit, market_of, row_of
from market.candles import RawCandles
from market.timeframe import Timeframe

LABELLED = ("jump", "wide_bar")
"""Kinds of hits that may be real moves. The others are facts."""

_OTHER_COIN = math.log(50.0)
_NEAR = 3  # bars before and after that show how the symbol traded
_USUAL = 24  # bars before that show its usual volume
_LONG_GAP = timedelta(hours=24)
_STABLE = ("USDC", "USDT", "BUSD", "TUSD", "PAX", "SUSD", "UST", "DAI", "FDUSD")


class Label(StrEnum):
    """What a hit was."""

    BAD_PRINT = "bad_print"
    REAL_MOVE = "real_move"
    OTHER_COIN = "other_coin"


class Labelled(NamedTuple):
    """A hit, its label, and the codes of the evidence for it."""

    hit: Hit
    label: Label
    evidence: tuple[str, ...]


class Limits(NamedTuple):
    """The thresholds by which the list was made: log of high over low, and log return."""

    width: float
    move: float


def limits_of(file: str, timeframe: Timeframe) -> Limits:
    """The thresholds of a file. Raises DataFault for a timeframe that the list does not have."""
    if "bitfinex" in file:
        return Limits(math.log(1.10), 0.06)
    known = {Timeframe.H1: Limits(math.log(1.60), 0.30), Timeframe.M5: Limits(math.log(1.15), 0.12)}
    known[Timeframe.M1] = Limits(math.log(1.06), 0.045)
    if timeframe not in known:
        raise DataFault(f"{file} has bars of {timeframe}, for which the list has no threshold: nothing was measured.")
    return known[timeframe]


def label_all(hits: Sequence[Hit], feeds: Feeds) -> Iterator[Labelled]:
    """The labels of the jumps and wide bars among the hits. Raises DataFault when the bar of a hit is not in its file."""
    for hit in hits:
        if hit.kind in LABELLED:
            yield label(hit, feeds)


def label(hit: Hit, feeds: Feeds) -> Labelled:
    """The label of one jump or wide bar, by the procedure above. Raises DataFault when its bar is not in its file."""
    candles = market_of(hit, feeds)
    row = row_of(candles, hit.at_utc)
    if row is None:
        raise DataFault(f"{hit.file} has no bar of {hit.symbol} at {hit.at_utc:%Y-%m-%d %H:%M}: nothing was measured.")
    past, hours = _begins(candles, row)
    codes = ("first_bar",) if not past else ("after_gap",) if hours >= _LONG_GAP else ()
    has_before = past and hours < _LONG_GAP
    across_a_gap = past and hours > candles.timeframe.duration
    if hit.kind == "jump" and across_a_gap and abs(_log(candles.close[row] / candles.close[row - 1])) >= _OTHER_COIN:
        return Labelled(hit, Label.OTHER_COIN, (*codes, "other_price"))
    judge = _wide_bar if hit.kind == "wide_bar" else _jump
    label_, found = judge(hit, candles, row, has_before, feeds)
    return Labelled(hit, label_, (*codes, *found))


def _wide_bar(hit: Hit, candles: RawCandles, row: int, has_before: bool, feeds: Feeds) -> tuple[Label, tuple[str, ...]]:
    up, down = wick_of(candles, row, has_before)
    wick, rises = (up, True) if up >= down else (down, False)
    codes = ["volume" if _volume(candles, row) >= 3.0 else "no_volume"]
    if wick < limits_of(hit.file, candles.timeframe).width:
        return Label.REAL_MOVE, ("no_wick", *codes)
    turbulent = _turbulence(candles, row, has_before) >= wick / 2
    market = _market(hit, candles, feeds, rises=rises) >= wick / 3
    feed = _other_feeds(hit, candles, feeds, row, has_before, wick, rises=rises)
    codes += ["turbulent" if turbulent else "calm", "market" if market else "alone"]
    codes += [] if feed is None else ["feed" if feed else "no_feed"]
    real = turbulent or market or feed is True
    return Label.REAL_MOVE if real else Label.BAD_PRINT, ("wick", *codes)


def _jump(hit: Hit, candles: RawCandles, row: int, has_before: bool, feeds: Feeds) -> tuple[Label, tuple[str, ...]]:
    before, close = candles.close[row - 1], candles.close[row]
    move, is_last = _log(close / before), row + 1 == len(candles)
    returned = not is_last and abs(_log(candles.close[row + 1] / before)) < abs(move) / 3
    volume, turbulent = _volume(candles, row) >= 3.0, _turbulence(candles, row, has_before) >= abs(move) / 3
    market = _market(hit, candles, feeds, rises=move > 0) >= abs(move) / 3
    codes = (
        "returned" if returned else "stayed",
        "volume" if volume else "no_volume",
        "turbulent" if turbulent else "calm",
        "market" if market else "alone",
    )
    bad = returned and not (turbulent or market or volume)
    return Label.BAD_PRINT if bad else Label.REAL_MOVE, codes


def wick_of(candles: RawCandles, row: int, has_before: bool) -> tuple[float, float]:
    """How far high and low are beyond all that the bar's open and close and its neighbours traded [log]."""
    near = [row + 1] if row + 1 < len(candles) else []
    near += [row - 1] if has_before else []
    body = [float(candles.close[row])] + ([float(candles.open[row])] if has_before else [])
    top = max(body + [float(candles.high[i]) for i in near])
    bottom = min(body + [float(candles.low[i]) for i in near])
    return _log(candles.high[row] / top), _log(bottom / candles.low[row])


def _begins(candles: RawCandles, row: int) -> tuple[bool, timedelta]:
    """Whether there is a bar before, and how long before this one it closed."""
    if row == 0:
        return False, timedelta(0)
    return True, from_ms(int(candles.close_ms[row])) - from_ms(int(candles.close_ms[row - 1]))


def _turbulence(candles: RawCandles, row: int, has_before: bool) -> float:
    """The larger of the median widths of the three bars before and the three after [log]."""
    spans = [slice(row + 1, row + 1 + _NEAR)] + ([slice(max(0, row - _NEAR), row)] if has_before else [])
    widths = [np.log(candles.high[span] / candles.low[span]) for span in spans]
    return max((float(np.median(each)) for each in widths if len(each)), default=0.0)


def _volume(candles: RawCandles, row: int) -> float:
    """The volume in multiples of the median of the bars before; 0 where that is not known."""
    before = candles.volume[max(0, row - _USUAL) : row]
    usual = float(np.median(before)) if len(before) else 0.0
    return float(candles.volume[row]) / usual if usual > 0 else 0.0


def _market(hit: Hit, candles: RawCandles, feeds: Feeds, *, rises: bool) -> float:
    """The median of how far the other symbols of the timeframe went in this direction from the close before [log]."""
    went = {}
    for markets in feeds.values():
        for symbol, other in markets.items():
            base = symbol.partition("/")[0]
            if symbol == candles.symbol or base in _STABLE or other.timeframe is not candles.timeframe:
                continue
            row = row_of(other, hit.at_utc)
            if row:
                before = other.close[row - 1]
                went[symbol] = _log(other.high[row] / before) if rises else _log(before / other.low[row])
    return float(np.median(list(went.values()))) if went else 0.0


def _other_feeds(
    hit: Hit, candles: RawCandles, feeds: Feeds, row: int, has_before: bool, wick: float, *, rises: bool
) -> bool | None:
    """Whether another feed of the market has half of the wick too; None when there is no other. A copy is no other feed."""
    found = []
    for file, markets in feeds.items():
        other = markets.get(candles.symbol)
        there = (
            None
            if other is None or file == hit.file or other.timeframe is not candles.timeframe
            else row_of(other, hit.at_utc)
        )
        if other is None or there is None or other.close[there] == candles.close[row]:
            continue
        up, down = wick_of(other, there, has_before and there > 0)
        found.append((up if rises else down) >= wick / 2)
    return any(found) if found else None


def _log(ratio: float) -> float:
    return math.log(float(ratio))
