"""Who listens to the journal of a running session: alerts, the kill switch and the progress, each told once on stderr."""

import sys
from collections.abc import Sequence
from contextlib import suppress

from agents.desk.outside import latches
from agents.desk.telling import AlertTeller
from agents.recorded.resumed import ResumingSink
from config.settings import Settings
from execution.journal.chain import Journal
from execution.journal.event import Fanout, Listener
from execution.journal.lasting import LastingJournal
from execution.kill_switch.latch import ALL
from ops.terminal.halts import HaltHerald


def listeners_of(settings: Settings, *more: Listener) -> tuple[Listener, ...]:
    """What tells the user of alerts and of the kill switch, and `more`. Latches that are down already are told now."""
    herald, folder = HaltHerald(sys.stderr), latches()
    herald.at_start([latch for scope in (ALL, settings.profile) if (latch := folder.read(scope))])
    return (AlertTeller(sys.stderr), herald, *more)


def listened(
    journal: Journal | ResumingSink, listeners: Sequence[Listener], lasting: LastingJournal | None = None
) -> Fanout:
    """The journal, with whoever listens to it; one that fails is reported on stderr. `lasting` is the same journal, for a session
    that outlives it."""

    def report(text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(f"{text}\n")

    return Fanout(lasting or journal, listeners, report, lambda: isinstance(journal, ResumingSink) and journal.past)
