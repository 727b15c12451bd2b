"""A recorded run as a world: its feed, its news, and a sink that compares instead of writing.

With these and the recorded venue in a desk, replay is the very path of the run. Whatever the system says now is held against
what it said then.
"""

from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime

from agents.approval.petition import Approval
from agents.llm.attempt import Attempt, Role
from agents.records.record import AskedAhead, CycleRecord, SessionEnd
from agents.records.registry import Recorded
from config.errors import JournalFault
from config.frozen import Journaled
from config.silence import Abstained
from execution.kill_switch.halting import HaltEvent
from execution.reports import HEARD, VenueWord
from market.bar import Slice
from sentiment.headline import SentimentData


class Difference(Exception):
    """The first event that came out otherwise. `recorded` None: the journal holds nothing there."""

    def __init__(self, recorded: Recorded | None, event: Journaled) -> None:
        super().__init__(event.event_kind)
        self.recorded = recorded
        self.event = event


class RecordedRun:
    """The journal's events, a bar at a time: all up to and including the bar's cycle record."""

    def __init__(self, events: Iterator[Recorded]) -> None:
        self._events = events
        self._group: deque[Recorded] = deque()
        self.cycle: CycleRecord | None = None
        self.watched: dict[str, SentimentData] = {}
        """The news of the markets whose outlook was asked at this bar, by symbol."""
        self._attempts: dict[tuple[str, Role], tuple[Attempt, ...]] = {}
        self._approvals: list[Approval] = []
        self.compared = 0
        self.by_value: Counter[str] = Counter()
        """How many of those compared were written in an older version, by kind and version as the journal spells them."""
        self.left_out: dict[str, tuple[str, ...]] = {}
        """Of these the fields that were not compared, since a rule has changed."""

    def next_bar(self) -> CycleRecord | None:
        """Load the events of the next bar; None when no whole bar is left (see `end`)."""
        self._group.clear()
        self._attempts.clear()
        self._approvals.clear()
        self.watched.clear()
        self.cycle = None
        for found in self._events:
            self._group.append(found)
            match found.event:
                case Attempt() as attempt:
                    self._note(attempt)
                case Approval() as approval:
                    self._approvals.append(approval)
                case AskedAhead() as ahead:
                    self.watched = {each.sentiment.symbol: each.sentiment for each in ahead.asked}
                case CycleRecord() as cycle:
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
        """What models were asked, and answered, for a role in a decision of this bar."""
        return self._attempts.get((decision_id, role), ())

    def approval(self, decision_id: str) -> Approval | None:
        """What was said of a large position of this bar, if anybody was asked."""
        return next((said for said in self._approvals if said.decision_id == decision_id), None)

    def halt(self, look: int) -> HaltEvent | None:
        """What was seen of the kill switch at this look, if it had changed."""
        following = self.peek()
        if isinstance(following, HaltEvent) and following.look == look and following.action != "flat":
            return following
        return None

    def spoke_next(self) -> bool:
        """Whether the venue spoke next, between two bars. Loads the next bar where all before it has been compared.

        After the last whole bar a word is only given again where the journal was closed: what was cut off is not compared.
        """
        if not self._group:
            self.next_bar()
        following = self.peek()
        if not isinstance(following, VenueWord) or following.asked != HEARD:
            return False
        return self.cycle is not None or self.end is not None

    def landed(self, decision_id: str) -> bool:
        """Whether the answer to an outlook was there at this bar's close."""
        return bool(self.attempts(decision_id, "analyst"))

    def _refuse_more(self, end: Recorded) -> None:
        """Nothing follows the closing event. Drawing on verifies whatever does."""
        for extra in self._events:
            raise JournalFault(
                f"Event {extra.seq} follows the closing event {end.seq}: it was added after the run had ended."
            )

    @property
    def end(self) -> SessionEnd | None:
        """The closing event, where it is loaded and not yet compared."""
        last = self._group[-1].event if self._group else None
        return last if isinstance(last, SessionEnd) else None

    def peek(self) -> Journaled | None:
        """The event that comes next, or None."""
        return self._group[0].event if self._group else None

    def append(self, event: Journaled) -> int:
        """Take what the system says now; raise `Difference` unless it is what it said then, to the byte.

        What was written in an older version is compared by its values.
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
    """The bars as they were seen."""

    def __init__(self, run: RecordedRun) -> None:
        self._run = run

    async def next(self) -> Slice | None:
        """The bars of the next recorded cycle; None when no whole one is left."""
        record = self._run.cycle
        return None if record is None else record.tape


class RecordedSentiment:
    """The news as it was known."""

    def __init__(self, run: RecordedRun) -> None:
        self._run = run

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        hearings = self._run.cycle.hearings if self._run.cycle else ()
        for hearing in hearings:
            if hearing.case.symbol == symbol:
                return hearing.case.sentiment
        if symbol in self._run.watched:
            return self._run.watched[symbol]
        return SentimentData(symbol=symbol, as_of_utc=as_of, score=Abstained(why="it was not before the court then"))
