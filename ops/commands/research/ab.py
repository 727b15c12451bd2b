"""What `evidence.ab` does: two worlds on one tape, side by side, and their difference."""

import argparse
import sys
from typing import Any

import numpy as np

from agents.desk.models import refuse_without_keys, sits
from agents.desk.request import WorldRequest
from agents.desk.world import World, tape_of, world_of
from agents.strategies.contexts import build_contexts
from agents.strategies.own import read_own
from config.errors import UsageFault
from config.logging import configure
from config.secrets import load_secrets
from config.sections.strategies import names_of
from config.settings import Settings
from evidence.search.fast import sharpe_of
from evidence.search.request import counted, market_growth
from evidence.statistics.bootstrap import curve_returns
from evidence.strategies.paired import changes, paired, refuse_few_days
from evidence.worlds.parallel import spread
from evidence.worlds.world import curve_of, curve_with_models
from market.tape import Tape
from ops.commands.requests import seats_asked, settings_asked, told_finer
from ops.commands.strategy_option import strategies_asked
from ops.files import write_tables
from ops.tables.voters.ab import ab_markdown, show_ab
from ops.terminal.data_told import tell_data

SIDES = ("a", "b")


def ab_command(arguments: argparse.Namespace) -> int:
    """Compare; returns the exit code. Raises TribunalError."""
    if arguments.workers < 1:
        raise UsageFault(f"--workers must be at least 1, not {arguments.workers}. Nothing was started.")
    worlds = [_world(arguments, side) for side in SIDES]
    settings = [world.settings for world in worlds]
    if not changes(*settings):
        raise UsageFault(
            "A and B are the same, so there is nothing to compare. Nothing was started. Say what differs, such as --b-set "
            "court.net_threshold=0.3, --b-no-court or --b-profile balanced."
        )
    tapes = [tape_of(world) for world in worlds]
    _refuse_other_bars(*tapes)
    refuse_few_days(len(tapes[0]), tapes[0].timeframe.seconds)
    tape, own = tapes[0], read_own(tuple(entry for each in settings for entry in each.strategies))
    for each in settings:
        build_contexts(each.strategies, tape.symbols, own)
    models = _models(settings)
    tell_data(worlds[0], tape, sys.stderr)
    with counted(tape, "ab", settings, own) as trials:
        found = spread(
            curve_with_models if models else curve_of,
            worlds,
            total=len(worlds) * len(tape),
            workers=1 if models else arguments.workers,
            what="bars",
            quiet=arguments.quiet,
        )
        result = paired(tape.source_label, tape.symbols, market_growth(tape), settings, found)
        trials.note([sharpe_of(curve_returns(np.array(curve.equity)), 1.0) for curve in found])
    show_ab(result, as_json=arguments.json)
    write_tables(arguments.markdown, ab_markdown(result))
    return 0


def _world(arguments: argparse.Namespace, side: str) -> World:
    """The world of one variant: that of the shared options, with what it has of its own."""
    profile, pairs, voters, contexts, mind, no_court = (
        getattr(arguments, f"{side}_{name}") for name in ("profile", "set", "strategy", "context", "mind", "no_court")
    )
    shared = told_finer(arguments)
    changed = settings_asked(pairs) | strategies_asked(voters) | seats_asked(f"{side}-", mind, no_court)
    world = world_of(
        shared.model_copy(
            update={"profile": profile or shared.profile, "overrides": _over(shared, changed), "mind": mind}
        )
    )
    return world.model_copy(update={"settings": _only(side, world.settings, contexts)}) if contexts else world


def _over(shared: WorldRequest, changed: dict[str, Any]) -> dict[str, Any]:
    """The shared settings with those of a variant, which win, also as a part or a whole of a shared one."""
    kept = {
        key: value
        for key, value in shared.overrides.items()
        if not any(f"{key}.".startswith(f"{own}.") for own in changed)
    }
    return kept | changed


def _only(side: str, settings: Settings, wanted: list[str]) -> Settings:
    """The settings with only these contexts switched on. Raises UsageFault for a name that is none, or is switched off."""
    names = names_of(settings.strategies)
    known = [name for name, entry in zip(names, settings.strategies, strict=True) if entry.is_on]
    for name in wanted:
        if name not in known:
            raise UsageFault(
                f"--{side}-context {name!r} is no context of the profile that votes. Nothing was started. It has: "
                f"{', '.join(known)}."
            )
    entries = tuple(
        entry if name in wanted else entry.model_copy(update={"enabled": False})
        for name, entry in zip(names, settings.strategies, strict=True)
    )
    return settings.model_copy(update={"strategies": entries})


def _refuse_other_bars(a: Tape, b: Tape) -> None:
    """Raise UsageFault where the variants would not trade the same bars."""
    for what in ("symbols", "timeframe", "start_utc", "end_utc", "warmup_start_utc"):
        one, other = getattr(a, what), getattr(b, what)
        if one != other:
            raise UsageFault(
                f"A and B would not trade the same bars: {what} is {one} in A and {other} in B. Nothing was started. Give "
                "markets, timeframe, window and warm-up once, for both."
            )


def _models(settings: list[Settings]) -> bool:
    """Whether models sit in a court; then their keys are there and no log shows them. Raises UsageFault."""
    for each in settings:
        secrets = load_secrets(also=each.minds.key_variables)
        refuse_without_keys(each, secrets)
        if sits(each):
            configure(level=secrets.log_level, secrets=secrets.values())
    return any(map(sits, settings))
