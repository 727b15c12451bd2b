"""Posts and comments of subreddits, read with PRAW in a thread of its own. Reddit wants a key of your own, and its approval.

Nothing ambient is used: no `praw.ini`, no proxy or `.netrc` of the environment. An answer is read up to the size limit only, and
what was deleted is left out. The canary is the id of a subreddit, `t5_2s3qj` for r/Bitcoin: an answer without a post of it is
nonsense.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import praw
import praw.exceptions
import prawcore
import requests
from requests.adapters import HTTPAdapter

from config.clock import Clock
from config.sections.sentiment import SourceSettings
from market.news import NewsRow
from sentiment.sources.fetch import Failed, Nonsense
from sentiment.sources.identity import Item
from sentiment.sources.live.keys import key_of
from sentiment.sources.live.threads import Worker
from sentiment.sources.recorded import headline
from sentiment.sources.wire import WireSource

_MOST = 100
_GONE = frozenset(("[deleted]", "[removed]", "[deleted by user]"))
_AGENT = "python:tribunal:0.1 (reads public posts)"
_LOGIN = "https://www.reddit.com"
_CHUNK = 65_536


def reddit_source(settings: SourceSettings, news: Sequence[NewsRow], clock: Clock) -> WireSource:
    """Subreddits as the table of sources builds them: `query` joins their names with +."""
    worker: Worker[list[Mapping[str, Any]]] = Worker(f"reddit {settings.name}")

    async def ask() -> list[Item]:
        key = key_of(settings)
        posts = await worker.run(lambda: _listed(settings, key))
        if not posts:
            raise Failed("Reddit shows no post at all")
        if settings.canary is not None and not any(post.get("subreddit_id") == settings.canary for post in posts):
            raise Nonsense(f"none of {len(posts)} posts is of the subreddit {settings.canary}")
        now = clock.now()
        return [item for post in posts if (item := _item(post, settings.name, now)) is not None]

    return WireSource(settings, clock, ask)


def _listed(settings: SourceSettings, key: str) -> list[Mapping[str, Any]]:
    """The newest posts and comments, as PRAW holds them. Raises Failed; blocks."""
    try:
        with _session(settings.max_bytes) as session:
            subreddit = _client(settings, key, session).subreddit(settings.query or "")
            found = [*subreddit.new(limit=_MOST), *subreddit.comments(limit=_MOST)]
            return [vars(post) for post in found]
    except prawcore.exceptions.TooManyRequests as error:
        told = error.response.headers.get("retry-after", "")
        raise Failed(f"Reddit refuses ({error})", float(told) if told.isdigit() else None) from error
    except prawcore.exceptions.PrawcoreException as error:
        raise Failed(f"Reddit does not answer ({_short(error)})") from error
    except (praw.exceptions.PRAWException, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Failed(f"Reddit's answer cannot be read ({_short(error)})") from error


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"


def _client(settings: SourceSettings, key: str, session: requests.Session) -> praw.Reddit:
    """A client that can only read, and takes nothing from `praw.ini`."""
    name, _, secret = key.partition(":")
    return praw.Reddit(
        "DEFAULT",
        requestor_kwargs={"session": session},
        client_id=name,
        client_secret=secret,
        user_agent=_AGENT,
        reddit_url=settings.url or _LOGIN,
        oauth_url=settings.address,
        username=None,
        password=None,
        refresh_token=None,
        redirect_uri=None,
        check_for_updates=False,
        check_for_async=False,
        ratelimit_seconds=0,
        timeout=max(1, int(settings.timeout_s)),
    )


def _session(max_bytes: int) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Capped(max_bytes))
    return session


class _Capped(HTTPAdapter):
    """Reads an answer up to a limit. Raises ContentDecodingError for a larger one."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self._max_bytes = max_bytes

    def send(self, request: requests.PreparedRequest, stream: bool = False, **options: Any) -> requests.Response:  # type: ignore[override]
        response = super().send(request, stream=True, **options)
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._max_bytes:
                response.close()
                raise requests.exceptions.ContentDecodingError(f"larger than {self._max_bytes:,} bytes")
        response._content = bytes(body)
        return response


def _item(post: Mapping[str, Any], source: str, now: datetime) -> Item | None:
    """The item of a post or a comment; None for what was deleted or has no text or no moment."""
    text, written = post.get("title") or post.get("body"), post.get("created_utc")
    if not isinstance(text, str) or text.strip() in _GONE or not isinstance(written, int | float):
        return None
    try:
        moment = datetime.fromtimestamp(written, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    line = headline(text, source, min(moment, now), now)
    return None if line is None else Item(line, str(post.get("name") or post.get("id")), True)
