"""Holds the live results of a policy against what its verdict promised, and demotes it when they fall out of that.

The account's daily returns are summed. As long as the promise is true, the sum stays above n days of the promised lower mean,
less a bound that holds for all n at once with 95 % (the normal mixture of Robbins 1970; Howard et al. 2021), so looking every day
is no fishing. Below it, the policy becomes advisory at once: it goes on giving its opinion, and changes no size. Nothing promotes
it again: a human does, with a new verdict.

It never looks at one trade, and never waits for one. Results above what was promised demote nothing.
"""

import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal, NamedTuple

from config.frozen import Journaled, UtcTime
from rl.serving.promise import Promise

ERROR = 0.05
"""Chance that a true promise is ever taken for a broken one."""
SHARPEST_DAYS = 30
"""Days at which the bound is narrowest beside the root of n."""


class PolicyChanged(Journaled):
    """A change of what a policy may do, at a bar close."""

    event_kind: ClassVar[str] = "policy_changed"

    at_utc: UtcTime
    policy: str
    sha256: str
    before: Literal["active"]
    after: Literal["advisory"]
    why: str


def farthest(days: int, sd: float) -> float:
    """How far below its mean the sum of so many daily returns may fall [fraction]. `sd`: of a day [fraction]."""
    whole = days + SHARPEST_DAYS
    return sd * math.sqrt(whole * math.log(whole / (SHARPEST_DAYS * ERROR**2)))


class Demotion(NamedTuple):
    """A policy that is watched: its name and hash, the live results, and what demotes its adjuster."""

    policy: str
    sha256: str
    live: "LiveResults"
    demote: Callable[[], None]

    def see(self, at: datetime, equity: Decimal) -> PolicyChanged | None:
        """Take the equity of a bar close [quote]. Where the promise is broken: demotes the policy, and says so."""
        why = self.live.see(at, equity)
        if why is None:
            return None
        self.demote()
        return PolicyChanged(
            at_utc=at, policy=self.policy, sha256=self.sha256, before="active", after="advisory", why=why
        )


class LiveResults:
    """The daily returns of one session, and the promise they are held against. A promise is broken once."""

    def __init__(self, promise: Promise) -> None:
        self._promise = promise
        self._day: date | None = None
        self._equity = Decimal(0)
        self._days = 0
        self._sum = 0.0
        self._over = False

    def see(self, at: datetime, equity: Decimal) -> str | None:
        """Take the equity of a bar close. At the first one of a day (UTC): why the promise is broken, in words, or None."""
        if not self._over and (self._day is None or at.date() > self._day):
            begun, before = self._day is not None, self._equity
            self._day, self._equity = at.date(), equity
            if begun and before > 0:
                self._days += 1
                self._sum += float(equity / before - 1)
                return self._broken()
        return None

    def _broken(self) -> str | None:
        least = self._days * self._promise.low - farthest(self._days, self._promise.sd)
        if self._sum >= least:
            return None
        self._over = True
        return (
            f"in {self._days} days the daily returns add up to {self._sum:+.2%}, and by its verdict, from {self._promise.days} "
            f"days out of sample, they stay above {least:+.2%}"
        )
