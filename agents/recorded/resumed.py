"""Going on with a run that was killed.

The bars that it has lived through are lived through again, on the same path, and every event that comes out is compared with
the journal instead of being written; where the journal ends, writing begins. So ledger, breakers, resting orders and all else
are as they were, and a run whose data, settings or code have changed is not gone on with. Models are not asked again for what
they have said, nor humans for what they have answered: that comes out of the journal.
"""

import json
from collections.abc import Generator
from pathlib import Path

from agents.approval.petition import Approval
from agents.llm.attempt import Attempt, Role
from agents.records.events import read_events
from agents.records.record import CycleRecord, SessionEnd
from agents.records.registry import Recorded, leaves
from config.errors import JournalFault, UsageFault
from config.frozen import Journaled
from execution.journal.chain import Journal
from execution.kill_switch.halting import HaltEvent
from execution.reports import HEARD, VenueWord


class ResumingSink:
    """Compares events with those of an old journal while they last, then appends to it."""

    def __init__(self, path: Path, key: bytes, group_commit: int) -> None:
        """Raises JournalFault for a journal that does not verify, UsageFault for one whose session has ended."""
        self._attempts: dict[tuple[str, Role], tuple[Attempt, ...]] = {}
        self._halts: dict[int, HaltEvent] = {}
        self._approvals: dict[str, Approval] = {}
        self._came: dict[str, int] = {}
        self._spoken: set[int] = set()
        self._bars = 0
        last = self._read(path, key)
        if last is None:
            raise UsageFault(f"{path} holds no event: there is nothing to go on with. Start a new run.")
        if isinstance(last.event, SessionEnd):
            raise UsageFault(f"The run in {path.parent} has ended; there is nothing left of it to go on with.")
        self._old: Generator[Recorded, None, None] = read_events(path, key)
        self._left = self._last = last.seq
        self._journal = Journal.reopen(path, key, group_commit, last.mac, last.seq)

    def attempts(self, decision_id: str, role: Role) -> tuple[Attempt, ...]:
        """What models were asked, and answered, for a role in a decision before the run was killed."""
        return self._attempts.get((decision_id, role), ())

    @property
    def past(self) -> bool:
        """Whether the old journal still says what comes next."""
        return self._left > 0

    def halt(self, look: int) -> HaltEvent | None:
        """What was seen of the kill switch at a look before the run was killed, if it had changed."""
        return self._halts.get(look)

    def approval(self, decision_id: str) -> Approval | None:
        """What was said of a large position before the run was killed, if anybody was asked."""
        return self._approvals.get(decision_id)

    def landed(self, decision_id: str) -> bool | None:
        """Whether the answer to an outlook was there at this bar's close; None where the journal has ended."""
        return self._came.get(decision_id) == self._bars if self._left else None

    def spoke_next(self) -> bool | None:
        """Whether the venue spoke next, between two bars; None where the journal has ended."""
        return self._last - self._left + 1 in self._spoken if self._left else None

    def _read(self, path: Path, key: bytes) -> Recorded | None:
        """The last event; what came from outside is noted on the way, attempts with the number of bars before."""
        last, bars = None, 0
        for last in read_events(path, key):
            match last.event:
                case CycleRecord():
                    bars += 1
                case Attempt() as attempt:
                    place = (attempt.decision_id, attempt.role)
                    self._attempts[place] = (*self._attempts.get(place, ()), attempt)
                    self._came.setdefault(attempt.decision_id, bars)
                case HaltEvent() as halt if halt.action != "flat":
                    self._halts[halt.look] = halt
                case VenueWord(asked=asked) if asked == HEARD:
                    self._spoken.add(last.seq)
                case Approval() as approval:
                    self._approvals[approval.decision_id] = approval
        return last

    def append(self, event: Journaled) -> int:
        """Compare, or write. Raises JournalFault where the past comes out otherwise."""
        if self._left == 0:
            return self._journal.append(event)
        self._left -= 1
        recorded = next(self._old)
        if not recorded.says(event):
            raise JournalFault(
                f"The run cannot be gone on with: event {recorded.seq} ({recorded.row.kind}) comes out otherwise now"
                f"{_where(recorded, event)}. Give --resume with all the options that the run was started with. If they "
                "are the same, the data or the program has changed: start a new run. Nothing was written."
            )
        self._bars += isinstance(event, CycleRecord)
        if self._left == 0:
            self._old.close()
        return recorded.seq

    def close(self) -> None:
        self._old.close()
        self._journal.close()

    def abandon(self) -> None:
        self._old.close()
        self._journal.abandon()


def _where(recorded: Recorded, event: Journaled) -> str:
    """The first fields that differ, for a person to see which option is missing."""
    before, after = (dict(leaves(json.loads(raw))) for raw in (recorded.payload, event.canonical()))
    changed = [f"{key}: {value} then, {after.get(key)} now" for key, value in before.items() if after.get(key) != value]
    return f" ({'; '.join(changed[:3])})" if changed else ""
