"""A recorded run as a world: its feed, its news, and a sink that compares events instead of writing them.

With these and the recorded venue in the desk, a replay runs the same code as the run. Every event that it produces is compared
with the event in the journal.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import datetime

from agents.approval.petition import Approval
from agents.llm.attempt import Attempt, Role
from agents.records.inputs import Arrived, Between
from agents.records.record import AskedAhead, CycleRecord, RulingReserved, SessionEnd, ShareReview
from agents.records.registry import Recorded
from agents.shadow.heard import ShadowHeard
from config.errors import JournalFault
from config.frozen import Journaled
from config.silence import Abstained
from execution.kill_switch.halting import HaltEvent
from execution.reports import HEARD, VenueWord
from market.bar import Slice
from rl.adjustment import Adjustment
from sentiment.headline import SentimentData


class Difference(Exception):
    """The first event that differs. `recorded` is None if the journal holds no event there."""

    def __init__(self, recorded: Recorded | None, event: Journaled) -> None:
        super().__init__(event.event_kind)
        self.recorded = recorded
        self.event = event


def attempts_in(heard: Iterable[ShadowHeard], decision_id: str, role: Role) -> tuple[Attempt, ...]:
    """The attempts for a role in a decision that stand in these events."""
    attempts = (attempt for each in heard for attempt in each.attempts)
    return tuple(each for each in attempts if (each.decision_id, each.role) == (decision_id, role))


class RecordedRun:
    """The journal's events, one bar at a time: all events up to and including the bar's cycle record."""

    def __init__(self, events: Iterator[Recorded]) -> None:
        self._events = events
        self._group: deque[Recorded] = deque()
        self.cycle: CycleRecord | None = None
        self.watched: dict[str, SentimentData] = {}
        """The news of the markets that were asked about at this bar and whose answers come later, by symbol."""
        self._attempts: dict[tuple[str, Role], tuple[Attempt, ...]] = {}
        self._approvals: list[Approval] = []
        self._shadowed: dict[datetime, ShadowHeard] = {}
        self.adjustments: list[Adjustment] = []
        """What the policy answered at this bar, at reviews and in court."""
        self.compared = 0
        self.by_value: Counter[str] = Counter()
        """How many of the compared events were written in an older version, by kind and version as the journal spells them."""
        self.left_out: dict[str, tuple[str, ...]] = {}
        """Fields of older events that were not compared, because a rule has changed since."""

    def next_bar(self) -> CycleRecord | None:
        """Load the events of the next bar; None when no whole bar is left (see `end`)."""
        self._group.clear()
        self._attempts.clear()
        self._approvals.clear()
        self._shadowed.clear()
        self.adjustments.clear()
        self.watched.clear()
        self.cycle = None
        for found in self._events:
            self._group.append(found)
            match found.event:
                case Attempt() as attempt:
                    self._note(attempt)
                case Approval() as approval:
                    self._approvals.append(approval)
                case ShadowHeard() as aside:
                    self._shadowed[aside.as_of_utc] = aside
                case AskedAhead() as ahead:
                    self.watched |= {each.sentiment.symbol: each.sentiment for each in ahead.asked}
                case RulingReserved() as reserved:
                    self.watched |= {each.sentiment.symbol: each.sentiment for each in reserved.asked}
                case ShareReview() as review:
                    self.adjustments.append(review.adjustment)
                case CycleRecord() as cycle:
                    self.adjustments += [hearing.adjustment for hearing in (*cycle.hearings, *cycle.fast)]
                    self.cycle = cycle
                    return cycle
                case SessionEnd():
                    self._refuse_more(found)
                    return None
        return None

    def _note(self, attempt: Attempt) -> None:
        key = (attempt.decision_id, attempt.role)
        self._attempts[key] = (*self._attempts.get(key, ()), attempt)

    def attempts(self, decision_id: str, role: Role) -> tuple[Attempt, ...]:
        """The models' attempts for a role in a decision of this bar."""
        return self._attempts.get((decision_id, role), ())

    def shadow(self, as_of: datetime) -> ShadowHeard | bool:
        """What the shadow court has said by this bar of the cases of a close; False if it had not."""
        return self._shadowed.get(as_of, False)

    def shadow_attempts(self, decision_id: str, role: Role) -> tuple[Attempt, ...]:
        """The attempts of the shadow court for a role in a decision, out of what it has said by this bar."""
        return attempts_in(self._shadowed.values(), decision_id, role)

    def approval(self, decision_id: str) -> Approval | None:
        """The answer about a large position of this bar, if there was one."""
        return next((said for said in self._approvals if said.decision_id == decision_id), None)

    def halt(self, look: int) -> HaltEvent | None:
        """The change of the kill switch that was seen at this look, if there was one."""
        following = self.peek()
        if isinstance(following, HaltEvent) and following.look == look and following.action != "flat":
            return following
        return None

    def spoke_next(self) -> bool:
        """Whether a report of the venue came next, between two bars. Loads the next bar if all events before it were compared.

        After the last whole bar, reports are repeated only if the journal was closed: the end of a journal that was cut short is
        not compared.
        """
        if not self._group:
            self.next_bar()
        following = self.peek()
        if not isinstance(following, VenueWord) or following.asked != HEARD:
            return False
        return self.cycle is not None or self.end is not None

    def beat(self) -> Between | None:
        """The next event, if it is one that reached the session between two bars. As `spoke_next` after the last whole bar."""
        following = self.peek()
        if not isinstance(following, Between):
            return None
        return following if self.cycle is not None or self.end is not None else None

    def landed(self, decision_id: str) -> bool:
        """Whether an outlook had been answered by this bar's close."""
        return bool(self.attempts(decision_id, "analyst"))

    def _refuse_more(self, end: Recorded) -> None:
        """Raise JournalFault if an event follows the closing event. Reading on verifies it first."""
        for extra in self._events:
            raise JournalFault(
                f"Event {extra.seq} follows the closing event {end.seq}: it was added after the run had ended. The journal was "
                "refused. Restore it from a copy."
            )

    @property
    def end(self) -> SessionEnd | None:
        """The closing event, if it is loaded and not yet compared."""
        last = self._group[-1].event if self._group else None
        return last if isinstance(last, SessionEnd) else None

    def peek(self) -> Journaled | None:
        """The event that comes next, or None."""
        return self._group[0].event if self._group else None

    def pass_over(self) -> None:
        """Leave the next event uncompared: for a session that trades the same inputs on another venue."""
        self._group.popleft()

    def append(self, event: Journaled) -> int:
        """Compare an event with the next one of the journal, byte for byte; raise `Difference` if they differ.

        An event that was written in an older version is compared by its values.
        """
        recorded = self._group.popleft() if self._group else None
        if recorded is None or not recorded.says(event):
            raise Difference(recorded, event)
        self.compared += 1
        if recorded.is_older:
            self.by_value[recorded.row.kind] += 1
        if recorded.changed:
            self.left_out[recorded.row.kind] = recorded.changed
        return recorded.seq


