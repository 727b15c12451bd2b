"""Prints each alert once, when it happens. Alerts that a resumed run repeats from its journal are not printed again."""

from typing import TextIO

from agents.outages.alert import Alert
from config.frozen import Journaled


class AlertTeller:
    """A listener that writes each new alert to a stream."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr

    def hear(self, event: Journaled, *, past: bool) -> None:
        if isinstance(event, Alert) and not past:
            self._stderr.write(f"{event.severity.upper()} {event.at_utc:%Y-%m-%d %H:%M} UTC: {event.text}\n")
