"""What reaches a session from outside while it runs: models, the kill switch, a human who approves, and a venue that speaks.

A run that is gone on with has its past answered by its journal, and only what comes after it by the world.
"""

import sys
from typing import NamedTuple

from agents.approval.console import approver_of
from agents.approval.petition import AUTO, Approver, ResumedApprover
from agents.court.minds.watchlist import Landed, nobody_knows
from agents.desk.arrivals import SpokeNext, nothing_recorded
from agents.llm.asking import Asker
from agents.llm.recordings.resuming import ResumingAsker
from agents.recorded.resumed import ResumingSink
from config.clock import SystemClock
from config.secrets import load_secrets, state_dir
from config.settings import Settings
from execution.journal.event import Sink
from execution.kill_switch.halting import NoSwitch, Switch
from execution.kill_switch.latch import LatchFolder
from execution.kill_switch.switches import FileSwitch, ResumedSwitch


class Outside(NamedTuple):
    """Whoever may be asked. `asker` None where no models sit."""

    asker: Asker | None
    switch: Switch
    approver: Approver
    landed: Landed
    """Which outlooks that were asked ahead had come."""
    spoke_next: SpokeNext = nothing_recorded
    """Whether the venue spoke next, between two bars."""


NOTHING_OUTSIDE = Outside(None, NoSwitch(), AUTO, nobody_knows)
"""For sessions that are computed and thrown away: nobody halts them, and whoever would be asked says yes."""


def outside_of(settings: Settings, asker: Asker | None, journal: Sink) -> Outside:
    """The outside of a session that writes, or goes on writing, this journal."""
    switch: Switch = FileSwitch(latches(), settings.profile)
    approver = approver_of(settings.court.approval, sys.stdin, sys.stderr, SystemClock())
    if not isinstance(journal, ResumingSink):
        return Outside(asker, switch, approver, nobody_knows)
    return Outside(
        asker and ResumingAsker(journal.attempts, asker),
        ResumedSwitch(journal.halt, lambda: journal.past, switch),
        ResumedApprover(journal.approval, approver),
        journal.landed,
        journal.spoke_next,
    )


def latches() -> LatchFolder:
    """Where this user's kill switch lies. Raises OutputFault where there is no home."""
    return LatchFolder(state_dir(load_secrets()))
