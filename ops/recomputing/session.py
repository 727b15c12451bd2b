"""A recorded session runs again: the same code on the same inputs, each event compared with the journal.

`judged_too` lets the gate judge each proposal a second time, under other limits, on the book as it was then. Nothing follows
from that second verdict.
"""

import asyncio
import sys
from collections.abc import Callable
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
from agents.records.record import CycleRecord, Session, Warmup
from agents.session import end_session, trade
from agents.shadow.seat import asks_models
from config.errors import UsageFault
from config.sections.limits import RiskLimits
from execution.account.routing.health import RecordedHealth
from execution.account.trader import Trader
from execution.kill_switch.switches import RecordedSwitch
from execution.venues.recorded import RecordedVenue
from execution.venues.sealing import open_gate
from ops.tables.replayed import WhatIf
from ops.terminal.progress import SessionProgress
from risk.proposal import Proposal
from risk.verdict import Verdict
from rl.adjuster import Adjuster

TAKEN = 2
"""Events with which a replay begins, and which it does not recompute: the session and its warm-up."""


class Enough(Exception):
    """Raised by who looks on at a replay: what follows is of no interest."""


Seen = Callable[[CycleRecord], None]
"""Is shown each record that came out the same; may raise Enough."""


@dataclass(slots=True)
class Result:
    """What a replay found. `ended`: the journal has a closing event, and it came out the same too."""

    bars: int = 0
    ended: bool = False
    difference: Difference | None = None


def recomputed(
    session: Session,
    warmup: Warmup,
    run: RecordedRun,
    key: bytes,
    adjuster: Adjuster,
    *,
    around: Around | None = None,
    seen: Seen = lambda record: None,
    bars: int | None = None,
    quiet: bool,
) -> Result:
    """Run a session again, and compare. `around` wraps the gate's judge; `bars`: how many the progress counts to. Raises
    TribunalError."""
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
    result = Result()
    with SessionProgress(bars or session.bars or 1, None if quiet else sys.stderr) as progress:

        def look(record: CycleRecord) -> None:
            result.bars += 1
            progress.update(record.as_of_utc, record.portfolio.equity, len(record.portfolio.positions), None)
            seen(record)

        try:
            asyncio.run(_again(desk, session, run, result, look))
        except Difference as difference:
            result.difference = difference
        except Enough:
            pass
    return result


def adjuster_of(session: Session, run: RecordedRun, folder: Path, given: str | None) -> tuple[Adjuster, bool]:
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


def judged_too(limits: RiskLimits, session: Session, key: bytes, take: Callable[[WhatIf], None]) -> Around:
    """A wrapper of the gate's judge that also judges each proposal under other limits, and hands both verdicts to `take`."""
    other = open_gate(limits, session.settings.exits, key, session.timeframe.bars_per_day, session.calibration)

    def around(trader: Trader) -> Judge:
        def judge(proposal: Proposal) -> Verdict:
            then = trader.judge_by(other, proposal)
            now = trader.judge(proposal)
            take(WhatIf(proposal, now, then))
            return now

        return judge

    return around


def _folders(session: Session, folder: Path) -> list[Path]:
    """Where the policy of a run may lie: where its request says, or under its name here."""
    request = kept_request(folder)
    places = (None if request is None else request.policy, session.settings.rl.model)
    return [Path(place) for place in places if place is not None]


async def _again(desk: Desk, session: Session, run: RecordedRun, result: Result, look: Seen) -> None:
    if run.next_bar() is not None and sits(desk.settings):
        run.append(prompts(session))
    await trade(desk, lambda: False, look)
    if (end := run.end) is not None:
        await end_session(desk, end.reason)
        result.ended = True
