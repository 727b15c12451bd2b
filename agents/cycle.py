"""The whole system on one screen: what happens at each bar close, in every world.

heed     obey the kill switch: withdraw entries and, if it says so, sell all positions
steer    (after the bars are traded) say what became of an operator's words, where the venue had to do something
see      take the closed bars, and the faults of the others
pass     trade the bars: fills, protection, marks, breakers (no model is asked)
watch    hold the results of a policy that changes sizes against what was promised, and demote it
read     update the indicators
vote     ask the strategies, one of which says what was proposed from outside, and net their votes to one proposal per symbol
close    close what the voters want closed, what they meant to hold no longer, and what the outage schedule requires: exits
         never wait for the court
review   ask the policy, if there is one, what it leaves of the shares that position voters want
shape    trim what is wanted smaller, and raise its stop to the voters' exit: no more than an exit does it wait
land     journal the answers to questions that were asked ahead
arrive   do what follows from rulings that were reserved and are there now, as the gate judges it at this close
hold     choose the positions that the court reviews, each with the thesis on which it was opened
try      hear them, and what the voters want to open: analyst ∥ risk agent, advocate, supervisor; sell what a review leaves no
         more; then, of purchases, policy and gate (what the gate could sign nothing of is no case, where the profile says so).
         Where a ruling needs time, it is reserved, and arrives at a later close; where the profile says so, a share of a purchase
         that the rules mind approves is entered meanwhile
shadow   let another court hear the same cases, if there is one: nothing follows from what it says
send     send what the gate signed, if a human approved it (where one is asked) and no kill switch stops it
learn    count the cases that this bar ended, and follow those that were voted for
record   write all of it to the journal as one event
ahead    ask in the background about markets that may be proposed next
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from agents.court.case import BookView, Case, Motion
from agents.court.condition import Condition
from agents.court.hearing import Hearing, Review
from agents.court.reserved.dockets import FAST
from agents.desk.desk import Desk, RuledBetween
from agents.desk.policy import watch_policy
from agents.held.arriving import arrive, follow, reserve
from agents.held.entering import close_again
from agents.held.reviewing import carry, closed_by, due
from agents.horizons import close_what_is_due
from agents.llm.attempt import Attempt
from agents.memory.cases import render
from agents.memory.voters import Voted
from agents.outages.derisking import derisk
from agents.records.inputs import Ruled
from agents.records.record import AskedAhead, AskedOutlook, CycleRecord, ExitDecision
from agents.resizing import decision_id_of, enlarged_from, review, shape
from agents.steering.muting import muted, refused
from agents.steering.obeying import settle
from agents.steering.proposing import heard_at_bar
from agents.strategies.contexts import votes_on
from agents.strategies.facts import Known
from agents.strategies.netting import net
from agents.strategies.terms import instructions_of, terms_of
from agents.strategies.vote import NetVote
from agents.unheard import heard_of
from config.silence import Abstained
from execution.account.trader import Exposure
from market.bar import Slice
from risk.portfolio import Portfolio
from sentiment.headline import SentimentData

PRECEDENTS = 3
"""Number of similar past cases that a model is shown."""


async def run_cycle(desk: Desk, closed: Slice) -> CycleRecord:
    """Run one cycle on the bars of one close. The record is journaled before this returns."""
    as_of = closed.close_utc
    sales = (*desk.tally.take_sold(), *await desk.trader.heed(desk.clock.now()))
    desk.clock.advance(as_of)
    shown = await desk.trader.pass_bar(closed)
    await settle(desk, as_of, at_bar=True)
    if desk.memory is not None:
        desk.memory.settle(shown)
    portfolio = desk.trader.portfolio(as_of)
    exposure = desk.trader.exposure(portfolio)
    breakers = desk.trader.breakers
    watch_policy(desk.demotion, desk.sink, as_of, portfolio.equity)
    if desk.context is not None:
        desk.context.push(shown)
    if desk.showing is not None:
        desk.showing.push(shown.bars)
    known = _known(desk, shown)
    proposals = _vote(desk, shown, known)
    exits = await _close(desk, as_of, proposals)
    exits += await close_what_is_due(desk, as_of, proposals, portfolio)
    exits += await close_again(desk, as_of, exits)
    parts = review(desk, as_of, proposals)
    exits += await shape(desk, as_of, proposals, parts)
    desk.tally.proposals, desk.tally.parts = proposals, parts
    await derisk(desk.watch, desk.trader, desk.sink, shown, portfolio)
    ahead = await land(desk)

    def motion(symbol: str, proposal: NetVote) -> Motion:
        return _motion(desk, as_of, symbol, proposal, parts.get(symbol, 1.0))

    def case(moved: Motion) -> Case:
        return _case(desk, moved, portfolio, exposure, known)

    def held_case(symbol: str, kept: NetVote) -> Case:
        return case(motion(symbol, kept)._replace(held_share=None))

    def seen_case(symbol: str, kept: NetVote, condition: Condition) -> Case:
        read = known.sentiment(symbol) if condition.field.startswith("sentiment.") else None
        return _bare_case(desk, motion(symbol, kept)._replace(held_share=None), portfolio, exposure, read)

    came = await arrive(desk, as_of, proposals, motion, partial(_send, desk))
    exits += came.exits
    before_court = came.symbols | frozenset(desk.rejected)
    before_court |= frozenset() if desk.reserved is None else desk.reserved.symbols
    held = due(desk, as_of, proposals, portfolio, exits, before_court, held_case, seen_case)
    busy = before_court | {each.symbol for each in held}
    tried = (
        each
        for each in proposals.items()
        if each[0] not in busy and _is_tried(desk, each[1], portfolio, each[0], parts)
    )
    motions, unheard = heard_of(desk, tuple(motion(symbol, proposal) for symbol, proposal in tried))
    cases = tuple(case(moved) for moved in motions)
    watched = _watched(desk, proposals, portfolio, lambda symbol, likely: case(motion(symbol, likely)))
    if desk.shadow is not None:
        desk.shadow.begin(as_of, cases)
    if desk.reserved is None:
        reviews, heard = await _hear(desk, as_of, held, cases)
        fast: tuple[Hearing, ...] = ()
    else:
        fast = await reserve(desk, as_of, held, cases, partial(_send, desk))
        reviews, heard = (), ()
    for alert in desk.watch.heard(as_of, desk.watch.noted(), ahead):
        desk.sink.append(alert)
    between = desk.tally.take_ruled()
    hearings = (*between.hearings, *came.hearings, *[await _send(desk, hearing) for hearing in heard])
    reviews = (*between.reviews, *came.reviews, *reviews)
    if desk.learner is not None:
        desk.learner.close(shown, _voted(desk, shown, proposals), [each.name for each in desk.contexts], hearings)
    sales += await desk.trader.heed(as_of)
    if watched:
        asked = tuple(AskedOutlook(decision_id=each.decision_id, sentiment=each.sentiment) for each in watched)
        desk.sink.append(AskedAhead(as_of_utc=as_of, asked=asked))
    if desk.shadow is not None:
        for aside in await desk.shadow.land():
            desk.sink.append(aside)
    record = CycleRecord.of_ours(
        bar=desk.tally.bars + 1,
        as_of_utc=as_of,
        data_hash=_hash(desk, shown),
        tape=shown,
        portfolio=portfolio,
        exposure=exposure,
        breakers=breakers,
        votes=tuple(vote for proposal in proposals.values() for vote in proposal.votes),
        hearings=hearings,
        exits=(*between.exits, *exits, *closed_by(reviews), *(ExitDecision(**sale._asdict()) for sale in sales)),
        sentiment=known.heard,
        unheard=unheard,
        reviews=reviews,
        dropped=(*between.dropped, *came.dropped),
        fast=fast,
    )
    desk.tally.bars += 1
    desk.sink.append(record)
    if desk.watchlist is not None:
        desk.watchlist.begin(watched)
        await desk.watchlist.rest()
    return record


async def _hear(
    desk: Desk, as_of: datetime, held: tuple[Case, ...], cases: tuple[Case, ...]
) -> tuple[tuple[Review, ...], tuple[Hearing, ...]]:
    """Hear the cases of a bar together, sell what reviews leave no more, and then ask policy and gate about purchases."""
    if not held:
        return (), await desk.court.hear(cases) if cases else ()
    argued = await desk.court.argue((*held, *cases))
    reviews = await carry(desk, as_of, argued[: len(held)])
    return reviews, await desk.court.decide(argued[len(held) :]) if cases else ()


async def ruled(desk: Desk, came: Ruled) -> None:
    """Do what follows from a ruling that has come between two bars. What it was on is in the record of the next bar."""
    docket = None if desk.reserved is None else desk.reserved.take(came.decisions)
    if docket is None:
        return

    def motion(symbol: str, proposal: NetVote) -> Motion:
        return _motion(desk, came.at_utc, symbol, proposal, desk.tally.parts.get(symbol, 1.0))

    there = await follow(desk, came.at_utc, docket, desk.tally.proposals, motion, partial(_send, desk))
    desk.tally.ruled(RuledBetween(there.reviews, there.hearings, there.dropped, there.exits))


async def land(desk: Desk) -> tuple[Attempt, ...]:
    """Journal the answers that have arrived to questions asked ahead. Returns their attempts."""
    landed = []
    if desk.watchlist is not None:
        async for attempt in desk.watchlist.land():
            desk.sink.append(attempt)
            landed.append(attempt)
    return tuple(landed)


def _watched(
    desk: Desk, proposals: dict[str, NetVote], portfolio: Portfolio, case: Callable[[str, NetVote], Case]
) -> tuple[Case, ...]:
    """The watchlist's cases whose outlook will be asked: markets that could be bought and are not proposed now."""
    if desk.watchlist is None:
        return ()
    near = {symbol: likely for symbol, likely in desk.watchlist.near(proposals).items() if _is_idle(portfolio, symbol)}
    found = (case(symbol, likely) for symbol, likely in near.items())
    named = (each.model_copy(update={"decision_id": f"{each.decision_id}-outlook"}) for each in found)
    return tuple(each for each in named if desk.watchlist.wants(each))


