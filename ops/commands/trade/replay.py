"""What `tribunal replay` does: the run's own path, with a journal that compares."""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from agents.approval.petition import RecordedApprover
from agents.court.graph import Judge
from agents.desk.desk import Desk
from agents.desk.models import prompts, sits
from agents.desk.wiring import Around, bars_per_day, open_desk
from agents.llm.recordings.recorded import RecordedAsker
from agents.recorded.rerun import Difference, RecordedFeed, RecordedSentiment, Tape
from agents.records.folder import JOURNAL, checksum_holds
from agents.records.reading import open_run
from agents.records.record import CycleRecord, Session, SessionEnd, Warmup
from agents.session import end_session, trade
from config.errors import JournalFault
from config.reading.load import parse_limits
from config.secrets import journal_key
from execution.account.trader import Trader
from execution.kill_switch.switches import RecordedSwitch
from execution.venues.recorded import RecordedVenue
from execution.venues.sealing import open_gate
from ops.progress import SessionProgress
from ops.tables.replayed import WhatIf, show_difference, show_identical, show_what_if
from risk.proposal import Proposal
from risk.verdict import Verdict

CUT_SHORT = 9
"""Exit code for a journal that verifies and replays, and has no closing event: killed, or cut off."""


@dataclass(slots=True)
class Result:
    """What a replay found."""

    session: Session
    bars: int
    events: int
    ended: bool
    difference: Difference | None
    what_if: list[WhatIf]


def replay_command(arguments: argparse.Namespace) -> int:
    """Replay one run; returns the exit code. Raises TribunalError."""
    folder, key = Path(arguments.run), journal_key()
    session, warmup, events = open_run(folder, key)
    found: list[WhatIf] = []
    around = _asking(arguments.limits, session, key, found) if arguments.limits else None
    result = _replay(session, warmup, Tape(events), key, around, found, quiet=arguments.quiet)
    if result.difference is not None:
        show_difference(folder.name, result.difference.recorded, result.difference.kind, result.difference.payload)
        return 1
    _check_file(folder, ended=result.ended)
    if arguments.limits:
        show_what_if(result.what_if, as_json=arguments.json)
    else:
        show_identical(folder.name, result.bars, result.events, ended=result.ended, as_json=arguments.json)
    return 0 if result.ended else CUT_SHORT


def _replay(
    session: Session, warmup: Warmup, tape: Tape, key: bytes, around: Around | None, found: list[WhatIf], *, quiet: bool
) -> Result:
    venue = RecordedVenue(tape, dict(session.instruments), session.settings.venue)
    desk = open_desk(
        session,
        warmup,
        feed=RecordedFeed(tape),
        venue=venue,
        driver=venue,
        sentiment=RecordedSentiment(tape),
        sink=tape,
        switch=RecordedSwitch(tape.halt),
        approver=RecordedApprover(tape.approval),
        key=key,
        asker=RecordedAsker(tape.attempts) if sits(session.settings) else None,
        around=around,
        landed=tape.landed,
        spoke_next=tape.spoke_next,
    )
    result = Result(session, 0, 2, ended=False, difference=None, what_if=found)
    with SessionProgress(session.bars, None if quiet else sys.stderr) as progress:
        try:
            asyncio.run(_again(desk, tape, result, progress))
        except Difference as difference:
            result.difference = difference
    result.events += tape.compared
    return result


async def _again(desk: Desk, tape: Tape, result: Result, progress: SessionProgress) -> None:
    def seen(record: CycleRecord) -> None:
        result.bars += 1
        progress.update(record.as_of_utc, record.portfolio.equity, len(record.portfolio.positions), None)

    if tape.next_bar() is not None and sits(desk.settings):
        tape.append(prompts())
    await trade(desk, lambda: False, seen)
    rest = tape.rest
    if rest and rest[-1].kind == "session_ended":
        end = SessionEnd.model_validate_json(rest[-1].payload)
        await end_session(desk, end.reason)
        result.ended = True


def _asking(file: str, session: Session, key: bytes, found: list[WhatIf]) -> Around:
    """A gate's door at which each proposal is also judged under other limits."""
    limits, per_day = parse_limits(Path(file), session.settings.limits), bars_per_day(session.timeframe)
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
            f"The end of {folder / JOURNAL} was cut off: the run was finished, and its closing event is not there any more. "
            "What is left verifies. Restore the file from a copy."
        )
    if noted is False:
        raise JournalFault(
            f"Every event of {folder / JOURNAL} verifies and replays, but a byte of the file outside the events was changed "
            "after the run ended (its SHA-256 is not the one in journal.sha256). Restore the file from a copy."
        )