class RecordedFeed:
    """The recorded bars."""

    def __init__(self, run: RecordedRun) -> None:
        self._run = run

    async def next(self) -> Slice | Arrived | None:
        """The bars of the next recorded cycle; None when no complete cycle is left."""
        record, following = self._run.cycle, self._run.peek()
        if record is None:
            return None
        return following if isinstance(following, Arrived) else record.tape


class RecordedPulse:
    """What was recorded between two bars."""

    def __init__(self, run: RecordedRun) -> None:
        self._run = run

    def past(self) -> Between | None:
        return self._run.beat()

    async def next(self) -> Between:
        """Nothing comes by itself: all of it is past."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable")


class RecordedSentiment:
    """The recorded news."""

    def __init__(self, run: RecordedRun) -> None:
        self._run = run

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        cycle, watched = self._run.cycle, self._run.watched
        if cycle is not None and symbol in cycle.sentiment:
            return cycle.sentiment[symbol]
        if symbol in watched and watched[symbol].as_of_utc == as_of:
            return watched[symbol]  # a hearing of this bar may be of an earlier case, with its news
        for heard in (*cycle.hearings, *cycle.reviews) if cycle else ():
            if heard.case.symbol == symbol:
                return heard.case.sentiment
        if symbol in watched:
            return watched[symbol]
        return SentimentData(symbol=symbol, as_of_utc=as_of, score=Abstained(why="it was not before the court then"))
