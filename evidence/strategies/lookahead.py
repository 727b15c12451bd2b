"""Tests a strategy for look-ahead: its vote at a bar must not change when later bars change.

Three checks, each with newly built strategies: the same history twice (a difference means random votes), histories that end
earlier, and histories that continue with noise. Half of the cuts are right after a vote, where look-ahead shows most. The test
cannot find a strategy that reads bars from another place than its history; do not run such a strategy.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from config.clock import from_ms
from config.errors import UsageFault
from config.frozen import Frozen, UtcTime
from config.seeds import generator
from evidence.strategies.ballots import Build, Cast, ballots, rows_of, signals_of
from market.candles import Candles

Check = Literal["repeated", "cut short", "noise after"]

CUTS = 40
LEAST_BARS = 100
_SAME = 1e-9
"""Difference below which two confidences differ only by rounding."""
_WHEN = {"cut short": "when it ended at the cut", "noise after": "when noise came after the cut"}
_WORDS = {1: "long", 0: "nothing", -1: "short"}


class Differs(Frozen):
    """The first bar with a different vote in one run. `bar` counts from 0; `cut_utc` is the last unchanged bar."""

    check: Check
    cut_utc: UtcTime
    bar: int
    bar_utc: UtcTime
    bars_before_cut: int
    voted: str
    instead: str


class LookAhead(Frozen):
    """The result of the checks. `votes`: number of bars with a vote in the whole history; with 0 nothing was checked."""

    symbol: str
    bars: int
    votes: int
    runs: int
    failed: int
    first: Differs | None

    @property
    def verdict(self) -> str:
        """The result in one sentence or more."""
        found = self.first
        if found is not None and found.check == "repeated":
            return (
                f"The strategy votes by chance: on the same history once more, the bar of {found.bar_utc:%Y-%m-%d %H:%M} UTC "
                f"(bar {found.bar}) had {found.instead} instead of {found.voted}. Nothing else was checked."
            )
        if found is not None:
            return (
                f"The strategy depends on what it cannot know: its votes changed in {self.failed} of {self.runs} runs. "
                f"First at {found.bar_utc:%Y-%m-%d %H:%M} UTC (bar {found.bar}, {found.bars_before_cut} before the cut): "
                f"{found.voted} on the whole history, {found.instead} {_WHEN[found.check]}."
            )
        if not self.votes:
            return f"The strategy never voted in {self.bars} bars, so nothing was checked. Give a longer history."
        return f"No vote changed in {self.runs} runs over {self.bars} bars with {self.votes} votes."


def look_ahead(build: Build, candles: Candles, *, seed: int, cuts: int = CUTS) -> LookAhead:
    """Check a strategy on the bars of one market (at least 100) at up to `cuts` cuts.

    At each cut it tries a history that ends there and one that continues with noise. Raises UsageFault for too few bars and
    for a strategy that fails.
    """
    n_bars = len(candles)
    if n_bars < LEAST_BARS or cuts < 2:
        raise UsageFault(
            f"A look-ahead check needs at least {LEAST_BARS} bars and 2 cuts; there are {n_bars} and {cuts}. Nothing was judged. "
            "Give more bars."
        )
    signals = signals_of(candles)
    whole = ballots(build, candles, signals)
    voted = np.flatnonzero(whole[0])
    found = [_differs("repeated", candles, n_bars, whole, ballots(build, candles, signals))]
    for length in _cut_lengths(voted, n_bars, cuts) if found[0] is None else ():
        short, noisy = rows_of(candles, slice(length)), noise_after(candles, length, seed)
        found.append(_differs("cut short", candles, length, whole, ballots(build, short, signals[:length])))
        found.append(_differs("noise after", candles, length, whole, ballots(build, noisy, signals[:length])))
    failed = [each for each in found if each is not None]
    return LookAhead(
        symbol=candles.symbol,
        bars=n_bars,
        votes=len(voted),
        runs=len(found),
        failed=len(failed),
        first=min(failed, key=lambda each: (each.bar, each.bars_before_cut), default=None),
    )


def noise_after(candles: Candles, length: int, seed: int) -> Candles:
    """The first `length` bars, then a random walk with moves three times as large as usual and with other volumes."""
    rng = generator(seed, "noise-after", candles.symbol, str(length))
    rest = len(candles) - length
    if not rest:
        return candles
    moves = np.diff(np.log(candles.close[:length])) if length > 2 else np.array([-0.01, 0.01])
    steps = 3.0 * rng.choice(moves, size=rest) * rng.choice((-1.0, 1.0), size=rest) + rng.normal(0.0, 1e-3, size=rest)
    closes = np.exp(np.clip(np.log(candles.close[length - 1]) + np.cumsum(steps), -40.0, 40.0))
    opens = np.concatenate(([candles.close[length - 1]], closes[:-1]))
    wide = 1.0 + np.abs(rng.normal(0.0, 2e-3, size=rest))
    columns = (opens, np.maximum(opens, closes) * wide, np.minimum(opens, closes) / wide, closes)
    volumes = rng.permutation(candles.volume)[:rest] * rng.uniform(0.1, 10.0, size=rest)
    told = zip(candles.columns, (*columns, volumes), strict=True)
    return Candles.validated(
        candles.symbol,
        candles.timeframe,
        candles.close_ms,
        *(np.concatenate((column[:length], new)) for column, new in told),
    )


def _cut_lengths(voted: npt.NDArray[np.intp], n_bars: int, cuts: int) -> tuple[int, ...]:
    """The number of bars before each cut: half of the cuts right after a vote, the others evenly spread."""
    behind = voted[np.unique(np.linspace(0, len(voted) - 1, cuts // 2).round().astype(int))] + 1 if len(voted) else []
    spread = np.linspace(LEAST_BARS // 2, n_bars - 1, cuts - cuts // 2).round().astype(int)
    return tuple(sorted({int(length) for length in (*behind, *spread) if 1 <= length < n_bars}))


def _differs(check: Check, candles: Candles, length: int, whole: Cast, other: Cast) -> Differs | None:
    """The first of `length` bars with different votes; None when there is none."""
    apart = (other[0] != whole[0][:length]) | (np.abs(other[1] - whole[1][:length]) > _SAME)
    if not apart.any():
        return None
    bar = int(apart.argmax())
    voted, instead = (f"{_WORDS[int(way[bar])]} ({sure[bar]:.4f})" for way, sure in (whole, other))
    return Differs(
        check=check,
        cut_utc=from_ms(int(candles.close_ms[length - 1])),
        bar=bar,
        bar_utc=from_ms(int(candles.close_ms[bar])),
        bars_before_cut=length - 1 - bar,
        voted=voted,
        instead=instead,
    )
