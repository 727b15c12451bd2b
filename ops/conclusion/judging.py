"""The end of a backtest: its run is judged, against the gates and against luck, and finished with its judgement.

It counts the run as a trial before anything of it is told.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from agents.desk.world import World, tape_of
from evidence.search.fast import sharpe_of
from evidence.search.request import counted
from evidence.statistics.blocks import LEAST_BARS
from evidence.statistics.bootstrap import intervals
from evidence.strategies.baselines import AgainstChance
from evidence.strategies.gates import readiness
from market.sessions.calendar import bars_a_year
from ops.conclusion.finish import finish, leave
from ops.report.tearsheet import write_tearsheet
from ops.story.measures import measure, ran_of_story
from ops.story.performance import bar_returns
from ops.story.story import read_story
from ops.story.summary import Summary
from ops.tables.judgement import Judgement, write_judgement

Beside = Callable[[Summary], AgainstChance | None]
"""Places a run beside runs with random entries."""


def conclude_judged(
    world: World,
    folder: Path,
    key: bytes,
    *,
    as_json: bool,
    beside: Beside | None = None,
    tearsheet: bool = False,
) -> None:
    """Judge the run in a folder, write its files, and print it. Raises TribunalError."""
    found = _judged(world, folder, key)
    if beside is not None:
        # What is known is kept first: the comparison takes far longer than the backtest, and may be stopped.
        write_judgement(folder, found)
        _, summary = leave(folder, key, found)
        found = found.model_copy(update={"chance": beside(summary)})
    write_judgement(folder, found)
    if tearsheet:
        _draw(folder, key)
    if as_json:
        _, summary = leave(folder, key, found)
        whole = found.model_dump(mode="json") | {"summary": summary.model_dump(mode="json")}
        sys.stdout.write(json.dumps(whole, indent=2) + "\n")
        return
    finish(folder, key, as_json=False, judged=found)


def _draw(folder: Path, key: bytes) -> None:
    path = write_tearsheet(folder, ran_of_story(read_story(folder, key)))
    sys.stderr.write(f"Tear sheet: {path}\n" if path else "A run of less than thirty days has no tear sheet.\n")


def _judged(world: World, folder: Path, key: bytes) -> Judgement:
    """The measures of the run, against the gates and against luck."""
    tape = tape_of(world)
    story = read_story(folder, key)
    per_year = bars_a_year(world.settings.market.calendar, tape.timeframe.bars_per_year)
    with counted(tape, "backtest", [world.settings], story.session.own_strategies) as trials:
        ran = ran_of_story(story)
        made = measure(ran)
        returns = bar_returns(ran.equity, ran.starting_cash)
        enough = len(returns) >= LEAST_BARS
        sharpe = sharpe_of(returns, 1.0) if enough else None
        trials.note([sharpe])
        deflated = trials.deflate(returns.tolist(), per_year) if enough else None
    return Judgement(
        measures=made,
        readiness=readiness(
            sharpe=None if sharpe is None else sharpe * per_year**0.5,
            max_drawdown=made.growth.max_drawdown,
            trades=made.trades.closed,
            limits=world.settings.gates,
        ),
        intervals=intervals(returns, bars_per_year=per_year, seed=world.settings.seed) if sharpe is not None else None,
        deflated=deflated,
    )
