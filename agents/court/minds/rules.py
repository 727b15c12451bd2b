"""The rules mind: deterministic arguments that are computed from the data. It is always available.

It uses only the case, cites each number that it uses, and always gives the same opinion on the same case. So it can
rule alone, it can replace any model, and it is the benchmark that a model must beat.
"""

from typing import Literal

from agents.court.case import Case
from agents.court.condition import Condition, can_be_watched
from agents.court.mind import Voice
from agents.court.minds.advocacy import counter_evidence, together
from agents.court.minds.factors import Factor, factors, outlook
from agents.court.minds.prudence import concerns
from agents.court.minds.weighing import weigh_by_record
from agents.court.opinion import (
    AdvocateOpinion,
    AnalystOpinion,
    Evidence,
    HorizonView,
    RebuttalOpinion,
    RiskOpinion,
    ScalePercent,
    SupervisorOpinion,
    nearest_percent,
)
from agents.llm.attempt import Attempt
from config.sections.court import CourtSettings
from config.sections.limits import RiskLimits
from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import HORIZONS, Timeframe
from risk.proposal import Direction

_HORIZON_WEIGHT = {Timeframe.H1: 0.3, Timeframe.H4: 0.35, Timeframe.D1: 0.25, Timeframe.W1: 0.1}
_SENTIMENT_WEIGHT = 0.15
_DIRECTION_AT = 0.15


class RulesMind:
    """Four roles that are computed by rules."""

    name = "rules"

    def __init__(self, court: CourtSettings, limits: RiskLimits) -> None:
        self.court = court
        self._limits = limits

    async def analyst(self, case: Case) -> AnalystOpinion | Abstained:
        extreme = self.court.extreme_rsi
        read = {horizon: factors(case.signals[horizon], extreme) for horizon in HORIZONS if horizon in case.signals}
        read = {horizon: found for horizon, found in read.items() if len(found) >= 2}
        if not read:
            return Abstained(why="no horizon has enough history")
        score = _blend(case, {horizon: outlook(found) for horizon, found in read.items()})
        views = tuple(_view(case.signals[h], read[h]) if h in read else _silent(h, case) for h in HORIZONS)
        heaviest = sorted((f for found in read.values() for f in found), key=lambda f: -abs(f.score) * f.weight)
        direction = _direction(score)
        return AnalystOpinion(
            reasoning=_analyst_words(case, score, views),
            evidence=tuple(factor.evidence for factor in heaviest[:6]) + _sentiment_evidence(case),
            horizons=views,
            direction=direction,
            conviction_pct=nearest_percent(abs(score)),
            risks=tuple(f.evidence.claim for f in heaviest if f.score * score < 0)[:3],
            would_change_my_mind=_turning_point(case, score, self.court.conditions),
        )

    async def risk_agent(self, case: Case) -> RiskOpinion | Abstained:
        found = concerns(case, self._limits)
        scale: ScalePercent = min((concern.scale_pct for concern in found), default=100)
        book = Evidence(
            field="book.deployed_fraction", value=case.book.deployed_fraction, claim="share of equity at work"
        )
        words = "; ".join(concern.evidence.claim for concern in found) if found else "the book has room for this trade"
        return RiskOpinion(
            reasoning=f"{words}. At most {scale}% of the size.",
            evidence=(book, *(concern.evidence for concern in found)),
            concerns=tuple(concern.evidence.claim for concern in found)[:6],
            scale_pct=scale,
        )

    async def devils_advocate(
        self, case: Case, analyst: AnalystOpinion | Abstained, risk: RiskOpinion | Abstained
    ) -> AdvocateOpinion | Abstained:
        if isinstance(analyst, Abstained):
            return Abstained(why="there is no case to attack")
        attacks = counter_evidence(case)
        if not attacks:
            return _nothing_against(case)
        strength = nearest_percent(together(attacks))
        return AdvocateOpinion(
            reasoning=f"Against it: {'; '.join(attack.evidence.claim for attack in attacks[:4])}.",
            evidence=tuple(attack.evidence for attack in attacks[:8]),
            attacks=tuple(attack.evidence.claim for attack in attacks[:6]),
            strength_pct=strength,
        )

    async def supervisor(
        self,
        case: Case,
        analyst: AnalystOpinion | Abstained,
        risk: RiskOpinion | Abstained,
        advocate: AdvocateOpinion | Abstained,
        answer: RebuttalOpinion | Abstained | None = None,
    ) -> SupervisorOpinion | Abstained:
        """Weigh the opinions. The answer to an attack adds nothing: a ruling bounds what it concedes."""
        if isinstance(analyst, Abstained) or isinstance(risk, Abstained) or isinstance(advocate, Abstained):
            return Abstained(why="the court is not complete")
        scale, why = self._ruled(case, analyst, risk, advocate)
        proposed = Evidence(
            field="proposal.conviction", value=case.proposal.conviction, claim="conviction of the voters"
        )
        return SupervisorOpinion(reasoning=why, evidence=(proposed,), scale_pct=scale)

    def answers(self, case: Case) -> bool:
        """False: its analyst and its advocate have read the same figures, and an answer would hold no other."""
        return False

    async def rebuttal(self, case: Case, analyst: AnalystOpinion, advocate: AdvocateOpinion) -> Abstained:
        """Nothing: the rules have said all that they know."""
        return Abstained(why="the rules have said all that they know")

    def transcripts(self) -> tuple[Attempt, ...]:
        """Empty: no model is asked."""
        return ()

    def voices(self) -> tuple[Voice, ...]:
        """Empty: the rules mind speaks for all roles itself."""
        return ()

    def _ruled(
        self, case: Case, analyst: AnalystOpinion, risk: RiskOpinion, advocate: AdvocateOpinion
    ) -> tuple[ScalePercent, str]:
        if self.court.without_record == "veto" or case.record is None:
            return self._weigh(analyst, risk, advocate, Direction.SHORT if case.proposal.is_short else Direction.LONG)
        return weigh_by_record(case.record, analyst, risk, advocate, short=case.proposal.is_short)

    def _weigh(
        self, analyst: AnalystOpinion, risk: RiskOpinion, advocate: AdvocateOpinion, wanted: Direction
    ) -> tuple[ScalePercent, str]:
        if advocate.strength_pct >= self.court.advocate_reject * 100:
            return 0, f"Rejected: the counter-evidence weighs {advocate.strength_pct}%. {advocate.reasoning}"
        if analyst.direction is not wanted:
            against = "a rise" if wanted is Direction.SHORT else "a fall"
            expects = "nothing either way" if analyst.direction is Direction.NONE else against
            return 0, f"Rejected: the analyst expects {expects} ({analyst.conviction_pct}%)."
        balance = analyst.conviction_pct - advocate.strength_pct
        steps: tuple[tuple[int, ScalePercent], ...] = ((25, 100), (10, 75), (-5, 50), (-20, 25))
        earned: ScalePercent = next((scale for least, scale in steps if balance >= least), 0)
        scale: ScalePercent = min(earned, risk.scale_pct)
        sides = f"analyst {analyst.conviction_pct}% {analyst.direction}, advocate {advocate.strength_pct}% against"
        if scale == 0:
            return 0, f"Rejected: {sides}; risk officer allows {risk.scale_pct}%."
        verb = "Approved" if scale == 100 else f"Shrunk to {scale}%"
        return scale, f"{verb}: {sides}, risk officer allows {risk.scale_pct}%."


