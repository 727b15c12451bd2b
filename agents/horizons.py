"""Positions whose time is up: an entry is meant to be held for a time, and then it is closed, where its exits say so.

A vote for an entry may state a horizon. The position is due that many bars after the latest vote for it; where several vote,
the longest horizon counts, and a voter without one has no end. A later vote never makes it due earlier. What is due is sold at
market at the first close at which nothing is voted for: as every exit, it waits for no model, and no rule can refuse it. It
decides nothing where `exits.horizon` is `ignore`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from agents.desk.desk import Desk
from agents.records.record import ExitDecision
from agents.resizing import decision_id_of
from agents.strategies.netting import lasting
from agents.strategies.terms import exits_of
from agents.strategies.vote import NetVote
from risk.portfolio import Portfolio
from risk.proposal import Direction

NEVER = datetime.max.replace(tzinfo=UTC)
"""When a position of voters without a horizon is due."""


async def close_what_is_due(
    desk: Desk, as_of: datetime, proposals: Mapping[str, NetVote], portfolio: Portfolio
) -> tuple[ExitDecision, ...]:
    """Note until when what is voted for is to be held, and sell what is due. Returns what was sold."""
    sold = []
    for symbol, proposal in proposals.items():
        if proposal.opens:
            idle = portfolio.position(symbol) is None and symbol not in portfolio.pending_notional
            until, before = _until(desk, as_of, proposal), desk.due.get(symbol, as_of)
            desk.due[symbol] = until if idle else max(before, until)
        elif proposal.direction is Direction.NONE and portfolio.position(symbol) is not None:
            decision = await _expire(desk, as_of, symbol)
            sold += [] if decision is None else [decision]
    return tuple(sold)


def _until(desk: Desk, as_of: datetime, proposal: NetVote) -> datetime:
    bars = lasting(proposal.votes, short=proposal.is_short)
    exits = exits_of(proposal, desk.contexts, desk.settings.exits)
    return NEVER if bars is None or exits.horizon == "ignore" else as_of + bars * desk.timeframe.duration


async def _expire(desk: Desk, as_of: datetime, symbol: str) -> ExitDecision | None:
    due = desk.due.get(symbol, NEVER)
    if as_of < due:
        return None
    decision_id = decision_id_of(as_of, symbol)
    if await desk.trader.expire(symbol, decision_id, as_of) is None:
        return None
    why = f"its voters meant to hold it until {due:%Y-%m-%d %H:%M} UTC, and nobody has voted for it again"
    return ExitDecision(decision_id=decision_id, symbol=symbol, why=why)
