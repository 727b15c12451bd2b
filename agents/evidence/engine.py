"""The full engine for votes that are given: the same cycle, court, gate and venue as ever, with a script in the voters' place.

Nothing is journaled: hundreds of such runs are compared and thrown away, and any of them can be made again from its seed.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

import numpy as np

from agents.cycle import run_cycle
from agents.desk import Desk
from agents.evidence.baselines import Engine, Outcome
from agents.evidence.votes import ScriptedVoter, Votes
from agents.strategies.contexts import Context
from execution.dealer import Sink


class Nowhere:
    """A sink that keeps nothing but the count."""

    def __init__(self) -> None:
        self._count = 0

    def append(self, kind: str, payload: bytes) -> int:
        """The number that the event would have had."""
        self._count += 1
        return self._count


Opening = Callable[[Sink], Desk]
"""Opens a fresh desk on a tape, writing to the sink; the same tape and settings each time."""


def full_engine(opened: Opening, moments: Callable[[], Iterable[datetime]], why: str = "as scripted") -> Engine:
    """An engine that puts votes through the cycle at each of `moments`, on a new desk each time.

    Votes are taken as netted already: one voter of weight 1 casts them, with `why` as its reason.
    """

    async def engine(votes: Votes) -> Outcome:
        script = Context(name="script", strategy=ScriptedVoter(votes, why), symbols=None, weight=1.0)
        desk = replace(opened(Nowhere()), contexts=(script,))
        equity = [float(desk.settings.venue.starting_cash)]
        for as_of in moments():
            record = await run_cycle(desk, as_of)
            equity.append(float(record.portfolio.equity))
        return Outcome(np.array(equity), len(desk.trader.ledger.trades))

    return engine
