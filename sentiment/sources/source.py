"""The protocol of a source of headlines."""

from datetime import datetime
from typing import Protocol

from sentiment.headline import Headline


class HeadlineSource(Protocol):
    """A source of headlines with a name and a weight. It answers at once, without fetching, and never raises."""

    @property
    def name(self) -> str:
        """Its name in records."""
        ...

    @property
    def weight(self) -> float:
        """Its weight in the combined score, relative to the other sources."""
        ...

    def headlines(self, as_of: datetime, base: str, since: datetime) -> tuple[Headline, ...]:
        """Headlines about `base` ("BTC") or the whole market, published after `since`, in order of first sight.

        It never returns a headline that was first seen after `as_of` (law 6).
        """
        ...
