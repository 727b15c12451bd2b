"""Summarises the headlines of one source: their mean score, the headlines with the most weight, and the hard events.

The weight of a headline halves with every half-life of age. Only ratios of weights matter, so ages are measured from the newest
headline. The digest therefore depends on the headlines alone and stays valid until one is added or expires.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from config.silence import Abstained
from sentiment.headline import Headline

Judge = Callable[[str], tuple[float | Abstained, tuple[str, ...]]]
"""Gives the score of a text in [-1, 1], or Abstained, and its hard events."""

KEPT = 5
"""Number of headlines that are kept for the arguments in court."""

_MARKET_WIDE = 0.5


class Digest(NamedTuple):
    """The summary. `lines`: number of headlines. `scored`: number of those with a score. `mean`: None without any of these.
    `heaviest`: headlines with their absolute part in the mean."""

    lines: int
    scored: int
    newest: datetime | None
    mean: float | None
    heaviest: tuple[tuple[float, Headline], ...]
    events: tuple[tuple[Headline, tuple[str, ...]], ...]


def digest(lines: Sequence[Headline], judge: Judge, half_life: timedelta) -> Digest:
    """The digest of headlines in any order.

    `mean` is sum(w * score) / sum(w) with w = 0.5 ** (age / half_life), halved again for headlines about the whole
    market. A headline without a score has no part in the mean: silence is not 0. Of equal parts the newer comes first, then the
    one given first.
    """
    if not lines:
        return Digest(0, 0, None, None, (), ())
    newest = max([line.published_utc for line in lines])
    total = weighted = 0.0
    parts: list[tuple[float, datetime, int, Headline]] = []
    events = []
    for i, line in enumerate(lines):
        score, flags = judge(line.text)
        if flags:
            events.append((line, flags))
        if isinstance(score, Abstained):
            continue
        published = line.published_utc
        weight = 0.5 ** ((newest - published) / half_life)
        if not line.symbols:
            weight *= _MARKET_WIDE
        total += weight
        weighted += weight * score
        parts.append((weight * abs(score), published, -i, line))
    heaviest = tuple((part / total, line) for part, _, _, line in sorted(parts, reverse=True)[:KEPT])
    mean = max(-1.0, min(1.0, weighted / total)) if parts else None
    return Digest(len(lines), len(parts), newest, mean, heaviest, tuple(events))
