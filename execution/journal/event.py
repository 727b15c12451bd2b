"""The sink of events, and listeners to it.

A session has one sink. It is the journal, or a `Fanout` that writes to the journal first and then calls the listeners: progress,
alerts, messages about the kill switch. A listener decides nothing. If it fails, the session continues; the failure is reported
once, and the listener is not called again.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from config.frozen import Journaled


class Sink(Protocol):
    """Takes events: a journal that writes them, or a recorded run that compares them with its journal."""

    def append(self, event: Journaled) -> int:
        """Add an event; returns its number."""
        ...


class Listener(Protocol):
    """Is called with each event of a session."""

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event that is in the journal. `past`: a resumed run repeats it, and the journal held it before."""
        ...


class Fanout:
    """A sink that gives each event to a journal first, and then to the listeners in their order.

    If the journal raises, the error propagates and no listener gets the event. `report` is called with one sentence about a
    listener that failed. `is_past` says whether the journal already holds the next event.
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
