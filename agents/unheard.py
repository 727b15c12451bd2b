"""Proposals that are no case: the gate would sign nothing of them, even if court and policy left them whole.

Only what is too small to be bought, or held already, is passed over: what a rule refuses for another reason is heard, and the
verdict tells of it. The gate is asked on the book before the bar's cases, and it is asked again about each case that is heard. It
refuses nothing by itself and signs nothing.
"""

from agents.court.case import Case
from agents.court.graph import proposal_of
from agents.court.ruling import Ruling, RulingOutcome
from agents.desk.desk import Desk
from agents.records.record import Unheard
from risk.verdict import Outcome, Verdict
from rl.adjustment import Adjustment

_WHOLE = Ruling(outcome=RulingOutcome.APPROVED, scale=1.0, why="nobody was heard")
_LEFT = Adjustment(adjuster="off", scale=1.0)
_OF_SIZE = ("min_notional", "share")


def heard_of(desk: Desk, cases: tuple[Case, ...]) -> tuple[tuple[Case, ...], tuple[Unheard, ...]]:
    """The cases that the court hears, and those that it does not."""
    if not cases or desk.settings.court.hears == "all":
        return cases, ()
    together = tuple(case.symbol for case in cases)
    judged = [(case, desk.trader.foresee(proposal_of(case, _WHOLE, _LEFT, None, together))) for case in cases]
    return (
        tuple(case for case, verdict in judged if not _is_hopeless(verdict)),
        tuple(_unheard(verdict) for _, verdict in judged if _is_hopeless(verdict)),
    )


def _is_hopeless(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.REFUSED and verdict.binding_rule in _OF_SIZE


def _unheard(verdict: Verdict) -> Unheard:
    why = next((report.note for report in verdict.rules if report.code == verdict.decided_by), "")
    return Unheard(decision_id=verdict.decision_id, symbol=verdict.symbol, rule=verdict.decided_by, why=why)
