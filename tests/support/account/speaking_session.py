"""Paper sessions on a venue that speaks between bars, with a journal that may be cut off at any event."""

import asyncio
from datetime import datetime
from pathlib import Path

from gate_support import PLAIN
from halt_support import world
from speaking_venue import FallsBetween

from agents.approval.petition import AUTO
from agents.court.minds.watchlist import nobody_knows
from agents.desk.arrivals import nothing_recorded
from agents.desk.description import describe, warmup_of
from agents.desk.desk import Desk
from agents.desk.paper import TapeFeed
from agents.desk.wiring import open_desk
from agents.recorded.resumed import ResumingSink
from agents.records.folder import JOURNAL, write_checksum
from agents.records.record import CycleRecord, SessionEnd
from agents.session import run_session
from config.frozen import Journaled
from config.secrets import journal_key
from config.silence import Abstained
from execution.journal.chain import Journal
from execution.kill_switch.halting import NoSwitch
from execution.simulated.venue import SimulatedVenue
from execution.venues.sealing import open_venue
from rl.adjuster import Off
from sentiment.headline import SentimentData

DAYS = 5
GROUP = 50


class Killed(Exception):
    """The process is gone."""


class Watched:
    """A journal that tells the venue when a bar is done with, and is killed before it holds more than so many events."""

    def __init__(self, journal: Journal | ResumingSink, most: int | None = None) -> None:
        self._journal, self._left = journal, most
        self.venue: FallsBetween | None = None

    def append(self, event: Journaled) -> int:
        if self._left == 0:
            raise Killed
        self._left = None if self._left is None else self._left - 1
        number = self._journal.append(event)
        if isinstance(event, CycleRecord) and self.venue is not None:
            self.venue.closed(event.tape)
        return number


class NoNews:
    """Nobody has written anything."""

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        return SentimentData(symbol=symbol, as_of_utc=as_of, score=Abstained(why="it was not before the court then"))


def whole(folder: Path) -> SessionEnd:
    """A session that comes to its end."""
    folder.mkdir()
    journal = Journal(folder / JOURNAL, journal_key(), GROUP)
    end = asyncio.run(_trade(_desk(journal, Watched(journal))))
    journal.close()
    write_checksum(folder)
    return end


def killed(folder: Path, events: int) -> None:
    """The same session, killed after so many events."""
    folder.mkdir()
    journal = Journal(folder / JOURNAL, journal_key(), 1)
    try:
        asyncio.run(_trade(_desk(journal, Watched(journal, events))))
    except Killed:
        journal.abandon()


def resumed(folder: Path) -> None:
    """The killed session, resumed and run to its end."""
    journal = ResumingSink(folder / JOURNAL, journal_key(), GROUP)
    asyncio.run(_trade(_desk(journal, Watched(journal))))
    journal.close()
    write_checksum(folder)


async def _trade(desk: Desk) -> SessionEnd:
    return await run_session(desk, lambda: False, lambda record: None)


def _desk(journal: Journal | ResumingSink, sink: Watched) -> Desk:
    settings, tape = world(DAYS, tuple(PLAIN.items()))
    key = journal_key()
    session, warmup = describe(settings, tape, key), warmup_of(tape)
    sink.append(session)
    sink.append(warmup)
    past = journal if isinstance(journal, ResumingSink) else None
    simulated = open_venue(dict(session.instruments), settings.venue, key)
    assert isinstance(simulated, SimulatedVenue)
    venue = sink.venue = FallsBetween(simulated)
    return open_desk(
        session, warmup, feed=TapeFeed(tape), venue=venue, driver=venue, sentiment=NoNews(), sink=sink,
        switch=NoSwitch(), approver=AUTO, key=key, adjuster=Off(), landed=past.landed if past else nobody_knows,
        spoke_next=past.spoke_next if past else nothing_recorded,
    )  # fmt: skip
