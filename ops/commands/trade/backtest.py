"""What `tribunal backtest` does: its options turned into those of a run, and the run's own path after that.

It refuses to be another engine: everything that it adds is a setting, so that a backtest can be repeated, replayed and resumed as
`tribunal run`.
"""

import argparse
import json
import math
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from agents.strategies.contexts import build_contexts
from agents.strategies.own import StrategyFault, read_own
from agents.strategies.voter import Strategy
from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.strategies import StrategyContext
from evidence.search.fast import sharpe_of
from evidence.search.request import counted, world_of
from evidence.statistics.blocks import LEAST_BARS
from evidence.statistics.bootstrap import intervals
from evidence.strategies.ballots import rows_of
from evidence.strategies.baselines import LEAST_SEEDS, AgainstChance
from evidence.strategies.chance import beside_chance
from evidence.strategies.gates import readiness
from evidence.strategies.lookahead import look_ahead
from evidence.strategies.warmup import warm_up
from market.candles import Candles
from ops.commands.trade.run import run_command
from ops.finish import finish, leave
from ops.report.tearsheet import refuse_without_quantstats, write_tearsheet
from ops.story.measures import measure, ran_of_story
from ops.story.performance import bar_returns
from ops.story.story import read_story
from ops.story.summary import Summary
from ops.tables.judgement import Judgement, show_judgement, write_judgement

_CHECKED_BARS = 2500
"""The last bars of the first market: a check lives through them some eighty times."""
_ONLY_A_RUN_HAS = {"days": None, "resume": None, "confirm": None, "approve": None}


def backtest_command(arguments: argparse.Namespace) -> int:
    """Run the backtest; returns the exit code. Raises TribunalError."""
    given = as_run(arguments)
    _refuse_few(arguments)
    if arguments.tearsheet:
        refuse_without_quantstats()
    if arguments.check:
        _check_voters(given)

    def conclude(folder: Path, key: bytes, *, as_json: bool) -> None:
        found = _judged(given, folder, key)
        if arguments.chance is not None:
            # What is known is kept first: the comparison takes far longer than the backtest, and may be stopped.
            write_judgement(folder, found)
            _, summary = leave(folder, key, found)
            found = found.model_copy(update={"chance": _beside_chance(given, summary)})
        write_judgement(folder, found)
        if arguments.tearsheet:
            _draw(folder, key)
        if as_json:
            _, summary = leave(folder, key, found)
            whole = found.model_dump(mode="json") | {"summary": summary.model_dump(mode="json")}
            sys.stdout.write(json.dumps(whole, indent=2) + "\n")
            return
        finish(folder, key, as_json=False, judged=found)
        show_judgement(found)

    return run_command(given, conclude)


def _refuse_few(arguments: argparse.Namespace) -> None:
    """Raises UsageFault for a comparison with chance that could say nothing, or would cost money."""
    if arguments.chance is None:
        return
    if arguments.chance < LEAST_SEEDS:
        raise UsageFault(
            f"--chance {arguments.chance} could not even say 'better than 95 %'. Nothing was started; give {LEAST_SEEDS} or more."
        )
    if (arguments.mind or "rules") != "rules":
        raise UsageFault(
            "--chance hears each run in the rules mind, and --mind names another. Nothing was started; leave one of them out."
        )


def _beside_chance(given: argparse.Namespace, summary: Summary) -> AgainstChance | None:
    if summary.ended != "completed":
        sys.stderr.write("The session was stopped, so it is not placed beside chance.\n")
        return None
    world, tape = world_of(given)
    return beside_chance(world, tape, given.chance, workers=given.workers, quiet=given.quiet)


def _draw(folder: Path, key: bytes) -> None:
    path = write_tearsheet(folder, ran_of_story(read_story(folder, key)))
    sys.stderr.write(f"Tear sheet: {path}\n" if path else "A run of less than thirty days has no tear sheet.\n")


def _judged(given: argparse.Namespace, folder: Path, key: bytes) -> Judgement:
    """The run's measures, against the gates and against luck. It counts as a trial before anything of it is told."""
    world, tape = world_of(given)
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


