"""Sessions on a tape whose operator gives words at moments of the tape, with a mailbox that is read as in life."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gate_support import OLD_FOUR
from run_support import said

from agents.approval.petition import AUTO
from agents.court.minds.watchlist import nobody_knows
from agents.desk.description import describe
from agents.desk.outside import Outside, outside_of
from agents.desk.paper import open_paper
from agents.desk.steered.glance import Looked
from agents.desk.steered.parts import Parts
from agents.desk.steered.profile import Reread
from agents.desk.steered.source import SteerSource
from agents.recorded.resumed import ResumingSink
from agents.records.events import read_events
from agents.records.folder import JOURNAL, journal_of, write_checksum
from agents.records.record import CycleRecord
from agents.records.registry import Recorded
from agents.records.steered import SteerDone, Steered
from agents.session import run_session
from config.clock import FixedClock
from config.reading.load import load_profile
from config.secrets import journal_key
from config.settings import Settings
from execution.journal.chain import Journal
from execution.journal.event import Fanout
from execution.kill_switch.halting import NoSwitch
from execution.reports import SentOrder
from execution.steering.mailbox import Mailbox
from execution.steering.words import Proposable, SteerVerb, Via, word_of
from market.tape import Tape, simulated_tape
from risk.order import Purpose

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Given(NamedTuple):
    """A word, the bar after which it is given, and how old it is when it is heard."""

    bar: int
    verb: SteerVerb
    target: str = ""
    why: str = "to see"
    age_s: float = 0.0
    direction: Proposable | None = None
    via: Via = "cli"


class Tapes:
    """A source that leaves words in the mailbox when their bar has passed, and then looks as a session does."""

    def __init__(
        self, source: SteerSource, box: Mailbox, given: Sequence[Given], start: datetime, bar: timedelta
    ) -> None:
        self._source, self._box, self._left, self._start, self._bar = source, box, list(given), start, bar

    def __call__(self, at: datetime) -> Steered | None:
        while self._left and at >= self._start + self._left[0].bar * self._bar:
            word = self._left.pop(0)
            given = NOW - timedelta(seconds=word.age_s)
            self._box.put(word_of(word.verb, word.target, "ada", word.via, word.why, given, word.direction))
        return self._source(at)


@cache
def world(profile: str, days: int, changes: tuple[tuple[str, object], ...] = ()) -> tuple[Settings, Tape]:
    """A profile with its simulated market."""
    own = dict(OLD_FOUR) if profile == "paper" else {}
    settings = load_profile(profile, {**own, "market.session_days": days, **dict(changes)})
    return settings, simulated_tape(settings)


def steered(
    folder: Path,
    given: Sequence[Given] = (),
    profile: str = "paper",
    days: int = 6,
    rewritten: Settings | None = None,
    changes: tuple[tuple[str, object], ...] = (),
    on: tuple[Settings, Tape] | None = None,
) -> list[Recorded]:
    """Run a session to its end and return its events. `rewritten`: what its profile says when it is read again; `on`: a world
    instead of that of a profile."""
    settings, tape = on or world(profile, days, changes)
    folder.mkdir(parents=True)
    journal = Journal(folder / JOURNAL, journal_key(), settings.journal.group_commit)
    _trade(folder, settings, tape, journal, given, rewritten)
    journal.close()
    write_checksum(folder)
    return events_of(folder)


def goes_on(
    folder: Path,
    given: Sequence[Given] = (),
    profile: str = "paper",
    days: int = 6,
    on: tuple[Settings, Tape] | None = None,
) -> list[Recorded]:
    """Resume a session that was killed, to its end."""
    settings, tape = on or world(profile, days)
    journal = ResumingSink(folder / JOURNAL, journal_key(), settings.journal.group_commit)
    _trade(folder, settings, tape, journal, given, None)
    journal.close()
    write_checksum(folder)
    return events_of(folder)


def _trade(
    folder: Path,
    settings: Settings,
    tape: Tape,
    journal: Journal | ResumingSink,
    given: Sequence[Given],
    rewritten: Settings | None,
) -> None:
    described = describe(settings, tape, journal_key())
    box = Mailbox(folder)
    told: list[str] = []
    parts = Parts()
    reread = Reread(settings, lambda: rewritten or settings, parts)
    source = SteerSource(box, FixedClock(NOW), told.append, reread, journal)
    asked = Tapes(source, box, given, described.start_utc, described.timeframe.duration)
    resuming = isinstance(journal, ResumingSink)
    sink = Fanout(journal, (source,), told.append, lambda: isinstance(journal, ResumingSink) and journal.past)
    outside = outside_of(settings, None, journal) if resuming else Outside(None, NoSwitch(), AUTO, nobody_knows)
    looked = Looked(asked, journal.input) if isinstance(journal, ResumingSink) else Looked(asked)
    desk = open_paper(settings, described, tape, sink, journal_key(), outside._replace(looked=looked, parts=parts))
    asyncio.run(run_session(desk, lambda: False, lambda record: None))


def events_of(folder: Path) -> list[Recorded]:
    return list(read_events(journal_of(folder), journal_key()))


def results(events: Sequence[Recorded]) -> list[tuple[str, str]]:
    """Verb and outcome of every word, in the order of the results."""
    return [(done.verb, done.outcome) for done in said(events, SteerDone)]


def place(events: Sequence[Recorded], kind: type) -> int:
    """Where the first event of a kind stands."""
    return next(number for number, each in enumerate(events) if isinstance(each.event, kind))


def entries(events: Sequence[Recorded]) -> list[SentOrder]:
    return [order for order in said(events, SentOrder) if order.purpose is Purpose.ENTRY]


def held_at(events: Sequence[Recorded]) -> list[tuple[int, str]]:
    """The bars at whose close something was held, each with a market."""
    return [
        (record.bar, position.symbol) for record in said(events, CycleRecord) for position in record.portfolio.positions
    ]
