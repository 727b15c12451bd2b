"""Positions that voters hold by shares: what they want larger goes to the court, what they want smaller is sold at once.

A position stands for the share of a full position that its voters wanted when it was last bought or trimmed. It is enlarged or
trimmed when the share that they want now differs from that by more than `court.resize_band` of the wanted share. Voters that say
nothing at a bar keep what they hold. A trim is an exit: it waits for no model, and no rule can refuse it (decision 23).

Where there is a policy, it reviews each position at which its voters speak, and what it leaves of their share is what is wanted
(decision 31). It reads the book and waits for nobody. Without one, nothing is asked and nothing is journaled.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from agents.desk.desk import Desk
from agents.records.record import ExitDecision, ShareReview
from agents.strategies.vote import NetVote
from execution.account.shares import Change, change_of, kept_of
from risk.proposal import Proposal
from risk.sizing import share_left


def enlarged_from(desk: Desk, symbol: str, proposal: NetVote, part: float) -> float | None:
    """Return the share for which a position stands that is wanted larger; None for any other proposal.

    `part`: what the policy left of the share that the voters want.
    """
    if proposal.exposure is None or (held := _share(desk, symbol, proposal)) is None:
        return None
    change = change_of(held, proposal.exposure * part, desk.settings.court.resize_band)
    return held if change is Change.ENLARGE else None


def _share(desk: Desk, symbol: str, proposal: NetVote) -> float | None:
    """The share for which a position stands, on the side that is proposed; None for any other."""
    return desk.trader.share(symbol) if _is_on_its_side(desk, symbol, proposal) else None


def _is_on_its_side(desk: Desk, symbol: str, proposal: NetVote) -> bool:
    position = desk.trader.ledger.position(symbol)
    return proposal.opens and position is not None and position.is_short == proposal.is_short


def review(desk: Desk, as_of: datetime, proposals: Mapping[str, NetVote]) -> dict[str, float]:
    """Ask the policy about each position by shares whose voters speak and which no order is changing. Returns by symbol what it
    leaves of the share that they want, in [0, 1]; each answer is journaled."""
    parts: dict[str, float] = {}
    if desk.reviewer is None or desk.settings.court.resize_band is None:
        return parts
    for symbol, proposal in proposals.items():
        if proposal.exposure is None:
            continue
        held = _share(desk, symbol, proposal)
        now = desk.engines[symbol].signals(desk.timeframe)
        if held is None or now is None:
            continue
        wanted = Proposal(
            decision_id=decision_id_of(as_of, symbol),
            symbol=symbol,
            as_of_utc=as_of,
            direction=proposal.direction,
            conviction=proposal.conviction,
            reference_price=Decimal(repr(now.close)),
            atr_quote=now.atr_14_quote,
            exposure=proposal.exposure,
            held_share=held,
        )
        said = desk.reviewer.review(wanted, held)
        desk.sink.append(
            ShareReview(as_of_utc=as_of, symbol=symbol, held=held, wanted=proposal.exposure, adjustment=said)
        )
        parts[symbol] = share_left(1.0, said.scale)
    return parts


async def shape(
    desk: Desk, as_of: datetime, proposals: Mapping[str, NetVote], parts: Mapping[str, float]
) -> tuple[ExitDecision, ...]:
    """Move the stops of positions to their voters' exits, and trim what is wanted smaller. Returns what was trimmed.

    `parts`: what the policy left of the shares, by symbol.
    """
    trimmed = []
    for symbol, proposal in proposals.items():
        if proposal.exposure is not None and _is_on_its_side(desk, symbol, proposal):
            await desk.trader.follow(symbol, proposal.exit_price, as_of)
            decision = await _trim(desk, as_of, symbol, proposal.exposure, parts.get(symbol, 1.0))
            trimmed += [] if decision is None else [decision]
    return tuple(trimmed)


async def _trim(desk: Desk, as_of: datetime, symbol: str, voted: float, part: float) -> ExitDecision | None:
    wanted = voted * part
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
    left = "" if part == 1.0 else f", of which the policy leaves {part:.0%},"
    why = f"the voters want {voted:.0%} of a full position{left or ','} and {share:.0%} is held"
    return ExitDecision(decision_id=decision_id, symbol=symbol, why=why, kept_share=wanted)


def decision_id_of(as_of: datetime, symbol: str) -> str:
    """Return the name of a decision. The names of its orders begin with it."""
    return f"{as_of:%Y%m%dT%H%M}-{symbol.replace('/', '')}"
