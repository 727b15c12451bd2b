"""Rulings that arrive at a later bar close than the one at which their cases were heard.

    reserve     the cases of a bar, whose ruling comes later: journaled, with the news that they read. `agents.held.entering` may
                enter a share of a purchase at once
    arrive      at a bar close, after its exits: hear what is due, carry out reviews, and ask policy and gate about purchases

A purchase is judged as of the moment at which its ruling is there: with the price, the volatility, the book and the breakers of
that close. It is dropped, with a word, where its voters want out by then, where the market has no bar to be believed, or where
what was to be enlarged is not to be enlarged any more. What else has changed, the gate finds: a position that is there already, a
breaker, a kill switch.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from agents.court.case import Case, Motion
from agents.court.hearing import Argued, Hearing, Review
from agents.court.reserved.dockets import ReservedDocket
from agents.desk.desk import Desk
from agents.held.entering import GONE, enter, entries_of, is_entered, is_gone, rest_of, settle
from agents.held.reviewing import carry
from agents.records.record import AskedOutlook, Dropped, ExitDecision, RulingArrived, RulingReserved
from agents.strategies.vote import NetVote

_LATE = "no ruling on it has come in good time"
Moved = Callable[[str, NetVote], Motion]
"""What the gate reads of a market now, with a proposal."""
Send = Callable[[Hearing], Awaitable[Hearing]]


class Came(NamedTuple):
    """What came of rulings that have arrived at a close."""

    reviews: tuple[Review, ...] = ()
    hearings: tuple[Hearing, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    exits: tuple[ExitDecision, ...] = ()
    symbols: frozenset[str] = frozenset()
    """The markets of all their cases."""


async def reserve(
    desk: Desk, as_of: datetime, held: tuple[Case, ...], proposed: tuple[Case, ...], send: Send
) -> tuple[Hearing, ...]:
    """Leave cases before the court, whose ruling comes later. Returns what is entered at once of the purchases."""
    if desk.reserved is None or not (held or proposed):
        return ()
    docket = ReservedDocket(as_of, held, proposed)
    asked = tuple(AskedOutlook(decision_id=each.decision_id, sentiment=each.sentiment) for each in docket.cases)
    desk.sink.append(RulingReserved(as_of_utc=as_of, asked=asked))
    desk.reserved.reserve(docket)
    fast = tuple([await send(hearing) for hearing in await enter(desk, docket)])
    if fast:
        desk.reserved.entered(docket, entries_of(fast))
    return fast


async def arrive(desk: Desk, as_of: datetime, proposals: Mapping[str, NetVote], moved: Moved, send: Send) -> Came:
    """Hear what is due at this close, and do what follows from it."""
    came = Came()
    if desk.reserved is None:
        return came
    for docket in desk.reserved.due(as_of):
        names = docket.decisions
        desk.sink.append(RulingArrived(at_utc=as_of, heard_utc=docket.heard_utc, decisions=names))
        there = await follow(desk, as_of, docket, proposals, moved, send)
        came = Came(
            (*came.reviews, *there.reviews),
            (*came.hearings, *there.hearings),
            (*came.dropped, *there.dropped),
            (*came.exits, *there.exits),
            came.symbols | there.symbols,
        )
    late = tuple(case for docket in desk.reserved.given_up(as_of) for case in docket.proposed)
    return came._replace(dropped=(*came.dropped, *(_dropped(case, _LATE) for case in late)))


async def follow(
    desk: Desk, as_of: datetime, docket: ReservedDocket, proposals: Mapping[str, NetVote], moved: Moved, send: Send
) -> Came:
    """Do what follows from the ruling on a docket, at the moment `as_of` at which it is there."""
    assert desk.reserved is not None  # it held the docket
    argued = await desk.reserved.argue(docket)
    reviews = await carry(desk, as_of, argued[: len(docket.held)])
    dropped, motions, left, exits = list[Dropped](), dict[str, Motion](), list[Argued](), list[ExitDecision]()
    for heard in argued[len(docket.held) :]:
        case = heard.case
        entered, why = is_entered(desk, docket, case), _why_dropped(case, proposals.get(case.symbol))
        if entered and is_gone(desk, case.symbol):
            entered, why = False, GONE
        motion = None if why else moved(case.symbol, case.proposal)._replace(decision_id=case.decision_id)
        if motion is not None and case.held_share is not None and motion.held_share is None:
            why = "what was to be enlarged is not to be enlarged any more"
        if entered:
            motion = None if motion is None else rest_of(desk, motion)
            closed = await settle(desk, as_of, heard)
            exits += [] if closed is None else [closed]
        if motion is None or why:
            dropped.append(_dropped(case, why))
            continue
        motions[case.decision_id] = motion
        left.append(heard)
    decided = await desk.court.decide(tuple(left), motions) if left else ()
    hearings = tuple([await send(hearing) for hearing in decided])
    symbols = frozenset(case.symbol for case in docket.cases)
    return Came(reviews, hearings, tuple(dropped), tuple(exits), symbols)


def _dropped(case: Case, why: str) -> Dropped:
    return Dropped(decision_id=case.decision_id, symbol=case.symbol, why=why)


def _why_dropped(case: Case, present: NetVote | None) -> str:
    """Why nothing follows from a ruling on a purchase, by what its voters say now; empty where something does."""
    if present is None:
        return "its market has no bar to be believed at the close at which the ruling was there"
    if case.proposal.opens and present.closes(short=case.proposal.is_short):
        return "its voters want out by the close at which the ruling was there"
    return ""
