"""Trades a run's bars again on the simulated exchange, so that the two can be compared (`tribunal replay --as-backtest`).

The second session has the settings, warm-up, bars, news, answers and kill switch of the journal, and the exchange's rules of that
time. It writes its journal into a folder that is removed afterwards.
"""

import asyncio
import sys
from pathlib import Path

from agents.approval.petition import RecordedApprover
from agents.desk.models import prompts, sits
from agents.desk.paper import simulation_of
from agents.desk.wiring import open_desk
from agents.llm.recordings.recorded import RecordedAsker
from agents.recorded.again import BarsAgain, InputsAgain, NewsAgain
from agents.recorded.rerun import RecordedRun
from agents.records.folder import JOURNAL
from agents.records.record import CycleRecord, Session, Warmup
from agents.session import run_session
from config.errors import UsageFault
from config.files import passing_folder
from execution.journal.chain import Journal
from ops.beside.figures import beside
from ops.beside.shown import show_beside
from ops.story.story import Story, read_story
from ops.terminal.progress import SessionProgress
from rl.adjuster import Adjuster

_GROUP = 1024
"""Events in one commit: the journal of the second session need not outlive anything."""


def finished(folder: Path, key: bytes) -> Story:
    """The story of a run that can be compared. Raises UsageFault for one that has not ended or has no bar, JournalFault."""
    story = read_story(folder, key)
    if story.end is None:
        raise UsageFault(
            f"{folder.name} has no closing event, so what its last orders led to is not known. Nothing was compared. End it with "
            "`tribunal run --resume RUN` first."
        )
    if not len(story.columns.close_ms):
        raise UsageFault(
            f"{folder.name} holds no bar, so there is nothing that the simulated exchange could trade. Nothing was compared. "
            "Give a run with bars."
        )
    return story


def as_backtest(
    told: Story, session: Session, warmup: Warmup, run: RecordedRun, key: bytes, adjuster: Adjuster, *, quiet: bool
) -> Story:
    """Trade the bars of a run on the simulated exchange, and return the story of that."""
    with passing_folder() as folder:
        journal = Journal(folder / JOURNAL, key, _GROUP)
        try:
            with SessionProgress(len(told.columns.close_ms), None if quiet else sys.stderr) as progress:
                asyncio.run(_trade(_simulated(session), warmup, run, journal, key, adjuster, progress))
            journal.close()
        except BaseException:
            journal.abandon()
            raise
        return read_story(folder, key)


def compare(told: Story, again: Story, *, as_json: bool) -> None:
    """Print how the run differs from its backtest. Raises UsageFault if nothing was traded in either."""
    if not told.fills and not again.fills:
        raise UsageFault(
            f"{told.run} traded nothing, and nothing was traded on the simulated exchange either. There is nothing to compare; "
            "give a run with trades."
        )
    show_beside(beside(told, again), as_json=as_json)


def _simulated(session: Session) -> Session:
    """The same session on the simulated exchange. Of a real exchange only the bars are left: it is one on their feed."""
    settings = session.settings
    venue = settings.venue.model_copy(update={"kind": "simulated"})
    world = "feed" if settings.venue.is_real else settings.world
    changed = settings.model_copy(update={"venue": venue, "world": world})
    return session.model_copy(update={"settings": changed, "account": None})


async def _trade(
    session: Session,
    warmup: Warmup,
    run: RecordedRun,
    journal: Journal,
    key: bytes,
    adjuster: Adjuster,
    progress: SessionProgress,
) -> None:
    journal.append(session)
    journal.append(warmup)
    if sits(session.settings):
        journal.append(prompts(session))
    venue, inputs = simulation_of(session, key), InputsAgain(run)
    desk = open_desk(
        session,
        warmup,
        feed=BarsAgain(inputs),
        venue=venue,
        driver=venue,
        sentiment=NewsAgain(inputs, run),
        sink=journal,
        switch=inputs,
        approver=RecordedApprover(run.approval),
        key=key,
        adjuster=adjuster,
        asker=RecordedAsker(run.attempts, same_question=False) if sits(session.settings) else None,
        landed=run.landed,
        spoke_next=inputs.spoke_next,
        pulse=inputs,
    )

    def seen(record: CycleRecord) -> None:
        progress.update(record.as_of_utc, record.portfolio.equity, len(record.portfolio.positions), None)

    await run_session(desk, lambda: False, seen)