def _check_voters(given: argparse.Namespace) -> None:
    """Say of each voter whether its votes can be believed. Raises StrategyFault where they cannot."""
    world, tape = world_of(given)
    texts, settings = read_own(world.settings.strategies), world.settings
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


def as_run(arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments of the run that this backtest is. Raises UsageFault."""
    given = {**vars(arguments), **_ONLY_A_RUN_HAS, "overrides": overrides_of(arguments)}
    mind = arguments.mind or ""
    if mind.startswith("recorded:"):
        given["mind"] = None
    return argparse.Namespace(**given)


def overrides_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Settings by dotted key, for what the command line says in its own words. Raises UsageFault."""
    changed: dict[str, Any] = {}
    if arguments.strategy:
        changed["strategies"] = [_context(text) for text in arguments.strategy]
    if arguments.cash is not None:
        changed["venue.starting_cash"] = str(_sound("--cash", arguments.cash))
    profile = None
    if arguments.fee_bps is not None or arguments.slippage_bps is not None:
        profile = load_profile(arguments.profile)
    if arguments.fee_bps is not None and profile is not None:
        fee = str(_sound("--fee-bps", arguments.fee_bps))
        for market in profile.market.instruments:
            for side in ("maker", "taker"):
                changed[f"market.instruments.{market}.{side}_fee_bps"] = fee
    if arguments.slippage_bps is not None and profile is not None:
        each_way = _sound("--slippage-bps", arguments.slippage_bps)
        changed["venue.spread_bps"] = profile.venue.spread_bps + 2 * each_way
        # What is added is a cost to be tried, and no market to be refused: the gate's limits move by as much.
        changed["limits.max_spread_bps"] = profile.limits.max_spread_bps + 2 * each_way
        changed["limits.max_slippage"] = profile.limits.max_slippage + each_way / 10_000
    if arguments.latency_ms is not None:
        changed["venue.latency_ms"] = _sound("--latency-ms", arguments.latency_ms)
    if arguments.impact is not None:
        changed |= _impact(arguments.impact)
    mind = arguments.mind or ""
    if mind.startswith("recorded:"):
        cassette = mind.removeprefix("recorded:")
        changed |= {"court.mind": "models", "minds.transcripts": "replay", "minds.cassette": cassette}
    return changed


def _impact(text: str) -> dict[str, Any]:
    """book, square_root, or square_root:Y."""
    model, sign, number = text.partition(":")
    try:
        value = float(number) if sign else None
    except ValueError:
        value = math.nan
    if model not in ("book", "square_root") or (value is not None and (model == "book" or not math.isfinite(value))):
        raise UsageFault(
            f"--impact {text!r} is neither book nor square_root, nor square_root:Y with a number Y. Nothing was started."
        )
    return {"venue.impact": model} | ({} if value is None else {"venue.impact_coefficient": _sound("--impact", value)})


def _context(text: str) -> dict[str, Any]:
    """One voter: NAME, NAME:key=value,…, FILE.py:CLASS or FILE.py:CLASS:key=value,…."""
    head, *rest = text.split(":")
    entry: dict[str, Any] = {"strategy": head}
    if head.endswith(".py"):
        if not rest or not rest[0].isidentifier():
            raise UsageFault(
                f"--strategy {text!r} names a file and no class: write {head}:MyStrategy. Nothing was started."
            )
        entry = {"strategy": "own", "file": head, "name": rest.pop(0)}
    if len(rest) > 1:
        raise UsageFault(f"--strategy {text!r} is not NAME:key=value,key=value. Nothing was started.")
    if rest:
        entry["params"] = dict(_parameter(text, part) for part in rest[0].split(","))
    return entry


def _parameter(text: str, part: str) -> tuple[str, float]:
    name, sign, value = part.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not sign or not name or not math.isfinite(number):
        raise UsageFault(f"--strategy {text!r}: {part!r} is not key=number. Nothing was started.")
    return name, number


def _sound(option: str, value: float) -> float:
    if not math.isfinite(value) or value < 0:
        raise UsageFault(f"{option} must be a number, not negative; it is {value:g}. Nothing was started.")
    return value
