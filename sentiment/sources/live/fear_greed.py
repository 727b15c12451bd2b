"""The Fear & Greed index of alternative.me, a figure of each day from 0 to 100; it needs no key.

The whole history is asked for, because its first day is the canary: on 2018-02-01 the index was 30. An answer that does not tell
it, or that names 30 greed, is nonsense.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from config.clock import Clock
from config.sections.sentiment import SourceSettings
from config.silence import Abstained
from market.bar import Fact
from market.news import NewsRow
from sentiment.sources.fetch import Failed, Nonsense, fetched, within
from sentiment.sources.figures import RecordedFigures
from sentiment.sources.moments import NoDate, read_moment

_FIRST = datetime(2018, 2, 1, tzinfo=UTC)
_FIRST_VALUE = 30
_MOST_KEPT = 400


class FearGreedSource:
    """The index as it was told so far. A value is known from its first sight on."""

    def __init__(self, settings: SourceSettings, clock: Clock) -> None:
        self.name = settings.name
        self.weight = settings.weight
        self.failure: str | None = None
        self.silence: str | None = None
        self.wait_s: float | None = None
        self.fresh: tuple[Fact, ...] = ()
        """What the last refresh found that was not known before."""
        self._settings = settings
        self._clock = clock
        self._seen: dict[datetime, Fact] = {}
        self._figures = RecordedFigures(self.name, self.weight)

    def figure(self, as_of: datetime, base: str) -> Fact | Abstained:
        """See `FigureSource`. The index is that of the whole market."""
        return self._figures.figure(as_of, base)

    def remember(self, facts: Iterable[Fact]) -> None:
        """Take these figures for known: an archive holds them."""
        kept = tuple(facts)
        self._seen |= {fact.at_utc: fact for fact in kept}
        self._figures.hear(kept)

    async def refresh(self) -> None:
        """Fetch the index. Never raises for a fault of the source or of the network."""
        self.fresh, self.wait_s = (), None
        try:
            answer = await within(
                self._settings.timeout_s,
                fetched(self._settings.address, self._settings, self._clock, limit=0, format="json"),
            )
            days = dict(_days(answer.tree()))
            _believe(days)
        except Failed as why:
            self.failure, self.wait_s = str(why), why.wait_s
        except Nonsense as why:
            self.failure = self.silence = str(why)
        else:
            self.failure = self.silence = None
            self._take(days)

    def _take(self, days: Mapping[datetime, int]) -> None:
        now = self._clock.now()
        newest = sorted(day for day in days if day <= now)[-_MOST_KEPT:]
        new = [day for day in newest if day not in self._seen]
        facts = [Fact(name="fear_greed", symbol=None, at_utc=day, known_utc=now, value=float(days[day])) for day in new]
        self.fresh = tuple(facts)
        self._seen |= {fact.at_utc: fact for fact in facts}
        self._figures.hear(facts)


def _days(tree: Any) -> Iterator[tuple[datetime, int]]:
    """The moment and the value of each day. Raises Failed for an answer of another form."""
    rows = tree.get("data") if isinstance(tree, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise Failed("the answer has no list of days")
    for row in rows:
        try:
            yield read_moment(row["timestamp"], None).moment, int(row["value"])
        except (KeyError, TypeError, ValueError, NoDate):
            raise Failed("a day of the answer has no timestamp or no value") from None


def _believe(days: Mapping[datetime, int]) -> None:
    """Raises Nonsense for values that cannot be, and for a history without its known beginning."""
    odd = next((value for value in days.values() if not 0 <= value <= 100), None)
    if odd is not None:
        raise Nonsense(f"it says {odd}, and the index is from 0 to 100")
    first = [value for day, value in days.items() if day.date() == _FIRST.date()]
    if first != [_FIRST_VALUE]:
        told = first[0] if first else "nothing"
        raise Nonsense(f"it tells {told} of {_FIRST:%Y-%m-%d}, when the index was {_FIRST_VALUE}")


def fear_greed_source(settings: SourceSettings, news: Sequence[NewsRow], clock: Clock) -> FearGreedSource:
    """The index as the table of sources builds it."""
    return FearGreedSource(settings, clock)
