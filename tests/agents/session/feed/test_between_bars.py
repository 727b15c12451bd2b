"""Between two bars of an hour: the kill switch is obeyed within a second, at the prices of the moment."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from feed_session import Life, live
from halt_support import halts, journaled
from run_support import said
from told_exchange import START, drawn

from agents.halt import main as halt
from agents.records.inputs import Arrived, Beat
from agents.records.record import CycleRecord, SessionEnd
from agents.replay import main as replay
from agents.unhalt import main as unhalt
from config.clock import to_ms
from execution.kill_switch.halting import HaltEvent
from execution.reports import VenueWord
from market.timeframe import Timeframe
from risk.order import Purpose, Side

BTC = "BTC/USDT"
HELD = START + timedelta(hours=12, minutes=20)
"""A position in BTC is open then, until hour 17."""
SOON = timedelta(seconds=2)


def once(moment: datetime, act: Callable[[], object]) -> Callable[[datetime], None]:
    """Do something at the first look after a moment."""
    left = [act]

    def happens(now: datetime) -> None:
        if now >= moment and left:
            left.pop()()

    return happens


def flatten() -> None:
    assert halt(["--flatten", "--reason", "a drill"]) == 0


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session whose kill switch falls between two bars, with its key and its latches kept beside it."""
    folder = tmp_path_factory.mktemp("halted")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
    live(folder / "run", Life(bars=14, happens=once(HELD, flatten)))
    patch.undo()
    return folder


@pytest.fixture
def run(sold: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(sold / "state"))
    return sold / "run"


def forming(symbol: str, moment: datetime) -> float:
    """The price of the candle that forms at a moment, as the exchange tells it."""
    hours = drawn()[symbol, Timeframe.H1]
    return float(hours.open[int((hours.close_ms > to_ms(moment)).argmax())]) * 1.2


@pytest.mark.slow
def test_the_kill_switch_sells_within_a_second_at_the_price_of_the_moment(run: Path) -> None:
    events = journaled(run)
    (beat,) = said(events, Beat)
    assert timedelta() <= beat.at_utc - HELD < SOON
    assert beat.prices[BTC][0] == forming(BTC, HELD)
    place = next(number for number, each in enumerate(events) if isinstance(each.event, Beat))
    before = next(each.event for each in events[place::-1] if isinstance(each.event, CycleRecord))
    assert before.portfolio.position(BTC) is not None
    fills = [fill for word in said(events[place:], VenueWord) for fill in word.report.fills]
    assert {(fill.symbol, fill.side, fill.purpose) for fill in fills} == {(BTC, Side.SELL, Purpose.STRATEGY_EXIT)}
    assert all(abs(float(fill.price) / beat.prices[BTC][0] - 1) < 0.002 for fill in fills)
    assert all(fill.filled_utc == beat.at_utc for fill in fills)
    assert [event.action for event in said(events, HaltEvent)] == ["halted", "flat"]


@pytest.mark.slow
def test_the_next_record_tells_of_the_sale_and_the_book_is_empty_and_nothing_is_bought(run: Path) -> None:
    events = journaled(run)
    after = next(record for record in said(events, CycleRecord) if record.as_of_utc > HELD)
    assert [exit_.symbol for exit_ in after.exits] == [BTC]
    assert "a drill" in after.exits[0].why
    assert after.portfolio.positions == ()
    end = said(events, SessionEnd)[0]
    assert end.portfolio.positions == ()
    assert end.starting_cash + end.realised + end.unrealised - end.fees == end.portfolio.equity


def test_it_replays_to_the_byte_although_no_latch_is_read(run: Path) -> None:
    assert unhalt(["--reason", "over"]) == 0
    assert replay([str(run), "--quiet"]) == 0


@pytest.mark.long
def test_killed_in_the_middle_of_the_sale_it_goes_on_to_the_same_end(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = journaled(run)
    place = next(number for number, each in enumerate(events) if isinstance(each.event, Beat))
    last = next(number for number in range(place, len(events)) if isinstance(events[number].event, Arrived))
    for count in range(place + 1, last + 1):
        folder = tmp_path / f"killed-{count}"
        monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / f"state-{count}"))
        live(folder, Life(bars=14, events=count, happens=once(HELD, flatten)))
        before = journaled(folder)
        assert [type(each.event) for each in before] == [type(each.event) for each in events[:count]]
        live(folder, Life(bars=14, begins=HELD + timedelta(minutes=1)))
        assert journaled(folder)[:count] == before
        assert halts(folder)[-1].action == "flat"
        assert said(journaled(folder), SessionEnd)[0].portfolio.positions == ()
        assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.long
def test_what_was_sold_before_a_stop_stays_sold_when_the_run_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    live(folder, Life(happens=once(HELD, flatten), until=HELD + timedelta(minutes=5)))
    fills = [fill for word in said(journaled(folder), VenueWord) for fill in word.report.fills]
    live(folder, Life(begins=HELD + timedelta(minutes=9), until=HELD + timedelta(hours=1)))
    events = journaled(folder)
    assert [fill for word in said(events, VenueWord) for fill in word.report.fills] == fills
    assert len(said(events, Beat)) == 1
    assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.long
def test_a_switch_that_falls_while_the_exchange_is_away_sells_with_the_first_price_that_is_told(tmp_path: Path) -> None:
    away = HELD - timedelta(minutes=1), HELD + timedelta(minutes=10)
    life = Life(bars=13, happens=once(HELD, flatten), down=lambda now: away[0] <= now < away[1])
    live(tmp_path / "run", life)
    events = journaled(tmp_path / "run")
    first, second = said(events, Beat)
    assert first.prices == {}
    assert away[1] <= second.at_utc < away[1] + timedelta(seconds=15)
    fills = [fill for word in said(events, VenueWord) for fill in word.report.fills if fill.side is Side.SELL]
    assert {fill.filled_utc for fill in fills} == {second.at_utc}
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.long
def test_a_switch_that_only_stops_new_risk_and_is_lifted_again_is_seen_both_times(tmp_path: Path) -> None:
    acts = [
        once(HELD, lambda: halt(["--reason", "wait"])),
        once(HELD + timedelta(minutes=9), lambda: unhalt(["--reason", "go"])),
    ]

    def happens(now: datetime) -> None:
        for act in acts:
            act(now)

    live(tmp_path / "run", Life(bars=13, happens=happens))
    events = journaled(tmp_path / "run")
    assert [beat.prices for beat in said(events, Beat)] == [{}, {}]
    assert [event.action for event in said(events, HaltEvent)] == ["halted", "resumed"]
    assert said(events, SessionEnd)[0].portfolio.position(BTC) is not None
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0
