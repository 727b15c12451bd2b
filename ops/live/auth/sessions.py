"""Sessions of the operator's browser: a random id in a cookie, what it allows, and the token that each change must carry.

They live in memory: whoever restarts the server logs in again. A session ends after an hour without a request, and after twelve
in any case.
"""

import hmac
import secrets
from collections import deque
from datetime import datetime, timedelta
from typing import NamedTuple

from config.clock import Clock
from ops.live.auth.operator import Scope

IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
MOST_SESSIONS = 64
TRIES, TRIES_IN = 5, timedelta(minutes=15)
"""Wrong passwords or tokens that one address may send, and in which time; it is locked out after them."""
ALL_TRIES = 50
"""The same for all addresses together: a password is not guessed from many machines either."""


class Login(NamedTuple):
    """One browser that has logged in. `csrf`: what a request that changes something must carry."""

    csrf: str
    scope: Scope
    began: datetime
    seen: datetime


class Sessions:
    """The sessions that are open."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Login] = {}

    def begin(self, scope: Scope) -> str:
        """Open a session and return its id. The oldest makes room where there are too many."""
        now, name = self._clock.now(), secrets.token_urlsafe(32)
        while len(self._open) >= MOST_SESSIONS:
            del self._open[next(iter(self._open))]
        self._open[name] = Login(secrets.token_urlsafe(32), scope, now, now)
        return name

    def find(self, name: str | None, *, touch: bool = True) -> Login | None:
        """The session of this id, which lives on by being used (`touch`); None for one that is unknown or has ended."""
        found = self._open.get(name or "")
        if found is None or name is None:
            return None
        now = self._clock.now()
        if now - found.seen > IDLE or now - found.began > LONGEST:
            del self._open[name]
            return None
        if touch:
            self._open[name] = found = found._replace(seen=now)
        return found

    def end(self, name: str | None) -> None:
        """Close a session."""
        self._open.pop(name or "", None)


def same(given: str | None, right: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing of them."""
    return given is not None and hmac.compare_digest(given.encode(), right.encode())


class Lockout:
    """Counts wrong passwords and tokens by address, and locks an address out that sends too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: dict[str, deque[datetime]] = {}
        self._all: deque[datetime] = deque(maxlen=ALL_TRIES)

    def wait(self, address: str) -> timedelta | None:
        """How long this address has to wait; None if it may try now."""
        now = self._clock.now()
        waits = [
            tries[0] + TRIES_IN - now
            for tries, most in ((self._wrong.get(address, deque()), TRIES), (self._all, ALL_TRIES))
            if len(tries) >= most and now - tries[0] < TRIES_IN
        ]
        return max(waits, default=None)

    def wrong(self, address: str) -> None:
        """Count a wrong one."""
        now = self._clock.now()
        self._wrong = {name: tries for name, tries in self._wrong.items() if now - tries[-1] < TRIES_IN}
        self._wrong.setdefault(address, deque(maxlen=TRIES)).append(now)
        self._all.append(now)

    def right(self, address: str) -> None:
        """Forget what this address sent before."""
        self._wrong.pop(address, None)
