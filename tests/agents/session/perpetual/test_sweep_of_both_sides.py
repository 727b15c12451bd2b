"""A sweep on perpetuals: each set has the trades of the full engine, long and short."""

from pathlib import Path

import pytest
from run_support import run

from agents.desk.kept import kept_request
from agents.desk.world import tape_of, world_of
from config.secrets import journal_key
from evidence.search.fast import FastTape
from evidence.search.figures import trade_results
from execution.kernel.records import PURPOSES
from ops.story.story import read_story

OPTIONS = ("--profile", "perp", "--days", "30", "--set", "court.seats=[]", "seed=11", "limits.max_funding_share=null")
VOTERS = 'strategies=[{"strategy":"trend_ensemble","sides":"both"},{"strategy":"ema_cross"},{"strategy":"rsi_bounce"}]'


@pytest.mark.long
@pytest.mark.parametrize("more", [(), ("market.perpetuals.leverage=3", "limits.record_prior=3"), (VOTERS,)])
def test_each_trade_on_either_side_is_that_of_the_full_engine(tmp_path: Path, more: tuple[str, ...]) -> None:
    assert run(tmp_path / "run", *OPTIONS, *more) == 0
    kept = kept_request(tmp_path / "run")
    assert kept is not None
    world, story = world_of(kept.world), read_story(tmp_path / "run", journal_key())
    result = FastTape(tape_of(world), world.settings).run({})
    rules = story.session.instruments
    steps = [float(each.tick_size * each.lot_size) for each in rules.values()]
    assert {trip.trade.is_short for trip in story.trades} == {True, False}
    assert sorted(trade_results(result, steps)) == pytest.approx(
        sorted(float(trip.trade.pnl) for trip in story.trades), abs=1e-9
    )
    names = [rules[result.symbols[fill["symbol"]]] for fill in result.fills]
    told = [
        (each.symbol, PURPOSES[fill["purpose"]], int(fill["lots"]) * each.lot_size, int(fill["ticks"]) * each.tick_size)
        for each, fill in zip(names, result.fills, strict=True)
    ]
    assert told == [(fill.symbol, fill.purpose.value, fill.quantity, fill.price) for fill in story.fills]
