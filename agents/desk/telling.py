"""Prints each alert once, when it happens, each difference between the exchange's account and ours, each market that closes, and
each move of the ramp.

What a resumed run repeats from its journal is not printed again.
"""

from typing import TextIO

from agents.outages.alert import Alert
from config.frozen import Journaled
from execution.account.agreement import AccountDrift
from execution.account.close_only import MarketClosed
from risk.ramp import RampMoved


class AlertTeller:
    """A listener that writes each new alert to a stream."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr

    def hear(self, event: Journaled, *, past: bool) -> None:
        if isinstance(event, Alert) and not past:
            self._stderr.write(f"{event.severity.upper()} {event.at_utc:%Y-%m-%d %H:%M} UTC: {event.text}\n")
        elif isinstance(event, AccountDrift | MarketClosed) and not past:
            word = "CRITICAL" if event.status == "begins" else "INFO"
            self._stderr.write(f"{word} {event.at_utc:%Y-%m-%d %H:%M} UTC: {event.text}\n")
        elif isinstance(event, RampMoved) and not past:
            word = "INFO" if event.ramp.quarters > event.before else "CRITICAL"
            self._stderr.write(f"{word} {event.at_utc:%Y-%m-%d %H:%M} UTC: {event.text}\n")
