"""Opens a session on a live feed: first its past, then, when its journal is open, the desk that trades it.

The description and the warm-up of a run that is resumed are those of its journal: an exchange may tell its past otherwise today.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from agents.desk.clocked.feed import ClockedFeed, ResumedFeed, ToldSentiment
from agents.desk.clocked.figures import Connection, Figures, Overheard
from agents.desk.clocked.opened import Opened, trades_there
from agents.desk.clocked.pulse import LivePulse, ResumedPulse
from agents.desk.clocked.sessions import SessionFeed
from agents.desk.clocked.voters import voters_of
from agents.desk.description import warmup_of
from agents.desk.desk import Desk
from agents.desk.outside import Outside, latches
from agents.desk.paper import open_traded
from agents.desk.request import BarsRequest
from agents.desk.steered.news import Newsroom
from agents.desk.steered.source import Asked, nobody_asks
from agents.desk.world import history_days
from agents.recorded.resumed import ResumingSink
from agents.records.account import Word
from agents.records.events import read_events
from agents.records.inputs import Arrived
from agents.records.record import Session, Warmup
from config.clock import PacedClock, from_ms
from config.errors import UsageFault
from config.files import passing_folder
from config.secrets import load_secrets, state_dir
from config.sections.emergency.table import Action
from config.settings import Settings
from execution.account.routing.health import ResumedHealth
from execution.account.routing.routes import Health
from execution.account.trader import Trader
from execution.journal.event import Sink
from execution.journal.lasting import LastingJournal
from execution.kill_switch.halting import Halt, Switch
from execution.kill_switch.storage import StorageSwitch, journal_halts
from execution.kill_switch.switches import FileSwitch
from execution.kill_switch.triggers import Figure, Triggers, TriggerSwitch
from execution.reports import SentOrder
from execution.venues.durable import DurableEntries
from execution.venues.routed import RoutedExchanges
from market.bar import Slice
from market.live.exchange import TRIES, Exchange, Unanswered
from market.live.feed import LiveFeed, Pace
from market.live.marks import MarksAsked
from market.live.past import Step, past_of_feed
from market.live.seen import OVERLAP
from market.sessions.calendar import calendar_of, day_of
from market.symbols import normalise_symbol
from market.tape import Tape
from market.timeframe import Timeframe
from risk.ramp import Ramp, RampMoved

_SETTLED = timedelta(seconds=2)
"""A candle that closed less than this before the start belongs to the session: the exchange may still be writing it down."""
_AGAIN_S = 5.0


class Kept(NamedTuple):
    """What the journal of a run that is resumed begins with, the last close that it holds, how many bars had arrived, and the
    last few of them."""

    session: Session
    warmup: Warmup
    last_close: datetime
    bars: int
    told: tuple[Slice, ...] = ()
    orders: frozenset[str] = frozenset()
    """Ids of all orders that it names."""
    ramp: Ramp | None = None
    """Where the ramp of real money stood last."""


class OnClock(NamedTuple):
    """What a session on the clock is opened with. `stop`: whether the user wants to stop; `tell` takes words for him."""

    settings: Settings
    bars: BarsRequest
    tape: Tape
    kept: Kept | None
    clock: PacedClock
    stop: Callable[[], bool]
    tell: Callable[[str], None]
    journal: LastingJournal | None = None
    """The journal of a session that outlives it; None for one that ends with its journal."""
    asked: Asked = nobody_asks
    """Gives the next word of its operator."""


def kept_feed(journal: Path, key: bytes) -> Kept | None:
    """What a journal keeps of its feed; None if it was killed before its warm-up was written. Raises JournalFault."""
    session, warmup, bars, ramp, orders = None, None, 0, None, set[str]()
    latest = deque[Slice](maxlen=OVERLAP)
    for found in read_events(journal, key):
        match found.event:
            case Session() as described:
                session = described
                ramp = None if described.standing is None else described.standing.ramp
            case Warmup() as told:
                warmup = told
            case Arrived() as arrived:
                latest.append(arrived.tape)
                bars += 1
            case SentOrder() as order:
                orders.add(order.order_id)
            case RampMoved() as moved:
                ramp = moved.ramp
    if session is None or warmup is None:
        return None
    last_close = latest[-1].close_utc if latest else session.start_utc
    return Kept(session, warmup, last_close, bars, tuple(latest), frozenset(orders), ramp)


async def read_past(settings: Settings, bars: BarsRequest, kept: Kept | None, clock: PacedClock, step: Step) -> Tape:
    """The bars before the first, or the next, live one. Raises UsageFault for an exchange or a market that there is not,
    DataFault."""
    timeframe, symbols = Timeframe(settings.market.timeframe), symbols_of(settings)
    async with _exchange(settings, bars, clock, TRIES) as exchange:
        if kept is None:
            await exchange.refuse_unknown(list(symbols), timeframe)
        else:
            symbols = tuple(await exchange.still_there(list(symbols), timeframe))
        start = timeframe.floor(from_ms(await exchange.now_ms()) - _SETTLED)
        begin, end = (start, start) if kept is None else (kept.session.start_utc, kept.last_close)
        with passing_folder() as nowhere:
            store = nowhere if bars.feed_store is None else Path(bars.feed_store)
            return await past_of_feed(exchange, settings, symbols, begin, end, history_days(settings), store, step)


def on_feed(
    described: Session, bars: int | None, kept: Kept | None, opened: Opened | None = None, feed_url: str | None = None
) -> Session:
    """The description of a session on a feed, which ends after so many bars; None for no end. `opened`: what a real exchange
    says of its account and its markets; `feed_url`: another address that tells the bars. Resumed, as it was in its journal."""
    if kept is not None:
        names = (
            "start_utc", "end_utc", "bars", "findings", "symbols", "instruments", "account", "standing", "voters", "feed_url",
            "exchanges",
        )  # fmt: skip
        return described.model_copy(update={name: getattr(kept.session, name) for name in names})
    end = None if bars is None else end_of(described.settings, described.start_utc, bars, described.timeframe)
    there: dict[str, Any] = {"voters": voters_of(described.settings, described.own_strategies), "feed_url": feed_url}
    if (calendar := described.settings.market.calendar) is not None:
        # the midnight after a session, where its bar closes on the grid, may be later than the next decision
        there["start_utc"] = calendar_of(calendar).closes_at(day_of(described.start_utc))
    if opened is not None:
        there |= {"account": opened.account, "instruments": opened.instruments, "standing": opened.standing}
        there |= {"exchanges": dict(opened.exchanges)}
    return described.model_copy(update={"bars": bars, "end_utc": end, **there})


def end_of(settings: Settings, start: datetime, bars: int, timeframe: Timeframe) -> datetime:
    """The close of the last of so many bars after a start, by the calendar if there is one."""
    if settings.market.calendar is None:
        return start + bars * timeframe.duration
    calendar, day = calendar_of(settings.market.calendar), day_of(start)
    for _ in range(bars):
        day = calendar.following(day)
    return calendar.closes_at(day)


async def exchange_time(settings: Settings, bars: BarsRequest, clock: PacedClock) -> datetime:
    """The time of the exchange whose bars are traded. Raises UsageFault, DataFault."""
    async with _exchange(settings, bars, clock, TRIES) as exchange:
        return from_ms(await exchange.now_ms())


@asynccontextmanager
async def feed_desk(
    world: OnClock, session: Session, sink: Sink, resuming: ResumingSink | None, key: bytes, outside: Outside
) -> AsyncIterator[tuple[Desk, LiveFeed | SessionFeed]]:
    """The desk of a session on the clock, and the feed that it trades. Both end with the block."""
    settings, kept, clock = world.settings, world.kept, world.clock
    timeframe, symbols = session.timeframe, session.symbols
    news = Newsroom(settings.sentiment, (), clock, has_past=resuming is not None)
    if outside.parts is not None:
        outside.parts.news = news
    async with AsyncExitStack() as held:
        brokered = None
        if settings.venue.kind == "ib":
            from agents.desk.clocked.broker import broker_feed  # it loads what exchanges do not need

            told_last, left = (() if kept is None else kept.told), _left(session, 0 if kept is None else kept.bars)
            opening = broker_feed(settings, session, world.tape, told_last, key, clock, resuming, left, world.tell)
            brokered = await held.enter_async_context(opening)
        live = brokered.feed if brokered is not None else await _live_feed(held, world, session)
        told = ToldSentiment(news)
        feed = ClockedFeed(live, news, told, symbols)
        switch = FileSwitch(latches(), settings.profile)
        real_one = trades_there(settings)
        traders = list[Trader]()
        lasting = world.journal
        figures = Figures(settings, symbols, timeframe.duration, clock, lasting)
        figures.feed = live
        past = (lambda: False) if resuming is None else (lambda: resuming.past)
        triggers = Triggers(settings.emergency, _watched(settings, figures), latches(), settings.profile, clock, past)
        stops = _Stops(switch, lasting, triggers, cancels=_journal_cancels(settings))
        pulse = LivePulse(
            live,
            stops.standing,
            world.stop,
            clock,
            news.refresh,
            sells_at_once=real_one,
            touch=figures.touch,
            reprice_s=settings.venue.entry.reprice_s,
            raised=_raises(session, key, world.tell, traders),
            asked=world.asked,
        )
        real = None
        if brokered is not None:
            real, figures.venue = brokered.venue, brokered.broker
        elif real_one:
            from agents.desk.clocked.account import exchange_venue, lines_of  # it loads what paper does not need

            opened = exchange_venue(settings, session, key, clock, resuming)
            real, shown = await held.enter_async_context(opened)
            figures.venue = shown
            outside.connected(lines_of(shown))
        desk = open_traded(
            settings,
            session,
            warmup_of(world.tape) if kept is None else kept.warmup,
            feed if resuming is None else ResumedFeed(resuming.input, feed, told, lambda: resuming.past),
            told,
            Overheard(sink, figures.falls, figures.rate),
            key,
            outside._replace(switch=stops.around(outside.switch)),
            pulse if resuming is None else ResumedPulse(resuming.input, pulse),
            real,
            lambda venue: (
                venue if lasting is None else DurableEntries(venue, lambda: lasting.lost is not None, resuming)
            ),
            _health(figures.venue, resuming),
        )
        if lasting is not None:
            lasting.outlive()
        if real is not None:
            real.ledger = desk.trader.ledger
        traders.append(desk.trader)
        pulse.watch(desk.trader, desk.reserved, desk.steers)
        try:
            yield desk, live
        finally:
            await news.close()


async def _live_feed(held: AsyncExitStack, world: OnClock, session: Session) -> LiveFeed:
    """The feed of a session at an exchange, whose connection ends with `held`."""
    settings, kept, clock = world.settings, world.kept, world.clock
    timeframe, symbols = session.timeframe, session.symbols
    exchange = await held.enter_async_context(_exchange(settings, world.bars, clock, 1))
    known = set(await _answering(exchange, list(symbols), timeframe, world)) & set(world.tape.symbols)
    there = [symbol for symbol in symbols if symbol in known]
    for symbol in sorted(set(symbols) - known):
        world.tell(f"{exchange.name} has no market {symbol} any more. The run goes on with the others.")
    at, done = (session.start_utc, 0) if kept is None else (kept.last_close, kept.bars)
    pace = Pace(settings.market.feed_patience_s, settings.market.feed_late_s)
    live = LiveFeed(exchange, world.tape.monitor(), there, timeframe, at, clock, pace, world.tell, _left(session, done))
    if exchange.perpetual:
        live.values = MarksAsked(exchange, timeframe, pace.answer_s)
    if (
        kept is not None and not settings.quality.accepted_units
    ):  # else they were told in another unit than the exchange's
        live.remember(kept.told)
    return live


def _health(exchange: Connection | None, resuming: ResumingSink | None) -> Health | None:
    """What says which of several real exchanges are well; None for one, and for simulated ones."""
    if not isinstance(exchange, RoutedExchanges):
        return None
    return exchange if resuming is None else ResumedHealth(resuming, lambda: resuming.past, exchange)


class _Stops(NamedTuple):
    """All that stops a session on the clock: latches, a journal that cannot be written, and triggers."""

    files: FileSwitch
    journal: LastingJournal | None
    triggers: Triggers
    cancels: bool

    def standing(self) -> tuple[Halt, ...]:
        """What is down now, in the order in which the switch of the session tells it."""
        own = self.triggers.standing()  # it may set a latch
        lost = () if self.journal is None else journal_halts(self.journal, cancels=self.cancels)
        return (*self.files.standing(), *lost, *own)

    def around(self, switch: Switch) -> Switch:
        """The switch of the session, around that of its latches."""
        if self.journal is not None:
            switch = StorageSwitch(switch, self.journal, cancels=self.cancels)
        return TriggerSwitch(switch, self.triggers)


def _journal_cancels(settings: Settings) -> bool:
    """Whether entries are withdrawn while the journal cannot be written. New risk is never taken then."""
    lost = settings.emergency.of("journal_lost")
    return lost is not None and lost.action is not Action.CLOSE_ONLY


def _watched(settings: Settings, figures: Figures) -> Mapping[str, Figure]:
    """The figures that triggers read. That of the journal only where its loss is to sell: the rest of it needs no time."""
    lost = settings.emergency.of("journal_lost")
    sells = lost is not None and lost.action is Action.FLATTEN
    return {name: figure for name, figure in figures.by_name().items() if sells or name != "journal_lost"}


def _raises(
    session: Session, key: bytes, tell: Callable[[str], None], traders: Sequence[Trader]
) -> Callable[[datetime], Word | None]:
    """What hears of a raise of the ramp. `traders`: the trader of the session, once it is there."""
    if session.standing is None or session.standing.ramp is None:
        return lambda at: None
    from agents.desk.clocked.book import Books, named  # it loads what paper does not need
    from agents.desk.clocked.raising import Raises

    books = Books(state_dir(load_secrets()), key)
    quote = next(iter(session.instruments.values())).quote
    return Raises(books, named(session.settings), quote, lambda: traders[0].ramp if traders else None, tell)


def _left(session: Session, done: int) -> int | None:
    """How many bars are still to come; None for no end. What a session has left on a real exchange has to be looked after: one
    that had come to its end and is resumed goes on without one."""
    if session.bars is None or (session.standing is not None and done >= session.bars):
        return None
    return max(0, session.bars - done)


def symbols_of(settings: Settings) -> tuple[str, ...]:
    """The markets of a feed, as BASE/QUOTE, each once."""
    return tuple(dict.fromkeys(normalise_symbol(symbol) or symbol for symbol in settings.market.symbols))


def _exchange(settings: Settings, bars: BarsRequest, clock: PacedClock, tries: int) -> Exchange:
    if settings.market.feed is None:
        raise UsageFault(
            "No exchange is named whose bars a session could trade. Nothing was started; name one with --feed."
        )
    url = bars.feed_url or settings.venue.url
    perpetual = settings.market.perpetuals is not None
    return Exchange(
        settings.market.feed, url, clock.wait, tries, testnet=settings.world == "testnet", perpetual=perpetual
    )


async def _answering(exchange: Exchange, symbols: list[str], timeframe: Timeframe, world: OnClock) -> list[str]:
    """Wait until the exchange tells its markets, as long as the user wants. Those that a run may trade: a new one all of them."""
    told = False
    while not world.stop():
        try:
            if world.kept is not None:
                return await exchange.still_there(symbols, timeframe)
            await exchange.refuse_unknown(symbols, timeframe)
            return symbols
        except Unanswered as fault:
            if not told:
                world.tell(f"{exchange.name} does not answer ({fault.why}). It is asked until it does, or Ctrl-C.")
            told = True
            await world.clock.wait(max(fault.pause_s, _AGAIN_S))
    return symbols