def _known(desk: Desk, shown: Slice) -> Known:
    """Update the signals of each symbol with a bar. Returns what voters may read at this close; it is made when they read it."""
    for symbol, bar in shown.bars.items():
        desk.engines[symbol].push(bar)
    proposed = heard_at_bar(desk, shown.bars) if desk.steers.proposed else {}
    return Known(shown.close_utc, desk.timeframe, desk.engines, shown.bars, desk.sentiment, desk.context, proposed)


def _vote(desk: Desk, shown: Slice, known: Known) -> dict[str, NetVote]:
    """For each symbol with a bar: ask its voters, and net their votes."""
    proposals, both_sides = {}, desk.settings.market.perpetuals is not None
    for symbol in shown.bars:
        now = desk.engines[symbol].signals(desk.timeframe)
        if now is not None:
            votes = votes_on(symbol, now, desk.contexts, known)
            whole = net(votes, desk.settings.court.net_threshold, both_sides=both_sides)
            proposals[symbol] = muted(desk, symbol, whole) if desk.steers.off else whole
    return proposals


def _voted(desk: Desk, shown: Slice, proposals: dict[str, NetVote]) -> tuple[Voted, ...]:
    """What was voted for at this bar, in the order of symbols, with what its stop would be set by."""
    cast = {symbol: proposals[symbol].votes for symbol in sorted(proposals) if proposals[symbol].votes}
    known = ((desk.engines[symbol].signals(desk.timeframe), symbol) for symbol in cast)
    return tuple(
        Voted(
            symbol, now.close, now.atr_14_quote, cast[symbol], proposals[symbol].exit_price, proposals[symbol].is_short
        )
        for now, symbol in known
        if now is not None
    )


