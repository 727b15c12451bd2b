"""What `tribunal replay` does: it runs the session again, and compares its events with the journal."""

import argparse
import sys
from pathlib import Path

from agents.desk.wiring import Around
from agents.recorded.rerun import RecordedRun
from agents.records.events import EVENTS
from agents.records.folder import checksum_holds, journal_of
from agents.records.reading import open_run
from agents.records.record import Session
from agents.records.registry import Registry
from config.errors import JournalFault, UsageFault
from config.reading.load import parse_limits
from config.secrets import journal_key
from config.sections.limits import RiskLimits
from ops.anchoring import agreed
from ops.beside.trading import as_backtest, compare, finished
from ops.commands.requests import settings_asked
from ops.recomputing.decision import decision_again
from ops.recomputing.session import TAKEN, adjuster_of, judged_too, recomputed
from ops.tables.grid import open_console
from ops.tables.replayed import Counted, WhatIf, show_difference, show_identical, show_what_if
from ops.tables.trial.again import show_decided

CUT_SHORT = 9
"""Exit code for a journal that verifies and replays, and has no closing event: killed, or cut off."""
_OF_LIMITS = "limits."


def replay_command(arguments: argparse.Namespace, registry: Registry = EVENTS) -> int:
    """Replay one run, whose events `registry` knows; returns the exit code. Raises TribunalError."""
    folder, key = Path(arguments.run), journal_key()
    asks = arguments.limits is not None or bool(arguments.set)
    if arguments.as_backtest:
        return _beside(arguments, folder, key, asks=asks)
    if arguments.decision is not None:
        return _one(arguments, folder, key, asks=asks)
    session, warmup, events = open_run(folder, key, registry)
    run = RecordedRun(events)
    found: list[WhatIf] = []
    around: Around | None = None
    if asks:
        around = judged_too(_limits(arguments, session), session, key, found.append)
    adjuster, is_computed = adjuster_of(session, run, folder, arguments.policy)
    result = recomputed(session, warmup, run, key, adjuster, around=around, quiet=arguments.quiet)
    if result.difference is not None:
        show_difference(folder.name, result.difference)
        return 1
    _check_file(folder, ended=result.ended)
    anchored = agreed(folder, key, arguments.anchors)
    if asks:
        show_what_if(found, as_json=arguments.json)
    else:
        not_asked = session.policy if not is_computed else None
        counted = Counted(result.bars, run.compared + TAKEN, run.by_value, run.left_out, not_asked, anchored)
        show_identical(folder.name, counted, ended=result.ended, as_json=arguments.json)
    return 0 if result.ended else CUT_SHORT


def _one(arguments: argparse.Namespace, folder: Path, key: bytes, *, asks: bool) -> int:
    """Recompute one decision, and all that it follows from."""
    if arguments.anchors is not None:
        raise UsageFault(
            "--anchors is about a whole journal, and a decision was named. Nothing was replayed; leave one of them out."
        )

    def limits_of(session: Session) -> RiskLimits | None:
        return _limits(arguments, session) if asks else None

    told = decision_again(folder, key, arguments.decision, limits_of, arguments.policy, quiet=arguments.quiet)
    if arguments.json:
        sys.stdout.write(f"{told.model_dump_json(indent=2)}\n")
    else:
        show_decided(told, open_console(sys.stdout), asks=asks)
    return 0 if told.identical else 1


def _limits(arguments: argparse.Namespace, session: Session) -> RiskLimits:
    """The other limits that were asked about. Raises UsageFault."""
    asked = settings_asked(arguments.set)
    for key in asked:
        if not key.startswith(_OF_LIMITS):
            raise UsageFault(
                f"--set {key!r} is no limit, and only the gate is asked again. Nothing was replayed; write limits.NAME=VALUE."
            )
    over = {key.removeprefix(_OF_LIMITS): value for key, value in asked.items()}
    return parse_limits(arguments.limits, session.settings.limits, over)


def _beside(arguments: argparse.Namespace, folder: Path, key: bytes, *, asks: bool) -> int:
    """Trade the bars of a run on the simulated exchange, and show the difference."""
    if asks or arguments.decision is not None:
        raise UsageFault(
            "--limits, --set and --decision ask what the gate would have decided, and --as-backtest trades anew under the "
            "limits of the run. Nothing was replayed. Leave one of them out."
        )
    told = finished(folder, key)
    session, warmup, events = open_run(folder, key)
    run = RecordedRun(events)
    adjuster, is_computed = adjuster_of(session, run, folder, arguments.policy)
    if not is_computed:
        raise UsageFault(
            f"The policy that {folder.name} has used was not found, and its recorded answers hold for the run's own book alone. "
            "Nothing was compared. Give its folder with --policy."
        )
    again = as_backtest(told, session, warmup, run, key, adjuster, quiet=arguments.quiet)
    compare(told, again, as_json=arguments.json)
    return 0


def _check_file(folder: Path, *, ended: bool) -> None:
    noted = checksum_holds(folder)
    if noted is not None and not ended:
        raise JournalFault(
            f"The end of {journal_of(folder)} was cut off: the run was finished, and its closing event is not there any more. "
            "What is left verifies. Restore the file from a copy."
        )
    if noted is False:
        raise JournalFault(
            f"Every event of {journal_of(folder)} verifies and replays, but a byte of the file outside the events was changed "
            "after the run ended (its SHA-256 is not the one in journal.sha256). Restore the file from a copy."
        )
