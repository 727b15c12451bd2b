"""A short that the market gaps over is liquidated in a session: killed with -9 around it, replayed, with the kill switch down."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import gapped
import pytest
from gapped import arguments
from halt_support import HALT
from run_support import events, said

from agents.approval.petition import AUTO
from agents.backtest import main as backtest
from agents.court.minds.watchlist import nobody_knows
from agents.desk.description import describe
from agents.desk.kept import kept_request
from agents.desk.outside import Outside
from agents.desk.paper import open_paper
from agents.desk.world import tape_of, world_of
from agents.records.folder import REQUEST, new_journal, write_checksum
from agents.records.record import CycleRecord, SessionEnd
from agents.records.registry import Recorded
from agents.replay import main as replay
from agents.run import main
from agents.session import run_session
from config.secrets import journal_key
from execution.journal.chain import Journal
from execution.kill_switch.halting import HaltEvent, Reading
from execution.reports import Fill, SentOrder, VenueWord
from risk.order import Purpose, Side

KEY = "5a" * 32


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.fixture(scope="module")
def gap(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    """A session whose market gaps up while it is short, and the open at which it does: the same bars without the gap say when."""
    folder = tmp_path_factory.mktemp("gap")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        (folder / "calm").mkdir()
        assert backtest([*arguments(folder / "calm"), "--out", str(folder / "calm" / "run"), "--quiet"]) == 0
        records = said(events(folder / "calm" / "run"), CycleRecord)
        short = [record.as_of_utc for record in records if any(held.is_short for held in record.portfolio.positions)]
        at = short[1]
        assert backtest([*arguments(folder, at), "--out", str(folder / "run"), "--quiet"]) == 0
    return folder / "run", at


def fills(found: list[Recorded]) -> list[Fill]:
    return [fill for word in said(found, VenueWord) for fill in word.report.fills]


def liquidation(found: list[Recorded]) -> int:
    """The number of the event that tells of the liquidation, from 1."""
    (place,) = (
        number
        for number, each in enumerate(found, 1)
        if isinstance(each.event, VenueWord)
        and any(fill.purpose is Purpose.LIQUIDATION for fill in each.event.report.fills)
    )
    return place


def assert_liquidated_once(found: list[Recorded]) -> None:
    bought_back = [fill for fill in fills(found) if fill.purpose is Purpose.LIQUIDATION]
    sold = [fill for fill in fills(found) if fill.purpose is Purpose.ENTRY and fill.side is Side.SELL]
    assert sum(fill.quantity for fill in bought_back) == sum(fill.quantity for fill in sold)
    names = [fill.trade_id for fill in fills(found)]
    assert len(set(names)) == len(names)


@pytest.mark.slow
def test_a_gap_over_the_stop_liquidates_once_and_loses_no_more_than_the_margin(gap: tuple[Path, datetime]) -> None:
    found = events(gap[0])
    assert_liquidated_once(found)
    record = next(
        record for record in said(found, CycleRecord) if any(held.is_short for held in record.portfolio.positions)
    )
    (held,) = record.portfolio.positions
    (closed,) = (fill for fill in fills(found) if fill.purpose is Purpose.LIQUIDATION)
    assert json.loads((gap[0] / "summary.json").read_text())["alerts"]["liquidated"] == 1
    assert held.margin is not None
    assert abs(held.quantity) * (closed.price - held.entry_price) <= held.margin
    end = said(found, SessionEnd)[0]
    assert end.portfolio.positions == ()
    assert end.starting_cash + end.realised - end.fees - end.funding == end.portfolio.equity
    assert replay([str(gap[0]), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("away", [-2, -1, 0, 1])
def test_killed_with_9_around_the_liquidation_it_comes_back_to_the_same_end(
    gap: tuple[Path, datetime], tmp_path: Path, away: int
) -> None:
    whole = events(gap[0])
    last = liquidation(whole) + away
    folder = tmp_path / "killed"
    folder.mkdir()
    shutil.copyfile(gap[0] / REQUEST, folder / REQUEST)
    done = subprocess.run(
        [sys.executable, gapped.__file__, str(folder), str(last)], env=dict(os.environ), capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    left = events(folder)
    assert len(left) == last
    assert main(["--quiet", "--resume", str(folder)]) == 0
    found = events(folder)
    assert found[: len(left)] == left
    assert_liquidated_once(found)
    assert found[-1].mac == whole[-1].mac
    assert replay([str(folder), "--quiet"]) == 0


class FallsBefore:
    """A kill switch that is down from the bar that closes as the gap opens."""

    def __init__(self, at: datetime, *, flatten: bool) -> None:
        self._at, self._halt = at, HALT.model_copy(update={"flatten": flatten})
        self.now: datetime | None = None

    def read(self, look: int) -> Reading:
        return Reading((self._halt,)) if self.now is not None and self.now >= self._at else Reading()


def halted(gap: tuple[Path, datetime], folder: Path, *, flatten: bool) -> Path:
    """The same session, whose kill switch falls at the close before the gap."""
    folder.mkdir()
    shutil.copyfile(gap[0] / REQUEST, folder / REQUEST)
    kept = kept_request(folder)
    assert kept is not None
    world, key, switch = world_of(kept.world), journal_key(), FallsBefore(gap[1], flatten=flatten)
    tape = tape_of(world)
    session, journal = describe(world.settings, tape, key), Journal(new_journal(folder, None), key, 1)
    outside = Outside(None, switch, AUTO, nobody_knows)

    def seen(record: CycleRecord) -> None:
        switch.now = record.as_of_utc

    async def trade() -> None:
        desk = open_paper(world.settings, session, tape, journal, key, outside)
        await run_session(desk, lambda: False, seen)

    asyncio.run(trade())
    journal.close()
    write_checksum(folder)
    return folder


@pytest.mark.slow
def test_with_the_kill_switch_down_a_short_is_still_liquidated_and_nothing_is_opened_after_it(
    gap: tuple[Path, datetime], tmp_path: Path
) -> None:
    folder = halted(gap, tmp_path / "halted", flatten=False)
    found = events(folder)
    assert_liquidated_once(found)
    fell = next(place for place, each in enumerate(found) if isinstance(each.event, HaltEvent))
    assert fell < liquidation(found)
    assert not [order for order in said(found[fell:], SentOrder) if order.purpose is Purpose.ENTRY]
    assert said(found, SessionEnd)[0].portfolio.positions == ()
    assert replay([str(folder), "--quiet"]) == 0


def test_an_exit_of_the_kill_switch_that_the_gap_overtakes_ends_flat_and_buys_nothing_back_twice(
    gap: tuple[Path, datetime], tmp_path: Path
) -> None:
    folder = halted(gap, tmp_path / "flattened", flatten=True)
    found = events(folder)
    back = [fill for fill in fills(found) if fill.side is Side.BUY and fill.purpose is not Purpose.ENTRY]
    sold = [fill for fill in fills(found) if fill.side is Side.SELL and fill.purpose is Purpose.ENTRY]
    assert sum(fill.quantity for fill in back) == sum(fill.quantity for fill in sold)
    assert said(found, SessionEnd)[0].portfolio.positions == ()
    assert [event.action for event in said(found, HaltEvent)] == ["halted", "flat"]
    assert replay([str(folder), "--quiet"]) == 0
