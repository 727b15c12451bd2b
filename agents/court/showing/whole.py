"""A proposal as the gate would see it if court and policy left it whole: what is asked before anybody is heard."""

from collections.abc import Sequence

from agents.court.case import Motion
from agents.court.graph import proposal_of
from agents.court.ruling import Ruling, RulingOutcome
from risk.proposal import Direction, Proposal
from rl.adjustment import Adjustment

_WHOLE = Ruling(outcome=RulingOutcome.APPROVED, scale=1.0, why="nobody was heard")
_LEFT = Adjustment(adjuster="off", scale=1.0)


def left_whole(motion: Motion, together: tuple[str, ...], shorts: tuple[str, ...] = ()) -> Proposal:
    """The proposal behind a case. `together`: the symbols that are tried at the same bar, `shorts`: those of them that are tried
    as shorts."""
    return proposal_of(motion, _WHOLE, _LEFT, None, together, shorts)


def shorts_of(motions: Sequence[Motion]) -> tuple[str, ...]:
    """The symbols whose voters want to be short of them, or out."""
    return tuple(motion.symbol for motion in motions if motion.proposal.direction is Direction.SHORT)
