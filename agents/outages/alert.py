"""The alert: what a person should know at once, as it stands in the journal.

It says what happened, what the system did, and what comes next; it decides nothing. Times are those of the session, so that a
replay makes the same bytes.
"""

from typing import ClassVar, Literal

from config.frozen import Journaled, UtcTime

AlertCode = Literal["outage_began", "outage_derisked", "outage_ended", "budget_near"]
Severity = Literal["info", "warning", "critical"]


class Alert(Journaled):
    """One alert ("alert"), at a bar close."""

    event_kind: ClassVar[str] = "alert"

    at_utc: UtcTime
    code: AlertCode
    severity: Severity
    text: str
