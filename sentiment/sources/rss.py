"""A live RSS or Atom feed. Fetching and reading are separate: `refresh` waits for the network, `headlines` never does.

The feed is not trusted. It is fetched over http(s) with a time limit, a size limit and few redirects. It is parsed outside the
event loop and from bytes, because the parser would open a string as a path or an address. Only titles and dates are kept, as
plain text; links are not. After any failure the last good headlines stay and `failure` holds the reason.
"""

import asyncio
import calendar
import io
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import feedparser
import httpx2

from config.clock import Clock
from config.reading.connections import NoClient, client_of, proxies_set
from config.sections.sentiment import SourceSettings
from market.news import NewsRow
from sentiment.headline import Headline
from sentiment.sources.identity import Item, Known
from sentiment.sources.recorded import RecordedSource, headline

_MAX_REDIRECTS = 3
_MAX_ENTRIES = 200
_MAX_KEPT = 2_000
_AGENT = "tribunal/0.1 (RSS reader)"


class _Unusable(Exception):
    """The answer cannot be used as a feed. The text gives the reason."""


class RssSource:
    """One feed. The time of first sight of an item is the clock's time when it is first fetched; it never changes.

    `known` are items that earlier runs have archived: they are not taken again.
    """

    def __init__(self, settings: SourceSettings, clock: Clock, known: Iterable[Item] = ()) -> None:
        self.name = settings.name
        self.weight = settings.weight
        self.failure: str | None = None
        """The reason why the last refresh failed; None when it succeeded, or before the first one."""
        self._url = settings.url or ""
        self._timeout_s = settings.timeout_s
        self._max_bytes = settings.max_bytes
        self._clock = clock
        self.fresh: tuple[Item, ...] = ()
        """What the last refresh found that was not known before."""
        self._known = Known(known)
        self._lines: deque[Headline] = deque(maxlen=_MAX_KEPT)
        self._archive = RecordedSource(self.name, self.weight, ())

    def headlines(self, as_of: datetime, base: str, since: datetime) -> tuple[Headline, ...]:
        """See `HeadlineSource`. Returns headlines of the refreshes so far."""
        return self._archive.headlines(as_of, base, since)

    def seen(self) -> tuple[Headline, ...]:
        """All headlines of this feed that are kept, in no particular order."""
        return tuple(self._lines)

    async def refresh(self) -> None:
        """Fetch the feed and add its new items. Never raises for a fault of the feed or of the network."""
        self.fresh = ()
        try:
            async with asyncio.timeout(self._timeout_s):
                body, kind = await self._fetch()
                entries = await asyncio.to_thread(_parse, body, kind)
        except TimeoutError:
            self.failure = f"no whole answer within {self._timeout_s:g} s{proxies_set()}"
        except (httpx2.HTTPError, httpx2.InvalidURL, NoClient, _Unusable) as error:
            remark = proxies_set() if isinstance(error, httpx2.TransportError) else ""
            self.failure = (str(error) or type(error).__name__) + remark
        except (ExceptionGroup, OverflowError):
            self.failure = f"the address or its port is impossible{proxies_set()}"
        else:
            self.failure = None
            self._take(entries)

    async def _fetch(self) -> tuple[bytes, str]:
        """The body and its content type. Raises httpx2 errors, and `_Unusable` for a body above the limit."""
        async with self._client() as client, client.stream("GET", self._url) as response:
            response.raise_for_status()
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._max_bytes:
                    raise _Unusable(f"the answer is larger than {self._max_bytes:,} bytes")
            return bytes(body), response.headers.get("content-type", "")

    def _client(self) -> httpx2.AsyncClient:
        """A client for one fetch. Raises NoClient when the environment's proxies or certificates cannot be used."""
        headers = {"user-agent": _AGENT, "accept-encoding": "identity"}
        return client_of(
            lambda: httpx2.AsyncClient(
                follow_redirects=True, max_redirects=_MAX_REDIRECTS, timeout=self._timeout_s, headers=headers
            )
        )

    def _take(self, entries: list[Mapping[str, Any]]) -> None:
        now = self._clock.now()
        items = [item for entry in entries if (item := _item(entry, self.name, now)) is not None]
        self.fresh = tuple(item for item in items if self._known.is_new(item, now))
        self._lines.extend(item.line for item in self.fresh)
        self._archive = RecordedSource(self.name, self.weight, self._lines)


def _parse(body: bytes, kind: str) -> list[Mapping[str, Any]]:
    """The entries of a feed, at most 200. Raises `_Unusable` when the answer is not a feed.

    Many feeds have faults but can be used. So a feed is accepted when the parser finds a version and entries, even if it
    sets its fault flag.
    """
    try:
        feed = feedparser.parse(io.BytesIO(body), response_headers={"content-type": kind} if kind else {})
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        raise _Unusable(f"the feed cannot be parsed ({type(error).__name__})") from error
    if not feed.get("version") or not feed.entries:
        raise _Unusable("the answer is not an RSS or Atom feed with entries")
    return list(feed.entries[:_MAX_ENTRIES])


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
