"""What `tribunal strategies --data` does: the votes of all voters at the latest bar, or the ensemble as it was published."""

import argparse
import json
import sys
from datetime import timedelta
from pathlib import Path

from agents.desk.request import WorldRequest
from agents.desk.world import World, settings_of, tape_of, world_of
from config.clock import SystemClock
from config.errors import UsageFault
from config.sections.strategies import STRATEGIES, StrategyContext
from evidence.strategies.crossings import crossings
from evidence.strategies.latest import latest_votes
from evidence.strategies.published import published
from evidence.strategies.trial import CHOOSING, HELD_OUT, OLD, SETS, chosen, folds, tried
from evidence.worlds.parallel import curves
from market.files.bars import read_bars
from market.sessions.calendar import calendar_of
from market.sessions.closed import without_closed_days
from market.tape import Tape
from market.timeframe import Timeframe
from ops.commands.requests import world_asked
from ops.tables.grid import open_console
from ops.tables.voters.latest import crossings_grid, latest_grid, published_grid, trial_grid
from ops.terminal.data_told import tell_data
from sentiment.engine import SentimentEngine
from sentiment.scoring import HeadlineScorer
from sentiment.sources.factory import build_sources

_ASKED = timedelta(days=30)


def show_latest(arguments: argparse.Namespace) -> None:
    """Print a table, or JSON. Raises TribunalError."""
    world, tape = _tape(_asked(arguments))
    tell_data(world, tape, sys.stderr)
    news = world.settings.sentiment
    reader = (
        SentimentEngine(news, build_sources(news, tape.news, SystemClock()), HeadlineScorer()) if news.sources else None
    )
    votes = latest_votes(world, tape, reader)
    if arguments.json:
        sys.stdout.write(json.dumps([vote.model_dump(mode="json") for vote in votes], indent=2) + "\n")
        return
    open_console(sys.stdout).print(latest_grid(votes).table())


def show_published(arguments: argparse.Namespace) -> str:
    """The plain account of the trend ensemble, as a table or JSON. Raises TribunalError."""
    request = world_asked(arguments)
    if not request.bars.data:
        raise UsageFault("--published needs the files of the markets. Nothing was computed. Give them with --data.")
    paths, reading = [Path(path) for path in request.bars.data], request.bars.reading
    found = published(read_bars(paths, Timeframe.D1, request.bars.symbols, reading).candles)
    if arguments.json:
        return json.dumps([each._asdict() for each in found], indent=2) + "\n"
    return published_grid(found).markdown() + "\n"


def show_crossings(arguments: argparse.Namespace) -> str:
    """Each golden cross in daily bars, as a table or JSON. Raises TribunalError."""
    request = world_asked(arguments)
    if not request.bars.data:
        raise UsageFault("--crossings needs the files of the markets. Nothing was computed. Give them with --data.")
    paths, name = [Path(path) for path in request.bars.data], settings_of(request).market.calendar
    candles = read_bars(paths, Timeframe.D1, request.bars.symbols, request.bars.reading).candles
    found = crossings(candles if name is None else without_closed_days(candles, calendar_of(name)))
    if arguments.json:
        return json.dumps([each.model_dump(mode="json") for each in found], indent=2) + "\n"
    if not found:
        return "The average of 50 closes never crossed that of 200 upward in these bars.\n"
    return crossings_grid(found).markdown() + "\n"


def show_trial(arguments: argparse.Namespace) -> str:
    """Sets of voters through court and gate, year by year, as a table or JSON. Raises TribunalError."""
    if not arguments.data and not arguments.store:
        raise UsageFault("--trial needs the files of the markets. Nothing was run. Give them with --data.")
    choosing = arguments.trial == "choosing"
    if not choosing and arguments.trial not in SETS:
        raise UsageFault(f"--trial takes `choosing` or a set: {', '.join(SETS)}. Nothing was run.")
    world = world_of(world_asked(arguments))
    years, names = (CHOOSING, tuple(SETS)) if choosing else (HELD_OUT, tuple(dict.fromkeys((arguments.trial, OLD))))
    made = folds(world, years, names)
    bars = 365 * Timeframe.D1.seconds // Timeframe(world.settings.market.timeframe).seconds * len(made)
    worlds = [fold.world for fold in made]
    lived = curves(worlds, bars=bars, workers=arguments.workers, what="bars", quiet=arguments.quiet)
    found = tried(made, lived, world.settings.seed)
    if arguments.json:
        return json.dumps([each.model_dump(mode="json") for each in found], indent=2) + "\n"
    text = trial_grid(found, years).markdown() + "\n"
    return f"{text}\nThe rules seat {chosen(found) or OLD}.\n" if choosing else text


def _asked(arguments: argparse.Namespace) -> WorldRequest:
    news = {"news": arguments.news, "news_dates": arguments.news_dates or arguments.dates}
    return world_asked(arguments).model_copy(update=news)


def _tape(request: WorldRequest) -> tuple[World, Tape]:
    """The world in which all voters are asked, and its last 30 days, or all from `--start` on."""
    world = world_of(request)
    plain = tuple(StrategyContext(strategy=name) for name in STRATEGIES)
    more = tuple(entry for entry in plain if entry not in world.settings.strategies)
    every = world.settings.model_copy(update={"strategies": (*world.settings.strategies, *more)})
    tape = tape_of(world.model_copy(update={"settings": every}))
    if request.bars.start_utc is None and tape.end_utc - tape.start_utc > _ASKED:
        bars = world.bars.model_copy(update={"start_utc": tape.end_utc - _ASKED})
        tape = tape_of(world.model_copy(update={"settings": every, "bars": bars}))
    return world, tape
