"""The values of the sentiment room: a headline, a part of the sentiment, and the sentiment of one symbol."""

from typing import Annotated, get_args

from pydantic import Field

from config.frozen import Frozen, UtcTime, absent
from config.sections.sentiment import ComponentName
from config.silence import Abstained

Score = Annotated[float, Field(ge=-1.0, le=1.0)]


class Headline(Frozen):
    """One dated headline. Nothing may read it before `first_seen_utc` (law 6)."""

    text: str = Field(min_length=1, max_length=500)
    source: str
    published_utc: UtcTime
    first_seen_utc: UtcTime
    symbols: tuple[str, ...] = ()
    """Bases that it mentions ("BTC"); empty: the whole market."""


class SubScore(Frozen):
    """The result of one source: a score in [-1, 1] or Abstained, its weight, its headlines and the age of the newest."""

    source: str
    score: Score | Abstained
    weight: float = Field(gt=0)
    headlines: int = Field(ge=0)
    newest_age_h: float | None = Field(default=None, ge=0)


class Component(Frozen):
    """One part of the sentiment of a symbol, apart from the others.

    `share` is its share of the combined score, 0 if it abstains. `value` is the figure that the score was made of: the index from
    0 to 100, the funding rate [fraction of the notional], the ratio of long to short accounts.
    """

    score: Score | Abstained
    share: float = Field(ge=0, le=1)
    headlines: int | None = Field(default=None, ge=0, exclude_if=absent)
    value: float | None = Field(default=None, exclude_if=absent)
    age_h: float | None = Field(default=None, ge=0, exclude_if=absent)
    """Age of the newest headline, or of the moment that the figure describes [hours]."""


class CrowdComponent(Component):
    """What a crowd says of a symbol: posts of the last 24 hours that name it.

    `positive_share` is the share of the good ones among those that are good or bad; None without any. `trend` is the number of
    mentions against the mean day of the week before, less 1: 0.5 is half as many again; None if too few days are known.
    """

    mentions: int = Field(ge=0)
    positive_share: float | None = Field(default=None, ge=0, le=1)
    trend: float | None = Field(default=None, ge=-1)


class SentimentData(Frozen):
    """Sentiment on one symbol as it could be known at `as_of_utc`. `flags` are hard events ("hack", "depeg").

    The parts stand apart; a part for which the profile names no source is None, and one that does not answer abstains.
    """

    symbol: str
    as_of_utc: UtcTime
    score: Score | Abstained
    sub_scores: tuple[SubScore, ...] = ()
    flags: tuple[str, ...] = ()
    headlines: tuple[Headline, ...] = ()
    """The headlines with the most weight, for the arguments in court."""
    news: Component | None = Field(default=None, exclude_if=absent)
    reddit: CrowdComponent | None = Field(default=None, exclude_if=absent)
    x: CrowdComponent | None = Field(default=None, exclude_if=absent)
    fear_greed: Component | None = Field(default=None, exclude_if=absent)
    funding: Component | None = Field(default=None, exclude_if=absent)
    long_short: Component | None = Field(default=None, exclude_if=absent)

    def components(self) -> dict[str, Component]:
        """The parts that there are, by name."""
        parts = {name: getattr(self, name) for name in COMPONENTS}
        return {name: part for name, part in parts.items() if part is not None}


COMPONENTS: tuple[ComponentName, ...] = get_args(ComponentName)
