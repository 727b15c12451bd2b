"""What `tribunal record` does: it counts runs, seals the record and shows it."""

import argparse
import json
import sys
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from config.clock import SystemClock
from config.errors import OutputFault, UsageFault
from config.secrets import journal_key, load_secrets, state_dir
from ops.paper.counting import count_runs
from ops.paper.record import Earned, PaperRecord, PaperTrade, earned, read_record, write_record
from ops.tables.grid import Grid, open_console


def record_command(arguments: argparse.Namespace) -> int:
    """Count the runs, or read the record, and tell; returns the exit code. Raises TribunalError."""
    state, key = state_dir(load_secrets()), journal_key()
    left_out: Mapping[str, str] = {}
    if arguments.runs:
        record, left_out = count_runs([Path(run) for run in arguments.runs], key, SystemClock().now())
        if not record.runs and not record.drills:
            raise UsageFault(_nothing_counts(left_out))
        try:
            write_record(state, record, key)
        except OSError as fault:
            raise OutputFault(
                f"The paper record cannot be written in {state} ({fault.strerror}). The old one is as it was. Make the folder "
                "writable."
            ) from fault
    else:
        kept = read_record(state, key)
        if kept is None:
            raise UsageFault(
                "No paper record was made yet. Nothing was done. Name the runs that count: tribunal record RUN…"
            )
        record = kept
    if arguments.json:
        sys.stdout.write(json.dumps(_document(record, left_out), indent=2) + "\n")
    else:
        _print(record, left_out)
    return 0


def _nothing_counts(left_out: Mapping[str, str]) -> str:
    reasons = "; ".join(f"{run}: {why.rstrip('.')}" for run, why in left_out.items())
    return (
        f"None of these runs counts ({reasons}). The record is as it was. Name runs on a --feed or on a test network."
    )


def _by_voter(record: PaperRecord) -> list[tuple[PaperTrade, Earned]]:
    """Each voter, and what it has earned; one that was traded at another address stands by itself."""

    def place(trade: PaperTrade) -> tuple[str, str, str]:
        return trade.voter, trade.sha256, trade.elsewhere or ""

    grouped = (tuple(trades) for _, trades in groupby(sorted(record.trades, key=place), key=place))
    return [(trades[0], earned(trades)) for trades in grouped]


def grid(record: PaperRecord) -> Grid:
    """The table of voters."""
    rows = tuple(
        (
            trade.voter,
            trade.sha256[:8],
            f"{found.trades:,}",
            f"{found.mean:+.3%}",
            "-" if found.low is None else f"{found.low:+.3%} to {found.high:+.3%}",
            f"{found.days:.1f}",
            ((found.lacks and f"lacks: {found.lacks}") or "enough")
            + (f" (only for {trade.elsewhere})" if trade.elsewhere else ""),
        )
        for trade, found in _by_voter(record)
    )
    columns = ("voter", "text", "trades", "a trade", "95 % interval", "days", "for real money")
    return Grid("the paper record", columns, rows, left=2, prose=(6,), yields=("text",))


def _print(record: PaperRecord, left_out: Mapping[str, str]) -> None:
    console = open_console(sys.stdout)
    if record.trades:
        console.print(grid(record).table())
    else:
        console.print("No closed trade counts.")
    for drill in record.drills:
        place = drill.exchange if drill.elsewhere is None else f"{drill.exchange} at {drill.elsewhere}"
        console.print(f"Kill switch tried on {place}: {drill.at_utc:%Y-%m-%d %H:%M} UTC, sold {', '.join(drill.sold)}.")
    for run, why in left_out.items():
        console.print(f"{run} does not count: {why.rstrip('.')}.")
    console.print(
        f"Made {record.made_utc:%Y-%m-%d %H:%M} UTC of {len(record.runs)} runs: {', '.join(record.runs) or 'none'}."
    )


def _document(record: PaperRecord, left_out: Mapping[str, str]) -> dict[str, object]:
    voters = [
        {
            "voter": trade.voter,
            "sha256": trade.sha256,
            "elsewhere": trade.elsewhere,
            "lacks": found.lacks,
            **found._asdict(),
        }
        for trade, found in _by_voter(record)
    ]
    drills = [drill.model_dump(mode="json") for drill in record.drills]
    return {
        "made_utc": record.made_utc.isoformat(), "runs": record.runs, "voters": voters, "drills": drills,
        "left_out": dict(left_out),
    }  # fmt: skip
