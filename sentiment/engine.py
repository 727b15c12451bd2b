"""Combines all sources into one sentiment score a symbol, as it could be known at a moment.

A headline of which no word is known abstains, and so does a source with too few others. The engine averages the scores of the
other sources by their weights. When all sources abstain, the result is `Abstained` with the reason, never a neutral 0 (law 3).
Hard events are reported beside the score, also those of a source that abstains.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from config.sections.sentiment import SentimentSettings
from config.silence import Abstained
from sentiment.digest import KEPT, Digest, digest
from sentiment.events import FLAGS, event_flags
from sentiment.headline import Headline, SentimentData, SubScore
from sentiment.scoring import Scorer
from sentiment.sources.source import HeadlineSource

_FLAG_AGE = timedelta(hours=24)
_HOUR = timedelta(hours=1)
_CACHED_TEXTS = 65_536


class SentimentEngine:
    """Reads its sources without waiting for them. The same headlines always give the same result.

    Each text is scored once, and the digest of a source is kept until its headlines change. The settings give the half-life,
    the maximum age and the minimum number of headlines of a source.
    """

    def __init__(self, settings: SentimentSettings, sources: Sequence[HeadlineSource], scorer: Scorer) -> None:
        self._settings = settings
        self._sources = tuple(sources)
        self._half_life = timedelta(hours=settings.half_life_h)
        self._max_age = timedelta(hours=settings.max_age_h)
        self._judge = lru_cache(maxsize=_CACHED_TEXTS)(lambda text: (scorer.score(text), event_flags(text)))
        self._digests: dict[tuple[int, str], tuple[tuple[Headline, ...], Digest]] = {}

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        """The sentiment of a market ("BTC/USDT") at `as_of`, an aware moment. The score lies in [-1, 1]."""
        base = symbol.partition("/")[0]
        digests = [self._digest(i, base, as_of) for i in range(len(self._sources))]
        subs = tuple([self._sub(*pair, as_of) for pair in zip(self._sources, digests, strict=True)])
        events = [event for each in digests for event in each.events if as_of - event[0].published_utc <= _FLAG_AGE]
        raised = {flag for _, flags in events for flag in flags}
        return SentimentData(
            symbol=symbol,
            as_of_utc=as_of,
            score=_fused(symbol, subs, digests, self._settings.min_headlines),
            sub_scores=subs,
            flags=tuple([flag for flag in FLAGS if flag in raised]),
            headlines=_heaviest(subs, digests, [line for line, _ in events]),
        )

    def _digest(self, i: int, base: str, as_of: datetime) -> Digest:
        lines = self._sources[i].headlines(as_of, base, as_of - self._max_age)
        kept = self._digests.get((i, base))
        if kept is None or kept[0] != lines:
            kept = self._digests[i, base] = (lines, digest(lines, self._judge, self._half_life))
        return kept[1]

    def _sub(self, source: HeadlineSource, said: Digest, as_of: datetime) -> SubScore:
        score: float | Abstained | None = said.mean
        if score is None or said.scored < self._settings.min_headlines:
            score = Abstained(why=self._why(said))
        return SubScore(
            source=source.name,
            score=score,
            weight=source.weight,
            headlines=said.lines,
            newest_age_h=None if said.newest is None else (as_of - said.newest) / _HOUR,
        )

    def _why(self, said: Digest) -> str:
        needed, hours = self._settings.min_headlines, self._settings.max_age_h
        silent = said.lines - said.scored
        unknown = f", {silent} of them abstained: no word was known" if silent else ""
        return f"headlines in the last {hours:g} h: {said.lines}, needed: {needed}{unknown}"


def _fused(symbol: str, subs: Sequence[SubScore], digests: Sequence[Digest], least: int) -> float | Abstained:
    """The weighted mean of the sources that do not abstain; Abstained when all do."""
    total = weighted = 0.0
    for sub in subs:
        if not isinstance(sub.score, Abstained):
            total += sub.weight
            weighted += sub.weight * sub.score
    if total == 0.0:
        if any(said.lines >= least for said in digests):
            return Abstained(why=f"no word was known in enough headlines on {symbol}")
        return Abstained(why=f"none of {len(subs)} sources has enough headlines on {symbol}")
    return max(-1.0, min(1.0, weighted / total))


def _heaviest(subs: Sequence[SubScore], digests: Sequence[Digest], events: Sequence[Headline]) -> tuple[Headline, ...]:
    """The headlines of recent hard events, newest first, then those with the largest part in the combined score."""
    spoken = [
        (sub.weight * part, line)
        for sub, said in zip(subs, digests, strict=True)
        if not isinstance(sub.score, Abstained)
        for part, line in said.heaviest
    ]
    first = sorted(events, key=lambda line: line.published_utc, reverse=True)[:KEPT]
    shown = {id(line) for line in first}
    rest = [line for _, line in sorted(spoken, key=lambda entry: entry[0], reverse=True) if id(line) not in shown]
    return tuple((first + rest)[:KEPT])
