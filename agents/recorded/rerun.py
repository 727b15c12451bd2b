"""A recorded run as a world: its feed, its news, and a sink that compares instead of writing.

With these and the recorded venue in a desk, replay is the very path of the run. Whatever the system says now is held against
what it said then.
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime

from agents.approval.petition import Approval
from agents.llm.attempt import Attempt, Role
from agents.records.record import AskedAhead, CycleRecord
from config.errors import JournalFault
from config.frozen import Journaled
from config.silence import Abstained
from execution.journal.chain import Event
from execution.kill_switch.halting import HaltEvent
from execution.reports import HEARD, VenueWord
from market.bar import Slice
from sentiment.headline import SentimentData


class Difference(Exception):
    """The first event that came out otherwise. `recorded` None: the journal holds nothing there."""

    def __init__(self, recorded: Event | None, kind: str, payload: bytes) -> None:
        super().__init__(kind)
        self.recorded = recorded
        self.kind = kind
        self.payload = payload


class Tape:
    """The journal's events, a bar at a time: all up to and including the bar's cycle record."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._group: deque[Event] = deque()
        self.cycle: CycleRecord | None = None
        self.watched: dict[str, SentimentData] = {}
        """The news of the markets whose outlook was asked at this bar, by symbol."""
        self._attempts: dict[tuple[str, Role], tuple[Attempt, ...]] = {}
        self._approvals: list[Approval] = []
        self.compared = 0

    def next_bar(self) -> CycleRecord | None:
        """Load the events of the next bar; None when no whole bar is left (see `rest`)."""
        self._group.clear()
        self._attempts.clear()
        self._approvals.clear()
        self.watched.clear()
        self.cycle = None
        for found in self._events:
            self._group.append(found)
            if found.kind == "transcript":
                self._note(Attempt.model_validate_json(found.payload))
            if found.kind == "approval":
                self._approvals.append(Approval.model_validate_json(found.payload))
            if found.kind == "asked_ahead":
                ahead = AskedAhead.model_validate_json(found.payload)
                self.watched = {each.sentiment.symbol: each.sentiment for each in ahead.asked}
            if found.kind == "cycle":
                self.cycle = CycleRecord.model_validate_json(found.payload)
                return self.cycle
            if found.kind == "session_ended":
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
        if following is None or following.kind != "halt":
            return None
        event = HaltEvent.model_validate_json(following.payload)
        return event if event.look == look and event.action != "flat" else None

    def spoke_next(self) -> bool:
        """Whether the venue spoke next, between two bars. Loads the next bar where all before it has been compared.

        After the last whole bar a word is only given again where the journal was closed: what was cut off is not compared.
        """
        if not self._group:
            self.next_bar()
        following = self.peek()
        if following is None or following.kind != "venue":
            return False
        is_whole = self.cycle is not None or self._group[-1].kind == "session_ended"
        return is_whole and VenueWord.model_validate_json(following.payload).asked == HEARD

    def landed(self, decision_id: str) -> bool:
        """Whether the answer to an outlook was there at this bar's close."""
        return bool(self.attempts(decision_id, "analyst"))

    def _refuse_more(self, end: Event) -> None:
        """Nothing follows the closing event. Drawing on verifies whatever does."""
        for extra in self._events:
            raise JournalFault(
                f"Event {extra.seq} follows the closing event {end.seq}: it was added after the run had ended."
            )

    @property
    def rest(self) -> tuple[Event, ...]:
        """Events that are loaded and not yet compared."""
        return tuple(self._group)

    def peek(self) -> Event | None:
        """The event that comes next, or None."""
        return self._group[0] if self._group else None

    def append(self, event: Journaled) -> int:
        """Take what the system says now; raise `Difference` unless it is what it said then, to the byte."""
        kind, payload = event.written_kind(), event.canonical()
        recorded = self._group.popleft() if self._group else None
        if recorded is None or recorded.kind != kind or recorded.payload != payload:
            raise Difference(recorded, kind, payload)
        self.compared += 1
        return recorded.seq


class RecordedFeed:
    """The bars as they were seen."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    async def next(self) -> Slice | None:
        """The bars of the next recorded cycle; None when no whole one is left."""
        record = self._tape.cycle
        return None if record is None else record.tape


class RecordedSentiment:
    """The news as it was known."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        hearings = self._tape.cycle.hearings if self._tape.cycle else ()
        for hearing in hearings:
            if hearing.case.symbol == symbol:
                return hearing.case.sentiment
        if symbol in self._tape.watched:
            return self._tape.watched[symbol]
        return SentimentData(symbol=symbol, as_of_utc=as_of, score=Abstained(why="it was not before the court then"))
