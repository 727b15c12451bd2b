"""Headlines of the world's press from GDELT, which needs no key: the backstop when the feeds of the trade are silent.

GDELT says when it saw an article, and not when it was published, so that moment is taken. Its refusals come as plain text with
the status 200; they are failures. Articles that are not of the last week are nonsense, and, where the profile sets a `canary`, so
are none at all.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from config.clock import Clock
from config.sections.sentiment import SourceSettings
from market.news import NewsRow
from sentiment.sources.fetch import Failed, Nonsense, fetched
from sentiment.sources.identity import Item
from sentiment.sources.moments import NoDate, read_moment
from sentiment.sources.recorded import headline
from sentiment.sources.wire import WireSource

_MOST = 75
_SPAN_H = 24
_OLDEST = timedelta(days=7)


def gdelt_source(settings: SourceSettings, news: Sequence[NewsRow], clock: Clock) -> WireSource:
    """GDELT as the table of sources builds it; `query` holds its search words, such as `(bitcoin OR ethereum)`."""

    async def ask() -> list[Item]:
        answer = await fetched(
            settings.address,
            settings,
            clock,
            query=f"{settings.query} sourcelang:english",
            mode="artlist",
            format="json",
            sort="datedesc",
            maxrecords=_MOST,
            timespan=f"{_SPAN_H}h",
        )
        return _items(answer.tree(), settings, clock.now())

    return WireSource(settings, clock, ask)


def _items(tree: Any, settings: SourceSettings, now: datetime) -> list[Item]:
    articles = tree.get("articles", []) if isinstance(tree, Mapping) else None
    if not isinstance(articles, list):
        raise Failed("the answer has no list of articles")
    if settings.canary is not None and not articles:
        raise Nonsense(f"it knows no article on {settings.query!r} in {_SPAN_H} h, and there are some every day")
    items = [item for one in articles[:_MOST] if isinstance(one, Mapping) and (item := _item(one, settings, now))]
    if articles and not items:
        raise Nonsense("none of its articles has a title and a date of the last week")
    return items


def _item(article: Mapping[str, Any], settings: SourceSettings, now: datetime) -> Item | None:
    """The item of one article; None without a title, or without a moment in the last week."""
    try:
        seen = read_moment(article.get("seendate"), None).moment
    except NoDate:
        return None
    if not now - _OLDEST <= seen:
        return None
    url = article.get("url")
    line = headline(str(article.get("title") or ""), settings.name, min(seen, now), now)
    return None if line is None else Item(line, url if isinstance(url, str) else None, True)
