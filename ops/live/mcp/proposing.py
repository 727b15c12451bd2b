"""Proposals of an agent: few in an hour, short, and cleaned. Each is a vote that court and gate judge, and never an order.

The thesis is the text of a model that somebody else runs. The journal keeps it for people, and no prompt of the court holds it.
"""

from collections import deque
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Final

from agents.court.prompts.fence import clean
from config.clock import Clock
from config.errors import UsageFault
from execution.steering.words import LONGEST, Proposable
from market.symbols import normalise_symbol
from ops.live.steering.giving import Given, Operator, Steering

MOST_AN_HOUR: Final = 12
"""Proposals that one server leaves for its session in an hour."""
_HOUR: Final = timedelta(hours=1)
_PATIENCE_S: Final = 5.0
"""How long an answer waits for the session [s]."""
_NAP_S: Final = 0.1


class Proposing:
    """Leaves proposals for one session. `who`: in whose name those are that come over standard streams."""

    def __init__(self, steering: Steering, clock: Clock, who: str, patience_s: float = _PATIENCE_S) -> None:
        self._steering, self._clock, self._who, self._patience_s = steering, clock, who, patience_s
        self._left_at: deque[datetime] = deque()
        self._lock, self._nap = Lock(), Event()

    def propose(self, symbol: str, direction: Proposable, thesis: str, who: str | None) -> Given:
        """Leave a proposal and wait a moment for what the session says. `who`: the name of the token; None without one.

        Raises UsageFault, OutputFault; nothing was asked then."""
        market, why = normalise_symbol(symbol) or symbol, clean(thesis, LONGEST)
        by = Operator(who or self._who, "mcp")
        with self._lock:
            self._refuse_many()
            given = self._steering.propose(market, direction, why, by)
            self._left_at.append(self._clock.now())
        left = self._patience_s
        while given.state in ("waiting", "heard") and left > 0:
            self._nap.wait(_NAP_S)
            left -= _NAP_S
            given = self._steering.stands(given.ref) or given
        return given.model_copy(update={"target": f"{market} {direction}"})

    def _refuse_many(self) -> None:
        now = self._clock.now()
        while self._left_at and now - self._left_at[0] >= _HOUR:
            self._left_at.popleft()
        if len(self._left_at) >= MOST_AN_HOUR:
            raise UsageFault(
                f"{MOST_AN_HOUR} proposals were made here within an hour. Nothing was asked; wait until the first is an hour old."
            )