async def _close(desk: Desk, as_of: datetime, proposals: dict[str, NetVote]) -> tuple[ExitDecision, ...]:
    """Close, at once, the positions that the voters want closed."""
    closed = []
    for symbol, proposal in proposals.items():
        position = desk.trader.ledger.position(symbol)
        if position is None or not proposal.closes(short=position.is_short):
            continue
        decision_id = decision_id_of(as_of, symbol)
        if await desk.trader.leave(symbol, decision_id, as_of) is not None:
            why = "; ".join(reason for vote in proposal.votes for reason in vote.reasons)
            closed.append(ExitDecision(decision_id=decision_id, symbol=symbol, why=why))
    return tuple(closed)


async def _send(desk: Desk, hearing: Hearing) -> Hearing:
    """Send the signed order. Returns the hearing with its final verdict: the gate may refuse until the order leaves."""
    approval = await desk.approvals.decide(hearing)
    if approval is not None:
        desk.sink.append(approval)
    bars = hearing.case.proposal.horizon_bars
    hold = None if bars is None else bars * desk.timeframe.duration
    verdict = await desk.trader.enter(
        hearing.verdict, refused(desk, hearing) or (approval.report() if approval else None), hold
    )
    hearing = hearing.model_copy(update={"verdict": verdict})
    if verdict.order is not None:
        desk.theses.bought(hearing)
    if desk.memory is not None and not hearing.case.decision_id.endswith(FAST):  # the models' ruling is kept
        desk.memory.add(hearing)
    if desk.showing is not None:
        desk.showing.sent(hearing)
    return hearing


def _is_tried(desk: Desk, proposal: NetVote, portfolio: Portfolio, symbol: str, parts: Mapping[str, float]) -> bool:
    """Whether the court hears a proposal: an entry into what is not held, more of what is, or, if the profile says so, all."""
    if desk.settings.court.call == "every_bar":
        return True
    wanted = proposal.opens and _is_idle(portfolio, symbol)
    return wanted or enlarged_from(desk, symbol, proposal, parts.get(symbol, 1.0)) is not None


