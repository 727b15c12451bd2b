"""A live source of headlines. Fetching and reading are separate: `refresh` waits for the network, `headlines` never does.

After a failure the last good headlines stay, and `failure` holds the reason. A source that answers nonsense is silenced: nothing
that it ever told is believed until it tells what is known to be true again.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from config.clock import Clock
from config.sections.sentiment import SourceSettings
from sentiment.headline import Headline
from sentiment.sources.fetch import Failed, Nonsense, within
from sentiment.sources.identity import Item, Known
from sentiment.sources.recorded import RecordedSource

Ask = Callable[[], Awaitable[Iterable[Item]]]
"""Fetches the items that the source shows now. Raises Failed, or Nonsense for items that cannot be its own."""
_MAX_KEPT = 2_000


class WireSource:
    """A source of headlines over a wire. The time of first sight of an item is the clock's time when it is first fetched; it
    never changes.

    `known` are items that earlier runs have archived: they are not taken again.
    """

    def __init__(self, settings: SourceSettings, clock: Clock, ask: Ask, known: Iterable[Item] = ()) -> None:
        self.name = settings.name
        self.weight = settings.weight
        self.failure: str | None = None
        """The reason why the last refresh failed; None when it succeeded, or before the first one."""
        self.silence: str | None = None
        """Why nothing that it told is believed; None unless its last answer was nonsense."""
        self.wait_s: float | None = None
        """How long the server asked to be left alone [seconds]; None if it did not."""
        self.fresh: tuple[Item, ...] = ()
        """What the last refresh found that was not known before."""
        self._timeout_s = settings.timeout_s
        self._clock = clock
        self._ask = ask
        self._known = Known(known)
        self._lines: deque[Headline] = deque(maxlen=_MAX_KEPT)
        self._archive = RecordedSource(self.name, self.weight, ())

    def headlines(self, as_of: datetime, base: str, since: datetime) -> tuple[Headline, ...]:
        """See `HeadlineSource`. Returns headlines of the refreshes so far."""
        return self._archive.headlines(as_of, base, since)

    def seen(self) -> tuple[Headline, ...]:
        """All headlines of this source that are kept, in no particular order."""
        return tuple(self._lines)

    def remember(self, items: Iterable[Item]) -> None:
        """Take these items for known: an archive holds them."""
        self._known = Known(items)

    async def refresh(self) -> None:
        """Fetch what the source shows and add what is new. Never raises for a fault of the source or of the network."""
        self.fresh, self.wait_s = (), None
        try:
            items = await within(self._timeout_s, self._ask())
        except Failed as why:
            self.failure, self.wait_s = str(why), why.wait_s
        except Nonsense as why:
            self.failure = self.silence = str(why)
        else:
            self.failure = self.silence = None
            self._take(items)

    def _take(self, items: Iterable[Item]) -> None:
        now = self._clock.now()
        self.fresh = tuple(item for item in items if self._known.is_new(item, now))
        self._lines.extend(item.line for item in self.fresh)
        self._archive = RecordedSource(self.name, self.weight, self._lines)
