"""A sweep of a voter that holds shares, beside voters of single events: each set has the trades of the full engine."""

from pathlib import Path

import pytest
from position_voter import written
from run_support import run

from agents.desk.kept import kept_request
from agents.desk.world import tape_of, world_of
from config.secrets import journal_key
from evidence.search.fast import FastTape
from evidence.search.figures import trade_results
from ops.story.story import read_story

OPTIONS = ("--days", "25", "--set", "court.seats=[]", "limits.loss_streak=90", "seed=11")


@pytest.mark.long
@pytest.mark.parametrize("more", [(), ("court.resize_band=0.5", "limits.record_prior=3"), ("court.resize_band=null",)])
def test_each_trade_is_that_of_the_full_engine(tmp_path: Path, more: tuple[str, ...]) -> None:
    voter = written(tmp_path)
    assert run(tmp_path / "run", "--strategy", f"{voter}:Holder", *OPTIONS, *more) == 0
    kept = kept_request(tmp_path / "run")
    assert kept is not None
    world, story = world_of(kept.world), read_story(tmp_path / "run", journal_key())
    fast = FastTape(tape_of(world), world.settings)
    result = fast.run({})
    steps = [float(each.tick_size * each.lot_size) for each in story.session.instruments.values()]
    assert len(story.trades) > 10
    assert [fill.purpose.value == "trim" for fill in story.fills].count(True) == (result.fills["purpose"] == 5).sum()
    assert sorted(trade_results(result, steps)) == pytest.approx(
        sorted(float(trip.trade.pnl) for trip in story.trades), abs=1e-9
    )
