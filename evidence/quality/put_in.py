"""The monitor against faults that were put into clean stretches of recorded bars, on markets that were not used for tuning.

A stretch is clean if no bar of it is missing, without volume, or on the list of hits. It lies in a session of up to four markets,
so that the monitor can look beside it. One fault is put in, at a bar that chance chooses; it is found if the monitor names it
within 24 bars. What it calls so before that bar, or in another market, or anywhere in the real files, is a false alarm. From that
bar on, what it says of the spoilt market belongs to the fault. Copies of bars are put into the rows of a file, because the reader
meets them there.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.clock import to_ms
from config.sections.quality import QualitySettings
from evidence.quality.faults import FAULTS, Fault, identity
from evidence.quality.figures import Score
from evidence.quality.hits import Hit
from evidence.quality.listening import hear
from evidence.quality.on_hits import is_for_tuning
from market.candles import RawCandles
from market.files.rows import Rows, ordered
from market.quality.monitor import Quote

LENGTH = 480
"""Bars of a stretch. A peg is learnt in 168 hours."""
_FIRST, _LAST = 300, 400
_SEEN = 24
_BESIDE = 3
_EACH, _EACH_PEGGED = 3, 20


class Stretch(NamedTuple):
    """Clean bars of one market, from row `begin` on, and those of other markets beside it."""

    candles: RawCandles
    begin: int
    beside: tuple[RawCandles, ...]


def put_in_scores(
    settings: QualitySettings,
    sessions: Sequence[tuple[str, Mapping[str, RawCandles]]],
    hits: Sequence[Hit],
    seed: int,
    *,
    tuning: bool = False,
) -> Iterator[Score]:
    """One score for each kind of fault, the copies first. `tuning` measures on the other half of the markets."""
    chosen = [
        (folder, markets, symbol)
        for folder, markets in sessions
        for symbol in markets
        if is_for_tuning(folder, symbol.replace("/", "")) is tuning
    ]
    yield _copies(chosen, hits, np.random.default_rng([seed, 0]))
    for number, (kind, (fault, names)) in enumerate(FAULTS.items(), start=1):
        chance = np.random.default_rng([seed, number])
        stretches = _stretches(chosen, hits, chance, pegged=kind == "de-peg")
        yield _score(kind, fault, names, settings, stretches, chance)


def _score(
    kind: str,
    fault: Fault,
    names: frozenset[str],
    settings: QualitySettings,
    stretches: Iterator[Stretch],
    chance: np.random.Generator,
) -> Score:
    cases = found = false = 0
    for each in stretches:
        at = int(chance.integers(_FIRST, _LAST))
        if fault is identity and not each.beside:
            continue
        was_found, alarms = _tried(each, fault, names, settings, at, chance)
        cases, found, false = cases + 1, found + was_found, false + alarms
    return Score(kind=kind, source="put in", cases=cases, found=found, false=false)


def _tried(
    stretch: Stretch,
    fault: Fault,
    names: frozenset[str],
    settings: QualitySettings,
    at: int,
    chance: np.random.Generator,
) -> tuple[bool, int]:
    """Whether the fault was found, and how many false alarms there were of it."""
    own, step_ms = stretch.candles, stretch.candles.timeframe.seconds * 1000
    closes = own.close_ms[stretch.begin : stretch.begin + LENGTH].tolist()
    rows = {each.symbol: _quotes(each, closes[0], closes[-1]) for each in (own, *stretch.beside)}
    other = rows[stretch.beside[0].symbol] if stretch.beside else rows[own.symbol]
    rows[own.symbol] = fault(rows[own.symbol], closes, at, chance, other)
    said = list(hear(settings, own.timeframe, rows, closes))
    begins, ends = closes[at] - step_ms, _end(rows[own.symbol], closes, at) - step_ms
    mine = [each for each in said if each.symbol == own.symbol and each.open_ms >= begins]
    found = any(each.kind in names and each.open_ms <= ends for each in mine)
    return found, sum(each.kind in names and each not in mine for each in said)


def _end(quotes: Mapping[int, Quote], closes: Sequence[int], at: int) -> int:
    """The last close at which a fault may still be named: 24 bars after the first spoilt bar that came."""
    came = [close for close in closes[at:] if close in quotes]
    return came[min(_SEEN, len(came)) - 1] if came else closes[-1]


def _stretches(
    chosen: Sequence[tuple[str, Mapping[str, RawCandles], str]],
    hits: Sequence[Hit],
    chance: np.random.Generator,
    *,
    pegged: bool,
) -> Iterator[Stretch]:
    for _, markets, symbol in chosen:
        own = markets[symbol]
        begins = _clean(own, hits, pegged=pegged)
        if not len(begins) or (pegged and own.timeframe.seconds != 3600):
            continue
        for begin in chance.choice(begins, size=_EACH_PEGGED if pegged else _EACH).tolist():
            yield Stretch(own, begin, _beside(markets, own, begin, hits, chance))


def _beside(
    markets: Mapping[str, RawCandles], own: RawCandles, begin: int, hits: Sequence[Hit], chance: np.random.Generator
) -> tuple[RawCandles, ...]:
    """Up to three other markets that are clean in the same bars."""
    first, last = int(own.close_ms[begin]), int(own.close_ms[begin + LENGTH - 1])
    others = [each for each in markets.values() if each is not own]
    kept: list[RawCandles] = []
    for number in chance.permutation(len(others)).tolist():
        other = others[number]
        row = int(np.searchsorted(other.close_ms, first))
        there = row + LENGTH <= len(other) and other.close_ms[row] == first and other.close_ms[row + LENGTH - 1] == last
        if there and len(kept) < _BESIDE and not _spoilt(other, hits)[row : row + LENGTH].any():
            kept.append(other)
    return tuple(kept)


def _spoilt(candles: RawCandles, hits: Sequence[Hit]) -> NDArray[np.bool_]:
    """Whether a bar is missing before each row, or it is without volume, unsound or listed, shape (n,), bool."""
    step_ms = candles.timeframe.seconds * 1000
    spoilt = np.diff(candles.close_ms, prepend=candles.close_ms[0] - step_ms) != step_ms
    listed = [to_ms(hit.at_utc) + step_ms for hit in hits if hit.symbol == candles.symbol.replace("/", "")]
    return np.asarray(spoilt | (candles.volume == 0.0) | ~candles.sound() | np.isin(candles.close_ms, listed))


def _clean(candles: RawCandles, hits: Sequence[Hit], *, pegged: bool) -> NDArray[np.intp]:
    """The rows with which a clean stretch may begin, shape (n,), intp."""
    spoilt = _spoilt(candles, hits)
    if pegged:
        spoilt = spoilt | (np.abs(np.log(np.where(candles.sound(), candles.close, 2.0))) > 0.01)
    counted = np.concatenate([[0], np.cumsum(spoilt)])
    return np.flatnonzero(counted[LENGTH:] == counted[: len(counted) - LENGTH])


def _quotes(candles: RawCandles, first_ms: int, last_ms: int) -> dict[int, Quote]:
    begin, end = np.searchsorted(candles.close_ms, [first_ms, last_ms + 1]).tolist()
    columns = (column[begin:end].tolist() for column in candles.columns)
    return dict(zip(candles.close_ms[begin:end].tolist(), zip(*columns, strict=True), strict=True))


def _copies(
    chosen: Sequence[tuple[str, Mapping[str, RawCandles], str]], hits: Sequence[Hit], chance: np.random.Generator
) -> Score:
    """A row of a file comes twice, equal or with other prices. A stretch without a copy stands beside each, as the negative."""
    cases = found = false = 0
    for stretch in _stretches(chosen, hits, chance, pegged=False):
        own, step_ms = stretch.candles, stretch.candles.timeframe.seconds * 1000
        span = slice(stretch.begin, stretch.begin + LENGTH)
        rows = Rows((own.close_ms[span] - step_ms).astype(np.float64), *(column[span] for column in own.columns))
        at, factor = int(chance.integers(_FIRST, _LAST)), float(chance.choice([1.0, 1.05]))
        twice = Rows(
            *(np.insert(column, at, column[at] * (factor if 0 < n < 5 else 1.0)) for n, column in enumerate(rows))
        )
        told = [to_ms(each.at_utc) for each in ordered(twice, own.symbol, "rows").findings if each.kind == "duplicate"]
        clean = [each for each in ordered(rows, own.symbol, "rows").findings if each.kind == "duplicate"]
        cases, found = cases + 1, found + (int(rows.open_ms[at]) in told)
        false += len(clean) + sum(each != int(rows.open_ms[at]) for each in told)
    return Score(kind="duplicate", source="put in", cases=cases, found=found, false=false)
