"""What `evidence.attribution` does: read the runs, compute, show."""

import argparse

from config.progress import short_work
from config.secrets import journal_key
from evidence.rulings.hearings import read_runs
from evidence.rulings.worth import attribute
from ops.tables.attribution import show_attribution


def attribution_command(arguments: argparse.Namespace) -> int:
    """Attribute; returns the exit code. Raises TribunalError."""
    telling = short_work(quiet=arguments.quiet)
    runs = read_runs(arguments.runs, journal_key(), arguments.bars, telling)
    show_attribution(attribute(runs, telling), as_json=arguments.json)
    return 0
