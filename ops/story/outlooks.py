"""Outlooks, which are asked ahead of a hearing: how many were asked, answered, used and wasted, and their cost.

All counts come from the journal. An outlook is asked when the journal says so, warm when one of its attempts has an
opinion, and used when the voice of a hearing names it. Money is exact.
"""

from decimal import Decimal

from agents.court.hearing import Argued
from agents.llm.attempt import Attempt, AttemptOutcome
from agents.records.record import AskedAhead
from config.frozen import Frozen


class OutlookFigures(Frozen):
    """`warmed` of the `asked` outlooks have an opinion; `used` were read in a hearing, the other warm ones are
    `wasted`.

    `cost_usd` covers all of them, `wasted_usd` those that no hearing read [USD], exact.
    """

    asked: int
    warmed: int
    used: int
    wasted: int
    cost_usd: Decimal
    wasted_usd: Decimal


class OutlookCounts:
    """The counts so far."""

    def __init__(self) -> None:
        self._cost: dict[str, Decimal] = {}
        self._warm: set[str] = set()
        self._used: set[str] = set()

    def asked(self, ahead: AskedAhead) -> None:
        """Count outlooks that are asked."""
        self._cost.update((each.decision_id, Decimal(0)) for each in ahead.asked)

    def attempt(self, attempt: Attempt) -> None:
        """Count an attempt, for an outlook or not."""
        if attempt.decision_id in self._cost:
            self._cost[attempt.decision_id] += attempt.cost_usd
            if attempt.outcome is AttemptOutcome.OK:
                self._warm.add(attempt.decision_id)

    def hear(self, hearing: Argued) -> None:
        """Count a hearing, with an outlook or not."""
        self._used.update(voice.outlook for voice in hearing.voices if voice.outlook is not None)

    def figures(self) -> OutlookFigures | None:
        """Return all figures; None if no outlook was asked."""
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
