"""The court reviews what is held: it may keep a position, make it smaller or close it, and never enlarges it.

    due     at a bar close, after all exits: which positions are reviewed, each as a case with the thesis on which it was opened
    carry   after the rulings: what a review sells is sold at market

What it sells is an exit: no rule of the gate can refuse it, and it waits for no model beyond the deadline of the decision. Who is
silent keeps, and stops and targets act meanwhile as ever. A position is not reviewed while an order is changing it, or at a close
at which its voters want it closed. At a close at which it is reviewed, it is not enlarged. Without `court.review_every` and
`court.review_watched` nothing is reviewed, and nothing is journaled of it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial

from agents.court.case import Case
from agents.court.condition import Condition
from agents.court.hearing import Argued, Review
from agents.court.thesis import ReviewView
from agents.desk.desk import Desk
from agents.records.record import ExitDecision
from agents.strategies.netting import as_entry
from agents.strategies.vote import NetVote
from execution.account.stops import size_of
from risk.portfolio import Portfolio, Position

Made = Callable[[str, NetVote], Case]
"""The case of a symbol with this proposal."""
Seen = Callable[[str, NetVote, Condition], Case]
"""The same, as far as a condition reads it."""


def due(
    desk: Desk,
    as_of: datetime,
    proposals: Mapping[str, NetVote],
    portfolio: Portfolio,
    exits: tuple[ExitDecision, ...],
    busy: frozenset[str],
    case: Made,
    seen: Seen,
) -> tuple[Case, ...]:
    """The positions that are reviewed at this close, as cases. `exits`: what was sold at it already; `busy`: the
    markets that the court has before it."""
    theses = desk.theses
    theses.keep_only({held.symbol for held in portfolio.positions} | portfolio.pending_notional.keys())
    if not theses.is_on:
        return ()
    for sale in exits:
        if sale.kept_share is not None:
            theses.trimmed(sale.symbol)
    found = []
    for symbol, proposal in proposals.items():
        position = portfolio.position(symbol)
        if (
            position is None
            or symbol in busy
            or proposal.closes(short=position.is_short)
            or desk.trader.share(symbol) is None
        ):
            continue
        kept = _as_if_proposed(proposal, position)
        cause = theses.due(symbol, as_of, partial(seen, symbol, kept))
        held = theses.of(symbol)
        if cause is None or held is None:
            continue
        made = case(symbol, kept)
        view = ReviewView(
            thesis=held.thesis,
            cause=cause[0],
            told=cause[1],
            age_bars=(as_of - held.thesis.opened_utc) // desk.timeframe.duration,
            profit=_profit(position),
            to_stop=_to_stop(position),
            left=held.left,
            short=position.is_short and desk.settings.court.sides == "both",
        )
        found.append(made.model_copy(update={"decision_id": f"{made.decision_id}-review", "review": view}))
    return tuple(found)


async def carry(desk: Desk, as_of: datetime, argued: tuple[Argued, ...]) -> tuple[Review, ...]:
    """Sell what the rulings of reviews leave no more. Returns the reviews."""
    return tuple([await _carry(desk, as_of, heard) for heard in argued])


def closed_by(reviews: tuple[Review, ...]) -> tuple[ExitDecision, ...]:
    """The positions that reviews have closed."""
    return tuple(
        ExitDecision(decision_id=each.case.decision_id, symbol=each.case.symbol, why=f"the court: {each.ruling.why}")
        for each in reviews
        if each.sold and each.ruling.scale <= 0.0
    )


async def _carry(desk: Desk, as_of: datetime, heard: Argued) -> Review:
    symbol, decision_id, scale = heard.case.symbol, heard.case.decision_id, heard.ruling.scale
    held, position = desk.theses.of(symbol), desk.trader.ledger.position(symbol)
    left = 1.0 if held is None else held.left
    sent = None
    if position is not None and scale <= 0.0:
        sent = await desk.trader.leave(symbol, decision_id, as_of)
    elif position is not None and scale < left:
        keep = size_of(position) * Decimal(repr(scale)) / Decimal(repr(left))
        sent = await desk.trader.shrink(symbol, keep, decision_id, as_of)
    desk.theses.reviewed(heard, left if sent is None else scale)
    return Review.of_ours(**vars(heard), sold=sent is not None)


def _as_if_proposed(proposal: NetVote, position: Position) -> NetVote:
    """The votes on a position that is held, as the entry that it was."""
    return proposal if proposal.opens else as_entry(proposal, short=position.is_short)


def _profit(position: Position) -> float:
    """Profit since the entry [fraction of its price]."""
    moved = position.mark_price / position.entry_price - 1
    return float(-moved if position.is_short else moved)


def _to_stop(position: Position) -> float | None:
    """Distance of the stop [fraction of the mark]."""
    if position.stop_price is None:
        return None
    away = 1 - position.stop_price / position.mark_price
    return float(-away if position.is_short else away)
