"""Combines all sources into the sentiment of a symbol, as it could be known at a moment.

A headline of which no word is known abstains, and so does a source with too few others, one that is late or has failed without
having told anything, and one that no longer tells what is known to be true. The engine averages the scores of the others by their
weights. When all sources abstain, the result is `Abstained` with the reason, never a neutral 0 (law 3). Hard events are
reported beside the score, also those of a source that abstains.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from config.clock import Clock, SystemClock
from config.sections.sentiment import ComponentName, SentimentSettings
from config.silence import Abstained
from sentiment.crowd import LOOK_BACK, Crowd, crowd_of
from sentiment.digest import KEPT, Digest, digest
from sentiment.events import FLAGS, event_flags
from sentiment.fetching import Fetching
from sentiment.fusion import Said, components_of, fused
from sentiment.headline import Headline, SentimentData
from sentiment.hearing import Ear
from sentiment.scoring import Scorer
from sentiment.sources.coins import base_of_market
from sentiment.sources.source import FigureSource, HeadlineSource, LiveSource
from sentiment.stories import alike_of, told_once

_FLAG_AGE = timedelta(hours=24)
_CACHED_TEXTS = 65_536
_STILL_NOW = timedelta(minutes=5)
"""A question about a moment before this is one about the past: nothing is fetched for it."""
_CROWDS: tuple[ComponentName, ...] = ("reddit", "x")
_NOTHING = Digest(0, 0, None, None, (), ())
_Told = tuple[tuple[Headline, ...], ...]


class SentimentEngine:
    """Reads its sources without waiting for them. The same headlines and figures always give the same result.

    Each text is scored once, and the digest of a source is kept until its headlines change. The settings give the half-life,
    the maximum age and the minimum number of headlines of a source. `clock` is the time in which live sources are fetched.
    """

    def __init__(
        self,
        settings: SentimentSettings,
        sources: Sequence[HeadlineSource | FigureSource],
        scorer: Scorer,
        clock: Clock | None = None,
    ) -> None:
        rows = {row.name: row for row in settings.sources}
        self._settings = settings
        self._clock = clock or SystemClock()
        self._fetching = Fetching(
            [source for source in sources if isinstance(source, LiveSource)],
            {name: row.ttl_s for name, row in rows.items()},
            self._clock,
            settings.budget_s,
        )
        self._ears = tuple(Ear(source, settings, rows.get(source.name), self._fetching.late) for source in sources)
        self._half_life = timedelta(hours=settings.half_life_h)
        self._score = lru_cache(maxsize=_CACHED_TEXTS)(scorer.score)
        self._judge = lru_cache(maxsize=_CACHED_TEXTS)(lambda text: (self._score(text), event_flags(text)))
        self._alike = alike_of(settings.same_story)
        self._once: dict[str, tuple[_Told, _Told]] = {}
        self._digests: dict[tuple[int, str], tuple[tuple[Headline, ...], Digest]] = {}

    async def analyze(self, symbol: str, as_of: datetime) -> SentimentData:
        """As `read`, after the live sources were fetched where their last answers are too old.

        All of them are fetched at the same time, and the decision waits at most `budget_s`. What is fetched is known only when it
        has come: so the result holds for the moment at which the waiting ended. For a moment of the past nothing is fetched.
        """
        if self._fetching.nothing or self._clock.now() - as_of > _STILL_NOW:
            return self.read(symbol, as_of)
        await self.refresh()
        return self.read(symbol, max(as_of, self._clock.now()))

    async def refresh(self) -> None:
        """Fetch the live sources whose last answers are too old, all at the same time; wait for them at most `budget_s`."""
        await self._fetching.wait()

    async def close(self) -> None:
        """End what is still being fetched."""
        await self._fetching.close()

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        """The sentiment of a market ("BTC/USDT") at `as_of`, an aware moment. The score lies in [-1, 1]."""
        base = base_of_market(symbol)
        told = self._told_once(base, tuple([ear.posts(base, as_of) for ear in self._ears]))
        digests = [self._digest(i, base, lines) for i, lines in enumerate(told)]
        said = [ear.say(base, each, as_of) for ear, each in zip(self._ears, digests, strict=True)]
        events = [event for each in digests for event in each.events if as_of - event[0].published_utc <= _FLAG_AGE]
        raised = {flag for _, flags in events for flag in flags}
        score = fused(said)
        data = SentimentData(
            symbol=symbol,
            as_of_utc=as_of,
            score=_nobody(symbol, digests, self._settings.min_headlines) if score is None else score,
            sub_scores=tuple([one.sub for one in said]),
            flags=tuple([flag for flag in FLAGS if flag in raised]),
            headlines=_heaviest(said, digests, [line for line, _ in events]),
        )
        if not self._settings.components:
            return data
        return data.model_copy(update=components_of(said, self._crowds(base, as_of)))

    def _told_once(self, base: str, told: _Told) -> _Told:
        """The headlines without those with which another outlet of the same part tells the same story again."""
        if self._alike is None or len({line.source for lines in told for line in lines}) < 2:
            return told
        kept = self._once.get(base)
        if kept is None or kept[0] != told:
            once = list(told)
            for part in {ear.part for ear in self._ears}:
                places = [i for i, ear in enumerate(self._ears) if ear.part == part]
                for i, lines in zip(places, told_once([told[i] for i in places], self._alike), strict=True):
                    once[i] = lines
            kept = self._once[base] = (told, tuple(once))
        return kept[1]

    def _digest(self, i: int, base: str, lines: tuple[Headline, ...]) -> Digest:
        if not lines:
            return _NOTHING
        kept = self._digests.get((i, base))
        if kept is None or kept[0] != lines:
            kept = self._digests[i, base] = (lines, digest(lines, self._judge, self._half_life))
        return kept[1]

    def _crowds(self, base: str, as_of: datetime) -> dict[ComponentName, Crowd]:
        """What the posts of each crowd come to, of the crowds for which there is a source."""
        found = {}
        for part in _CROWDS:
            ears = [ear for ear in self._ears if ear.part == part]
            if ears:
                posts = [post for ear in ears for post in ear.posts(base, as_of, LOOK_BACK)]
                found[part] = crowd_of(posts, base, as_of, self._score)
        return found


def _nobody(symbol: str, digests: Sequence[Digest], least: int) -> Abstained:
    """Why no source speaks."""
    if any(said.lines >= least for said in digests):
        return Abstained(why=f"no word was known in enough headlines on {symbol}")
    return Abstained(why=f"none of {len(digests)} sources has enough headlines on {symbol}")


def _heaviest(said: Sequence[Said], digests: Sequence[Digest], events: Sequence[Headline]) -> tuple[Headline, ...]:
    """The headlines of recent hard events, newest first, then those with the largest part in the combined score."""
    spoken = [
        (one.weight * part, line)
        for one, each in zip(said, digests, strict=True)
        if not isinstance(one.sub.score, Abstained)
        for part, line in each.heaviest
    ]
    first = sorted(events, key=lambda line: line.published_utc, reverse=True)[:KEPT]
    shown = {id(line) for line in first}
    rest = [line for _, line in sorted(spoken, key=lambda entry: entry[0], reverse=True) if id(line) not in shown]
    return tuple((first + rest)[:KEPT])
