"""Counts what a crowd says of a coin: how often it is named, how many of the posts are good, and whether it is named more often.

A listing shows only its newest posts. So a trend is told only if three whole days before the last 24 hours are known.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from config.silence import Abstained
from sentiment.headline import Headline

LOOK_BACK = timedelta(days=8)
_DAY = timedelta(days=1)
_LEAST_DAYS = 3
_NEUTRAL = 0.05


class Crowd(NamedTuple):
    """See `sentiment.headline.CrowdComponent`."""

    mentions: int
    positive_share: float | None
    trend: float | None


def crowd_of(posts: Sequence[Headline], base: str, as_of: datetime, score: Callable[[str], float | Abstained]) -> Crowd:
    """The figures of the posts that name `base`, out of the posts of the last 8 days in any order.

    A post counts on the day in which it was published. One whose score is within 0.05 of 0 is neither good nor bad.
    """
    own = [post for post in posts if base in post.symbols]
    today = [post for post in own if post.published_utc > as_of - _DAY]
    scores = [each for post in today if not isinstance(each := score(post.text), Abstained)]
    good, bad = sum(each >= _NEUTRAL for each in scores), sum(each <= -_NEUTRAL for each in scores)
    return Crowd(len(today), good / (good + bad) if good + bad else None, _trend(posts, own, len(today), as_of))


def _trend(posts: Sequence[Headline], own: Sequence[Headline], today: int, as_of: datetime) -> float | None:
    """Mentions of the last 24 hours against the mean of the whole days before it that are known, less 1."""
    first = min((post.published_utc for post in posts), default=as_of)
    days = (as_of - _DAY - first) // _DAY
    before = sum(as_of - (days + 1) * _DAY < post.published_utc <= as_of - _DAY for post in own)
    if days < _LEAST_DAYS or before == 0:
        return None
    return today / (before / days) - 1.0
