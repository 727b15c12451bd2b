"""The figures of a set in the fast engine are those of the full engine without the court."""

from pathlib import Path

import pytest
from run_support import run

from agents.desk.kept import kept_request
from agents.desk.request import WorldRequest
from agents.desk.world import tape_of, world_of
from config.secrets import journal_key
from evidence.search.fast import FastTape
from evidence.search.figures import trade_results
from ops.story.story import read_story
from ops.story.summary import summarise

OPTIONS = ("--days", "25", "--set", "court.seats=[]", "limits.max_correlation=1.0", "limits.loss_streak=90")


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("exits.trail_fraction=0.01", "exits.take_profit_fraction=0.02")])
def test_return_drawdown_trades_and_profit_factor_are_those_of_the_full_engine(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    assert run(tmp_path / "run", *OPTIONS, *more) == 0
    story = read_story(tmp_path / "run", journal_key())
    full, kept = summarise(story), kept_request(tmp_path / "run")
    assert kept is not None
    world = world_of(kept.world)
    fast = FastTape(tape_of(world), world.settings)
    result = fast.run({})
    made = fast.figures({}, result)
    assert made.trades == full.trades.closed > 10
    assert made.total_return == pytest.approx(full.growth.total_return, abs=1e-12)
    assert made.max_drawdown == pytest.approx(full.growth.max_drawdown, abs=1e-12)
    assert made.profit_factor == pytest.approx(full.trades.profit_factor, rel=1e-9)
    steps = [float(each.tick_size * each.lot_size) for each in story.session.instruments.values()]
    assert sorted(trade_results(result, steps)) == pytest.approx(
        sorted(float(trip.trade.pnl) for trip in story.trades), abs=1e-9
    )


@pytest.mark.slow
def test_sets_with_the_same_fills_have_the_same_mark_and_others_do_not(tmp_path: Path) -> None:
    assert run(tmp_path / "run", *OPTIONS) == 0
    kept = kept_request(tmp_path / "run")
    assert kept is not None
    world = world_of(kept.world)
    fast = FastTape(tape_of(world), world.settings)
    marks = [
        fast.figures(values, fast.run(values)).fills
        for values in ({}, {"limits.max_drawdown": 0.14}, {"exits.trail_fraction": 0.01})
    ]
    assert marks[0] == marks[1] != marks[2]


def test_a_market_that_never_traded_has_no_trades_and_no_profit_factor() -> None:
    world = world_of(WorldRequest(profile="paper", days=3, overrides={"limits.min_conviction": 1.0}))
    fast = FastTape(tape_of(world), world.settings)
    made = fast.figures({}, fast.run({}))
    assert (made.trades, made.profit_factor, made.total_return, made.max_drawdown) == (0, None, 0.0, 0.0)
