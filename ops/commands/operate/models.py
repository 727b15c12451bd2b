"""What `tribunal models` does: it shows the models of a profile, asks each one cheap question, or forgets what was learnt."""

import argparse
import asyncio
import json
from typing import TextIO

from agents.desk.models import learnt_in, seats_of
from agents.desk.request import WorldRequest
from agents.desk.world import settings_of
from agents.llm.preflight import Seat, known_seat
from agents.llm.providers.factory import names_in_use, without_key
from config.clock import SystemClock
from config.errors import UsageFault
from config.logging import configure
from config.secrets import Secrets, load_secrets
from config.sections.minds import MindsSettings
from ops.commands.requests import settings_asked
from ops.tables.grid import open_console
from ops.tables.model_tables import seats_table
from ops.terminal.seats import no_model_sits


def models_command(arguments: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Show, ask or forget; returns the exit code. Raises TribunalError."""
    overrides = settings_asked(arguments.set)
    asked = WorldRequest(profile=arguments.profile, overrides=overrides, mind=arguments.mind, model=arguments.model)
    minds = settings_of(asked).minds
    secrets = load_secrets(also=minds.key_variables)
    configure(level=secrets.log_level, secrets=secrets.values())
    if arguments.forget is not None:
        return _forget(arguments.forget or list(minds.providers), minds, secrets, out)
    if not names_in_use(minds):
        raise UsageFault("The chains of this profile name no model. Nothing was asked. Choose one with --mind NAME.")
    seats = asyncio.run(seats_of(minds, secrets)) if arguments.check else _known(minds, secrets)
    if arguments.json:
        out.write(json.dumps([seat.model_dump(mode="json") for seat in seats], indent=2) + "\n")
    else:
        open_console(out).print(seats_table(seats))
        if not arguments.check:
            err.write("No model was called; --check asks each of them one cheap question.\n")
    return 1 if arguments.check and no_model_sits(seats) else 0


def _known(minds: MindsSettings, secrets: Secrets) -> tuple[Seat, ...]:
    """What is known without a call."""
    now, learnt, keyless = SystemClock().now(), learnt_in(minds, secrets), without_key(minds, secrets)
    return tuple(known_seat(name, minds, learnt, keyless, now) for name in names_in_use(minds))


def _forget(names: list[str], minds: MindsSettings, secrets: Secrets, out: TextIO) -> int:
    unknown = [name for name in names if name not in minds.providers]
    if unknown:
        raise UsageFault(
            f"The profile has no provider {', '.join(unknown)}. Nothing was forgotten. It has {', '.join(minds.providers)}."
        )
    forgotten = learnt_in(minds, secrets).forget(names)
    what = (
        f"What was learnt of {', '.join(forgotten)} is forgotten."
        if forgotten
        else "Nothing was known of their servers."
    )
    out.write(f"{what}\n")
    return 0
