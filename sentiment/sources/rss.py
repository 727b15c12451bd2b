"""A live RSS or Atom feed. Fetching and reading are separate: `refresh` waits for the network, `headlines` never does.

The feed is not trusted. It is fetched over http(s) with a time limit, a size limit and few redirects. It is parsed outside the
event loop and from bytes, because the parser would open a string as a path or an address. Only titles and dates are kept, as
plain text; links are not. A feed whose own title lacks the words of its `canary` is another feed, or none: it is silenced.
"""

import asyncio
import calendar
import io
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import feedparser

from config.clock import Clock
from config.sections.sentiment import SourceSettings
from market.news import NewsRow
from sentiment.sources.fetch import Answer, Failed, Nonsense, fetched
from sentiment.sources.identity import Item
from sentiment.sources.recorded import headline
from sentiment.sources.wire import WireSource
from sentiment.text import plain

_MAX_ENTRIES = 200


class RssSource(WireSource):
    """One feed. `known` are items that earlier runs have archived."""

    def __init__(self, settings: SourceSettings, clock: Clock, known: Iterable[Item] = ()) -> None:
        async def ask() -> list[Item]:
            answer = await fetched(settings.address, settings, clock)
            feed = await asyncio.to_thread(_parsed, answer)
            _believe(feed, settings.canary)
            now = clock.now()
            items = (_item(entry, settings.name, now) for entry in feed.entries[:_MAX_ENTRIES])
            return [item for item in items if item is not None]

        super().__init__(settings, clock, ask, known)


def _parsed(answer: Answer) -> Any:
    """The feed in an answer. Raises Failed when there is none.

    Many feeds have faults but can be used. So a feed is accepted when the parser finds a version and entries, even if it
    sets its fault flag.
    """
    try:
        headers = {"content-type": answer.kind} if answer.kind else {}
        feed = feedparser.parse(io.BytesIO(answer.body), response_headers=headers)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        raise Failed(f"the feed cannot be parsed ({type(error).__name__})") from error
    if not feed.get("version") or not feed.entries:
        raise Failed("the answer is not an RSS or Atom feed with entries")
    return feed


def _believe(feed: Any, canary: str | None) -> None:
    """Raises Nonsense for a feed whose own title lacks the words that it is known to have."""
    title = plain(str(feed.feed.get("title") or ""))
    if canary is not None and canary.casefold() not in title.casefold():
        raise Nonsense(f"it is called {title[:60]!r} and not {canary!r}: this is not the feed that was named")


def _item(entry: Mapping[str, Any], source: str, now: datetime) -> Item | None:
    """The item of an entry; None without visible text."""
    published, guid = _date(entry, now), entry.get("id")
    text = str(entry.get("title") or entry.get("summary") or "")
    line = headline(text, source, now if published is None else published, now)
    known_by = guid if isinstance(guid, str) and guid else None
    return None if line is None else Item(line, known_by, published is not None)


def _date(entry: Mapping[str, Any], now: datetime) -> datetime | None:
    """The publishing time of an entry; None when it has none, an impossible one, or one that is still to come."""
    stamp = entry.get("published_parsed") or entry.get("updated_parsed")
    if not isinstance(stamp, time.struct_time):
        return None
    try:
        published = datetime.fromtimestamp(calendar.timegm(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return published if published <= now else None


def rss_source(settings: SourceSettings, news: Sequence[NewsRow], clock: Clock) -> RssSource:
    """A feed as the table of sources builds it. It does not touch the network before it is refreshed."""
    return RssSource(settings, clock)
