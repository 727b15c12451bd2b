"""The court of a run beside its shadow: how both ruled on the same cases, and what the difference would have been worth.

Worth, in quote units, is the gate's notional at a full scale, times what the shadow would have left of it more than the court,
times the net return of the trade to its stop, its target or its horizon: above zero where the shadow ruled better. Where another
rule of the gate refused, neither court changed anything. Lots, the minimum notional and a changed book are not followed. Outcomes
of neighbouring cases overlap, so the interval comes from blocks of as many cases as a horizon holds.
"""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from math import ceil
from typing import NamedTuple

import numpy as np
from pydantic import Field

from agents.court.hearing import Hearing
from agents.court.ruling import Ruling, RulingOutcome
from agents.memory.outcomes import HORIZON_BARS, Barriers
from agents.records.record import Session
from agents.shadow.heard import ShadowHeard
from agents.shadow.seat import ShadowSeat
from config.frozen import Frozen
from config.seeds import generator
from evidence.rulings.barriers import Prices, results
from evidence.rulings.worth import allowed_notional
from evidence.statistics.totals import Interval, total_interval


class ShadowFigures(Frozen):
    """A court and its shadow. Counts are of cases that both have heard, but for `unheard` and `failed`."""

    name: str = Field(description="name of the shadow court")
    mind: str = Field(description="who sits there: rules or models")
    cases: int = Field(description="cases that both courts have ruled on")
    alike: int = Field(description="cases on which both ruled the same size")
    court: dict[str, int] = Field(description="rulings of the court, by outcome")
    shadow: dict[str, int] = Field(description="rulings of the shadow, by outcome")
    court_scale: float | None = Field(description="mean of the court's rulings [fraction]; null without a case")
    shadow_scale: float | None = Field(description="mean of the shadow's rulings [fraction]; null without a case")
    settled: int = Field(description="of the cases, those whose outcome is known")
    less_court: Interval | None = Field(
        description="what the shadow's rulings would have been worth, less the court's [quote]; null where nothing is known"
    )
    unheard: int = Field(description="cases of which the shadow had not spoken when the session ended")
    failed: int = Field(description="closes at which the shadow failed")
    why: str = Field(description="why it failed last; empty where it did not")
    calls: int = Field(description="requests to models of the shadow that were sent")
    usd: float = Field(description="what they cost [USD]")


class _Case(NamedTuple):
    row: int
    symbol: str
    stop: float
    target: float
    fee: float
    short: bool
    decision_id: str
    ruling: Ruling
    notional: float


class ShadowTally:
    """Collects what both courts have ruled in one run."""

    def __init__(self, session: Session, seat: ShadowSeat) -> None:
        self._seat, self._seed = seat, session.settings.seed
        self._barriers = Barriers.of(session)
        self._cases: list[_Case] = []
        self._words: dict[str, Ruling] = {}
        self._failed, self._why, self._calls, self._usd = 0, "", 0, Decimal(0)

    def say(self, heard: ShadowHeard) -> None:
        """Take what the shadow has said at a close."""
        self._words.update((word.decision_id, word.ruling) for word in heard.words)
        self._failed += heard.why is not None
        self._why = heard.why or self._why
        self._calls += sum(each.outcome.was_sent and not each.from_cache for each in heard.attempts)
        self._usd += sum((each.cost_usd for each in heard.attempts), Decimal(0))

    def hear(self, row: int, hearing: Hearing) -> None:
        """Take a ruling of the court at bar `row`."""
        case, barriers = hearing.case, self._barriers
        if not case.proposal.opens:
            return
        self._cases.append(
            _Case(
                row=row,
                symbol=case.symbol,
                stop=barriers.stop_of(case),
                target=barriers.target_of(case),
                fee=barriers.fee_bps[case.symbol] / 1e4,
                short=case.proposal.is_short,
                decision_id=case.decision_id,
                ruling=hearing.ruling,
                notional=allowed_notional(hearing, barriers),
            )
        )

    def figures(self, bars: Mapping[str, Prices], n_bars: int) -> ShadowFigures:
        """What both ruled, over a run of `n_bars` bars."""
        both = [case for case in self._cases if case.decision_id in self._words]
        ours, theirs = [case.ruling for case in both], [self._words[case.decision_id] for case in both]
        found = results(both, bars, HORIZON_BARS)
        differences = np.array(
            [
                (other.scale - own.scale) * case.notional * result.return_bps / 1e4
                for case, own, other, result in zip(both, ours, theirs, found, strict=True)
                if result is not None
            ]
        )
        block = max(1, ceil(len(self._cases) * HORIZON_BARS / max(1, n_bars)))
        return ShadowFigures(
            name=self._seat.name,
            mind=self._seat.court.mind,
            cases=len(both),
            alike=sum(own.scale == other.scale for own, other in zip(ours, theirs, strict=True)),
            court=_counted(ours),
            shadow=_counted(theirs),
            court_scale=_mean(ours),
            shadow_scale=_mean(theirs),
            settled=len(differences),
            less_court=total_interval(differences, block, generator(self._seed, "shadow"))
            if len(differences)
            else None,
            unheard=len(self._cases) - len(both),
            failed=self._failed,
            why=self._why,
            calls=self._calls,
            usd=float(self._usd),
        )


def _counted(rulings: list[Ruling]) -> dict[str, int]:
    said = Counter(ruling.outcome for ruling in rulings)
    return {outcome.value: said[outcome] for outcome in RulingOutcome}


def _mean(rulings: list[Ruling]) -> float | None:
    return sum(ruling.scale for ruling in rulings) / len(rulings) if rulings else None
