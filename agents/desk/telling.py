"""Tells alerts on stderr when they happen, each once: those that a resumed run only lives through again were told before."""

import sys
from collections.abc import Callable

from agents.outages.alert import Alert
from config.frozen import Journaled
from execution.journal.event import Sink


class TellingSink:
    """A sink that passes every event on. `is_past` says whether the next one has happened before."""

    def __init__(self, sink: Sink, is_past: Callable[[], bool]) -> None:
        self._sink = sink
        self._is_past = is_past

    def append(self, event: Journaled) -> int:
        """Pass the event on, then tell it if it is a new alert."""
        past = self._is_past()
        seq = self._sink.append(event)
        if isinstance(event, Alert) and not past:
            sys.stderr.write(f"{event.severity.upper()} {event.at_utc:%Y-%m-%d %H:%M} UTC: {event.text}\n")
        return seq
