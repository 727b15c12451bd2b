"""What `tribunal compare` does: it makes the docket, lets each court hear it, and shows what came of that."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import NamedTuple

from agents.desk.models import models_of, refuse_without_keys, sits
from agents.desk.request import WorldRequest
from agents.desk.world import settings_of, tape_of, world_of
from config.errors import UsageFault
from config.logging import configure
from config.progress import Progress, short_work
from config.reading.load import load_profile, profile_names
from config.secrets import load_secrets
from config.settings import Settings
from evidence.courts.comparing import Heard, compared, heard_by
from evidence.courts.docket import Docket, docket_of
from ops.commands.requests import told_finer
from ops.files import write_tables
from ops.tables.trial.compared import compared_markdown, show_compared
from ops.terminal.data_told import tell_data
from ops.terminal.seats import SeatsTeller


class _Named(NamedTuple):
    name: str
    settings: Settings


def compare_command(arguments: argparse.Namespace) -> int:
    """Compare; returns the exit code. Raises TribunalError."""
    if arguments.cases < 1 or arguments.again < 0:
        raise UsageFault("--cases must be at least 1, and --again at least 0. Nothing was started.")
    request = _asked(arguments)
    world = world_of(request)
    courts = [_court(name, request, world.settings) for name in arguments.courts]
    if len({court.name for court in courts}) < len(courts):
        raise UsageFault(f"--courts names one twice: {', '.join(arguments.courts)}. Nothing was started; leave it out.")
    for court in courts:
        _refuse_keyless(court.settings)
    tape = tape_of(world)
    tell_data(world, tape, sys.stderr)
    with Progress(len(tape), "bars", None if arguments.quiet else sys.stderr, after_s=2.0) as shown:
        docket = docket_of(world.settings, tape, arguments.cases, shown.advance)
    heard = [asyncio.run(_heard(court, docket, arguments)) for court in courts]
    found = compared(tape.source_label, docket, heard, arguments.again, world.settings.seed)
    show_compared(found, as_json=arguments.json)
    write_tables(arguments.markdown, compared_markdown(found))
    return 0


def _asked(arguments: argparse.Namespace) -> WorldRequest:
    given = arguments.data or arguments.store
    if bool(given) == bool(arguments.simulated):
        raise UsageFault(
            "The cases come from recorded bars, or from the simulated market. Nothing was started; give --data FILE, --store DIR "
            "or --simulated, and one of them alone."
        )
    if given and arguments.days is not None:
        raise UsageFault(
            "--days is the length of the simulated market. Nothing was started; give --start and --end instead."
        )
    asked = told_finer(arguments)
    if not arguments.simulated:
        return asked
    return asked.model_copy(update={"days": arguments.days, "overrides": {"world": "simulated"} | asked.overrides})


def _court(name: str, request: WorldRequest, shared: Settings) -> _Named:
    """One court in the shared world: `court:` and `minds:` of a profile or a file, or a mind of the shared profile."""
    if name in profile_names() or name.endswith((".yaml", ".yml")) or "/" in name:
        found = load_profile(name)
        named = Path(name).stem
    else:
        overrides = {
            key: value for key, value in request.overrides.items() if key.partition(".")[0] in ("court", "minds")
        }
        found = settings_of(WorldRequest(profile=request.profile, overrides=overrides, mind=name))
        named = name
    minds = found.minds
    if minds.transcripts == "live":
        minds = minds.model_copy(update={"transcripts": "cached"})
    return _Named(named, shared.model_copy(update={"court": found.court, "minds": minds}))


def _refuse_keyless(settings: Settings) -> None:
    """Raise UsageFault for a court of models without a key; no log shows the keys of the others."""
    secrets = load_secrets(also=settings.minds.key_variables)
    refuse_without_keys(settings, secrets)
    if sits(settings):
        configure(level=secrets.log_level, secrets=secrets.values())


async def _heard(court: _Named, docket: Docket, arguments: argparse.Namespace) -> Heard:
    settings = court.settings
    seats = SeatsTeller(settings, sys.stderr, required=True, quiet=arguments.quiet)
    secrets = load_secrets(also=settings.minds.key_variables)
    async with models_of(settings, secrets, seats.at_start) as asker:
        telling = short_work(quiet=arguments.quiet)
        return await heard_by(court.name, settings, asker, docket, arguments.again, telling)
