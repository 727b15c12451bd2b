"""What `tribunal run` does: it reads what was asked, opens the world, and runs the session.

What a session needs is loaded when its settings are known to be right: a wrong one is told at once.
"""

import argparse
from functools import partial
from pathlib import Path

from agents.desk.request import RunRequest
from agents.desk.world import world_of
from config.errors import UsageFault
from config.secrets import journal_key
from ops.commands.options import Unsaid
from ops.commands.requests import feed_asked, told_more, venues_asked


def run_command(arguments: argparse.Namespace) -> int:
    """Run one session and tell what came of it; returns the exit code. Raises TribunalError."""
    request = _asked(arguments)
    if request.resume is not None:
        return _go_on(arguments, request, Path(request.resume))
    world = world_of(request.world)

    from ops.commands.sessions.session import run  # the court, the exchange and the report, for a world that can be had
    from ops.conclusion.finish import finish

    return run(request, world, finish)


def _go_on(arguments: argparse.Namespace, typed: RunRequest, folder: Path) -> int:
    from ops.commands.resuming import resumed, take_in_rescued
    from ops.commands.sessions.session import run
    from ops.conclusion.finish import finish

    profile = None if isinstance(arguments.profile, Unsaid) else str(arguments.profile)
    request, world = resumed(typed, profile, journal_key())
    take_in_rescued(folder, journal_key())
    if request.command == "run":
        return run(request, world, finish)
    from ops.conclusion.judging import conclude_judged  # it opens the book of trials, which a run has no part in

    return run(request, world, partial(conclude_judged, world))


def _asked(arguments: argparse.Namespace) -> RunRequest:
    own = {name: getattr(arguments, name) for name in ("days", "scenario", "approve", "feed")}
    world = told_more(arguments)
    if arguments.venue_url is not None:
        urls = venues_asked(str(arguments.profile), world.overrides, arguments.venue_url)
        own["overrides"] = {**world.overrides, **urls}
    world = world.model_copy(update={**own, "bars": world.bars.model_copy(update=feed_asked(arguments))})
    return RunRequest(
        world=world,
        calibration=arguments.calibration,
        record=arguments.record,
        out=arguments.out,
        resume=arguments.resume,
        confirm=arguments.confirm,
        without_record=arguments.without_record,
        as_json=arguments.json,
        quiet=arguments.quiet,
        require_models=arguments.require_models,
        watch=arguments.watch,
        alert=tuple(arguments.alert),
        serve=_port(arguments.serve),
        pace_s=_pace(arguments.pace),
        log_file=arguments.log_file,
    )


def _port(given: int | None) -> int | None:
    if given is not None and not 0 <= given <= 65535:
        raise UsageFault(f"{given} is no port. Nothing was started; give --serve a number from 0 to 65535, or none.")
    return given


def _pace(given: float | None) -> float | None:
    if given is not None and not 0 < given <= 3600:
        raise UsageFault(
            f"--pace {given:g} is no pace. Nothing was started; give the seconds between two bars, up to 3600."
        )
    return given
