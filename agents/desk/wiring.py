"""Builds a desk from a session's description, in the same way for a run and for its replay.

Only the parts that differ between worlds are arguments: the feed, the venue, the sentiment reader, the sink of events, the kill
switch and the approver.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from agents.approval.asking import Approvals
from agents.approval.petition import Approver
from agents.court.graph import Bench, Court, Judge, See
from agents.court.held.theses import Theses
from agents.court.mind import Overheard
from agents.court.minds.model import ModelMind
from agents.court.minds.outlooks import Outlooks
from agents.court.minds.rules import RulesMind
from agents.court.minds.seated import Seated
from agents.court.minds.watchlist import Landed, Watchlist, nobody_knows
from agents.court.prompts.prompt import load_prompts
from agents.court.record import NOTHING_LEARNT
from agents.court.reserved.clocks import BesideClock, CourtOf, LatencyClock, Note
from agents.court.reserved.dockets import ReservedDockets
from agents.court.showing.showing import Showing
from agents.desk.arrivals import Arrivals, Feed, Pulse, SpokeNext, nothing_recorded
from agents.desk.desk import Desk, Tally
from agents.desk.outside import Aside
from agents.desk.policy import demotion_of
from agents.desk.reviewer import Reviewer
from agents.desk.steered.glance import Looked, glance_of
from agents.desk.steered.parts import Parts
from agents.desk.steered.seats import Seats
from agents.desk.world import ON_THE_CLOCK
from agents.llm.asking import Asker
from agents.llm.attempt import ROLES, Attempt
from agents.memory.cases import Memory
from agents.memory.embedder import open_embedder
from agents.memory.learning import Learner, learns, trust_of
from agents.memory.narrative import CaseReader
from agents.memory.outcomes import Barriers
from agents.outages.watch import OutageWatch
from agents.records.record import Session, Warmup
from agents.shadow.seat import asks_models
from agents.shadow.sitting import ShadowCourt
from agents.strategies.contexts import Context, build_contexts, depth_read
from agents.strategies.facts import SentimentReader
from config.clock import BarClock, from_ms
from config.settings import Settings
from execution.account.ledger import Ledger
from execution.account.routing.routes import Health, Member
from execution.account.trader import Trader
from execution.journal.event import Sink
from execution.kill_switch.halting import Switch
from execution.venues.exchange.capabilities import takes_fee_in_base
from execution.venues.sealing import open_gate
from execution.venues.venue import BarDriver, Venue
from market.bar import Bar, Prices
from market.catalogue import leverage_of, margin_terms
from market.context.engine import ContextEngine
from market.indicators.engine import SignalEngine
from market.sessions.calendar import signals_year
from market.timeframe import Timeframe
from risk.breakers import BreakerState
from risk.measures.horizon import horizon_of
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow
from rl.adjuster import Adjuster
from rl.observation import Lookout, unseen

Around = Callable[[Trader], Judge]


class _Warm(NamedTuple):
    """Indicators and windows that have read the warm-up."""

    engines: dict[str, SignalEngine]
    window: ReturnWindow
    volumes: VolumeWindow


def open_desk(
    session: Session,
    warmup: Warmup,
    *,
    feed: Feed,
    venue: Venue,
    driver: BarDriver | None,
    sentiment: SentimentReader,
    sink: Sink,
    switch: Switch,
    approver: Approver,
    key: bytes,
    adjuster: Adjuster,
    asker: Asker | None = None,
    around: Around | None = None,
    landed: Landed = nobody_knows,
    spoke_next: SpokeNext = nothing_recorded,
    pulse: Pulse | None = None,
    health: Health | None = None,
    overheard: Overheard | None = None,
    aside: Aside | None = None,
    looked: Looked | None = None,
    parts: Parts | None = None,
) -> Desk:
    """A desk that has read the warm-up and is ready for the first bar.

    `adjuster` is that of the session's policy (`agents.desk.policy`). `asker` answers for the models, if the court has any.
    `around` wraps the gate's judge, so that the caller sees each proposal. `driver` drives the venue through each bar; None for
    a venue that trades by itself. For a run with a recorded past, `landed` says which outlooks had been answered, and
    `spoke_next` when the venue sent a report between two bars. `pulse` is that of a session on the clock. `health` says which of
    several exchanges are well; None if they always are. `overheard` is told each opinion in court. `aside`: what the shadow
    court needs; None where nobody keeps what it says. `looked`: what a session that is not on the clock looks at between two
    bars. `parts`: what a changed profile replaces in it; None in a replay, where the journal says what was. Raises UsageFault if
    the packages for the profile's retrieval are missing.
    """
    settings, clock = session.settings, BarClock(session.start_utc)
    contexts = _contexts(session, warmup)
    warm = _warmed(session, warmup, contexts)
    trader = _trader(session, warm, venue, driver, sink, switch, key, health)
    rules = RulesMind(settings.court, settings.limits)
    outlooks = Outlooks(settings.minds)
    told = load_prompts(settings.minds, settings.court, session.own_prompts)
    models = None if asker is None else ModelMind(asker, rules, settings.minds, outlooks, told)
    seats = Seats(settings.minds, models)
    watch = OutageWatch(settings.minds.derisk)

    def note(attempt: Attempt) -> None:
        sink.append(attempt)
        watch.note(attempt)

    see = unseen if settings.rl.mode == "off" else _lookout(session, trader)
    judge = around(trader) if around else trader.judge

    def court_of(noted: Note, mind: ModelMind | RulesMind) -> Court:
        seats = settings.court.seats
        return Court(
            Bench(
                mind=mind
                if len(set(seats)) == len(ROLES)
                else Seated(mind, seats, by_side=settings.court.sides == "both"),
                adjuster=adjuster,
                judge=judge,
                role_deadline_s=settings.court.role_deadline_s,
                note=noted,
                see=see,
                shows_court=settings.rl.mode != "off",
                overheard=overheard,
                court=settings.court,
            )
        )

    def own_courts() -> CourtOf:
        """Opens courts with a mind of their own, in which sits who sits now."""
        minds = seats.minds
        return lambda noted: court_of(noted, rules if asker is None else ModelMind(asker, rules, minds, outlooks, told))

    court = court_of(note, models or rules)
    seat, shadow = session.shadow, None
    if seat is not None and aside is not None:
        waits = settings.world not in ON_THE_CLOCK
        shadow = ShadowCourt(seat, settings, aside.asker, past=aside.past, waits=waits)
    asks = asker is not None or (shadow is not None and asks_models(seat))
    form = settings.minds.case if seat is None or asker is not None else seat.minds.case
    seats.reserved = _reserved(settings, session.timeframe, court, BesideClock(own_courts, note, landed))
    return Desk(
        settings=settings,
        symbols=session.symbols,
        timeframe=session.timeframe,
        clock=clock,
        arrivals=Arrivals(feed, venue, spoke_next, pulse, glance_of(looked, clock)),
        engines=warm.engines,
        sentiment=sentiment,
        contexts=contexts,
        court=court,
        approvals=Approvals(settings.court, approver),
        memory=_memory(session) if asks else None,
        learner=_learner(session) if learns(settings) else None,
        watchlist=Watchlist(models, outlooks, settings, session.symbols, landed)
        if models and settings.minds.watchlist
        else None,
        trader=trader,
        sink=sink,
        tally=Tally(),
        watch=watch,
        theses=Theses(settings.court, session.timeframe),
        reserved=seats.reserved,
        fast=None if settings.court.fast_share is None or asker is None else court_of(note, rules),
        context=_context(session, warmup) if settings.market.context == "facts" else None,
        demotion=demotion_of(session, adjuster),
        reviewer=None if settings.rl.mode == "off" else Reviewer(adjuster, see),
        standing=session.standing,
        showing=_showing(session, warmup, trader) if asks and form == "whole" else None,
        shadow=shadow,
        seats=seats,
        parts=parts,
    )


def _showing(session: Session, warmup: Warmup, trader: Trader) -> Showing:
    """What models are shown beside the indicators, after the warm-up."""
    days, bars = _days(warmup), _bars(warmup, session.timeframe)
    return Showing(session.settings, session.instruments, session.timeframe, trader, days, bars)


def _reserved(settings: Settings, timeframe: Timeframe, court: Court, beside: BesideClock) -> ReservedDockets | None:
    """The dockets of a court that needs time; None for one whose rulings are there at once, as those of the rules mind are."""
    asked, patience = settings.court, timedelta(seconds=settings.minds.deadlines.decision_s) + timeframe.duration
    if asked.mind != "models":
        return None
    if not asked.wait:
        return ReservedDockets(beside, patience)
    if not asked.latency_s:
        return None
    latency = timedelta(seconds=asked.latency_s)
    return ReservedDockets(LatencyClock(latency, court), latency + patience)


def _warmed(session: Session, warmup: Warmup, contexts: tuple[Context, ...]) -> _Warm:
    """Indicators and windows after the bars before the first decision."""
    per_day = session.timeframe.bars_per_day
    depth, year = session.settings.market.signals, signals_year(session.settings.market)
    voters = depth_read(contexts, depth)
    warm = _Warm(
        {symbol: SignalEngine(symbol, session.timeframe, depth, voters, year) for symbol in session.symbols},
        ReturnWindow(session.symbols, horizon_of(session.settings.limits, per_day).window_bars),
        VolumeWindow(session.symbols, per_day),
    )
    for days in _days(warmup):
        for symbol, day in days.items():
            warm.engines[symbol].remember(day)
    for slice_bars in _bars(warmup, session.timeframe):
        for symbol, bar in slice_bars.items():
            warm.engines[symbol].push(bar)
        warm.window.push({symbol: bar.close for symbol, bar in slice_bars.items()})
        warm.volumes.push({symbol: (bar.close, bar.volume) for symbol, bar in slice_bars.items()})
    return warm


def _contexts(session: Session, warmup: Warmup) -> tuple[Context, ...]:
    """The voters. Those that read bars have read the warm-up."""
    contexts = build_contexts(session.settings.strategies, session.symbols, session.own_strategies)
    if any(context.history for context in contexts):
        days = [day for bars in _days(warmup) for day in bars.values()]
        past = [bar for slice_bars in _bars(warmup, session.timeframe) for bar in slice_bars.values()]
        for context in contexts:
            context.remember_days(days)
            context.remember(past)
    return contexts


def _context(session: Session, warmup: Warmup) -> ContextEngine:
    """The market context after the warm-up, which holds bars and no facts."""
    context = ContextEngine(session.symbols, session.timeframe)
    for days in _days(warmup):
        context.push_bars(next(iter(days.values())).close_utc, days)
    for slice_bars in _bars(warmup, session.timeframe):
        if slice_bars:
            context.push_bars(next(iter(slice_bars.values())).close_utc, slice_bars)
    return context


def _trader(
    session: Session,
    warm: _Warm,
    venue: Venue,
    driver: BarDriver | None,
    sink: Sink,
    switch: Switch,
    key: bytes,
    health: Health | None,
) -> Trader:
    """The account with its gate and its venue."""
    settings, per_day = session.settings, session.timeframe.bars_per_day
    cash, standing = settings.venue.starting_cash, session.standing
    return Trader(
        venue=venue,
        driver=driver,
        ledger=Ledger(
            cash,
            quote_of(session),
            session.instruments if settings.venue.is_real else None,
            {name: each.starting_cash for name, each in settings.venue.members.items()},
            margin=margin_terms(session.instruments),
            leverage=leverage_of(settings.market),
        ),
        sink=sink,
        gate=open_gate(settings.limits, settings.exits, key, per_day, session.calibration),
        limits=settings.limits,
        exits=settings.exits,
        window=warm.window,
        volumes=warm.volumes,
        breakers=BreakerState.fresh(cash, session.start_utc) if standing is None else standing.breakers,
        bars_per_day=per_day,
        switch=switch,
        close_together=settings.venue.close_together,
        entries=settings.venue.entry,
        ramp=None if standing is None else standing.ramp,
        bounds=settings.live if settings.limits.ramp else None,
        members=_members(session),
        health=health,
        leverage=None if settings.market.perpetuals is None else leverage_of(settings.market),
    )


def _members(session: Session) -> tuple[Member, ...]:
    """The exchanges of a session on several, with what each of them costs."""
    venue = session.settings.venue
    real, multiples = venue.kind == "ccxt", {each.name: each.funding_multiple for each in venue.also}
    return tuple(
        Member(
            name,
            session.exchanges[name].instruments,
            fee_in_base=real and takes_fee_in_base(costs.exchange),
            funding_multiple=multiples.get(name, Decimal(1)),
            costs=None if real else costs,
        )
        for name, costs in venue.members.items()
    )


def _lookout(session: Session, trader: Trader) -> See:
    """The function that makes a policy's observation of a proposal."""
    limits, per_day = session.settings.limits, session.timeframe.bars_per_day
    return Lookout(trader.situation, limits, per_day, session.calibration).see


