"""What `evidence.calibrate` does: read the runs, compute, show, and write what was asked for."""

import argparse
from pathlib import Path

from agents.memory.lessons import past_case
from agents.records.known import record_of_runs
from config.progress import short_work
from config.secrets import journal_key
from evidence.rulings.calibration import calibrate
from evidence.rulings.hearings import read_runs
from ops.files import write_output
from ops.tables.calibration import reliability_page, show_calibration


def calibrate_command(arguments: argparse.Namespace) -> int:
    """Calibrate; returns the exit code. Raises TribunalError."""
    runs = read_runs(arguments.runs, journal_key(), arguments.bars, short_work(quiet=arguments.quiet))
    report = calibrate(runs, arguments.shrink)
    if arguments.out:
        write_output(Path(arguments.out), report.calibrations.model_dump_json(indent=1).encode() + b"\n")
    if arguments.record:
        closed = [past_case(heard, outcome) for run in runs for heard, outcome in run.settled]
        record = record_of_runs([Path(folder) for folder in arguments.runs], journal_key(), closed)
        write_output(Path(arguments.record), record.model_dump_json(indent=1).encode() + b"\n")
    if arguments.plot:
        write_output(Path(arguments.plot), reliability_page(report).encode())
    show_calibration(report, as_json=arguments.json)
    return 0
