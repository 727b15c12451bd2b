"""The values of the sentiment room: a headline, and the sentiment of one symbol."""

from typing import Annotated

from pydantic import Field

from config.frozen import Frozen, UtcTime
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


class SentimentData(Frozen):
    """Sentiment on one symbol as it could be known at `as_of_utc`. `flags` are hard events ("hack", "depeg")."""

    symbol: str
    as_of_utc: UtcTime
    score: Score | Abstained
    sub_scores: tuple[SubScore, ...] = ()
    flags: tuple[str, ...] = ()
    headlines: tuple[Headline, ...] = ()
    """The headlines with the most weight, for the arguments in court."""
