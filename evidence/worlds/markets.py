"""The stylised facts of many markets: of recorded ones a calendar year at a time, and of simulated ones a year a seed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np

from config.frozen import Frozen
from config.reading.load import load_profile
from evidence.statistics.stylised import Facts, Range, common_move, facts_of, range_of
from market.candles import RawCandles
from market.simulated.prices import simulate

_LEAST_OF_A_YEAR = 8_000
_STEPS = {"together_1": 1, "together_24": 24}


class StylisedFacts(Frozen):
    """Each fact's range over markets and years; `years` counts them. See `evidence.statistics.stylised`; `together_H` is the
    correlation of two markets over H bars."""

    source: str
    years: int
    ranges: dict[str, Range]


def recorded_facts(candles: Mapping[str, RawCandles], source: str) -> StylisedFacts:
    """Of hourly bars by symbol: each calendar year with at least 8,000 bars counts. Raises ValueError for none."""
    return _gathered([part for part in _years(candles) if part], source)


def simulated_facts(seeds: Iterable[int], symbols: Sequence[str], step: Callable[[], None]) -> StylisedFacts:
    """Of a year of the simulated market for each seed. `step` is called after each."""
    worlds = []
    for seed in seeds:
        settings = load_profile("paper", {"market.session_days": 365, "market.symbols": list(symbols)})
        worlds.append(dict(simulate(settings, seed).candles))
        step()
    return _gathered(worlds, f"simulated market, {len(worlds)} seeds")


def _years(candles: Mapping[str, RawCandles]) -> Iterable[dict[str, RawCandles]]:
    year_of = {
        symbol: bars.close_ms.astype("datetime64[ms]").astype("datetime64[Y]").astype(int)
        for symbol, bars in candles.items()
    }
    for year in sorted({int(year) for years in year_of.values() for year in np.unique(years)}):
        part = {}
        for symbol, bars in candles.items():
            chosen = (year_of[symbol] == year) & bars.sound()
            if chosen.sum() >= _LEAST_OF_A_YEAR:
                columns = (column[chosen] for column in bars.columns)
                part[symbol] = RawCandles(symbol, bars.timeframe, bars.close_ms[chosen], *columns)
        yield part


def _gathered(worlds: Sequence[Mapping[str, RawCandles]], source: str) -> StylisedFacts:
    found = [facts_of(bars.close_ms, bars.close) for world in worlds for bars in world.values()]
    values: dict[str, list[float]] = {name: [getattr(each, name) for each in found] for name in Facts._fields}
    for name, step in _STEPS.items():
        pairs = (pair for world in worlds for pair in combinations(world.values(), 2))
        values[name] = [_together(one, other, step) for one, other in pairs]
    ranges = {name: range_of(np.array(each)) for name, each in values.items() if each}
    if not ranges:
        raise ValueError(f"no year of {source} has {_LEAST_OF_A_YEAR:,} hourly bars")
    return StylisedFacts(source=source, years=len(found), ranges=ranges)


def _together(one: RawCandles, other: RawCandles, step: int) -> float:
    _, mine, theirs = np.intersect1d(one.close_ms, other.close_ms, return_indices=True)
    return common_move(one.close[mine], other.close[theirs], step)
