"""What `agents.attribution` does: read the runs, compute, show."""

import argparse

from agents.trials import read_runs
from agents.worth import attribute
from config.secrets import journal_key
from ops.attribution import show_attribution


def attribution_command(arguments: argparse.Namespace) -> int:
    """Attribute; returns the exit code. Raises TribunalError."""
    show_attribution(attribute(read_runs(arguments.runs, journal_key(), arguments.bars)), as_json=arguments.json)
    return 0
