"""Measures the warm-up of a strategy: the bars after which its votes no longer depend on the first bar of its history.

An average with a long memory depends on its first bars for a long time. A backtest that decides earlier depends on its arbitrary
first bar, and a live session that starts later would vote differently. The result is a lower bound over the tried first bars.
Confidences must agree to within 0.001, directions exactly.
"""

import numpy as np
import numpy.typing as npt

from config.clock import from_ms
from config.errors import UsageFault
from config.frozen import Frozen, UtcTime
from evidence.strategies.ballots import Build, Cast, ballots, rows_of, signals_of
from market.candles import Candles

STARTS = 8
LEAST_BARS = 400
_SETTLED = 1e-3


class WarmUp(Frozen):
    """The number of bars of history that the strategy needs, for the worst of the tried first bars.

    `direction_bars`: after these every vote has the same direction as with the longer history. `vote_bars`: and the same
    confidence. `last_differing_utc`: the last bar with a different vote, in the history that began at `worst_start_utc`; None
    when there is none. `settled` is False when votes still differed in the last tenth of the bars.
    """

    symbol: str
    bars: int
    starts: int
    votes: int
    direction_bars: int
    vote_bars: int
    worst_start_utc: UtcTime | None
    last_differing_utc: UtcTime | None
    settled: bool

    def verdict(self, warmup_bars: int) -> str:
        """The result in a sentence, compared with the warm-up of a profile."""
        if not self.votes:
            return f"The strategy never voted in {self.bars} bars, so nothing was checked. Give a longer history."
        if not self.settled:
            return (
                f"The votes still depend on where the history began after {self.vote_bars} bars: no warm-up would do. "
                "Give the strategy a bounded memory, or check it on more bars."
            )
        need = max(self.direction_bars, self.vote_bars)
        enough = "enough" if need <= warmup_bars else "too short"
        return (
            f"Votes settle after {need} bars (their direction after {self.direction_bars}); {warmup_bars} are {enough}."
        )


def warm_up(build: Build, candles: Candles, *, starts: int = STARTS) -> WarmUp:
    """Compare the votes on histories that begin at `starts` later bars with those on the whole history (at least 400 bars).

    The first bars are spread over the second quarter, so that the whole history is already long at each of them. Raises
    UsageFault for too few bars and for a strategy that fails.
    """
    n_bars = len(candles)
    if n_bars < LEAST_BARS or starts < 1:
        raise UsageFault(
            f"A warm-up check needs at least {LEAST_BARS} bars and one later start; there are {n_bars} and {starts}. "
            "Nothing was judged. Give more bars."
        )
    way, sure = ballots(build, candles, signals_of(candles))
    worst = direction_bars = vote_bars = 0
    last: int | None = None
    for start in np.linspace(n_bars // 4, n_bars // 2, starts).round().astype(int).tolist():
        other_way, other_sure = _from(build, candles, start)
        turned = other_way != way[start:]
        direction_bars = max(direction_bars, _after_last(turned))
        needed = _after_last(turned | (np.abs(other_sure - sure[start:]) > _SETTLED))
        if needed > vote_bars:
            vote_bars, worst, last = needed, start, start + needed - 1
    return WarmUp(
        symbol=candles.symbol,
        bars=n_bars,
        starts=starts,
        votes=int(np.count_nonzero(way)),
        direction_bars=direction_bars,
        vote_bars=vote_bars,
        worst_start_utc=None if last is None else from_ms(int(candles.close_ms[worst])),
        last_differing_utc=None if last is None else from_ms(int(candles.close_ms[last])),
        settled=last is None or last < n_bars - n_bars // 10,
    )


def _from(build: Build, candles: Candles, start: int) -> Cast:
    later = rows_of(candles, slice(start, None))
    return ballots(build, later, signals_of(later))


def _after_last(differs: npt.NDArray[np.bool_]) -> int:
    """The number of bars up to and including the last different one."""
    places = np.flatnonzero(differs)
    return int(places[-1]) + 1 if len(places) else 0
