"""A dated headline as a tape carries it; the sentiment room makes its own word of it."""

from datetime import datetime
from typing import NamedTuple


class NewsRow(NamedTuple):
    """Nothing may read it before `first_seen_utc`. `bases` names coins ("BTC"); empty: the whole market."""

    published_utc: datetime
    first_seen_utc: datetime
    bases: tuple[str, ...]
    text: str
