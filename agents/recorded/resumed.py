"""Resuming a run that was killed, or stopped by a signal.

The session runs again from its first bar, with the same code. While the journal lasts, every event is compared with it instead of
being written; after its last event, new events are appended. So ledger, breakers, resting orders and all other state are
restored, and a run is not resumed if its data, settings or code have changed. Models and humans are not asked again: their
recorded answers come from the journal.

A session that was stopped has written an ending: entries that it withdrew, late answers, its closing event. An unbroken run has
none of this, so the ending is taken back, once everything before it was found to be the same. Until then no file is changed.
"""

import json
from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from agents.approval.petition import Approval
from agents.llm.attempt import Attempt, Role
from agents.recorded.rerun import attempts_in
from agents.records.events import EVENTS, read_events
from agents.records.folder import forget_checksum
from agents.records.inputs import Arrived, Beat, Between, RaiseAsked, Ruled, StopAsked
from agents.records.record import CycleRecord, Prompts, Session, SessionEnd, Warmup
from agents.records.registry import Recorded, leaves
from agents.records.steered import Steered
from agents.shadow.heard import ShadowHeard
from config.errors import JournalFault, UsageFault
from config.frozen import Journaled
from execution.journal.chain import Head, Journal, shorten, written_kinds
from execution.journal.rows import GENESIS
from execution.kill_switch.halting import HaltEvent
from execution.reports import HEARD, SentOrder, VenueWord


class ResumingSink:
    """Compares events with those of an old journal up to its end, then appends to it."""

    def __init__(
        self, path: Path, key: bytes, group_commit: int, shortens: Callable[[Head], None] = lambda kept: None
    ) -> None:
        """`shortens` is called before an ending is taken back, with what is kept.

        Raises JournalFault for a journal that does not verify, UsageFault for one whose session has ended."""
        self._attempts: dict[tuple[str, Role], tuple[Attempt, ...]] = {}
        self._halts: dict[int, HaltEvent] = {}
        self._approvals: dict[str, Approval] = {}
        self._came: dict[str, int] = {}
        self._shadowed: dict[datetime, tuple[int, ShadowHeard]] = {}
        self._spoken: set[int] = set()
        self._inputs: dict[int, Arrived | Between] = {}
        self._bars = 0
        self._lives_on = False
        self._ahead: Recorded | None = None
        self.unanswered: frozenset[str] = frozenset()
        """Ids of the orders whose intents are kept and whose answers are not: they may have been sent."""
        self.forgotten: frozenset[str] = frozenset()
        """Ids of the orders that were sent in the ending that is taken back: an exchange may have them."""
        kept = _before_the_ending(list(written_kinds(path)))
        last, head = self._read(path, key, kept)
        if last is None:
            raise UsageFault(
                f"{path} holds no event, so there is nothing to resume. Nothing was started. Start a new run."
            )
        if isinstance(last.event, SessionEnd) and last.event.reason == "completed" and not self._has_left(last.event):
            raise UsageFault(
                f"The run in {path.parent} has ended, so there is nothing to resume. Nothing was started. Start a new run."
            )
        self._old: Generator[Recorded, None, None] = read_events(path, key)
        self._left = self._last = kept
        self._place = _Place(path, key, group_commit, Head(kept, head), shortens if kept < last.seq else None)
        self._journal: Journal | None = None
        self.committed: Callable[[float], None] | None = None
        """Is told how long each commit of a new event took [s]; None where nobody measures."""

    def _has_left(self, end: SessionEnd) -> bool:
        """Whether the session has left positions on an account that lives beyond it: somebody has to look after them."""
        return self._lives_on and bool(end.portfolio.positions)

    def attempts(self, decision_id: str, role: Role) -> tuple[Attempt, ...]:
        """The models' attempts for a role in a decision before the run was killed."""
        return self._attempts.get((decision_id, role), ())

    @property
    def past(self) -> bool:
        """Whether the next event is still one of the old journal."""
        return self._left > 0

    def halt(self, look: int) -> HaltEvent | None:
        """The change of the kill switch that was seen at a look before the run was killed, if there was one."""
        return self._halts.get(look)

    def approval(self, decision_id: str) -> Approval | None:
        """The answer about a large position before the run was killed, if there was one."""
        return self._approvals.get(decision_id)

    def landed(self, decision_id: str) -> bool | None:
        """Whether an outlook had been answered by this bar's close; None after the end of the journal."""
        return self._came.get(decision_id) == self._bars if self._left else None

    def shadow(self, as_of: datetime) -> ShadowHeard | bool | None:
        """What the shadow court had said by this bar of the cases of a close, False if it had not; None after the end of the
        journal."""
        if not self._left:
            return None
        bars, heard = self._shadowed.get(as_of, (-1, False))
        return heard if bars == self._bars else False

    def shadow_attempts(self, decision_id: str, role: Role) -> tuple[Attempt, ...]:
        """The attempts of the shadow court for a role in a decision before the run was killed."""
        return attempts_in((heard for _, heard in self._shadowed.values()), decision_id, role)

    def spoke_next(self) -> bool | None:
        """Whether a report of the venue came next, between two bars; None after the end of the journal."""
        return self._last - self._left + 1 in self._spoken if self._left else None

    def input(self) -> Arrived | Between | None:
        """The next event, if it is one that reached a session on the clock from outside; None after the end of the journal."""
        return self._inputs.get(self._last - self._left + 1) if self._left else None

    def _read(self, path: Path, key: bytes, kept: int) -> tuple[Recorded | None, str]:
        """Read the whole journal, and note the inputs from outside of its first `kept` events.

        Returns the last event of all, and the MAC of the last one that is kept. Attempts are noted with the number of bars before
        them.
        """
        last, bars, head = None, 0, GENESIS
        for last in read_events(path, key):
            if last.seq > kept:
                if isinstance(last.event, SentOrder):
                    self.forgotten |= {last.event.order_id}
                continue
            head = last.mac
            match last.event:
                case SentOrder(order_id=order_id):
                    self.unanswered |= {order_id}
                case VenueWord(asked=asked) if asked.removeprefix("submit ") in self.unanswered:
                    self.unanswered -= {asked.removeprefix("submit ")}
                case CycleRecord():
                    bars += 1
                case Session() as session:
                    self._lives_on = session.standing is not None
                case Attempt() as attempt:
                    place = (attempt.decision_id, attempt.role)
                    self._attempts[place] = (*self._attempts.get(place, ()), attempt)
                    self._came.setdefault(attempt.decision_id, bars)
                case ShadowHeard() as aside:
                    self._shadowed[aside.as_of_utc] = (bars, aside)
                case HaltEvent() as halt if halt.action != "flat":
                    self._halts[halt.look] = halt
                case VenueWord(asked=asked) if asked == HEARD:
                    self._spoken.add(last.seq)
                case Arrived() | Beat() | StopAsked() | RaiseAsked() | Ruled() | Steered() as came:
                    self._inputs[last.seq] = came
                case Approval() as approval:
                    self._approvals[approval.decision_id] = approval
        return last, head

    def peek(self) -> Journaled | None:
        """The event that comes next in the old journal; None after its end."""
        if self._left and self._ahead is None:
            self._ahead = next(self._old)
        return None if self._ahead is None else self._ahead.event

    def append(self, event: Journaled) -> int:
        """Compare an event with the old journal, or append it. Raises JournalFault if it differs."""
        if self._left == 0:
            return self._ready().append(event)
        self._left -= 1
        recorded, self._ahead = self._ahead or next(self._old), None
        if not recorded.says(event):
            raise JournalFault(
                f"The run cannot be resumed: event {recorded.seq} ({recorded.row.kind}) is different now"
                f"{_where(recorded, event)}. Nothing was written. Leave out the options that differ: --resume knows those of the "
                "start. If none was given, the data or the program has changed: start a new run."
            )
        self._bars += isinstance(event, CycleRecord)
        if self._left == 0:
            self._old.close()
        return recorded.seq

    @property
    def opened(self) -> Journal | None:
        """The journal that new events are written to; None before the first one."""
        return self._journal

    def close(self) -> None:
        self._old.close()
        if self._journal is not None:
            self._journal.close()

    def abandon(self) -> None:
        self._old.close()
        if self._journal is not None:
            self._journal.abandon()

    def _ready(self) -> Journal:
        """The journal, ready for the first new event."""
        if self._journal is None:
            self._journal = self._place.journal()
            self._journal.committed = self.committed
        return self._journal


