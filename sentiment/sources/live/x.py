"""Posts on X, only with the user's own token. Reposts are left out, since they say again what was counted.

The canary is the name of an account and its number, `jack=12`: X must go on telling that this number is that account.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from config.clock import Clock
from config.sections.sentiment import SourceSettings
from market.news import NewsRow
from sentiment.sources.fetch import Failed, Nonsense, fetched
from sentiment.sources.identity import Item
from sentiment.sources.live.keys import key_of
from sentiment.sources.moments import NoDate, read_moment
from sentiment.sources.recorded import headline
from sentiment.sources.wire import WireSource

_MOST = 100


def x_source(settings: SourceSettings, news: Sequence[NewsRow], clock: Clock) -> WireSource:
    """X as the table of sources builds it; `query` holds its search words, `key_env` the variable with the bearer token."""

    async def ask() -> list[Item]:
        headers = {"authorization": f"Bearer {key_of(settings)}"}
        if settings.canary is not None:
            name, _, number = settings.canary.partition("=")
            told = (await fetched(f"{settings.address}/users/{number}", settings, clock, headers)).tree()
            found = _mapping(_mapping(told).get("data")).get("username")
            if found != name:
                raise Nonsense(f"it says that account {number} is {str(found)[:40]!r} and not {name!r}")
        answer = await fetched(
            f"{settings.address}/tweets/search/recent",
            settings,
            clock,
            headers,
            query=f"{settings.query} -is:retweet lang:en",
            max_results=_MOST,
            **{"tweet.fields": "created_at"},
        )
        return _items(answer.tree(), settings, clock.now())

    return WireSource(settings, clock, ask)


def _items(tree: Any, settings: SourceSettings, now: datetime) -> list[Item]:
    posts = _mapping(tree).get("data", [] if "meta" in _mapping(tree) else None)
    if not isinstance(posts, list):
        raise Failed("the answer has no list of posts")
    return [item for post in posts[:_MOST] if (item := _item(_mapping(post), settings, now)) is not None]


def _item(post: Mapping[str, Any], settings: SourceSettings, now: datetime) -> Item | None:
    try:
        written = read_moment(post.get("created_at"), None).moment
    except NoDate:
        return None
    line = headline(str(post.get("text") or ""), settings.name, min(written, now), now)
    return None if line is None else Item(line, str(post.get("id")), True)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
