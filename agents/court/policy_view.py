"""What a court knows of a case beyond its ruling, as the policy is shown it: three figures, each missing where it is not known.

    agreement   1 - 2 sd of the roles' beliefs in the trade: 1 if all say the same, 0 if half is certain of each side
    sentiment   score of the market's news in [-1, 1]
    regime      kind of market on the base timeframe, as a number (`rl.features.REGIMES`)

A belief is in [0, 1], as in `evidence.rulings.statements`. Silence is not one half: a role that abstained has no belief, and with
fewer than two beliefs there is no agreement to speak of. The same function serves a session and a recorded tape.
"""

import math
from statistics import pstdev
from typing import NamedTuple

from agents.court.case import Case
from agents.court.hearing import Hearing
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, SupervisorOpinion
from agents.strategies.regime import regime_of
from config.silence import Abstained
from market.signals import Regime
from rl.features import REGIMES


class CourtView(NamedTuple):
    """The court's figures in the order of `rl.features.COURT_COLUMNS`; None where missing."""

    agreement: float | None
    sentiment: float | None
    regime: float | None

    def columns(self) -> tuple[float, float, float]:
        """The same with NaN where a figure is missing."""
        agreement, sentiment, regime = (math.nan if value is None else value for value in self)
        return agreement, sentiment, regime


def court_view(
    case: Case,
    analyst: AnalystOpinion | Abstained,
    risk: RiskOpinion | Abstained,
    advocate: AdvocateOpinion | Abstained,
    supervisor: SupervisorOpinion | Abstained,
) -> CourtView:
    """What the policy is shown of a case and of the opinions about it."""
    beliefs: list[float] = []
    if isinstance(analyst, AnalystOpinion):
        beliefs.append(analyst.belief_in(short=case.proposal.is_short))
    if isinstance(risk, RiskOpinion):
        beliefs.append(risk.scale_pct / 100)
    if isinstance(advocate, AdvocateOpinion):
        beliefs.append(1 - advocate.strength_pct / 100)
    if isinstance(supervisor, SupervisorOpinion):
        beliefs.append(supervisor.scale_pct / 100)
    regime, score = regime_of(case.signals[case.base_timeframe]), case.sentiment.score
    return CourtView(
        agreement=max(0.0, 1.0 - 2.0 * pstdev(beliefs)) if len(beliefs) > 1 else None,
        sentiment=None if isinstance(score, Abstained) else score,
        regime=None if regime is None else REGIMES[Regime(regime)],
    )


def columns_of(hearing: Hearing) -> tuple[float, float, float]:
    """The figures of a hearing that is over, and perhaps recorded; NaN where one is missing."""
    return court_view(hearing.case, hearing.analyst, hearing.risk_agent, hearing.advocate, hearing.supervisor).columns()
