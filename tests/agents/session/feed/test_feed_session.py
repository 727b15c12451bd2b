"""Paper on live bars: the same decisions as on recorded ones, a journal that replays, and a run that goes on after kill -9."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from feed_session import DAYS, Life, live, settings_of
from halt_support import journaled
from run_support import said
from told_exchange import MARKETS, START, drawn

from agents.desk.description import describe
from agents.desk.outside import NOTHING_OUTSIDE
from agents.desk.paper import open_paper
from agents.records.folder import JOURNAL
from agents.records.inputs import Arrived, StopAsked
from agents.records.record import CycleRecord, Session, SessionEnd
from agents.replay import main as replay
from agents.session import run_session
from config.clock import to_ms
from config.secrets import journal_key
from execution.journal.chain import Journal
from execution.reports import SentOrder
from market.catalogue import instrument_of
from market.simulated.prices import warmup_length
from market.tape import Tape
from market.timeframe import Timeframe

HOUR = timedelta(hours=1)
BARS = 20


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One session of some bars, with its key kept beside it."""
    folder = tmp_path_factory.mktemp("feed")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
    live(folder / "run", Life(bars=BARS))
    patch.undo()
    return folder


@pytest.fixture
def run(whole: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The session, opened with the key that it was written with."""
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(whole / "state"))
    return whole / "run"


def recorded(folder: Path) -> list[CycleRecord]:
    """The records of the same bars, traded from a tape."""
    settings, key = settings_of(Life()), journal_key()
    warmup = START - warmup_length(settings.market) * HOUR
    tape = Tape(
        symbols=MARKETS, timeframe=Timeframe.H1, instruments={name: instrument_of(settings.market, name) for name in MARKETS},
        source_label="recorded", start_utc=START, end_utc=START + BARS * HOUR, findings=(), news=(), warmup_start_utc=warmup,
        quality=settings.quality, candles={name: drawn(DAYS)[name, Timeframe.H1] for name in MARKETS},
        history_start_utc=warmup - timedelta(days=20),
    )  # fmt: skip
    journal = Journal(folder / JOURNAL, key, 50)
    desk = open_paper(settings, describe(settings, tape, key), tape, journal, key, NOTHING_OUTSIDE)
    asyncio.run(run_session(desk, lambda: False, lambda record: None))
    journal.close()
    return said(journaled(folder), CycleRecord)


@pytest.mark.long
def test_live_and_recorded_bars_give_the_same_decisions_to_the_last_digit(run: Path, tmp_path: Path) -> None:
    events = journaled(run)
    assert said(events, CycleRecord) == recorded(tmp_path)
    assert len(said(events, SentOrder)) > 3


@pytest.mark.slow
def test_each_bar_is_journaled_as_it_came_before_anything_that_follows_from_it(run: Path) -> None:
    events = journaled(run)
    arrived, records = said(events, Arrived), said(events, CycleRecord)
    assert [each.tape.close_utc for each in arrived] == [START + (number + 1) * HOUR for number in range(BARS)]
    assert all(timedelta() < each.at_utc - each.tape.close_utc < timedelta(seconds=2) for each in arrived)
    assert [each.tape.bars for each in arrived] == [record.tape.bars for record in records]
    kinds = [type(recorded.event) for recorded in events[2:-1]]
    for place, kind in enumerate(kinds):
        if place == 0 or kinds[place - 1] is CycleRecord:
            assert kind is Arrived


def test_it_says_what_it_was_to_be_and_replays_to_the_byte(run: Path) -> None:
    session = journaled(run)[0].event
    assert isinstance(session, Session)
    assert (session.bars, session.start_utc, session.end_utc) == (BARS, START, START + BARS * HOUR)
    assert replay([str(run), "--quiet"]) == 0


@pytest.mark.long
def test_killed_at_any_event_of_a_bar_it_goes_on_with_the_bars_it_had_and_then_with_late_ones(
    run: Path, tmp_path: Path
) -> None:
    events = journaled(run)
    order = next(place for place, each in enumerate(events) if isinstance(each.event, SentOrder))
    first = next(place for place in range(order, 0, -1) if isinstance(events[place].event, Arrived))
    last = next(place for place in range(order, len(events)) if isinstance(events[place].event, CycleRecord))
    for count in sorted({2, 3, first, first + 1, order, order + 1, last, last + 1}):
        folder = tmp_path / f"killed-{count}"
        assert live(folder, Life(bars=BARS, events=count)) is None
        assert journaled(folder) == events[:count]
        had = len(said(events[:count], Arrived))
        back = START + (had + 3) * HOUR + timedelta(minutes=20)
        assert live(folder, Life(bars=BARS, begins=back)) is not None
        again = journaled(folder)
        assert again[:count] == events[:count]
        arrived = said(again, Arrived)
        assert [each.tape.bars for each in arrived] == [each.tape.bars for each in said(events, Arrived)]
        assert [set(each.tape.frozen) for each in arrived[had : had + 4]] == [set(MARKETS)] * 3 + [set()]
        assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.long
def test_a_run_without_an_end_stops_when_it_is_asked_to_and_goes_on_later(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "stopped"
    end = live(folder, Life(until=START + 5 * HOUR + timedelta(minutes=30)))
    assert end is not None
    assert (end.reason, end.bars) == ("interrupted", 5)
    events = journaled(folder)
    assert isinstance(events[-2].event, StopAsked)
    session = events[0].event
    assert isinstance(session, Session)
    assert (session.bars, session.end_utc) == (None, None)
    assert replay([str(folder), "--quiet"]) == 0
    assert live(
        folder, Life(begins=START + 5 * HOUR + timedelta(minutes=40), until=START + 8 * HOUR + timedelta(minutes=1))
    )
    assert said(journaled(folder), Arrived) == said(journaled(run), Arrived)[:8]
    assert [type(each.event) for each in journaled(folder)].count(SessionEnd) == 1
    assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.slow
def test_a_bar_that_was_changed_while_the_run_was_away_is_told_when_it_goes_on(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "changed"
    live(folder, Life(until=START + 3 * HOUR + timedelta(minutes=1)))
    opened = to_ms(START + 2 * HOUR)

    def changed(symbol: str, row: list[Any]) -> list[Any]:
        return [*row[:5], row[5] + 1.0] if symbol == MARKETS[0] and row[0] == opened else row

    live(folder, Life(begins=START + 3 * HOUR + timedelta(minutes=9), until=START + 5 * HOUR, changed=changed))
    last = said(journaled(folder), CycleRecord)[-1]
    assert [(found.symbol, found.kind) for found in last.tape.findings] == [(MARKETS[0], "revised")]
    assert said(journaled(folder), CycleRecord)[:3] == said(journaled(run), CycleRecord)[:3]
    assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.slow
def test_the_past_is_kept_in_a_store_and_asked_for_once(tmp_path: Path) -> None:
    store = tmp_path / "store"
    live(tmp_path / "one", Life(bars=1, store=str(store)))
    assert sorted(path.name for path in (store / "exchange=binance" / "symbol=BTC-USDT").iterdir()) == [
        "timeframe=1d",
        "timeframe=1h",
    ]
    two = live(tmp_path / "two", Life(bars=1, store=str(store)))
    assert two is not None
    assert journaled(tmp_path / "one")[1] == journaled(tmp_path / "two")[1]


@pytest.mark.slow
def test_an_exchange_that_goes_away_over_a_close_opens_nothing_on_what_it_tells_late(tmp_path: Path) -> None:
    away = START + 2 * HOUR - timedelta(minutes=10), START + 2 * HOUR + timedelta(minutes=20)
    told: list[str] = []
    live(tmp_path / "run", Life(bars=4, down=lambda now: away[0] <= now < away[1]), told)
    arrived = said(journaled(tmp_path / "run"), Arrived)
    assert [set(each.tape.frozen) for each in arrived] == [set(), set(MARKETS), set(), set()]
    assert away[1] <= arrived[1].at_utc < away[1] + timedelta(seconds=30)
    assert ["silent since" in told[0], "answers again" in told[1]] == [True, True]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0
