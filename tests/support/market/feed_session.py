"""Whole sessions on a live feed: real ccxt, an exchange on loopback, and a clock that jumps from one wait to the next."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from gate_support import PLAIN
from klines_server import Klines, Reply, _json, _market, serving
from storm import Storm
from told_exchange import MARKETS, START, ToldExchange
from virtual_clock import PULSE_S, VirtualClock

from agents.approval.petition import AUTO
from agents.court.minds.watchlist import nobody_knows
from agents.desk.clocked.opening import OnClock, feed_desk, kept_feed, on_feed, read_past
from agents.desk.description import describe
from agents.desk.outside import Aside, Outside, latches, outside_of
from agents.desk.request import BarsRequest
from agents.desk.steered.parts import Parts
from agents.desk.steered.profile import Reread
from agents.desk.steered.seats import SeatedModels
from agents.desk.steered.source import SteerSource
from agents.llm.asking import Asker
from agents.recorded.resumed import ResumingSink
from agents.records.folder import journal_of, new_journal, write_checksum
from agents.records.inputs import Ruled
from agents.records.record import RulingReserved, SessionEnd
from agents.session import run_session
from config.clock import SystemClock
from config.frozen import Journaled
from config.reading.load import load_profile
from config.secrets import journal_key
from config.settings import Settings
from execution.journal.chain import Journal
from execution.journal.event import Fanout, Sink
from execution.kill_switch.switches import FileSwitch
from execution.steering.mailbox import Mailbox
from market.timeframe import Timeframe

DAYS = 4
BEGINS = START + timedelta(minutes=10)
SELDOM_S = 5.0


class Killed(Exception):
    """The process is gone."""


class Wire(Klines):
    """The told exchange, over Binance's protocol. `down` says whether it answers with 503 now."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self.told = ToldExchange(clock, DAYS)
        self.clock = clock
        self.down: Callable[[datetime], bool] = lambda _: False
        self.gone: tuple[str, ...] = ()

    def answer(self, path: str, query: dict[str, list[str]]) -> Reply:
        if self.down(self.clock.now()):
            return 503, {}, b"<html>maintenance</html>"
        if path.endswith("/time"):
            return _json({"serverTime": asyncio.run(self.told.now_ms())})
        if path.endswith("/exchangeInfo"):
            markets = [_market(symbol.partition("/")[0]) for symbol in MARKETS if symbol not in self.gone]
            return _json({"timezone": "UTC", "serverTime": 0, "rateLimits": [], "symbols": markets})
        symbol = next(name for name in MARKETS if name.replace("/", "") == query["symbol"][0])
        timeframe = Timeframe(query["interval"][0])
        rows = self.told.rows(symbol, timeframe, int(query["startTime"][0]))
        length_ms = timeframe.seconds * 1000
        return _json([[row[0], *map(repr, row[1:]), row[0] + length_ms - 1, "0", 1, "0", "0", "0"] for row in rows])


class Sees:
    """A sink that is killed before it holds more than so many events, and shows each event to whoever wants to see it."""

    def __init__(self, journal: Sink, most: int | None, seen: Callable[[Journaled], None]) -> None:
        self._journal, self._left, self._seen = journal, most, seen

    def append(self, event: Journaled) -> int:
        if self._left == 0:
            raise Killed
        self._left = None if self._left is None else self._left - 1
        number = self._journal.append(event)
        self._seen(event)
        return number


