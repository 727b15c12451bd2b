"""Proposals that are no case: the gate would sign nothing of them, even if court and policy left them whole.

Only what is too small to be bought, or held already, is passed over: what a rule refuses for another reason is heard, and the
verdict tells of it. So the gate is not asked about what is no purchase: it refuses that for its direction. It is asked on the
book before the bar's cases, and again about each case that is heard. It refuses nothing by itself and signs nothing.
"""

from agents.court.case import Motion
from agents.court.graph import proposal_of
from agents.court.ruling import Ruling, RulingOutcome
from agents.desk.desk import Desk
from agents.records.record import Unheard
from risk.proposal import Direction
from risk.verdict import Outcome, Verdict
from rl.adjustment import Adjustment

_WHOLE = Ruling(outcome=RulingOutcome.APPROVED, scale=1.0, why="nobody was heard")
_LEFT = Adjustment(adjuster="off", scale=1.0)
_OF_SIZE = ("min_notional", "share")


def heard_of(desk: Desk, motions: tuple[Motion, ...]) -> tuple[tuple[Motion, ...], tuple[Unheard, ...]]:
    """What the court hears of what is tried at a bar, and what it does not."""
    if not motions or desk.settings.court.hears == "all":
        return motions, ()
    together = tuple(motion.symbol for motion in motions)
    heard, unheard = [], []
    for motion in motions:
        if motion.proposal.direction is Direction.LONG:
            verdict = desk.trader.foresee(proposal_of(motion, _WHOLE, _LEFT, None, together))
            if _is_hopeless(verdict):
                unheard.append(_unheard(verdict))
                continue
        heard.append(motion)
    return tuple(heard), tuple(unheard)


def _is_hopeless(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.REFUSED and verdict.binding_rule in _OF_SIZE


def _unheard(verdict: Verdict) -> Unheard:
    why = next((report.note for report in verdict.rules if report.code == verdict.decided_by), "")
    return Unheard(decision_id=verdict.decision_id, symbol=verdict.symbol, rule=verdict.decided_by, why=why)
