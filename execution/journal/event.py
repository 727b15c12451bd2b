"""Where events go: to a sink, and from there to whoever listens.

A session has one sink. It is the journal, or a `Fanout` that writes to the journal first and then tells live listeners:
progress, alerts, the herald of the kill switch. A listener decides nothing, and one that fails ends nothing: it is reported
once, and told no more.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from config.frozen import Journaled


class Sink(Protocol):
    """Where events go: a journal that writes them, or one that compares them with what was written."""

    def append(self, event: Journaled) -> int:
        """Add an event; returns its number."""
        ...


class Listener(Protocol):
    """Whoever looks on while a session writes its journal."""

    def hear(self, event: Journaled, *, past: bool) -> None:
        """An event that the journal holds. `past`: the journal held it already, and a resumed run lives through it again."""
        ...


class Fanout:
    """A sink that hands each event to a journal, and then, as the value that it is, to the listeners in their order.

    What the journal raises is raised on, and nobody hears of that event. `report` is given one sentence about a listener that
    failed. `is_past` says whether the next event is one that the journal holds already.
    """

    def __init__(
        self,
        journal: Sink,
        listeners: Sequence[Listener],
        report: Callable[[str], None],
        is_past: Callable[[], bool] = lambda: False,
    ) -> None:
        self._journal = journal
        self._listeners = tuple(listeners)
        self._report = report
        self._is_past = is_past

    def append(self, event: Journaled) -> int:
        past = self._is_past()
        seq = self._journal.append(event)
        for listener in self._listeners:
            self._tell(listener, event, past=past)
        return seq

    def _tell(self, listener: Listener, event: Journaled, *, past: bool) -> None:
        try:
            listener.hear(event, past=past)
        except Exception as fault:  # noqa: BLE001  the boundary of a listener: one that fails is reported once and dropped
            self._listeners = tuple(other for other in self._listeners if other is not listener)
            self._report(
                f"{type(listener).__name__} failed ({type(fault).__name__}: {fault}) and is told nothing more; the session "
                "goes on."
            )