class Life(NamedTuple):
    """How a session is lived: until so many bars or events, or a moment, and what happens meanwhile."""

    bars: int | None = None
    events: int | None = None
    until: datetime | None = None
    begins: datetime = BEGINS
    down: Callable[[datetime], bool] = lambda _: False
    happens: Callable[[datetime], None] = lambda _: None
    """Is told the time at every look of the pulse."""
    changes: tuple[tuple[str, Any], ...] = ()
    store: str | None = None
    changed: Callable[[str, list[Any]], list[Any] | None] = lambda _, row: row
    """May change a row before the exchange tells it: is given the market and the row."""
    storm: Storm | None = None
    """What befalls the disk of the journal."""
    url: str | None = None
    """The database of the journal; None for a file."""
    gone: tuple[str, ...] = ()
    """Markets that the exchange has no more."""
    asker: Callable[[VirtualClock], Asker] | None = None
    """Makes who answers for the models, if they sit."""
    shadow: Callable[[VirtualClock], Asker] | None = None
    """Makes who answers for those of the shadow court."""
    rewritten: Callable[[Settings], Settings] = lambda settings: settings
    """What the profile says when it is read again."""
    look_s: float = PULSE_S
    """How often the pulse looks while the feed waits [s]: `SELDOM_S` where nothing that is proved hangs on the half second."""


def _stand(clock: VirtualClock, event: Journaled) -> None:
    """Time stands while a court that sits beside the bars has anything to compute."""
    if isinstance(event, RulingReserved | Ruled):
        clock.idle = isinstance(event, RulingReserved)


def settings_of(life: Life) -> Settings:
    """The settings of such a session."""
    changes = {
        **PLAIN, "world": "feed", "market.feed": "binance", "market.symbols": list(MARKETS), "market.history_days": 20,
        "minds.warm_wait": False, "sentiment.sources": [], **dict(life.changes),
    }  # fmt: skip
    return load_profile("paper", changes)


def live(folder: Path, life: Life, told: list[str] | None = None) -> SessionEnd | None:
    """A session, new or resumed if the folder holds a journal. None if it was killed."""
    clock, words = VirtualClock(life.begins, 2, life.look_s), [] if told is None else told
    wire = Wire(clock)
    wire.down, wire.told.changed, wire.gone = life.down, life.changed, life.gone
    with serving(wire):
        return asyncio.run(_live(folder, life, clock, wire.url, words))


async def _live(folder: Path, life: Life, clock: VirtualClock, url: str, told: list[str]) -> SessionEnd | None:
    settings, key, path = settings_of(life), journal_key(), journal_of(folder)
    bars = BarsRequest(feed_url=url, feed_store=life.store)
    kept = kept_feed(path, key) if path.exists() else None
    tape = await read_past(settings, bars, kept, clock, lambda *_: None)
    session = on_feed(describe(settings, tape, key), life.bars, kept)
    folder.mkdir(exist_ok=True)
    path = path if path.exists() else new_journal(folder, life.url)
    group = 50 if life.events is None and life.storm is None else 1
    journal = ResumingSink(path, key, group) if path.exists() else Journal(path, key, group, life.url)
    lasting = None if life.storm is None else life.storm.over(journal, path, folder / "state")

    def stop() -> bool:
        life.happens(clock.now())
        return life.until is not None and clock.now() >= life.until

    parts = Parts()
    reread = Reread(settings, lambda: life.rewritten(settings), parts)
    source = SteerSource(Mailbox(folder), SystemClock(), told.append, reread, journal)
    world = OnClock(settings, bars, tape, kept, clock, stop, told.append, lasting, source)
    resuming = journal if isinstance(journal, ResumingSink) else None
    switch = FileSwitch(latches(), settings.profile)
    asker = None if life.asker is None else SeatedModels(life.asker(clock), settings)
    parts.models = asker
    shadow = None if life.shadow is None else life.shadow(clock)
    outside = Outside(asker, switch, AUTO, nobody_knows, shadow=Aside(shadow))
    if resuming is not None:
        outside = outside_of(settings, asker, resuming, shadow_asker=shadow)
    end = None
    with suppress(Killed):
        past = (lambda: False) if resuming is None else (lambda: resuming.past)
        sink = Fanout(Sees(life.storm or journal, life.events, partial(_stand, clock)), (source,), told.append, past)
        async with feed_desk(world, session, sink, resuming, key, outside._replace(parts=parts)) as (desk, _):
            end = await run_session(desk, stop, lambda record: None)
    if asker is not None:
        await asker.close()
    if end is None:
        (lasting or journal).abandon()
    else:
        (lasting or journal).close()
        write_checksum(folder)
    return end
