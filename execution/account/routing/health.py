"""Which exchanges were well: as a journal tells it, for a replay and for the past of a run that goes on."""

from collections.abc import Callable, Mapping

from execution.account.routing.routed import Routed
from execution.account.routing.routes import Health
from execution.venues.recorded import Peek


class RecordedHealth:
    """Repeats what a journal says, if the choice that it holds next is the one that is made now."""

    def __init__(self, journal: Peek) -> None:
        self._journal = journal

    def unwell(self, order_id: str) -> Mapping[str, str]:
        following = self._journal.peek()
        return following.unwell if isinstance(following, Routed) and following.order_id == order_id else {}


class ResumedHealth:
    """What the journal says while it lasts, then what the exchanges are found to be."""

    def __init__(self, journal: Peek, is_past: Callable[[], bool], live: Health) -> None:
        self._recorded, self._is_past, self._live = RecordedHealth(journal), is_past, live

    def unwell(self, order_id: str) -> Mapping[str, str]:
        return (self._recorded if self._is_past() else self._live).unwell(order_id)
