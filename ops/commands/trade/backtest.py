"""What `tribunal backtest` does: its options turned into those of a run, and the run's own path after that.

It refuses to be another engine: everything that it adds is a setting, so that a backtest can be repeated, replayed and resumed as
`tribunal run`.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path

import numpy as np

from agents.desk.request import WorldRequest
from agents.desk.world import tape_of, world_of
from agents.strategies.contexts import build_contexts
from agents.strategies.own import StrategyFault, read_own
from agents.strategies.voter import Strategy
from config.sections.strategies import StrategyContext
from evidence.search.fast import sharpe_of
from evidence.search.request import counted
from evidence.statistics.blocks import LEAST_BARS
from evidence.statistics.bootstrap import intervals
from evidence.strategies.ballots import rows_of
from evidence.strategies.baselines import AgainstChance
from evidence.strategies.chance import beside_chance
from evidence.strategies.gates import readiness
from evidence.strategies.lookahead import look_ahead
from evidence.strategies.warmup import warm_up
from market.candles import Candles
from ops.commands.backtest_request import BacktestRequest, backtest_asked
from ops.commands.trade.run import run
from ops.finish import finish, leave
from ops.report.tearsheet import refuse_without_quantstats, write_tearsheet
from ops.story.measures import measure, ran_of_story
from ops.story.performance import bar_returns
from ops.story.story import read_story
from ops.story.summary import Summary
from ops.tables.judgement import Judgement, write_judgement

_CHECKED_BARS = 2500
"""A check uses this many last bars of the first market, because it runs each voter about eighty times over them."""


def backtest_command(arguments: argparse.Namespace) -> int:
    """Run the backtest; returns the exit code. Raises TribunalError."""
    asked = backtest_asked(arguments)
    if asked.tearsheet:
        refuse_without_quantstats()
    if asked.check:
        _check_voters(asked.run.world)

    def conclude(folder: Path, key: bytes, *, as_json: bool) -> None:
        found = _judged(asked.run.world, folder, key)
        if asked.chance is not None:
            # What is known is kept first: the comparison takes far longer than the backtest, and may be stopped.
            write_judgement(folder, found)
            _, summary = leave(folder, key, found)
            found = found.model_copy(update={"chance": _beside_chance(asked, asked.chance, summary)})
        write_judgement(folder, found)
        if asked.tearsheet:
            _draw(folder, key)
        if as_json:
            _, summary = leave(folder, key, found)
            whole = found.model_dump(mode="json") | {"summary": summary.model_dump(mode="json")}
            sys.stdout.write(json.dumps(whole, indent=2) + "\n")
            return
        finish(folder, key, as_json=False, judged=found)

    return run(asked.run, conclude)


def _beside_chance(asked: BacktestRequest, runs: int, summary: Summary) -> AgainstChance | None:
    if summary.ended != "completed":
        sys.stderr.write("The session was stopped, so it is not placed beside chance.\n")
        return None
    world = world_of(asked.run.world)
    return beside_chance(world, tape_of(world), runs, workers=asked.workers, quiet=asked.run.quiet)


def _draw(folder: Path, key: bytes) -> None:
    path = write_tearsheet(folder, ran_of_story(read_story(folder, key)))
    sys.stderr.write(f"Tear sheet: {path}\n" if path else "A run of less than thirty days has no tear sheet.\n")


def _judged(request: WorldRequest, folder: Path, key: bytes) -> Judgement:
    """The run's measures, against the gates and against luck. It counts as a trial before anything of it is told."""
    world = world_of(request)
    tape = tape_of(world)
    story, per_year = read_story(folder, key), tape.timeframe.bars_per_year
    with counted(tape, "backtest", [world.settings]) as trials:
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


def _check_voters(request: WorldRequest) -> None:
    """Say of each voter whether its votes can be believed. Raises StrategyFault where they cannot."""
    world = world_of(request)
    tape, settings = tape_of(world), world.settings
    texts = read_own(settings.strategies)
    symbol = tape.symbols[0]
    raw = tape.candles[symbol]
    late = np.arange(len(raw)) >= len(raw) - _CHECKED_BARS
    candles = rows_of(raw, raw.sound() & late)
    for entry in settings.strategies:
        name, build = entry.name or entry.strategy, partial(_fresh, entry, symbol, texts)
        ahead = look_ahead(build, candles, seed=settings.seed)
        sys.stderr.write(f"{name} on {symbol}: {ahead.verdict}\n")
        if ahead.failed:
            raise StrategyFault(
                f"The voter {name} cannot be believed, so nothing was run. Correct it, then check again."
            )
        sys.stderr.write(f"{name} on {symbol}: {warm_up(build, candles).verdict(settings.market.warmup_bars)}\n")


def _fresh(entry: StrategyContext, symbol: str, texts: dict[str, str], history: Candles) -> Strategy:
    """A voter that has seen nothing yet. The engine hands it no history, and so does the check."""
    everywhere = entry.model_copy(update={"symbols": ("*",)})
    return build_contexts((everywhere,), (symbol,), texts)[0].strategy
