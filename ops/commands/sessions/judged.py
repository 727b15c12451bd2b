"""How a backtest is run: its voters are checked if that was asked, its session is that of a run, and what came of it is judged.

It refuses to be another engine: everything that it adds is a setting, so that a backtest can be repeated, replayed and resumed as
`tribunal run`.
"""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from agents.desk.world import World, tape_of
from agents.strategies.contexts import Context, build_contexts
from agents.strategies.own import StrategyFault, read_own
from agents.strategies.voter import Strategy
from config.sections.strategies import StrategyContext
from evidence.strategies.ballots import rows_of
from evidence.strategies.baselines import AgainstChance
from evidence.strategies.chance import beside_chance
from evidence.strategies.foresight import Past, foresight, votes_of
from evidence.strategies.lookahead import look_ahead
from evidence.strategies.warmup import warm_up
from market.candles import Candles
from market.tape import Tape
from market.timeframe import Timeframe
from ops.commands.backtest_request import BacktestRequest
from ops.commands.sessions.session import run
from ops.conclusion.judging import conclude_judged
from ops.report.tearsheet import refuse_without_quantstats
from ops.story.summary import Summary

_CHECKED_BARS = 2500
"""A check uses this many last bars of the first market, because it runs each voter about eighty times over them."""

_CUTS = 6
"""Cuts of the check of a voter that reads more than one market: each runs it twice on all of them."""

_WINDOWS = 4
"""And at least so many windows of a voter that reads bars: it is silent until its window is full."""


def backtest(asked: BacktestRequest, world: World) -> int:
    """Run the backtest in its world; returns the exit code. Raises TribunalError."""
    if asked.tearsheet:
        refuse_without_quantstats()
    if asked.check:
        _check_voters(world)

    def chance(summary: Summary) -> AgainstChance | None:
        return _beside_chance(asked, world, asked.chance or 0, summary)

    def conclude(folder: Path, key: bytes, *, as_json: bool) -> None:
        beside = None if asked.chance is None else chance
        conclude_judged(world, folder, key, as_json=as_json, beside=beside, tearsheet=asked.tearsheet)

    return run(asked.run, world, conclude)


def _beside_chance(asked: BacktestRequest, world: World, runs: int, summary: Summary) -> AgainstChance | None:
    if summary.ended != "completed":
        sys.stderr.write("The session was stopped, so it is not placed beside chance.\n")
        return None
    return beside_chance(world, tape_of(world), runs, workers=asked.workers, quiet=asked.run.quiet)


def _check_voters(world: World) -> None:
    """Say of each voter whether its votes can be believed. Raises StrategyFault where they cannot."""
    tape, settings = tape_of(world), world.settings
    texts = read_own(settings.strategies)
    symbol = tape.symbols[0]
    raw = tape.candles[symbol]
    contexts = build_contexts(settings.strategies, tape.symbols, texts)
    checked = max(_CHECKED_BARS, *(_WINDOWS * context.history for context in contexts))
    late = np.arange(len(raw)) >= len(raw) - checked
    candles = rows_of(raw, raw.sound() & late)
    asked = (entry for entry in settings.strategies if entry.is_on)
    for entry, context in zip(asked, contexts, strict=True):
        if context.minded is not None and (context.reads_facts or context.minded.timeframe is not None):
            _check_for_foresight(entry, tape, texts, max(checked, _bars_of(context, tape)), settings.seed)
            continue
        name, build = entry.name or entry.strategy, partial(_fresh, entry, symbol, texts)
        ahead = look_ahead(build, candles, seed=settings.seed)
        sys.stderr.write(f"{name} on {symbol}: {ahead.verdict}\n")
        if ahead.failed:
            raise StrategyFault(
                f"The voter {name} cannot be believed, so nothing was run. Correct it, then check again."
            )
        sys.stderr.write(f"{name} on {symbol}: {warm_up(build, candles).verdict(settings.market.warmup_bars)}\n")


def _bars_of(context: Context, tape: Tape) -> int:
    """Bars of the session in twice the past that the voter reads."""
    days = context.minded.past_days if context.minded else 0
    return 2 * (days + 30) * Timeframe.D1.seconds // tape.timeframe.seconds if days else 0


def _check_for_foresight(entry: StrategyContext, tape: Tape, texts: dict[str, str], bars: int, seed: int) -> None:
    """Say of a voter that reads facts, or a window of days, whether it reads the future of any market. Raises StrategyFault."""
    raw = tape.candles.items()
    candles = {symbol: rows_of(each, each.sound() & (np.arange(len(each)) >= len(each) - bars)) for symbol, each in raw}
    build = partial(_only, entry, tape.symbols, texts)
    found = foresight(votes_of(build), Past(candles), seed=seed, cuts=_CUTS)
    name = entry.name or entry.strategy
    sys.stderr.write(f"{name}: {found.verdict}\n")
    if found.failed:
        raise StrategyFault(f"The voter {name} cannot be believed, so nothing was run. Correct it, then check again.")


def _only(entry: StrategyContext, symbols: Sequence[str], texts: dict[str, str]) -> Context:
    return build_contexts((entry,), symbols, texts)[0]


def _fresh(entry: StrategyContext, symbol: str, texts: dict[str, str], history: Candles) -> Strategy:
    """A voter that has seen nothing yet. The engine hands it no history, and so does the check."""
    everywhere = entry.model_copy(update={"symbols": ("*",)})
    return build_contexts((everywhere,), (symbol,), texts)[0].strategy
