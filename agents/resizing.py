"""Positions that voters hold by shares: what they want larger goes to the court, what they want smaller is sold at once.

A position stands for the share of a full position that its voters wanted when it was last bought or trimmed. It is enlarged or
trimmed when the share that they want now differs from that by more than `court.resize_band` of the wanted share. Voters that say
nothing at a bar keep what they hold. A trim is an exit: it waits for no model, and no rule can refuse it (decision 23).
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from agents.desk.desk import Desk
from agents.records.record import ExitDecision
from agents.strategies.vote import NetVote
from execution.account.shares import Change, change_of, kept_of
from risk.proposal import Direction


def enlarged_from(desk: Desk, symbol: str, proposal: NetVote) -> float | None:
    """Return the share for which a position stands that the voters want larger; None for any other proposal."""
    if proposal.direction is not Direction.LONG or proposal.exposure is None:
        return None
    held = desk.trader.share(symbol)
    if held is None or change_of(held, proposal.exposure, desk.settings.court.resize_band) is not Change.ENLARGE:
        return None
    return held


async def shape(desk: Desk, as_of: datetime, proposals: Mapping[str, NetVote]) -> tuple[ExitDecision, ...]:
    """Raise the stops of positions to their voters' exits, and trim what they want smaller. Returns what was trimmed."""
    trimmed = []
    for symbol, proposal in proposals.items():
        if proposal.direction is Direction.LONG and proposal.exposure is not None:
            await desk.trader.follow(symbol, proposal.exit_price, as_of)
            decision = await _trim(desk, as_of, symbol, proposal.exposure)
            trimmed += [] if decision is None else [decision]
    return tuple(trimmed)


async def _trim(desk: Desk, as_of: datetime, symbol: str, wanted: float) -> ExitDecision | None:
    share, position = desk.trader.share(symbol), desk.trader.ledger.position(symbol)
    if share is None or position is None:
        return None
    most = Decimal(repr(desk.settings.limits.max_position_fraction)) * desk.trader.ledger.equity
    keep = kept_of(position, share, wanted, most, desk.settings.court.resize_band)
    if keep is None:
        return None
    decision_id = decision_id_of(as_of, symbol)
    if await desk.trader.trim(symbol, keep, wanted, decision_id, as_of) is None:
        return None
    why = f"the voters want {wanted:.0%} of a full position, and {share:.0%} is held"
    return ExitDecision(decision_id=decision_id, symbol=symbol, why=why, kept_share=wanted)


def decision_id_of(as_of: datetime, symbol: str) -> str:
    """Return the name of a decision. The names of its orders begin with it."""
    return f"{as_of:%Y%m%dT%H%M}-{symbol.replace('/', '')}"
