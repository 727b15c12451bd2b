"""One-time codes for what takes a brake off: asked for by one person in one chat, good once and for a short time.

A code that was used, is wrong or is too old is gone: neither a repeated message nor a guess finds it again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from hmac import compare_digest
from typing import NamedTuple

from ops.live.chat.people import Person

GOOD_FOR = timedelta(seconds=60)


class Wanted(NamedTuple):
    """What a code was asked for: the verb, its target, the reason, and of a petition its amount as it was shown [quote]."""

    verb: str
    target: str
    why: str
    notional: Decimal | None = None


class _Asked(NamedTuple):
    code: str
    wanted: Wanted
    until: datetime


class Confirming:
    """The codes that are open. `make` gives a new one."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make
        self._open: dict[Person, _Asked] = {}

    def ask(self, who: Person, wanted: Wanted, now: datetime) -> str:
        """A new code for this person; an older one of theirs is gone."""
        self._open[who] = _Asked(self._make(), wanted, now + GOOD_FOR)
        return self._open[who].code

    def take(self, who: Person, code: str, now: datetime) -> Wanted | None:
        """What the code was asked for; None where it is not good. Either way it is used up."""
        asked = self._open.pop(who, None)
        if asked is None or now > asked.until or not compare_digest(asked.code.encode(), code.strip().encode()):
            return None
        return asked.wanted
