"""What `evidence.audit` does: read the run, try its cases again, show what changed."""

import argparse
import asyncio
from pathlib import Path

from agents.court.minds.rules import RulesMind
from config.errors import UsageFault
from config.progress import short_work
from config.secrets import journal_key
from evidence.rulings.flips import audit
from evidence.rulings.hearings import read_hearings
from ops.commands.requests import moment_of
from ops.tables.audit import show_audit


def audit_command(arguments: argparse.Namespace) -> int:
    """Audit; returns the exit code. Raises TribunalError."""
    cutoff = moment_of("--cutoff", arguments.cutoff)
    if arguments.cases < 1:
        raise UsageFault(f"--cases must be at least 1, not {arguments.cases}. Nothing was computed.")
    telling = short_work(quiet=arguments.quiet)
    run = read_hearings(Path(arguments.run), journal_key(), telling=telling)
    settings = run.session.settings
    hearings = tuple(heard.hearing for heard in run.hearings)
    mind = RulesMind(settings.court, settings.limits)
    found = asyncio.run(
        audit(run.run, hearings, mind, seed=settings.seed, most=arguments.cases, cutoff=cutoff, telling=telling)
    )
    if not found.sampled:
        raise UsageFault(
            f"{arguments.run} holds no case that the rules mind ruled ({found.not_asked} of other minds), so there is nothing "
            "to audit. Give a run of the rules mind."
        )
    show_audit(found, as_json=arguments.json)
    return 0