def _nothing_against(case: Case) -> AdvocateOpinion | Abstained:
    """Without a record the advocate is silent, and so rejects the case. With one it says that nothing speaks against it."""
    if case.record is None:
        return Abstained(why="the case holds nothing to attack it with")
    cited = Evidence(
        field="proposal.against", value=case.proposal.against, claim="nothing in the case speaks against it"
    )
    return AdvocateOpinion(
        reasoning="Nothing in the case speaks against it.", evidence=(cited,), attacks=(), strength_pct=0
    )


def _blend(case: Case, scores: dict[Timeframe, float]) -> float:
    """Return the weighted mean of the horizons, with sentiment if it is known; in [-1, 1]."""
    total = sum(_HORIZON_WEIGHT[horizon] for horizon in scores)
    score = sum(_HORIZON_WEIGHT[horizon] * value for horizon, value in scores.items()) / total
    if isinstance(case.sentiment.score, Abstained):
        return score
    return (1 - _SENTIMENT_WEIGHT) * score + _SENTIMENT_WEIGHT * case.sentiment.score


def _view(now: TechnicalSignals, found: tuple[Factor, ...]) -> HorizonView:
    """Return the view of one horizon: its direction, and the expected move as a share of one ATR."""
    score = outlook(found)
    atr = now.atr_14_quote or 0.0
    return HorizonView(
        horizon=now.timeframe,
        direction=_direction(score),
        expected_move_bps=round(max(-5000.0, min(5000.0, score * atr / now.close * 1e4)), 1),
        conviction_pct=nearest_percent(abs(score)),
    )


def _silent(horizon: Timeframe, case: Case) -> Abstained:
    if horizon in case.signals:
        return Abstained(why=f"{horizon}: only {case.signals[horizon].bars} closed bars")
    return Abstained(why=f"{horizon}: no closed bar of this length")


def _direction(score: float) -> Direction:
    if abs(score) < _DIRECTION_AT:
        return Direction.NONE
    return Direction.LONG if score > 0 else Direction.SHORT


def _sentiment_evidence(case: Case) -> tuple[Evidence, ...]:
    if isinstance(case.sentiment.score, Abstained):
        return ()
    word = "good" if case.sentiment.score > 0 else "bad"
    return (Evidence(field="sentiment.score", value=case.sentiment.score, claim=f"headlines are on balance {word}"),)


def _analyst_words(case: Case, score: float, views: tuple[HorizonView | Abstained, ...]) -> str:
    said = [f"{v.horizon} {v.direction} {v.conviction_pct}%" for v in views if isinstance(v, HorizonView)]
    silent = sum(isinstance(v, Abstained) for v in views)
    tail = f"; {silent} horizon(s) too young to judge" if silent else ""
    voters = ", ".join(sorted({vote.voter for vote in case.proposal.votes})) or "nobody"
    return f"Proposed by {voters}. Outlook {score:+.2f}: {', '.join(said)}{tail}."


def _turning_point(case: Case, score: float, said: Literal["words", "typed"]) -> Condition | str | None:
    """The close on the other side of the 50-bar mean: in words, or as a condition if it can turn true after this case."""
    base = case.signals[case.base_timeframe]
    if base.sma_50 is None:
        return "more history" if said == "words" else None
    if said == "words":
        return f"a close {'below' if score > 0 else 'above'} the 50-bar mean at {base.sma_50:.6g}"
    field = f"signals.{case.base_timeframe}.close"
    turned = Condition(field=field, comparison="below" if score > 0 else "above", value=base.sma_50)
    return turned if can_be_watched(case, turned) else None