def _memory(session: Session) -> Memory:
    embedder = open_embedder(session.settings)
    reader = None if embedder is None else CaseReader(embedder, session.settings.minds.blind)
    earlier = () if session.memory is None else session.memory.cases
    by_side = session.settings.court.sides == "both"
    return Memory(Barriers.of(session), reader=reader, earlier=earlier, by_side=by_side)


def _learner(session: Session) -> Learner:
    known = NOTHING_LEARNT if session.record is None else session.record.learnt
    settings = session.settings
    return Learner(Barriers.of(session), settings.limits.record_prior, known, trust_of(settings))


def quote_of(session: Session) -> str:
    """The currency of the account: the quote currency of all its markets."""
    return next(iter(session.instruments.values())).quote


def _days(warmup: Warmup) -> list[dict[str, Bar]]:
    """The days before the warm-up."""
    return _told(warmup.days, Timeframe.D1)


def _bars(warmup: Warmup, timeframe: Timeframe) -> list[dict[str, Bar]]:
    return _told(warmup.slices, timeframe)


def _told(rows: tuple[tuple[int, dict[str, Prices]], ...], timeframe: Timeframe) -> list[dict[str, Bar]]:
    return [
        {
            symbol: Bar(
                symbol=symbol, timeframe=timeframe, close_utc=from_ms(ms), open=o, high=h, low=low, close=c, volume=v
            )
            for symbol, (o, h, low, c, v) in bars.items()
        }
        for ms, bars in rows
    ]
