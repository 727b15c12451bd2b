"""The protocols of a source: of headlines, of figures, and of anything that must be fetched."""

from datetime import datetime
from typing import Protocol, runtime_checkable

from config.silence import Abstained
from market.bar import Fact
from sentiment.headline import Headline


class Source(Protocol):
    """A source with a name and a weight."""

    @property
    def name(self) -> str:
        """Its name in records."""
        ...

    @property
    def weight(self) -> float:
        """Its weight in the combined score, relative to the other sources."""
        ...


@runtime_checkable
class HeadlineSource(Source, Protocol):
    """A source of headlines. It answers at once, without fetching, and never raises."""

    def headlines(self, as_of: datetime, base: str, since: datetime) -> tuple[Headline, ...]:
        """Headlines about `base` ("BTC") or the whole market, published after `since`, in order of first sight.

        It never returns a headline that was first seen after `as_of` (law 6).
        """
        ...


@runtime_checkable
class FigureSource(Source, Protocol):
    """A source of figures about a crowd: an index of its mood, what it pays to be long. It answers at once and never raises."""

    def figure(self, as_of: datetime, base: str) -> Fact | Abstained:
        """The newest figure on `base` ("BTC") or on the whole market; never one that was known after `as_of` (law 6)."""
        ...


@runtime_checkable
class LiveSource(Source, Protocol):
    """A source that must be fetched before it can answer."""

    @property
    def failure(self) -> str | None:
        """Why the last fetch failed; None when it did not, and before the first one."""
        ...

    @property
    def silence(self) -> str | None:
        """Why nothing that it ever told is believed now: it no longer tells what is known to be true."""
        ...

    @property
    def wait_s(self) -> float | None:
        """How long the server asked not to be asked again [seconds]; None if it did not."""
        ...

    async def refresh(self) -> None:
        """Fetch what is new. Never raises for a fault of the source or of the network."""
        ...
