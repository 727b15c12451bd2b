"""Spells: periods in which something failed without a break, so that an outage can be described in one sentence.

A spell ends at the next success. A single failure is not a spell, unless the run ended with it.
"""

from collections import Counter
from datetime import datetime

from config.frozen import Frozen, UtcTime


class Spell(Frozen):
    """`why` counts the failures by cause; `until_utc` is None if it lasted to the end."""

    who: str
    from_utc: UtcTime
    until_utc: UtcTime | None
    why: dict[str, int]
    spoken: dict[str, int]
    """Who spoke instead, in numbers of opinions."""


class Spells:
    """The spells of one party (a provider, or a role that models were asked for), while they are read."""

    def __init__(self, who: str) -> None:
        self._who = who
        self._done: list[Spell] = []
        self._since: datetime | None = None
        self._why: Counter[str] = Counter()
        self._spoken: Counter[str] = Counter()

    def failed(self, at: datetime, why: str, spoken: str | None = None) -> None:
        """Count a failure at a bar close."""
        self._since = self._since or at
        self._why[why] += 1
        if spoken is not None:
            self._spoken[spoken] += 1

    def has(self, why: str) -> bool:
        """Return whether the present spell has this failure."""
        return self._why[why] > 0

    def end(self, at: datetime) -> None:
        """End the present spell, if there is one: something worked, or another cause begins."""
        if self._since is not None and self._why.total() > 1:
            self._done.append(self._spell(self._since, at))
        self._since = None
        self._why.clear()
        self._spoken.clear()

    def all(self) -> tuple[Spell, ...]:
        """Return all spells in the order of their beginning."""
        last = () if self._since is None else (self._spell(self._since, None),)
        return (*self._done, *last)

    def _spell(self, since: datetime, until: datetime | None) -> Spell:
        return Spell(
            who=self._who, from_utc=since, until_utc=until, why=dict(self._why.most_common()), spoken=dict(self._spoken)
        )
