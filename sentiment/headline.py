"""The sentiment room's words: a headline, and what all of them say about one symbol."""

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
    """Bases it speaks of ("BTC"); empty: the whole market."""


class SubScore(Frozen):
    """What one source says: a score in [-1, 1] or silence, its weight, its headlines and the age of the newest."""

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
    """The few that weigh most, for whoever argues the case."""