def _is_idle(portfolio: Portfolio, symbol: str) -> bool:
    return portfolio.position(symbol) is None and symbol not in portfolio.pending_notional


def _motion(desk: Desk, as_of: datetime, symbol: str, proposal: NetVote, part: float) -> Motion:
    """What the gate reads of the case of one symbol. `part`: what the policy left of a share that is held."""
    now = desk.engines[symbol].signals(desk.timeframe)
    assert now is not None  # its voters have read it
    return Motion(
        decision_id=decision_id_of(as_of, symbol),
        symbol=symbol,
        as_of_utc=as_of,
        proposal=proposal,
        close=now.close,
        atr_quote=now.atr_14_quote,
        record=None if desk.learner is None else desk.learner.of(proposal.votes, short=proposal.is_short),
        held_share=enlarged_from(desk, symbol, proposal, part),
        terms=terms_of(proposal, desk.contexts, desk.settings.exits),
    )


def _case(desk: Desk, moved: Motion, portfolio: Portfolio, exposure: Exposure, known: Known) -> Case:
    """The case of one symbol: all that may be known at this time."""
    read = known.heard.get(moved.symbol) or desk.sentiment.read(moved.symbol, moved.as_of_utc)
    case = _bare_case(desk, moved, portfolio, exposure, read)
    if desk.memory is None:
        return case
    if desk.showing is not None:
        tally = desk.memory.tally(moved.as_of_utc, short=moved.proposal.is_short)
        case = desk.showing.complete(case, moved, portfolio, tally)
        return case.model_copy(update={"precedents": desk.memory.near(case)})
    return case.model_copy(update={"precedents": render(desk.memory.analogues(case, PRECEDENTS))})


def _bare_case(desk: Desk, moved: Motion, portfolio: Portfolio, exposure: Exposure, read: SentimentData | None) -> Case:
    """The case of one symbol without its precedents. `read`: its news; None where nobody reads them."""
    symbol, as_of = moved.symbol, moved.as_of_utc
    return Case(
        decision_id=moved.decision_id,
        symbol=symbol,
        as_of_utc=as_of,
        base_timeframe=desk.timeframe,
        proposal=moved.proposal,
        signals=desk.engines[symbol].view(),
        sentiment=read or SentimentData(symbol=symbol, as_of_utc=as_of, score=Abstained(why="nobody reads it here")),
        book=_book_view(desk, symbol, portfolio, exposure, moved.proposal.is_short),
        record=moved.record,
        context=None if desk.context is None else desk.context.read(symbol, as_of),
        held_share=moved.held_share,
        terms=moved.terms,
        instructions=instructions_of(moved.proposal, desk.contexts),
    )


def _book_view(desk: Desk, symbol: str, portfolio: Portfolio, exposure: Exposure, short: bool) -> BookView:
    window, breakers = desk.trader.window, desk.trader.breakers
    held = tuple(position.symbol for position in portfolio.positions)
    moves = [window.correlation(symbol, other) for other in held if other != symbol]
    latch = breakers.open_on(symbol, "short" if short else "long")
    return BookView(
        equity=float(portfolio.equity),
        deployed_fraction=exposure.deployed_fraction,
        drawdown=exposure.drawdown,
        day_return=float(portfolio.equity / breakers.day_start_equity - 1),
        var_1d=exposure.var_1d,
        es_1d=exposure.es_1d,
        held=held,
        worst_correlation=max((value for value in moves if value is not None), default=None),
        last_sigma=window.last_sigma(symbol),
        losses_in_a_row=breakers.losses_in_a_row,
        breaker=latch.breaker if latch else None,
    )


def _hash(desk: Desk, shown: Slice) -> str:
    """Add the bars of this slice, with their finer bars, mark prices and funding, to the running hash of all slices so far."""
    bars = (*shown.bars.values(), *shown.doubtful.values())
    seen = [(bar.symbol, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars]
    link = f"{desk.tally.data_hash} {shown.close_utc.isoformat()} {seen}"
    if shown.detail is not None:
        link += f" {shown.detail.timeframe} {shown.detail.bars}"
    if shown.marks:
        link += f" {[(symbol, mark.open, mark.high, mark.low, mark.close) for symbol, mark in shown.marks.items()]}"
    if shown.funding:
        link += f" {[(due.symbol, due.at_utc.isoformat(), due.rate) for due in shown.funding]}"
    if shown.facts:
        facts = [(fact.name, fact.symbol, fact.known_utc.isoformat(), fact.value) for fact in shown.facts]
        link += f" {facts}"
    desk.tally.data_hash = hashlib.sha256(link.encode()).hexdigest()
    return desk.tally.data_hash
