"""What `tribunal ask` does: it finds the market and the moment, hears it, and prints the trial."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches

from agents.court.case import Case
from agents.court.opinion import Evidence
from agents.desk.description import describe
from agents.desk.models import models_of, refuse_without_keys, sits
from agents.desk.outside import NOTHING_OUTSIDE
from agents.desk.request import WorldRequest
from agents.desk.world import World, tape_of, world_of
from config.errors import DataFault, UsageFault
from config.frozen import Frozen
from config.logging import configure
from config.progress import Progress
from config.secrets import load_secrets
from config.silence import Abstained
from evidence.worlds.asked import Asked, hear_one
from evidence.worlds.world import KEY
from market.symbols import normalise_symbol
from market.tape import Tape
from ops.commands.requests import moment_of, told_more
from ops.story.trials.trial import Trial, TrialCost
from ops.tables.grid import open_console
from ops.tables.plain import moment
from ops.tables.trial.said import ROLE_NAMES
from ops.tables.trial.whole import show_trial, trial_json
from ops.terminal.data_told import tell_data
from ops.terminal.seats import SeatsTeller

_SEEN = timedelta(days=30)
"""The voters are asked at the bars of so many days before the moment, so that each has seen what it would have seen."""
_QUIET_S = 2.0


def ask_command(arguments: argparse.Namespace) -> int:
    """Hear one market; returns the exit code. Raises TribunalError."""
    world, tape = _moment(_asked(arguments), moment_of("--at", arguments.at))
    symbol = market_of(arguments.symbol, tape.symbols)
    if not arguments.quiet:
        tell_data(world, tape, sys.stderr)
    asked = asyncio.run(_heard(arguments, world, tape, symbol))
    if asked is None:
        raise DataFault(
            f"{symbol} has no closed bar at {moment(tape.end_utc)} UTC that can be believed, so there is no case to hear. "
            "Nothing was heard. Give another --at."
        )
    trial = trial_of(asked, world, tape)
    if arguments.json:
        sys.stdout.write(trial_json(trial))
    else:
        show_trial(trial, open_console(sys.stdout))
    return 0


def _asked(arguments: argparse.Namespace) -> WorldRequest:
    """The world that was asked for. Raises UsageFault where neither bars nor the simulated market were named, or both."""
    given = arguments.data or arguments.store
    if arguments.simulated and given:
        raise UsageFault(
            "--simulated draws a market, and bars were given too. Nothing was heard; leave one of them out."
        )
    if not arguments.simulated and not given:
        raise UsageFault(
            "There is no market to look at. Nothing was heard; give recorded bars with --data FILE or --store DIR, or try "
            "--simulated."
        )
    asked = told_more(arguments)
    if not arguments.simulated:
        return asked
    return asked.model_copy(update={"overrides": {"world": "simulated"} | asked.overrides})


def _moment(request: WorldRequest, at: datetime | None) -> tuple[World, Tape]:
    """The world, and its tape up to the moment: the 30 days before it, as far as there are so many. Raises TribunalError."""
    world = world_of(request)
    tape = tape_of(world)
    until = tape.end_utc if at is None else at
    if not tape.start_utc < until <= tape.end_utc:
        raise UsageFault(
            f"--at {until:%Y-%m-%dT%H:%M} is not inside the bars that can be heard. Nothing was heard; they close after "
            f"{moment(tape.start_utc)} and not after {moment(tape.end_utc)} UTC."
        )
    until -= (until - tape.start_utc) % tape.timeframe.duration
    if world.bars.data and until - tape.start_utc > _SEEN:
        bars = world.bars.model_copy(update={"start_utc": until - _SEEN, "end_utc": until})
        return world, tape_of(world.model_copy(update={"bars": bars}))
    return world, replace(tape, end_utc=until)


def market_of(typed: str, symbols: Sequence[str]) -> str:
    """The market of the tape that was typed: as BASE/QUOTE, without the stroke, or by its coin. Raises UsageFault."""
    spelled = normalise_symbol(typed) or typed
    if spelled in symbols:
        return spelled
    coins = [symbol for symbol in symbols if symbol.partition("/")[0] == typed.upper()]
    if len(coins) == 1:
        return coins[0]
    if coins:
        raise UsageFault(f"{typed} is {' and '.join(coins)} here. Nothing was heard; name one of them.")
    names = {symbol.lower(): symbol for symbol in symbols} | {
        symbol.partition("/")[0].lower(): symbol for symbol in symbols
    }
    near = get_close_matches(typed.lower(), names, n=1)
    hint = f"Did you mean {names[near[0]]}?" if near else f"They hold {', '.join(symbols)}."
    raise UsageFault(f"The bars hold no market {typed!r}. Nothing was heard. {hint}")


async def _heard(arguments: argparse.Namespace, world: World, tape: Tape, symbol: str) -> Asked | None:
    settings = world.settings
    secrets = load_secrets(also=settings.minds.key_variables)
    refuse_without_keys(settings, secrets)
    if sits(settings):
        configure(level=secrets.log_level, secrets=secrets.values())
    session = describe(settings, tape, KEY, arguments.calibration, arguments.record, first_utc=tape.end_utc)
    seats = SeatsTeller(settings, sys.stderr, required=arguments.require_models, quiet=arguments.quiet)
    look_on = None if arguments.quiet or not sits(settings) else _spoke
    shown = Progress(len(tape), "bars", None if arguments.quiet else sys.stderr, after_s=_QUIET_S)
    async with models_of(settings, secrets, seats.at_start) as asker:
        with shown:
            return await hear_one(
                settings, session, tape, symbol, NOTHING_OUTSIDE._replace(asker=asker, overheard=look_on), shown.advance
            )


def _spoke(case: Case, role: str, word: Abstained | Frozen, struck: tuple[Evidence, ...]) -> None:
    """Say who has spoken: a model may think for a minute."""
    verb = "has abstained" if isinstance(word, Abstained) else "has spoken"
    sys.stderr.write(f"{ROLE_NAMES.get(role, role).capitalize()} {verb}.\n")


def trial_of(asked: Asked, world: World, tape: Tape) -> Trial:
    """What was heard, with what its order would cost and who would be asked before it is sent."""
    settings, verdict = world.settings, asked.hearing.verdict
    rules = tape.instruments[asked.hearing.case.symbol]
    above = settings.court.approval_above
    costs = None
    if verdict.order is not None and settings.venue.kind == "simulated":
        fee = verdict.notional * rules.taker_fee_bps / 10_000
        spread = verdict.notional * Decimal(repr(settings.venue.spread_bps)) / 20_000
        costs = TrialCost(entry_fee=fee, entry_spread=spread, round_trip=2 * (fee + spread))
    return Trial(
        source=tape.source_label,
        quote=rules.quote,
        hearing=asked.hearing,
        unproposed=asked.unproposed,
        traded=False,
        attempts=asked.attempts,
        asks_above=above if above is not None and verdict.order is not None and verdict.notional > above else None,
        costs=costs,
        latest_proposal_utc=asked.latest_utc,
        day_budget_usd=settings.minds.budget.day_usd if sits(settings) else None,
    )
