"""What `evidence.attribution` does: read the runs, compute, show."""

import argparse

from config.secrets import journal_key
from evidence.rulings.hearings import read_runs
from evidence.rulings.worth import attribute
from ops.tables.attribution import show_attribution


def attribution_command(arguments: argparse.Namespace) -> int:
    """Attribute; returns the exit code. Raises TribunalError."""
    show_attribution(attribute(read_runs(arguments.runs, journal_key(), arguments.bars)), as_json=arguments.json)
    return 0
