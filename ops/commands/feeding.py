"""How `tribunal run --feed` trades: it fetches the past of the feed with a progress bar, and then lives by the clock."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from agents.approval.petition import teller_of
from agents.desk.clocked.opened import Opened, trades_there
from agents.desk.clocked.opening import Kept, OnClock, feed_desk, kept_feed, on_feed, read_past, symbols_of
from agents.desk.clocked.sessions import SessionFeed
from agents.desk.models import key_variables, shadow_models_of
from agents.desk.outside import outside_of
from agents.desk.request import RunRequest, WorldRequest
from agents.desk.steered.parts import seated_models
from agents.desk.steered.source import SteerSource
from agents.desk.world import World, history_days
from agents.recorded.resumed import ResumingSink
from agents.records.account import Word
from agents.records.folder import journal_of
from agents.records.record import Session, SessionEnd
from agents.session import run_session
from config.clock import PacedClock, SystemClock
from config.progress import Progress
from config.secrets import load_secrets, state_dir
from execution.journal.chain import Journal
from execution.journal.event import Listener
from execution.journal.lasting import LastingJournal
from market.live.feed import LiveFeed
from market.simulated.prices import warmup_length
from market.tape import Tape
from market.timeframe import Timeframe
from ops.live.onlookers import looked_on
from ops.terminal.listening import listened, listeners_of
from ops.terminal.progress import FeedProgress
from ops.terminal.seats import SeatsTeller, shadow_told
from ops.terminal.stopping import StopSignals
from ops.terminal.watching import Watching
from risk.ramp import Ramp


class PastOfRun:
    """The past of a run on a feed, what its journal keeps if it is resumed, and the clock that it lives by. `world`: with the
    money that the account has; `opened`: what a real exchange says of the account."""

    def __init__(
        self, world: World, tape: Tape, kept: Kept | None, clock: PacedClock, opened: Opened | None = None
    ) -> None:
        self.world = world
        self.tape = tape
        self.opened = opened
        self.kept = kept
        self.clock = clock

    @property
    def ramp(self) -> Ramp | None:
        """Where the ramp of real money stands when the session begins, or goes on; None without real money."""
        if self.kept is not None:
            return self.kept.ramp
        return None if self.opened is None or self.opened.standing is None else self.opened.standing.ramp

    @property
    def quote(self) -> str:
        """The currency of the money that is traded with."""
        return symbols_of(self.world.settings)[0].partition("/")[2]

    def told_in(self, described: Session, asked: WorldRequest, feed_url: str | None) -> Session:
        """The description of the session with what is known of it here; resumed, as it was in its journal."""
        return on_feed(described, _planned_bars(asked, described.timeframe), self.kept, self.opened, feed_url)


def _planned_bars(asked: WorldRequest, timeframe: Timeframe) -> int | None:
    """How many bars a session on a feed is to have; None for no end."""
    by_days = None if asked.days is None else timedelta(days=asked.days) // timeframe.duration
    return min((limit for limit in (by_days, asked.bars.feed_bars) if limit is not None), default=None)


def past_of_run(
    world: World, request: RunRequest, key: bytes, clock: PacedClock | None = None, words: tuple[Word, ...] = ()
) -> PastOfRun:
    """Fetch what lies before the first live bar, and show how far it is; on a real exchange, how the account stands. `words`:
    what was typed to begin. Raises UsageFault, DataFault, JournalFault."""
    clock = clock or SystemClock()
    kept = None
    if request.resume is not None:
        kept = kept_feed(journal_of(Path(request.resume)), key)
    if world.settings.venue.kind == "ib":
        return _past_at_broker(world, kept, key, clock)
    standing = None
    if trades_there(world.settings):
        from agents.desk.clocked.finding import account_found  # it loads what paper does not need

        world, standing = account_found(world, None if kept is None else kept.session, key, clock, words)
    settings = world.settings
    day = round(Timeframe(settings.market.timeframe).bars_per_day)
    bars = warmup_length(settings.market) + day + history_days(settings) + (0 if kept is None else kept.bars)
    total = bars * len(symbols_of(settings))
    with Progress(total, "candles", None if request.quiet else sys.stderr, after_s=1.0) as progress:

        def step(symbol: str, passed: int, _: int) -> None:
            progress.about(symbol)
            progress.advance(passed)

        async def read() -> tuple[Tape, Opened | None]:
            if not trades_there(settings):
                return await read_past(settings, world.bars, kept, clock, step), None
            from agents.desk.clocked.account import greet  # it loads what paper does not need

            there = await greet(settings, symbols_of(settings), key, clock, kept, standing)
            return await read_past(settings, world.bars, kept, clock, step), there

        tape, opened = asyncio.run(read())
    return PastOfRun(world, tape, kept, clock, opened)


def _past_at_broker(world: World, kept: Kept | None, key: bytes, clock: PacedClock) -> PastOfRun:
    """The same at a broker of shares: its account, five years of days, and the money that it has."""
    from agents.desk.clocked.broker import greet_broker  # it loads what exchanges do not need

    settings, before = world.settings, None if kept is None else kept.session
    until = kept.told[-1] if kept is not None and kept.told else None
    found = asyncio.run(greet_broker(settings, symbols_of(settings), key, clock, before, until))
    cash = found.capital if before is None else before.settings.venue.starting_cash
    venue = settings.venue.with_cash(cash, {})
    world = world.model_copy(update={"settings": settings.model_copy(update={"venue": venue})})
    return PastOfRun(world, found.tape, kept, clock, found.opened)


def trade_feed(
    world: World,
    past: PastOfRun,
    session: Session,
    journal: Journal | ResumingSink,
    path: Path,
    key: bytes,
    signals: StopSignals,
    seats: SeatsTeller,
    keepers: Sequence[Listener],
    request: RunRequest,
    steering: SteerSource,
) -> SessionEnd:
    """Live through the session until it ends or is stopped; it outlives its journal, which lies at `path`. `seats` is told
    which models can sit; it and `keepers` listen too. `steering` gives the words of its operator. Raises TribunalError."""
    settings, feeds = world.settings, list[LiveFeed | SessionFeed]()
    lasting = LastingJournal(journal, path, state_dir(load_secrets()), past.clock, _say)

    def left() -> timedelta | None:
        return feeds[0].next_close - feeds[0].now() if feeds else None

    async def trade(stop: Callable[[], bool], watch: Watching) -> SessionEnd:
        clocked = OnClock(settings, world.bars, past.tape, past.kept, past.clock, stop, _say, lasting, steering)
        resuming = journal if isinstance(journal, ResumingSink) else None
        secrets = load_secrets(also=key_variables(world.seated))
        async with (
            seated_models(world.seated, secrets, steering.parts, seats.at_start) as asker,
            shadow_models_of(settings, secrets, shadow_told(settings, sys.stderr, quiet=request.quiet)) as shadow_asker,
        ):
            told = teller_of(keepers)
            outside = outside_of(settings, asker, journal, told, path.parent, shadow_asker)
            outside = outside._replace(overheard=watch.overheard, parts=steering.parts)
            if watch.connected is not None:
                outside = outside._replace(connected=watch.connected)
            sink = listened(
                journal, (*listeners, *_keepers(session, path.parent, key, fresh=resuming is None)), lasting
            )
            async with feed_desk(clocked, session, sink, resuming, key, outside) as (desk, feed):
                feeds.append(feed)
                return await run_session(desk, stop, lambda record: None)

    try:
        with (
            FeedProgress(None if request.quiet else sys.stderr, left) as progress,
            looked_on(request, session, journal, path.parent, key, progress.above) as watch,
            signals.trading(),
        ):
            listeners = listeners_of(settings, progress, seats, *watch.listeners, *keepers)
            end = asyncio.run(trade(signals.asked, watch))
        lasting.close()
    except BaseException:
        lasting.abandon()
        raise
    return end


def _keepers(session: Session, folder: Path, key: bytes, *, fresh: bool) -> tuple[Listener, ...]:
    """What keeps the book of an account that lives beyond the session. Raises OutputFault for a book that cannot be written."""
    if session.standing is None:
        return ()
    from agents.desk.clocked.book import BookKeeper, Books  # it loads what paper does not need

    keeper = BookKeeper(Books(state_dir(load_secrets()), key), session, folder)
    if fresh:
        keeper.begin()
    return (keeper,)


def _say(text: str) -> None:
    sys.stderr.write(f"\n{text}\n")
    sys.stderr.flush()
