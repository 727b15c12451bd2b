"""Sessions on a standing exchange, killed at any event of their journal and begun again."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from gate_support import OLD_FOUR
from speaking_session import Killed, NoNews
from standing_exchange import StandingExchange, StandingFeed
from storm import Storm

from agents.approval.petition import AUTO
from agents.court.minds.watchlist import nobody_knows
from agents.desk.arrivals import nothing_recorded
from agents.desk.description import describe, warmup_of
from agents.desk.steered.glance import Looked, nothing_came
from agents.desk.steered.source import Asked
from agents.desk.wiring import open_desk
from agents.recorded.resumed import ResumingSink
from agents.records.folder import JOURNAL, write_checksum
from agents.records.record import Session, SessionEnd
from agents.session import run_session
from config.frozen import Journaled
from config.reading.load import load_profile
from config.secrets import journal_key
from config.settings import Settings
from execution.account.ledger import Ledger
from execution.account.routing.routes import Health
from execution.journal.chain import Journal
from execution.journal.event import Fanout, Listener, Sink
from execution.kill_switch.halting import NoSwitch, Switch
from execution.kill_switch.storage import StorageSwitch
from execution.kill_switch.switches import ResumedSwitch
from execution.simulated.venue import SimulatedVenue
from execution.venues.continued import ContinuedVenue
from execution.venues.durable import DurableEntries
from execution.venues.recorded import RecordedVenue
from execution.venues.sealing import open_venue
from execution.venues.venue import Venue
from market.tape import Tape, simulated_tape
from rl.adjuster import Off

MARKETS = ["BTC/USDT", "ETH/USDT"]


class KilledAt:
    """A journal whose process is killed before it holds more than so many events."""

    def __init__(self, journal: Sink, most: int | None) -> None:
        self._journal, self._most, self._count = journal, most, 0

    def append(self, event: Journaled) -> int:
        if self._count == self._most:
            raise Killed
        self._count += 1
        return self._journal.append(event)


class Lived:
    """An exchange, and a session on it with its end and its ledger; None for one that was killed."""

    def __init__(self, loses: float = 0.0, days: int = 3) -> None:
        self.settings, self.tape = _world(days)
        foreign = {"BTC/USDT": Decimal("1.5"), "ETH/USDT": Decimal(2)}
        venue = open_venue(dict(self.tape.instruments), self.settings.venue, journal_key())
        assert isinstance(venue, SimulatedVenue)
        self.exchange: Any = StandingExchange(venue, loses, foreign)
        self.switch: Switch = NoSwitch()
        self.described: Callable[[Session], Session] = lambda session: session
        """What the description of its sessions says beside what it would say without an account."""
        self.keeper: Callable[[Session, Path], Listener] | None = None
        self.health: Callable[[ResumingSink | None], Health | None] = lambda past: None
        """What says which of several exchanges are well."""
        self.asked: Asked | None = None
        """Gives the words of an operator."""
        self.end: SessionEnd | None = None
        self.ledger: Ledger | None = None

    def go_on(self, folder: Path, kill_at: int | None = None, storm: Storm | None = None) -> "Lived":
        """Begin a session, or go on with the one in the folder, until its end or until its journal holds so many events. `storm`:
        what befalls the disk of its journal."""
        path, key, self.folder = folder / JOURNAL, journal_key(), folder
        folder.mkdir(exist_ok=True)
        journal = ResumingSink(path, key, 1) if path.exists() else Journal(path, key, 1)
        try:
            lasting = None if storm is None else storm.over(journal, path, folder / "state")
            self.end = asyncio.run(self._live(journal, kill_at, storm))
        except Killed:
            (lasting or journal).abandon()
            return self
        (lasting or journal).close()
        write_checksum(folder)
        return self

    async def _live(self, journal: Journal | ResumingSink, kill_at: int | None, storm: Storm | None) -> SessionEnd:
        key = journal_key()
        session, warmup = self.described(describe(self.settings, self.tape, key)), warmup_of(self.tape)
        sink: Sink = KilledAt(storm or journal, kill_at)
        if self.keeper is not None:
            sink = Fanout(sink, [self.keeper(session, self.folder)], print)
        sink.append(session)
        sink.append(warmup)
        self.exchange.awake()
        rules = dict(session.instruments)
        told = RecordedVenue(journal, rules, self.settings.venue) if isinstance(journal, ResumingSink) else None
        past = journal if isinstance(journal, ResumingSink) else None
        venue = ContinuedVenue(self.exchange, rules, 3600.0, past, told)
        behind: Venue = venue
        switch: Switch = self.switch if past is None else ResumedSwitch(past.halt, lambda: past.past, self.switch)
        if storm is not None:
            lasting = storm.lasting
            behind, switch = (
                DurableEntries(venue, lambda: lasting.lost is not None, past),
                StorageSwitch(switch, lasting),
            )
            lasting.outlive()
        desk = open_desk(
            session, warmup, feed=StandingFeed(self.tape, self.exchange), venue=behind, driver=None, sentiment=NoNews(),
            sink=sink, switch=switch, approver=AUTO, key=key, adjuster=Off(),
            landed=past.landed if past else nobody_knows,
            spoke_next=past.spoke_next if past else nothing_recorded,
            health=self.health(past),
            looked=None if self.asked is None else Looked(self.asked, past.input if past else nothing_came),
        )  # fmt: skip
        self.ledger = desk.trader.ledger
        venue.ledger = desk.trader.ledger
        return await run_session(desk, lambda: False, lambda record: None)


@cache
def _world(days: int) -> tuple[Settings, Tape]:
    market = {"market.session_days": days, "market.symbols": MARKETS, "market.context": "none", **OLD_FOUR}
    play = {**market, "sentiment.sources": [], "court.approval_above": None, "strategies": OLD_FOUR["strategies"]}
    return load_profile("testnet", play), simulated_tape(load_profile("paper", market))
