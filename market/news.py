"""A dated headline as the tape holds it. The sentiment room converts it to its own `Headline`."""

from datetime import datetime
from typing import NamedTuple


class NewsRow(NamedTuple):
    """One headline. Nothing may read it before `first_seen_utc`. `bases` names its coins ("BTC"); empty: the whole market."""

    published_utc: datetime
    first_seen_utc: datetime
    bases: tuple[str, ...]
    text: str
