"""Which items of a feed are the same: by their guid, and where it does not help by title and date.

    the guid is known                          the same item, however its title was edited since
    the title is new                           a new item
    a known title, dated within two days       the same item under another guid: a copy
    a known title, another date                a new item: "Bitcoin falls" is news again five months later
    a known title without a date               new only under another guid, or after two days in which nobody saw it

An item keeps the words and the time of its first sight.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from sentiment.headline import Headline

COPY = timedelta(days=2)
"""Items with one title whose dates differ by at most this are one item."""
_MOST_KEPT = 20_000


class Item(NamedTuple):
    """An item of a feed: its headline, its guid if it has one, and whether the feed dated it."""

    line: Headline
    guid: str | None
    dated: bool


class Archived(Headline):
    """An item as a line of an archive; lines of older versions have no `guid` and no `dated`."""

    guid: str | None = None
    dated: bool | None = None

    @classmethod
    def of(cls, item: Item) -> Self:
        """The line of an item."""
        return cls(**dict(item.line), guid=item.guid, dated=item.dated)

    @property
    def item(self) -> Item:
        """The item of a line. An undated one was published when it was first seen."""
        line = Headline(**{name: getattr(self, name) for name in Headline.model_fields})
        return Item(line, self.guid, self.published_utc != self.first_seen_utc if self.dated is None else self.dated)


class _Sight(NamedTuple):
    """When an item with this title was published, if it said so, and when it was last seen. `ours`: seen by this process,
    so that it is surely the last time."""

    published: datetime | None
    last: datetime
    ours: bool


class Known:
    """The items of one feed that were seen before."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        """`items`: what an archive holds; when they were last in the feed is not known."""
        self._guids: dict[str, None] = {}
        self._titles: dict[str, _Sight] = {}
        for item in items:
            line = item.line
            self._note(item, _Sight(line.published_utc if item.dated else None, line.first_seen_utc, ours=False))

    def is_new(self, item: Item, now: datetime) -> bool:
        """Whether this item was not seen before; it is known from now on."""
        sight = self._titles.get(_title(item.line))
        same_guid = item.guid is not None and item.guid in self._guids
        new = not same_guid and (sight is None or self._another(item, sight, now))
        published = item.line.published_utc if item.dated else None
        kept = published if new or sight is None else sight.published
        self._note(item, _Sight(kept, now, ours=True))
        return new

    def _another(self, item: Item, sight: _Sight, now: datetime) -> bool:
        """Whether an item with a known title is another one."""
        if item.dated and sight.published is not None:
            return abs(item.line.published_utc - sight.published) > COPY
        return now - sight.last > COPY and (sight.ours or item.guid is not None)

    def _note(self, item: Item, sight: _Sight) -> None:
        title = _title(item.line)
        self._titles.pop(title, None)
        self._titles[title] = sight
        if item.guid is not None:
            self._guids.pop(item.guid, None)
            self._guids[item.guid] = None
        if len(self._titles) > _MOST_KEPT:
            del self._titles[next(iter(self._titles))]
        if len(self._guids) > _MOST_KEPT:
            del self._guids[next(iter(self._guids))]


def _title(line: Headline) -> str:
    return " ".join(re.findall(r"\w+", line.text.casefold()))