class _Place(NamedTuple):
    """Where the run goes on: after the first events of a journal, which are `kept`. `shortens`: None if these are all."""

    path: Path
    key: bytes
    group_commit: int
    kept: Head
    shortens: Callable[[Head], None] | None

    def journal(self) -> Journal:
        """Take the ending back, if there is one, and open the journal."""
        if self.shortens is not None:
            self.shortens(self.kept)
            forget_checksum(self.path.parent)
            shorten(self.path, self.key, self.kept.events)
        return Journal.reopen(self.path, self.key, self.group_commit, self.kept.mac, self.kept.events)


def _before_the_ending(kinds: Sequence[str]) -> int:
    """How many events stand before the ending of a session: all up to its last bar, or to what its operator has asked after it;
    all there are if it has no ending.

    A session on the clock says where its ending begins: what it sold after its last bar is no part of it.
    Without a bar it is what every session begins with.
    """
    asked = [number for number, kind in enumerate(kinds, 1) if kind in EVENTS.spellings(StopAsked)]
    if asked:
        return asked[-1] - 1
    if not kinds or kinds[-1] not in EVENTS.spellings(SessionEnd):
        return len(kinds)
    beginnings: tuple[tuple[type[Journaled], ...], ...] = ((CycleRecord, Steered), (Session, Warmup, Prompts))
    for before in beginnings:
        wanted = frozenset().union(*(EVENTS.spellings(event) for event in before))
        found = [number for number, kind in enumerate(kinds, 1) if kind in wanted]
        if found:
            return found[-1]
    return 0


def _where(recorded: Recorded, event: Journaled) -> str:
    """The first fields that differ: they show which option is missing."""
    before, after = (dict(leaves(json.loads(raw))) for raw in (recorded.payload, event.canonical()))
    changed = [f"{key}: {value} then, {after.get(key)} now" for key, value in before.items() if after.get(key) != value]
    return f" ({'; '.join(changed[:3])})" if changed else ""
