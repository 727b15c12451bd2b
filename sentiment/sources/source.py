"""What a source of headlines must be able to do."""

from datetime import datetime
from typing import Protocol

from sentiment.headline import Headline


class Source(Protocol):
    """A named, weighted supply of headlines that answers at once and never raises: reading is not fetching."""

    @property
    def name(self) -> str:
        """What it is called in records."""
        ...

    @property
    def weight(self) -> float:
        """Its share in the fused score, relative to the other sources."""
        ...

    def headlines(self, as_of: datetime, base: str, since: datetime) -> tuple[Headline, ...]:
        """Headlines about `base` ("BTC") or the whole market, published after `since`, in order of first sight.

        Never one that was first seen after `as_of` (law 6).
        """
        ...
