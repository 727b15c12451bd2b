"""A point-in-time archive of headlines: it gives those that could be known at a moment, and none that came later."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Self

from config.clock import Clock
from config.sections.sentiment import SourceSettings
from market.news import NewsRow
from sentiment.bases import bases_in
from sentiment.headline import Headline
from sentiment.text import plain

Told = Callable[[Iterable[str]], str]


class RecordedSource:
    """Headlines in order of first sight, found by bisection. The archive never changes after it is built.

    A headline with a publishing time after its first sight gets the time of first sight instead, so that a wrong clock of a
    publisher does not make it newer.
    """

    def __init__(self, name: str, weight: float, headlines: Iterable[Headline], told: Told | None = None) -> None:
        self.name = name
        self.weight = weight
        self.told = told
        """Says what was read, for the bases of a session; None where there is nothing to say."""
        ordered = sorted(map(_sane, headlines), key=lambda line: (line.first_seen_utc, line.published_utc, line.text))
        bases = {base for line in ordered for base in line.symbols}
        self._market = _Shelf([line for line in ordered if not line.symbols])
        self._shelves = {
            base: _Shelf([line for line in ordered if not line.symbols or base in line.symbols]) for base in bases
        }

    @classmethod
    def from_rows(cls, name: str, weight: float, rows: Sequence[NewsRow]) -> Self:
        """An archive of the news of a tape. Their coins are taken as given; rows without visible text are left out."""
        lines = (headline(row.text, name, row.published_utc, row.first_seen_utc, row.bases) for row in rows)
        return cls(name, weight, [line for line in lines if line is not None])

    def headlines(self, as_of: datetime, base: str, since: datetime) -> tuple[Headline, ...]:
        """See `HeadlineSource`."""
        return self._shelves.get(base, self._market).between(since, as_of)


def simulated_source(settings: SourceSettings, news: Sequence[NewsRow], clock: Clock) -> RecordedSource:
    """The news of the simulated market, as the table of sources builds it."""
    return RecordedSource.from_rows(settings.name, settings.weight, news)


class _Shelf:
    """Headlines of one coin and of the whole market, with their times in separate lists."""

    def __init__(self, lines: list[Headline]) -> None:
        self._lines = tuple(lines)
        self._seen = [line.first_seen_utc for line in lines]

    def between(self, since: datetime, as_of: datetime) -> tuple[Headline, ...]:
        # No headline is seen before it is published, so one that was published after `since` was also seen after it.
        known = self._lines[bisect_left(self._seen, since) : bisect_right(self._seen, as_of)]
        return tuple([line for line in known if line.published_utc > since])


def headline(
    raw: str, source: str, published: datetime, first_seen: datetime, bases: Sequence[str] | None = None
) -> Headline | None:
    """Build a headline from foreign text, cleaned. None when no visible text is left.

    `bases` are the coins that it mentions, empty for the whole market. With None they are found in the text.
    """
    text = plain(raw)
    if not text:
        return None
    symbols = bases_in(text) if bases is None else tuple(bases)
    return Headline(text=text, source=source, published_utc=published, first_seen_utc=first_seen, symbols=symbols)


def _sane(line: Headline) -> Headline:
    if line.published_utc <= line.first_seen_utc:
        return line
    return line.model_copy(update={"published_utc": line.first_seen_utc})
