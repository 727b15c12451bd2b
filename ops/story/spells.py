"""Spells: from when to when something failed without a break, for telling an outage in one sentence.

A spell ends at the next success. Single failures are no spell, unless the run ended in them.
"""

from collections import Counter
from datetime import datetime

from config.frozen import Frozen, UtcTime


class Spell(Frozen):
    """`why` counts what failed; `until_utc` None: it lasted to the end."""

    who: str
    from_utc: UtcTime
    until_utc: UtcTime | None
    why: dict[str, int]
    spoken: dict[str, int]
    """Who spoke instead, in words."""


class Spells:
    """The spells of one party (a provider, or a role that models were asked for), while they come."""

    def __init__(self, who: str) -> None:
        self._who = who
        self._done: list[Spell] = []
        self._since: datetime | None = None
        self._why: Counter[str] = Counter()
        self._spoken: Counter[str] = Counter()

    def failed(self, at: datetime, why: str, spoken: str | None = None) -> None:
        """Something failed at a bar close."""
        self._since = self._since or at
        self._why[why] += 1
        if spoken is not None:
            self._spoken[spoken] += 1

    def has(self, why: str) -> bool:
        """Whether the present spell has seen this failure."""
        return self._why[why] > 0

    def end(self, at: datetime) -> None:
        """A spell, if there was one, is over: something worked, or another cause begins."""
        if self._since is not None and self._why.total() > 1:
            self._done.append(self._spell(self._since, at))
        self._since = None
        self._why.clear()
        self._spoken.clear()

    def all(self) -> tuple[Spell, ...]:
        """In the order of their beginning."""
        last = () if self._since is None else (self._spell(self._since, None),)
        return (*self._done, *last)

    def _spell(self, since: datetime, until: datetime | None) -> Spell:
        return Spell(
            who=self._who, from_utc=since, until_utc=until, why=dict(self._why.most_common()), spoken=dict(self._spoken)
        )
