"""What `tribunal replay` does: it runs the session again, and compares its events with the journal."""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from agents.approval.petition import RecordedApprover
from agents.court.graph import Judge
from agents.desk.desk import Desk
from agents.desk.kept import kept_request
from agents.desk.models import prompts, sits
from agents.desk.outside import Aside
from agents.desk.policy import adjuster_again
from agents.desk.wiring import Around, open_desk
from agents.llm.recordings.recorded import RecordedAsker
from agents.recorded.policy import RecordedAdjuster
from agents.recorded.rerun import Difference, RecordedFeed, RecordedPulse, RecordedRun, RecordedSentiment
from agents.records.events import EVENTS
from agents.records.folder import checksum_holds, journal_of
from agents.records.reading import open_run
from agents.records.record import CycleRecord, Session, Warmup
from agents.records.registry import Registry
from agents.session import end_session, trade
from agents.shadow.seat import asks_models
from config.errors import JournalFault, UsageFault
from config.reading.load import parse_limits
from config.secrets import journal_key
from execution.account.routing.health import RecordedHealth
from execution.account.trader import Trader
from execution.kill_switch.switches import RecordedSwitch
from execution.venues.recorded import RecordedVenue
from execution.venues.sealing import open_gate
from ops.anchoring import agreed
from ops.beside.trading import as_backtest, compare, finished
from ops.tables.replayed import Counted, WhatIf, show_difference, show_identical, show_what_if
from ops.terminal.progress import SessionProgress
from risk.proposal import Proposal
from risk.verdict import Verdict
from rl.adjuster import Adjuster

CUT_SHORT = 9
"""Exit code for a journal that verifies and replays, and has no closing event: killed, or cut off."""
_TAKEN = 2
"""Events with which a replay begins, and which it does not recompute: the session and its warm-up."""


@dataclass(slots=True)
class Result:
    """What a replay found."""

    session: Session
    bars: int
    ended: bool
    difference: Difference | None
    what_if: list[WhatIf]


def replay_command(arguments: argparse.Namespace, registry: Registry = EVENTS) -> int:
    """Replay one run, whose events `registry` knows; returns the exit code. Raises TribunalError."""
    folder, key = Path(arguments.run), journal_key()
    if arguments.as_backtest:
        return _beside(arguments, folder, key)
    session, warmup, events = open_run(folder, key, registry)
    run = RecordedRun(events)
    found: list[WhatIf] = []
    around = _asking(arguments.limits, session, key, found) if arguments.limits else None
    adjuster, recomputed = _adjuster(session, run, folder, arguments.policy)
    result = _replay(session, warmup, run, key, around, found, adjuster, quiet=arguments.quiet)
    if result.difference is not None:
        show_difference(folder.name, result.difference)
        return 1
    _check_file(folder, ended=result.ended)
    anchored = agreed(folder, key, arguments.anchors)
    if arguments.limits:
        show_what_if(result.what_if, as_json=arguments.json)
    else:
        not_asked = session.policy if not recomputed else None
        counted = Counted(result.bars, run.compared + _TAKEN, run.by_value, run.left_out, not_asked, anchored)
        show_identical(folder.name, counted, ended=result.ended, as_json=arguments.json)
    return 0 if result.ended else CUT_SHORT


def _beside(arguments: argparse.Namespace, folder: Path, key: bytes) -> int:
    """Trade the bars of a run on the simulated exchange, and show the difference."""
    if arguments.limits:
        raise UsageFault(
            "--limits asks what the gate would have decided, and --as-backtest trades anew under the limits of the run. Nothing "
            "was replayed. Leave one of them out."
        )
    told = finished(folder, key)
    session, warmup, events = open_run(folder, key)
    run = RecordedRun(events)
    adjuster, recomputed = _adjuster(session, run, folder, arguments.policy)
    if not recomputed:
        raise UsageFault(
            f"The policy that {folder.name} has used was not found, and its recorded answers hold for the run's own book alone. "
            "Nothing was compared. Give its folder with --policy."
        )
    again = as_backtest(told, session, warmup, run, key, adjuster, quiet=arguments.quiet)
    compare(told, again, as_json=arguments.json)
    return 0


def _replay(
    session: Session,
    warmup: Warmup,
    run: RecordedRun,
    key: bytes,
    around: Around | None,
    found: list[WhatIf],
    adjuster: Adjuster,
    *,
    quiet: bool,
) -> Result:
    venue = RecordedVenue(run, dict(session.instruments), session.settings.venue)
    desk = open_desk(
        session,
        warmup,
        feed=RecordedFeed(run),
        venue=venue,
        driver=venue,
        sentiment=RecordedSentiment(run),
        sink=run,
        switch=RecordedSwitch(run.halt),
        approver=RecordedApprover(run.approval),
        key=key,
        adjuster=adjuster,
        asker=RecordedAsker(run.attempts) if sits(session.settings) else None,
        around=around,
        landed=run.landed,
        spoke_next=run.spoke_next,
        pulse=RecordedPulse(run),
        health=RecordedHealth(run),
        aside=Aside(RecordedAsker(run.shadow_attempts) if asks_models(session.shadow) else None, run.shadow),
    )
    result = Result(session, 0, ended=False, difference=None, what_if=found)
    with SessionProgress(session.bars or 1, None if quiet else sys.stderr) as progress:
        try:
            asyncio.run(_again(desk, session, run, result, progress))
        except Difference as difference:
            result.difference = difference
    return result


def _adjuster(session: Session, run: RecordedRun, folder: Path, given: str | None) -> tuple[Adjuster, bool]:
    """The adjuster of the run, and whether it computes its answers anew. Raises UsageFault for a given policy of another hash."""
    policy = session.policy
    found = adjuster_again(session, [Path(given)] if given else _folders(session, folder))
    if found is not None:
        return found, True
    assert policy is not None
    if given:
        raise UsageFault(
            f"{given} does not hold the policy {policy.name} with the hash {policy.sha256}, which this run has used. Nothing was "
            "replayed. Give another --policy, or none: the journal's answers then stand in for it."
        )
    return RecordedAdjuster(policy.name, lambda: run.adjustments), False


def _folders(session: Session, folder: Path) -> list[Path]:
    """Where the policy of a run may lie: where its request says, or under its name here."""
    request = kept_request(folder)
    places = (None if request is None else request.policy, session.settings.rl.model)
    return [Path(place) for place in places if place is not None]


async def _again(desk: Desk, session: Session, run: RecordedRun, result: Result, progress: SessionProgress) -> None:
    def seen(record: CycleRecord) -> None:
        result.bars += 1
        progress.update(record.as_of_utc, record.portfolio.equity, len(record.portfolio.positions), None)

    if run.next_bar() is not None and sits(desk.settings):
        run.append(prompts(session))
    await trade(desk, lambda: False, seen)
    if (end := run.end) is not None:
        await end_session(desk, end.reason)
        result.ended = True


def _asking(file: str, session: Session, key: bytes, found: list[WhatIf]) -> Around:
    """A wrapper of the gate that also judges each proposal with other limits."""
    limits, per_day = parse_limits(Path(file), session.settings.limits), session.timeframe.bars_per_day
    other = open_gate(limits, session.settings.exits, key, per_day, session.calibration)

    def around(trader: Trader) -> Judge:
        def judge(proposal: Proposal) -> Verdict:
            then = trader.judge_by(other, proposal)
            now = trader.judge(proposal)
            found.append(WhatIf(proposal, now, then))
            return now

        return judge

    return around


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
