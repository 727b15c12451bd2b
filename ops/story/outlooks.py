"""What was asked ahead of its trial: how many outlooks were asked, came, were used and were not, and for how much.

It counts by the journal alone: an outlook is asked where the journal says so, warm when an attempt for it held an opinion, and
used when a hearing's voice names it. Money is exact.
"""

from decimal import Decimal

from agents.court.hearing import Hearing
from agents.llm.attempt import Attempt, AttemptOutcome
from agents.records.record import AskedAhead
from config.frozen import Frozen


class OutlookFigures(Frozen):
    """`warmed` of those `asked` came with an opinion; `used` were read in a hearing, the rest of the warm ones `wasted`.

    `cost_usd` is of all of them, `wasted_usd` of those that no hearing read. Cost in USD, exact.
    """

    asked: int
    warmed: int
    used: int
    wasted: int
    cost_usd: Decimal
    wasted_usd: Decimal


class OutlookCounts:
    """What has been read so far."""

    def __init__(self) -> None:
        self._cost: dict[str, Decimal] = {}
        self._warm: set[str] = set()
        self._used: set[str] = set()

    def asked(self, ahead: AskedAhead) -> None:
        """Outlooks are asked."""
        self._cost.update((each.decision_id, Decimal(0)) for each in ahead.asked)

    def attempt(self, attempt: Attempt) -> None:
        """An attempt, for an outlook or not."""
        if attempt.decision_id in self._cost:
            self._cost[attempt.decision_id] += attempt.cost_usd
            if attempt.outcome is AttemptOutcome.OK:
                self._warm.add(attempt.decision_id)

    def hear(self, hearing: Hearing) -> None:
        """A hearing, that used one or not."""
        self._used.update(voice.outlook for voice in hearing.voices if voice.outlook is not None)

    def figures(self) -> OutlookFigures | None:
        """All of it; None where nothing was asked ahead."""
        if not self._cost:
            return None
        return OutlookFigures(
            asked=len(self._cost),
            warmed=len(self._warm),
            used=len(self._used),
            wasted=len(self._warm - self._used),
            cost_usd=sum(self._cost.values(), Decimal(0)),
            wasted_usd=sum((cost for name, cost in self._cost.items() if name not in self._used), Decimal(0)),
        )
