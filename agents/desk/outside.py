"""What reaches a session from outside while it runs: models, the kill switch, a human's approval, reports of the venue; and who
looks on.

When a run is resumed, its journal gives these inputs up to where it ends; after that they come from outside again.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from agents.approval.anywhere import AnywhereApprover
from agents.approval.box import Petitions
from agents.approval.console import ConsoleApprover, approver_of
from agents.approval.petition import AUTO, Approver, Asked, ResumedApprover, tell_nobody
from agents.court.mind import Overheard
from agents.court.minds.watchlist import Landed, nobody_knows
from agents.desk.arrivals import SpokeNext, nothing_recorded
from agents.desk.steered.glance import Looked
from agents.desk.steered.parts import Parts
from agents.llm.asking import Asker
from agents.llm.recordings.resuming import ResumingAsker
from agents.recorded.resumed import ResumingSink
from agents.shadow.sitting import Past, never_heard
from config.clock import SystemClock
from config.secrets import load_secrets, state_dir
from config.sections.court import ApprovalMode
from config.settings import Settings
from execution.journal.event import Sink
from execution.kill_switch.halting import NoSwitch, Switch
from execution.kill_switch.latch import LatchFolder
from execution.kill_switch.switches import FileSwitch, ResumedSwitch
from execution.venues.exchange.lines.seen import Connected, LinesNow


def _nobody(lines: Mapping[str, Callable[[], LinesNow]]) -> None:
    """Nobody measures the lines."""


class Aside(NamedTuple):
    """What the shadow court needs from outside: who answers for its models, None if the rules mind sits, and what it has said
    already."""

    asker: Asker | None
    past: Past = never_heard


class Outside(NamedTuple):
    """The sources of these inputs. `asker` is None if the court has no models."""

    asker: Asker | None
    switch: Switch
    approver: Approver
    landed: Landed
    """Which outlooks that were asked ahead had been answered."""
    spoke_next: SpokeNext = nothing_recorded
    """Whether a report of the venue came next, between two bars."""
    shadow: Aside | None = None
    """For the shadow court; None if there is none."""
    overheard: Overheard | None = None
    """Is told each opinion in court as it is said; None if nobody looks on."""
    connected: Connected = _nobody
    """Is told how to read the lines to the exchanges of the session."""
    looked: Looked | None = None
    """What its operator asks of a session that is not on the clock; None where nobody can."""
    parts: Parts | None = None
    """What a changed profile replaces; None where nobody can change one."""


NOTHING_OUTSIDE = Outside(None, NoSwitch(), AUTO, nobody_knows)
"""For sessions whose journal is not kept: there is no kill switch, and every approval is given."""


def outside_of(
    settings: Settings,
    asker: Asker | None,
    journal: Sink,
    asked: Asked = tell_nobody,
    folder: Path | None = None,
    shadow_asker: Asker | None = None,
) -> Outside:
    """The outside inputs of a session that writes or resumes this journal. `asked` is told when a human is asked to approve;
    `folder`: that of the run, where petitions are laid down for other surfaces than the terminal; None for none; `shadow_asker`
    answers for the models of the shadow court, if it has any."""
    switch: Switch = FileSwitch(latches(), settings.profile)
    approver = _approver(settings.court.approval, asked, folder)
    if not isinstance(journal, ResumingSink):
        return Outside(asker, switch, approver, nobody_knows, shadow=Aside(shadow_asker))
    return Outside(
        asker and ResumingAsker(journal.attempts, asker),
        ResumedSwitch(journal.halt, lambda: journal.past, switch),
        ResumedApprover(journal.approval, approver),
        journal.landed,
        journal.spoke_next,
        Aside(shadow_asker and ResumingAsker(journal.shadow_attempts, shadow_asker), journal.shadow),
    )


def _approver(mode: ApprovalMode, asked: Asked, folder: Path | None) -> Approver:
    clock = SystemClock()
    if mode != "ask" or folder is None:
        return approver_of(mode, sys.stdin, sys.stderr, clock, asked)
    console = ConsoleApprover(sys.stdin, sys.stderr, clock, asked)
    return AnywhereApprover(console, Petitions(folder, clock), clock, sys.stderr, asked)


def latches() -> LatchFolder:
    """The folder of this user's kill switch. Raises OutputFault if there is no home folder."""
    return LatchFolder(state_dir(load_secrets()))
